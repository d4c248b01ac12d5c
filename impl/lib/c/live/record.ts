/** What a round of a C file has left behind: which steps each thread took in which part, and what memory held in the end. */

import { at } from '../../kernel/at.ts'
import type { Json } from '../../validate/json-codec.ts'
import { Fields } from '../../validate/json-codec.ts'
import type { LogHeader } from '../../validate/event.ts'
import type { Kernel } from '../../kernel/machine/tables.ts'
import { threadName } from '../../kernel/language/machine.ts'
import { packed } from '../../live/log.ts'
import { alternativesOf } from './code.ts'
import type { LivePlan } from './plan.ts'
import { NO_WAY } from './rounds.ts'
import { bufferCells, BUFFERS, isTold } from './tree.ts'

/** A step that a thread took. */
export interface TakenStep {
  /** index into the machine's threads */
  readonly thread: number
  readonly label: string
  /** JSON of what it returned; `undefined` where it returns nothing */
  readonly result: string
  /** the node after it */
  readonly next: number
}

/** What one thread did between two meetings. */
export interface Part {
  /** those with the same number were at the same time */
  readonly number: number
  /** index into the machine's threads */
  readonly thread: number
  readonly steps: readonly TakenStep[]
}

/** What a round did. */
export interface CRound {
  readonly parts: readonly Part[]
  /** the value of each cell in the end, by its index; undefined for what is not in memory */
  readonly cells: readonly (number | undefined)[]
  /** where each thread of the machine was in the end */
  readonly nodes: readonly number[]
  /** the step of which the model knows no way on, with what a thread saw there; undefined as long as there is none */
  readonly unknown: string | undefined
}

interface Written {
  readonly part: number
  readonly player: number
  readonly thread: number
  readonly entries: Uint16Array
}

/** The parts that one player has written down. */
const writtenIn = (record: Uint16Array, player: number): readonly Written[] => {
  const parts: Written[] = []
  for (let i = 0; (record[i] ?? 0) !== 0;) {
    const count = record[i + 2] ?? 0
    const entries = record.subarray(i + 3, i + 3 + count)
    parts.push({ part: record[i] ?? 0, player, thread: (record[i + 1] ?? 0) - 1, entries })
    i += 3 + count
  }
  return parts
}

/** Reads records of rounds. */
export class RecordReader {
  private readonly plan: LivePlan
  private readonly alternatives: readonly (readonly ReturnType<typeof alternativesOf>[])[]

  constructor(plan: LivePlan) {
    this.plan = plan
    this.alternatives = plan.threads.map(({ steps }) => steps.map(alternativesOf))
  }

  /** A round, from the two players' records of it, and from what was noted in the end: values of cells, then nodes. */
  round(records: readonly Uint16Array[], finals: Uint16Array): CRound {
    const { compiled, threads, kept } = this.plan
    const { shared, threads: all } = compiled.machine
    const where = threads.map(() => 0)
    let unknown: string | undefined
    const written = records.flatMap(writtenIn).sort((a, b) => a.part - b.part || a.player - b.player)
    const parts = written.map(({ part, thread, entries }): Part => {
      const { index, steps } = at(threads, thread)
      const taken = [...entries].flatMap((entry): TakenStep[] => {
        const node = at(where, thread)
        const { label } = at(steps, node)
        if (entry === NO_WAY) {
          unknown ??= label
          return []
        }
        const { result, next } = at(at(at(this.alternatives, thread), node), entry - 1)
        where[thread] = next
        return [{ thread: index, label, result, next }]
      })
      return { number: part, thread: index, steps: taken }
    })
    const cells = shared.cells.map((_, cell) => (kept.has(cell) ? finals[cell] : undefined))
    const nodes = all.map((_, thread) => {
      const played = threads.findIndex(({ index }) => index === thread)
      return played < 0 ? 0 : (finals[shared.cells.length + played] ?? 0)
    })
    threads.forEach(({ index }, i) => {
      if (nodes[index] !== where[i]) throw new TypeError('a record leads to another place than the run')
    })
    return { parts, cells, nodes, unknown }
  }
}

/** The packed state of the machine in which a round ended; what is not in memory is as it was in the beginning. */
export const finalState = (kernel: Kernel, { cells, nodes }: CRound): Int32Array =>
  packed(
    kernel,
    kernel.compiled.machine.shared.cells.map(({ initial }, cell) => cells[cell] ?? initial),
    nodes,
  )

/** The lane of what was seen of memory; no thread is called so: a thread's name ends in its number. */
const MEMORY = 'memory'

/** Writes logs of rounds, as docs/log-format.md has them. */
export class RoundLogs {
  private readonly kernel: Kernel
  private readonly fields: Fields
  private readonly model: string

  constructor(kernel: Kernel, model: string) {
    this.kernel = kernel
    this.fields = new Fields(kernel)
    this.model = model
  }

  /** The variables of memory that have a value, as a log has them: empty store buffers among them. */
  private memoryOf(round: CRound): Record<string, Json> {
    const { machine } = this.kernel.compiled
    const state = this.fields.read(finalState(this.kernel, round), 0)
    const buffers = bufferCells(machine)
    const isThere = (cell: number): boolean => round.cells[cell] !== undefined || buffers.includes(cell)
    return Object.fromEntries(
      machine.shared.variables.flatMap(({ name, cells }) => {
        const value = cells.every(isThere) ? state[name] : undefined
        return value === undefined ? [] : [[name, value]]
      }),
    )
  }

  /** The lines of a round's log. Between two parts the players have met, so the number of a part is a time. */
  of(round: CRound): string[] {
    const { machine } = this.kernel.compiled
    const header: Pick<LogHeader, 'model' | 'order'> = { model: this.model, order: 'interval' }
    const lines = [JSON.stringify({ lockstep: 'log', version: 1, ...header })]
    const memory = this.memoryOf(round)
    const seqs = machine.threads.map(() => 0)
    let [time, seen, last] = [0, 0, 0]
    const look = (state: Record<string, Json>): void => {
      time += 1
      lines.push(JSON.stringify({ state, lane: MEMORY, seq: seen++, time }))
    }
    for (const { number, thread, steps } of round.parts) {
      if (number !== last) {
        if (last !== 0) look({ [BUFFERS]: memory[BUFFERS] ?? null })
        time += 1
        last = number
      }
      const name = threadName(at(machine.threads, thread).id)
      for (const { label, result } of steps) {
        const returned = !isTold(result) ? {} : { result: JSON.parse(result) as Json }
        const seq = at(seqs, thread)
        seqs[thread] = seq + 1
        lines.push(JSON.stringify({ action: label, thread: name, ...returned, lane: name, seq, time }))
      }
    }
    look(memory)
    return lines
  }
}

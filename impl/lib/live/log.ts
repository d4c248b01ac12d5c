/**
 * What a round has left behind: steps of each thread, and the final state; as data, as a log that `lockstep validate`
 * reads, and in words.
 */

import { valueAt } from '../kernel/language/domain.ts'
import type { Machine } from '../kernel/language/machine.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { Compiled } from '../kernel/machine/automaton.ts'
import type { Slot } from '../kernel/machine/layout.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import type { LogHeader } from '../validate/event.ts'
import type { Fields, Json } from '../validate/json-codec.ts'
import type { LiveThread } from './program.ts'
import { alternatives } from './program.ts'

/** One step of a log. */
export interface LoggedStep {
  readonly label: string
  /** the result's JSON, as automata know it; `undefined` for a step without one */
  readonly result: string
}

/** What one thread did. */
export interface Lane {
  /** the thread's */
  readonly name: string
  readonly steps: readonly LoggedStep[]
  /** did it start when those before it in the list had ended, and their stores were visible? */
  readonly after: boolean
}

/** What a round did. */
export interface Observation {
  readonly lanes: readonly Lane[]
  /** the final value of each cell, as an index; undefined for what is not in memory */
  readonly final: readonly (number | undefined)[]
}

/** The steps of a thread: the log has an entry wherever there are several results, and the program gives the rest. */
export const stepsOf = (thread: LiveThread, log: ArrayLike<number>, final: number): readonly LoggedStep[] => {
  const steps: LoggedStep[] = []
  const { nodes } = thread.automaton
  let [at, p] = [0, 0]
  do {
    const node = nodes[at]
    const results = alternatives(thread, at)
    const result = results.length > 1 ? results[(log[p++] ?? 0) - 1] : results[0]
    if (node === undefined || result === undefined) throw new Error(`the log of ${thread.name} ends early`)
    steps.push({ label: node.label, result })
    at = node.next.get(result) ?? -1
  } while (!thread.stops.has(nodes[at]?.label ?? ''))
  if (at !== final) throw new Error(`the log of ${thread.name} leads to another place than the run`)
  return steps
}

/** A state of the machine without store buffers, packed: final cells, and where each thread is. */
export const packed = (
  kernel: Pick<Kernel, 'layout'>,
  cells: ArrayLike<number>,
  nodes: readonly number[],
): Int32Array => {
  const words = new Int32Array(kernel.layout.words)
  const put = ({ word, shift }: Slot, value = 0): void => {
    words[word] = (words[word] ?? 0) | (value << shift)
  }
  kernel.layout.cells.forEach((slot, cell) => {
    put(slot, cells[cell])
  })
  kernel.layout.threads.forEach((slot, thread) => {
    put(slot, nodes[thread])
  })
  return words
}

/** How a cell is called, e.g. `triggered[3]`. */
export const cellName = ({ shared }: Machine, cell: number): string => {
  const declared = shared.cells[cell]
  const argument = declared?.argument
  return `${declared?.variable ?? '?'}${argument === undefined ? '' : `[${printValue(argument)}]`}`
}

// ------------------------------------------------------------------------------------------------------------ the log

/** The lane of what was seen of memory; no thread is called so. */
const MEMORY = 'memory'

/** A machine without store buffers, which the hardware has, and what a log may say of its states. */
export interface LoggedMachine {
  readonly kernel: Kernel
  readonly fields: Fields
}

/** Variables of memory that have a value, as a log has them: empty store buffers among them. */
const memoryOf = ({ kernel, fields }: LoggedMachine, final: Observation['final']): Record<string, Json> => {
  const { shared, threads } = kernel.compiled.machine
  const nowhere = threads.map(() => 0)
  const values = final.map((value) => value ?? 0)
  const state = fields.read(packed(kernel, values, nowhere), 0)
  const there = shared.variables.filter(({ cells }) => cells.every((cell) => final[cell] !== undefined))
  return Object.fromEntries(there.flatMap(({ name }) => (state[name] === undefined ? [] : [[name, state[name]]])))
}

/** Empty store buffers: the threads have met, and what they have stored is visible. */
const BUFFERS = 'store_buffer'

/**
 * The lines of a round's log (docs/log-format.md); `model` is what the header says that it is of. A log says what each
 * thread saw, in its own order. It does not say which of two threads' steps came first. But the threads meet, and what
 * runs after a meeting has seen all that was before it. So the order is `interval`, and the times are the numbers of the
 * phases between two meetings.
 */
export const roundLog = (machine: LoggedMachine, { lanes, final }: Observation, model: string): string[] => {
  const header: Pick<LogHeader, 'model' | 'order'> = { model, order: 'interval' }
  const lines = [JSON.stringify({ lockstep: 'log', version: 1, ...header })]
  const memory = memoryOf(machine, final)
  let [phase, seen] = [0, 0]
  const look = (state: Record<string, Json>): void => {
    phase += 1
    lines.push(JSON.stringify({ state, lane: MEMORY, seq: seen++, time: phase }))
  }
  for (const { name, steps, after } of lanes) {
    if (after && memory[BUFFERS] !== undefined) look({ [BUFFERS]: memory[BUFFERS] })
    if (after) phase += 1
    steps.forEach(({ label, result }, seq) => {
      const returned = result === 'undefined' ? {} : { result: JSON.parse(result) as Json }
      lines.push(JSON.stringify({ action: label, thread: name, ...returned, lane: name, seq, time: phase }))
    })
  }
  look(memory)
  return lines
}

// ----------------------------------------------------------------------------------------------------------- in words

const WIDTH = 75

/** Words, separated by `, `, in lines of at most 75 columns behind a head. */
const wrapped = (head: string, words: readonly string[]): string[] => {
  const margin = ' '.repeat(head.length)
  const lines: string[] = []
  let line = head
  words.forEach((word, i) => {
    const text = i === words.length - 1 ? word : `${word},`
    if (line.length + 1 + text.length > WIDTH && line !== head && line !== margin) {
      lines.push(line)
      line = margin
    }
    line += ` ${text}`
  })
  return [...lines, line]
}

const stepText = ({ label, result }: LoggedStep): string => (result === 'undefined' ? label : `${label} = ${result}`)

/** The final value of every location that is not as it was in the beginning. */
const finalText = ({ machine }: Compiled, { final }: Observation): string[] =>
  machine.shared.cells.flatMap((cell, i) => {
    const value = final[i]
    if (value === undefined || value === cell.initial) return []
    return [`${cellName(machine, i)} = ${printValue(cell.domain.toTla(valueAt(cell.domain, value)))}`]
  })

/** A round: what each thread did and saw, and what memory held in the end. */
export const roundText = (compiled: Compiled, seen: Observation): string[] => {
  const width = Math.max(...seen.lanes.map(({ name }) => name.length), 'memory'.length)
  const final = finalText(compiled, seen)
  return [
    ...seen.lanes.flatMap(({ name, steps }) => wrapped(`  ${name.padEnd(width)} `, steps.map(stepText))),
    ...wrapped(`  ${'memory'.padEnd(width)} `, final.length === 0 ? ['as it was'] : final),
  ]
}

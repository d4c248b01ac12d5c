/** What a round has left behind, as people and the model have it: steps of each thread, and the final state. */

import type { Kernel } from '../kernel/machine/tables.ts'
import type { Machine } from '../kernel/language/machine.ts'
import { printValue } from '../kernel/language/print-value.ts'
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
  /** index into the machine's threads */
  readonly thread: number
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
  const put = (slot: { readonly word: number; readonly shift: number } | undefined, value: number): void => {
    if (slot !== undefined) words[slot.word] = (words[slot.word] ?? 0) | (value << slot.shift)
  }
  kernel.layout.cells.forEach((slot, cell) => {
    put(slot, cells[cell] ?? 0)
  })
  kernel.layout.threads.forEach((slot, thread) => {
    put(slot, nodes[thread] ?? 0)
  })
  return words
}

/** How a cell is called, e.g. `triggered[3]`. */
export const cellName = ({ shared }: Machine, cell: number): string => {
  const declared = shared.cells[cell]
  const argument = declared?.argument
  return `${declared?.variable ?? '?'}${argument === undefined ? '' : `[${printValue(argument)}]`}`
}

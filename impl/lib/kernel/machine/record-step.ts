/** A step taken on one state: what it looked at, and what it does wherever that is the same. */

import { badInput } from '../error.ts'
import type { Machine } from '../language/machine.ts'
import { Refusal } from '../language/op.ts'
import type { Store } from '../language/shared.ts'
import type { StepLeaf, StepOutcome } from './step-tree.ts'
import { refuseLocal } from './step-tree.ts'

/** A cell and the index of its value. */
export type CellValue = readonly [cell: number, index: number]

/** What a step read, in the order in which it first did, and the leaf that its decision tree has there. */
export interface Recorded {
  readonly reads: readonly CellValue[]
  readonly leaf: StepLeaf
}

/** Passes reads on to a state and keeps writes from it. */
class Recorder implements Store {
  readonly thread: number
  readonly reads = new Map<number, number>()
  writes = new Map<number, number>()
  private readonly valueOf: (cell: number) => number

  constructor(thread: number, valueOf: (cell: number) => number) {
    this.thread = thread
    this.valueOf = valueOf
  }

  get(cell: number): number {
    const known = this.writes.get(cell) ?? this.reads.get(cell)
    if (known !== undefined) return known
    const index = this.valueOf(cell)
    this.reads.set(cell, index)
    return index
  }

  set(cell: number, index: number): void {
    if (index < 0)
      throw badInput({ code: 'outside-domain', message: 'a step stores a value that is outside its domain' })
    this.writes.set(cell, index)
  }

  local(): never {
    return refuseLocal()
  }
}

/**
 * Takes a step on the state in which each cell has `valueOf(cell)`, once for each choice. Choices may read different cells; what
 * one of them has read the others know, so that the reads of all of them in a row are one path of the step's tree, the one
 * that `traceStep` would find.
 */
export const recordStep = (
  machine: Machine,
  thread: number,
  exec: (choice: unknown) => unknown,
  choices: readonly unknown[],
  valueOf: (cell: number) => number,
): Recorded => {
  const recorder = new Recorder(thread, valueOf)
  const done: { result: unknown; writes: CellValue[] }[] = []
  const refusals: string[] = []
  for (const choice of choices) {
    recorder.writes = new Map()
    try {
      const result = machine.shared.with(recorder, () => exec(choice))
      done.push({ result, writes: [...recorder.writes] })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refusals.push(error.message)
    }
  }
  const { reads } = recorder
  const outcomes = done.map(({ result, writes }): StepOutcome => {
    const changed = writes.sort(([a], [b]) => a - b).filter(([cell, index]) => reads.get(cell) !== index)
    return { writes: changed, result }
  })
  return { reads: [...reads], leaf: { outcomes, refusals } }
}

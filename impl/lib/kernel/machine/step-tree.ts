/** A step as a decision tree over the shared variables, from taking it on every state that it can tell apart. */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Machine } from '../language/machine.ts'
import type { Store } from '../language/shared.ts'
import { Refusal } from '../language/op.ts'
import type { StepLeaf, StepOutcome, StepTree } from '../language/automaton.ts'

export type { StepBranch, StepLeaf, StepOutcome, StepTree } from '../language/automaton.ts'

/** The leaves of a step's tree, from left to right. */
export const leavesOf = (tree: StepTree): readonly StepLeaf[] =>
  'cell' in tree ? tree.children.flatMap(leavesOf) : [tree]

/** Everything that a step may do, in whatever state. */
export const outcomesOf = (tree: StepTree): readonly StepOutcome[] => leavesOf(tree).flatMap(({ outcomes }) => outcomes)

/** JSON text of a result: results are told apart by it. */
export const resultKey = (result: unknown): string => (result === undefined ? 'undefined' : JSON.stringify(result))

/** Thrown by a store that knows only some cells where a value decides that is not known on the branch at hand. */
export class UnknownCell extends Error {
  readonly cell: number
  constructor(cell: number) {
    super('value not known on this branch')
    this.cell = cell
  }
}

/** A step is a function of the shared variables: refuses one that asks for more. */
export const refuseLocal = (): never => {
  throw badInput({
    code: 'step-reads-local',
    message: 'a step reads a local of a thread; only properties may',
    hint: 'keep what other threads need in a shared (history) variable',
  })
}

/** A store of which only some cells are known. */
class Tracer implements Store {
  private readonly known: ReadonlyMap<number, number>
  private readonly machine: Machine
  readonly thread: number
  readonly writes = new Map<number, number>()

  constructor(machine: Machine, thread: number, known: ReadonlyMap<number, number>) {
    this.machine = machine
    this.thread = thread
    this.known = known
  }

  get(cell: number): number {
    const index = this.writes.get(cell) ?? this.known.get(cell)
    if (index !== undefined) return index
    // a domain of one value decides nothing: the store buffers under sequential consistency, for example
    if (this.machine.shared.cells[cell]?.domain.values.length === 1) return 0
    throw new UnknownCell(cell)
  }

  set(cell: number, index: number): void {
    this.writes.set(cell, index)
  }

  local(): never {
    return refuseLocal()
  }
}

/** Takes a step on every state that it can tell apart. */
export const traceStep = (
  machine: Machine,
  thread: number,
  exec: (choice: unknown) => unknown,
  choices: readonly unknown[],
  limit: number,
) => {
  let leaves = 0
  const leaf = (known: ReadonlyMap<number, number>): StepTree => {
    const outcomes: StepOutcome[] = []
    const refusals: string[] = []
    for (const choice of choices) {
      const tracer = new Tracer(machine, thread, known)
      try {
        const result = machine.shared.with(tracer, () => exec(choice))
        const writes = [...tracer.writes].sort(([a], [b]) => a - b).filter(([cell, index]) => known.get(cell) !== index)
        outcomes.push({ writes, result })
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        refusals.push(error.message)
      }
    }
    leaves += 1
    if (leaves > limit) {
      throw badInput({
        code: 'step-too-large',
        message: `a step depends on more than ${limit} combinations of shared values`,
        hint: 'one step is one access: split it',
      })
    }
    return { outcomes, refusals }
  }
  const branch = (known: ReadonlyMap<number, number>): StepTree => {
    try {
      return leaf(known)
    } catch (error) {
      if (!(error instanceof UnknownCell)) throw error
      const { cell } = error
      const size = at(machine.shared.cells, cell).domain.values.length
      const children = Array.from({ length: size }, (_, index) => branch(new Map(known).set(cell, index)))
      return { cell, children }
    }
  }
  return branch(new Map())
}

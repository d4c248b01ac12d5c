/**
 * What the programs of a machine are compiled to: finite automata whose nodes are (label, frame), and a decision tree over
 * the shared variables for each step.
 */

import type { Domain } from './domain.ts'
import type { Op } from './op.ts'

/** What one choice of a step does: the cells that it writes, by index, and what the program sees. */
export interface StepOutcome {
  readonly writes: readonly (readonly [cell: number, index: number])[]
  readonly result: unknown
}

/** A step as a function of the state: branches on the cells that it reads, leaves with what it does there. */
export type StepTree = StepBranch | StepLeaf

/** A branch: one child for each value of a cell. */
export interface StepBranch {
  readonly cell: number
  readonly children: readonly StepTree[]
}

/** What a step does in some states: an outcome for each choice that can be taken, a reason for each that is refused. */
export interface StepLeaf {
  readonly outcomes: readonly StepOutcome[]
  readonly refusals: readonly string[]
}

/** A node of a program's automaton: the thread's next step and its frame. */
export interface ProgramNode {
  readonly label: string
  /** the step, as the program yields it on one way that leads here: for what it is, and not to be taken */
  readonly op: Op
  /** index of each frame field's value in its domain, in the order of the schema */
  readonly frame: readonly number[]
  readonly tree: StepTree
  /** next node for each result, by the result's JSON */
  readonly next: ReadonlyMap<string, number>
}

/** The automaton of one thread; node 0 is the initial one. */
export interface Automaton {
  readonly fields: readonly string[]
  readonly domains: readonly Domain<unknown>[]
  readonly nodes: readonly ProgramNode[]
}

/** The programs of a machine, compiled. */
export interface CompiledPrograms {
  readonly automata: readonly Automaton[]
  /** one tree per environment action, in the machine's order */
  readonly environment: readonly StepTree[]
  /** of how many states, in breadth-first order, all steps are known; undefined where they are known of all: a search ends there */
  readonly known?: number
}

/** What the programs of a machine are compiled to: finite automata whose nodes are (label, frame). */

import type { Domain } from '../language/domain.ts'
import type { Machine } from '../language/machine.ts'
import type { Op } from '../language/op.ts'
import type { StepTree } from './step-tree.ts'

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

/** A machine with its programs compiled. */
export interface Compiled {
  readonly machine: Machine
  readonly automata: readonly Automaton[]
  /** one tree per environment action, in the machine's order */
  readonly environment: readonly StepTree[]
}

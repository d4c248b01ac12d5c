/**
 * A thread that is asked for its next step only where some interleaving gets there: what a program is whose values nobody
 * knows before it has run.
 */

import type { Domain } from '../language/domain.ts'
import type { Op } from '../language/op.ts'

/** A thread's next step and its frame. Two nodes with the same label and the same frame are the same node. */
export interface LazyNode {
  readonly label: string
  /** index of each field's value in its domain */
  readonly frame: readonly number[]
  readonly op: Op
}

/** A thread whose program is a pure function of its node. */
export interface LazyThread {
  /** the locals of its frame */
  readonly fields: readonly string[]
  /** their domains, which may grow: `indexOf` gives a new value an index */
  readonly domains: readonly Domain<unknown>[]
  readonly first: LazyNode
  /** the node after the step of `node` had this result */
  readonly next: (node: LazyNode, result: unknown) => LazyNode
}

/** The reachable states of a machine, how each was first reached, and what was found on them. */

import { at } from '../at.ts'
import type { Kernel } from '../machine/tables.ts'

/** A violated invariant or a deadlock, at the first state in breadth-first order. */
export interface Finding {
  readonly state: number
  /** states on the shortest path to it, the initial one included */
  readonly depth: number
}

/** The reachable states in breadth-first order, and what was found on them. */
export interface Graph {
  readonly kernel: Kernel
  /** false if `maxStates`, `enough` or `expired` ended the search */
  readonly complete: boolean
  readonly count: number
  /** packed states, `kernel.layout.words` words each */
  readonly states: Int32Array
  /** state from which each state was first reached; -1 for the initial one */
  readonly parent: Int32Array
  /** the step by which it was reached: index into `kernel.steps` */
  readonly via: Int32Array
  /** first state of each level, and the number of states at the end */
  readonly levels: readonly number[]
  /** initial states and steps taken, as TLC counts generated states */
  readonly generated: number
  /** with `edges`: edges of state i are `edgeStart[i] .. edgeStart[i + 1]` */
  readonly edgeStart: Int32Array | undefined
  readonly edgeTarget: Int32Array | undefined
  readonly edgeStep: Int32Array | undefined
  /** how often each action was taken, in the order of `kernel.actions` */
  readonly taken: readonly number[]
  /** first violation of each invariant; absent where it holds */
  readonly violations: ReadonlyMap<string, Finding>
  readonly deadlock: Finding | undefined
  /** index of a packed state, or -1 */
  readonly find: (words: ArrayLike<number>) => number
}

/** Number of levels, as TLC reports depth. */
export const depthOf = (graph: Graph): number => graph.levels.length - 1

/** The edges of a graph, by the state that they begin in. */
export interface Edges {
  /** edges of state i are `start[i] .. start[i + 1]` */
  readonly start: Int32Array
  readonly target: Int32Array
  /** the step of each edge: index into `kernel.steps` */
  readonly step: Int32Array
}

/**
 * The edges of a graph.
 *
 * @param what what they are needed for, for whoever explored without them
 * @throws TypeError if the graph was explored without them
 */
export const edgesOf = ({ edgeStart, edgeTarget, edgeStep }: Graph, what: string): Edges => {
  if (edgeStart === undefined || edgeTarget === undefined || edgeStep === undefined)
    throw new TypeError(`${what} needs the edges of the graph`)
  return { start: edgeStart, target: edgeTarget, step: edgeStep }
}

/** States from the initial one to `state`, each with the step that led to it (-1 for the first). */
export const pathTo = (graph: Graph, state: number): { readonly state: number; readonly step: number }[] => {
  const path: { state: number; step: number }[] = []
  for (let s = state; s >= 0; s = at(graph.parent, s)) path.push({ state: s, step: at(graph.via, s) })
  return path.reverse()
}

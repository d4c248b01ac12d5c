/** What a property says nothing of: instances whose subject no reachable state has. Such a pass is none. */

import { compilePredicate, evaluate } from '../machine/predicate.ts'
import type { Graph } from './graph.ts'
import type { Tick } from './liveness.ts'
import { subjectsOf } from '../language/subjects.ts'

/** States between two looks at the clock, a power of two less one. */
const EVERY = 2 ** 16 - 1

/** Is the condition true in some state of the graph? */
const isReached = ({ kernel, states, count }: Graph, condition: () => boolean, tick: Tick): boolean => {
  const predicate = compilePredicate(kernel, condition)
  const W = kernel.layout.words
  for (let state = 0; state < count; state++) {
    if ((state & EVERY) === EVERY) tick()
    if (evaluate(predicate, states, state * W)) return true
  }
  return false
}

/** Names of the instances of one property. */
export interface Instances {
  readonly all: readonly string[]
  /** those of which no reachable state has what they speak of: of a leads-to its left side, while what must hold for good does */
  readonly vacuous: readonly string[]
}

/**
 * The instances of each property of a machine.
 *
 * @param tick called now and then; what it throws ends the search
 * @throws TypeError if the graph is not complete: then nothing can be said
 */
export const vacuityOf = (graph: Graph, tick: Tick = () => undefined): Map<string, Instances> => {
  if (!graph.complete) throw new TypeError('vacuity needs a complete graph')
  const found = new Map<string, { all: string[]; vacuous: string[] }>()
  for (const { property, instance, occurs } of subjectsOf(graph.kernel.compiled.machine)) {
    const own = found.get(property) ?? { all: [], vacuous: [] }
    own.all.push(instance)
    tick()
    if (!isReached(graph, occurs, tick)) own.vacuous.push(instance)
    found.set(property, own)
  }
  return found
}

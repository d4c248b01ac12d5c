/** What a property says nothing of: instances whose subject no reachable state has. Such a pass is none. */

import type { Kernel } from './compile.ts'
import { compilePredicate, evaluate } from './compile.ts'
import type { Graph } from './explore.ts'

/** Is the condition true in some state of the graph? */
const isReached = ({ kernel, states, count }: Graph, condition: () => boolean): boolean => {
  const predicate = compilePredicate(kernel, condition)
  const W = kernel.layout.words
  for (let state = 0; state < count; state++) if (evaluate(predicate, states, state * W)) return true
  return false
}

/** The conditions each of which some state must meet, for each instance of each property of a machine. */
const subjects = ({
  compiled: { machine },
}: Kernel): { property: string; instance: string; conditions: (() => boolean)[] }[] => [
  ...machine.invariants.flatMap(({ name: property, instances }) =>
    instances.map(({ name: instance, occurs }) => ({ property, instance, conditions: [occurs] })),
  ),
  ...machine.liveness.flatMap(({ name: property, instances }) =>
    instances.map(({ name: instance, from, eventuallyAlways }) => ({
      property,
      instance,
      conditions: [from, ...(eventuallyAlways === undefined ? [] : [eventuallyAlways])],
    })),
  ),
]

/** Names of the instances of one property. */
export interface Instances {
  readonly all: readonly string[]
  /** those of which no reachable state has what they speak of: of a leads-to its left side, or what must hold for good */
  readonly vacuous: readonly string[]
}

/**
 * The instances of each property of a machine.
 * @throws TypeError if the graph is not complete: then nothing can be said
 */
export const vacuityOf = (graph: Graph): Map<string, Instances> => {
  if (!graph.complete) throw new TypeError('vacuity needs a complete graph')
  const found = new Map<string, { all: string[]; vacuous: string[] }>()
  for (const { property, instance, conditions } of subjects(graph.kernel)) {
    const own = found.get(property) ?? { all: [], vacuous: [] }
    own.all.push(instance)
    if (!conditions.every((condition) => isReached(graph, condition))) own.vacuous.push(instance)
    found.set(property, own)
  }
  return found
}

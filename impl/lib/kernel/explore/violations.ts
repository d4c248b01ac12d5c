/** What a graph says of all properties of its machine: which are violated, and how long the counterexamples are. */

import type { Graph } from './graph.ts'
import type { Lasso, Tick } from './liveness.ts'
import { checkLeadsTo } from './liveness.ts'

/** Violations of the liveness properties of a machine, by name. */
export const livenessOf = (graph: Graph, tick?: Tick): Map<string, Lasso> => {
  const found = new Map<string, Lasso>()
  for (const property of graph.kernel.compiled.machine.liveness) {
    const lasso = checkLeadsTo(graph, property, tick)
    if (lasso !== undefined) found.set(property.name, lasso)
  }
  return found
}

/** Violated invariants, and `Deadlock`, with the states of their counterexamples. */
export const safetyDepths = (graph: Graph): Map<string, number> => {
  const depths = new Map([...graph.violations].map(([name, { depth }]) => [name, depth]))
  if (graph.deadlock !== undefined) depths.set('Deadlock', graph.deadlock.depth)
  return depths
}

/** Violated properties of a machine, `Deadlock` among them, with the states of their counterexamples. */
export const violatedDepths = (graph: Graph): Map<string, number> => {
  const depths = safetyDepths(graph)
  for (const [name, { path }] of livenessOf(graph)) depths.set(name, path.length)
  return depths
}

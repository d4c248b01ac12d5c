/** The explorer as an engine: all cells in one pass over the machine's graph. */

import { assemble, compile } from '../../impl/lib/compile.ts'
import type { Graph } from '../../impl/lib/explore.ts'
import { depthOf, explore } from '../../impl/lib/explore.ts'
import type { Lasso } from '../../impl/lib/liveness.ts'
import { checkLeadsTo } from '../../impl/lib/liveness.ts'
import type { Model } from '../lib/project.ts'
import { machineOf } from '../lib/project.ts'
import { vacuityOf } from '../../impl/lib/vacuity.ts'
import type { EngineFindings, Found } from './result.ts'
import { withVacuity } from './result.ts'

/** A model's graph with its edges. */
export const graphOf = (model: Model, edges = true): Graph =>
  explore(assemble(compile(machineOf(model))), { edges, expectedStates: model.distinctStates })

/** Violations of the liveness properties of a machine, by name. */
export const livenessOf = (graph: Graph): Map<string, Lasso> => {
  const found = new Map<string, Lasso>()
  for (const property of graph.kernel.compiled.machine.liveness) {
    const lasso = checkLeadsTo(graph, property)
    if (lasso !== undefined) found.set(property.name, lasso)
  }
  return found
}

/** Violated properties of a machine, `Deadlock` among them, with the states of their counterexamples. */
export const violatedDepths = (graph: Graph): Map<string, number> => {
  const depths = new Map([...graph.violations].map(([name, { depth }]) => [name, depth]))
  if (graph.deadlock !== undefined) depths.set('Deadlock', graph.deadlock.depth)
  for (const [name, { path }] of livenessOf(graph)) depths.set(name, path.length)
  return depths
}

/** Decides every cell of a model with the explorer. */
export const checkWithExplorer = (model: Model): EngineFindings => {
  const start = performance.now()
  return checkGraph(model, graphOf(model), start)
}

/** The same with a graph that was explored already; `start` is when that began. */
export const checkGraph = (model: Model, graph: Graph, start: number): EngineFindings => {
  const depths = violatedDepths(graph)
  const known = new Set([
    'Deadlock',
    ...graph.kernel.compiled.machine.invariants.map(({ name }) => name),
    ...graph.kernel.compiled.machine.liveness.map(({ name }) => name),
  ])
  const vacuity = vacuityOf(graph)
  const cells = new Map<string, Found>()
  const notes: string[] = []
  for (const { name } of model.cells) {
    if (!known.has(name)) {
      cells.set(name, { verdict: 'error' })
      notes.push(`the machine has no property ${name}`)
      continue
    }
    const depth = depths.get(name)
    const found: Found = depth === undefined ? { verdict: 'holds' } : { verdict: 'violated', depth }
    const instances = vacuity.get(name)
    cells.set(name, instances === undefined ? found : withVacuity(found, instances))
  }
  return {
    engine: 'explorer',
    cells,
    distinctStates: graph.count,
    generatedStates: graph.generated,
    depth: depthOf(graph),
    seconds: (performance.now() - start) / 1000,
    notes,
    ...(graph.complete ? {} : { failure: 'incomplete' as const }),
  }
}

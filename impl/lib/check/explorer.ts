/** The explorer as an engine: all cells in one pass over the machine's graph. */

import { given } from '../kernel/given.ts'
import { compile } from '../kernel/machine/compile.ts'
import { assemble } from '../kernel/machine/tables.ts'
import { environmentFailure } from '../kernel/error.ts'
import type { ExploreOptions } from '../kernel/explore/explore.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { explore } from '../kernel/explore/explore.ts'
import { depthOf } from '../kernel/explore/graph.ts'
import { DEADLOCK, decideProperties, violatedDepths } from '../kernel/explore/violations.ts'
import type { CellKind, Model } from '../protocol/model.ts'
import { machineOf, sizeOf } from '../protocol/model.ts'
import type { Instances } from '../kernel/explore/vacuity.ts'
import type { EngineFindings, Found } from './result.ts'
import { withVacuity } from './result.ts'

/** Until when a run of the explorer of `timeout` seconds may last, a time of performance.now(). */
export const untilOf = ({ timeout }: { readonly timeout: number }): number => performance.now() + timeout * 1000

/** What a graph is made with. */
interface GraphOptions extends Pick<ExploreOptions, 'edges' | 'invariants'> {
  /** when to give up, a time of performance.now(); the graph is then not complete */
  readonly until?: number
}

/** A model's graph, with its edges unless told otherwise. */
export const graphOf = (
  model: Model,
  { edges = true, invariants = true, until = Infinity }: GraphOptions = {},
): Graph =>
  explore(assemble(compile(machineOf(model))), {
    edges,
    invariants,
    expectedStates: sizeOf(model),
    ...given({ expired: until === Infinity ? undefined : () => performance.now() > until }),
  })

/**
 * A graph that says something of all states, for those who need one.
 *
 * @throws LockstepError (exit 3) `incomplete`
 */
export const requireComplete = (graph: Graph, model: Model): Graph => {
  if (graph.complete) return graph
  throw environmentFailure({
    code: 'incomplete',
    message: `the explorer did not finish ${model.name} in time: it found ${graph.count} states`,
    hint: 'give it more time: --timeout SECONDS',
  })
}

/** What is known of the cells at the end of the time. */
interface Decided {
  readonly depths: ReadonlyMap<string, number>
  /** kinds of which a cell that is not violated holds */
  readonly complete: ReadonlySet<CellKind>
  /** of the properties of these kinds, what they say nothing of */
  readonly vacuity: ReadonlyMap<string, Instances>
}

/** Decides what there is time for; a part of a graph shows what is violated in it and nothing of what holds. */
const decideCells = (graph: Graph, until: number): Decided => {
  const { vacuity, lassos, lost } = decideProperties(graph, () => performance.now() > until)
  const complete = new Set<CellKind>()
  if (vacuity !== undefined) complete.add('invariant').add('deadlock')
  if (lost !== undefined) complete.add('possibility')
  if (lassos !== undefined) complete.add('liveness')
  return {
    depths: violatedDepths(graph, lassos ?? new Map(), lost ?? new Map()),
    complete,
    vacuity: vacuity ?? new Map<string, Instances>(),
  }
}

/** Counts that are the whole graph's, or none. */
const countsOf = (graph: Graph): Pick<EngineFindings, 'distinctStates' | 'generatedStates' | 'depth'> =>
  graph.complete
    ? { distinctStates: graph.count, generatedStates: graph.generated, depth: depthOf(graph) }
    : { distinctStates: null, generatedStates: null, depth: null }

/** Decides every cell of a model with the explorer, as far as it comes until `until`, a time of performance.now(). */
export const checkWithExplorer = (model: Model, until = Infinity): EngineFindings => {
  const start = performance.now()
  return checkGraph(model, graphOf(model, { until }), start, until)
}

/** The same with a graph that was explored already; `start` is when that began. */
export const checkGraph = (model: Model, graph: Graph, start: number, until = Infinity): EngineFindings => {
  const { depths, complete, vacuity } = decideCells(graph, until)
  const known = new Set([
    DEADLOCK,
    ...graph.kernel.compiled.machine.invariants.map(({ name }) => name),
    ...graph.kernel.compiled.machine.liveness.map(({ name }) => name),
    ...(graph.kernel.compiled.machine.possibilities ?? []).map(({ name }) => name),
  ])
  const cells = new Map<string, Found>()
  const notes: string[] = []
  for (const { name, kind } of model.cells) {
    if (!known.has(name)) {
      cells.set(name, { verdict: 'error' })
      notes.push(`the machine has no property ${name}`)
      continue
    }
    const depth = depths.get(name)
    const unseen: Found = { verdict: complete.has(kind) ? 'holds' : 'incomplete' }
    const found: Found = depth === undefined ? unseen : { verdict: 'violated', depth }
    const instances = vacuity.get(name)
    cells.set(name, instances === undefined ? found : withVacuity(found, instances))
  }
  // what is decided last
  const finished = complete.has('liveness')
  if (!finished) notes.push(`time was up after ${graph.count} states`)
  return {
    engine: 'explorer',
    cells,
    ...countsOf(graph),
    seconds: (performance.now() - start) / 1000,
    notes,
    ...given({ failure: finished ? undefined : ('incomplete' as const) }),
  }
}

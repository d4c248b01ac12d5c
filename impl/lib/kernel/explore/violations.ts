/** What a graph says of all properties of its machine: which are violated, by which behaviours, and which say nothing. */

import type { Finding, Graph } from './graph.ts'
import { pathTo } from './graph.ts'
import type { Lasso, Tick } from './liveness.ts'
import { checkLeadsTo } from './liveness.ts'
import { lostOf } from './possibility.ts'
import type { Instances } from './vacuity.ts'
import { vacuityOf } from './vacuity.ts'

/** The name of the property that no state is a dead end. */
export const DEADLOCK = 'Deadlock'

/** Violations of the liveness properties of a machine, by name. */
export const livenessOf = (graph: Graph, tick?: Tick): Map<string, Lasso> => {
  const found = new Map<string, Lasso>()
  for (const property of graph.kernel.compiled.machine.liveness) {
    const lasso = checkLeadsTo(graph, property, tick)
    if (lasso !== undefined) found.set(property.name, lasso)
  }
  return found
}

/** The way to what is wrong; with a loop, as a lasso has it, where it goes on for ever. */
export type Way = Pick<Lasso, 'path'> & Partial<Pick<Lasso, 'loop'>>

/** The shortest way to each violated property; `lassos` are those that break liveness, `lost` is where something is not possible any more. */
export const waysOf = (
  graph: Graph,
  lassos: ReadonlyMap<string, Lasso> = new Map<string, Lasso>(),
  lost: ReadonlyMap<string, Finding> = new Map<string, Finding>(),
): Map<string, Way> => {
  const ways = new Map<string, Way>()
  for (const [name, { state }] of [...graph.violations, ...lost]) ways.set(name, { path: pathTo(graph, state) })
  if (graph.deadlock !== undefined) ways.set(DEADLOCK, { path: pathTo(graph, graph.deadlock.state) })
  for (const [name, lasso] of lassos) ways.set(name, lasso)
  return ways
}

/** Violated properties of a machine, `Deadlock` among them, with the states of their counterexamples. */
export const violatedDepths = (
  graph: Graph,
  lassos: Decided['lassos'] = livenessOf(graph),
  lost: Decided['lost'] = lostOf(graph),
): Map<string, number> => new Map([...waysOf(graph, lassos, lost)].map(([name, { path }]) => [name, path.length]))

/** What is known of a graph's properties besides what its search has found; nothing of one that is not complete. */
export interface Decided {
  /** undefined where there was no time for it: then no property is known to hold */
  readonly vacuity: ReadonlyMap<string, Instances> | undefined
  /** where what must stay possible is not; undefined where there was no time for all of them */
  readonly lost: ReadonlyMap<string, Finding> | undefined
  /** undefined where there was no time for all of them */
  readonly lassos: ReadonlyMap<string, Lasso> | undefined
}

/** Thrown where time is up. */
class OutOfTime extends Error {}

/** Does as much as there is time for, in order; `isLate` is asked now and then. */
export const decideProperties = (graph: Graph, isLate: () => boolean): Decided => {
  let vacuity: Decided['vacuity']
  let lost: Decided['lost']
  let lassos: Decided['lassos']
  if (!graph.complete) return { vacuity, lost, lassos }
  const tick = (): void => {
    if (isLate()) throw new OutOfTime()
  }
  try {
    // before it is known that a property says something, it is not known to hold
    vacuity = vacuityOf(graph, tick)
    lost = lostOf(graph, tick)
    lassos = livenessOf(graph, tick)
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error
  }
  return { vacuity, lost, lassos }
}

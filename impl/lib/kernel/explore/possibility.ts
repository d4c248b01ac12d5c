/**
 * Possibilities over a whole graph: in every state in which `from` holds, is there a way to one in which `to` holds? The states
 * that have a way are found backwards, from those in which `to` holds; the first of the others in breadth-first order in which
 * `from` holds is the shortest counterexample. It needs no fairness: a state without a way has none whatever anybody does.
 *
 * It goes through millions of edges: numbers of states and edges are in range by construction, which is what the `as number`
 * stand for.
 */

import type { Possibility, PossibilityInstance } from '../language/machine.ts'
import { compilePredicate, evaluate } from '../machine/predicate.ts'
import type { Finding, Graph } from './graph.ts'
import { edgesOf } from './graph.ts'
import type { Tick } from './liveness.ts'

/** The edges of a graph the other way round: into state i come those from `source[start[i]] .. source[start[i + 1] - 1]`. */
interface Backwards {
  readonly start: Int32Array
  readonly source: Int32Array
}

/** States between two looks at the clock, a power of two less one. */
const EVERY = 2 ** 16 - 1

const backwards = (graph: Graph, tick: Tick): Backwards => {
  const edges = edgesOf(graph, 'what stays possible')
  const start = new Int32Array(graph.count + 1)
  for (const target of edges.target) start[target + 1] = (start[target + 1] as number) + 1
  for (let s = 0; s < graph.count; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number)
  const free = start.slice()
  const source = new Int32Array(edges.target.length)
  for (let s = 0; s < graph.count; s++) {
    if ((s & EVERY) === EVERY) tick()
    for (let e = edges.start[s] as number; e < (edges.start[s + 1] as number); e++) {
      const target = edges.target[e] as number
      const place = free[target] as number
      source[place] = s
      free[target] = place + 1
    }
  }
  return { start, source }
}

/** The states of which a condition is true, each once. */
const statesOf = ({ kernel, states, count }: Graph, condition: () => boolean, tick: Tick): Int32Array => {
  const predicate = compilePredicate(kernel, condition)
  const W = kernel.layout.words
  const found = new Int32Array(count)
  let length = 0
  for (let s = 0; s < count; s++) {
    if ((s & EVERY) === EVERY) tick()
    if (evaluate(predicate, states, s * W)) found[length++] = s
  }
  return found.subarray(0, length)
}

/** For each state 1 if some way leads from it to one of these. */
const reaching = ({ start, source }: Backwards, count: number, ends: Int32Array, tick: Tick): Uint8Array => {
  const reaches = new Uint8Array(count)
  const queue = new Int32Array(count)
  queue.set(ends)
  let length = ends.length
  for (const s of ends) reaches[s] = 1
  for (let head = 0; head < length; head++) {
    if ((head & EVERY) === EVERY) tick()
    const s = queue[head] as number
    for (let e = start[s] as number; e < (start[s + 1] as number); e++) {
      const before = source[e] as number
      if (reaches[before] === 1) continue
      reaches[before] = 1
      queue[length++] = before
    }
  }
  return reaches
}

const noTick: Tick = () => undefined

/** Decides the possibilities of one graph. */
class Possibilities {
  private readonly graph: Graph
  private readonly tick: Tick
  private edges: Backwards | undefined

  constructor(graph: Graph, tick: Tick) {
    if (!graph.complete) throw new TypeError('what stays possible needs a complete graph')
    this.graph = graph
    this.tick = tick
  }

  /** The states in which `from` holds and from which no way leads to `to`. */
  lostStates({ from, to }: PossibilityInstance): number[] {
    const { graph, tick } = this
    tick()
    const starts = statesOf(graph, from, tick)
    if (starts.length === 0) return []
    this.edges ??= backwards(graph, tick)
    const reaches = reaching(this.edges, graph.count, statesOf(graph, to, tick), tick)
    return [...starts.filter((s) => reaches[s] === 0)]
  }

  /** The first state in which one of the instances is lost, in breadth-first order. */
  lost({ instances }: Possibility): Finding | undefined {
    const first = instances.flatMap((instance) => this.lostStates(instance).slice(0, 1))
    if (first.length === 0) return undefined
    const state = Math.min(...first)
    return { state, depth: this.graph.levels.findLastIndex((start) => start <= state) + 1 }
  }
}

/**
 * Violations of the possibilities of a machine, by name: the first state in which what must stay possible is not.
 *
 * @param tick called now and then; what it throws ends the search
 * @throws TypeError if there are some, and the graph is not complete or has no edges
 */
export const lostOf = (graph: Graph, tick: Tick = noTick): Map<string, Finding> => {
  const found = new Map<string, Finding>()
  const { possibilities = [] } = graph.kernel.compiled.machine
  if (possibilities.length === 0) return found
  const decider = new Possibilities(graph, tick)
  for (const possibility of possibilities) {
    const finding = decider.lost(possibility)
    if (finding !== undefined) found.set(possibility.name, finding)
  }
  return found
}

/** Is what a possibility speaks of lost in a state of the graph, in one of its instances? */
export const isLostIn = (graph: Graph, { instances }: Possibility, state: number): boolean => {
  const decider = new Possibilities(graph, noTick)
  return instances.some((instance) => decider.lostStates(instance).includes(state))
}

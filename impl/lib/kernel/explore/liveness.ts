/**
 * `from ~> to` under fairness, over a whole graph: a counterexample is a fair cycle without `to`, reachable from a `from`
 * state without `to` in between. A strongly connected component has a weakly fair cycle if and only if each fair thread
 * is disabled somewhere in it or takes a step inside it that changes the state. A strongly fair step that is enabled in a
 * component and never taken inside it rules out the states where it is enabled; what is left is taken apart again.
 *
 * It goes through millions of edges: numbers of states and edges are in range by construction, which is what the `as number`
 * stand for.
 */

import type { Predicate } from '../machine/predicate.ts'
import type { Kernel } from '../machine/tables.ts'
import { compilePredicate, evaluate } from '../machine/predicate.ts'
import type { Edges, Graph } from './graph.ts'
import { edgesOf, pathTo } from './graph.ts'
import { badInput } from '../error.ts'
import type { LeadsTo } from '../language/machine.ts'
import { sameThread } from '../language/machine.ts'

/** A behaviour that breaks a property: a path, then a cycle for ever. */
export interface Lasso {
  /** states with the step that led to each; the first has step -1 */
  readonly path: readonly { readonly state: number; readonly step: number }[]
  /** index into `path` of the state that follows the last one; equal to the last index for stuttering */
  readonly loop: number
  /** true if nothing fair can happen in the last state any more */
  readonly stuttering: boolean
}

/** Bit of the fairness condition that each step belongs to, 0 where it belongs to none. */
const fairnessBits = (kernel: Kernel): Int32Array => {
  const { machine } = kernel.compiled
  if (machine.fairness.length > 31)
    throw badInput({ code: 'too-many-fair', message: 'more than 31 fairness conditions' })
  return Int32Array.from(kernel.steps, ({ thread, action }) => {
    const id = machine.threads[thread]?.id
    const label = kernel.actions[action]
    if (id === undefined || label === undefined) return 0
    let bits = 0
    machine.fairness.forEach((fair, i) => {
      if (sameThread(fair.thread, id) && fair.labels.has(label)) bits |= 1 << i
    })
    return bits
  })
}

/** Fairness conditions that have a step that changes the state, per state. */
const enabledBits = (graph: Graph, { start, target, step }: Edges, bits: Int32Array): Int32Array => {
  const enabled = new Int32Array(graph.count)
  for (let s = 0; s < graph.count; s++) {
    let on = 0
    for (let e = start[s] as number; e < (start[s + 1] as number); e++) {
      if (target[e] !== s) on |= bits[step[e] as number] as number
    }
    enabled[s] = on
  }
  return enabled
}

/** Called every few thousand states; what it throws ends the search. */
export type Tick = () => void

/** A graph with its fairness conditions, each a bit. */
interface FairGraph {
  readonly graph: Graph
  readonly edges: Edges
  /** condition that each step belongs to */
  readonly bits: Int32Array
  /** conditions that have a step in each state */
  readonly enabled: Int32Array
  /** all conditions, and the strong ones */
  readonly all: number
  readonly strong: number
  readonly tick: Tick
}

const fairGraph = (graph: Graph, tick: Tick): FairGraph => {
  if (!graph.complete) throw new TypeError('liveness needs a complete graph')
  const edges = edgesOf(graph, 'liveness')
  const bits = fairnessBits(graph.kernel)
  const { fairness } = graph.kernel.compiled.machine
  const all = fairness.reduce((mask, _, i) => mask | (1 << i), 0)
  const strong = fairness.reduce((mask, fair, i) => (fair.strong === true ? mask | (1 << i) : mask), 0)
  return { graph, edges, bits, enabled: enabledBits(graph, edges, bits), all, strong, tick }
}

const EVERY = 0x3fff

/** Marks of a state, for one instance of a property. */
const AVOIDS = 1 // `to` does not hold
const STAYS = 2 // `to` does not hold, `eventuallyAlways` does
const STARTS = 4 // `from` holds and `to` does not

/** What the three conditions of an instance come to in one state, as a mark of it. */
export const markOf = (from: boolean, to: boolean, always: boolean): number =>
  to ? 0 : AVOIDS | (always ? STAYS : 0) | (from ? STARTS : 0)

/** The marks of all states for one instance of a property. */
export const marksOf = (
  graph: Graph,
  instance: LeadsTo['instances'][number],
  tick: Tick = () => undefined,
): Uint8Array => {
  const { kernel, states } = graph
  const W = kernel.layout.words
  const from = compilePredicate(kernel, instance.from)
  const to = compilePredicate(kernel, instance.to)
  const always: Predicate | undefined =
    instance.eventuallyAlways === undefined ? undefined : compilePredicate(kernel, instance.eventuallyAlways)
  const marks = new Uint8Array(graph.count)
  for (let s = 0; s < graph.count; s++) {
    if ((s & EVERY) === EVERY) tick()
    if (evaluate(to, states, s * W)) continue
    let mark = AVOIDS
    if (always === undefined || evaluate(always, states, s * W)) mark |= STAYS
    if (evaluate(from, states, s * W)) mark |= STARTS
    marks[s] = mark
  }
  return marks
}

/** How each state is reached from a `from` state without passing `to`: previous state, edge, and distance. */
interface Pending {
  readonly previous: Int32Array
  readonly edge: Int32Array
  /** states in order of their distance from the initial state along such paths */
  readonly order: Int32Array
}

const UNREACHED = -2
const ROOT = -1

/** Breadth first from the `from` states, each at its own depth, through states that avoid `to`. */
const pendingStates = ({ graph, edges, tick }: FairGraph, marks: Uint8Array): Pending => {
  const { start, target } = edges
  const previous = new Int32Array(graph.count).fill(UNREACHED)
  const edge = new Int32Array(graph.count).fill(-1)
  const order = new Int32Array(graph.count)
  let length = 0
  let head = 0
  // levels are merged: a state enters at the smaller of its own level (if it starts) and its predecessor's plus one
  for (let level = 0; level + 1 < graph.levels.length || head < length; level++) {
    const levelEnd = length
    tick()
    for (; head < levelEnd; head++) {
      const s = order[head] as number
      for (let e = start[s] as number; e < (start[s + 1] as number); e++) {
        const t = target[e] as number
        if (((marks[t] as number) & AVOIDS) === 0 || previous[t] !== UNREACHED) continue
        previous[t] = s
        edge[t] = e
        order[length++] = t
      }
    }
    const first = graph.levels[level] ?? graph.count
    const last = graph.levels[level + 1] ?? graph.count
    for (let s = first; s < last; s++) {
      if (((marks[s] as number) & STARTS) === 0 || previous[s] !== UNREACHED) continue
      previous[s] = ROOT
      order[length++] = s
    }
  }
  return { previous, edge, order: order.subarray(0, length) }
}

/** Strongly connected components of the states that stay, by Tarjan's algorithm without recursion. */
const components = ({ graph, edges, tick }: FairGraph, candidates: Int32Array, inside: Uint8Array): Int32Array => {
  const { start, target } = edges
  const { count } = graph
  const component = new Int32Array(count).fill(-1)
  const index = new Int32Array(count).fill(-1)
  const low = new Int32Array(count)
  const cursor = new Int32Array(count)
  const stack: number[] = []
  const calls: number[] = []
  let nextIndex = 0
  let nextComponent = 0
  for (const root of candidates) {
    if (inside[root] !== 1 || index[root] !== -1) continue
    calls.push(root)
    while (calls.length > 0) {
      const s = calls[calls.length - 1] as number
      if (index[s] === -1) {
        index[s] = low[s] = nextIndex++
        if ((nextIndex & EVERY) === EVERY) tick()
        cursor[s] = start[s] as number
        stack.push(s)
      }
      let descended = false
      while ((cursor[s] as number) < (start[s + 1] as number)) {
        const t = target[cursor[s] as number] as number
        cursor[s] = (cursor[s] as number) + 1
        if (inside[t] !== 1) continue
        if (index[t] === -1) {
          calls.push(t)
          descended = true
          break
        }
        if (component[t] === -1 && (index[t] as number) < (low[s] as number)) low[s] = index[t] as number
      }
      if (descended) continue
      calls.pop()
      if (low[s] === index[s]) {
        for (;;) {
          const t = stack.pop() as number
          component[t] = nextComponent
          if (t === s) break
        }
        nextComponent++
      }
      const caller = calls[calls.length - 1]
      if (caller !== undefined && (low[s] as number) < (low[caller] as number)) low[caller] = low[s] as number
    }
  }
  return component
}

/** Components without the states that no strongly fair cycle can pass; `inside` loses them too. */
const stronglyFairComponents = (fair: FairGraph, candidates: Int32Array, inside: Uint8Array): Int32Array => {
  const { enabled, strong, tick } = fair
  for (;;) {
    tick()
    const component = components(fair, candidates, inside)
    if (strong === 0) return component
    const { taken } = metBy(fair, component)
    let removed = false
    for (const s of candidates) {
      const c = component[s] as number
      if (c < 0 || ((enabled[s] as number) & strong & ~(taken[c] as number)) === 0) continue
      inside[s] = 0
      removed = true
    }
    if (!removed) return component
  }
}

/** Fairness conditions that each component meets: taken inside, or disabled somewhere in it. */
const metBy = ({ edges, bits, enabled }: FairGraph, component: Int32Array) => {
  const { start, target, step } = edges
  const size = component.reduce((most, c) => Math.max(most, c), -1) + 1
  const met = new Int32Array(size)
  const moves = new Uint8Array(size)
  const taken = new Int32Array(size)
  component.forEach((c, s) => {
    if (c < 0) return
    const on = ~(enabled[s] as number)
    for (let e = start[s] as number; e < (start[s + 1] as number); e++) {
      const t = target[e] as number
      // a step of fairness is one that changes the state
      if (component[t] !== c || t === s) continue
      taken[c] = (taken[c] as number) | (bits[step[e] as number] as number)
      moves[c] = 1
    }
    met[c] = (met[c] as number) | on | (taken[c] as number)
  })
  return { met, moves, taken }
}

/** Shortest path inside a component from `from` to a state or over an edge that `wanted` accepts. */
const walk = (
  { start, target }: Edges,
  component: Int32Array,
  from: number,
  wanted: (state: number, edge: number) => boolean,
): readonly number[] => {
  const c = component[from]
  const cameBy = new Map<number, { edge: number; previous: number }>()
  const queue = [from]
  const back = (last: number, edge: number): number[] => {
    const edges = [edge]
    for (let s = last; s !== from;) {
      const by = cameBy.get(s)
      if (by === undefined) break
      edges.push(by.edge)
      s = by.previous
    }
    return edges.reverse()
  }
  for (const s of queue) {
    for (let e = start[s] as number; e < (start[s + 1] as number); e++) {
      const t = target[e] as number
      if (component[t] !== c || t === s) continue
      if (wanted(t, e)) return back(s, e)
      if (t === from || cameBy.has(t)) continue
      cameBy.set(t, { edge: e, previous: s })
      queue.push(t)
    }
  }
  return []
}

/** A cycle through `entry` that meets every fairness condition of its component. */
const fairCycle = (
  { edges, bits, enabled, all, strong }: FairGraph,
  { component, taken }: Search,
  entry: number,
): readonly number[] => {
  const cycle: number[] = []
  let here = entry
  const mustTake = (taken[component[entry] as number] as number) & strong
  let missing = (all & ~strong & (enabled[entry] as number)) | mustTake
  const go = (path: readonly number[]): void => {
    for (const e of path) {
      cycle.push(e)
      here = edges.target[e] as number
      missing &= ~(bits[edges.step[e] as number] as number) & ((enabled[here] as number) | strong)
    }
  }
  while (missing !== 0) {
    const before = cycle.length
    const want = missing & -missing
    go(
      walk(
        edges,
        component,
        here,
        (t, e) =>
          ((bits[edges.step[e] as number] as number) & want) !== 0 || (((enabled[t] as number) | strong) & want) === 0,
      ),
    )
    if (cycle.length === before) throw new Error('component without the fair cycle that it was said to have')
  }
  if (here !== entry || cycle.length === 0) go(walk(edges, component, here, (t) => t === entry))
  return cycle
}

/** What is known of the ways on which an instance of a property may be broken. */
interface Search {
  readonly pending: Pending
  readonly component: Int32Array
  /** conditions that are taken in each component */
  readonly taken: Int32Array
  /** can a behaviour that is fair stay for ever where this state is? */
  readonly isFair: (state: number) => boolean
  /** can nothing fair happen in it? */
  readonly stutters: (state: number) => boolean
}

const searchIn = (fair: FairGraph, marks: Uint8Array): Search => {
  const { enabled, all } = fair
  const pending = pendingStates(fair, marks)
  const inside = new Uint8Array(fair.graph.count)
  for (const s of pending.order) if (((marks[s] as number) & STAYS) !== 0) inside[s] = 1
  const component = stronglyFairComponents(fair, pending.order, inside)
  const { met, moves, taken } = metBy(fair, component)
  const stutters = (s: number): boolean => ((enabled[s] as number) & all) === 0
  const isFair = (s: number): boolean => {
    const c = component[s] as number
    if (c < 0) return false
    return stutters(s) || (moves[c] !== 0 && ((met[c] as number) & all) === all)
  }
  return { pending, component, taken, isFair, stutters }
}

/**
 * The states on all the ways on which one instance of a property may be broken, given the marks of all states: between a state
 * where it begins and a fair cycle without its end. None where it holds.
 */
export const brokenRegion = (graph: Graph, marks: Uint8Array, tick: Tick = () => undefined): readonly number[] => {
  const fair = fairGraph(graph, tick)
  const { edges } = fair
  const { pending, isFair } = searchIn(fair, marks)
  const leads = new Uint8Array(graph.count)
  for (const s of pending.order) if (isFair(s)) leads[s] = 1
  const backwards = [...pending.order].reverse()
  const steps = (s: number): boolean => {
    for (let e = edges.start[s] as number; e < (edges.start[s + 1] as number); e++) {
      const t = edges.target[e] as number
      if (leads[t] === 1 && pending.previous[t] !== UNREACHED) return true
    }
    return false
  }
  for (let grew = true; grew;) {
    grew = false
    tick()
    for (const s of backwards) {
      if (leads[s] === 1 || !steps(s)) continue
      leads[s] = 1
      grew = true
    }
  }
  return [...pending.order].filter((s) => leads[s] === 1)
}

const checkInstance = (fair: FairGraph, instance: LeadsTo['instances'][number]): Lasso | undefined => {
  const { graph, edges, tick } = fair
  const search = searchIn(fair, marksOf(graph, instance, tick))
  const { previous, edge, order } = search.pending
  const entry = order.find(search.isFair)
  if (entry === undefined) return undefined
  const tail: { state: number; step: number }[] = []
  let root = entry
  while (previous[root] !== ROOT) {
    tail.push({ state: root, step: edges.step[edge[root] as number] as number })
    root = previous[root] as number
  }
  const path = [...pathTo(graph, root), ...tail.reverse()]
  const loop = path.length - 1
  if (search.stutters(entry)) return { path, loop, stuttering: true }
  // the last edge of the cycle leads back to path[loop]
  for (const e of fairCycle(fair, search, entry)) {
    path.push({ state: edges.target[e] as number, step: edges.step[e] as number })
  }
  return { path, loop, stuttering: false }
}

/**
 * Checks a property; the shortest way into a fair cycle that breaks it, or undefined where it holds.
 *
 * @param tick called now and then; what it throws ends the search
 */
export const checkLeadsTo = (graph: Graph, property: LeadsTo, tick: Tick = () => undefined): Lasso | undefined => {
  const fair = fairGraph(graph, tick)
  let best: Lasso | undefined
  for (const instance of property.instances) {
    const lasso = checkInstance(fair, instance)
    if (lasso !== undefined && (best === undefined || lasso.path.length < best.path.length)) best = lasso
  }
  return best
}

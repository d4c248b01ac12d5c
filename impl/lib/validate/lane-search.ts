/**
 * Logs of which only the order within each lane is known, or begin and end of each event: is there an order of all events,
 * and unlogged steps between them, that the model allows?
 *
 * A node of the search is how many events of each lane were taken, with a packed state; each is visited once in an attempt.
 * An attempt is complete, and goes best first, so that a log that is allowed is followed to its end and not level by level.
 */

import { StateSet } from '../kernel/explore/state-set.ts'
import { Stepper } from '../kernel/machine/stepper.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { Estimates, isTimed, WITH_CLOCKS, WITHOUT_CLOCKS } from './search-heuristic.ts'
import { passes } from './json-codec.ts'
import type { LaneEvent } from './state-tracker.ts'
import { matcher } from './state-tracker.ts'

/** What a search may cost. */
export interface SearchOptions {
  /** per action: may the model take it without the log having it? */
  readonly silent: Uint8Array
  /** per lane: were events lost after its last one? Then anything may happen once that was taken */
  readonly openEnds?: readonly boolean[] | undefined
  /** give up with more nodes than this */
  readonly maxNodes?: number | undefined
  /** called now and then, so that others get a turn; true ends the search */
  readonly pause?: () => Promise<boolean>
}

/** A way to a node. */
export interface SearchStep {
  /** the lane whose event was taken; -1 for an unlogged step */
  readonly lane: number
  /** index into the kernel's steps; -1 if the state was only looked at */
  readonly step: number
  readonly state: Int32Array
}

/** The node that got farthest. */
export interface Frontier {
  /** events taken of each lane */
  readonly positions: readonly number[]
  readonly state: Int32Array
}

/** What a search found. */
export interface SearchResult {
  readonly verdict: 'accepted' | 'rejected' | 'incomplete'
  /** most events that some order explains */
  readonly explained: number
  readonly nodes: number
  /** nodes with the most events taken; of these no event could be taken */
  readonly frontier: readonly Frontier[]
  /** are there more of them than were kept? */
  readonly frontierCut: boolean
  /** how the first of the frontier came about, or the end of an accepted log */
  readonly path: () => SearchStep[]
}

const MAX_NODES = 20_000_000
const MOST_FRONTIER = 4096
/** A pause every so many nodes, less one. */
const PAUSE = 0x3fff

/** Nodes by urgency, a small whole number; the last that came goes first among equals. */
class Agenda {
  private readonly buckets: (number[] | undefined)[] = []
  private first = 0

  push(urgency: number, node: number): void {
    // without holes: an array that has some is slow
    for (let u = this.buckets.length; u <= urgency; u++) this.buckets.push(undefined)
    const bucket = this.buckets[urgency]
    if (bucket === undefined) this.buckets[urgency] = [node]
    else bucket.push(node)
    if (urgency < this.first) this.first = urgency
  }

  pop(): number | undefined {
    for (; this.first < this.buckets.length; this.first++) {
      const node = this.buckets[this.first]?.pop()
      if (node !== undefined) return node
    }
    return undefined
  }
}

/**
 * Nodes for each event of the log that every way of looking gets in turn. A way that goes wrong seldom comes back soon, while
 * another is done in a fraction of that.
 */
const ATTEMPTS = [17, 83, 333] as const
/** Small logs are gone through whole. */
const LEAST_NODES = 10_000

/**
 * Looks for an order of the lanes' events that the model allows. An attempt that runs out of nodes is given up for one that
 * looks elsewhere first; each of them is complete, so that the first one that ends by itself has the answer.
 */
export const search = async (
  kernel: Kernel,
  lanes: readonly (readonly LaneEvent[])[],
  options: SearchOptions,
): Promise<SearchResult> => {
  const { maxNodes = MAX_NODES } = options
  const total = lanes.reduce((n, lane) => n + lane.length, 0)
  const estimates = new Estimates(kernel, lanes, total)
  const ways = isTimed(lanes) ? WITH_CLOCKS : WITHOUT_CLOCKS
  const attempts = [
    ...ATTEMPTS.flatMap((each) => ways.map((weights) => ({ most: LEAST_NODES + each * total, weights }))).filter(
      ({ most }) => most < maxNodes,
    ),
    ...ways.slice(0, 1).map((weights) => ({ most: maxNodes, weights })),
  ]
  let [nodes, explained] = [0, 0]
  for (const { most, weights } of attempts) {
    const price: Price = (row, level, unlogged) => estimates.price(row, level, unlogged, weights)
    const { stopped, ...found } = await attempt(kernel, lanes, { ...options, maxNodes: most }, price)
    nodes += found.nodes
    explained = Math.max(explained, found.explained)
    if (stopped || found.verdict !== 'incomplete' || most === maxNodes) return { ...found, nodes, explained }
  }
  throw new RangeError('a search without an attempt')
}

/** Urgency of a node: a small whole number, the smaller the sooner. */
type Price = (row: Int32Array, level: number, unlogged: number) => number

/** One search, best first; `stopped`: not for want of nodes. */
const attempt = async (
  kernel: Kernel,
  lanes: readonly (readonly LaneEvent[])[],
  { silent, openEnds = [], maxNodes = MAX_NODES, pause = () => Promise.resolve(false) }: SearchOptions,
  price: Price,
): Promise<SearchResult & { readonly stopped: boolean }> => {
  const W = kernel.layout.words
  const L = lanes.length
  const total = lanes.reduce((n, lane) => n + lane.length, 0)
  const nodes = new StateSet(L + W, { rows: 'apart' })
  const agenda = new Agenda()
  const stepper = new Stepper(kernel)
  const row = new Int32Array(L + W)
  const matchers = lanes.map((lane) => lane.map(({ observed }) => matcher(kernel, observed)))
  const anySilent = silent.includes(1)
  const isSilent = (step: number): boolean => silent[kernel.steps[step]?.action ?? -1] === 1
  const any = (): boolean => true
  let best = 0
  let bestNodes: number[] = []
  let bestCount = 0

  /** unlogged steps on the way to each node */
  const unlogged: number[] = []
  const add = (level: number, from: number, via: number, extra: number): void => {
    const known = nodes.count
    const node = nodes.add(row, 0, from, via)
    if (node < known) return
    const cost = (from < 0 ? 0 : (unlogged[from] ?? 0)) + extra
    unlogged.push(cost)
    agenda.push(price(row, level, cost), node)
    if (level > best) {
      best = level
      bestNodes = []
      bestCount = 0
    }
    if (level === best && bestCount++ < MOST_FRONTIER) bestNodes.push(node)
  }
  const result = (
    verdict: SearchResult['verdict'],
    last: number,
    stopped = false,
  ): SearchResult & { stopped: boolean } => ({
    verdict,
    stopped,
    explained: best,
    nodes: nodes.count,
    frontier: bestNodes.map((node) => frontierOf(nodes, node, L)),
    frontierCut: bestCount > bestNodes.length,
    path: () => pathOf(nodes, last, L),
  })

  row.set(kernel.initial, L)
  add(0, -1, -1, 0)
  for (let popped = 0; ; popped++) {
    const node = agenda.pop()
    if (node === undefined) return result('rejected', bestNodes[0] ?? 0)
    const base = node * (L + W)
    let level = 0
    for (let l = 0; l < L; l++) level += nodes.rows[base + l] ?? 0
    if (level === total) return result('accepted', node)
    if (nodes.count > maxNodes) return result('incomplete', bestNodes[0] ?? 0)
    if ((popped & PAUSE) === PAUSE && (await pause())) return result('incomplete', bestNodes[0] ?? 0, true)

    // an event may come first only if none that is left has ended before it began
    let earliestEnd = Infinity
    for (let l = 0; l < L; l++) {
      const end = lanes[l]?.[nodes.rows[base + l] ?? 0]?.end
      if (end !== undefined && end < earliestEnd) earliestEnd = end
    }
    let gap = false
    for (let l = 0; l < L; l++) {
      const position = nodes.rows[base + l] ?? 0
      const event = lanes[l]?.[position]
      const wanted = matchers[l]?.[position]
      if (event === undefined || wanted === undefined) {
        if (openEnds[l] === true) gap = true
        continue
      }
      if (event.afterGap === true) gap = true
      if (event.begin !== undefined && event.begin > earliestEnd) continue
      const { observed } = event
      const take = (step: number, words: Int32Array, at: number): void => {
        if (observed.state !== undefined && !passes(observed.state, words, at)) return
        for (let i = 0; i < L; i++) row[i] = nodes.rows[base + i] ?? 0
        row[l] = position + 1
        for (let w = 0; w < W; w++) row[L + w] = words[at + w] ?? 0
        // the lane is kept with the step: both are needed to tell the way
        add(level + 1, node, (step + 1) * (L + 1) + l + 1, 0)
      }
      if (observed.action < 0) take(-1, nodes.rows, base + L)
      else {
        stepper.each(observed.thread, nodes.rows, base + L, wanted, (step, next) => {
          take(step, next, 0)
        })
      }
    }
    if (!anySilent && !gap) continue
    stepper.each(-1, nodes.rows, base + L, gap ? any : isSilent, (step, next) => {
      for (let i = 0; i < L; i++) row[i] = nodes.rows[base + i] ?? 0
      row.set(next, L)
      add(level, node, (step + 1) * (L + 1), 1)
    })
  }
}

const frontierOf = (nodes: StateSet, node: number, L: number): Frontier => {
  const row = nodes.row(node)
  return { positions: [...row.subarray(0, L)], state: row.slice(L) }
}

const pathOf = (nodes: StateSet, last: number, L: number): SearchStep[] => {
  const steps: SearchStep[] = []
  for (let node = last; node >= 0; node = nodes.from[node] ?? -1) {
    const via = nodes.via[node] ?? -1
    if (via < 0) break
    steps.push({ lane: (via % (L + 1)) - 1, step: Math.floor(via / (L + 1)) - 1, state: nodes.row(node).slice(L) })
  }
  return steps.reverse()
}

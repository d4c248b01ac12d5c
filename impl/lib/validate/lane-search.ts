/**
 * Logs of which only the order within each lane is known, or begin and end of each event: is there an order of all events,
 * and unlogged steps between them, that the model allows?
 *
 * A node of the search is how many events of each lane were taken, with a packed state; each is visited once in an attempt.
 * An attempt is complete, and goes best first, so that a log that is allowed is followed to its end and not level by level.
 */

import { at } from '../kernel/at.ts'
import { StateSet } from '../kernel/explore/state-set.ts'
import { Stepper } from '../kernel/machine/stepper.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import type { LaneEvent } from './search-heuristic.ts'
import { Estimates, isTimed, WITH_CLOCKS, WITHOUT_CLOCKS } from './search-heuristic.ts'
import { passes } from './json-codec.ts'
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
    const { stopped, ...found } = await new Attempt(kernel, lanes, { ...options, maxNodes: most }, price).run()
    nodes += found.nodes
    explained = Math.max(explained, found.explained)
    if (stopped || found.verdict !== 'incomplete' || most === maxNodes) return { ...found, nodes, explained }
  }
  throw new RangeError('a search without an attempt')
}

/** Urgency of a node: a small whole number, the smaller the sooner. */
type Price = (row: Int32Array, level: number, unlogged: number) => number

/** How one search ended; `stopped`: not for want of nodes. */
type Attempted = SearchResult & { readonly stopped: boolean }

const never = (): Promise<boolean> => Promise.resolve(false)
const any = (): boolean => true

/** One search, best first. */
class Attempt {
  private readonly kernel: Kernel
  private readonly lanes: readonly (readonly LaneEvent[])[]
  private readonly options: SearchOptions
  private readonly price: Price
  private readonly matchers: readonly (readonly ((step: number) => boolean)[])[]
  private readonly anySilent: boolean
  private readonly stepper: Stepper
  private readonly agenda = new Agenda()
  /** rows: how many events of each lane were taken, then the packed state */
  private readonly nodes: StateSet
  private readonly row: Int32Array
  /** unlogged steps on the way to each node */
  private readonly unlogged: number[] = []
  private best = 0
  private bestNodes: number[] = []
  private bestCount = 0

  constructor(kernel: Kernel, lanes: readonly (readonly LaneEvent[])[], options: SearchOptions, price: Price) {
    this.kernel = kernel
    this.lanes = lanes
    this.options = options
    this.price = price
    this.matchers = lanes.map((lane) => lane.map(({ decoded }) => matcher(kernel, decoded)))
    this.anySilent = options.silent.includes(1)
    this.stepper = new Stepper(kernel)
    const width = lanes.length + kernel.layout.words
    this.nodes = new StateSet(width, { rows: 'apart' })
    this.row = new Int32Array(width)
  }

  async run(): Promise<Attempted> {
    const { nodes, agenda, lanes } = this
    const { maxNodes = MAX_NODES, pause = never } = this.options
    const total = lanes.reduce((n, lane) => n + lane.length, 0)
    this.row.set(this.kernel.initial, lanes.length)
    this.add(0, -1, -1, 0)
    for (let popped = 0; ; popped++) {
      const node = agenda.pop()
      if (node === undefined) return this.result('rejected')
      const level = this.levelOf(node)
      if (level === total) return this.result('accepted', node)
      if (nodes.count > maxNodes) return this.result('incomplete')
      if ((popped & PAUSE) === PAUSE && (await pause())) return { ...this.result('incomplete'), stopped: true }
      this.expand(node, level)
    }
  }

  /** How many events of a lane were taken on the way to a node. */
  private position(node: number, lane: number): number {
    return at(this.nodes.rows, node * this.nodes.words + lane)
  }

  private levelOf(node: number): number {
    let level = 0
    for (let l = 0; l < this.lanes.length; l++) level += this.position(node, l)
    return level
  }

  /** Adds the node in `row`, unless it is known. */
  private add(level: number, from: number, via: number, extra: number): void {
    const known = this.nodes.count
    const node = this.nodes.add(this.row, 0, from, via)
    if (node < known) return
    const cost = (from < 0 ? 0 : at(this.unlogged, from)) + extra
    this.unlogged.push(cost)
    this.agenda.push(this.price(this.row, level, cost), node)
    if (level > this.best) {
      this.best = level
      this.bestNodes = []
      this.bestCount = 0
    }
    if (level === this.best && this.bestCount++ < MOST_FRONTIER) this.bestNodes.push(node)
  }

  /** Adds what comes after a node: the events that may be next, and the steps that nobody has logged. */
  private expand(node: number, level: number): void {
    const { silent, openEnds = [] } = this.options
    const L = this.lanes.length
    const earliestEnd = this.earliestEnd(node)
    let gap = false
    for (let l = 0; l < L; l++) {
      const event = this.lanes[l]?.[this.position(node, l)]
      if (event === undefined ? openEnds[l] === true : event.afterGap) gap = true
      // an event may come first only if none that is left has ended before it began
      if (event !== undefined && (event.begin ?? -Infinity) <= earliestEnd) this.take(node, level, l, event)
    }
    if (!this.anySilent && !gap) return
    const isSilent = (step: number): boolean => silent[at(this.kernel.steps, step).action] === 1
    this.stepper.each(-1, this.nodes.rows, this.stateAt(node), gap ? any : isSilent, (step, next) => {
      this.setPositions(node)
      this.row.set(next, L)
      this.add(level, node, this.viaOf(step, -1), 1)
    })
  }

  private earliestEnd(node: number): number {
    let earliest = Infinity
    for (let l = 0; l < this.lanes.length; l++) {
      const end = this.lanes[l]?.[this.position(node, l)]?.end
      if (end !== undefined && end < earliest) earliest = end
    }
    return earliest
  }

  /** Adds the nodes after the next event of a lane. */
  private take(node: number, level: number, lane: number, { decoded: { action, thread, state } }: LaneEvent): void {
    const { nodes, row } = this
    const L = this.lanes.length
    const taken = (step: number, words: Int32Array, from: number): void => {
      if (state !== undefined && !passes(state, words, from)) return
      this.setPositions(node)
      row[lane] = at(row, lane) + 1
      for (let w = L; w < row.length; w++) row[w] = at(words, from + w - L)
      this.add(level + 1, node, this.viaOf(step, lane), 0)
    }
    if (action < 0) {
      taken(-1, nodes.rows, this.stateAt(node))
      return
    }
    const wanted = at(at(this.matchers, lane), this.position(node, lane))
    this.stepper.each(thread, nodes.rows, this.stateAt(node), wanted, (step, next) => {
      taken(step, next, 0)
    })
  }

  private stateAt(node: number): number {
    return node * this.nodes.words + this.lanes.length
  }

  private setPositions(node: number): void {
    for (let l = 0; l < this.lanes.length; l++) this.row[l] = this.position(node, l)
  }

  /** The number that stands for a step, or -1, and the lane whose event it was, or -1: both are needed to tell the way. */
  private viaOf(step: number, lane: number): number {
    return (step + 1) * (this.lanes.length + 1) + lane + 1
  }

  private result(verdict: SearchResult['verdict'], last = this.bestNodes[0] ?? 0): Attempted {
    return {
      verdict,
      stopped: false,
      explained: this.best,
      nodes: this.nodes.count,
      frontier: this.bestNodes.map((node) => this.frontierAt(node)),
      frontierCut: this.bestCount > this.bestNodes.length,
      path: () => this.pathTo(last),
    }
  }

  private frontierAt(node: number): Frontier {
    const row = this.nodes.row(node)
    const L = this.lanes.length
    return { positions: [...row.subarray(0, L)], state: row.slice(L) }
  }

  private pathTo(last: number): SearchStep[] {
    const { nodes } = this
    const L = this.lanes.length
    const steps: SearchStep[] = []
    for (let node = last; at(nodes.from, node) >= 0; node = at(nodes.from, node)) {
      const via = at(nodes.via, node)
      steps.push({ lane: (via % (L + 1)) - 1, step: Math.floor(via / (L + 1)) - 1, state: nodes.row(node).slice(L) })
    }
    return steps.reverse()
  }
}

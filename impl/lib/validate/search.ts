/**
 * Logs of which only the order within each lane is known, or begin and end of each event: is there an order of all events,
 * and unlogged steps between them, that the model allows?
 *
 * A node of the search is how many events of each lane were taken, with a packed state; each is visited once. The search is
 * complete, and goes best first, so that a log that is allowed is followed to its end and not level by level.
 */

import type { Kernel } from '../compile.ts'
import { passes } from './fields.ts'
import { StateSet } from './states.ts'
import type { Observed } from './tracker.ts'
import { matcher, Stepper } from './tracker.ts'

/** One event of a lane. */
export interface LaneEvent {
  readonly observed: Observed
  /** line of the log */
  readonly line: number
  /** interval order: when it began and ended; each lane's events follow one another */
  readonly begin?: number
  readonly end?: number
  /** when it happened by a clock that is not trusted: where to look first */
  readonly guess?: number
  /** events were lost after this one's predecessor: anything may happen until it is taken */
  readonly afterGap?: boolean
}

/** What a search may cost. */
export interface SearchOptions {
  /** per action: may the model take it without the log having it? */
  readonly silent: Uint8Array
  /** per lane: were events lost after its last one? Then anything may happen once that was taken */
  readonly openEnds?: readonly boolean[]
  /** give up with more nodes than this */
  readonly maxNodes?: number
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
  /** how the first of the frontier came about, or the end of an accepted log */
  readonly path: () => SearchStep[]
}

const MAX_NODES = 20_000_000
const MOST_FRONTIER = 4096
/** A pause every so many nodes, less one. */
const PAUSE = 0x3fff

/** Nodes by urgency, a small whole number; the last that came goes first among equals. */
class Agenda {
  private readonly buckets: number[][] = []
  private first = 0

  push(urgency: number, node: number): void {
    for (let u = this.buckets.length; u <= urgency; u++) this.buckets.push([])
    this.buckets[urgency]?.push(node)
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
 * Urgency of a node: each event that is left counts, each unlogged step on the way, and how far the lanes are from where they
 * are expected to be. The first two are such that a way on which an unlogged step is needed for every event does not
 * fall back, and others do; found by trial on logs with a third of their events missing. Only the order of the search
 * depends on it, not what is found in the end.
 */
const PER_EVENT = 3
const PER_UNLOGGED = 2
/** Square of the events that a lane may be astray for the price of one point. */
const ASTRAY = 16
/** Farther is not worse: there is a bucket for every price. */
const MOST_ASTRAY = 10_000

/**
 * How many events of each lane are expected among the first n of all, for each n: clocks are no proof of an order, but a
 * good guess; without them lanes are expected to advance evenly.
 */
const expectedPositions = (lanes: readonly (readonly LaneEvent[])[], total: number): Float64Array => {
  const L = lanes.length
  const out = new Float64Array((total + 1) * L)
  const all = lanes.flatMap((lane, l) => lane.map(({ guess }) => ({ l, guess })))
  const timed = all.every(({ guess }) => guess !== undefined)
  if (!timed) {
    for (let n = 0; n <= total; n++) {
      lanes.forEach((lane, l) => {
        out[n * L + l] = (n * lane.length) / total
      })
    }
    return out
  }
  // a stable sort keeps the order within a lane
  all.sort((a, b) => (a.guess ?? 0) - (b.guess ?? 0))
  all.forEach(({ l }, n) => {
    for (let i = 0; i < L; i++) out[(n + 1) * L + i] = (out[n * L + i] ?? 0) + (i === l ? 1 : 0)
  })
  return out
}

/** Looks for an order of the lanes' events that the model allows. */
export const search = async (
  kernel: Kernel,
  lanes: readonly (readonly LaneEvent[])[],
  { silent, openEnds = [], maxNodes = MAX_NODES, pause = () => Promise.resolve(false) }: SearchOptions,
): Promise<SearchResult> => {
  const W = kernel.layout.words
  const L = lanes.length
  const total = lanes.reduce((n, lane) => n + lane.length, 0)
  const nodes = new StateSet(L + W)
  const agenda = new Agenda()
  const stepper = new Stepper(kernel)
  const row = new Int32Array(L + W)
  const matchers = lanes.map((lane) => lane.map(({ observed }) => matcher(kernel, observed)))
  const anySilent = silent.includes(1)
  const isSilent = (step: number): boolean => silent[kernel.steps[step]?.action ?? -1] === 1
  const any = (): boolean => true
  let best = 0
  let bestNodes: number[] = []

  /** unlogged steps on the way to each node */
  const unlogged: number[] = []
  const expected = expectedPositions(lanes, total)
  const add = (level: number, from: number, via: number, extra: number): void => {
    if (!nodes.add(row, 0, from, via)) return
    const node = nodes.count - 1
    const cost = (from < 0 ? 0 : (unlogged[from] ?? 0)) + extra
    unlogged.push(cost)
    let astray = 0
    for (let l = 0; l < L; l++) {
      const d = (row[l] ?? 0) - (expected[level * L + l] ?? 0)
      astray += d * d
    }
    const price = Math.min(astray / ASTRAY, MOST_ASTRAY)
    agenda.push(Math.floor(PER_UNLOGGED * cost + PER_EVENT * (total - level) + price), node)
    if (level > best) {
      best = level
      bestNodes = []
    }
    if (level === best && bestNodes.length < MOST_FRONTIER) bestNodes.push(node)
  }
  const result = (verdict: SearchResult['verdict'], last: number): SearchResult => ({
    verdict,
    explained: best,
    nodes: nodes.count,
    frontier: bestNodes.map((node) => frontierOf(nodes, node, L)),
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
    if (nodes.count > maxNodes || ((popped & PAUSE) === PAUSE && (await pause())))
      return result('incomplete', bestNodes[0] ?? 0)

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

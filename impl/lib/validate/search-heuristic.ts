/**
 * Where a search for an order of lanes should look first. None of it decides what is found, only how soon: a node's price is
 * what it cost so far and what it seems that the rest of the log will cost.
 *
 * Three things tell how far a node is from the end. The programs say how many steps each thread has to take, unlogged ones
 * included, to do what its lane has next, and from then on. Events that say where other threads are tell, for each two
 * lanes, which interleavings need the fewest detours; that is an alignment of the two sequences. And clocks, or where there
 * are none the rule that lanes advance evenly, say how many events of each lane are expected among the first n of all.
 */

import type { Slot } from '../kernel/machine/layout.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import { ThreadGraphs, UNREACHABLE } from './distance.ts'
import type { Entry } from './reader.ts'

/** One event of a lane. */
export interface LaneEvent extends Entry {
  /** interval order: when it began and ended; each lane's events follow one another */
  readonly begin?: number
  readonly end?: number
  /** when it happened by a clock that is not trusted: where to look first */
  readonly guess?: number | undefined
}

/** Points for each thing that counts; found by trial on logs that lack a third of their events and half of each state. */
export interface Weights {
  /** an unlogged step on the way to the node */
  readonly unlogged: number
  /** a step that some thread still has to take without the log having it */
  readonly steps: number
  /** an event that is left */
  readonly events: number
  /** a step to the nearest of the events that come next */
  readonly near: number
  /** the square of the events that a lane is ahead or behind of what is expected */
  readonly astray: number
  /** a detour that some two lanes cannot avoid any more */
  readonly pairs: number
}

/** What helps where clocks are about right; the later ones trust them less. */
export const WITH_CLOCKS: readonly Weights[] = [
  { unlogged: 1, steps: 2, events: 2, near: 1, astray: 2, pairs: 0 },
  { unlogged: 1, steps: 2, events: 2, near: 1, astray: 0.5, pairs: 0 },
  { unlogged: 1, steps: 2, events: 2, near: 1, astray: 0.0625, pairs: 2 },
]

/** What helps where there are none. No one of these finds all logs, and most logs are soon found by one. */
export const WITHOUT_CLOCKS: readonly Weights[] = [
  { unlogged: 1, steps: 2, events: 2, near: 1, astray: 0.0625, pairs: 2 },
  { unlogged: 1, steps: 2, events: 2, near: 0, astray: 0.0625, pairs: 0 },
  { unlogged: 1, steps: 2, events: 2, near: 1, astray: 0, pairs: 4 },
  { unlogged: 2, steps: 3, events: 1, near: 0, astray: 0.0625, pairs: 0 },
]

/** Farther is not worse: there is a bucket for every price. */
const MOST_ASTRAY = 20_000
/** Steps to an event, and of a detour, that are told apart. */
const FAR = 20
const LONGEST_DETOUR = 12
/** Entries of all tables of pairs, of two bytes each; larger logs do without. */
const MOST_PAIRED = 16_000_000

/** Where a thread is, and how far each node of its program is from something. */
interface Way {
  readonly slot: Slot
  readonly distance: Uint8Array
}

/** What is ahead of a lane at one of its events. */
interface Ahead {
  /** unlogged steps between the events that are left, by the program */
  readonly rest: number
  /** ways of the lane's own threads to their next events */
  readonly own: readonly Way[]
  /** ways of other threads to where the next event says that they are */
  readonly others: readonly Way[]
}

/** Detours that two lanes cannot avoid, for each number of events taken of both. */
interface Pair {
  readonly a: number
  readonly b: number
  readonly width: number
  readonly cost: Uint16Array
}

type Lanes = readonly (readonly LaneEvent[])[]

const leastOf = (nodes: Uint8Array, distance: Uint8Array): number => {
  let least = UNREACHABLE
  for (let node = 0; node < nodes.length; node++) {
    if (nodes[node] === 1) least = Math.min(least, distance[node] ?? UNREACHABLE)
  }
  return least
}

const aheadOf = (kernel: Kernel, graphs: ThreadGraphs, lane: readonly LaneEvent[]): Ahead[] => {
  const { threads } = kernel.layout
  const next = new Map<number, Way>()
  let rest = 0
  const ahead: Ahead[] = [{ rest, own: [], others: [] }]
  for (const { decoded } of lane.toReversed()) {
    const { thread, state } = decoded
    const slot = threads[thread]
    if (slot !== undefined) {
      const { from, to } = graphs.around(thread, decoded)
      const after = next.get(thread)
      const least = after === undefined ? 0 : leastOf(to, after.distance)
      if (least < UNREACHABLE) rest += least
      next.set(thread, { slot, distance: graphs.distances(thread, from) })
    }
    const others = (state?.nodes ?? []).flatMap(({ slot: seen, allowed }): Way[] => {
      const other = threads.indexOf(seen)
      return other === thread || other < 0 ? [] : [{ slot: seen, distance: graphs.distances(other, allowed) }]
    })
    ahead.push({ rest, own: [...next.values()], others })
  }
  return ahead.reverse()
}

/** The detours of one lane's thread by way of where the events of other lanes have seen it. */
class Detours {
  /** kind of what is between two events of the lane, by how many were taken */
  private readonly between: Int32Array
  private readonly kinds: { readonly forth: Uint8Array; readonly back: Uint8Array; readonly direct: number }[] = []
  private readonly slot: Slot | undefined
  /** by the nodes where another has seen it */
  private readonly memo = new Map<Uint8Array, Uint8Array>()

  constructor(kernel: Kernel, graphs: ThreadGraphs, lane: readonly LaneEvent[], thread: number) {
    this.slot = kernel.layout.threads[thread]
    const nodes = kernel.compiled.automata[thread]?.nodes.length ?? 0
    const around = lane.map(({ decoded }) => graphs.around(thread, decoded))
    const start = new Uint8Array(nodes)
    start[0] = 1
    const nowhere = new Uint8Array(nodes)
    const ids = new Map<string, number>()
    this.between = Int32Array.from({ length: lane.length + 1 }, (_, taken) => {
      const from = around[taken - 1]?.to ?? start
      const to = around[taken]?.from
      const text = `${from.join('')} ${to?.join('') ?? ''}`
      const kind = ids.get(text) ?? ids.size
      ids.set(text, kind)
      const back = to === undefined ? nowhere : graphs.distances(thread, to)
      this.kinds[kind] ??= { forth: graphs.distances(thread, from, 'from'), back, direct: leastOf(from, back) }
      return kind
    })
  }

  /** For each number of events taken of this lane: what it costs that its thread is where an event of another has seen it. */
  by(event: LaneEvent): Uint8Array {
    const allowed = event.decoded.state?.nodes.find(({ slot }) => slot === this.slot)?.allowed
    if (allowed === undefined) return NONE
    const known = this.memo.get(allowed)
    if (known !== undefined) return known
    const byKind = this.kinds.map(({ forth, back, direct }) => {
      let least = LONGEST_DETOUR
      for (let x = 0; x < allowed.length; x++) {
        if (allowed[x] === 1) least = Math.min(least, (forth[x] ?? 0) + (back[x] ?? 0) - direct)
      }
      return Math.max(0, least)
    })
    const costs = Uint8Array.from(this.between, (kind) => byKind[kind] ?? 0)
    this.memo.set(allowed, costs)
    return costs
  }
}

const NONE = new Uint8Array(0)

/** The tables of all pairs of lanes that are of one thread each, if they are not too large. */
const pairsOf = (kernel: Kernel, graphs: ThreadGraphs, lanes: Lanes): Pair[] => {
  const single = lanes.flatMap((lane, l) => {
    const [thread = -1, ...others] = new Set(lane.map(({ decoded }) => decoded.thread))
    return thread < 0 || others.length > 0 ? [] : [{ lane, l, thread }]
  })
  const all = single.flatMap((a, i) => single.slice(i + 1).map((b) => ({ a, b })))
  const size = all.reduce((n, { a, b }) => n + (a.lane.length + 1) * (b.lane.length + 1), 0)
  if (size > MOST_PAIRED) return []
  const detours = new Map(single.map(({ lane, l, thread }) => [l, new Detours(kernel, graphs, lane, thread)]))
  return all.map(({ a, b }): Pair => {
    const width = b.lane.length + 1
    const cost = new Uint16Array((a.lane.length + 1) * width)
    const ofB = a.lane.map((event) => detours.get(b.l)?.by(event) ?? NONE)
    const ofA = b.lane.map((event) => detours.get(a.l)?.by(event) ?? NONE)
    // the last events first: at each place one lane's event is next or the other's
    for (let i = a.lane.length; i >= 0; i--) {
      for (let j = b.lane.length; j >= 0; j--) {
        const first = ofB[i]
        const second = ofA[j]
        const byA = first === undefined ? Infinity : (cost[(i + 1) * width + j] ?? 0) + (first[j] ?? 0)
        const byB = second === undefined ? Infinity : (cost[i * width + j + 1] ?? 0) + (second[i] ?? 0)
        const least = Math.min(byA, byB)
        cost[i * width + j] = least === Infinity ? 0 : least
      }
    }
    return { a: a.l, b: b.l, width, cost }
  })
}

/** How many events of each lane are expected among the first n of all, for each n. */
const expectedPositions = (lanes: Lanes, total: number): Float64Array => {
  const L = lanes.length
  const out = new Float64Array((total + 1) * L)
  if (!isTimed(lanes)) {
    for (let n = 0; n <= total; n++) {
      lanes.forEach((lane, l) => {
        out[n * L + l] = (n * lane.length) / total
      })
    }
    return out
  }
  const all = lanes.flatMap((lane, l) => lane.map(({ guess }) => ({ l, guess })))
  // a stable sort keeps the order within a lane
  all.sort((a, b) => (a.guess ?? 0) - (b.guess ?? 0))
  all.forEach(({ l }, n) => {
    for (let i = 0; i < L; i++) out[(n + 1) * L + i] = (out[n * L + i] ?? 0) + (i === l ? 1 : 0)
  })
  return out
}

/** Has every event a time? */
export const isTimed = (lanes: Lanes): boolean => lanes.every((lane) => lane.every(({ guess }) => guess !== undefined))

/** Prices of the nodes of one search: positions in the lanes, then a packed state. */
export class Estimates {
  private readonly kernel: Kernel
  private readonly lanes: Lanes
  private readonly total: number
  private readonly graphs: ThreadGraphs
  private readonly ahead: readonly (readonly Ahead[])[]
  private readonly expected: Float64Array
  private made: Pair[] | undefined

  constructor(kernel: Kernel, lanes: Lanes, total: number) {
    this.kernel = kernel
    this.lanes = lanes
    this.total = total
    this.graphs = new ThreadGraphs(kernel)
    this.ahead = lanes.map((lane) => aheadOf(kernel, this.graphs, lane))
    this.expected = expectedPositions(lanes, total)
  }

  /** A whole number from 0 on; `level` events were taken, `unlogged` steps are on the way. */
  price(row: Int32Array, level: number, unlogged: number, weights: Weights): number {
    const steps = this.steps(row)
    const price =
      weights.unlogged * unlogged +
      weights.steps * steps.left +
      weights.events * (this.total - level) +
      weights.near * steps.near +
      Math.min(MOST_ASTRAY, weights.astray * this.astray(row, level)) +
      (weights.pairs === 0 ? 0 : weights.pairs * this.apart(row))
    return Math.floor(price)
  }

  private steps(row: Int32Array): { readonly left: number; readonly near: number } {
    const L = this.lanes.length
    let left = 0
    let near = Infinity
    for (let l = 0; l < L; l++) {
      const position = row[l] ?? 0
      const here = this.ahead[l]?.[position]
      if (here === undefined || position === this.lanes[l]?.length) continue
      let far = 0
      for (const { slot, distance } of here.own) far += Math.min(FAR, distance[readSlot(row, L, slot)] ?? 0)
      left += here.rest + far
      for (const { slot, distance } of here.others) far += Math.min(FAR, distance[readSlot(row, L, slot)] ?? 0)
      if (far < near) near = far
    }
    return { left, near: near === Infinity ? 0 : near }
  }

  private astray(row: Int32Array, level: number): number {
    const L = this.lanes.length
    let astray = 0
    for (let l = 0; l < L; l++) {
      const d = (row[l] ?? 0) - (this.expected[level * L + l] ?? 0)
      astray += d * d
    }
    return astray
  }

  private apart(row: Int32Array): number {
    this.made ??= pairsOf(this.kernel, this.graphs, this.lanes)
    let apart = 0
    for (const { a, b, width, cost } of this.made) apart += cost[(row[a] ?? 0) * width + (row[b] ?? 0)] ?? 0
    return apart
  }
}

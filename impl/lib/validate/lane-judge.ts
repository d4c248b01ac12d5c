/** A log of which only the order within each lane, or begin and end of each event, is known: read whole, then searched. */

import type { Kernel } from '../kernel/machine/tables.ts'
import type { Order } from './event.ts'
import type { Repair } from './result.ts'
import type { SearchOptions, SearchResult } from './lane-search.ts'
import type { LaneEvent } from './search-heuristic.ts'
import { search } from './lane-search.ts'
import type { Rejection } from './rejection.ts'
import { MOST_REPAIRS, told } from './rejection.ts'
import type { Entry, Gaps } from './reader.ts'
import { refuse } from './reader.ts'

/** Nodes that repairs may always cost, and that they never cost more than, all together. */
const ALWAYS_TRIED = 50_000
const MOST_TRIED = 1_000_000

/** What a search of the whole log gave; of one that is rejected, why. */
export interface LaneOutcome extends Pick<SearchResult, 'verdict' | 'explained' | 'nodes'> {
  readonly rejection?: Rejection
}

type Lanes = readonly (readonly LaneEvent[])[]

/** A search that found no order of the events. */
interface Failed {
  readonly lanes: Lanes
  readonly options: SearchOptions
  readonly result: SearchResult
  readonly late: () => boolean
}

/** The event that comes next in a lane. */
interface Head {
  readonly entry: Entry
  readonly lane: number
  readonly at: number
}

/** Collects the events of one log by lane. */
export class ByLane {
  /** events read */
  events = 0
  /** events are collected only */
  readonly isSlow = false
  private readonly kernel: Kernel
  private readonly lanes = new Map<string, Entry[]>()
  private readonly order: Order
  private readonly file: string

  constructor(kernel: Kernel, order: Order, file: string) {
    this.kernel = kernel
    this.order = order
    this.file = file
  }

  take(entry: Entry): boolean {
    this.events += 1
    const name = entry.decoded.lane ?? ''
    const lane = this.lanes.get(name)
    if (lane === undefined) this.lanes.set(name, [entry])
    else lane.push(entry)
    return true
  }

  /** Looks for an order of the events that the model allows; `late` says when to give up. */
  async decide(gaps: Gaps, limits: SearchOptions, late: () => boolean): Promise<LaneOutcome> {
    // a lane that lost all its events has none but the gap
    for (const name of gaps.named) if (!this.lanes.has(name)) this.lanes.set(name, [])
    const lanes = [...this.lanes.values()].map((lane) => this.laneEvents(lane))
    const options: SearchOptions = {
      ...limits,
      pause: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return late()
      },
      openEnds: [...this.lanes.keys()].map((name) => gaps.close(name)),
    }
    const result = await search(this.kernel, lanes, options)
    if (result.verdict !== 'rejected') return result
    return { ...result, rejection: await this.rejection({ lanes, options, result, late }) }
  }

  private laneEvents(entries: readonly Entry[]): LaneEvent[] {
    let before = -Infinity
    return entries.map((entry) => {
      const { line, decoded } = entry
      const { time, end } = decoded
      if (this.order !== 'interval') return { ...entry, guess: time }
      if (time === undefined) {
        return refuse(this.file, { line, column: 1, message: 'interval order needs the time of each event' })
      }
      if (time < before) {
        const message = `the event begins (${time}) before its predecessor in the lane has ended (${before})`
        return refuse(this.file, { line, column: 1, message }, 'bad-order')
      }
      before = end ?? time
      return { ...entry, begin: time, end: before, guess: time }
    })
  }

  private async rejection(failed: Failed): Promise<Rejection> {
    const { lanes, result } = failed
    const { words } = this.kernel.layout
    const [first] = result.frontier
    const heads = (first?.positions ?? []).flatMap((at, lane): Head[] => {
      const entry = lanes[lane]?.[at]
      return entry === undefined ? [] : [{ entry, lane, at }]
    })
    const [head] = heads.sort((a, b) => a.entry.line - b.entry.line)
    if (first === undefined || head === undefined) throw new RangeError('a rejected log without an event that is left')
    const alike = result.frontier.filter(({ positions }) => positions.join() === first.positions.join())
    const states = new Int32Array(alike.length * words)
    alike.forEach(({ state }, i) => {
      states.set(state, i * words)
    })
    const repairs = await this.repairs(heads, failed)
    const way = result.path().map(({ lane, step }) => told(this.kernel, step, lane < 0))
    return { entry: head.entry, states, count: alike.length, cut: result.frontierCut, repairs, way }
  }

  /** Events to drop and neighbours to exchange so that the log is allowed, among those that come next in their lanes. */
  private async repairs(heads: readonly Head[], { lanes, options, result, late }: Failed): Promise<Repair[]> {
    const repairs: Repair[] = []
    // what mends a log may not cost much more than to reject it did
    let left = Math.min(2 * result.nodes + ALWAYS_TRIED, options.maxNodes ?? MOST_TRIED, MOST_TRIED)
    for (const { entry, lane, at } of heads) {
      const own = lanes[lane] ?? []
      const [a, b] = [own[at], own[at + 1]]
      if (repairs.length >= MOST_REPAIRS || late() || a === undefined) break
      /** Is it allowed with these events in place of the two? */
      const isMended = async (events: readonly LaneEvent[], openEnds = options.openEnds): Promise<boolean> => {
        if (left <= 0 || late()) return false
        const changed = [...own.slice(0, at), ...events, ...own.slice(at + 2)]
        const all = lanes.map((other, l) => (l === lane ? changed : other))
        const { verdict, nodes } = await search(this.kernel, all, { ...options, maxNodes: left, openEnds })
        left -= nodes
        return verdict === 'accepted'
      }
      // what was lost before the event that goes was lost before the next one as well, or at the lane's end
      const next = b === undefined ? [] : [{ ...b, afterGap: a.afterGap || b.afterGap }]
      const open = options.openEnds?.map((is, l) => is || (l === lane && a.afterGap && b === undefined))
      if (await isMended(next, open)) repairs.push({ kind: 'drop', line: entry.line })
      // in interval order events are where their times are, and not where their lines are
      if (b === undefined || this.order === 'interval') continue
      // gaps stay where they are
      const swapped = [
        { ...b, afterGap: a.afterGap },
        { ...a, afterGap: b.afterGap },
      ]
      if (await isMended(swapped)) repairs.push({ kind: 'swap', line: a.line, with: b.line })
    }
    return repairs
  }
}

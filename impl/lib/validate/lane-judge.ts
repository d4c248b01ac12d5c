/** A log of which only the order within each lane, or begin and end of each event, is known: read whole, then searched. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { told } from './diagnose.ts'
import type { Order } from './event.ts'
import type { Repair } from './result.ts'
import type { SearchOptions, SearchResult } from './lane-search.ts'
import type { LaneEvent } from './state-tracker.ts'
import { search } from './lane-search.ts'
import type { Rejection } from './rejection.ts'
import { MOST_REPAIRS } from './rejection.ts'
import type { Entry, Gaps } from './reader.ts'
import { refuse } from './reader.ts'

/** Nodes that repairs may always cost, and that they never cost more than, all together. */
const ALWAYS_TRIED = 50_000
const MOST_TRIED = 1_000_000

/** What a search of the whole log gave. */
export interface LaneOutcome {
  readonly verdict: SearchResult['verdict']
  readonly explained: number
  readonly nodes: number
  /** of a log that is rejected: why */
  readonly rejection: () => Promise<Rejection>
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
  private readonly kernel: Kernel
  private readonly lanes = new Map<string, Entry[]>()
  private readonly order: Order
  private readonly file: string

  constructor(kernel: Kernel, order: Order, file: string) {
    this.kernel = kernel
    this.order = order
    this.file = file
  }

  /** events are collected only */
  readonly isSlow = false

  take(entry: Entry): boolean {
    this.events += 1
    const name = entry.decoded.lane ?? ''
    const lane = this.lanes.get(name)
    if (lane === undefined) this.lanes.set(name, [entry])
    else lane.push(entry)
    return true
  }

  /** Looks for an order of the events that the model allows; `late` says when to give up. */
  async decide(gaps: Gaps, options: SearchOptions, late: () => boolean): Promise<LaneOutcome> {
    // a lane that lost all its events has none but the gap
    for (const name of gaps.named) if (!this.lanes.has(name)) this.lanes.set(name, [])
    const entries = [...this.lanes.values()]
    const lanes = entries.map((lane) => this.laneEvents(lane))
    const all: SearchOptions = {
      ...options,
      pause: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return late()
      },
      openEnds: [...this.lanes.keys()].map((name) => gaps.close(name)),
    }
    const result = await search(this.kernel, lanes, all)
    const { verdict, explained, nodes } = result
    return { verdict, explained, nodes, rejection: () => this.rejection(entries, lanes, result, all, late) }
  }

  private laneEvents(entries: readonly Entry[]): LaneEvent[] {
    let before = -Infinity
    return entries.map(({ line, decoded, afterGap }) => {
      const { observed, time, end } = decoded
      const gap = afterGap ? { afterGap: true } : {}
      if (this.order !== 'interval') return { observed, line, ...gap, ...(time === undefined ? {} : { guess: time }) }
      if (time === undefined) {
        return refuse(this.file, { line, column: 1, message: 'interval order needs the time of each event' })
      }
      if (time < before) {
        const message = `the event begins (${time}) before its predecessor in the lane has ended (${before})`
        return refuse(this.file, { line, column: 1, message }, 'bad-order')
      }
      before = end ?? time
      return { observed, line, begin: time, end: before, guess: time, ...gap }
    })
  }

  private async rejection(
    entries: readonly (readonly Entry[])[],
    lanes: readonly (readonly LaneEvent[])[],
    result: SearchResult,
    options: SearchOptions,
    late: () => boolean,
  ): Promise<Rejection> {
    const { words } = this.kernel.layout
    const [first] = result.frontier
    const heads = (first?.positions ?? []).flatMap((at, l): Head[] => {
      const entry = entries[l]?.[at]
      return entry === undefined ? [] : [{ entry, lane: l, at }]
    })
    const [head] = heads.sort((a, b) => a.entry.line - b.entry.line)
    if (first === undefined || head === undefined) throw new RangeError('a rejected log without an event that is left')
    const alike = result.frontier.filter(({ positions }) => positions.join() === first.positions.join())
    const states = new Int32Array(alike.length * words)
    alike.forEach(({ state }, i) => {
      states.set(state, i * words)
    })
    const repairs = await this.repairs(heads, lanes, result, options, late)
    const way = result.path().map(({ lane, step }) => told(this.kernel, step, lane < 0))
    return { entry: head.entry, states, count: alike.length, cut: result.frontierCut, repairs, way }
  }

  /** Events to drop and neighbours to exchange so that the log is allowed, among those that come next in their lanes. */
  private async repairs(
    heads: readonly Head[],
    lanes: readonly (readonly LaneEvent[])[],
    result: SearchResult,
    options: SearchOptions,
    late: () => boolean,
  ): Promise<Repair[]> {
    const repairs: Repair[] = []
    // what mends a log may not cost much more than to reject it did
    let left = Math.min(2 * result.nodes + ALWAYS_TRIED, options.maxNodes ?? MOST_TRIED, MOST_TRIED)
    for (const { entry, lane, at } of heads) {
      const own = lanes[lane] ?? []
      const [a, b] = [own[at], own[at + 1]]
      const other = async (changed: readonly LaneEvent[], open = options.openEnds): Promise<boolean> => {
        if (left <= 0 || late()) return false
        const all = lanes.map((events, l) => (l === lane ? changed : events))
        const limits = { ...options, maxNodes: left, openEnds: open }
        const { verdict, nodes } = await search(this.kernel, all, limits)
        left -= nodes
        return verdict === 'accepted'
      }
      if (repairs.length >= MOST_REPAIRS || late() || a === undefined) break
      // what was lost before the event that goes was lost before the next one as well, or at the lane's end
      const lost = a.afterGap === true
      const next = b === undefined ? [] : [{ ...b, afterGap: lost || b.afterGap === true }]
      const open = options.openEnds?.map((is, l) => is || (l === lane && lost && b === undefined))
      if (await other([...own.slice(0, at), ...next, ...own.slice(at + 2)], open)) {
        repairs.push({ kind: 'drop', line: entry.line })
      }
      // in interval order events are where their times are, and not where their lines are
      if (b === undefined || this.order === 'interval') continue
      // gaps stay where they are
      const swapped = [
        { ...b, afterGap: lost },
        { ...a, afterGap: b.afterGap === true },
      ]
      if (await other([...own.slice(0, at), ...swapped, ...own.slice(at + 2)])) {
        repairs.push({ kind: 'swap', line: a.line, with: b.line })
      }
    }
    return repairs
  }
}

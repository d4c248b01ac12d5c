/** A log whose lines are in the order of what happened: followed event by event, and mended by trial where it is rejected. */

import { at } from '../kernel/at.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import type { Repair } from './result.ts'
import { Ring } from './ring.ts'
import type { Layer, TrackerOptions } from './state-tracker.ts'
import { arrivalOf, MAX_STATES, Tracker } from './state-tracker.ts'
import type { Rejection, ToldStep } from './rejection.ts'
import { MOST_REPAIRS, told } from './rejection.ts'
import type { Entry } from './reader.ts'

/** The last events are kept for diagnosis, with the states before each: any of them may be at fault. */
const REMEMBERED = 64
/** Events after a rejected one that a repair is tried on. */
const FOLLOWING = 10_000
/** States that all trials of repairs may go through: with many states at a time not every event is tried. */
const MOST_TRIED = 2_000_000
/** Where an event was taken from more states than this somebody may want to stop. */
const MANY = 1000
/** From more states than this an event takes longer than a look at the clock. */
const SEVERAL = 16

/** States to go on from. */
type From = Pick<Layer, 'rows' | 'count'>

/** Follows the events of one log. */
export class InOrder {
  /** events read up to the rejected one, which counts */
  events = 0
  /** the event that no state explains */
  rejected: Entry | undefined
  /** why the following ended, where neither the log nor a rejection ended it */
  stopped: string | undefined
  private readonly kernel: Kernel
  private readonly options: TrackerOptions
  private readonly tracker: Tracker
  private readonly late: () => boolean
  private readonly recent = new Ring<Entry>(REMEMBERED)
  private readonly following: Entry[] = []

  constructor(kernel: Kernel, options: TrackerOptions, late: () => boolean) {
    this.kernel = kernel
    this.options = options
    this.late = late
    this.tracker = new Tracker(kernel, { ...options, memory: REMEMBERED })
  }

  get explained(): number {
    return this.tracker.explained
  }

  /** Do events take so long that others should have their turn between two of them? */
  get isSlow(): boolean {
    return this.rejected === undefined && this.tracker.width > SEVERAL
  }

  /** Takes the next event; false: no more is wanted. */
  take(entry: Entry): boolean {
    const { tracker } = this
    if (this.rejected !== undefined) return this.following.push(entry) < FOLLOWING
    this.events += 1
    if (entry.afterGap) tracker.lose()
    const taken = tracker.take(entry.decoded)
    if (taken === 'limit') {
      this.stopped = `more than ${this.options.maxStates ?? MAX_STATES} states at line ${entry.line}`
      return false
    }
    if (taken === 'rejected') this.rejected = entry
    else this.recent.add(entry)
    if (tracker.width > MANY && this.rejected === undefined && this.late()) {
      this.stopped = `stopped after ${this.events} events`
      return false
    }
    return true
  }

  /** What there is to say of the rejected event; `whole`: the log was read to its end. */
  rejection(entry: Entry, whole: boolean): Rejection {
    const { states, history } = this.tracker
    const { rows, count } = states
    return { entry, states: rows, count, repairs: this.repairs(entry, whole), way: wayOf(this.kernel, history, states) }
  }

  /** Events to drop and neighbours to exchange so that what was read of the log is allowed; the latest first. */
  private repairs(rejected: Entry, whole: boolean): Repair[] {
    const { states, history } = this.tracker
    // both end before the rejected event, and history is the shorter one where there were very many states
    const before = this.recent.last(history.length)
    const layers = history.slice(history.length - before.length)
    const events = [...before, rejected, ...this.following]
    const gaps = events.map(({ afterGap }) => afterGap)
    const upTo = whole ? {} : { upTo: events.at(-1)?.line ?? rejected.line }
    const repairs: Repair[] = []
    let left = MOST_TRIED
    /** Are the events, each after a gap or not, allowed from these states on? False as well if that costs too much. */
    const accepts = ({ rows, count }: From, tried: readonly Entry[], gapsBefore: readonly boolean[]): boolean => {
      const tracker = new Tracker(this.kernel, { ...this.options, memory: 0 })
      tracker.resume(rows, count)
      return tried.every(({ decoded }, i) => {
        if (gapsBefore[i] === true) tracker.lose()
        const taken = tracker.take(decoded)
        left -= tracker.states.count
        return taken === 'explained' && left > 0
      })
    }
    for (let at = before.length; at >= 0 && repairs.length < MOST_REPAIRS && left > 0; at--) {
      const [a, b] = [events[at], events[at + 1]]
      if (a === undefined) continue
      const layer = layers[at] ?? states
      // what was lost before the event that goes was lost before the next one as well
      const without = [gaps[at] === true || gaps[at + 1] === true, ...gaps.slice(at + 2)]
      if (accepts(layer, events.slice(at + 1), without)) repairs.push({ kind: 'drop', line: a.line, ...upTo })
      if (b !== undefined && accepts(layer, [b, a, ...events.slice(at + 2)], gaps.slice(at))) {
        repairs.push({ kind: 'swap', line: a.line, with: b.line, ...upTo })
      }
    }
    return repairs
  }
}

/** How one of the states that remained came about: logged and unlogged steps of the last events. */
const wayOf = (kernel: Kernel, history: readonly Layer[], now: Pick<Layer, 'from' | 'via'>): ToldStep[] => {
  const way: ToldStep[] = []
  let row = 0
  for (const { from, via } of [...history, now].reverse()) {
    // within a set unlogged steps lead from row to row; one logged step comes from the set before
    for (;;) {
      const before = at(from, row)
      if (before < 0) return way.reverse()
      const { step, logged } = arrivalOf(at(via, row))
      way.push(told(kernel, step, !logged))
      row = before
      if (logged) break
    }
  }
  return way.reverse()
}

/**
 * Timers: a handler runs some time after a timer was armed, once for each time. Twin of spec/lib/Timer.tla, which says what is left out.
 * Linux 6.12: kernel/time/timer.c (mod_timer, timer_delete, timer_delete_sync, timer_shutdown_sync, expire_timers). A step that takes
 * base->lock is a full barrier.
 */

import type { Domain, Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { atomic, bool, oneOf, require, toggling } from '../kernel/design.ts'

/** No timer. */
export const NO_TIMER = -1

/** The toggle of the specification's module; read late, so that it may be a getter. */
export const TIMER_TOGGLES = {
  ShutdownDetached: toggling(
    'timer_shutdown_sync() leaves the function of a timer whose handler runs (20739af07383, 2025)',
    'timer_shutdown_sync() clears the function of a timer whose handler runs',
  ),
}

export type TimerToggles = Read<typeof TIMER_TOGGLES>

/** Local of a thread that runs handlers. */
export interface TimerFrame {
  /** the timer whose handler it runs */
  timer_item: Key
}

/** Some timers. */
export class Timers {
  readonly timer_pending: LocationMap<boolean>
  readonly timer_running: LocationMap<boolean>
  readonly timer_shutdown: LocationMap<boolean>
  /** frame of a thread that runs handlers, for `framed` */
  readonly frame: { readonly timer_item: Domain<Key> }
  readonly initial: Readonly<TimerFrame> = { timer_item: NO_TIMER }
  private readonly memory: Memory
  private readonly toggles: TimerToggles

  constructor(memory: Memory, timers: readonly Key[], toggles: TimerToggles) {
    this.memory = memory
    this.toggles = toggles
    this.frame = { timer_item: oneOf(NO_TIMER, ...timers) }
    this.timer_pending = memory.map('timer_pending', timers, bool, false, (t) => `timer_pending(timer${t})`)
    this.timer_running = memory.map('timer_running', timers, bool, false, (t) => `base->running_timer == timer${t}`)
    this.timer_shutdown = memory.map('timer_shutdown', timers, bool, false)
  }

  /** Where `isDone` without base->lock, nothing is done and no barrier made. */
  private unless(isDone: () => boolean, label: string, what: string, exec: () => void): Step<boolean> {
    return atomic(label, what, () => {
      if (isDone()) return false
      this.memory.access({ op: 'mb' })
      exec()
      return true
    })
  }

  /** mod_timer(t, expires): arms it, unless it is shut down; was it pending before? */
  *mod_timer(t: Key, label = 'mod_timer'): Step<boolean> {
    const isPending = (): boolean => this.timer_pending.get(t)
    return !(yield* this.unless(isPending, label, `mod_timer(${t})`, () => {
      if (!this.timer_shutdown.get(t)) this.timer_pending.set(t, true)
    }))
  }

  /** timer_delete(t), del_timer(t): takes it off the list and waits for nobody; was it pending? */
  timer_delete(t: Key, label = 'timer_delete'): Step<boolean> {
    const isIdle = (): boolean => !this.timer_pending.get(t)
    return this.unless(isIdle, label, `timer_delete(${t})`, () => {
      this.timer_pending.set(t, false)
    })
  }

  private detach(t: Key, label: string, what: string, isShutDown: boolean): Step<void> {
    return this.memory.locked(label, what, () => {
      require(!this.timer_running.get(t), 'the handler does not run')
      this.timer_pending.set(t, false)
      if (isShutDown) this.timer_shutdown.set(t, true)
    })
  }

  /** timer_delete_sync(t): takes it off the list at a moment when its handler does not run, for which it waits */
  timer_delete_sync(t: Key, label = 'timer_delete_sync'): Step<void> {
    return this.detach(t, label, `timer_delete_sync(${t})`, false)
  }

  /** timer_shutdown_sync(t): the same, and it cannot be armed any more. Where the function is cleared first: `label`, `label`_wait. */
  *timer_shutdown_sync(t: Key, label = 'timer_shutdown_sync'): Step<void> {
    const what = `timer_shutdown_sync(${t})`
    if (this.toggles.ShutdownDetached) {
      yield* this.detach(t, label, what, true)
      return
    }
    const isDetached = yield* this.memory.locked(label, what, () => {
      this.timer_shutdown.set(t, true)
      if (this.timer_running.get(t)) return false
      this.timer_pending.set(t, false)
      return true
    })
    if (!isDetached) yield* this.detach(t, `${label}_wait`, what, true)
  }

  /** The thread of a timer base, to which these timers belong: one handler after the other, of timers that are pending. */
  *timer_softirq(f: TimerFrame, timers: readonly Key[], func: (t: Key) => Step<void>): Step<void> {
    for (;;) {
      const take = (t: Key): Key => {
        require(this.timer_pending.get(t), 'a timer is pending')
        const hasFunction = !this.timer_shutdown.get(t)
        this.timer_pending.set(t, false)
        this.timer_running.set(t, hasFunction)
        return hasFunction ? t : NO_TIMER
      }
      f.timer_item = yield* this.memory.locked('expire_timers', 'expire_timers(base, head)', take, timers)
      if (f.timer_item === NO_TIMER) yield* atomic('expire_timers_warn', 'WARN_ON_ONCE(!fn)', () => undefined)
      else {
        yield* func(f.timer_item)
        yield* this.memory.locked('expire_timers_done', 'base->running_timer = NULL', () => {
          this.timer_running.set(f.timer_item, false)
        })
      }
      f.timer_item = NO_TIMER
    }
  }
}

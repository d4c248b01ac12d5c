/**
 * rcuwait: one task that waits, without a list and without a lock. Twin of spec/lib/Rcuwait.tla, which says what is left out.
 * Linux 6.12: include/linux/rcuwait.h (prepare_to_rcuwait, rcuwait_wait_event, finish_rcuwait, rcuwait_active), kernel/exit.c
 * (rcuwait_wake_up).
 *
 * Each function is the C function of that name; the labels of its steps begin with the label that it is given, or with the
 * function's own name.
 */

import type { Domain, Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { oneOf, toggling } from '../kernel/design.ts'
import type { Tasks } from './task.ts'

/** The toggle of the specification's module; read late, so that it may be a getter. */
export const RCUWAIT_TOGGLES = {
  RcuwaitMb: toggling(
    'rcuwait_wake_up() has its smp_mb() between the condition and the look for who waits',
    'rcuwait_wake_up() has no barrier',
  ),
}

/** Their values in a model. */
export type RcuwaitToggles = Read<typeof RCUWAIT_TOGGLES>

/** w->task of an rcuwait that nobody waits on: NULL */
export const NO_TASK = -1

/** Local of a thread that wakes. */
export interface RcuwaitFrame {
  /** the task that it has found and not yet woken */
  rcuwait_found: Key
}

/** Some rcuwaits and the tasks that may wait on them. */
export class Rcuwaits {
  readonly rcuwait_task: LocationMap<Key>
  /** frame of a thread that wakes, for `framed` */
  readonly frame: { readonly rcuwait_found: Domain<Key> }
  readonly initial: Readonly<RcuwaitFrame> = { rcuwait_found: NO_TASK }
  private readonly memory: Memory
  private readonly tasks: Tasks
  private readonly toggles: RcuwaitToggles

  constructor(
    memory: Memory,
    tasks: Tasks,
    rcuwaits: readonly Key[],
    waiters: readonly Key[],
    toggles: RcuwaitToggles,
  ) {
    this.memory = memory
    this.tasks = tasks
    this.toggles = toggles
    const domain = oneOf(NO_TASK, ...waiters)
    this.frame = { rcuwait_found: domain }
    this.rcuwait_task = memory.map('rcuwait_task', rcuwaits, domain, NO_TASK, (w) => `rcuwait${w}->task`)
  }

  /**
   * rcuwait_wait_event(w, condition, TASK_UNINTERRUPTIBLE) by task `p`, the only one that waits on it. The condition is looked at when the
   * state is set, at `label`_check: it is handed the label. Other labels: `label`_prepare, `label`_state, `label`_schedule,
   * `label`_finish and `label`_finish_running.
   */
  *rcuwait_wait_event(
    w: Key,
    p: Key,
    condition: (label: string) => Step<boolean>,
    label = 'rcuwait_wait_event',
  ): Step<void> {
    const task = this.rcuwait_task.at(w)
    yield* task.release(`${label}_prepare`, p)
    for (;;) {
      yield* this.tasks.set_current_state(p, 'UNINTERRUPTIBLE', `${label}_state`)
      if (yield* condition(`${label}_check`)) break
      yield* this.tasks.schedule(p, `${label}_schedule`)
    }
    yield* task.release(`${label}_finish`, NO_TASK)
    yield* this.tasks.__set_current_state(p, 'RUNNING', `${label}_finish_running`)
  }

  /** rcuwait_active(w): does anybody wait? Without a barrier. */
  *rcuwait_active(w: Key, label = 'rcuwait_active'): Step<boolean> {
    return (yield* this.rcuwait_task.at(w).load(label)) !== NO_TASK
  }

  /** rcuwait_wake_up(w): smp_mb() at `label`_mb, the look for who waits at `label`, and wake_up_process() at `label`_wake */
  *rcuwait_wake_up(f: RcuwaitFrame, w: Key, label = 'rcuwait_wake_up'): Step<void> {
    if (this.toggles.RcuwaitMb) yield* this.memory.smp_mb(`${label}_mb`)
    f.rcuwait_found = yield* this.rcuwait_task.at(w).load(label)
    if (f.rcuwait_found === NO_TASK) return
    yield* this.tasks.wake_up_process(f.rcuwait_found, `${label}_wake`)
    f.rcuwait_found = NO_TASK
  }
}

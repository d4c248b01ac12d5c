/**
 * Task states: who is about to sleep says so in its own __state, and who wakes it looks there. Twin of spec/lib/Task.tla, which
 * says what is left out. Linux 6.12: include/linux/sched.h (set_current_state, __set_current_state), kernel/sched/core.c
 * (__schedule, try_to_wake_up, ttwu_runnable).
 *
 * Each function is the C function of that name; its steps have the label that it is given, or the function's own name.
 */

import type { Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { atomic, bool, oneOfNames, require, toggling } from '../kernel/design.ts'

/** Values of p->__state, without TASK_ before them. */
export const TASK_STATES = ['RUNNING', 'INTERRUPTIBLE', 'UNINTERRUPTIBLE'] as const
/** A value of p->__state. */
export type TaskState = (typeof TASK_STATES)[number]

/** TASK_NORMAL: what wake_up_process() and wake_up() wake from. */
export const TASK_NORMAL: readonly TaskState[] = ['INTERRUPTIBLE', 'UNINTERRUPTIBLE']

/** Toggles of the specification's module; read late, so that they may be getters. */
export const TASK_TOGGLES = {
  SetCurrentStateMb: toggling(
    'set_current_state() has a full barrier after its store',
    'set_current_state() is a store and no more',
  ),
  TryToWakeUpMb: toggling(
    'try_to_wake_up() has smp_mb__after_spinlock()',
    'try_to_wake_up() has no barrier after its lock',
  ),
}

/** Their values in a model. */
export type TaskToggles = Read<typeof TASK_TOGGLES>

/** How tasks sleep and are woken. */
export class Tasks {
  readonly task_state: LocationMap<TaskState>
  private readonly pi_lock: LocationMap<boolean>
  private readonly memory: Memory
  private readonly toggles: TaskToggles

  constructor(memory: Memory, tasks: readonly Key[], toggles: TaskToggles) {
    this.memory = memory
    this.toggles = toggles
    this.task_state = memory.map('task_state', tasks, oneOfNames(...TASK_STATES), 'RUNNING', (p) => `p${p}->__state`)
    this.pi_lock = memory.map('pi_lock', tasks, bool, false, (p) => `p${p}->pi_lock`)
  }

  /** set_current_state(state) by task `p`: smp_store_mb(current->__state, state) */
  set_current_state(p: Key, state: TaskState, label = 'set_current_state'): Step<void> {
    const own = this.task_state.at(p)
    return this.toggles.SetCurrentStateMb ? own.smp_store_mb(label, state) : own.store(label, state)
  }

  /** __set_current_state(state) by task `p`: WRITE_ONCE(current->__state, state) */
  __set_current_state(p: Key, state: TaskState, label = '__set_current_state'): Step<void> {
    return this.task_state.at(p).store(label, state)
  }

  /**
   * schedule() by task `p`. __schedule() takes rq->lock with smp_mb__after_spinlock() and looks at prev->__state: if it is
   * TASK_RUNNING the task goes on, else it is off the run queue until somebody has made it so.
   */
  schedule(p: Key, label = 'schedule'): Step<void> {
    return this.task_state.at(p).waitThenStore(label, (state) => state === 'RUNNING', 'RUNNING')
  }

  /**
   * try_to_wake_up(p, states): true if the task was in one of the states and is woken. Two steps: p->pi_lock is taken and
   * p->__state looked at, `label`; and if it is one of them, p->__state becomes TASK_RUNNING, `label`_running. Between the two
   * the task may go on by itself; no other may wake it.
   */
  *try_to_wake_up(p: Key, states: readonly TaskState[] = TASK_NORMAL, label = 'try_to_wake_up'): Step<boolean> {
    if (!(yield* this.ttwu_state_match(p, states, label))) return false
    yield* this.memory.locked(`${label}_running`, `WRITE_ONCE(p${p}->__state, TASK_RUNNING)`, () => {
      this.task_state.set(p, 'RUNNING')
      this.pi_lock.set(p, false)
    })
    return true
  }

  /** raw_spin_lock_irqsave(&p->pi_lock), smp_mb__after_spinlock(), ttwu_state_match(p, state); not taken where it does not match */
  private ttwu_state_match(p: Key, states: readonly TaskState[], label: string): Step<boolean> {
    const what = `ttwu_state_match(p${p})`
    const match = (): boolean => {
      require(!this.pi_lock.get(p), 'p->pi_lock is free')
      const matches = states.includes(this.task_state.at(p).read())
      if (matches) this.pi_lock.set(p, true)
      return matches
    }
    return this.toggles.TryToWakeUpMb ? this.memory.locked(label, what, match) : atomic(label, what, match)
  }

  /** wake_up_process(p): try_to_wake_up(p, TASK_NORMAL, 0) */
  wake_up_process(p: Key, label = 'wake_up_process'): Step<boolean> {
    return this.try_to_wake_up(p, TASK_NORMAL, label)
  }

  /** Inside a property: is the task on its way to sleep, or asleep, as all see it? */
  isSleeping(p: Key): boolean {
    return this.task_state.get(p) !== 'RUNNING'
  }
}

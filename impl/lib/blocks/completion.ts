/**
 * Completions: a count of what is done, and who waits for it, under one lock. Twin of spec/lib/Completion.tla, which says what is
 * left out. Linux 6.12: kernel/sched/completion.c (complete, complete_all, do_wait_for_common), kernel/sched/swait.c.
 *
 * Each function is the C function of that name; the labels of its steps begin with the label that it is given, or with the
 * function's own name.
 */

import type { Domain, Key, LocationMap, Memory, Step } from '../kernel/design.ts'
import { atomic, bool, int, sequenceOf } from '../kernel/design.ts'
import type { Tasks } from './task.ts'
import { TASK_NORMAL } from './task.ts'

/** Local of a thread that completes. */
export interface CompleteFrame {
  /** the tasks that it has still to wake; the first is the one at hand */
  swait_todo: readonly Key[]
}

/** Some completions and the tasks that may wait for them. */
export class Completions {
  readonly completion_lock: LocationMap<boolean>
  readonly completion_done: LocationMap<number>
  /** frame of a thread that completes, for `framed` */
  readonly frame: { readonly swait_todo: Domain<readonly Key[]> }
  readonly initial: Readonly<CompleteFrame> = { swait_todo: [] }
  /** looked at and changed with the lock held, so that no store of it is ever seen late */
  private readonly completion_wait: LocationMap<readonly Key[]>
  private readonly tasks: Tasks
  private readonly uintMax: number

  /** `uintMax` stands for UINT_MAX, which complete_all() makes of x->done, and must be more than complete() is ever called. */
  constructor(memory: Memory, tasks: Tasks, completions: readonly Key[], waiters: readonly Key[], uintMax: number) {
    this.uintMax = uintMax
    this.tasks = tasks
    const lists = sequenceOf(waiters)
    this.frame = { swait_todo: lists }
    this.completion_lock = memory.map('completion_lock', completions, bool, false, (x) => `completion${x}.wait.lock`)
    this.completion_done = memory.map('completion_done', completions, int(0, uintMax), 0, (x) => `completion${x}.done`)
    this.completion_wait = memory.map('completion_wait', completions, lists, [], (x) => `completion${x}.wait.task_list`)
  }

  /** raw_spin_lock_irqsave(&x->wait.lock, flags) */
  private lock(x: Key, label: string): Step<void> {
    return this.completion_lock.at(x).waitThenStore(label, (held) => !held, true)
  }

  /** raw_spin_unlock_irqrestore(&x->wait.lock, flags) */
  private unlock(x: Key, label: string): Step<void> {
    return this.completion_lock.at(x).release(label, false)
  }

  /** wait_for_completion(x) by task `p`: sleeps until x->done is not 0, and takes one of it */
  *wait_for_completion(x: Key, p: Key, label = 'wait_for_completion'): Step<void> {
    const done = this.completion_done.at(x)
    yield* this.lock(x, `${label}_lock`)
    if ((yield* done.load(label)) === 0) {
      do {
        yield* this.prepare_to_swait(x, p, `${label}_prepare`)
        yield* this.unlock(x, `${label}_unlock`)
        yield* this.tasks.schedule(p, `${label}_schedule`)
        yield* this.lock(x, `${label}_relock`)
      } while ((yield* done.load(`${label}_recheck`)) === 0)
      yield* this.finish_swait(x, p, `${label}_finish`)
    }
    // it is not 0: the lock is still held
    yield* done.update(`${label}_take`, (n) => (n === this.uintMax || n === 0 ? n : n - 1))
    yield* this.unlock(x, `${label}_return`)
  }

  /** __prepare_to_swait(), and __set_current_state(TASK_UNINTERRUPTIBLE), which needs no barrier: the lock is held */
  private prepare_to_swait(x: Key, p: Key, label: string): Step<void> {
    return this.tasks.task_state.at(p).store(label, 'UNINTERRUPTIBLE', () => {
      const list = this.completion_wait.get(x)
      if (!list.includes(p)) this.completion_wait.set(x, [...list, p])
    })
  }

  /** __finish_swait(): __set_current_state(TASK_RUNNING), and off the list */
  private finish_swait(x: Key, p: Key, label: string): Step<void> {
    return this.tasks.task_state.at(p).store(label, 'RUNNING', () => {
      const others = this.completion_wait.get(x).filter((other) => other !== p)
      this.completion_wait.set(x, others)
    })
  }

  /** complete(x): one more is done, and the first who waits is woken */
  *complete(f: CompleteFrame, x: Key, label = 'complete'): Step<void> {
    yield* this.lock(x, `${label}_lock`)
    yield* this.completion_done.at(x).update(`${label}_done`, (n) => (n === this.uintMax ? n : n + 1))
    yield* this.swake_up(f, x, 1, label)
    yield* this.unlock(x, `${label}_unlock`)
  }

  /** complete_all(x): it is done for ever, and all who wait are woken */
  *complete_all(f: CompleteFrame, x: Key, label = 'complete_all'): Step<void> {
    yield* this.lock(x, `${label}_lock`)
    yield* this.completion_done.at(x).store(`${label}_done`, this.uintMax)
    yield* this.swake_up(f, x, Infinity, label)
    yield* this.unlock(x, `${label}_unlock`)
  }

  /** swake_up_locked(), swake_up_all_locked(): the first ones are taken off the list and woken */
  private *swake_up(f: CompleteFrame, x: Key, most: number, label: string): Step<void> {
    f.swait_todo = yield* atomic(`${label}_first`, 'list_del_init(&curr->task_list)', () => {
      const list = this.completion_wait.get(x)
      this.completion_wait.set(x, list.slice(most))
      return list.slice(0, most)
    })
    for (;;) {
      const [p] = f.swait_todo
      if (p === undefined) return
      yield* this.tasks.try_to_wake_up(p, TASK_NORMAL, `${label}_wake`)
      f.swait_todo = f.swait_todo.slice(1)
    }
  }
}

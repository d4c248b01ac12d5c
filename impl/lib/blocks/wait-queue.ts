/**
 * Wait queues: who waits is on a list under the queue's lock, and who wakes walks the list. Twin of spec/lib/WaitQueue.tla, which
 * says what is left out. Linux 6.12: kernel/sched/wait.c (prepare_to_wait, finish_wait, __wake_up_common, autoremove_wake_function),
 * include/linux/wait.h (waitqueue_active, wait_event).
 *
 * Each function is the C function of that name; the labels of its steps begin with the label that it is given, or with the
 * function's own name.
 */

import type { Domain, Key, LocationMap, Memory, Step } from '../kernel/design.ts'
import { bool, sequenceOf } from '../kernel/design.ts'
import type { Tasks, TaskState } from './task.ts'
import { TASK_NORMAL } from './task.ts'

/** WaitEntries of a queue, in order. */
export type WaitEntries = readonly Key[]

/** Local of a thread that wakes. */
export interface WakeFrame {
  /** the entries that __wake_up_common() has still to go through; the first is the one at hand */
  wq_todo: WaitEntries
}

/** What a call of wake_up() says otherwise. */
export interface WakeUpOptions {
  /** how many exclusive waiters are woken: one by wake_up(), all by wake_up_all() */
  readonly exclusive?: 'one' | 'all'
  /** wake_up_interruptible() has INTERRUPTIBLE only */
  readonly states?: readonly TaskState[]
}

/** Some wait queues and the tasks that may wait on them. */
export class WaitQueues {
  readonly wq_lock: LocationMap<boolean>
  readonly wq_entries: LocationMap<WaitEntries>
  /** frame of a thread that wakes, for `framed` */
  readonly frame: { readonly wq_todo: Domain<WaitEntries> }
  readonly initial: Readonly<WakeFrame> = { wq_todo: [] }
  private readonly tasks: Tasks
  private readonly exclusive: readonly Key[]

  /** `waiters` are the tasks that may wait; `exclusive` those of them whose entries have WQ_FLAG_EXCLUSIVE. */
  constructor(
    memory: Memory,
    tasks: Tasks,
    queues: readonly Key[],
    waiters: readonly Key[],
    exclusive: readonly Key[] = [],
  ) {
    this.tasks = tasks
    this.exclusive = exclusive
    const entries = sequenceOf(waiters)
    this.frame = { wq_todo: entries }
    this.wq_lock = memory.map('wq_lock', queues, bool, false, (wq) => `wq${wq}->lock`)
    this.wq_entries = memory.map('wq_entries', queues, entries, [], (wq) => `wq${wq}->head`)
  }

  /** spin_lock_irqsave(&wq_head->lock, flags) */
  private lock(q: Key, label: string): Step<void> {
    return this.wq_lock.at(q).waitThenStore(label, (held) => !held, true)
  }

  /** spin_unlock_irqrestore(&wq_head->lock, flags) */
  private unlock(q: Key, label: string): Step<void> {
    return this.wq_lock.at(q).release(label, false)
  }

  /** __add_wait_queue(): others go to the head of the list, exclusive entries to its tail; one that is there stays */
  private added(entries: WaitEntries, p: Key): WaitEntries {
    if (entries.includes(p)) return entries
    return this.exclusive.includes(p) ? [...entries, p] : [p, ...entries]
  }

  /** prepare_to_wait(q, wait, state) by task `p`; prepare_to_wait_exclusive() if its entry is exclusive. The state is set with the lock held. */
  *prepare_to_wait(q: Key, p: Key, state: TaskState, label = 'prepare_to_wait'): Step<void> {
    yield* this.lock(q, `${label}_lock`)
    yield* this.wq_entries.at(q).update(`${label}_add`, (entries) => this.added(entries, p))
    yield* this.tasks.set_current_state(p, state, `${label}_state`)
    yield* this.unlock(q, `${label}_unlock`)
  }

  /** finish_wait(q, wait) by task `p`: the lock is taken only if the entry is still on the list (list_empty_careful) */
  *finish_wait(q: Key, p: Key, label = 'finish_wait'): Step<void> {
    yield* this.tasks.__set_current_state(p, 'RUNNING', `${label}_running`)
    if (!(yield* this.wq_entries.at(q).load(`${label}_is_on_list`)).includes(p)) return
    yield* this.lock(q, `${label}_lock`)
    yield* this.wq_entries.at(q).update(`${label}_del`, (entries) => entries.filter((other) => other !== p))
    yield* this.unlock(q, `${label}_unlock`)
  }

  /**
   * wait_event(q, condition) by task `p`. The condition is looked at before anything else, at `label`, and again after each
   * prepare_to_wait(), at `label`_check: it is handed the label. Other labels: `label`_prepare_*, `label`_schedule, `label`_finish_*.
   */
  *wait_event(q: Key, p: Key, condition: (label: string) => Step<boolean>, label = 'wait_event'): Step<void> {
    if (yield* condition(label)) return
    for (;;) {
      yield* this.prepare_to_wait(q, p, 'UNINTERRUPTIBLE', `${label}_prepare`)
      if (yield* condition(`${label}_check`)) break
      yield* this.tasks.schedule(p, `${label}_schedule`)
    }
    yield* this.finish_wait(q, p, `${label}_finish`)
  }

  /** waitqueue_active(q): is anybody on the list? Without the lock, and without a barrier. */
  *waitqueue_active(q: Key, label = 'waitqueue_active'): Step<boolean> {
    return (yield* this.wq_entries.at(q).load(label)).length > 0
  }

  /**
   * wake_up(q): each entry's task is woken and its entry taken off the list (autoremove_wake_function), until an exclusive one has
   * been woken. A task that is not asleep in one of the states stays on the list, and does not count.
   */
  *wake_up(f: WakeFrame, q: Key, options: WakeUpOptions = {}, label = 'wake_up'): Step<void> {
    const { exclusive = 'one', states = TASK_NORMAL } = options
    yield* this.lock(q, `${label}_lock`)
    f.wq_todo = yield* this.wq_entries.at(q).load(`${label}_first`)
    for (;;) {
      const [p] = f.wq_todo
      if (p === undefined) break
      let rest = f.wq_todo.slice(1)
      if (yield* this.tasks.try_to_wake_up(p, states, `${label}_func`)) {
        yield* this.wq_entries.at(q).update(`${label}_del`, (entries) => entries.filter((other) => other !== p))
        if (exclusive === 'one' && this.exclusive.includes(p)) rest = []
      }
      f.wq_todo = rest
    }
    yield* this.unlock(q, `${label}_unlock`)
  }

  /** wake_up_all(q): exclusive waiters are woken all */
  wake_up_all(f: WakeFrame, q: Key, label = 'wake_up_all'): Step<void> {
    return this.wake_up(f, q, { exclusive: 'all' }, label)
  }
}

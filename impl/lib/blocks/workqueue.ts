/**
 * Workqueues: works wait in a pool's list until one of its workers is free. Twin of spec/lib/Workqueue.tla, which says what is left
 * out. Linux 6.12: kernel/workqueue.c (queue_work, process_one_work, flush_work, cancel_work_sync). Each step holds pool->lock.
 */

import type { Domain, Key, LocationMap, Memory, Step } from '../kernel/design.ts'
import { oneOf, require, sequenceOf } from '../kernel/design.ts'

/** No work. */
export const NO_WORK = -1

/** Local of a worker. */
export interface WorkerFrame {
  /** the work whose function it runs */
  work_item: Key
}

/** Some pools of workers, and the works that may be queued there. */
export class Workqueues {
  readonly work_list: LocationMap<readonly Key[]>
  readonly work_running: LocationMap<Key>
  /** frame of a worker, for `framed` */
  readonly frame: { readonly work_item: Domain<Key> }
  readonly initial: Readonly<WorkerFrame> = { work_item: NO_WORK }
  private readonly memory: Memory
  private readonly workers: readonly Key[]

  /** `workers` are the threads that a bounded pool has; each works for the pool that `worker` names. */
  constructor(memory: Memory, pools: readonly Key[], works: readonly Key[], workers: readonly Key[]) {
    this.memory = memory
    this.workers = workers
    const work = oneOf(NO_WORK, ...works)
    this.frame = { work_item: work }
    this.work_list = memory.map('work_list', pools, sequenceOf(works), [], (pool) => `pool${pool}->worklist`)
    this.work_running = memory.map('work_running', workers, work, NO_WORK, (worker) => `worker${worker}->current_work`)
  }

  private isRunning(w: Key): boolean {
    return this.workers.some((k) => this.work_running.get(k) === w)
  }

  /** queue_work(pool, w): false if it is pending already; a full barrier either way (test_and_set_bit of WORK_STRUCT_PENDING) */
  queue_work(pool: Key, w: Key, label = 'queue_work'): Step<boolean> {
    return this.memory.locked(label, `queue_work(${w})`, () => {
      const list = this.work_list.get(pool)
      if (list.includes(w)) return false
      this.work_list.set(pool, [...list, w])
      return true
    })
  }

  /** flush_work(w): waits until it is neither pending nor running */
  flush_work(pool: Key, w: Key, label = 'flush_work'): Step<void> {
    return this.memory.locked(label, `flush_work(${w})`, () => {
      require(!this.work_list.get(pool).includes(w) && !this.isRunning(w), 'the work is done')
    })
  }

  /** cancel_work_sync(w): takes it off the list, `label`, and waits until it does not run, `label`_wait */
  *cancel_work_sync(pool: Key, w: Key, label = 'cancel_work_sync'): Step<void> {
    yield* this.memory.locked(label, `try_to_grab_pending(${w})`, () => {
      const others = this.work_list.get(pool).filter((other) => other !== w)
      this.work_list.set(pool, others)
    })
    yield* this.memory.locked(`${label}_wait`, `__flush_work(${w})`, () => {
      require(!this.isRunning(w), 'the work does not run')
    })
  }

  /** worker_thread() of worker `k`: process_one_work() again and again; one work never runs on two workers at a time */
  *worker(f: WorkerFrame, pool: Key, k: Key, func: (w: Key) => Step<void>): Step<void> {
    for (;;) {
      f.work_item = yield* this.memory.locked('process_one_work', 'process_one_work(worker, work)', () => {
        const list = this.work_list.get(pool)
        const w = list.find((work) => !this.isRunning(work))
        require(w !== undefined, 'a work is pending')
        const others = list.filter((other) => other !== w)
        this.work_list.set(pool, others)
        this.work_running.set(k, w)
        return w
      })
      yield* func(f.work_item)
      yield* this.memory.locked('process_one_work_done', 'worker->current_work = NULL', () => {
        this.work_running.set(k, NO_WORK)
      })
      f.work_item = NO_WORK
    }
  }
}

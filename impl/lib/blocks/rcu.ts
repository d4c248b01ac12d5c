/**
 * Read-copy update: who reads marks where it does, and who frees waits until nobody reads any more. Twin of spec/lib/Rcu.tla, which says
 * what is left out. Linux 6.12: include/linux/rcupdate.h (rcu_read_lock, rcu_assign_pointer, rcu_dereference), kernel/rcu/tree.c
 * (synchronize_rcu, call_rcu, rcu_do_batch).
 */

import type { IdSet, Key, Location, LocationMap, Memory, Step, ThreadId } from '../kernel/design.ts'
import { atomic, bool, idSet, oneOf, require, sameThread, setOf } from '../kernel/design.ts'

/** Who takes part, and what is published. */
export interface RcuParts {
  /** the threads that have read-side critical sections */
  readonly readers: ReadonlyMap<Key, ThreadId>
  /** who calls synchronize_rcu(); other numbers than those of `heads` */
  readonly synchronizers: readonly Key[]
  /** each struct rcu_head that call_rcu() is given */
  readonly heads: readonly Key[]
  readonly pointers: readonly Key[]
  /** what a pointer can be, the first at the beginning */
  readonly objects: readonly [Key, ...Key[]]
}

/** Pointers that are read without a lock, and grace periods. */
export class Rcu {
  readonly rcu_pointer: LocationMap<Key>
  readonly rcu_reading: LocationMap<boolean>
  private readonly rcu_gp: LocationMap<IdSet>
  private readonly rcu_queued: LocationMap<boolean>
  private readonly memory: Memory
  private readonly parts: RcuParts

  constructor(memory: Memory, parts: RcuParts) {
    const { readers, synchronizers, heads, pointers, objects } = parts
    const ids = [...readers.keys()]
    this.memory = memory
    this.parts = parts
    this.rcu_pointer = memory.map('rcu_pointer', pointers, oneOf(...objects), objects[0], (p) => `p${p}`)
    this.rcu_reading = memory.map('rcu_reading', ids, bool, false)
    this.rcu_gp = memory.map('rcu_gp', [...synchronizers, ...heads], setOf(ids), idSet.empty)
    this.rcu_queued = memory.map('rcu_queued', heads, bool, false)
  }

  private thread(r: Key): number {
    const id = this.parts.readers.get(r)
    return this.memory.threads.findIndex((thread) => id !== undefined && sameThread(thread, id))
  }

  /** Reader `r` is where a grace period need not wait for it: outside of its sections, and all that it stored there is visible. */
  private isQuiescent(r: Key): boolean {
    return !this.rcu_reading.get(r) && this.memory.isDrained(this.thread(r))
  }

  /** rcu_read_lock() by reader `r`: no barrier */
  rcu_read_lock(r: Key, label = 'rcu_read_lock'): Step<void> {
    return atomic(label, 'rcu_read_lock()', () => {
      this.rcu_reading.set(r, true)
    })
  }

  /** rcu_read_unlock() by reader `r`: no barrier */
  rcu_read_unlock(r: Key, label = 'rcu_read_unlock'): Step<void> {
    return atomic(label, 'rcu_read_unlock()', () => {
      this.rcu_reading.set(r, false)
      if (!this.isQuiescent(r)) return
      for (const g of [...this.parts.synchronizers, ...this.parts.heads])
        this.rcu_gp.set(g, idSet.without(this.rcu_gp.get(g), r))
    })
  }

  private pointer(p: Key): Location<Key> {
    return this.rcu_pointer.at(p)
  }

  /** rcu_dereference(p): a load, which those through the pointer come after */
  rcu_dereference(p: Key, label = 'rcu_dereference'): Step<Key> {
    return this.pointer(p).load(label)
  }

  /** rcu_assign_pointer(p, object): a release */
  rcu_assign_pointer(p: Key, object: Key, label = 'rcu_assign_pointer'): Step<void> {
    return this.pointer(p).release(label, object)
  }

  /** RCU_INIT_POINTER(p, object): a plain store, for what no reader can see yet, and for NULL */
  RCU_INIT_POINTER(p: Key, object: Key, label = 'RCU_INIT_POINTER'): Step<void> {
    return this.pointer(p).store(label, object)
  }

  private begin(label: string, g: Key, what: string, ready: () => void): Step<void> {
    return this.memory.locked(label, what, () => {
      ready()
      const waitsFor = [...this.parts.readers.keys()].filter((r) => !this.isQuiescent(r))
      this.rcu_gp.set(g, waitsFor)
    })
  }

  /** Readers are looked at (rcu_gp_fqs) until each has been quiescent since the grace period began. */
  private *end(label: string, g: Key, what: string): Step<void> {
    for (;;) {
      const isOver = yield* this.memory.locked(label, what, () => {
        const waitsFor = this.rcu_gp.get(g)
        const others = waitsFor.filter((r) => !this.isQuiescent(r))
        require(waitsFor.length === 0 || others.length < waitsFor.length, 'a reader has left its section')
        this.rcu_gp.set(g, others)
        return others.length === 0
      })
      if (isOver) return
    }
  }

  /** synchronize_rcu() by `s`: a grace period begins, `label`, and ends, `label`_wait; a full barrier on both sides */
  *synchronize_rcu(s: Key, label = 'synchronize_rcu'): Step<void> {
    yield* this.begin(label, s, 'synchronize_rcu()', () => undefined)
    yield* this.end(`${label}_wait`, s, 'synchronize_rcu() returns')
  }

  /** call_rcu(h, func), where `rcu_core` has the function: no barrier, but a grace period begins after what was stored before */
  call_rcu(h: Key, label = 'call_rcu'): Step<void> {
    return this.rcu_queued.at(h).release(label, true)
  }

  /** The thread that runs the callbacks of `h`, again and again: each after a grace period of its own. */
  *rcu_core(h: Key, func: () => Step<void>): Step<void> {
    for (;;) {
      yield* this.begin('rcu_gp_init', h, 'rcu_gp_init()', () => {
        require(this.rcu_queued.get(h), 'a callback is queued')
        this.rcu_queued.set(h, false)
      })
      yield* this.end('rcu_do_batch', h, 'rcu_do_batch(rdp)')
      yield* func()
    }
  }
}

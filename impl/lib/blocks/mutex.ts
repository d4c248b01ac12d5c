/**
 * Mutexes, the locks whose waiters sleep: one location each, with who owns it. Twin of spec/lib/Mutex.tla, which says what is left
 * out. Linux 6.12: kernel/locking/mutex.c (mutex_lock, mutex_trylock, mutex_unlock, mutex_is_locked).
 */

import type { Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { atomic, oneOf, require, toggling } from '../kernel/design.ts'

/** The toggle of the specification's module; read late, so that it may be a getter. */
export const MUTEX_ORDER_TOGGLES = {
  MutexMb: toggling(
    'mutex_lock() and mutex_unlock() are full barriers, as on x86',
    'mutex_lock() is an acquire, mutex_unlock() a release',
  ),
}

/** Their values in a model. */
export type MutexOrderToggles = Read<typeof MUTEX_ORDER_TOGGLES>

/** The owner of a mutex that nobody has. */
export const NO_OWNER = -1

/** Some mutexes and the tasks that may have them. */
export class Mutexes {
  readonly mutex_owner: LocationMap<Key>
  private readonly toggles: MutexOrderToggles

  constructor(memory: Memory, mutexes: readonly Key[], tasks: readonly Key[], toggles: MutexOrderToggles) {
    this.toggles = toggles
    this.mutex_owner = memory.map(
      'mutex_owner',
      mutexes,
      oneOf(NO_OWNER, ...tasks),
      NO_OWNER,
      (lock) => `mutex${lock}->owner`,
    )
  }

  /** mutex_lock(m) by task `p`: sleeps until it is free, and takes it */
  mutex_lock(m: Key, p: Key, label = 'mutex_lock'): Step<void> {
    const owner = this.mutex_owner.at(m)
    if (this.toggles.MutexMb) return owner.waitThenStore(label, (other) => other === NO_OWNER, p)
    return atomic(label, `mutex_lock(${m})`, () => {
      // the thread's own unlock too must have become visible
      require(owner.peek() === NO_OWNER, 'the mutex is free')
      owner.poke(p)
    })
  }

  /** mutex_trylock(m) by task `p`: is it taken? One that fails is a load, but on x86. */
  *mutex_trylock(m: Key, p: Key, label = 'mutex_trylock'): Step<boolean> {
    const owner = this.mutex_owner.at(m)
    if (this.toggles.MutexMb) return (yield* owner.cmpxchg(label, NO_OWNER, p, true)) === NO_OWNER
    return yield* atomic(label, `mutex_trylock(${m})`, () => {
      if (owner.read() !== NO_OWNER) return false
      require(owner.peek() === NO_OWNER, 'the thread’s own unlock has become visible')
      owner.poke(p)
      return true
    })
  }

  /** mutex_unlock(m) by its owner */
  mutex_unlock(m: Key, label = 'mutex_unlock'): Step<void> {
    const owner = this.mutex_owner.at(m)
    return this.toggles.MutexMb ? owner.smp_store_mb(label, NO_OWNER) : owner.release(label, NO_OWNER)
  }

  /** mutex_is_locked(m): a load */
  *mutex_is_locked(m: Key, label = 'mutex_is_locked'): Step<boolean> {
    return (yield* this.mutex_owner.at(m).load(label)) !== NO_OWNER
  }
}

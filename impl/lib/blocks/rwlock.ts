/**
 * Reader-writer locks: many readers, or one writer. Twin of spec/lib/Rwlock.tla, which says what is left out. Linux 6.12:
 * include/asm-generic/qrwlock.h (queued_read_lock, queued_read_unlock, queued_write_lock, queued_write_unlock), kernel/locking/qrwlock.c.
 */

import type { Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { atomic, int, require, toggling } from '../kernel/design.ts'

/** The toggle of the specification's module; read late, so that it may be a getter. */
export const RWLOCK_TOGGLES = {
  RwlockMb: toggling('taking the lock is a full barrier, as on x86', 'taking the lock is an acquire and no more'),
}

/** Their values in a model. */
export type RwlockToggles = Read<typeof RWLOCK_TOGGLES>

/** The count of a lock that a writer has. */
export const RW_WRITER = -1

/** Some reader-writer locks. */
export class Rwlocks {
  readonly rw_cnts: LocationMap<number>
  private readonly memory: Memory
  private readonly readers: number
  private readonly toggles: RwlockToggles

  /** `readers` is how many may have the lock at a time */
  constructor(memory: Memory, locks: readonly Key[], readers: number, toggles: RwlockToggles) {
    this.memory = memory
    this.readers = readers
    this.toggles = toggles
    this.rw_cnts = memory.map('rw_cnts', locks, int(RW_WRITER, readers), 0, (lock) => `lock${lock}->cnts`)
  }

  private take(label: string, what: string, exec: () => void): Step<void> {
    return this.toggles.RwlockMb ? this.memory.locked(label, what, exec) : atomic(label, what, exec)
  }

  /** read_lock(l): waits until no writer has it */
  read_lock(l: Key, label = 'read_lock'): Step<void> {
    return this.take(label, `read_lock(${l})`, () => {
      const readers = this.rw_cnts.get(l)
      require(readers !== RW_WRITER && readers < this.readers, 'no writer has the lock')
      this.rw_cnts.set(l, readers + 1)
    })
  }

  /** read_unlock(l) by a reader: a release, and all see at once that there is one reader less */
  read_unlock(l: Key, label = 'read_unlock'): Step<void> {
    return this.memory.locked(label, `read_unlock(${l})`, () => {
      const readers = this.rw_cnts.get(l)
      require(readers > 0, 'a reader has the lock')
      this.rw_cnts.set(l, readers - 1)
    })
  }

  /** write_lock(l): waits until nobody has it */
  write_lock(l: Key, label = 'write_lock'): Step<void> {
    return this.take(label, `write_lock(${l})`, () => {
      require(this.rw_cnts.get(l) === 0, 'nobody has the lock')
      this.rw_cnts.set(l, RW_WRITER)
    })
  }

  /** write_unlock(l) by the writer: a release, on x86 too no more than a store */
  write_unlock(l: Key, label = 'write_unlock'): Step<void> {
    return this.rw_cnts.at(l).release(label, 0)
  }
}

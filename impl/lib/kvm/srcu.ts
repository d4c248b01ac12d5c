/**
 * One srcu_struct: read-side sections, and grace periods that wait for the sections open when they began and for no
 * later one. Each call is a full barrier (__srcu_read_lock, __srcu_read_unlock and synchronize_srcu have an smp_mb).
 * Twin of spec/lib/SRCU.tla.
 */

import type { Also, Memory } from '../kernel/memory/memory.ts'
import type { Shared } from '../kernel/language/shared.ts'
import type { Step } from '../kernel/language/op.ts'
import { require } from '../kernel/language/op.ts'
import type { IdSet, Key } from '../kernel/language/domain.ts'
import { idSet, setOf } from '../kernel/language/domain.ts'

export class Srcu {
  /** srcu_readers: the readers whose section is open */
  private readonly srcu_readers
  /** srcu_gp: per synchroniser, the sections that it still waits for */
  private readonly srcu_gp
  private readonly synchronizers: readonly Key[]
  private readonly memory: Memory

  constructor(shared: Shared, memory: Memory, readers: readonly Key[], synchronizers: readonly Key[]) {
    this.memory = memory
    this.synchronizers = synchronizers
    this.srcu_readers = shared.scalar('srcu_readers', setOf(readers), idSet.empty)
    this.srcu_gp = shared.map('srcu_gp', synchronizers, setOf(readers), idSet.empty)
  }

  /** srcu_read_lock(): the section of reader `r` opens. The world may decide something in the same step. */
  read_lock<C = undefined>(label: string, r: Key, choices?: readonly C[]): Step<C> {
    const open = (choice: C): C => {
      this.srcu_readers.set(idSet.with(this.srcu_readers.get(), r))
      return choice
    }
    return this.memory.locked(label, 'srcu_read_lock(&kvm->srcu)', open, choices)
  }

  /** srcu_read_unlock(): the section closes, and no grace period waits for it any more. */
  read_unlock(label: string, r: Key, also?: Also): Step<void> {
    return this.memory.locked(label, 'srcu_read_unlock(&kvm->srcu)', () => {
      this.srcu_readers.set(idSet.without(this.srcu_readers.get(), r))
      for (const s of this.synchronizers) this.srcu_gp.set(s, idSet.without(this.srcu_gp.get(s), r))
      also?.()
    })
  }

  /** synchronize_srcu() by synchroniser `s`: two steps, the begin and the end of the grace period. */
  *synchronize(label: string, s: Key): Step<void> {
    yield* this.memory.locked(label, 'synchronize_srcu(&kvm->srcu)', () => {
      this.srcu_gp.set(s, this.srcu_readers.get())
    })
    yield* this.memory.locked(`${label}_wait`, 'synchronize_srcu(&kvm->srcu) returns', () => {
      require(isEmpty(this.srcu_gp.get(s)), 'a section that was open when the grace period began is still open')
    })
  }
}

const isEmpty = (set: IdSet): boolean => set.length === 0

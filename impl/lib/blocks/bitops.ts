/**
 * Atomic bit operations, with the order that each promises. Twin of spec/lib/Bitops.tla, which says what is left out. Linux 6.12:
 * include/asm-generic/bitops/atomic.h and lock.h, Documentation/atomic_bitops.txt; on x86 arch/x86/include/asm/bitops.h.
 */

import type { Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { atomic, bool, require, toggling } from '../kernel/design.ts'

/** The toggle of the specification's module; read late, so that it may be a getter. */
export const BITOPS_TOGGLES = {
  BitopsMb: toggling(
    'a bit operation is a full barrier, as on x86',
    'a bit operation orders what its name says and no more',
  ),
}

/** Their values in a model. */
export type BitopsToggles = Read<typeof BITOPS_TOGGLES>

/** Some bits, of one word or of several. */
export class Bits {
  readonly bits: LocationMap<boolean>
  private readonly memory: Memory
  private readonly toggles: BitopsToggles

  constructor(memory: Memory, bits: readonly Key[], toggles: BitopsToggles) {
    this.memory = memory
    this.toggles = toggles
    this.bits = memory.map('bits', bits, bool, false, (bit) => `bit ${bit}`)
  }

  /** test_bit(b) */
  test_bit(b: Key, label = 'test_bit'): Step<boolean> {
    return this.bits.at(b).load(label)
  }

  /** set_bit(b): unordered, but on x86 */
  set_bit(b: Key, label = 'set_bit'): Step<void> {
    return this.assign(b, true, label)
  }

  /** clear_bit(b): unordered, but on x86 */
  clear_bit(b: Key, label = 'clear_bit'): Step<void> {
    return this.assign(b, false, label)
  }

  private assign(b: Key, value: boolean, label: string): Step<void> {
    const bit = this.bits.at(b)
    return this.toggles.BitopsMb ? bit.smp_store_mb(label, value) : bit.store(label, value)
  }

  /** test_and_set_bit(b): fully ordered; was it set? */
  test_and_set_bit(b: Key, label = 'test_and_set_bit'): Step<boolean> {
    return this.bits.at(b).xchg(label, true)
  }

  /** test_and_clear_bit(b): fully ordered; was it set? */
  test_and_clear_bit(b: Key, label = 'test_and_clear_bit'): Step<boolean> {
    return this.bits.at(b).xchg(label, false)
  }

  /**
   * test_and_set_bit_lock(b): an acquire where it takes the bit, so that stores before it may become visible later; was it set? It is
   * for bits that are set and cleared by this and clear_bit_unlock() only.
   */
  test_and_set_bit_lock(b: Key, label = 'test_and_set_bit_lock'): Step<boolean> {
    const bit = this.bits.at(b)
    if (this.toggles.BitopsMb) return bit.xchg(label, true)
    return atomic(label, `test_and_set_bit_lock(${b})`, () => {
      if (bit.read()) return true
      require(!bit.peek(), 'the thread’s own unlock has become visible')
      bit.poke(true)
      return false
    })
  }

  /** clear_bit_unlock(b): a release */
  clear_bit_unlock(b: Key, label = 'clear_bit_unlock'): Step<void> {
    const bit = this.bits.at(b)
    return this.toggles.BitopsMb ? bit.smp_store_mb(label, false) : bit.release(label, false)
  }

  /** smp_mb__after_atomic(), smp_mb__before_atomic(): nothing where the operation is a full barrier itself */
  *smp_mb__after_atomic(label = 'smp_mb__after_atomic'): Step<void> {
    if (!this.toggles.BitopsMb) yield* this.memory.smp_mb(label)
  }
}

/**
 * Reference counts: whoever has one keeps the object, and whoever gives back the last frees it. Twin of spec/lib/Refcount.tla, which
 * says what is left out. Linux 6.12: include/linux/refcount.h (refcount_inc, refcount_inc_not_zero, refcount_dec,
 * refcount_dec_and_test), lib/refcount.c (refcount_warn_saturate).
 */

import type { Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { atomic, int, toggling } from '../kernel/design.ts'

/** Toggles of the specification's module; read late, so that they may be getters. */
export const REFCOUNT_TOGGLES = {
  RefcountMb: toggling(
    'what changes the count is a full barrier, as on x86',
    'what changes the count orders what its name says and no more',
  ),
  RefcountRelease: toggling(
    'refcount_dec() and refcount_dec_and_test() are releases',
    'refcount_dec() and refcount_dec_and_test() order nothing before them',
  ),
}

/** Their values in a model. */
export type RefcountToggles = Read<typeof REFCOUNT_TOGGLES>

/** A count that was misused: it stays so, and the object is never freed. */
export const REFCOUNT_SATURATED = -1

/** Some reference counts. */
export class Refcounts {
  readonly refs: LocationMap<number>
  private readonly memory: Memory
  private readonly max: number
  private readonly toggles: RefcountToggles

  /** `initial` is what refcount_set() has made of them; `max` stands for INT_MAX, and one more is an overflow */
  constructor(memory: Memory, counts: readonly Key[], initial: number, max: number, toggles: RefcountToggles) {
    this.memory = memory
    this.max = max
    this.toggles = toggles
    this.refs = memory.map('refs', counts, int(REFCOUNT_SATURATED, max), initial, (r) => `r${r}->refs`)
  }

  /** A change of the count that all see at once; the count before it is the result. */
  private change(r: Key, label: string, what: string, waits: boolean, next: (old: number) => number): Step<number> {
    const exec = (): number => {
      const old = this.refs.get(r)
      this.refs.set(r, next(old))
      return old
    }
    return waits ? this.memory.locked(label, what, exec) : atomic(label, what, exec)
  }

  private incremented(old: number): number {
    return old < 0 || old === this.max ? REFCOUNT_SATURATED : old + 1
  }

  /** refcount_read(r) */
  refcount_read(r: Key, label = 'refcount_read'): Step<number> {
    return this.refs.at(r).load(label)
  }

  /** refcount_inc(r), by who has a reference: unordered, but on x86. On a count of 0 it warns, and saturates. */
  *refcount_inc(r: Key, label = 'refcount_inc'): Step<void> {
    const next = (old: number): number => (old === 0 ? REFCOUNT_SATURATED : this.incremented(old))
    yield* this.change(r, label, `refcount_inc(${r})`, this.toggles.RefcountMb, next)
  }

  /** refcount_inc_not_zero(r): has it got a reference? Unordered, but on x86; one that fails is a load. */
  refcount_inc_not_zero(r: Key, label = 'refcount_inc_not_zero'): Step<boolean> {
    const refs = this.refs.at(r)
    const what = `refcount_inc_not_zero(${r})`
    return atomic(label, what, () => {
      const old = refs.peek()
      if (old === 0) return false
      if (this.toggles.RefcountMb) this.memory.access({ op: 'mb' })
      refs.poke(this.incremented(old))
      return true
    })
  }

  private get decrementWaits(): boolean {
    return this.toggles.RefcountMb || this.toggles.RefcountRelease
  }

  /** refcount_dec(r), by who knows that it is not the last: a release. If it was the last, it warns, and saturates. */
  *refcount_dec(r: Key, label = 'refcount_dec'): Step<void> {
    const next = (old: number): number => (old <= 1 ? REFCOUNT_SATURATED : old - 1)
    yield* this.change(r, label, `refcount_dec(${r})`, this.decrementWaits, next)
  }

  /** refcount_dec_and_test(r): was it the last? A release, and an acquire where it was. On a count of 0 it warns, and saturates. */
  *refcount_dec_and_test(r: Key, label = 'refcount_dec_and_test'): Step<boolean> {
    const next = (old: number): number => (old <= 0 ? REFCOUNT_SATURATED : old - 1)
    return (yield* this.change(r, label, `refcount_dec_and_test(${r})`, this.decrementWaits, next)) === 1
  }
}

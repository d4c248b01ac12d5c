/**
 * Sequence counts: a writer makes the count odd while it writes, and a reader tries again if it was, or has changed. Twin of
 * spec/lib/Seqcount.tla, which says what is left out. Linux 6.12: include/linux/seqlock.h (write_seqcount_begin, read_seqcount_begin,
 * read_seqcount_retry).
 */

import type { Domain, Key, LocationMap, Memory, Read, Step } from '../kernel/design.ts'
import { int, toggling } from '../kernel/design.ts'

/** The toggle of the specification's module; read late, so that it may be a getter. */
export const SEQCOUNT_TOGGLES = {
  SeqcountWmb: toggling(
    'there is smp_wmb() after the first store of the count and before the second',
    'there is no barrier beside the stores of the count',
  ),
}

/** Their values in a model. */
export type SeqcountToggles = Read<typeof SEQCOUNT_TOGGLES>

/** Local of a reader. */
export interface ReadFrame {
  /** the count with which it began */
  read_seq: number
}

/** Some sequence counts. Their writers exclude each other by themselves. */
export class Seqcounts {
  readonly sequence: LocationMap<number>
  /** frame of a reader, for `framed`; add to it what the reader reads */
  readonly frame: { readonly read_seq: Domain<number> }
  readonly initial: Readonly<ReadFrame> = { read_seq: 0 }
  private readonly memory: Memory
  private readonly toggles: SeqcountToggles
  private readonly wraps: number

  /** `wraps`: the count is 0 again after so many stores, in C after 2^32; even, and more than are made during one read */
  constructor(memory: Memory, counts: readonly Key[], wraps: number, toggles: SeqcountToggles) {
    this.memory = memory
    this.toggles = toggles
    this.wraps = wraps
    const domain = int(0, wraps - 1)
    this.frame = { read_seq: domain }
    this.sequence = memory.map('sequence', counts, domain, 0, (s) => `s${s}->sequence`)
  }

  private increment(s: Key, label: string): Step<void> {
    return this.sequence.at(s).update(label, (n) => (n + 1) % this.wraps)
  }

  /** write_seqcount_begin(s): the count, and smp_wmb() at `label`_wmb */
  *write_seqcount_begin(s: Key, label = 'write_seqcount_begin'): Step<void> {
    yield* this.increment(s, label)
    if (this.toggles.SeqcountWmb) yield* this.memory.smp_wmb(`${label}_wmb`)
  }

  /** write_seqcount_end(s): smp_wmb() at `label`_wmb, and the count */
  *write_seqcount_end(s: Key, label = 'write_seqcount_end'): Step<void> {
    if (this.toggles.SeqcountWmb) yield* this.memory.smp_wmb(`${label}_wmb`)
    yield* this.increment(s, label)
  }

  /** read_seqcount_begin(s): waits until the count is even; the smp_rmb() after it orders loads, which are in order here */
  *read_seqcount_begin(f: ReadFrame, s: Key, label = 'read_seqcount_begin'): Step<void> {
    let seq: number
    do seq = yield* this.sequence.at(s).load(label)
    while (seq % 2 !== 0)
    f.read_seq = seq
  }

  /** read_seqcount_retry(s, start): has the count changed since? */
  *read_seqcount_retry(f: ReadFrame, s: Key, label = 'read_seqcount_retry'): Step<boolean> {
    const seq = yield* this.sequence.at(s).load(label)
    const changed = seq !== f.read_seq
    f.read_seq = 0
    return changed
  }
}

/** Sets of packed states, in the order in which they came, each with where it came from. */

import { bitsFor } from '../language/domain.ts'

/** States that a set has room for at first, unless it is told how many there will be. */
const FEWEST = 16
/** No more room than this on somebody's word. */
const MOST_BITS = 24

/** How a set is laid out. */
export interface StateSetOptions {
  /** about how many states there will be, if that is known: saves growing */
  readonly expected?: number
  /**
   * Where a look-up finds the states that it compares: beside their indices in the table, so that it touches one cache
   * line and not two, or only in the list of rows, which takes half of the memory. Default `beside`.
   */
  readonly rows?: 'beside' | 'apart'
}

const enlarged = (from: Int32Array, size: number): Int32Array<ArrayBuffer> => {
  const to = new Int32Array(size)
  to.set(from)
  return to
}

/**
 * An open-addressed set of rows of `words` words each. Cleared and filled again without new memory.
 *
 * This is the inner loop of everything: indices are in range by construction and are not checked, which is what the `as
 * number` stand for.
 */
export class StateSet {
  readonly words: number
  /** rows, one after the other */
  rows: Int32Array<ArrayBuffer>
  /** for each row the row, of this set or another, that it came from */
  from: Int32Array<ArrayBuffer>
  /** by which step; what the numbers mean is up to the user */
  via: Int32Array<ArrayBuffer>
  count = 0
  /** rows that there is room for, a power of two */
  private capacity: number
  private readonly beside: boolean
  /** words of a slot: the row's index plus one, or 0 for none; with `beside` the row itself, and padding */
  private readonly stride: number
  /** number of slots less one; at most half of them are taken */
  private mask: number
  private table: Int32Array<ArrayBuffer>

  constructor(words: number, { expected = 0, rows = 'beside' }: StateSetOptions = {}) {
    this.words = words
    this.beside = rows === 'beside'
    this.capacity = Math.max(FEWEST, 1 << Math.min(MOST_BITS, bitsFor(1 + expected)))
    this.stride = this.beside ? 1 << bitsFor(words + 1) : 1
    this.rows = new Int32Array(this.capacity * words)
    this.from = new Int32Array(this.capacity)
    this.via = new Int32Array(this.capacity)
    this.mask = 2 * this.capacity - 1
    this.table = new Int32Array(2 * this.capacity * this.stride)
  }

  clear(): void {
    // a set that was large once is not swept each time
    if (this.count * 8 < this.mask) {
      // from the last on: what is asked for is found past slots that are still taken
      for (let i = this.count - 1; i >= 0; i--) this.table[this.slotOf(this.rows, i * this.words)] = 0
    } else this.table.fill(0)
    this.count = 0
  }

  private hash(data: Int32Array, base: number): number {
    let h = 0x9e3779b9
    for (let w = 0; w < this.words; w++) {
      h = Math.imul(h ^ (data[base + w] as number), 0x85ebca6b)
      h ^= h >>> 15
    }
    h = Math.imul(h, 0xc2b2ae35)
    return h ^ (h >>> 16)
  }

  /** Position in the table of the slot that a row has, or would have. */
  private slotOf(data: Int32Array, base: number): number {
    const { table, mask, stride, words, beside } = this
    const kept = beside ? table : this.rows
    let slot = this.hash(data, base) & mask
    for (;;) {
      const position = slot * stride
      const entry = table[position] as number
      if (entry === 0) return position
      const row = beside ? position + 1 : (entry - 1) * words
      let w = 0
      while (w < words && kept[row + w] === data[base + w]) w++
      if (w === words) return position
      slot = (slot + 1) & mask
    }
  }

  private grow(): void {
    const { words, stride } = this
    this.capacity *= 2
    this.rows = enlarged(this.rows, this.capacity * words)
    this.from = enlarged(this.from, this.capacity)
    this.via = enlarged(this.via, this.capacity)
    this.mask = 2 * this.capacity - 1
    this.table = new Int32Array((this.mask + 1) * stride)
    for (let i = 0; i < this.count; i++) {
      // the rows differ, so the first free slot is the right one
      let slot = this.hash(this.rows, i * words) & this.mask
      while (this.table[slot * stride] !== 0) slot = (slot + 1) & this.mask
      this.put(slot * stride, i)
    }
  }

  private put(position: number, index: number): void {
    const { table, rows, words } = this
    table[position] = index + 1
    if (!this.beside) return
    const base = index * words
    for (let w = 0; w < words; w++) table[position + 1 + w] = rows[base + w] as number
  }

  /** Index of the row at `base` of `data`, or -1. */
  find(data: Int32Array, base: number): number {
    return (this.table[this.slotOf(data, base)] as number) - 1
  }

  /** Index of the row at `base` of `data`, which is added unless it is there: it is new if it was the count before. */
  add(data: Int32Array, base: number, from: number, via: number): number {
    const position = this.slotOf(data, base)
    const entry = this.table[position] as number
    if (entry !== 0) return entry - 1
    const index = this.count++
    const row = index * this.words
    for (let w = 0; w < this.words; w++) this.rows[row + w] = data[base + w] as number
    this.from[index] = from
    this.via[index] = via
    this.put(position, index)
    // full: room for the next one, so that a position that was found stays right
    if (this.count === this.capacity) this.grow()
    return index
  }

  /** The packed state of a row, by itself. */
  row(index: number): Int32Array {
    return this.rows.slice(index * this.words, (index + 1) * this.words)
  }
}

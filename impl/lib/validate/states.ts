/** Sets of packed states, in the order in which they came, each with where it came from. */

const START = 16

/** An open-addressed set of rows of `words` words. Cleared and filled again without new memory. */
export class StateSet {
  readonly words: number
  /** rows, one after the other */
  rows: Int32Array
  /** row of the set before, or of this one, that each came from; see `via` */
  from: Int32Array
  /** the step by which it came; -1: it is the row of the set before itself */
  via: Int32Array
  count = 0
  private table: Int32Array
  private slots: number

  constructor(words: number) {
    this.words = words
    this.rows = new Int32Array(START * words)
    this.from = new Int32Array(START)
    this.via = new Int32Array(START)
    this.slots = 2 * START
    this.table = new Int32Array(this.slots)
  }

  clear(): void {
    // a set that was large once is not swept each time
    if (this.count * 8 < this.slots) {
      for (let i = 0; i < this.count; i++) this.table[this.slotOf(i)] = 0
    } else this.table.fill(0)
    this.count = 0
  }

  private hash(data: Int32Array, base: number): number {
    let h = 0x9e3779b9
    for (let w = 0; w < this.words; w++) {
      h = Math.imul(h ^ (data[base + w] ?? 0), 0x85ebca6b)
      h ^= h >>> 15
    }
    h = Math.imul(h, 0xc2b2ae35)
    return (h ^ (h >>> 16)) & (this.slots - 1)
  }

  /** Slot of row i, which is in the set. */
  private slotOf(i: number): number {
    let slot = this.hash(this.rows, i * this.words)
    while (this.table[slot] !== i + 1) slot = (slot + 1) & (this.slots - 1)
    return slot
  }

  private same(i: number, data: Int32Array, base: number): boolean {
    for (let w = 0; w < this.words; w++) if (this.rows[i * this.words + w] !== data[base + w]) return false
    return true
  }

  private grow(): void {
    const { rows, from, via } = this
    this.rows = new Int32Array(rows.length * 2)
    this.rows.set(rows)
    this.from = new Int32Array(from.length * 2)
    this.from.set(from)
    this.via = new Int32Array(via.length * 2)
    this.via.set(via)
    this.slots *= 2
    this.table = new Int32Array(this.slots)
    for (let i = 0; i < this.count; i++) {
      let slot = this.hash(this.rows, i * this.words)
      while (this.table[slot] !== 0) slot = (slot + 1) & (this.slots - 1)
      this.table[slot] = i + 1
    }
  }

  /** Adds a row unless it is there; is it new? */
  add(data: Int32Array, base: number, from: number, via: number): boolean {
    let slot = this.hash(data, base)
    for (let i = this.table[slot] ?? 0; i !== 0; i = this.table[slot] ?? 0) {
      if (this.same(i - 1, data, base)) return false
      slot = (slot + 1) & (this.slots - 1)
    }
    if ((this.count + 1) * this.words > this.rows.length) {
      this.grow()
      slot = this.hash(data, base)
      while (this.table[slot] !== 0) slot = (slot + 1) & (this.slots - 1)
    }
    const i = this.count++
    this.table[slot] = i + 1
    for (let w = 0; w < this.words; w++) this.rows[i * this.words + w] = data[base + w] ?? 0
    this.from[i] = from
    this.via[i] = via
    return true
  }

  /** The packed state of a row, by itself. */
  row(i: number): Int32Array {
    return this.rows.slice(i * this.words, (i + 1) * this.words)
  }
}

/**
 * Lines that were there before, but for their numbers. A log of a system says the same few thousand things again and again,
 * and what tells two such lines apart is when it was: `seq`, `time` and `end`. A line is compared byte by byte with one
 * that was parsed, and only what stands in place of these numbers may differ; so the answer is the parser's own, whatever
 * the line has in it. How a candidate is found (what followed last time, a hash) does not matter for what is found.
 */

/** The numbers that may differ, in the order of their places in `LineCache.numbers`. */
const KEYS = ['seq', 'time', 'end'] as const

/** Digits of a number that is exact and below 2^53 whatever they are. */
const MOST_DIGITS = 15
/** Bytes of all lines before everything is forgotten: memory must not grow with the log. */
const MOST_BYTES = 32 * 2 ** 20
const MOST_LINES = 50_000
/** Bytes that are compared here before others compare the rest. */
const NEAR = 32
/** Lines that came after a line which are tried first. */
const MOST_NEXT = 8
/** A memory that was filled while fewer lines than so many per line of it were found again was not worth its cost. */
const WORTH = 3
/** So many times as many lines are then left alone. */
const REST = 32

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA, ZERO, NINE, COLON, BACKSLASH] = [
  9, 10, 13, 32, 34, 44, 48, 57, 58, 92,
] as const
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [91, 93, 123, 125] as const

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE

/** A line without its numbers, and what it means. */
export interface Known<V> {
  readonly value: V
  /** the bytes with the numbers cut out */
  readonly bytes: Uint8Array
  /** where in `bytes` numbers were, ascending */
  readonly cuts: readonly number[]
  /** for each, which: an index into `seq`, `time`, `end` */
  readonly keys: readonly number[]
  /** what followed it, the last one first */
  readonly next: Known<V>[]
}

/** A number of a line, as bytes from one place to another. */
interface Hole {
  readonly key: number
  readonly from: number
  readonly to: number
}

const isBlank = (byte: number | undefined): boolean =>
  byte === SPACE || byte === TAB || byte === RETURN || byte === NEWLINE

/** End of a run of bytes of one kind. */
const after = (bytes: Uint8Array, at: number, to: number, kind: (byte: number | undefined) => boolean): number => {
  let end = at
  while (end < to && kind(bytes[end])) end += 1
  return end
}

/** End of the string that begins at a quote, behind its last quote; negative if it has an escape. */
const stringEnd = (bytes: Uint8Array, at: number): number => {
  let escaped = false
  let end = at + 1
  for (; bytes[end] !== QUOTE && end < bytes.length; end++) {
    if (bytes[end] !== BACKSLASH) continue
    escaped = true
    end += 1
  }
  return escaped ? -(end + 1) : end + 1
}

const textOf = (bytes: Uint8Array, from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to))

/**
 * The numbers of an object's own `seq`, `time` and `end`, in bytes that JSON.parse takes for one object; undefined for one
 * with a key that is there twice or has an escape, which is left to the parser each time.
 */
const holesIn = (bytes: Uint8Array, from: number, to: number): Hole[] | undefined => {
  const holes: Hole[] = []
  const seen = new Set<string>()
  let depth = 0
  let keyNext = false
  for (let at = from; at < to;) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      const isKey = keyNext && depth === 1
      const begin = at
      at = Math.abs(end)
      if (!isKey) continue
      if (end < 0) return undefined
      keyNext = false
      const key = textOf(bytes, begin + 1, end - 1)
      if (seen.has(key)) return undefined
      seen.add(key)
      const index = KEYS.findIndex((k) => k === key)
      if (index < 0) continue
      // blanks, a colon, blanks
      const first = after(bytes, after(bytes, at, to, isBlank) + 1, to, isBlank)
      const last = after(bytes, first, to, isDigit)
      const ends = bytes[last] === COMMA || bytes[last] === CLOSE || isBlank(bytes[last])
      // -0, 1.5 and 1e3 stay part of the text
      if (last > first && last - first <= MOST_DIGITS && ends) holes.push({ key: index, from: first, to: last })
      at = last
      continue
    }
    if (byte === OPEN || byte === OPEN_LIST) depth += 1
    else if (byte === CLOSE || byte === CLOSE_LIST) depth -= 1
    if (depth === 1 && (byte === OPEN || byte === COMMA)) keyNext = true
    at += 1
  }
  return holes
}

/** Are so many bytes from one place on those from another on? For long parts, for which Node has better than a loop. */
const same = (a: Uint8Array, from: number, b: Uint8Array, at: number, length: number): boolean => {
  const own = a instanceof Buffer ? a : Buffer.from(a.buffer, a.byteOffset, a.byteLength)
  return own.compare(b, at, at + length, from, from + length) === 0
}

/** Finds lines again. */
export class LineCache<V> {
  /** `seq`, `time` and `end` of the line that was found last, where it has them: -1 if not */
  readonly numbers = new Float64Array(KEYS.length)
  /** where that line ends; its line end is not part of it */
  end = 0
  private table = new Map<number, Known<V>[]>()
  private lines = 0
  private size = 0
  /** lines found since everything was forgotten */
  private found = 0
  /** lines that are still to be left alone */
  private rest = 0
  private last: Known<V> | undefined
  private readonly mostLines: number

  /** More than `mostLines` lines are never remembered. */
  constructor(mostLines = MOST_LINES) {
    this.mostLines = mostLines
  }

  /**
   * What was learnt of the line that begins at `from`, if one was that differs in its numbers only; `limit` is where the
   * bytes end. Sets `numbers` and `end`.
   */
  find(bytes: Uint8Array, from: number, limit: number): Known<V> | undefined {
    if (this.rest > 0) {
      this.rest -= 1
      return undefined
    }
    const before = this.last
    if (before !== undefined) {
      for (const known of before.next) {
        if (!this.matches(known, bytes, from, limit)) continue
        this.last = known
        this.found += 1
        return known
      }
    }
    for (const known of this.table.get(this.hash(bytes, from, limit)) ?? []) {
      if (!this.matches(known, bytes, from, limit)) continue
      this.follow(known)
      this.found += 1
      return known
    }
    this.last = undefined
    return undefined
  }

  /** Remembers what a line means that was parsed; it must mean the same with other numbers. */
  learn(bytes: Uint8Array, from: number, to: number, value: V): void {
    if (this.rest > 0) return
    const holes = holesIn(bytes, from, to)
    if (holes === undefined) return
    const isFull = this.lines >= this.mostLines || this.size + to - from > MOST_BYTES
    if (isFull && !this.forget()) return
    const rest = new Uint8Array(to - from - holes.reduce((n, hole) => n + hole.to - hole.from, 0))
    const cuts: number[] = []
    let [at, filled] = [from, 0]
    for (const hole of holes) {
      rest.set(bytes.subarray(at, hole.from), filled)
      filled += hole.from - at
      cuts.push(filled)
      at = hole.to
    }
    rest.set(bytes.subarray(at, to), filled)
    const known: Known<V> = { value, bytes: rest, cuts, keys: holes.map(({ key }) => key), next: [] }
    const hash = this.hash(bytes, from, to)
    const others = this.table.get(hash)
    if (others === undefined) this.table.set(hash, [known])
    else others.push(known)
    this.lines += 1
    this.size += to - from
    this.last = known
  }

  /** Is this a log of which it does not pay to remember the lines? */
  get resting(): boolean {
    return this.rest > 0
  }

  /** Forgets everything. A log whose lines hardly come again is let be for a while, since remembering costs more: false. */
  private forget(): boolean {
    const worth = this.found >= WORTH * this.lines
    if (!worth) this.rest = REST * (this.lines + this.found)
    this.table = new Map()
    this.lines = 0
    this.size = 0
    this.found = 0
    this.last = undefined
    return worth
  }

  /** Notes that a line came after the last one. */
  private follow(known: Known<V>): void {
    const next = this.last?.next
    if (next !== undefined) {
      if (next.length >= MOST_NEXT) next.pop()
      next.unshift(known)
    }
    this.last = known
  }

  private matches({ bytes: wanted, cuts, keys }: Known<V>, bytes: Uint8Array, from: number, limit: number): boolean {
    const { numbers } = this
    numbers.fill(-1)
    let at = from
    let done = 0
    for (let hole = 0; hole <= cuts.length; hole++) {
      const cut = cuts[hole] ?? wanted.length
      if (at + cut - done > limit) return false
      // most that differ do so in the first bytes
      const near = Math.min(cut, done + NEAR)
      for (; done < near; done++, at++) if (bytes[at] !== wanted[done]) return false
      if (done < cut) {
        if (!same(bytes, at, wanted, done, cut - done)) return false
        at += cut - done
        done = cut
      }
      if (hole === cuts.length) break
      const first = at
      let number = 0
      for (; at < limit; at++) {
        const digit = (bytes[at] ?? 0) - ZERO
        if (digit < 0 || digit > 9) break
        number = number * 10 + digit
      }
      const digits = at - first
      // JSON has no leading zeros
      if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && bytes[first] === ZERO)) return false
      numbers[keys[hole] ?? 0] = number
    }
    const ends = bytes[at] === RETURN && (at + 1 >= limit || bytes[at + 1] === NEWLINE) ? at + 1 : at
    if (ends < limit && bytes[ends] !== NEWLINE) return false
    this.end = ends
    return true
  }

  /** A number that two lines share if they differ in their numbers only; others may share it as well. */
  private hash(bytes: Uint8Array, from: number, limit: number): number {
    let hash = 0x9e3779b9
    let before = 0
    let last = 0
    for (let at = from; at < limit; at++) {
      const byte = bytes[at] ?? 0
      if (byte === NEWLINE || byte === RETURN) break
      hash = Math.imul(hash ^ byte, 0x01000193)
      // se`q":`, tim`e":`, en`d":`
      if (byte === COLON && last === QUOTE && (before === 113 || before === 101 || before === 100)) {
        while (at + 1 < limit && isDigit(bytes[at + 1])) at += 1
      }
      before = last
      last = byte
    }
    return (hash ^ (hash >>> 15)) | 0
  }
}

/** A text that means what the line means; its numbers are all 0. */
export const textLike = <V>({ bytes, cuts }: Known<V>): string => {
  const decode = (from: number, to: number): Uint8Array => bytes.subarray(from, to)
  const ends = [...cuts, bytes.length]
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // numbers are between characters, so each part is UTF-8 by itself
  return ends.map((end, i) => decoder.decode(decode(ends[i - 1] ?? 0, end))).join('0')
}

/**
 * Complete states, read leaf by leaf without parsing them. A log that has the whole state after each event says the same
 * variables in the same order each time, and the values are a few; but of all of them together there may be so many that
 * lines hardly ever come again. What is between the values is compared byte by byte with a state that was parsed, and each
 * value with those that were parsed in its place: so the answer is the parser's own.
 */

import { at } from '../kernel/at.ts'
import type { Asked, Constraint, Fields, Json, Said } from './json-codec.ts'

/** Values that are remembered in one place. */
const MOST_VALUES = 256
/** Lines after which it is asked whether it pays, and how many times as many are left alone if it does not. */
const ROUND = 4096
const REST = 8
/** Beyond this the number of a thread's values is not exact any more. */
const MOST_COMBINATIONS = 2 ** 50
/** Entries of a memo before it is begun anew: memory must not grow with the log. */
const MOST = 50_000

const encoder = new TextEncoder()

/** A value as it was written, and which of its domain it is. */
interface Value {
  readonly bytes: Uint8Array
  readonly index: number
}

/** A place of a value. */
interface Leaf {
  readonly said: Said
  /** those that were parsed here, the last one first */
  readonly values: Value[]
  readonly texts: Set<string>
}

/** A leaf of a thread's own: its number among all, and what its index counts in the number of the thread's values. */
interface OwnLeaf {
  readonly i: number
  readonly place: Asked['place']
  readonly unit: number
}

/** What the label and the locals of a thread may be, by the number of their values. */
interface ThreadMemo {
  readonly thread: number
  readonly leaves: OwnLeaf[]
  /** so many numbers there are */
  size: number
  readonly known: Map<number, Constraint['nodes'][number]>
}

/** A state without its values. */
interface Shape {
  /** what is before each leaf, and after the last */
  readonly chunks: readonly Uint8Array[]
  readonly key: string
  readonly leaves: readonly Leaf[]
  readonly threads: readonly ThreadMemo[]
  readonly mask: Int32Array
  /** index of the value of each leaf in the state that was read last */
  readonly indices: Int32Array
}

/** A text that is in no name of a variable, and how JSON has it. */
const HOLE = '\0'
const HOLE_TEXT = JSON.stringify(HOLE)

/** The values of a state in the order of its text, and what is between them; undefined if it says something else. */
const split = (state: Readonly<Record<string, Json>>, said: readonly Said[]): [string[], string[]] | undefined => {
  const values: string[] = []
  const hole = (value: Json): string => {
    values.push(JSON.stringify(value))
    return HOLE
  }
  const frame: [string, Json][] = []
  for (const [name, json] of Object.entries(state)) {
    const one = said[values.length]
    if (one === undefined || (name !== one.field.name && !name.startsWith(`${one.field.name}[`))) return undefined
    if (one.key === undefined) frame.push([name, hole(json)])
    // a function is one of several leaves; an array in its place is too rare to care
    else if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
    else frame.push([name, Object.fromEntries(Object.entries(json).map(([key, value]) => [key, hole(value)]))])
  }
  const chunks = JSON.stringify(Object.fromEntries(frame)).split(HOLE_TEXT)
  return values.length === said.length && values.length > 0 ? [chunks, values] : undefined
}

const matches = (bytes: Uint8Array, at: number, wanted: Uint8Array): boolean => {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

/** Reads states that are written like one that was parsed. */
export class PieceCache {
  /** where the state that was read last ends */
  end = 0
  private readonly fields: Fields
  private shape: Shape | undefined
  private tried = 0
  private found = 0
  private rest = 0

  constructor(fields: Fields) {
    this.fields = fields
  }

  /** The state whose text begins at a place; undefined if that is not known to be one. Sets `end`. */
  read(bytes: Uint8Array, from: number): Constraint | undefined {
    const { shape } = this
    if (this.rest > 0) this.rest -= 1
    if (shape === undefined || this.rest > 0) return undefined
    this.tried += 1
    if (this.tried >= ROUND) {
      if (this.found < this.tried / 2) this.rest = REST * ROUND
      this.tried = 0
      this.found = 0
    }
    const { chunks, leaves, indices } = shape
    let at = from
    for (let i = 0; i < leaves.length; i++) {
      const [chunk, leaf, next] = [chunks[i], leaves[i], chunks[i + 1]]
      if (chunk === undefined || leaf === undefined || next === undefined || !matches(bytes, at, chunk))
        return undefined
      at += chunk.length
      const value = this.valueAt(leaf, bytes, at, next[0])
      if (value === undefined) return undefined
      indices[i] = value.index
      at += value.bytes.length
    }
    const last = chunks[leaves.length]
    if (last === undefined || !matches(bytes, at, last)) return undefined
    this.end = at + last.length
    this.found += 1
    return this.constraintOf(shape)
  }

  /** Learns from a state that was parsed and is written without blanks and escapes, and what it says in that order. */
  learn(state: Readonly<Record<string, Json>>, said: readonly Said[]): void {
    if (this.rest > 0) return
    const parts = split(state, said)
    if (parts === undefined) return
    const [chunks, values] = parts
    const key = chunks.join('\0')
    if (this.shape?.key !== key) this.shape = this.shapeOf(chunks, key, said)
    this.shape?.leaves.forEach(({ texts, values: known }, i) => {
      const [value, index] = [values[i], said[i]?.index]
      if (value === undefined || index === undefined || texts.has(value) || texts.size >= MOST_VALUES) return
      texts.add(value)
      known.unshift({ bytes: encoder.encode(value), index })
    })
  }

  private shapeOf(chunks: readonly string[], key: string, said: readonly Said[]): Shape | undefined {
    // said twice, an element must have one value: that is for the parser to see
    if (new Set(said.map(({ field }) => field)).size < said.length) return undefined
    const mask = new Int32Array(this.fields.words)
    const threads: ThreadMemo[] = []
    said.forEach(({ field: { place, domain } }, i) => {
      if (place.kind === 'cell') {
        const { word, shift, mask: bits } = place.slot
        mask[word] = at(mask, word) | (bits << shift)
        return
      }
      const { thread } = place
      const before = threads.find((own) => own.thread === thread)
      const memo: ThreadMemo = before ?? { thread, leaves: [], size: 1, known: new Map() }
      if (before === undefined) threads.push(memo)
      memo.leaves.push({ i, place, unit: memo.size })
      memo.size *= domain.values.length
    })
    if (threads.some(({ size }) => size > MOST_COMBINATIONS)) return undefined
    const leaves = said.map((one): Leaf => ({ said: one, values: [], texts: new Set() }))
    const bytes = chunks.map((chunk) => encoder.encode(chunk))
    return { chunks: bytes, key, leaves, threads, mask, indices: new Int32Array(said.length) }
  }

  /** The value in a place, which ends where the next byte is that of what comes behind it. */
  private valueAt({ values }: Leaf, bytes: Uint8Array, at: number, behind: number | undefined): Value | undefined {
    for (let v = 0; v < values.length; v++) {
      const value = values[v]
      if (value === undefined || !matches(bytes, at, value.bytes)) continue
      if (bytes[at + value.bytes.length] !== behind) continue
      // most values are those of the line before
      for (let w = v; w > 0; w--) values[w] = values[w - 1] ?? value
      values[0] = value
      return value
    }
    return undefined
  }

  private constraintOf({ leaves, threads, mask, indices }: Shape): Constraint {
    const value = new Int32Array(mask.length)
    for (let i = 0; i < leaves.length; i++) {
      const place = leaves[i]?.said.field.place
      if (place?.kind !== 'cell') continue
      const { word, shift } = place.slot
      value[word] = (value[word] ?? 0) | ((indices[i] ?? 0) << shift)
    }
    const nodes = threads.map((memo) => {
      let number = 0
      for (const { i, unit } of memo.leaves) number += (indices[i] ?? 0) * unit
      const known = memo.known.get(number)
      if (known !== undefined) return known
      if (memo.known.size >= MOST) memo.known.clear()
      const asked = memo.leaves.map(({ i, place }) => ({ place, index: at(indices, i) }))
      const fresh = this.fields.nodes(memo.thread, asked)
      memo.known.set(number, fresh)
      return fresh
    })
    return { mask, value, nodes }
  }
}

/**
 * Lines of NDJSON in a machine's terms. A line that was there before, but for its numbers, is not parsed again, nor is a state
 * that is written like one that was: logs of one system repeat themselves, and reading JSON is most of what validating a
 * complete log costs. What a line means is what the parser and the decoder make of it, however it is read.
 */

import type { Decoded, Decoder } from './decode.ts'
import type { BadLine, LogEvent } from './event.ts'
import { isBadLine, parseEvent } from './event.ts'
import type { Fields } from './json-codec.ts'
import { isEmpty } from './json-codec.ts'
import type { Known } from './line-cache.ts'
import { LineCache } from './line-cache.ts'
import { PieceCache } from './piece-cache.ts'

/** A line that was read. */
export interface ReadLine {
  /** undefined for a blank one */
  readonly decoded: Decoded | BadLine | undefined
  /** where its bytes end: at the newline, or at the end of all */
  readonly end: number
  /** its text, or a line that differs from it in its numbers only */
  readonly source: string | Known<Decoded>
}

/** Is there nothing in a line? */
export const isBlank = (text: string): boolean => /^\s*$/.test(text)

/** Bytes of a line without its state. */
const MOST_FRAME = 2048

const STATE = '"state":'
const NO_STATE = '{}'
const [NEWLINE, RETURN] = [10, 13] as const

const encoder = new TextEncoder()
const STATE_BYTES = encoder.encode(`${STATE}{`)
const NO_STATE_BYTES = encoder.encode(NO_STATE)
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Where the first object behind `"state":` begins; -1 if there is none. */
const stateIn = (bytes: Uint8Array, from: number, to: number): number => {
  const last = STATE_BYTES.length - 1
  for (let at = from; at + last < to; at++) {
    let i = 0
    while (i <= last && bytes[at + i] === STATE_BYTES[i]) i += 1
    if (i > last) return at + last
  }
  return -1
}

/** The event of a line that differs from another in its numbers only; a negative one is not in it. */
const withNumbers = (value: Decoded, [seq = -1, time = -1, end = -1]: Float64Array): Decoded => ({
  action: value.action,
  thread: value.thread,
  result: value.result,
  state: value.state,
  lane: value.lane,
  seq: seq < 0 ? value.seq : seq,
  time: time < 0 ? value.time : time,
  end: end < 0 ? value.end : end,
  lost: value.lost,
})

/** Reads the lines of logs for one machine. */
export class LineReader {
  /** lines that had to be parsed */
  parsed = 0
  private readonly decoder: Decoder
  private readonly fields: Fields
  private readonly lines = new LineCache<Decoded>()
  /** lines with an empty state in place of theirs */
  private readonly frames = new LineCache<Decoded>()
  private readonly states: PieceCache
  private readonly frame = Buffer.alloc(MOST_FRAME)

  constructor(decoder: Decoder, fields: Fields) {
    this.decoder = decoder
    this.fields = fields
    this.states = new PieceCache(fields)
  }

  /** The line that begins at `from`, number `line` of the log. */
  read(bytes: Uint8Array, from: number, line: number): ReadLine {
    const known = this.lines.find(bytes, from, bytes.length)
    if (known !== undefined) {
      return { decoded: withNumbers(known.value, this.lines.numbers), end: this.lines.end, source: known }
    }
    const newline = bytes.indexOf(NEWLINE, from)
    const end = newline < 0 ? bytes.length : newline
    const to = end > from && bytes[end - 1] === RETURN ? end - 1 : end
    const source = utf8.decode(bytes.subarray(from, to))
    if (isBlank(source)) return { decoded: undefined, end, source }
    const decoded = this.patched(bytes, from, to) ?? this.parse(source, line)
    if (!isBadLine(decoded)) this.lines.learn(bytes, from, to, decoded)
    return { decoded, end, source }
  }

  private parse(text: string, line: number): Decoded | BadLine {
    this.parsed += 1
    const event = parseEvent(text, line)
    if (isBadLine(event)) return event
    const decoded = this.decoder.decode(event, text)
    if (!isBadLine(decoded)) this.learnParts(text, event, decoded)
    return decoded
  }

  /** The event of a line whose state is written like one that was parsed, and the rest of it was parsed but for its numbers. */
  private patched(bytes: Uint8Array, from: number, to: number): Decoded | undefined {
    const begin = stateIn(bytes, from, to)
    const state = begin < 0 ? undefined : this.states.read(bytes, begin)
    if (state === undefined) return undefined
    const { end } = this.states
    const length = begin - from + NO_STATE.length + to - end
    if (end > to || length > MOST_FRAME) return undefined
    // the text of a state is known, so what is before it and behind it is what may yet be unknown
    const { frame, frames } = this
    frame.set(bytes.subarray(from, begin))
    frame.set(NO_STATE_BYTES, begin - from)
    frame.set(bytes.subarray(end, to), begin - from + NO_STATE.length)
    const known = frames.find(frame, 0, length)
    if (known === undefined) return undefined
    const decoded = withNumbers(known.value, frames.numbers)
    // whether it says anything is for the parser to see
    if (decoded.action < 0 && isEmpty(state)) return undefined
    return { ...decoded, state }
  }

  /** Learns what is in a line beside its state, and how the state is written. */
  private learnParts(text: string, { state, line }: LogEvent, decoded: Decoded): void {
    if (state === undefined) return
    const begin = text.indexOf(`${STATE}{`) + STATE.length
    const own = JSON.stringify(state)
    if (begin < STATE.length || !text.startsWith(own, begin)) return
    const frame = `${text.slice(0, begin)}${NO_STATE}${text.slice(begin + own.length)}`
    const parsed = parseEvent(frame, line)
    // it was the event's own state only if that is what went away
    if (isBadLine(parsed) || parsed.state === undefined || JSON.stringify(parsed.state) !== NO_STATE) return
    this.states.learn(state, this.fields.said(state))
    const bytes = encoder.encode(frame)
    if (bytes.length > MOST_FRAME || this.frames.find(bytes, 0, bytes.length) !== undefined) return
    this.frames.learn(bytes, 0, bytes.length, decoded)
  }
}

/**
 * The lines of a log from outside, however long it is: plain, gzip or zstd by its first bytes, UTF-8, and never more of it
 * in memory than a piece and a line. Lines come in batches, since one `await` a line would cost more than all else.
 */

import { isUtf8 } from 'node:buffer'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Lines } from '../../impl/lib/validate/source.ts'
import { Input, readBytes } from './bytes.ts'
import { Damaged, gunzip, unzstd } from './inflate.ts'

const split = (bytes: Buffer): string[] => {
  const text = bytes.toString()
  const lines = text.split('\n')
  return text.includes('\r') ? lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)) : lines
}

/** Lines as they came: whoever wants them as strings gets them. */
const batchOf = (firstLine: number, bytes: Buffer): Lines => {
  let known: string[] | undefined
  return {
    firstLine,
    bytes,
    get lines() {
      return (known ??= split(bytes))
    },
  }
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** A longer line is refused: no event is anywhere near, and a file without line ends would be read whole. */
export const MAX_LINE_BYTES = 1024 * 1024

const NEWLINE = 10

/** First bytes that say how to read a file; or that it is no text, and what makes text of it. */
const MAGIC: readonly {
  readonly bytes: readonly number[]
  readonly unpack: ((input: Input) => AsyncIterable<Buffer>) | string
}[] = [
  { bytes: [0x1f, 0x8b], unpack: gunzip },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], unpack: unzstd },
  // pzstd begins with a frame to be skipped
  ...Array.from({ length: 16 }, (_, i) => ({ bytes: [0x50 + i, 0x2a, 0x4d, 0x18], unpack: unzstd })),
  { bytes: [0xfd, 0x37, 0x7a, 0x58], unpack: 'xz: pipe the output of xz -dc into lockstep validate MODEL -' },
  { bytes: [0x42, 0x5a, 0x68], unpack: 'bzip2: pipe the output of bzip2 -dc into lockstep validate MODEL -' },
  { bytes: [0x17, 0x08, 0x44], unpack: 'a trace.dat of trace-cmd: give what trace-cmd report prints' },
  { bytes: [0x50, 0x45, 0x52, 0x46], unpack: 'a perf.data of perf: give what perf script prints' },
]
const MAGIC_BYTES = 4

const begins = (data: Buffer, bytes: readonly number[]): boolean => bytes.every((byte, i) => data[i] === byte)

/** The text of a log, decompressed if it is compressed. */
async function* unpacked(file: string, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  // a decompressor reads ahead: what it waits for in vain must end when nobody wants more
  const stop = new AbortController()
  const pieces = readBytes(file, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]))
  try {
    const input = new Input(pieces)
    const head = await input.atLeast(MAGIC_BYTES)
    const found = MAGIC.find(({ bytes }) => begins(head, bytes))?.unpack
    if (typeof found === 'string') {
      const [what = '', hint = ''] = found.split(': ')
      throw badInput({ code: 'not-text', message: `the log is ${what}, not text`, file, line: 1, column: 1, hint })
    }
    yield* found === undefined ? input.rest() : found(input)
  } finally {
    stop.abort()
    await pieces.return(undefined)
  }
}

const REPLACEMENT = Buffer.from('\ufffd')

/** Offset of the first byte that is not UTF-8, in data that has one: there the decoder has U+FFFD, and the data has not. */
const firstInvalid = (data: Buffer): number => {
  let at = 0
  for (const part of data.toString().split('\ufffd')) {
    at += Buffer.byteLength(part)
    if (!REPLACEMENT.equals(data.subarray(at, at + REPLACEMENT.length))) break
    at += REPLACEMENT.length
  }
  return at
}

/** Why bytes are refused, and where. */
interface Flaw {
  readonly offset: number
  readonly error: LockstepError
}

/** Cuts bytes into lines. */
class Splitter {
  readonly #file: string
  /** the last line so far, which has no end yet, and its bytes */
  #carry: Buffer[] = []
  #carried = 0
  #line = 1

  constructor(file: string) {
    this.#file = file
  }

  /** The lines that end in the piece. Only the first one is copied: it began in another piece. */
  *push(piece: Buffer): Generator<Lines> {
    const last = piece.lastIndexOf(NEWLINE)
    if (last < 0) {
      this.#keep(piece)
      return
    }
    let from = 0
    if (this.#carried > 0) {
      const end = piece.indexOf(NEWLINE)
      const line = Buffer.concat([...this.#carry, piece.subarray(0, end)])
      this.#carry = []
      this.#carried = 0
      yield* this.#split(line)
      from = end + 1
    }
    if (from <= last) yield* this.#split(piece.subarray(from, last))
    if (last + 1 < piece.length) this.#keep(piece.subarray(last + 1))
  }

  /** The line that has no end. */
  *end(): Generator<Lines> {
    if (this.#carried > 0) yield* this.#split(Buffer.concat(this.#carry))
  }

  /** An error about where the text has come to. */
  errorHere(code: string, message: string, hint: string): LockstepError {
    const before = Buffer.concat(this.#carry).toString()
    return this.#error(code, message, hint, this.#line, before.length + 1)
  }

  #error(code: string, message: string, hint: string, line: number, column: number): LockstepError {
    return badInput({ code, message, file: this.#file, line, column, hint })
  }

  /** A copy: the rest of the piece, which may be much larger, is not kept for it. */
  #keep(piece: Buffer): void {
    this.#carry.push(Buffer.from(piece))
    this.#carried += piece.length
    if (this.#carried > MAX_LINE_BYTES) {
      throw this.#flaw(Buffer.concat(this.#carry))?.error ?? this.#tooLong(this.#line)
    }
  }

  #tooLong(line: number): LockstepError {
    const message = `the line is longer than ${MAX_LINE_BYTES / 2 ** 20} MiB`
    return this.#error('line-too-long', message, 'a log has one event a line', line, MAX_LINE_BYTES + 1)
  }

  /** The lines, up to the first one that is wrong. */
  *#split(data: Buffer): Generator<Lines> {
    const flaw = this.#flaw(data)
    if (flaw === undefined) {
      yield this.#batch(data)
      return
    }
    const before = flaw.offset === 0 ? -1 : data.lastIndexOf(NEWLINE, flaw.offset - 1)
    if (before >= 0) yield this.#batch(data.subarray(0, before))
    throw flaw.error
  }

  #batch(data: Buffer): Lines {
    const firstLine = this.#line
    const marked = firstLine === 1 && begins(data, BYTE_ORDER_MARK)
    this.#line += 1
    for (let at = data.indexOf(NEWLINE); at >= 0; at = data.indexOf(NEWLINE, at + 1)) this.#line += 1
    return batchOf(firstLine, marked ? data.subarray(BYTE_ORDER_MARK.length) : data)
  }

  /** The first thing for which this is not lines of UTF-8. */
  #flaw(data: Buffer): Flaw | undefined {
    if (this.#line === 1 && (begins(data, [0xff, 0xfe]) || begins(data, [0xfe, 0xff]))) {
      return {
        offset: 0,
        error: this.#error('not-utf8', 'the log is UTF-16', 'write it as UTF-8, e.g. with iconv', 1, 1),
      }
    }
    const nul = data.indexOf(0)
    const invalid = isUtf8(data) ? -1 : firstInvalid(data)
    if (invalid >= 0 && (nul < 0 || invalid < nul)) {
      const byte = (data[invalid] ?? 0).toString(16).padStart(2, '0')
      return this.#at(data, invalid, 'not-utf8', `the byte 0x${byte} is not UTF-8`, 'write the log as UTF-8')
    }
    if (nul >= 0) return this.#at(data, nul, 'nul-byte', 'the log has a NUL byte: it is not text', 'give a text file')
    return data.length > MAX_LINE_BYTES ? this.#longLine(data) : undefined
  }

  #longLine(data: Buffer): Flaw | undefined {
    let line = this.#line
    for (let at = 0; at < data.length; line++) {
      const newline = data.indexOf(NEWLINE, at)
      const end = newline < 0 ? data.length : newline
      if (end - at > MAX_LINE_BYTES) return { offset: at, error: this.#tooLong(line) }
      at = end + 1
    }
    return undefined
  }

  #at(data: Buffer, offset: number, code: string, message: string, hint: string): Flaw {
    const before = data.subarray(0, offset).toString()
    const line = this.#line + before.split('\n').length - 1
    return { offset, error: this.#error(code, message, hint, line, before.length - before.lastIndexOf('\n')) }
  }
}

/**
 * The lines of a file, or of stdin for `-`, a batch at a time. Ends early, without an error, when the signal comes; a line
 * that has no end then is not given.
 * @throws LockstepError (exit 2) `unreadable`, `not-text`, `not-utf8`, `nul-byte`, `line-too-long`, `truncated` or
 * `damaged`, after the batches before it
 */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<Lines> {
  const splitter = new Splitter(file)
  try {
    for await (const piece of unpacked(file, signal)) {
      if (signal?.aborted === true) return
      yield* splitter.push(piece)
    }
  } catch (error) {
    if (!(error instanceof Damaged)) throw error
    // what the signal has cut off is not the writer's fault
    if (signal?.aborted === true) return
    const hint = error.truncated ? 'it was not written to its end: compress it again' : 'compress it again'
    throw splitter.errorHere(error.truncated ? 'truncated' : 'damaged', error.message, hint)
  }
  if (signal?.aborted !== true) yield* splitter.end()
}

/** A log that is being read, and what ends that, even a read that waits for input. */
export const openLog = (
  file: string,
  signal: AbortSignal,
): { readonly batches: AsyncIterable<Lines>; readonly stop: () => void } => {
  const enough = new AbortController()
  const stop = (): void => {
    enough.abort()
  }
  return { batches: readLines(file, AbortSignal.any([signal, enough.signal])), stop }
}

/** Compressed logs, decompressed a piece at a time: gzip by Node, zstd (which Node 20 has not) by fzstd. */

import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { LockstepError } from '../../impl/lib/kernel/error.ts'

/** What was compressed cannot be had back from here on. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
  readonly truncated: boolean

  constructor(message: string, truncated: boolean) {
    super(message)
    this.truncated = truncated
  }
}

const GUNZIP_PIECE = 128 * 1024

/** https://nodejs.org/api/zlib.html: the code of an input that ends too early. */
const ENDS_EARLY = 'Z_BUF_ERROR'

/** Decompresses gzip, members one after the other as gzip does. */
export async function* gunzip(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: GUNZIP_PIECE })
  const source = Readable.from(pieces)
  // the error of any part reaches the loop below through the last one
  pipeline(source, stream, () => undefined)
  try {
    for await (const piece of stream) yield piece as Buffer
  } catch (error) {
    if (error instanceof LockstepError) throw error
    const code = (error as { code?: string }).code
    const message = error instanceof Error ? error.message : String(error)
    throw code === ENDS_EARLY
      ? new Damaged('the gzip data ends too early', true)
      : new Damaged(`gzip: ${message}`, false)
  } finally {
    source.destroy()
  }
}

// Frames of zstd, RFC 8878: magic number, header, blocks, perhaps a checksum; or a frame to be skipped.
const ZSTD_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
/** The most that the zstd tool itself decompresses unless it is told otherwise; a header alone may ask for 2 GB. */
const MAX_WINDOW = 128 * 1024 * 1024
const MAX_BLOCK = 128 * 1024

const bad = (message: string): Damaged => new Damaged(`zstd: ${message}`, false)

interface FrameHeader {
  readonly bytes: number
  readonly checksum: number
}

/** The header of a frame; `undefined` if its end is not there yet. Refuses what fzstd would not see. */
const frameHeader = (data: Buffer, at: number): FrameHeader | undefined => {
  if (data.length < at + 5) return undefined
  const flags = data[at + 4] ?? 0
  const singleSegment = (flags >> 5) & 1
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0
  const sizeBytes = [singleSegment, 2, 4, 8][flags >> 6] ?? 0
  const bytes = 6 - singleSegment + dictionaryBytes + sizeBytes
  if (data.length < at + bytes) return undefined
  if ((flags & 8) !== 0) throw bad('a reserved bit is set')
  const dictionaryAt = at + 6 - singleSegment
  if (dictionaryBytes > 0 && data.readUIntLE(dictionaryAt, dictionaryBytes) !== 0) throw bad('it needs a dictionary')
  const window = singleSegment === 0 ? windowOf(data[at + 5] ?? 0) : sizeOf(data, at + bytes - sizeBytes, sizeBytes)
  if (window > MAX_WINDOW) throw bad(`its window is larger than ${MAX_WINDOW / 2 ** 20} MiB`)
  return { bytes, checksum: (flags & 4) === 0 ? 0 : 4 }
}

const windowOf = (descriptor: number): number => {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

const sizeOf = (data: Buffer, at: number, bytes: number): number => {
  if (bytes === 8) return Number(data.readBigUInt64LE(at))
  return data.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

/** What of a zstd stream comes next. */
type Part =
  | { readonly kind: 'frame' }
  | { readonly kind: 'skip'; readonly left: number }
  | { readonly kind: 'block'; readonly frame: Decompress; readonly checksum: number }

/**
 * Follows the frames and gives fzstd one block at a time: what a block becomes is at most 128 KiB, and what a larger piece
 * becomes, many blocks of one repeated byte, has no limit.
 */
class ZstdReader {
  #pending: Buffer = Buffer.alloc(0)
  #at = 0
  #part: Part = { kind: 'frame' }

  push(piece: Buffer): void {
    const rest = this.#pending.subarray(this.#at)
    this.#pending = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    this.#at = 0
  }

  /** Between two frames, where a stream may end. */
  get complete(): boolean {
    return this.#part.kind === 'frame' && this.#at === this.#pending.length
  }

  /** What the next part becomes; `undefined` if more input is needed. */
  next(): readonly Uint8Array[] | undefined {
    const part = this.#part
    if (part.kind === 'frame') return this.#frame()
    if (part.kind === 'skip') return this.#skip(part.left)
    return this.#block(part.frame, part.checksum)
  }

  #frame(): readonly Uint8Array[] | undefined {
    const data = this.#pending
    const at = this.#at
    if (data.length < at + 8) return undefined
    const magic = data.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      this.#at += 8
      this.#part = { kind: 'skip', left: data.readUInt32LE(at + 4) }
      return []
    }
    if (magic !== ZSTD_MAGIC) throw bad('there is something else after it')
    const header = frameHeader(data, at)
    if (header === undefined) return undefined
    const out: Uint8Array[] = []
    const frame = new Decompress()
    this.#feed(frame, header.bytes, false, out)
    this.#part = { kind: 'block', frame, checksum: header.checksum }
    return out
  }

  #skip(left: number): readonly Uint8Array[] | undefined {
    const skipped = Math.min(left, this.#pending.length - this.#at)
    this.#at += skipped
    this.#part = skipped === left ? { kind: 'frame' } : { kind: 'skip', left: left - skipped }
    return skipped === left ? [] : undefined
  }

  #block(frame: Decompress, checksum: number): readonly Uint8Array[] | undefined {
    const data = this.#pending
    const at = this.#at
    if (data.length < at + 3) return undefined
    const header = data.readUIntLE(at, 3)
    const last = (header & 1) === 1
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type === 3 || size > MAX_BLOCK) throw bad('a block that cannot be')
    // a block of one repeated byte has that byte only
    const bytes = 3 + (type === 1 ? 1 : size) + (last ? checksum : 0)
    if (data.length < at + bytes) return undefined
    const out: Uint8Array[] = []
    this.#feed(frame, bytes, last, out)
    if (last) this.#part = { kind: 'frame' }
    return out
  }

  #feed(frame: Decompress, bytes: number, last: boolean, out: Uint8Array[]): void {
    frame.ondata = (piece) => {
      if (piece.length > 0) out.push(piece)
    }
    try {
      frame.push(this.#pending.subarray(this.#at, this.#at + bytes), last)
    } catch (error) {
      // its own errors, and those of typed arrays that it was made to reach beyond
      throw bad(error instanceof Error ? error.message : String(error))
    }
    this.#at += bytes
  }
}

/** Decompresses zstd, frames one after the other as zstd does. A checksum is not compared: fzstd has none. */
export async function* unzstd(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ZstdReader()
  for await (const piece of pieces) {
    reader.push(piece)
    for (let out = reader.next(); out !== undefined && !(out.length === 0 && reader.complete); out = reader.next()) {
      for (const { buffer, byteOffset, byteLength } of out) yield Buffer.from(buffer, byteOffset, byteLength)
    }
  }
  if (!reader.complete) throw new Damaged('the zstd data ends too early', true)
}

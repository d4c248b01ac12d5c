/** Compressed logs, decompressed a piece at a time: gzip by Node, zstd (which Node 20 has not) by fzstd. */

import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Decompress } from 'fzstd'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Input } from './bytes.ts'

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
export async function* gunzip(input: Input): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: GUNZIP_PIECE })
  const source = Readable.from(input.rest())
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

/** So many bytes, perhaps with some behind them. */
const need = async (input: Input, bytes: number): Promise<Buffer> => {
  const data = await input.atLeast(bytes)
  if (data.length < bytes) throw new Damaged('the zstd data ends too early', true)
  return data
}

interface FrameHeader {
  readonly bytes: number
  readonly checksum: number
}

/** The header of the frame that comes next. Refuses what fzstd would not see. */
const frameHeader = async (input: Input): Promise<FrameHeader> => {
  const flags = (await need(input, 5))[4] ?? 0
  const singleSegment = (flags >> 5) & 1
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0
  const sizeBytes = [singleSegment, 2, 4, 8][flags >> 6] ?? 0
  const bytes = 6 - singleSegment + dictionaryBytes + sizeBytes
  const data = await need(input, bytes)
  if ((flags & 8) !== 0) throw bad('a reserved bit is set')
  const dictionaryAt = 6 - singleSegment
  if (dictionaryBytes > 0 && data.readUIntLE(dictionaryAt, dictionaryBytes) !== 0) throw bad('it needs a dictionary')
  const window = singleSegment === 0 ? windowOf(data[5] ?? 0) : sizeOf(data, bytes - sizeBytes, sizeBytes)
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

/** Passes over so many bytes, which may be more than should be in memory. */
const skip = async (input: Input, bytes: number): Promise<void> => {
  for (let left = bytes; left > 0;) left -= input.take(Math.min(left, (await need(input, 1)).length)).length
}

/** What the next bytes of a frame become. */
const fed = (frame: Decompress, data: Buffer, last: boolean): Buffer[] => {
  const out: Buffer[] = []
  frame.ondata = ({ buffer, byteOffset, byteLength }) => {
    if (byteLength > 0) out.push(Buffer.from(buffer, byteOffset, byteLength))
  }
  try {
    frame.push(data, last)
  } catch (error) {
    // its own errors, and those of typed arrays that it was made to reach beyond
    throw bad(error instanceof Error ? error.message : String(error))
  }
  return out
}

/**
 * Follows a frame and gives fzstd one block at a time: what a block becomes is at most 128 KiB, and what a larger piece
 * becomes, many blocks of one repeated byte, has no limit.
 */
async function* frameOf(input: Input): AsyncGenerator<Buffer> {
  const start = await need(input, 8)
  const magic = start.readUInt32LE(0)
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    await skip(input, 8 + start.readUInt32LE(4))
    return
  }
  if (magic !== ZSTD_MAGIC) throw bad('there is something else after it')
  const { bytes: headerBytes, checksum } = await frameHeader(input)
  const frame = new Decompress()
  yield* fed(frame, input.take(headerBytes), false)
  for (let last = false; !last;) {
    const header = (await need(input, 3)).readUIntLE(0, 3)
    last = (header & 1) === 1
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type === 3 || size > MAX_BLOCK) throw bad('a block that cannot be')
    // a block of one repeated byte has that byte only
    const bytes = 3 + (type === 1 ? 1 : size) + (last ? checksum : 0)
    await need(input, bytes)
    yield* fed(frame, input.take(bytes), last)
  }
}

/** Decompresses zstd, frames one after the other as zstd does. A checksum is not compared: fzstd has none. */
export async function* unzstd(input: Input): AsyncGenerator<Buffer> {
  while ((await input.atLeast(1)).length > 0) yield* frameOf(input)
}

/**
 * The bytes of a log, a piece at a time, from a file, a fifo or stdin. A read that never ends (a fifo nobody writes to, a
 * tracer that runs on) must not outlive the signal, so nothing here blocks a thread in `open` or `read`.
 */

import { constants, createReadStream, fstatSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { addAbortSignal } from 'node:stream'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { kindOf, whyUnreadable } from '../node/input.ts'
import { standardInput, STDIN } from '../node/stdin.ts'

/** What is read at a time: large enough that the work per piece is lost in the work per line. */
const PIECE = 256 * 1024

/** The pieces of a stream; ends, and closes it, when the signal comes. */
async function* fromStream(stream: Readable, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    yield* (signal === undefined ? stream : addAbortSignal(signal, stream)) as AsyncIterable<Buffer>
  } catch (error) {
    if (signal?.aborted !== true) throw error
  }
}

/**
 * A fifo as a socket: it is told when there is something to read, so that closing it takes effect at once. Without
 * O_NONBLOCK the open would wait for the writer, in a thread that nothing can call back.
 */
const openFifo = (file: string): Socket =>
  new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })

const open = async (file: string): Promise<Readable> => {
  if (file === '-') return standardInput()
  const stats = await stat(file)
  if (stats.isFIFO()) return openFifo(file)
  if (stats.isFile()) return createReadStream(file, { highWaterMark: PIECE })
  // a device may never answer, nor let go of the thread that asks it
  throw new Error(`it is ${kindOf(stats)}, neither a file nor a pipe`)
}

/** The pieces of a file, or of stdin for `-`; fewer if the signal comes. */
export async function* readBytes(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* fromStream(await open(file), signal)
  } catch (error) {
    throw badInput({
      code: 'unreadable',
      message: `cannot read the log: ${whyUnreadable(error)}`,
      file,
      hint: 'give the path of a log, or - for stdin',
    })
  }
}

/** Pieces of which somebody wants to see the first bytes before anything is made of them. */
export class Input {
  readonly #pieces: AsyncGenerator<Buffer>
  #pending: Buffer = Buffer.alloc(0)

  constructor(pieces: AsyncGenerator<Buffer>) {
    this.#pieces = pieces
  }

  /** What there is, so many bytes or more; less only where the input ends. */
  async atLeast(bytes: number): Promise<Buffer> {
    while (this.#pending.length < bytes) {
      const next = await this.#pieces.next()
      if (next.done === true) break
      this.#pending = Buffer.concat([this.#pending, next.value])
    }
    return this.#pending
  }

  /** Takes so many of the bytes that there are. */
  take(bytes: number): Buffer {
    const taken = this.#pending.subarray(0, bytes)
    this.#pending = this.#pending.subarray(bytes)
    return taken
  }

  /** All that was not taken. */
  async *rest(): AsyncGenerator<Buffer> {
    yield this.take(this.#pending.length)
    yield* this.#pieces
  }
}

/** Is it a pipe, a fifo or a terminal, whose writer may be slow or wait for ever? What cannot be read is not. */
export const isLive = async (file: string): Promise<boolean> => {
  try {
    return !(file === '-' ? fstatSync(STDIN) : await stat(file)).isFile()
  } catch {
    return false
  }
}

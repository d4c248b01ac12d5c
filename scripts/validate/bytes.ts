/**
 * The bytes of a log, a piece at a time, from a file, a fifo or stdin. A read that never ends (a fifo nobody writes to, a
 * tracer that runs on) must not outlive the signal, so nothing here blocks a thread in `open` or `read`.
 */

import { constants, fstatSync, openSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, stat } from 'node:fs/promises'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { kindOf, whyUnreadable } from '../node/input.ts'
import { standardInput, STDIN } from '../node/stdin.ts'

/** What is read at a time: large enough that the work per piece is lost in the work per line. */
const PIECE = 256 * 1024

const unreadable = (file: string, error: unknown): Error =>
  badInput({
    code: 'unreadable',
    message: `cannot read the log: ${whyUnreadable(error)}`,
    file,
    hint: 'give the path of a log, or - for stdin',
  })

/**
 * A promise, or `aborted` if the signal comes first. The listener goes with the promise: a `Promise.race` with one that
 * stays would keep something of every piece that was ever read.
 */
const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | 'aborted'> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      resolve('aborted')
    }
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', stop)
    })
  })

/** The pieces of a stream; ends, and closes it, when the signal comes. */
async function* fromStream(stream: Readable, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const iterator = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = iterator.next()
      const result = signal === undefined ? await next : await unlessAborted(next, signal)
      if (result === 'aborted') return
      if (result.done === true) return
      yield result.value
    }
  } finally {
    stream.destroy()
  }
}

async function* fromFile(handle: FileHandle, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    while (signal?.aborted !== true) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(PIECE), 0, PIECE)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

/**
 * A fifo as a socket: it is told when there is something to read, so that closing it takes effect at once. Without
 * O_NONBLOCK the open would wait for the writer, in a thread that nothing can call back.
 */
const openFifo = (file: string): Socket =>
  new Socket({ fd: openSync(file, constants.O_RDONLY | constants.O_NONBLOCK), readable: true, writable: false })

/** The pieces of a file, or of stdin for `-`; fewer if the signal comes. */
export async function* readBytes(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  try {
    if (file === '-') yield* fromStream(standardInput(), signal)
    else {
      const stats = await stat(file)
      if (stats.isFIFO()) yield* fromStream(openFifo(file), signal)
      else if (stats.isFile()) yield* fromFile(await open(file), signal)
      // a device may never answer, nor let go of the thread that asks it
      else throw new Error(`it is ${kindOf(stats)}, neither a file nor a pipe`)
    }
  } catch (error) {
    throw unreadable(file, error)
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

/** Reads files that come from elsewhere: bounded, as text, with one clear error. Nothing here waits inside of the system. */

import type { Stats } from 'node:fs'
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { badInput, LockstepError } from '../../impl/lib/kernel/error.ts'
import { whyFailed } from './failure.ts'
import { standardInput } from './stdin.ts'

/** Larger inputs are refused: no trace of a model here is anywhere near. */
export const MAX_BYTES = 64 * 1024 * 1024

/** Why a file cannot be read, for a message. */
export const whyUnreadable = (error: unknown): string => {
  const code = (error as { code?: string }).code
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EISDIR') return 'it is a directory'
  return whyFailed(error)
}

/** What something that is no plain file is. */
export const kindOf = (stats: Stats): string => {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a fifo'
  if (stats.isSocket()) return 'a socket'
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return 'a device'
  return 'something else'
}

const unreadable = (file: string, why: string, what: string, more = ''): Error =>
  badInput({
    code: 'unreadable',
    message: `cannot read the file: ${why}`,
    file,
    hint: `give the path of a ${what}${more}`,
  })

const tooLarge = (file: string, what: string, most: number): Error =>
  badInput({
    code: 'too-large',
    message: `the input is larger than ${most / 2 ** 20} MiB`,
    file,
    hint: `give one ${what}`,
  })

/** All bytes of an open file, if there are no more than `most`. */
const readAll = (fd: number, most: number): Buffer | 'too-large' => {
  const chunks: Buffer[] = []
  for (let total = 0; ;) {
    const chunk = Buffer.allocUnsafe(64 * 1024)
    const length = readSync(fd, chunk)
    if (length === 0) return Buffer.concat(chunks)
    total += length
    if (total > most) return 'too-large'
    chunks.push(chunk.subarray(0, length))
  }
}

/**
 * The bytes of a plain file, and of nothing else: a fifo may never have a writer, a device never an end.
 *
 * @param what it should be, for errors
 * @throws LockstepError (exit 2) `unreadable`, `too-large`
 */
export const readPlainFile = (file: string, what: string, most: number = MAX_BYTES): Buffer => {
  let bytes: Buffer | 'too-large'
  try {
    // looked at before it is opened: to open a device may do something
    if (!statSync(file).isFile()) throw unreadable(file, `it is ${kindOf(statSync(file))}, no plain file`, what)
    const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      if (!fstatSync(fd).isFile()) throw unreadable(file, 'it is no plain file', what)
      bytes = readAll(fd, most)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (error instanceof LockstepError) throw error
    throw unreadable(file, whyUnreadable(error), what)
  }
  if (bytes === 'too-large') throw tooLarge(file, what, most)
  return bytes
}

const refuseNul = (bytes: Buffer, file: string): void => {
  const nul = bytes.indexOf(0)
  if (nul < 0) return
  const before = bytes.subarray(0, nul).toString('latin1')
  throw badInput({
    code: 'nul-byte',
    message: 'the input has a NUL byte: it is not text',
    file,
    line: before.split('\n').length,
    column: nul - before.lastIndexOf('\n'),
    hint: 'give a text file',
  })
}

const textOf = (bytes: Buffer, file: string): string => {
  refuseNul(bytes, file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badInput({ code: 'not-utf8', message: 'the input is not UTF-8 text', file, hint: 'give a text file' })
  }
}

/** The text of a plain file; refuses more than `MAX_BYTES`, NUL bytes and what is not UTF-8. */
export const readPlainText = (file: string, what: string): string => textOf(readPlainFile(file, what), file)

const readStandardInput = async (what: string): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of standardInput() as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > MAX_BYTES) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw unreadable('-', whyUnreadable(error), what)
  }
  if (bytes > MAX_BYTES) throw tooLarge('-', what, MAX_BYTES)
  return Buffer.concat(chunks)
}

/** The text of a plain file, or of stdin for `-`; `what` it should be, for errors. Refuses as {@link readPlainText}. */
export const readText = async (file: string, what = 'trace'): Promise<string> =>
  file === '-' ? textOf(await readStandardInput(what), file) : readPlainText(file, what)

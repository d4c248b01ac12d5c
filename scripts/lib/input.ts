/** Reads files that come from elsewhere: bounded, as text, with one clear error. */

import { createReadStream } from 'node:fs'
import { badInput } from '../../impl/lib/error.ts'

/** Larger inputs are refused: no trace of a model here is anywhere near. */
export const MAX_BYTES = 64 * 1024 * 1024

/** Why a file cannot be read, for a message. */
export const whyUnreadable = (error: unknown): string => {
  const code = (error as { code?: string }).code
  if (code === 'ENOENT') return 'no such file'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'EACCES') return 'permission denied'
  return error instanceof Error ? error.message : String(error)
}

/** The text of a file, or of stdin for `-`; `what` it should be, for errors. Refuses more than `MAX_BYTES`, NUL bytes and what is not UTF-8. */
export const readText = async (file: string, what = 'trace'): Promise<string> => {
  const stream = file === '-' ? process.stdin : createReadStream(file)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > MAX_BYTES) break
      chunks.push(chunk)
    }
  } catch (error) {
    throw badInput({
      code: 'unreadable',
      message: `cannot read the file: ${whyUnreadable(error)}`,
      file,
      hint: `give the path of a ${what}`,
    })
  }
  if (bytes > MAX_BYTES) {
    throw badInput({
      code: 'too-large',
      message: `the input is larger than ${MAX_BYTES / 2 ** 20} MiB`,
      file,
      hint: `give one ${what}`,
    })
  }
  const whole = Buffer.concat(chunks)
  const nul = whole.indexOf(0)
  if (nul >= 0) {
    const before = whole.subarray(0, nul).toString('latin1')
    const line = before.split('\n').length
    const column = nul - before.lastIndexOf('\n')
    throw badInput({
      code: 'nul-byte',
      message: 'the input has a NUL byte: it is not text',
      file,
      line,
      column,
      hint: 'give a text file',
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(whole)
  } catch {
    throw badInput({ code: 'not-utf8', message: 'the input is not UTF-8 text', file, hint: 'give a text file' })
  }
}

/** Lines of a file or of stdin, a batch at a time. */

import { createReadStream } from 'node:fs'
import { badInput } from '../../impl/lib/error.ts'

/** Some lines that follow one another. */
export interface Batch {
  /** number of the first, from 1 */
  readonly firstLine: number
  readonly lines: readonly string[]
}

/** Reads lines; `-` is stdin. */
export async function* readLines(
  file: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<Batch> {
  const stream = file === '-' ? process.stdin : createReadStream(file)
  stream.setEncoding('utf8')
  let rest = ''
  let firstLine = 1
  try {
    for await (const chunk of stream as AsyncIterable<string>) {
      if (signal?.aborted === true) return
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      yield { firstLine, lines }
      firstLine += lines.length
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw badInput({ code: 'unreadable', message: `cannot read the file: ${message}`, file, hint: 'give a log' })
  }
  if (rest !== '') yield { firstLine, lines: [rest] }
}

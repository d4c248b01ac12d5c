/** From a frame of a call stack to the line of the source that a person wrote: what runs may be what the compiler made of it. */

import { SourceMap } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { SourceMapPayload } from 'node:module'
import type { Locate } from '../../impl/lib/prove/machine.ts'
import type { Frame } from '../../impl/lib/prove/statements.ts'
import { readPlainText } from '../node/input.ts'
import type { Home } from '../../impl/lib/protocol/protocol.ts'
import { shownPath } from '../workspace/package.ts'

const read = (file: string): string | undefined => {
  try {
    return readPlainText(file, 'source')
  } catch {
    return undefined
  }
}

/** Reads each file once. */
const cached = <T>(make: (file: string) => T): ((file: string) => T) => {
  const known = new Map<string, { readonly value: T }>()
  return (file) => {
    const found = known.get(file) ?? { value: make(file) }
    known.set(file, found)
    return found.value
  }
}

const mapOf = (file: string): SourceMap | undefined => {
  const text = file.endsWith('.js') ? read(`${file}.map`) : undefined
  return text === undefined ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload)
}

const pathOf = (file: string): string => (file.startsWith('file:') ? fileURLToPath(file) : file)

/** Finds sources; a file without a map is its own source. */
export const locator = (home: Home): Locate => {
  const maps = cached(mapOf)
  const lines = cached((file) => read(file)?.split('\n'))
  const original = (frame: Frame): { file: string; line: number } => {
    const file = pathOf(frame.file)
    const entry = maps(file)?.findEntry(frame.line - 1, frame.column - 1)
    if (entry === undefined || !('originalSource' in entry)) return { file, line: frame.line }
    return { file: resolve(dirname(file), entry.originalSource), line: entry.originalLine + 1 }
  }
  return (frame) => {
    if (frame.file.startsWith('node:')) return undefined
    const { file, line } = original(frame)
    const text = lines(file)?.[line - 1]
    return text === undefined ? undefined : { file: shownPath(home, file), line, text }
  }
}

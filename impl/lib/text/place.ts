/** From an offset in a text to the line and column a person looks for. */

import type { Place } from '../kernel/error.ts'

/**
 * Line and column of an offset, both from 1.
 * @param from where the text itself begins in its file; line 1, column 1 if not given
 */
export const placeAt = (text: string, offset: number, from: Place = {}): Place => {
  let line = 0
  let lineStart = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1
    lineStart = at + 1
  }
  const before = line === 0 ? (from.column ?? 1) - 1 : 0
  const file = from.file === undefined ? {} : { file: from.file }
  return { ...file, line: (from.line ?? 1) + line, column: before + offset - lineStart + 1 }
}

/** What stands at an offset, for an error message. */
export const whatIsAt = (text: string, offset: number): string => {
  const character = text.codePointAt(offset)
  if (character === undefined) return 'the end of the text'
  if (character < 0x20 || character === 0x7f)
    return `the character U+${character.toString(16).toUpperCase().padStart(4, '0')}`
  return `'${String.fromCodePoint(character)}'`
}

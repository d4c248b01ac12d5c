/** From an offset in a text to the line and column a person looks for. */

import type { Place } from '../kernel/error.ts'

/**
 * Line and column, both from 1, of offsets in a text.
 * @param from where the text itself begins in its file; line 1, column 1 if not given
 */
export const placesIn = (text: string, from: Place = {}): ((offset: number) => Place) => {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const file = from.file === undefined ? {} : { file: from.file }
  return (offset) => {
    let [line, after] = [0, starts.length]
    while (line + 1 < after) {
      const middle = (line + after) >>> 1
      if ((starts[middle] ?? Infinity) <= offset) line = middle
      else after = middle
    }
    const before = line === 0 ? (from.column ?? 1) - 1 : 0
    return { ...file, line: (from.line ?? 1) + line, column: before + offset - (starts[line] ?? 0) + 1 }
  }
}

/** The same of one offset. */
export const placeAt = (text: string, offset: number, from: Place = {}): Place => placesIn(text, from)(offset)

/** What stands at an offset, for an error message. */
export const whatIsAt = (text: string, offset: number): string => {
  const character = text.codePointAt(offset)
  if (character === undefined) return 'the end of the text'
  if (character < 0x20 || character === 0x7f)
    return `the character U+${character.toString(16).toUpperCase().padStart(4, '0')}`
  return `'${String.fromCodePoint(character)}'`
}

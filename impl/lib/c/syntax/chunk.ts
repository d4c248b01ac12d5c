/** A declaration while its tree is built: the shape that tree-sitter found, and the words that it was shown. */

import { errorAtToken, quoted } from './error.ts'
import type { CSyntaxCode } from './error.ts'
import type { Shown } from './shown-word.ts'
import type { Shape } from './shape.ts'
import type { Span } from './source.ts'
import { TokenSpan } from './span.ts'

export class Chunk {
  private readonly shown: readonly Shown[]

  constructor(shown: readonly Shown[]) {
    this.shown = shown
  }

  word(at: number): Shown {
    const word = this.shown[at] ?? this.shown.at(-1)
    if (word === undefined) throw new RangeError('a declaration has words')
    return word
  }

  spanOf(shape: Shape): Span {
    return this.span(shape.first, shape.last)
  }

  span(first: number, last: number): Span {
    return new TokenSpan(this.word(first).first, this.word(last).last)
  }

  /** The name that a leaf is; undefined for one that nobody wrote. */
  nameOf(shape: Shape): string | undefined {
    const { kind, first, isAdded = false } = this.word(shape.first)
    // tree-sitter takes a keyword for a name where the keyword has no place
    if (kind !== 'name') throw this.misplaced(shape)
    return isAdded ? undefined : first.text
  }

  error(code: CSyntaxCode, shape: Shape, message: string, hint: string): Error {
    return errorAtToken(code, this.word(shape.first).first, message, hint)
  }

  /** For what a practical subset leaves out. */
  unsupported(shape: Shape, what: string, hint: string): Error {
    return this.error('c-unsupported', shape, `${what} is not supported`, hint)
  }

  /** For a word that has no place here. */
  misplaced(shape: Shape, hint = 'It may be a word of C, or belong to a macro whose file is not included.'): Error {
    const before = shape.first > 0 ? ` behind ${quoted(this.word(shape.first - 1).last)}` : ''
    const message = `${quoted(this.word(shape.first).first)} was not expected here${before}`
    return this.error('c-syntax', shape, message, hint)
  }

  /** For what tree-sitter takes and C does not. */
  unexpected(shape: Shape, expected: string): Error {
    const message = `${quoted(this.word(shape.first).first)} where ${expected} was expected`
    return this.error('c-syntax', shape, message, 'Compare with the declarations around it.')
  }
}

export const partOf = (shape: Shape, field: string): Shape | undefined =>
  shape.parts.find((part) => part.field === field)

export const partsOf = (shape: Shape, field: string): Shape[] => shape.parts.filter((part) => part.field === field)

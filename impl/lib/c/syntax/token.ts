/** A token of C, and how it came to be where it is: as it is written, as the argument of a macro, or out of a macro's text. */

import type { SourceText } from './text.ts'

export type TokenKind = 'name' | 'number' | 'char' | 'string' | 'punctuator' | 'other'

/** One use of a macro as it is written in a file. What a macro's text uses in its turn belongs to the use that is written. */
export class Use {
  /** the macro that is named where the use is written */
  readonly macro: string
  readonly source: SourceText
  readonly start: number
  readonly end: number

  constructor(macro: string, source: SourceText, start: number, end: number) {
    this.macro = macro
    this.source = source
    this.start = start
    this.end = end
  }
}

/**
 * One occurrence of an argument in what a macro stands for. Tokens that share it stand beside each other as they do in the file; with
 * any other token they have only the use in common.
 */
export class Inside {
  readonly use: Use
  /** the occurrence that the use itself is part of */
  readonly outer: Inside | undefined

  constructor(use: Use, outer: Inside | undefined) {
    this.use = use
    this.outer = outer
  }
}

export class Token {
  readonly kind: TokenKind
  readonly text: string
  /** where it is written; of a token out of a macro's text that is the use, see `use` */
  readonly source: SourceText
  readonly start: number
  readonly end: number
  /** whether white space stands before it */
  readonly spaced: boolean
  /** whether it is the first of its line */
  readonly first: boolean
  /** the use of a macro out of whose text it comes; undefined for what is written as it is */
  readonly use: Use | undefined
  readonly inside: Inside | undefined
  /** whether it is the name of a macro that was met in its own text, and is no macro any more */
  readonly painted: boolean

  constructor(
    kind: TokenKind,
    text: string,
    at: { readonly source: SourceText; readonly start: number; readonly end: number },
    look: { readonly spaced: boolean; readonly first: boolean },
    from?: { readonly use: Use | undefined; readonly inside: Inside | undefined; readonly painted?: boolean },
  ) {
    this.kind = kind
    this.text = text
    this.source = at.source
    this.start = at.start
    this.end = at.end
    this.spaced = look.spaced
    this.first = look.first
    this.use = from?.use
    this.inside = from?.inside
    this.painted = from?.painted ?? false
  }

  /** The same token as an argument that stands in what a macro makes of it. */
  moved(inside: Inside | undefined, spaced = this.spaced): Token {
    const { use, painted } = this
    return new Token(this.kind, this.text, this, { spaced, first: false }, { use, inside, painted })
  }

  /** The name of a macro within its own text. */
  paint(): Token {
    const { use, inside } = this
    return new Token(this.kind, this.text, this, this, { use, inside, painted: true })
  }

  is(text: string): boolean {
    return this.text === text && this.kind !== 'string' && this.kind !== 'char'
  }
}

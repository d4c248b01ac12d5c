/** What can be wrong with C source, with the place in the file that somebody wrote. */

import type { LockstepError } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'
import { shown } from '../../text/shown.ts'
import { TokenSpan } from './span.ts'
import type { Place } from './source.ts'
import type { Token } from './token.ts'

export type CSyntaxCode =
  /** not C */
  | 'c-syntax'
  /** a directive or a macro that has no meaning */
  | 'c-preprocessor'
  /** a file that is not there, or that includes itself */
  | 'c-include'
  /** C, but not in the subset */
  | 'c-unsupported'
  /** larger or deeper than is taken */
  | 'c-too-large'

export const errorAt = (code: CSyntaxCode, place: Place, message: string, hint: string): LockstepError => {
  const { file, line, column } = place
  return badInput({ code, message, hint, file, line, column })
}

/** An error at a token; one that a macro's text has is told as part of its use. */
export const errorAtToken = (code: CSyntaxCode, token: Token, message: string, hint: string): LockstepError => {
  const { use } = token
  const whole = use === undefined ? message : `${message}, in what the macro ${shown(use.macro)} stands for`
  return errorAt(code, new TokenSpan(token, token), whole, hint)
}

/** A token as an error message quotes it. */
export const quoted = (token: Token | undefined): string =>
  token === undefined ? 'the end of the file' : `'${shown(token.text)}'`

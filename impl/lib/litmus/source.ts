/** The text of a litmus test and the errors that point into it; what reads or runs a test reports through here. */

import type { LockstepError } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import { placeAt } from '../text/place.ts'

/** Offset into the text of a test: where something is written. */
export type At = number

/** What is wrong, by stable code. */
export type LitmusCode =
  /** not the notation of a litmus test */
  | 'litmus-syntax'
  /** herd's or C's, but not in the subset */
  | 'litmus-unsupported'
  /** a location, thread, register or function that is not there */
  | 'litmus-unknown'
  /** declared or given twice */
  | 'litmus-duplicate'
  /** a condition over nothing */
  | 'litmus-over-nothing'
  /** a step that has no meaning: an unset register is read, a division by zero, an integer dereferenced */
  | 'litmus-undefined'

/** An error at a place of the C front end. */
export const litmusError = (
  code: LitmusCode,
  { file, line, column }: { readonly file: string; readonly line: number; readonly column: number },
  message: string,
  hint: string,
): LockstepError => badInput({ code, message, hint, file, line, column })

/** A text with its name. */
export class Source {
  readonly text: string
  readonly file: string | undefined

  constructor(text: string, file?: string) {
    this.text = text
    this.file = file
  }

  /** What places in it are called after. */
  get name(): string {
    return this.file ?? '-'
  }

  /** Line and column, from 1. */
  place(at: At): { line: number; column: number } {
    const { line = 1, column = 1 } = placeAt(this.text, at)
    return { line, column }
  }

  /** A place in words, for remarks. */
  where(at: At): string {
    const { line, column } = this.place(at)
    return `line ${line}, column ${column}`
  }

  /** An error with its place, to be thrown. */
  error(code: LitmusCode, at: At, message: string, hint: string): LockstepError {
    const file = this.file === undefined ? {} : { file: this.file }
    return badInput({ code, message, hint, ...file, ...this.place(at) })
  }
}

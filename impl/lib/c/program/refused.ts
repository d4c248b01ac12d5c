/** Errors that point into a C file. */

import type { LockstepError } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'
import type { Place } from '../syntax/source.ts'

/** What is wrong, by stable code. */
export type CCode =
  /** C, but not in the subset */
  | 'c-unsupported'
  /** a name that nothing has */
  | 'c-unknown'
  /** declared twice */
  | 'c-duplicate'
  /** types that do not fit */
  | 'c-type'
  /** not a constant where C wants one */
  | 'c-constant'
  /** nothing to check: no thread */
  | 'c-nothing'
  /** an expression whose order C leaves open */
  | 'c-order'

/** An error with its place, to be thrown. */
export const refused = (code: CCode, { file, line, column }: Place, message: string, hint: string): LockstepError =>
  badInput({ code, message, hint, file, line, column })

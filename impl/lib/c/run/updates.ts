/** What a read-modify-write makes of a location, and what it gives. */

import type { Instruction } from '../program/ir.ts'
import type { IntType } from '../program/types.ts'
import { UNSIGNED_LONG } from '../program/types.ts'
import type { Value } from '../program/value.ts'
import { binary, fromInteger, integerOf, isPointer } from '../program/value.ts'
import { Fault } from '../program/evaluate.ts'
import { Meaningless } from '../program/value.ts'

type Update = Pick<Extract<Instruction, { kind: 'rmw' }>, 'update' | 'gives' | 'type'>

const writtenBy = ({ update }: Update, type: IntType, old: Value, args: readonly Value[]): Value | undefined => {
  const [a = 0, b = 0] = args
  switch (update) {
    case 'replace':
      return a
    case 'compare':
      return old === a ? b : undefined
    case 'unless':
      return old === b ? undefined : binary('+', type, old, a)
    case 'andnot':
      return binary('&', type, old, isPointer(a) ? a : fromInteger(-1n - integerOf(a)))
    default:
      return binary(update, type, old, a)
  }
}

const givenBy = ({ gives }: Update, old: Value, written: Value | undefined): Value => {
  switch (gives) {
    case 'nothing':
      return 0
    case 'old':
      return old
    case 'new':
      return written ?? old
    case 'is-zero':
      return (written ?? old) === 0 ? 1 : 0
    case 'is-negative':
      return integerOf(written ?? old) < 0n ? 1 : 0
    case 'done':
      return written === undefined ? 0 : 1
  }
}

/** @throws Fault where C gives it no meaning */
export const applied = (
  update: Update,
  old: Value,
  args: readonly Value[],
): { readonly written: Value | undefined; readonly given: Value } => {
  try {
    const type = update.type.kind === 'int' ? update.type : UNSIGNED_LONG
    const written = writtenBy(update, type, old, args)
    return { written, given: givenBy(update, old, written) }
  } catch (error) {
    if (error instanceof Meaningless) throw new Fault('WrongPointer', error.message)
    throw error
  }
}

/** Expressions of TLA+ as they are put together: their text, and how far it is what C means. */

import { quote } from '../../kernel/language/value.ts'
import type { FaultKind } from '../program/ir.ts'
import type { Value } from '../program/value.ts'
import { integerOf, isPointer, UNSET } from '../program/value.ts'

/** A pointer that is known but for one index: `&wants[` i `].flag`. */
export interface Path {
  readonly before: string
  readonly index: string
  readonly after: string
  /** of an array; undefined for what each thread has of its own, where the index is always right */
  readonly length: number | undefined
}

/** An expression. */
export interface Term {
  readonly text: string
  /** needs no parentheses */
  readonly isAtom: boolean
  /** the value of C; otherwise a number that is the same modulo 2^bits: TLC has no integers beyond 32 bits */
  readonly isExact: boolean
  /** not negative */
  readonly isNatural: boolean
  readonly bits: number
  readonly path: Path | undefined
  /** of 1 where that holds, 0 otherwise */
  readonly condition: string | undefined
  /** of a constant */
  readonly constant: Value | undefined
}

/** What has to be asked before: in this order. */
export interface Check {
  readonly when: string
  readonly fault: FaultKind
}

export const term = (text: string, more: Partial<Omit<Term, 'text'>> = {}): Term => ({
  text,
  isAtom: true,
  isExact: true,
  isNatural: false,
  bits: 64,
  path: undefined,
  condition: undefined,
  constant: undefined,
  ...more,
})

export const compound = (text: string, more: Partial<Omit<Term, 'text'>> = {}): Term =>
  term(text, { isAtom: false, ...more })

/** As an operand. */
export const operand = ({ text, isAtom }: { readonly text: string; readonly isAtom: boolean }): string =>
  isAtom ? text : `(${text})`

/** Does TLC have the integer? */
export const fitsTlc = (n: bigint): boolean => n >= -(2n ** 31n) && n < 2n ** 31n

/** A constant of C; undefined where TLC has nothing for it. */
export const constantTerm = (value: Value, bits = 64): Term | undefined => {
  if (value === UNSET) return term('UNSET', { constant: value })
  if (isPointer(value)) return term(quote(String(value)), { constant: value })
  const n = integerOf(value)
  if (fitsTlc(n)) return term(String(n), { isAtom: n >= 0n, isNatural: n >= 0n, constant: value })
  const near = BigInt.asIntN(bits, n)
  return fitsTlc(near) ? term(String(near), { isAtom: near >= 0n, isExact: false, bits, constant: value }) : undefined
}

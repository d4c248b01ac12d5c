/** What a register or a location holds, and C's operators on it: 32-bit integers that wrap, and addresses. */

import { match } from 'ts-pattern'
import type { LockstepError } from '../kernel/error.ts'
import type { BinaryOperator, UnaryOperator } from './ast.ts'

/** A 32-bit integer, or the address of the location of that name. */
export type Value = number | string

/** Makes the error for a step that C gives no meaning; the caller knows the place. */
export type Undefined = (what: string, hint: string) => LockstepError

/** Does C take it for true? An address is never NULL. */
export const isTrue = (value: Value): boolean => value !== 0

const truth = (b: boolean): number => (b ? 1 : 0)

const integer = (value: Value, operator: string, undefinedAs: Undefined): number => {
  if (typeof value === 'number') return value
  throw undefinedAs(`${operator} on the address &${value}`, 'addresses are compared with == and != only')
}

const notZero = (divisor: number, operator: string, undefinedAs: Undefined): number => {
  if (divisor !== 0) return divisor
  throw undefinedAs(`${operator === '/' ? 'a division' : 'a remainder'} by zero`, 'test the divisor first')
}

const shift = (count: number, undefinedAs: Undefined): number => {
  if (count >= 0 && count < 32) return count
  throw undefinedAs(`a shift by ${count}`, 'a 32-bit int is shifted by 0 to 31')
}

export const unary = (operator: UnaryOperator, value: Value, undefinedAs: Undefined): Value =>
  match(operator)
    .with('!', () => truth(!isTrue(value)))
    .with('-', () => (0 - integer(value, '-', undefinedAs)) | 0)
    .with('~', () => ~integer(value, '~', undefinedAs))
    .exhaustive()

/** Binary operators; `&&` and `||` are here for operands that have both been evaluated. */
export const binary = (operator: BinaryOperator, a: Value, b: Value, undefinedAs: Undefined): Value => {
  const int = (value: Value): number => integer(value, operator, undefinedAs)
  return match(operator)
    .with('==', () => truth(a === b))
    .with('!=', () => truth(a !== b))
    .with('&&', () => truth(isTrue(a) && isTrue(b)))
    .with('||', () => truth(isTrue(a) || isTrue(b)))
    .with('|', () => int(a) | int(b))
    .with('^', () => int(a) ^ int(b))
    .with('&', () => int(a) & int(b))
    .with('<', () => truth(int(a) < int(b)))
    .with('<=', () => truth(int(a) <= int(b)))
    .with('>', () => truth(int(a) > int(b)))
    .with('>=', () => truth(int(a) >= int(b)))
    .with('<<', () => int(a) << shift(int(b), undefinedAs))
    .with('>>', () => int(a) >> shift(int(b), undefinedAs))
    .with('+', () => (int(a) + int(b)) | 0)
    .with('-', () => (int(a) - int(b)) | 0)
    .with('*', () => Math.imul(int(a), int(b)))
    .with('/', () => (int(a) / notZero(int(b), '/', undefinedAs)) | 0)
    .with('%', () => (int(a) % notZero(int(b), '%', undefinedAs)) | 0)
    .exhaustive()
}

/** Integers by size, then addresses by name: the order in which herd lists states. */
export const compareValues = (a: Value, b: Value): number => {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  return typeof b === 'number' ? 1 : a < b ? -1 : a > b ? 1 : 0
}

/**
 * What a location or a local holds: an integer of C, or where a pointer points. A value is a number or a string, so that it can be
 * a result of a step, which is compared as JSON: an integer that a double does not have exactly is `#` and its digits, a pointer is
 * `&` and the place, NULL is 0, and `?` is what nobody has set.
 */

import type { BinaryOperator } from '../syntax/ast.ts'
import type { IntType } from './types.ts'

export type Value = number | string

/** What is in a local before anything is assigned to it. */
export const UNSET = '?'

export const NULL: Value = 0

/** The pointer to a place. */
export const pointer = (place: string): Value => `&${place}`

export const isPointer = (value: Value): boolean => typeof value === 'string' && value.startsWith('&')

/** The place that a pointer points to. */
export const placeOf = (value: Value): string => String(value).slice(1)

/** Does C take it for true? An address is never NULL. */
export const isTrue = (value: Value): boolean => value !== 0

const LARGE = '#'

/** The integer of a value that is one. */
export const integerOf = (value: Value): bigint =>
  typeof value === 'number' ? BigInt(value) : BigInt(value.startsWith(LARGE) ? value.slice(1) : 0)

/** The value of an integer. */
export const fromInteger = (n: bigint): Value =>
  n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : `${LARGE}${n}`

/** The integer as the type has it: wrapped around. A pointer in an integer stays what it is; whoever narrows it is told elsewhere. */
export const wrapped = (type: IntType, value: Value): Value => {
  if (isPointer(value) || value === UNSET) return value
  if (type.bits === 1) return isTrue(value) ? 1 : 0
  if (typeof value === 'number') {
    if (type.bits === 32) {
      if (value >= -0x80000000 && value <= 0x7fffffff && (type.signed || value >= 0)) return value
      if (Number.isSafeInteger(value)) return type.signed ? value | 0 : value >>> 0
    }
    if (type.bits < 32 && Number.isSafeInteger(value)) {
      const narrow = value & ((1 << type.bits) - 1)
      return type.signed && narrow >= 1 << (type.bits - 1) ? narrow - (1 << type.bits) : narrow
    }
    if (type.bits === 64 && Number.isSafeInteger(value) && (type.signed || value >= 0)) return value
  }
  const n = integerOf(value)
  return fromInteger(type.signed ? BigInt.asIntN(type.bits, n) : BigInt.asUintN(type.bits, n))
}

/** Operations that are computed in doubles where both operands are small, so that nothing is lost. */
const SMALL = 2 ** 26

/** Thrown where C gives an operation no meaning. */
export class Meaningless extends Error {
  readonly fault: 'division' | 'shift' | 'pointer'

  constructor(fault: Meaningless['fault'], message: string) {
    super(message)
    this.fault = fault
  }
}

/** Is one place the beginning of the other's name? Then what is there may begin at the same address. */
const isAround = (a: Value, b: Value): boolean => {
  const [outer, inner] = String(a).length < String(b).length ? [String(a), String(b)] : [String(b), String(a)]
  return inner.startsWith(outer) && (inner[outer.length] === '.' || inner[outer.length] === '[')
}

const compare = (operator: BinaryOperator, a: Value, b: Value): boolean | undefined => {
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  if (operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') return undefined
  const [x, y] = typeof a === 'number' && typeof b === 'number' ? [a, b] : [integerOf(a), integerOf(b)]
  if (operator === '<') return x < y
  if (operator === '<=') return x <= y
  return operator === '>' ? x > y : x >= y
}

const small = (operator: BinaryOperator, a: number, b: number): number | undefined => {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '&':
      return a & b
    case '|':
      return a | b
    case '^':
      return a ^ b
    default:
      return undefined
  }
}

const large = (operator: BinaryOperator, type: IntType, a: bigint, b: bigint): bigint => {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '&':
      return a & b
    case '|':
      return a | b
    case '^':
      return a ^ b
    case '/':
    case '%':
      if (b === 0n) throw new Meaningless('division', `${operator === '/' ? 'a division' : 'a remainder'} by zero`)
      // x86 raises the same exception as for a division by zero
      if (type.signed && b === -1n && a === -(1n << BigInt(type.bits - 1)))
        throw new Meaningless('division', `${a} is divided by -1, which ${type.name} has no room for`)
      return operator === '/' ? a / b : a % b
    default: {
      if (b < 0n || b >= BigInt(type.bits)) throw new Meaningless('shift', `a shift of ${type.bits} bits by ${b}`)
      return operator === '<<' ? a << b : a >> b
    }
  }
}

/**
 * A binary operator on two integers that have been converted to `type` (the right one of a shift to its own), or a comparison of two pointers.
 * @throws Meaningless for what C leaves undefined
 */
export const binary = (operator: BinaryOperator, type: IntType, a: Value, b: Value): Value => {
  if (isPointer(a) || isPointer(b)) return onPointers(operator, a, b)
  const compared = compare(operator, a, b)
  if (compared !== undefined) return compared ? 1 : 0
  if (typeof a === 'number' && typeof b === 'number' && Math.abs(a) < SMALL && Math.abs(b) < SMALL) {
    const result = small(operator, a, b)
    if (result !== undefined) return wrapped(type, result)
  }
  return wrapped(type, fromInteger(large(operator, type, integerOf(a), integerOf(b))))
}

/** An address in an integer: it can be compared, and what leaves it as it is leaves it as it is. */
const onPointers = (operator: BinaryOperator, a: Value, b: Value): Value => {
  if (operator === '==' || operator === '!=') {
    if (isPointer(a) && isPointer(b) && isAround(a, b))
      throw new Meaningless('pointer', `${a} is compared with ${b}, which is a part of it or has it as a part`)
    return (a === b) === (operator === '==') ? 1 : 0
  }
  if (a === b && (operator === '^' || operator === '-')) return 0
  if (a === b && (operator === '&' || operator === '|')) return a
  if (b === 0 && ['+', '-', '|', '^', '<<', '>>'].includes(operator)) return a
  if (a === 0 && ['+', '|', '^'].includes(operator)) return b
  if ((a === 0 || b === 0) && operator === '&') return 0
  throw new Meaningless('pointer', `${operator} on the address ${isPointer(a) ? a : b}`)
}

/** The value as C writes it. */
export const valueText = (value: Value): string => {
  if (value === UNSET) return 'nothing'
  return typeof value === 'string' && value.startsWith(LARGE) ? value.slice(1) : String(value)
}

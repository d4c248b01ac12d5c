/** Values and places: how they are converted, loaded, stored and combined, once they are there. */

import type { BinaryOperator, Expr } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import type { FunctionContext, LValue, Typed } from './context.ts'
import { constant, rvalue, scalarOf } from './context.ts'
import { folded } from './evaluate.ts'
import type { Marking, Pure } from './ir.ts'
import { refused } from './refused.ts'
import type { Choice, CType, IntType, StructType } from './types.ts'
import {
  bare,
  commonType,
  holdsAddresses,
  INT,
  isScalar,
  LONG,
  pointerTo,
  promoted,
  sameType,
  typeName,
  UNSIGNED_LONG,
} from './types.ts'

// ------------------------------------------------------------------------------------------------------------ converting

/** The value as another type has it; refused where C would want a cast, or where nothing sensible comes of it. */
export const converted = ({ value, type }: Typed, to: CType, span: Span): Pure => {
  if (to.kind === 'int') {
    if (type.kind === 'int') return narrows(type, to) ? folded({ kind: 'convert', type: to, operand: value }) : value
    if (type.kind === 'pointer') return fromPointer(value, to, span)
  }
  if (to.kind === 'pointer') {
    if (type.kind === 'pointer') return relatedPointers(value, type.to, to.to, span)
    // NULL, ERR_PTR() and their kin; what is dereferenced is looked at then
    if (type.kind === 'int') return value
  }
  if (to.kind === 'void' || (to.kind === 'struct' && to === type)) return value
  throw refused('c-type', span, `a ${typeName(type)} where a ${typeName(to)} is wanted`, 'give both the same type')
}

/** Can a value of one integer type be outside of the other? */
const narrows = (from: IntType, to: IntType): boolean => {
  if (from.bits === to.bits) return from.signed !== to.signed
  return from.bits > to.bits || (from.signed && !to.signed)
}

const fromPointer = (value: Pure, to: IntType, span: Span): Pure => {
  if (to.bits === 64 || holdsAddresses(to)) return value
  if (to.bits === 1)
    return folded({ kind: 'binary', operator: '!=', type: UNSIGNED_LONG, left: value, right: constant(0) })
  throw refused('c-type', span, `a pointer in ${to.name}, which is too narrow for it`, 'use unsigned long or intptr_t')
}

const firstOf = (type: CType): CType | undefined => {
  if (type.kind === 'struct') return type.fields?.[0]?.type
  return type.kind === 'array' ? type.of : undefined
}

/** Is one the other, or its first part, or does one of them not say what it points to? */
const related = (a: CType, b: CType): boolean => {
  if (a.kind === 'void' || b.kind === 'void' || sameType(a, b)) return true
  if (holdsAddresses(a) || holdsAddresses(b)) return a.kind !== 'struct' && b.kind !== 'struct'
  if (a.kind === 'int' && b.kind === 'int') return a.bits === b.bits && a.signed === b.signed
  if (a.kind === 'pointer' && b.kind === 'pointer') return true
  const [x, y] = [firstOf(a), firstOf(b)]
  return (x !== undefined && related(x, b)) || (y !== undefined && related(a, y))
}

const relatedPointers = (value: Pure, from: CType, to: CType, span: Span): Pure => {
  if (related(from, to)) return value
  throw refused(
    'c-type',
    span,
    `a pointer to ${typeName(from)} is made one to ${typeName(to)}, which is something else`,
    'give it the type of what it points to; container_of() leads from a member to its struct',
  )
}

/** The expression as a condition: 0 or something else. */
export const truth = (f: FunctionContext, expr: Expr): Pure => {
  const typed = rvalue(f, expr)
  scalarOf(typed.type, expr.span, 'a condition')
  return typed.value
}

// ------------------------------------------------------------------------------------------------------------ memory

/** The marking of an access that the program does not mark. */
const unmarked = (f: FunctionContext, type: CType): Marking => {
  // `volatile` is what READ_ONCE() is made of: the compiler may not touch it, and KCSAN takes it for marked
  const isVolatile = isScalar(type) && type.isVolatile === true
  return f.racing > 0 || isVolatile ? 'once' : 'plain'
}

/** @throws LockstepError for what is declared const */
export const refuseConst = (place: LValue, span: Span): void => {
  const isConst = place.kind === 'memory' && place.isConst === true
  if (isConst || (isScalar(place.type) && place.type.isConst === true))
    throw refused('c-type', span, 'what is const is written to', 'take const out where it is declared, or do not write')
}

/** Loads what is at a place. */
export const load = (f: FunctionContext, place: LValue, span: Span, marking = unmarked(f, place.type)): Typed => {
  const { type } = place
  if (type.kind === 'array') {
    if (place.kind === 'register') throw new TypeError('an array in a register')
    const to = pointerTo(type.of)
    return {
      value: folded({ kind: 'decay', pointer: place.address }),
      type: place.isConst === true ? { ...to, toConst: true } : to,
    }
  }
  if (place.kind === 'register') return { value: { kind: 'register', register: place.register }, type: bare(type) }
  if (type.kind === 'struct') return { value: place.address, type }
  const scalar = bare(scalarOf(type, span, 'what is loaded'))
  const register = f.temporary(span, scalar)
  f.emitter.emit({ kind: 'load', register, address: place.address, type: scalar, marking, site: f.site(span) })
  if (marking !== 'plain') f.emitter.marked += 1
  return { value: { kind: 'register', register }, type: scalar }
}

/** Stores a value of the place's own type. */
export const store = (
  f: FunctionContext,
  place: LValue,
  value: Pure,
  span: Span,
  {
    marking = unmarked(f, place.type),
    barrier = false,
  }: { readonly marking?: Marking; readonly barrier?: boolean } = {},
): void => {
  refuseConst(place, span)
  if (place.kind === 'register') {
    f.emitter.set(place.register, value, span)
    return
  }
  const type = bare(scalarOf(place.type, span, 'what is stored to'))
  f.emitter.emit({ kind: 'store', address: place.address, value, type, marking, barrier, site: f.site(span) })
  if (marking !== 'plain') f.emitter.marked += 1
}

// ------------------------------------------------------------------------------------------------------------ order

/**
 * Lowers an operand that C does not order against the one before it. Two accesses that the compiler may not touch would then come in either
 * order: refused. Plain ones may too, but where it makes a difference they race, which is reported.
 */
export const ordered = <R>(f: FunctionContext, span: Span, second: () => R, before = 0): R => {
  const { marked } = f.emitter
  const result = second()
  if (before > 0 && f.emitter.marked > marked)
    throw refused(
      'c-order',
      span,
      `C leaves open which access of ${span.text} comes first`,
      'load one of the two into a local before, and use that',
    )
  return result
}

// ------------------------------------------------------------------------------------------------------------ operators

const COMPARISONS: readonly BinaryOperator[] = ['<', '<=', '>', '>=', '==', '!=']

/** An operator on two values that are there. */
export const combine = (operator: BinaryOperator, left: Typed, right: Typed, span: Span): Typed => {
  if (left.type.kind === 'pointer' || right.type.kind === 'pointer') return onPointers(operator, left, right, span)
  if (left.type.kind !== 'int' || right.type.kind !== 'int')
    throw refused(
      'c-type',
      span,
      `${operator} between a ${typeName(left.type)} and a ${typeName(right.type)}`,
      'both have to be integers',
    )
  const isShift = operator === '<<' || operator === '>>'
  const type = isShift ? promoted(left.type) : commonType(left.type, right.type)
  const value = folded({
    kind: 'binary',
    operator,
    type,
    left: converted(left, type, span),
    right: isShift ? right.value : converted(right, type, span),
  })
  return { value, type: COMPARISONS.includes(operator) ? INT : type }
}

const onPointers = (operator: BinaryOperator, left: Typed, right: Typed, span: Span): Typed => {
  if (COMPARISONS.includes(operator)) {
    if (operator !== '==' && operator !== '!=')
      throw refused('c-unsupported', span, `pointers are compared with ${operator}`, 'compare indices')
    return {
      value: folded({ kind: 'binary', operator, type: UNSIGNED_LONG, left: left.value, right: right.value }),
      type: INT,
    }
  }
  if (operator === '-' && left.type.kind === 'pointer' && right.type.kind === 'pointer')
    return { value: folded({ kind: 'distance', left: left.value, right: right.value }), type: LONG }
  const [base, index] = left.type.kind === 'pointer' ? [left, right] : [right, left]
  if (index.type.kind !== 'int' || (operator !== '+' && (operator !== '-' || base !== left)))
    throw refused('c-type', span, `${operator} on a pointer`, 'an integer can be added to it or taken from it')
  const by: Pure =
    operator === '-' ? folded({ kind: 'unary', operator: '-', type: LONG, operand: index.value }) : index.value
  return { value: folded({ kind: 'element', pointer: base.value, index: by }), type: base.type }
}

/** A union keeps one value: of all its fields one may be used. */
const choose = (f: FunctionContext, { of, member }: Choice, name: string, span: Span): void => {
  const before = f.program.chosen.get(of)
  if (before !== undefined && before.member !== member)
    throw refused(
      'c-unsupported',
      span,
      `two fields of a union: ${name} here, and ${before.name} elsewhere`,
      'make it a struct if they do not mean the same bits, or use one of them only',
    )
  if (!f.emitter.isTrial) f.program.chosen.set(of, { member, name })
}

/** The field of a struct type, which is used. */
export const fieldOf = (f: FunctionContext, type: StructType, name: string, span: Span): CType => {
  const index = type.fields?.findIndex((candidate) => candidate.name === name) ?? -1
  const field = type.fields?.[index]
  if (field !== undefined) {
    for (const choice of field.choices ?? []) choose(f, choice, name, span)
    if (type.isUnion && field.choices === undefined) choose(f, { of: type, member: index }, name, span)
    return field.type
  }
  const known =
    type.fields === undefined
      ? 'it is declared, but not defined'
      : `it has ${type.fields.map((x) => x.name).join(', ') || 'none'}`
  throw refused('c-unknown', span, `${type.name} has no field ${name}`, known)
}

/** Copies what is at one address to another, leaf by leaf. */
export const copyInto = (f: FunctionContext, to: Pure, from: Pure, type: CType, span: Span): void => {
  if (isScalar(type)) {
    const { value } = load(f, { kind: 'memory', address: from, type }, span)
    store(f, { kind: 'memory', address: to, type }, value, span)
    return
  }
  if (type.kind === 'struct') {
    for (const { name, type: inner } of type.fields ?? []) {
      const at = (pointer: Pure): Pure => folded({ kind: 'field', pointer, struct: type, field: name })
      copyInto(f, at(to), at(from), inner, span)
    }
    return
  }
  if (type.kind !== 'array') return
  for (let i = 0; i < type.length; i++) {
    const at = (pointer: Pure): Pure =>
      folded({ kind: 'element', pointer: folded({ kind: 'decay', pointer }), index: constant(i) })
    copyInto(f, at(to), at(from), type.of, span)
  }
}

/** Types as they are written, resolved: typedefs, structs, enums, array sizes. */

import type { Expr, FieldSyntax, TypeSyntax } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import { refused } from './refused.ts'
import type { Scope } from './scope.ts'
import type { CType, Field, IntType, Member, StructType } from './types.ts'
import { bare, incompleteIn, INT, INTEGERS, isScalar, LONG, pointerTo, UNSIGNED, UNSIGNED_LONG, VOID } from './types.ts'

/** What a type may ask for that only the lowering of expressions knows. */
export interface ExpressionTypes {
  /** @throws LockstepError for what is no constant */
  readonly constant: (expr: Expr, scope: Scope) => bigint
  readonly typeOf: (expr: Expr, scope: Scope) => CType
}

/** Elements of an array, above which a model is not meant. */
export const MOST_ELEMENTS = 4096

let unnamed = 0

type RecordSyntax = Extract<TypeSyntax, { kind: 'struct' | 'union' }>

const otherTag = (span: Span, tag: string): Error =>
  refused('c-duplicate', span, `${tag} is the tag of something else`, 'give one of them another name')

const structOf = (syntax: RecordSyntax, scope: Scope, own: boolean): StructType => {
  const { kind, tag, span } = syntax
  const known = tag === undefined ? undefined : own ? scope.ownTag(tag) : scope.tag(tag)
  if (known !== undefined && (known.kind !== 'struct' || known.isUnion !== (kind === 'union')))
    throw otherTag(span, tag ?? '')
  if (known?.kind === 'struct') return known
  const type: StructType = {
    kind: 'struct',
    name: tag === undefined ? `${kind} at line ${span.line} (${(unnamed += 1)})` : `${kind} ${tag}`,
    isUnion: kind === 'union',
    fields: undefined,
    members: undefined,
  }
  if (tag !== undefined) scope.declareTag(tag, type)
  return type
}

const memberOf = (field: FieldSyntax, scope: Scope, expressions: ExpressionTypes): Member => {
  const { name, span } = field
  if (field.bits !== undefined)
    throw refused(
      'c-unsupported',
      span,
      'a bit field',
      'give it an integer of its own: fields of one word race with each other',
    )
  const type = resolveType(field.type, scope, expressions)
  if (name === undefined && type.kind !== 'struct')
    throw refused('c-type', span, `${span.text} declares no field`, 'give it a name')
  const what = name ?? 'a part'
  if (type.kind === 'void' || type.kind === 'function')
    throw refused('c-type', span, `the field ${what} has no size`, 'give it a type that can be stored')
  if (type.kind === 'array' && type.length < 0)
    throw refused('c-unsupported', span, `the array ${what} at the end has no length`, 'say how many elements it has')
  const incomplete = incompleteIn(type)
  if (incomplete !== undefined)
    throw refused(
      'c-type',
      span,
      `the field ${what} is a ${incomplete.name}, which is not defined here`,
      'define it before, or use a pointer',
    )
  return { name, type }
}

/** What can be named of the members: those of members without a name too. */
const fieldsOf = (type: StructType, members: readonly Member[], span: Span): readonly Field[] => {
  const fields = members.flatMap((member, i): readonly Field[] => {
    if (member.name !== undefined) return [{ name: member.name, type: member.type }]
    const inner = member.type.kind === 'struct' ? member.type : type
    return (inner.fields ?? []).map((field) => {
      if (type.isUnion) return { ...field, choices: [...(field.choices ?? []), { of: type, member: i }] }
      if (!inner.isUnion) return field
      const at = inner.members?.findIndex(({ name }) => name === field.name) ?? -1
      // what is in a struct without a name there is known by it already
      return at < 0 ? field : { ...field, choices: [...(field.choices ?? []), { of: inner, member: at }] }
    })
  })
  const names = new Set<string>()
  for (const { name } of fields) {
    if (names.has(name))
      throw refused('c-duplicate', span, `${type.name} has two fields ${name}`, 'give one of them another name')
    names.add(name)
  }
  return fields
}

const define = (type: StructType, syntax: RecordSyntax, scope: Scope, expressions: ExpressionTypes): void => {
  const members = (syntax.fields ?? []).map((field) => memberOf(field, scope, expressions))
  type.fields = fieldsOf(type, members, syntax.span)
  type.members = members
}

const named = (name: string, syntax: TypeSyntax, scope: Scope): CType => {
  const integer = INTEGERS.get(name)
  if (integer !== undefined) return integer
  if (name === 'void') return VOID
  const binding = scope.find(name)
  if (binding?.kind === 'typedef') return binding.type
  if (['float', 'double', 'long double'].includes(name))
    throw refused(
      'c-unsupported',
      syntax.span,
      `floating point: ${name}`,
      'use integers; the kernel has no floating point either',
    )
  const similar = scope.near(name, ['typedef'])
  const hint =
    similar.length > 0 ? `did you mean ${similar.join(', ')}?` : 'include the header that has it, or declare it'
  throw refused('c-unknown', syntax.span, `there is no type ${name}`, hint)
}

type EnumSyntax = Extract<TypeSyntax, { kind: 'enum' }>

const fits = ({ bits, signed }: IntType, value: bigint): boolean =>
  signed
    ? value >= -(1n << BigInt(bits - 1)) && value < 1n << BigInt(bits - 1)
    : value >= 0n && value < 1n << BigInt(bits)

/** As gcc has it: an enum is unsigned unless one of its values is negative, and wide enough for all. */
const enumType = (values: readonly bigint[], span: Span): IntType => {
  const candidates = values.some((value) => value < 0n) ? [INT, LONG] : [UNSIGNED, UNSIGNED_LONG]
  const type = candidates.find((candidate) => values.every((value) => fits(candidate, value)))
  if (type !== undefined) return type
  throw refused('c-constant', span, 'no integer has room for all values of this enum', 'use constants of two enums')
}

const enumOf = (syntax: EnumSyntax, scope: Scope, expressions: ExpressionTypes): IntType => {
  const { tag, items, span } = syntax
  if (items === undefined) {
    const known = tag === undefined ? undefined : scope.tag(tag)
    if (known?.kind === 'int') return known
    if (known !== undefined) throw otherTag(span, tag ?? '')
    throw refused('c-unknown', span, `there is no enum ${tag ?? ''}`, 'define it before, or include what defines it')
  }
  if (tag !== undefined && scope.ownTag(tag) !== undefined)
    throw refused('c-duplicate', span, `enum ${tag} is defined twice`, 'define it once')
  const values: bigint[] = []
  for (const { name, value, span: where } of items) {
    const number = value === undefined ? (values.at(-1) ?? -1n) + 1n : expressions.constant(value, scope)
    values.push(number)
    // one that an int has no room for is of the enum's type
    const type = fits(INT, number) ? INT : enumType([number], where)
    if (!scope.declare(name, { kind: 'constant', value: number, type }))
      throw refused('c-duplicate', where, `${name} is declared twice`, 'give one of them another name')
  }
  const type = enumType(values, span)
  for (const [i, { name }] of items.entries())
    if (!fits(INT, values[i] ?? 0n)) scope.redeclare(name, { kind: 'constant', value: values[i] ?? 0n, type })
  if (tag !== undefined) scope.declareTag(tag, type)
  return type
}

/** With what is said of it; a struct has it said of its fields, where they are accessed. */
const qualified = (type: CType, syntax: TypeSyntax): CType => {
  if (syntax.volatile !== true && syntax.const !== true) return type
  if (type.kind === 'array') return { ...type, of: qualified(type.of, syntax) }
  if (type.kind === 'struct' && syntax.volatile === true)
    throw refused(
      'c-unsupported',
      syntax.span,
      `volatile ${type.name}`,
      'say it of its fields, or mark their accesses by READ_ONCE() and WRITE_ONCE()',
    )
  if (type.kind !== 'int' && type.kind !== 'pointer') return type
  return {
    ...type,
    ...(syntax.volatile === true ? { isVolatile: true } : {}),
    ...(syntax.const === true ? { isConst: true } : {}),
  }
}

/** Is `const` said of what a declaration gives a name to, or of the elements of such an array? */
export const saysConst = (syntax: TypeSyntax): boolean =>
  syntax.const === true || (syntax.kind === 'array' && saysConst(syntax.of))

/**
 * The type that is written.
 * @throws LockstepError (exit 2) for one that is not there or not supported
 */
export const resolveType = (syntax: TypeSyntax, scope: Scope, expressions: ExpressionTypes): CType =>
  qualified(unqualified(syntax, scope, expressions), syntax)

const unqualified = (syntax: TypeSyntax, scope: Scope, expressions: ExpressionTypes): CType => {
  switch (syntax.kind) {
    case 'named':
      return named(syntax.name, syntax, scope)
    case 'struct':
    case 'union': {
      const type = structOf(syntax, scope, syntax.fields !== undefined)
      if (syntax.fields === undefined) return type
      if (type.fields !== undefined)
        throw refused('c-duplicate', syntax.span, `${type.name} is defined twice`, 'define it once')
      define(type, syntax, scope, expressions)
      return type
    }
    case 'enum':
      return enumOf(syntax, scope, expressions)
    case 'pointer': {
      const pointer = pointerTo(resolveType(syntax.to, scope, expressions))
      return syntax.to.const === true ? { ...pointer, toConst: true } : pointer
    }
    case 'array':
      return arrayOf(syntax, scope, expressions)
    case 'function':
      return {
        kind: 'function',
        result: bare(resolveType(syntax.result, scope, expressions)),
        parameters: syntax.parameters.map(({ type }) => adjusted(resolveType(type, scope, expressions))),
      }
    case 'typeof':
      return expressions.typeOf(syntax.expr, scope)
  }
}

const arrayOf = (syntax: Extract<TypeSyntax, { kind: 'array' }>, scope: Scope, expressions: ExpressionTypes): CType => {
  const of = resolveType(syntax.of, scope, expressions)
  if (!isScalar(of) && of.kind !== 'struct' && of.kind !== 'array')
    throw refused('c-type', syntax.span, 'an array of what has no size', 'give its elements a type that can be stored')
  if (of.kind === 'array' && of.length < 0)
    throw refused(
      'c-unsupported',
      syntax.span,
      'an array of arrays without a length',
      'say how many elements they have',
    )
  if (syntax.size === undefined) return { kind: 'array', of, length: -1 }
  const length = expressions.constant(syntax.size, scope)
  if (length >= 0n && length <= BigInt(MOST_ELEMENTS)) return { kind: 'array', of, length: Number(length) }
  throw refused(
    'c-unsupported',
    syntax.span,
    `an array of ${length} elements`,
    `0 to ${MOST_ELEMENTS} are possible; a model needs few`,
  )
}

/** A parameter's type: an array is a pointer there. */
export const adjusted = (type: CType): CType => (type.kind === 'array' ? pointerTo(type.of) : type)

/** C's expressions: what they are worth, and the steps that finding it out takes. */

import type { Expr } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import type { FunctionContext, LValue, Typed } from './context.ts'
import { constant, scalarOf } from './context.ts'
import { folded } from './evaluate.ts'
import type { Pure } from './ir.ts'
import { refused } from './refused.ts'
import { isThread, roleOf } from './roles.ts'
import type { CType, IntType } from './types.ts'
import {
  bare,
  BOOL,
  commonType,
  holdsAddresses,
  INT,
  LONG,
  LONG_LONG,
  pointerTo,
  promoted,
  sizeOf,
  typeName,
  UNSIGNED,
  UNSIGNED_LONG,
  UNSIGNED_LONG_LONG,
  VOID,
} from './types.ts'
import { fromInteger } from './value.ts'
import { combine, converted, copyInto, fieldOf, load, ordered, refuseConst, store, truth } from './values.ts'
import { completedType } from './initialisers.ts'
import { unsequencedIn } from './unsequenced.ts'
import { isPlace, typeOfExpr, typeOfSyntax } from './typing.ts'

// ------------------------------------------------------------------------------------------------------------ places

/** What can be assigned to. */
export const lvalue = (f: FunctionContext, expr: Expr): LValue => {
  switch (expr.kind) {
    case 'name':
      return named(f, expr)
    case 'dereference': {
      const { value, type } = rvalue(f, expr.pointer)
      return at(value, type, expr.span)
    }
    case 'member':
      return member(f, expr)
    case 'index': {
      const { marked } = f.emitter
      const base = rvalue(f, expr.array)
      const index = ordered(f, expr.span, () => rvalue(f, expr.index), f.emitter.marked - marked)
      if (index.type.kind !== 'int')
        throw refused('c-type', expr.index.span, 'an index that is no integer', 'write the array first')
      return at(folded({ kind: 'element', pointer: base.value, index: index.value }), base.type, expr.span)
    }
    case 'compound':
      return compound(f, expr)
    default:
      throw refused(
        'c-type',
        expr.span,
        `${expr.span.text} is no place that can be assigned to`,
        'name a variable, a field, an element, or what a pointer points to',
      )
  }
}

/** What a pointer of that type points to. */
const at = (address: Pure, type: CType, span: Span): LValue => {
  const isConst = type.kind === 'pointer' && type.toConst === true
  return { kind: 'memory', address, type: pointee(type, span), isConst }
}

const pointee = (type: CType, span: Span): CType => {
  if (type.kind === 'pointer' && type.to.kind !== 'void') return type.to
  if (holdsAddresses(type)) return type
  const hint = type.kind === 'pointer' ? 'cast it to a pointer to what is there' : 'it has to be a pointer'
  throw refused('c-type', span, `a ${typeName(type)} is dereferenced`, hint)
}

const isProperty = ({ callee }: FunctionContext): boolean =>
  callee !== undefined && roleOf(callee.definition) !== undefined && !isThread(callee.definition)

const named = (f: FunctionContext, { name, span }: Extract<Expr, { kind: 'name' }>): LValue => {
  const binding = f.scope.find(name)
  if (binding?.kind === 'register') return { kind: 'register', register: binding.register, type: binding.type }
  if (binding?.kind === 'object') {
    const { object, type, perThread, isConst } = binding
    if (!perThread && !f.program.objects.has(object) && !f.program.wanted.has(object))
      f.program.wanted.set(object, span)
    const address: Pure = perThread ? { kind: 'local', object } : { kind: 'constant', value: `&${object}` }
    return { kind: 'memory', address, type, isConst }
  }
  if (binding !== undefined)
    throw refused('c-type', span, `${name} is a ${binding.kind}, not a variable`, 'name a variable')
  const owner = f.program.functionWith(name)
  if (owner !== undefined && isProperty(f))
    throw refused(
      'c-unknown',
      span,
      `${name} is a local of ${owner}, which a property cannot see`,
      'make it a variable of the file',
    )
  const similar = f.scope.near(name)
  const hint =
    similar.length > 0 ? `did you mean ${similar.join(', ')}?` : 'declare it, or include the header that has it'
  throw refused('c-unknown', span, `there is no ${name} here`, hint)
}

const member = (f: FunctionContext, expr: Extract<Expr, { kind: 'member' }>): LValue => {
  const place = expr.arrow ? arrowed(f, expr) : dotted(f, expr.object)
  if (!('address' in place) || place.type.kind !== 'struct')
    throw refused(
      'c-type',
      expr.span,
      `${expr.object.span.text} is no struct`,
      expr.arrow ? 'it has to be a pointer to a struct' : 'is it a pointer? then write ->',
    )
  const type = fieldOf(f, place.type, expr.field, expr.span)
  return {
    kind: 'memory',
    address: folded({ kind: 'field', pointer: place.address, struct: place.type, field: expr.field }),
    type,
    isConst: place.isConst === true,
  }
}

const arrowed = (f: FunctionContext, { object, span }: Extract<Expr, { kind: 'member' }>): LValue => {
  const { value, type } = rvalue(f, object)
  return at(value, type, span)
}

/** What stands before a dot: a place, or a struct that some expression gives. */
const dotted = (f: FunctionContext, object: Expr): LValue => {
  if (isPlace(f, object)) return lvalue(f, object)
  const { value, type } = rvalue(f, object)
  return { kind: 'memory', address: value, type }
}

/** `(struct s){ ... }`: a variable without a name. */
const compound = (f: FunctionContext, { type: syntax, value, span }: Extract<Expr, { kind: 'compound' }>): LValue => {
  const type = completedType(f, typeOfSyntax(f, syntax), value)
  if (f.callee === undefined)
    throw refused('c-unsupported', span, 'a compound literal in the file', 'declare a variable with this initialiser')
  const place = f.program.lowering.unnamed(f, type, span)
  f.program.lowering.initialise(f, place, type, value, span)
  return { kind: 'memory', address: place, type }
}

// ------------------------------------------------------------------------------------------------------------ values

const numberType = ({ value, suffix, radix }: Extract<Expr, { kind: 'number' }>): IntType => {
  const fits = (bits: number, signed: boolean): boolean => value < 1n << BigInt(signed ? bits - 1 : bits)
  const unsigned = suffix.includes('u')
  const long = suffix.includes('l')
  if (!long && !unsigned && fits(32, true)) return INT
  if (!long && (unsigned || radix !== 10) && fits(32, false)) return UNSIGNED
  if (suffix.includes('ll')) return unsigned ? UNSIGNED_LONG_LONG : LONG_LONG
  return unsigned || !fits(64, true) ? UNSIGNED_LONG : LONG
}

/** Those that have parts which come in no order, or change something. */
const UNORDERED: readonly Expr['kind'][] = ['assign', 'binary', 'call', 'index', 'step']

const refuseUnsequenced = (expr: Expr): void => {
  if (!UNORDERED.includes(expr.kind)) return
  const name = unsequencedIn(expr)
  if (name !== undefined)
    throw refused(
      'c-order',
      expr.span,
      `C leaves open what comes first in ${expr.span.text}: it changes ${name}, and has it elsewhere`,
      'write two statements',
    )
}

/** The value of an expression, with the steps that it takes. */
export const rvalue = (f: FunctionContext, expr: Expr): Typed => {
  refuseUnsequenced(expr)
  switch (expr.kind) {
    case 'number':
      return { value: { kind: 'constant', value: fromInteger(expr.value) }, type: numberType(expr) }
    case 'char':
      return { value: constant(expr.value), type: INT }
    case 'string':
      throw refused('c-unsupported', expr.span, 'a string', 'take it out: a model has no text')
    case 'name':
      return nameValue(f, expr)
    case 'dereference':
    case 'member':
    case 'index':
      return load(f, lvalue(f, expr), expr.span)
    case 'unary':
      return unary(f, expr)
    case 'binary':
      return binary(f, expr)
    case 'logical':
      return logical(f, expr)
    case 'conditional':
      return conditional(f, expr)
    case 'comma':
      rvalue(f, expr.left)
      return rvalue(f, expr.right)
    case 'assign':
      return assign(f, expr)
    case 'step':
      return step(f, expr)
    case 'address':
      return address(f, expr)
    case 'call':
      return f.program.lowering.call(f, expr)
    case 'cast': {
      const to = typeOfSyntax(f, expr.type)
      return { value: converted(rvalue(f, expr.operand), to, expr.span), type: to }
    }
    case 'sizeof':
      return sizeofValue(typeOfSyntax(f, expr.type), expr.span)
    case 'sizeof-value':
      return sizeofValue(typeOfExpr(f, expr.expr), expr.span)
    case 'compound':
      return load(f, lvalue(f, expr), expr.span)
    case 'statements':
      return f.program.lowering.blockValue(f, expr.body)
  }
}

const nameValue = (f: FunctionContext, expr: Extract<Expr, { kind: 'name' }>): Typed => {
  const binding = f.scope.find(expr.name)
  if (binding?.kind === 'constant')
    return { value: { kind: 'constant', value: fromInteger(binding.value) }, type: binding.type }
  if (binding?.kind === 'function') throw functionAddress(expr)
  return load(f, lvalue(f, expr), expr.span)
}

const functionAddress = ({ name, span }: Extract<Expr, { kind: 'name' }>): Error =>
  refused(
    'c-unsupported',
    span,
    `the address of the function ${name}`,
    'call it by its name, since which function is called has to be known; LOCKSTEP_CALLBACK() is for works and timers',
  )

const sizeofValue = (type: CType, span: Span): Typed => {
  const size = sizeOf(type)
  if (size === undefined)
    throw refused('c-type', span, `${typeName(type)} has no size`, 'give it a type that is defined')
  return { value: constant(size), type: UNSIGNED_LONG }
}

const address = (f: FunctionContext, { operand, span }: Extract<Expr, { kind: 'address' }>): Typed => {
  if (operand.kind === 'dereference') return rvalue(f, operand.pointer)
  if (operand.kind === 'name' && f.scope.find(operand.name)?.kind === 'function') throw functionAddress(operand)
  const place = lvalue(f, operand)
  if (place.kind === 'memory') {
    const type = pointerTo(place.type)
    return { value: place.address, type: place.isConst === true ? { ...type, toConst: true } : type }
  }
  throw refused(
    'c-unsupported',
    span,
    `the address of ${operand.span.text} is taken in a way that was not seen before`,
    'give it a variable of its own',
  )
}

const unary = (f: FunctionContext, { operator, operand, span }: Extract<Expr, { kind: 'unary' }>): Typed => {
  const { value, type } = rvalue(f, operand)
  scalarOf(type, span, `the operand of ${operator}`)
  if (operator === '!') return { value: folded({ kind: 'unary', operator, type: INT, operand: value }), type: INT }
  if (type.kind !== 'int') throw refused('c-type', span, `${operator} on a pointer`, 'use an integer')
  const wide = promoted(type)
  return { value: folded({ kind: 'unary', operator, type: wide, operand: value }), type: wide }
}

const binary = (f: FunctionContext, { operator, left, right, span }: Extract<Expr, { kind: 'binary' }>): Typed => {
  const { marked } = f.emitter
  const a = rvalue(f, left)
  const b = ordered(f, span, () => rvalue(f, right), f.emitter.marked - marked)
  return combine(operator, a, b, span)
}

/** The right operand's steps are taken only if the left one leaves the answer open. */
const logical = (f: FunctionContext, { operator, left, right, span }: Extract<Expr, { kind: 'logical' }>): Typed => {
  const { emitter } = f
  const a = truth(f, left)
  const start = emitter.here
  const branch = emitter.branch(a, span)
  const b = truth(f, right)
  if (emitter.here === start + 1) {
    emitter.truncate(start)
    return { value: folded({ kind: operator === '&&' ? 'and' : 'or', left: a, right: b }), type: INT }
  }
  const register = f.temporary(span, INT)
  const [evaluate, decided] = operator === '&&' ? [branch.yes, branch.no] : [branch.no, branch.yes]
  evaluate(start + 1)
  emitter.set(register, folded({ kind: 'convert', type: BOOL, operand: b }), span)
  const end = emitter.jump()
  decided(emitter.here)
  emitter.set(register, constant(operator === '&&' ? 0 : 1), span)
  end(emitter.here)
  return { value: { kind: 'register', register }, type: INT }
}

const conditionalType = (yes: Typed, no: Typed, span: Span): CType => {
  if (yes.type.kind === 'int' && no.type.kind === 'int') return commonType(yes.type, no.type)
  if (yes.type.kind === 'pointer') return yes.type.to.kind === 'void' && no.type.kind === 'pointer' ? no.type : yes.type
  if (no.type.kind === 'pointer') return no.type
  if (yes.type.kind === 'void' || no.type.kind === 'void') return VOID
  if (yes.type.kind === 'struct' && yes.type === no.type) return yes.type
  throw refused('c-type', span, `${typeName(yes.type)} or ${typeName(no.type)}`, 'give both the same type')
}

const conditional = (f: FunctionContext, expr: Extract<Expr, { kind: 'conditional' }>): Typed => {
  const { emitter } = f
  const { span } = expr
  const condition = rvalue(f, expr.condition)
  scalarOf(condition.type, span, 'a condition')
  const start = emitter.here
  const branch = emitter.branch(condition.value, span)
  branch.yes(emitter.here)
  const yes = expr.yes === undefined ? condition : rvalue(f, expr.yes)
  const afterYes = emitter.here
  // which type it has is known when both were seen: what follows `yes` is filled in then
  const register = f.temporary(span, INT)
  emitter.set(register, yes.value, span)
  const end = emitter.jump()
  branch.no(emitter.here)
  const beforeNo = emitter.here
  const no = rvalue(f, expr.no)
  const type = conditionalType(yes, no, span)
  const [yesValue, noValue] =
    type.kind === 'void' ? [constant(0), constant(0)] : [converted(yes, type, span), converted(no, type, span)]
  if (afterYes === start + 1 && emitter.here === beforeNo) {
    emitter.truncate(start)
    return { value: folded({ kind: 'conditional', condition: condition.value, yes: yesValue, no: noValue }), type }
  }
  emitter.instructions[afterYes] = { kind: 'set', register, value: yesValue, at: span }
  emitter.set(register, noValue, span)
  end(emitter.here)
  return { value: { kind: 'register', register }, type }
}

// ------------------------------------------------------------------------------------------------------------ assignment

/** The value of an assignment is what the place then has. */
const assigned = (f: FunctionContext, place: LValue, value: Pure, span: Span): Typed => {
  if (place.kind === 'register') {
    refuseConst(place, span)
    f.emitter.set(place.register, value, span)
    return { value: { kind: 'register', register: place.register }, type: bare(place.type) }
  }
  store(f, place, value, span)
  return { value, type: bare(place.type) }
}

const assign = (f: FunctionContext, expr: Extract<Expr, { kind: 'assign' }>): Typed => {
  const { operator, target, value, span } = expr
  const { marked } = f.emitter
  if (operator === undefined) {
    const given = rvalue(f, value)
    if (given.type.kind === 'struct') return structCopy(f, expr, given)
    const place = ordered(f, span, () => lvalue(f, target), f.emitter.marked - marked)
    return assigned(f, place, converted(given, scalarOf(place.type, span, 'what is assigned to'), span), span)
  }
  const given = rvalue(f, value)
  const place = ordered(f, span, () => lvalue(f, target), f.emitter.marked - marked)
  const before = load(f, place, target.span)
  const after = combine(operator, before, given, span)
  return assigned(f, place, converted(after, place.type, span), span)
}

/** `a = b` between structs: field by field, as a compiler may. */
const structCopy = (
  f: FunctionContext,
  { target, span }: Extract<Expr, { kind: 'assign' }>,
  { value, type }: Typed,
): Typed => {
  const to = lvalue(f, target)
  if (to.kind !== 'memory' || to.type !== type)
    throw refused(
      'c-type',
      span,
      `a ${typeName(type)} is assigned to a ${typeName(to.type)}`,
      'both have to be the same struct',
    )
  refuseConst(to, span)
  copyInto(f, to.address, value, type, span)
  return { value: to.address, type }
}

const step = (f: FunctionContext, { operator, prefix, target, span }: Extract<Expr, { kind: 'step' }>): Typed => {
  const place = lvalue(f, target)
  const before = load(f, place, target.span)
  const after = combine(operator === '++' ? '+' : '-', before, { value: constant(1), type: INT }, span)
  const value = converted(after, place.type, span)
  if (prefix) return assigned(f, place, value, span)
  if (place.kind === 'memory') {
    store(f, place, value, span)
    return before
  }
  refuseConst(place, span)
  const register = f.temporary(span, place.type)
  f.emitter.set(register, before.value, span)
  f.emitter.set(place.register, value, span)
  return { value: { kind: 'register', register }, type: bare(place.type) }
}

/** Calls: of the functions that are known by name, of the model's own, of primitives, which are put in where they are called, and of all others. */

import { at } from '../../kernel/at.ts'
import { near } from '../../kernel/near.ts'
import type { Expr, FunctionDefinition } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import { addressedIn } from './addressed.ts'
import type { Argument, Builtin, Effect } from './builtins.ts'
import { BUILTINS } from './builtins.ts'
import type { LValue, Typed } from './context.ts'
import { constant, FunctionContext, scalarOf, lvalue, rvalue } from './context.ts'
import { unnamedObject } from './declarations.ts'
import { INSTEAD } from './instead.ts'
import { combine, converted, copyInto, fieldOf, load, ordered, refuseConst, store } from './values.ts'
import { UNSET } from './value.ts'
import { folded } from './evaluate.ts'
import type { Pure, Register } from './ir.ts'
import { isMarked } from './marked.ts'
import { MODEL_CALLS } from './model-calls.ts'
import { refused } from './refused.ts'
import { PRIMITIVE, roleOf } from './roles.ts'
import { Scope } from './scope.ts'
import type { CType, ScalarType } from './types.ts'
import { bare, holdsAddresses, INT, pointerTo, typeName, UNSIGNED_LONG, VOID } from './types.ts'
import { adjusted } from './types-of.ts'
import { typeOfSyntax } from './typing.ts'

type Call = Extract<Expr, { kind: 'call' }>

/** Instructions of a whole program, which primitives that call each other could multiply. */
const MOST_INSTRUCTIONS = 100_000

const NOTHING: Typed = { value: constant(0), type: VOID }

/** What a call comes to, with the steps that it takes. */
export const lowerCall = (f: FunctionContext, call: Call): Typed => {
  const { callee, span } = call
  if (isGuard(call))
    throw refused(
      'c-unsupported',
      span,
      'guard() is not supported',
      'write the lock here and the unlock before each end',
    )
  if (callee.kind !== 'name') throw throughPointer(span)
  const special = MODEL_CALLS.get(callee.name)
  if (special !== undefined) return special(f, call)
  const binding = f.scope.find(callee.name)
  if (binding?.kind === 'function') {
    const { definition } = binding
    if (roleOf(definition) !== undefined)
      throw refused(
        'c-unsupported',
        span,
        `${definition.name} is called, which is a thread or a property`,
        'put what it does into a function that both call',
      )
    return definition.annotations.includes(PRIMITIVE) ? inline(f, call, definition) : ordinary(f, call, definition)
  }
  const builtin = BUILTINS.get(callee.name)
  if (builtin !== undefined) return lowerBuiltin(f, call, callee.name, builtin)
  if ((binding?.kind === 'register' || binding?.kind === 'object') && binding.type.kind === 'pointer')
    throw throughPointer(span)
  if (binding !== undefined)
    throw refused('c-type', span, `${callee.name} is a ${binding.kind}, not a function`, 'call a function')
  const similar = [...near(callee.name, [...BUILTINS.keys()]), ...f.scope.near(callee.name, ['function'])]
  const hint =
    similar.length > 0
      ? `did you mean ${similar.slice(0, 3).join(', ')}?`
      : 'write it in the file, or include the header that has it'
  const instead = INSTEAD.get(callee.name)
  if (instead !== undefined) throw refused('c-unsupported', callee.span, `${callee.name}(): ${instead[0]}`, instead[1])
  throw refused('c-unknown', callee.span, `there is no function ${callee.name}`, hint)
}

/** guard(mutex)(&lock), of linux/cleanup.h, is a call of what a call gives. */
const isGuard = ({ callee }: Call): boolean =>
  callee.kind === 'call' && callee.callee.kind === 'name' && callee.callee.name === 'guard'

const throughPointer = (span: Span): Error =>
  refused(
    'c-unsupported',
    span,
    'a call through a pointer',
    'call the function by its name: which one it is has to be known',
  )

const counted = (call: Call, name: string, wanted: number): void => {
  if (call.args.length === wanted) return
  throw refused('c-type', call.span, `${name} is called with ${call.args.length} arguments`, `it takes ${wanted}`)
}

// --------------------------------------------------------------------------------------------------------- built in

/** The place of a builtin's argument that points to one; that of the integer in it for an `atomic_t`. */
const target = (f: FunctionContext, expr: Expr, kind: Argument, { counter }: Builtin): LValue => {
  if (kind === 'lvalue') return lvalue(f, expr)
  const local = registerBehind(f, expr)
  if (local !== undefined) return local
  const { value, type } = rvalue(f, expr)
  if (holdsAddresses(type)) return { kind: 'memory', address: value, type }
  if (type.kind !== 'pointer')
    throw refused('c-type', expr.span, `${expr.span.text} is no pointer`, 'give the address of what is accessed')
  const { to } = type
  if (counter === undefined || to.kind !== 'struct') return { kind: 'memory', address: value, type: to }
  const address = folded({ kind: 'field', pointer: value, struct: to, field: 'counter' })
  return { kind: 'memory', address, type: fieldOf(f, to, 'counter', expr.span) }
}

/** `&old` of a local that nobody else has the address of. */
const registerBehind = (f: FunctionContext, expr: Expr): LValue | undefined => {
  if (expr.kind !== 'address' || expr.operand.kind !== 'name') return undefined
  const binding = f.scope.find(expr.operand.name)
  return binding?.kind === 'register' ? { kind: 'register', register: binding.register, type: binding.type } : undefined
}

interface Arguments {
  readonly places: readonly LValue[]
  readonly values: readonly (Typed & { readonly span: Span })[]
}

const argumentsOf = (f: FunctionContext, call: Call, name: string, builtin: Builtin): Arguments => {
  counted(call, name, builtin.args.length)
  const places: LValue[] = []
  const values: (Typed & { span: Span })[] = []
  const { marked } = f.emitter
  builtin.args.forEach((kind, i) => {
    const expr = at(call.args, i)
    ordered(
      f,
      call.span,
      () => {
        if (kind === 'value') values.push({ ...rvalue(f, expr), span: expr.span })
        else places.push(target(f, expr, kind, builtin))
      },
      f.emitter.marked - marked,
    )
  })
  return { places, values }
}

const lowerBuiltin = (f: FunctionContext, call: Call, name: string, builtin: Builtin): Typed => {
  const { effect } = builtin
  const { span } = call
  if (effect.kind === 'identity') return identity(f, call, name, effect.isRace)
  const { places, values } = argumentsOf(f, call, name, builtin)
  const [place = { kind: 'register', register: -1, type: VOID } satisfies LValue] = places
  switch (effect.kind) {
    case 'load':
      return load(f, place, span, effect.marking)
    case 'store': {
      const value = at(values, 0)
      store(f, place, converted(value, scalarOf(place.type, span, 'what is stored to'), value.span), span, effect)
      return NOTHING
    }
    case 'rmw':
      return readModifyWrite(
        f,
        place,
        effect,
        effect.fixed?.map((n) => ({ value: constant(n), type: INT, span })) ?? values,
        span,
      )
    case 'fence':
      if (effect.fence !== 'none') f.emitter.emit({ kind: 'fence', fence: effect.fence, site: f.site(span) })
      return NOTHING
    case 'try-cmpxchg':
      return tryCmpxchg(f, place, at(places, 1), at(values, 0), effect.order, span)
    case 'test-bit':
    case 'bit':
      return onBit(f, place, at(values, 0), effect, span)
  }
}

const identity = (f: FunctionContext, call: Call, name: string, isRace: boolean): Typed => {
  counted(call, name, 1)
  f.racing += isRace ? 1 : 0
  try {
    return rvalue(f, at(call.args, 0))
  } finally {
    f.racing -= isRace ? 1 : 0
  }
}

const readModifyWrite = (
  f: FunctionContext,
  place: LValue,
  { update, gives, order }: Pick<Extract<Effect, { kind: 'rmw' }>, 'update' | 'gives' | 'order'>,
  values: readonly (Typed & { readonly span: Span })[],
  span: Span,
): Typed => {
  refuseConst(place, span)
  if (place.kind === 'register')
    throw refused(
      'c-unsupported',
      span,
      'an atomic operation on a local of which nobody has the address',
      'use an assignment',
    )
  const type: ScalarType = bare(scalarOf(place.type, span, 'what is modified'))
  const resultType: CType = gives === 'old' || gives === 'new' ? type : INT
  const register = gives === 'nothing' ? undefined : f.temporary(span, resultType)
  f.emitter.emit({
    kind: 'rmw',
    register,
    address: place.address,
    type,
    update,
    args: values.map((value) => converted(value, type, value.span)),
    gives: gives === 'bit' ? 'old' : gives,
    order,
    site: f.site(span),
  })
  f.emitter.marked += 1
  return register === undefined ? NOTHING : { value: { kind: 'register', register }, type: resultType }
}

/** try_cmpxchg(): whether it did; what it found instead is put where the old value was. */
const tryCmpxchg = (
  f: FunctionContext,
  place: LValue,
  old: LValue,
  value: Typed & { readonly span: Span },
  order: 'full' | 'acquire' | 'release' | 'relaxed',
  span: Span,
): Typed => {
  const before = load(f, old, span)
  const expected = f.temporary(span, before.type)
  f.emitter.set(expected, before.value, span)
  const wanted: Typed = { value: { kind: 'register', register: expected }, type: before.type }
  const found = readModifyWrite(
    f,
    place,
    { update: 'compare', gives: 'old', order },
    [{ ...wanted, span }, value],
    span,
  )
  store(f, old, found.value, span)
  return combine('==', found, wanted, span)
}

const WORD_BITS = 64

/** Operations on one bit of an array of words. */
const onBit = (
  f: FunctionContext,
  place: LValue,
  number: Typed,
  effect: Extract<Effect, { kind: 'bit' | 'test-bit' }>,
  span: Span,
): Typed => {
  if (place.kind === 'register')
    throw refused('c-unsupported', span, 'a bit of a local of which nobody has the address', 'use & and << on it')
  if (place.type.kind !== 'int' || place.type.bits !== WORD_BITS)
    throw refused('c-type', span, `a bit of a ${typeName(place.type)}`, 'bits are in words of the type unsigned long')
  const size: Typed = { value: constant(WORD_BITS), type: UNSIGNED_LONG }
  const nr: Typed = { value: converted(number, UNSIGNED_LONG, span), type: UNSIGNED_LONG }
  const word: LValue = {
    ...place,
    address: folded({ kind: 'element', pointer: place.address, index: combine('/', nr, size, span).value }),
  }
  const shift = combine('%', nr, size, span)
  const one: Typed = { value: constant(1), type: UNSIGNED_LONG }
  const mask = combine('<<', one, shift, span)
  const bitOf = (value: Pure): Typed => ({
    value: folded({
      kind: 'binary',
      operator: '!=',
      type: UNSIGNED_LONG,
      left: combine('&', { value, type: UNSIGNED_LONG }, mask, span).value,
      right: constant(0),
    }),
    type: INT,
  })
  if (effect.kind === 'test-bit') return bitOf(load(f, word, span, 'once').value)
  if (effect.plain) return plainBit(f, word, mask, effect, bitOf, span)
  const gives = effect.gives === 'bit' ? 'old' : 'nothing'
  const old = readModifyWrite(f, word, { ...effect, gives }, [{ ...mask, span }], span)
  return effect.gives === 'bit' ? bitOf(old.value) : NOTHING
}

const plainBit = (
  f: FunctionContext,
  word: LValue,
  mask: Typed,
  { update, gives }: Extract<Effect, { kind: 'bit' }>,
  bitOf: (value: Pure) => Typed,
  span: Span,
): Typed => {
  const before = load(f, word, span)
  const inverse: Typed = {
    value: folded({ kind: 'unary', operator: '~', type: UNSIGNED_LONG, operand: mask.value }),
    type: UNSIGNED_LONG,
  }
  const after = update === 'andnot' ? combine('&', before, inverse, span) : combine(update, before, mask, span)
  store(f, word, after.value, span)
  return gives === 'bit' ? bitOf(before.value) : NOTHING
}

// --------------------------------------------------------------------------------------------------------- functions

const parametersOf = (definition: FunctionDefinition) => {
  const [only] = definition.parameters
  const isVoid =
    definition.parameters.length === 1 &&
    only?.name === undefined &&
    only?.type.kind === 'named' &&
    only.type.name === 'void'
  return isVoid ? [] : definition.parameters
}

/** Of a struct the address is passed, and the callee copies what is there. */
export const registerType = (type: CType): CType => (type.kind === 'struct' ? pointerTo(type) : type)

/** Arguments in the types of the parameters. */
const valuesFor = (f: FunctionContext, call: Call, definition: FunctionDefinition, types: readonly CType[]): Pure[] => {
  counted(call, definition.name, types.length)
  const { marked } = f.emitter
  return call.args.map((arg, i) =>
    ordered(f, call.span, () => converted(rvalue(f, arg), at(types, i), arg.span), f.emitter.marked - marked),
  )
}

const withBody = (definition: FunctionDefinition, span: Span): NonNullable<FunctionDefinition['body']> => {
  if (definition.body !== undefined) return definition.body
  throw refused(
    'c-unknown',
    span,
    `${definition.name} is declared, but it has no body`,
    'write what it does, or include the header that has it',
  )
}

const ordinary = (f: FunctionContext, call: Call, definition: FunctionDefinition): Typed => {
  const { span } = call
  withBody(definition, span)
  const callee = f.program.functionOf(definition)
  const values = valuesFor(f, call, definition, callee.parameterTypes)
  f.callee?.calls.add(definition.name)
  f.emitter.emit({
    kind: 'call',
    callee: definition.name,
    arguments: values.map((value, i) => [at(callee.parameters, i), value] as const),
    link: callee.link,
    at: span,
  })
  if (isMarked(definition, f.program.file)) f.emitter.marked += 1
  if (callee.result === undefined) return NOTHING
  const register = f.temporary(span, callee.resultType)
  f.emitter.set(register, { kind: 'register', register: callee.result }, span)
  return given(f, { value: { kind: 'register', register }, type: callee.resultType }, span)
}

/** A struct that a function returns is gone when the function is called again: it is copied at once. */
const given = (f: FunctionContext, result: Typed, span: Span): Typed => {
  if (result.type.kind !== 'struct') return result
  const copy = unnamedObject(f, result.type, span)
  copyInto(f, copy, result.value, result.type, span)
  return { value: copy, type: result.type }
}

/** Puts a primitive in where it is called. */
const inline = (f: FunctionContext, call: Call, definition: FunctionDefinition): Typed => {
  const { span } = call
  const body = withBody(definition, span)
  if (f.chain.includes(definition.name))
    throw refused('c-unsupported', span, `${definition.name} calls itself`, 'write a loop')
  const inFile = new FunctionContext(f.program, f.name, { scope: new Scope(f.program.file), addressed: new Set() })
  const parameters = parametersOf(definition)
  const types = parameters.map(({ type }) => adjusted(typeOfSyntax(inFile, type)))
  const resultType = typeOfSyntax(inFile, definition.result)
  const values = valuesFor(f, call, definition, types)
  const result: Register | undefined = resultType.kind === 'void' ? undefined : f.temporary(span, resultType)
  const resultPlace = resultType.kind === 'struct' ? unnamedObject(f, resultType, span) : undefined
  const inlined = { ends: [], result, resultType, resultPlace, blocks: f.blocks, span: f.inlined?.span ?? span }
  const inner = new FunctionContext(f.program, f.name, {
    ...(f.callee === undefined ? {} : { callee: f.callee }),
    inlined,
    scope: inFile.scope,
    addressed: addressedIn(body),
    chain: [...f.chain, definition.name],
    blocks: f.blocks,
  })
  parameters.forEach((parameter, i) => {
    const own = `${definition.name}_${parameter.name ?? i}`
    const register = f.emitter.register(f.name, own, registerType(at(types, i)), 'variable')
    f.emitter.set(register, at(values, i), span)
    f.program.lowering.parameter(inner, parameter, register, at(types, i))
  })
  const start = f.emitter.here
  f.program.lowering.statement(inner, body)
  inner.resolveGotos()
  if (result !== undefined && f.emitter.isReached(start))
    f.emitter.set(result, { kind: 'constant', value: UNSET }, span)
  for (const end of inlined.ends as ((to: number) => void)[]) end(f.emitter.here)
  if (f.emitter.here > MOST_INSTRUCTIONS)
    throw refused(
      'c-unsupported',
      span,
      `primitives that become more than ${MOST_INSTRUCTIONS} instructions where they are called`,
      'write functions without LOCKSTEP_PRIMITIVE',
    )
  return result === undefined ? NOTHING : { value: { kind: 'register', register: result }, type: resultType }
}

export { parametersOf }

/** What a function declares: parameters and locals, in registers or in memory, and what they begin with. */

import type { Declaration, Initialiser, ParameterSyntax, VariableDeclaration } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import type { FunctionContext } from './context.ts'
import { constant, rvalue } from './context.ts'
import { folded } from './evaluate.ts'
import { initialLeaves } from './initial.ts'
import type { InitialPart } from './initialisers.ts'
import { completedType, initialParts } from './initialisers.ts'
import type { Pure, Register } from './ir.ts'
import { refused } from './refused.ts'
import type { CType } from './types.ts'
import { bare, incompleteIn, isScalar, locationsIn, typeName } from './types.ts'
import { MOST_ELEMENTS, saysConst } from './types-of.ts'
import { typeOfSyntax } from './typing.ts'
import { UNSET } from './value.ts'
import { converted, copyInto, store } from './values.ts'

/** @throws LockstepError for a type that no variable can have */
export const refuseUnstorable = (name: string, type: CType, span: Span): void => {
  if (type.kind === 'void' || type.kind === 'function')
    throw refused('c-type', span, `${name} has no size`, 'give it a type that can be stored')
  const incomplete = incompleteIn(type)
  if (incomplete !== undefined)
    throw refused(
      'c-type',
      span,
      `${name} is a ${incomplete.name}, which is not defined`,
      'define it, or include the header that does',
    )
  if (type.kind === 'array' && type.length < 0)
    throw refused('c-unsupported', span, `the array ${name} has no length`, 'say how many elements it has')
  if (locationsIn(type) > MOST_ELEMENTS)
    throw refused(
      'c-unsupported',
      span,
      `${name} is a ${typeName(type)} of ${locationsIn(type)} locations`,
      `${MOST_ELEMENTS} are possible; a model needs few`,
    )
}

/** A parameter, which is in a register; in memory, if its address is taken, or if it is a struct: of that the register has the address. */
export const declareParameter = (
  f: FunctionContext,
  { name, type: syntax, span }: ParameterSyntax,
  register: Register,
  type: CType,
): void => {
  if (name === undefined) return
  const value: Pure = { kind: 'register', register }
  if (type.kind === 'struct') {
    copyInto(f, localObject(f, name, type, span, saysConst(syntax)), value, type, span)
    return
  }
  if (!f.addressed.has(name)) {
    f.declare(name, { kind: 'register', register, type }, span)
    return
  }
  const address = localObject(f, name, type, span)
  store(f, { kind: 'memory', address, type: bare(type) }, value, span)
}

/** The address of a new object in memory, of which each thread has one. */
const newObject = (f: FunctionContext, name: string, type: CType, span: Span): Extract<Pure, { kind: 'local' }> => {
  const { objects } = f.program
  const stem = `${f.callee?.definition.name ?? f.name}.${name}`
  let object = stem
  for (let i = 2; objects.has(object); i++) object = `${stem}_${i}`
  objects.set(object, { name: object, type, initial: new Map(), perThread: true, inRegisters: false, at: span })
  f.emitter.emit({ kind: 'fresh', object, registers: [], at: span })
  return { kind: 'local', object }
}

/** The address of a local without a name. */
export const unnamedObject = (f: FunctionContext, type: CType, span: Span): Pure => {
  refuseUnstorable(span.text, type, span)
  return newObject(f, `L${span.line}`, type, span)
}

const localObject = (f: FunctionContext, name: string, type: CType, span: Span, isConst = false): Pure => {
  const address = newObject(f, name, type, span)
  f.declare(name, { kind: 'object', object: address.object, type, perThread: true, isConst }, span)
  return address
}

/** What stands among the statements of a function. */
export const declare = (f: FunctionContext, declaration: Declaration): void => {
  switch (declaration.kind) {
    case 'variable':
      declareVariable(f, declaration)
      return
    case 'typedef':
      f.declare(declaration.name, { kind: 'typedef', type: typeOfSyntax(f, declaration.type) }, declaration.span)
      return
    case 'type':
      typeOfSyntax(f, declaration.type)
      return
    case 'function':
      if (declaration.body !== undefined)
        throw refused(
          'c-unsupported',
          declaration.span,
          `the function ${declaration.name} within a function`,
          'write it outside',
        )
  }
}

/** `extern int x;` in a function: the file's, whatever else is called so around it. */
const declareExtern = (f: FunctionContext, { name, span }: VariableDeclaration): void => {
  const binding = f.program.file.own(name)
  if (binding?.kind !== 'object')
    throw refused('c-unknown', span, `the file has no variable ${name}`, 'declare it outside of the function')
  if (f.scope.own(name) === undefined) f.declare(name, binding, span)
}

/** Does a tree have a name in it? */
const names = (node: unknown, name: string): boolean => {
  if (Array.isArray(node)) return node.some((item) => names(item, name))
  if (typeof node !== 'object' || node === null) return false
  if ('kind' in node && node.kind === 'name' && 'name' in node && node.name === name) return true
  return Object.entries(node).some(([key, part]) => key !== 'span' && names(part, name))
}

const declareVariable = (f: FunctionContext, declaration: VariableDeclaration): void => {
  const { name, initial, storage, span } = declaration
  if (storage === 'extern') {
    declareExtern(f, declaration)
    return
  }
  const type = completedType(f, typeOfSyntax(f, declaration.type), initial)
  refuseUnstorable(name, type, span)
  if (storage === 'static') {
    declareStatic(f, declaration, type)
    return
  }
  if (isScalar(type) && !f.addressed.has(name)) {
    const register = f.emitter.register(f.name, name, type, 'variable')
    f.declare(name, { kind: 'register', register, type }, span)
    // what it begins with may be of itself, and each time that it is declared it is another variable
    if (initial === undefined || names(initial, name)) f.emitter.set(register, { kind: 'constant', value: UNSET }, span)
    if (initial !== undefined) f.emitter.set(register, scalarInitial(f, initial, type, span), span)
    return
  }
  const address = localObject(f, name, type, span, saysConst(declaration.type))
  if (initial !== undefined) initialise(f, address, type, initial, span)
}

/** A static local is there once, however often what it stands in is lowered. */
const declareStatic = (
  f: FunctionContext,
  { name, type: syntax, initial, span }: VariableDeclaration,
  type: CType,
): void => {
  const { objects, statics } = f.program
  const known = statics.get(span)
  let object = known ?? `${f.name}.${name}`
  if (known === undefined) for (let i = 2; objects.has(object); i++) object = `${f.name}.${name}_${i}`
  f.declare(name, { kind: 'object', object, type, perThread: false, isConst: saysConst(syntax) }, span)
  if (known !== undefined) return
  statics.set(span, object)
  const common = { name: object, type, perThread: false, inRegisters: false, at: span }
  // before it is initialised: an initialiser may take its own address
  objects.set(object, { ...common, initial: new Map() })
  if (initial !== undefined) objects.set(object, { ...common, initial: initialLeaves(f, type, initial) })
}

const scalarInitial = (f: FunctionContext, initial: Initialiser, type: CType, span: Span): Pure => {
  const [part] = initialParts(f, type, initial).values()
  return part === undefined ? constant(0) : converted(rvalue(f, part.value), type, span)
}

/** Stores what an object in memory begins with: all of it, where a list names a part. */
export const initialise = (f: FunctionContext, address: Pure, type: CType, initial: Initialiser, span: Span): void => {
  initialisePart(f, address, type, '', initialParts(f, type, initial), span)
}

const initialisePart = (
  f: FunctionContext,
  address: Pure,
  type: CType,
  path: string,
  parts: ReadonlyMap<string, InitialPart>,
  span: Span,
): void => {
  const part = parts.get(path)
  if (isScalar(type)) {
    const value = part === undefined ? constant(0) : converted(rvalue(f, part.value), type, part.value.span)
    store(f, { kind: 'memory', address, type: bare(type) }, value, span)
    return
  }
  if (part !== undefined) {
    copyInto(f, address, rvalue(f, part.value).value, type, span)
    return
  }
  if (type.kind === 'struct')
    for (const { name, type: inner } of type.fields ?? []) {
      const field = folded({ kind: 'field', pointer: address, struct: type, field: name })
      initialisePart(f, field, inner, `${path}.${name}`, parts, span)
    }
  if (type.kind === 'array')
    for (let i = 0; i < type.length; i++) {
      const first = folded({ kind: 'decay', pointer: address })
      const element = folded({ kind: 'element', pointer: first, index: constant(i) })
      initialisePart(f, element, type.of, `${path}[${i}]`, parts, span)
    }
}

/** Expressions over registers, evaluated: by whoever runs a program, and where C wants a constant. */

import {
  isPointer,
  isTrue,
  Meaningless,
  NULL,
  placeOf,
  pointer,
  UNSET,
  binary,
  integerOf,
  wrapped,
  fromInteger,
} from './value.ts'
import type { Value } from './value.ts'
import type { FaultKind, Pure, Register, Target } from './ir.ts'
import { elementAt, fieldBeyond, outsideOf } from './place.ts'
import type { IntType, StructType } from './types.ts'
import { holdsAddresses } from './types.ts'

/** Thrown where C gives what happens no meaning, or an assertion of the program fails. */
export class Fault extends Error {
  readonly fault: FaultKind
  /** the instruction at which it happened, where that is no step */
  target: Target | undefined

  constructor(fault: FaultKind, message: string) {
    super(message)
    this.fault = fault
  }
}

/** What an expression is evaluated over. */
export interface Environment {
  readonly get: (register: Register) => Value
  readonly nameOf: (register: Register) => string
  /** number of the thread, and how many there are */
  readonly self: number
  readonly count: number
  /** the place of a local of the thread whose address is taken */
  readonly local: (object: string) => string
  /** the struct at a place; undefined if there is none of that name or it is something else */
  readonly structAt: (place: string) => StructType | undefined
  /** elements of the array at a place; undefined if there is none */
  readonly lengthAt: (place: string) => number | undefined
  /** number of the first thread of a name; undefined if there is none */
  readonly thread: (name: string) => number | undefined
  readonly isInterruptible: boolean
  /** are all stores of a thread visible? */
  readonly isDrained: (thread: number) => boolean
  /** is a thread at a label of C? */
  readonly at: (thread: string, label: string) => boolean
}

const addressed = (value: Value, what: string): string => {
  if (isPointer(value)) return placeOf(value)
  if (value === NULL) throw new Fault('NullPointer', `${what} of NULL`)
  throw new Fault('WrongPointer', `${what} of ${value}, which is no address`)
}

const fieldOf = (value: Value, struct: StructType, field: string, env: Environment): Value => {
  const place = addressed(value, `->${field}`)
  const beyond = fieldBeyond(place, field)
  if (beyond !== undefined) return pointer(beyond)
  const found = env.structAt(place)
  if (found === struct) return pointer(`${place}.${field}`)
  const array = outsideOf(place, env.lengthAt)
  if (array !== undefined)
    throw new Fault('OutOfBounds', `${place} is accessed, and ${array} has ${env.lengthAt(array)} elements`)
  throw new Fault('WrongPointer', `${place} is no ${struct.name}${found === undefined ? '' : `, but a ${found.name}`}`)
}

const elementOf = (value: Value, index: Value): Value => {
  if (index === 0) return value
  const place = addressed(value, 'pointer arithmetic')
  const [array, first] = elementAt(place) ?? []
  if (array !== undefined && first !== undefined) return pointer(`${array}[${first + Number(integerOf(index))}]`)
  throw new Fault('OutOfBounds', `${place} is no element of an array, and ${index} is added to its address`)
}

const distance = (left: Value, right: Value): Value => {
  if (left === right) return 0
  const [a, i] = elementAt(addressed(left, '-')) ?? []
  const [b, j] = elementAt(addressed(right, '-')) ?? []
  if (a === b && i !== undefined && j !== undefined) return i - j
  throw new Fault('WrongPointer', `${left} - ${right}: they do not point into one array`)
}

const containerOf = (value: Value, path: readonly string[], struct: StructType, env: Environment): Value => {
  const place = addressed(value, 'container_of()')
  const tail = path.map((field) => `.${field}`).join('')
  const outer = place.slice(0, -tail.length)
  return pointer(place.endsWith(tail) && env.structAt(outer) === struct ? outer : `${place}<${tail}>`)
}

const narrowed = (type: IntType, value: Value): Value => {
  if (isPointer(value) && type.bits > 1 && type.bits < 64 && !holdsAddresses(type))
    throw new Fault('WrongPointer', `${type.name} is too narrow for the address ${value}`)
  return wrapped(type, value)
}

const arithmetic = (pure: Extract<Pure, { kind: 'unary' | 'binary' }>, env: Environment): Value => {
  try {
    if (pure.kind === 'binary')
      return binary(pure.operator, pure.type, evaluate(pure.left, env), evaluate(pure.right, env))
    const operand = evaluate(pure.operand, env)
    if (pure.operator === '!') return isTrue(operand) ? 0 : 1
    if (pure.operator === '+') return operand
    if (pure.operator === '-') return binary('-', pure.type, 0, operand)
    return wrapped(pure.type, fromInteger(-1n - integerOf(operand)))
  } catch (error) {
    if (error instanceof Meaningless)
      throw new Fault(error.fault === 'pointer' ? 'WrongPointer' : 'Arithmetic', error.message)
    throw error
  }
}

/**
 * The value of an expression.
 * @throws Fault where C gives it no meaning
 */
export const evaluate = (pure: Pure, env: Environment): Value => {
  switch (pure.kind) {
    case 'constant':
      return pure.value
    case 'register': {
      const value = env.get(pure.register)
      if (value !== UNSET) return value
      throw new Fault('Uninitialised', `${env.nameOf(pure.register)} is read before anything is assigned to it`)
    }
    case 'unary':
    case 'binary':
      return arithmetic(pure, env)
    case 'and':
      return isTrue(evaluate(pure.left, env)) && isTrue(evaluate(pure.right, env)) ? 1 : 0
    case 'or':
      return isTrue(evaluate(pure.left, env)) || isTrue(evaluate(pure.right, env)) ? 1 : 0
    case 'conditional':
      return evaluate(isTrue(evaluate(pure.condition, env)) ? pure.yes : pure.no, env)
    case 'convert':
      return narrowed(pure.type, evaluate(pure.operand, env))
    case 'field':
      return fieldOf(evaluate(pure.pointer, env), pure.struct, pure.field, env)
    case 'decay':
      return pointer(`${addressed(evaluate(pure.pointer, env), 'an element')}[0]`)
    case 'element':
      return elementOf(evaluate(pure.pointer, env), evaluate(pure.index, env))
    case 'distance':
      return distance(evaluate(pure.left, env), evaluate(pure.right, env))
    case 'container':
      return containerOf(evaluate(pure.pointer, env), pure.path, pure.struct, env)
    case 'local':
      return pointer(env.local(pure.object))
    case 'self':
      return env.self
    case 'count':
      return env.count
    case 'thread': {
      const number = env.thread(pure.name)
      if (number !== undefined) return number
      throw new Fault('WrongPointer', `there is no thread ${pure.name}`)
    }
    case 'interruptible':
      return env.isInterruptible ? 1 : 0
    case 'drained':
      return env.isDrained(Number(evaluate(pure.thread, env))) ? 1 : 0
    case 'at':
      return env.at(pure.thread, pure.label) ? 1 : 0
  }
}

/** An environment without registers: of what C calls a constant expression. */
const NOTHING: Environment = {
  get: () => UNSET,
  nameOf: () => 'a variable',
  self: 0,
  count: 0,
  local: (object) => object,
  structAt: () => undefined,
  lengthAt: () => undefined,
  thread: () => undefined,
  isInterruptible: false,
  isDrained: () => true,
  at: () => false,
}

const isConstant = (pure: Pure): boolean => {
  switch (pure.kind) {
    case 'constant':
      return true
    case 'unary':
    case 'convert':
      return isConstant(pure.operand)
    case 'binary':
    case 'and':
    case 'or':
      return isConstant(pure.left) && isConstant(pure.right)
    case 'conditional':
      return isConstant(pure.condition) && isConstant(pure.yes) && isConstant(pure.no)
    case 'element':
      return isConstant(pure.pointer) && isConstant(pure.index)
    case 'decay':
      return isConstant(pure.pointer)
    default:
      return false
  }
}

/** The expression as a constant if it is one and has a meaning; else as it is. */
export const folded = (pure: Pure): Pure => {
  if (pure.kind === 'constant') return pure
  // the address of a field of what has a name: its type is known, and looked at where it is accessed
  if (pure.kind === 'field' && pure.pointer.kind === 'constant' && isPointer(pure.pointer.value))
    return { kind: 'constant', value: `${pure.pointer.value}.${pure.field}` }
  if (!isConstant(pure)) return pure
  try {
    return { kind: 'constant', value: evaluate(pure, NOTHING) }
  } catch (error) {
    if (error instanceof Fault) return pure
    throw error
  }
}

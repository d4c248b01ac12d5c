/** Reads the C of the threads: declarations, assignments, `if`, calls, and expressions with C's precedence. */

import { editDistance } from '../kernel/near.ts'
import type { BinaryOperator, Call, Expr, Parameter, SharedType, Stmt, ThreadAst } from './ast.ts'
import { PRECEDENCE } from './ast.ts'
import type { Cursor, Token } from './tokens.ts'
import type { Argument } from './primitives.ts'
import { hasValue, PRIMITIVES } from './primitives.ts'

const LOOPS = new Set(['while', 'for', 'do', 'goto'])
const LOOP_HINT = 'write the rounds out one after the other, or keep the executions that leave the loop with `filter`'
const OTHER_STATEMENTS = new Set(['switch', 'case', 'default', 'break', 'continue', 'return', 'asm', 'static'])
const OTHER_TYPES = new Set(
  (
    'void char short long unsigned signed float double bool _Bool size_t u8 u16 u32 u64 s8 s16 s64 __u32 __u64 union ' +
    'enum atomic64_t atomic_long_t intptr_t uintptr_t int8_t int16_t int64_t uint8_t uint16_t uint32_t uint64_t'
  ).split(' '),
)
const QUALIFIERS = new Set(['volatile', 'const'])
const SHARED = new Set<string>(['int', 's32', 'int32_t', 'atomic_t', 'spinlock_t', 'struct'])

const TYPE_HINT =
  'registers are `int` or pointers to it; what is shared is int, atomic_t, spinlock_t or struct srcu_struct'

/** Is it a type that something can be declared with, in the initial state too? */
export const isTypeName = (text: string): boolean => SHARED.has(text) || OTHER_TYPES.has(text) || QUALIFIERS.has(text)

const skipQualifiers = (cursor: Cursor): void => {
  while (QUALIFIERS.has(cursor.peek().text)) cursor.take()
}

/** `*`s behind the name of a type. */
export const starsOf = (cursor: Cursor): number => {
  let count = 0
  while (cursor.accept('*')) {
    count += 1
    skipQualifiers(cursor)
  }
  return count
}

/** The name of a type, without stars. */
export const sharedType = (cursor: Cursor): SharedType => {
  skipQualifiers(cursor)
  const token = cursor.name('a type', TYPE_HINT)
  if (!SHARED.has(token.text)) throw cursor.unsupported(token, `the type ${token.text}`, TYPE_HINT)
  if (token.text === 'struct') {
    const tag = cursor.name('srcu_struct', TYPE_HINT)
    if (tag.text !== 'srcu_struct') throw cursor.unsupported(token, `struct ${tag.text}`, TYPE_HINT)
    skipQualifiers(cursor)
    return 'struct srcu_struct'
  }
  skipQualifiers(cursor)
  if (token.text === 'atomic_t' || token.text === 'spinlock_t') return token.text
  return 'int'
}

// ---------------------------------------------------------------------------------------------------------- calls

const ARGUMENT: Readonly<Record<Argument, string>> = {
  lvalue: '*LOCATION',
  address: 'LOCATION',
  value: 'VALUE',
  srcu: 'SRCU_STRUCT',
}

const signature = (name: string, args: readonly Argument[]): string =>
  `${name}(${args.map((a) => ARGUMENT[a]).join(', ')})`

const nearest = (name: string): string => {
  const [best] = [...PRIMITIVES.keys()].map((n) => [editDistance(n, name), n] as const).sort(([a], [b]) => a - b)
  const close = best !== undefined && best[0] <= 3 ? `did you mean ${best[1]}()? ` : ''
  return `${close}docs/litmus.md lists the functions that are`
}

/** Where the argument is an lvalue, what stands behind its `*`. */
const argument = (cursor: Cursor, name: string, kind: Argument): Expr => {
  if (kind === 'srcu') {
    cursor.accept('&')
    const { text, at } = cursor.name('the name of a struct srcu_struct', `write ${name}(ss) with ss a parameter`)
    return { kind: 'name', name: text, at }
  }
  const at = cursor.peek()
  if (at.text === '&') throw cursor.unsupported(at, 'the operator &', 'a parameter is the address of its location')
  const written = expression(cursor)
  if (kind !== 'lvalue') return written
  if (written.kind === 'plain') return written.address
  const message = `expected * and a location as the first argument of ${name}(), found '${at.text}'`
  throw cursor.error('litmus-syntax', at, message, `write ${name}(*x${name === 'READ_ONCE' ? '' : ', …'})`)
}

const callOf = (cursor: Cursor): Call => {
  const token = cursor.take()
  const primitive = PRIMITIVES.get(token.text)
  if (primitive === undefined) {
    throw cursor.unsupported(token, `the function ${token.text}()`, nearest(token.text))
  }
  const hint = `write ${signature(token.text, primitive.args)}`
  cursor.need('(', hint)
  const args = primitive.args.map((kind, i) => {
    if (i > 0) cursor.need(',', hint)
    return argument(cursor, token.text, kind)
  })
  cursor.need(')', hint)
  return { kind: 'call', name: token.text, args, at: token.at }
}

// ---------------------------------------------------------------------------------------------------- expressions

/** `(int *)`; a cast between 32-bit types changes nothing. */
const skipCast = (cursor: Cursor): boolean => {
  if (!cursor.is('(') || !isTypeName(cursor.peek(1).text)) return false
  cursor.take()
  sharedType(cursor)
  starsOf(cursor)
  cursor.need(')', 'close the cast')
  return true
}

const unaryExpression = (cursor: Cursor): Expr => {
  if (skipCast(cursor)) return cursor.nested(() => unaryExpression(cursor))
  const token = cursor.peek()
  const { text, at } = token
  const operand = (): Expr => {
    cursor.take()
    return cursor.nested(() => unaryExpression(cursor))
  }
  switch (text) {
    case '+':
      return operand()
    case '-':
    case '!':
    case '~':
      // `-1` is the integer; `-r0` is an operation
      if (text === '-' && cursor.peek(1).kind === 'int') return { kind: 'int', value: cursor.integer('', ''), at }
      return { kind: 'unary', operator: text, operand: operand(), at }
    case '*':
      return { kind: 'plain', address: operand(), at }
    case '&':
      throw cursor.unsupported(token, 'the operator &', 'a parameter is the address of its location')
    case '++':
    case '--':
      throw cursor.unsupported(token, `the operator ${text}`, 'write r0 = r0 + 1')
    default:
      return primary(cursor, token)
  }
}

/** A name is all that stands for a register or a location. */
const refuseParts = (cursor: Cursor): void => {
  const token = cursor.peek()
  if (!['[', '.', '->'].includes(token.text)) return
  throw cursor.unsupported(
    token,
    `${token.text === '[' ? 'an array' : 'a field'} (${token.text})`,
    'use a location each',
  )
}

const primary = (cursor: Cursor, token: Token): Expr => {
  cursor.count('terms')
  if (token.kind === 'int') {
    return { kind: 'int', value: cursor.integer('an integer', 'write e.g. 1'), at: token.at }
  }
  if (cursor.accept('(')) {
    const inner = cursor.nested(() => expression(cursor))
    cursor.need(')', 'close the parenthesis')
    return inner
  }
  if (token.kind !== 'name' || LOOPS.has(token.text) || OTHER_STATEMENTS.has(token.text)) {
    throw cursor.expected('an expression', 'an expression is built of integers, registers, locations and calls')
  }
  if (cursor.is('(', 1)) return valueOf(cursor, token)
  if (token.text === 'sizeof') throw cursor.unsupported(token, 'sizeof', 'write the number')
  cursor.take()
  refuseParts(cursor)
  return { kind: 'name', name: token.text, at: token.at }
}

const valueOf = (cursor: Cursor, token: Token): Expr => {
  const call = cursor.nested(() => callOf(cursor))
  const primitive = PRIMITIVES.get(call.name)
  if (primitive !== undefined && hasValue(primitive)) return call
  throw cursor.error('litmus-syntax', token, `${call.name}() has no value`, 'call it as a statement of its own')
}

const binaryFrom = (cursor: Cursor, level: number): Expr => {
  const operators: readonly BinaryOperator[] | undefined = PRECEDENCE[level]
  if (operators === undefined) return unaryExpression(cursor)
  let left = binaryFrom(cursor, level + 1)
  for (;;) {
    const { text, at } = cursor.peek()
    const operator = operators.find((o) => o === text)
    if (operator === undefined) return left
    cursor.take()
    left = { kind: 'binary', operator, left, right: binaryFrom(cursor, level + 1), at }
  }
}

/** A whole expression; assignments inside of expressions are refused. */
const expression = (cursor: Cursor): Expr => {
  const condition = binaryFrom(cursor, 0)
  const token = cursor.peek()
  if (!cursor.accept('?')) return condition
  const yes = cursor.nested(() => expression(cursor))
  cursor.need(':', 'write CONDITION ? A : B')
  const no = cursor.nested(() => expression(cursor))
  return { kind: 'choice', condition, yes, no, at: token.at }
}

// ----------------------------------------------------------------------------------------------------- statements

const refuseUpdate = (cursor: Cursor): void => {
  const token = cursor.peek()
  if (!/^(?:\+\+|--|[-+*/%&|^]=|<<=|>>=)$/.test(token.text)) return
  throw cursor.unsupported(token, `the operator ${token.text}`, 'write it out, r0 = r0 + 1')
}

const semicolon = (cursor: Cursor): void => {
  refuseUpdate(cursor)
  cursor.need(';', 'a statement ends with ;')
}

const declaration = (cursor: Cursor): Stmt[] => {
  const first = cursor.peek()
  const type = sharedType(cursor)
  if (type !== 'int') throw cursor.unsupported(first, `a register of type ${type}`, TYPE_HINT)
  const declared: Stmt[] = []
  do {
    if (declared.length > 0) cursor.count('statements')
    const depth = starsOf(cursor)
    const { text, at } = cursor.name('the name of a register', 'write `int r0;`')
    if (cursor.is('[')) throw cursor.unsupported(cursor.peek(), 'an array ([)', 'use a register each')
    const value = cursor.accept('=') ? { value: expression(cursor) } : {}
    declared.push({ kind: 'declare', name: text, stars: depth, ...value, at })
  } while (cursor.accept(','))
  semicolon(cursor)
  return declared
}

const plainStore = (cursor: Cursor): Stmt => {
  const { at } = cursor.peek()
  cursor.take()
  const address = unaryExpression(cursor)
  cursor.need('=', 'write *x = VALUE')
  const value = expression(cursor)
  semicolon(cursor)
  return { kind: 'plain-store', address, value, at }
}

const ifStatement = (cursor: Cursor): Stmt => {
  const { at } = cursor.take()
  cursor.need('(', 'write if (CONDITION)')
  const condition = expression(cursor)
  cursor.need(')', 'close the condition')
  const yes = branch(cursor)
  const no = cursor.accept('else') ? branch(cursor) : []
  return { kind: 'if', condition, yes, no, at }
}

/** One statement or a block, as a list. */
const branch = (cursor: Cursor): readonly Stmt[] => {
  const body = cursor.nested(() => statement(cursor))
  const [only] = body
  return body.length === 1 && only?.kind === 'block' ? only.body : body
}

const block = (cursor: Cursor): Stmt => {
  const { at } = cursor.take()
  const body = statementsTo(cursor)
  return { kind: 'block', body, at }
}

const callStatement = (cursor: Cursor): Stmt => {
  const { at } = cursor.peek()
  const call = callOf(cursor)
  semicolon(cursor)
  return { kind: 'call', call, at }
}

const refuseStatement = (cursor: Cursor): void => {
  const token = cursor.peek()
  const { text } = token
  if (token.kind !== 'name') return
  if (LOOPS.has(text)) throw cursor.unsupported(token, `a loop (${text})`, LOOP_HINT)
  if (OTHER_STATEMENTS.has(text)) throw cursor.unsupported(token, text, 'use if and else')
  if (cursor.is(':', 1)) throw cursor.unsupported(token, `a label (${text}:)`, LOOP_HINT)
}

/** `(void)CALL;` is the call. */
const skipVoid = (cursor: Cursor): void => {
  if (!cursor.is('(') || !cursor.is('void', 1) || !cursor.is(')', 2)) return
  for (let i = 0; i < 3; i++) cursor.take()
}

const statement = (cursor: Cursor): Stmt[] => {
  cursor.count('statements')
  refuseStatement(cursor)
  if (cursor.accept(';')) return []
  if (cursor.is('{')) return [cursor.nested(() => block(cursor))]
  if (cursor.is('if')) return [ifStatement(cursor)]
  if (isTypeName(cursor.peek().text)) return declaration(cursor)
  if (cursor.is('*')) return [plainStore(cursor)]
  skipVoid(cursor)
  const token = cursor.peek()
  if (token.kind === 'name' && cursor.is('(', 1)) return [callStatement(cursor)]
  return [assignment(cursor)]
}

const assignment = (cursor: Cursor): Stmt => {
  const hint = 'a statement is a declaration, an assignment, a call, an if or a block'
  const { text, at } = cursor.name('a statement', hint)
  refuseParts(cursor)
  refuseUpdate(cursor)
  if (!cursor.accept('=')) throw cursor.expected('= and a value', 'write r0 = VALUE;')
  const value = expression(cursor)
  semicolon(cursor)
  return { kind: 'assign', name: text, value, at }
}

const statementsTo = (cursor: Cursor): readonly Stmt[] => {
  const body: Stmt[] = []
  while (!cursor.is('}')) body.push(...statement(cursor))
  cursor.take()
  return body
}

// -------------------------------------------------------------------------------------------------------- threads

const parameter = (cursor: Cursor): Parameter => {
  cursor.count('terms')
  const type = sharedType(cursor)
  const depth = starsOf(cursor)
  const { text, at } = cursor.name('the name of a location', 'write e.g. int *x')
  if (depth === 0) {
    const hint = `write ${type} *${text}: what is shared is given by its address`
    throw cursor.source.error('litmus-unsupported', at, `the parameter ${text} is no pointer`, hint)
  }
  return { type, stars: depth, name: text, at }
}

const parameters = (cursor: Cursor): readonly Parameter[] => {
  cursor.need('(', 'write P0(int *x)')
  if (cursor.accept(')')) return []
  if (cursor.is('void') && cursor.is(')', 1)) {
    cursor.take()
    cursor.take()
    return []
  }
  const list: Parameter[] = []
  do list.push(parameter(cursor))
  while (cursor.accept(','))
  cursor.need(')', 'close the parameters')
  return list
}

/** Does a thread begin here? */
export const atThread = (cursor: Cursor): boolean =>
  (/^P[0-9]+$/.test(cursor.peek().text) && cursor.is('(', 1)) || cursor.is('void') || cursor.is('static')

/** One thread; threads are numbered from 0 in the order of the text. */
export const thread = (cursor: Cursor, number: number): ThreadAst => {
  cursor.accept('static')
  cursor.accept('void')
  const token = cursor.peek()
  if (token.text !== `P${number}`) {
    throw cursor.expected(`the thread P${number}`, 'threads are named P0, P1, … in this order')
  }
  cursor.take()
  const list = parameters(cursor)
  cursor.need('{', 'write the body of the thread in braces')
  return { parameters: list, body: statementsTo(cursor), at: token.at }
}

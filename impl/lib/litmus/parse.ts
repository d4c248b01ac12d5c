/** Reads a litmus test in herd's C syntax: name, initial state, threads, `locations`, `filter`, condition. */

import type { Condition, InitItem, Literal, Prop, Quantifier, SharedType, Subject, Test, ThreadAst } from './ast.ts'
import { Cursor, header } from './tokens.ts'
import { atThread, isTypeName, sharedType, starsOf, thread } from './parse-c.ts'
import type { Source } from './source.ts'

const SUBJECT_HINT = 'write a register of a thread, 0:r0, or a location, x'

/** `0:r0`, `P0:r0`, `x` or `[x]`. */
const subject = (cursor: Cursor): Subject => {
  const token = cursor.peek()
  if (cursor.accept('[')) {
    const { text, at } = cursor.name('a location', SUBJECT_HINT)
    cursor.need(']', SUBJECT_HINT)
    return { kind: 'location', name: text, at }
  }
  if (cursor.is(':', 1) && /^P?[0-9]+$/.test(token.text)) {
    cursor.take()
    cursor.take()
    const { text } = cursor.name('a register', SUBJECT_HINT)
    return { kind: 'register', thread: Number(token.text.replace('P', '')), name: text, at: token.at }
  }
  const { text, at } = cursor.name('a register or a location', SUBJECT_HINT)
  if (cursor.is('[') && cursor.peek(1).kind === 'int') {
    throw cursor.unsupported(cursor.peek(), 'an array ([)', 'use a location each')
  }
  return { kind: 'location', name: text, at }
}

const VALUE_HINT = 'a value is an integer, or a location, whose address is meant'

const literal = (cursor: Cursor): Literal => {
  const ampersand = cursor.accept('&')
  const token = cursor.peek()
  if (ampersand || token.kind === 'name') {
    const { text, at } = cursor.name('a location', VALUE_HINT)
    return { kind: 'address', name: text, at }
  }
  if (token.text === '{') throw cursor.unsupported(token, 'an array ({)', 'use a location each')
  return { kind: 'int', value: cursor.integer('a value', VALUE_HINT) }
}

// -------------------------------------------------------------------------------------------------- initial state

/** `= 1`, `= &x`, `= ATOMIC_INIT(1)`, or nothing, which is 0. */
const initialValue = (cursor: Cursor): Literal => {
  if (!cursor.accept('=')) return { kind: 'int', value: 0 }
  if (!cursor.accept('ATOMIC_INIT')) return literal(cursor)
  cursor.need('(', 'write ATOMIC_INIT(1)')
  const value = literal(cursor)
  cursor.need(')', 'write ATOMIC_INIT(1)')
  return value
}

const initType = (cursor: Cursor): { type?: SharedType; stars: number } => {
  if (!isTypeName(cursor.peek().text)) return { stars: starsOf(cursor) }
  return { type: sharedType(cursor), stars: starsOf(cursor) }
}

const initialState = (cursor: Cursor): readonly InitItem[] => {
  const hint = 'write e.g. x=1; or int x = 1;'
  cursor.need('{', 'write {} where all locations begin as 0')
  const items: InitItem[] = []
  while (!cursor.accept('}')) {
    if (cursor.accept(';')) continue
    cursor.count('initial values')
    const declared = initType(cursor)
    const of = subject(cursor)
    items.push({ subject: of, ...declared, value: initialValue(cursor) })
    if (!cursor.is('}')) cursor.need(';', hint)
  }
  return items
}

// ------------------------------------------------------------------------------------------------------ condition

const isNot = (cursor: Cursor): boolean => cursor.is('~') || cursor.is('not')

const equation = (cursor: Cursor): Prop => {
  const of = subject(cursor)
  const operator = cursor.peek()
  if (!['=', '==', '!=', '<>'].includes(operator.text)) {
    throw cursor.expected('=, == or !=', 'write 0:r0=1')
  }
  cursor.take()
  const equals: Prop = { kind: 'equals', subject: of, value: comparand(cursor) }
  return operator.text === '!=' || operator.text === '<>' ? { kind: 'not', operand: equals } : equals
}

/** The right-hand side: a register or `[x]` is looked at, a bare location is its address, as in herd. */
const comparand = (cursor: Cursor): Literal | Subject => {
  const isRegister = cursor.is(':', 1) && /^P?[0-9]+$/.test(cursor.peek().text)
  return isRegister || cursor.is('[') ? subject(cursor) : literal(cursor)
}

const atom = (cursor: Cursor): Prop => {
  cursor.count('terms')
  if (isNot(cursor)) {
    cursor.take()
    return { kind: 'not', operand: cursor.nested(() => atom(cursor)) }
  }
  if (cursor.accept('(')) {
    if (cursor.is(')')) {
      const hint = 'name a register or a location, e.g. (0:r0=1), or write (true)'
      throw cursor.error('litmus-over-nothing', cursor.peek(), 'the condition is over nothing', hint)
    }
    const inner = cursor.nested(() => proposition(cursor))
    cursor.need(')', 'close the parenthesis')
    return inner
  }
  const { text } = cursor.peek()
  if (text === 'fault' || text === 'Fault') throw cursor.unsupported(cursor.peek(), text, SUBJECT_HINT)
  if (text !== 'true' && text !== 'false') return equation(cursor)
  cursor.take()
  return { kind: 'constant', value: text === 'true' }
}

/** `=>` binds tighter than `/\`, and that tighter than `\/`, as in herd's grammar. */
const implication = (cursor: Cursor): Prop => {
  const left = atom(cursor)
  if (!cursor.accept('=>')) return left
  return { kind: 'implies', left, right: cursor.nested(() => implication(cursor)) }
}

const chain = (cursor: Cursor, symbol: string, kind: 'and' | 'or', part: (c: Cursor) => Prop): Prop => {
  let left = part(cursor)
  while (cursor.accept(symbol)) left = { kind, left, right: part(cursor) }
  return left
}

const conjunction = (cursor: Cursor): Prop => chain(cursor, '/\\', 'and', implication)
const proposition = (cursor: Cursor): Prop => chain(cursor, '\\/', 'or', conjunction)

const CONDITION_HINT = 'write exists (…), ~exists (…) or forall (…) after the threads'

const quantifier = (cursor: Cursor): Quantifier | undefined => {
  if (isNot(cursor) && cursor.is('exists', 1)) {
    cursor.take()
    cursor.take()
    return '~exists'
  }
  if (cursor.accept('exists') || cursor.accept('final')) return 'exists'
  if (cursor.accept('forall')) return 'forall'
  return cursor.is('(') ? 'exists' : undefined
}

/** Without a condition, with `locations`: all states are listed, as herd does. */
const condition = (cursor: Cursor, hasLocations: boolean): Condition => {
  const token = cursor.peek()
  if (['observed', 'Observed', 'with'].includes(token.text)) throw cursor.unsupported(token, token.text, CONDITION_HINT)
  const quantified = quantifier(cursor)
  if (quantified !== undefined) return { quantifier: quantified, prop: proposition(cursor) }
  if (token.kind !== 'end') throw cursor.expected('a condition', CONDITION_HINT)
  if (!hasLocations) {
    const message = 'expected a condition or `locations [...]`, found the end of the text: the outcome is over nothing'
    throw cursor.error('litmus-over-nothing', token, message, CONDITION_HINT)
  }
  return { quantifier: 'forall', prop: { kind: 'constant', value: true } }
}

const locationList = (cursor: Cursor): readonly Subject[] => {
  const hint = 'write locations [0:r0; x;]'
  cursor.need('[', hint)
  const list: Subject[] = []
  while (!cursor.accept(']')) {
    cursor.count('terms')
    list.push(subject(cursor))
    // a type behind the location tells herd how to print it; all values print alike here
    if (isTypeName(cursor.peek().text)) sharedType(cursor)
    starsOf(cursor)
    if (!cursor.is(']')) cursor.need(';', hint)
  }
  return list
}

// ------------------------------------------------------------------------------------------------------- the test

const threads = (cursor: Cursor): readonly ThreadAst[] => {
  const list: ThreadAst[] = []
  do {
    cursor.count('threads')
    list.push(thread(cursor, list.length))
  } while (atThread(cursor))
  return list
}

/**
 * Reads a test.
 * @throws LockstepError (exit 2) `litmus-syntax`, `litmus-unsupported` or `litmus-over-nothing`, with line and column
 */
export const parseTest = (source: Source): Test => {
  const { name, end } = header(source)
  const cursor = new Cursor(source, end)
  const init = initialState(cursor)
  const processes = threads(cursor)
  const at = cursor.peek().at
  const listed = cursor.accept('locations') ? locationList(cursor) : []
  const kept = cursor.accept('filter') ? { filter: proposition(cursor) } : {}
  const final = condition(cursor, listed.length > 0)
  cursor.accept(';')
  if (cursor.peek().kind !== 'end') throw cursor.expected('the end of the text', CONDITION_HINT)
  return { name, init, threads: processes, locations: listed, ...kept, condition: final, conditionAt: at }
}

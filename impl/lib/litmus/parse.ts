/** Reads what herd has around the C of a litmus test: name, initial state, `locations`, `filter`, condition. */

import type { Condition, Literal, Prop, Quantifier, Subject } from './condition.ts'
import type { Envelope, InitItem } from './envelope.ts'
import type { At, Source } from './source.ts'
import { codeFrom, Cursor, header } from './tokens.ts'
import { isTypeWord } from './types.ts'

const SUBJECT_HINT = 'write a register of a thread, 0:r0, or a location, x'

/** `[1]` behind the name of an array. */
const element = (cursor: Cursor): string => {
  if (!cursor.is('[') || cursor.peek(1).kind !== 'int') return ''
  cursor.take()
  const index = cursor.integer('an index', SUBJECT_HINT)
  cursor.need(']', SUBJECT_HINT)
  return `[${index}]`
}

/** `0:r0`, `P0:r0`, `x`, `[x]` or `x[1]`. */
const subject = (cursor: Cursor): Subject => {
  const token = cursor.peek()
  if (cursor.accept('[')) {
    const { text, at } = cursor.name('a location', SUBJECT_HINT)
    const name = text + element(cursor)
    cursor.need(']', SUBJECT_HINT)
    return { kind: 'location', name, at }
  }
  if (cursor.is(':', 1) && /^P?[0-9]+$/.test(token.text)) {
    cursor.take()
    cursor.take()
    const { text } = cursor.name('a register', SUBJECT_HINT)
    return { kind: 'register', thread: Number(token.text.replace('P', '')), name: text, at: token.at }
  }
  const { text, at } = cursor.name('a register or a location', SUBJECT_HINT)
  return { kind: 'location', name: text + element(cursor), at }
}

const VALUE_HINT = 'a value is an integer, or a location, whose address is meant'

const literal = (cursor: Cursor): Literal => {
  const ampersand = cursor.accept('&')
  const token = cursor.peek()
  if (ampersand || token.kind === 'name') {
    const { text, at } = cursor.name('a location', VALUE_HINT)
    return { kind: 'address', name: text + element(cursor), at }
  }
  return { kind: 'int', value: cursor.integer('a value', VALUE_HINT) }
}

// -------------------------------------------------------------------------------------------------- initial state

/** `(int *)` before a value changes nothing. */
const skipCast = (cursor: Cursor): void => {
  if (!cursor.is('(') || !isTypeWord(cursor.peek(1).text)) return
  cursor.take()
  typeWords(cursor)
  while (cursor.accept('*'));
  cursor.need(')', 'close the cast')
}

/** `1`, `&x`, `ATOMIC_INIT(1)`. */
const initialValue = (cursor: Cursor): Literal => {
  skipCast(cursor)
  if (!cursor.accept('ATOMIC_INIT')) return literal(cursor)
  cursor.need('(', 'write ATOMIC_INIT(1)')
  const value = literal(cursor)
  cursor.need(')', 'write ATOMIC_INIT(1)')
  return value
}

/** `= 1`, `= { 1, 2 }`, or nothing, which is 0. */
const initialValues = (cursor: Cursor): readonly Literal[] => {
  if (!cursor.accept('=')) return []
  if (!cursor.accept('{')) return [initialValue(cursor)]
  const values: Literal[] = []
  while (!cursor.accept('}')) {
    cursor.count('initial values')
    values.push(initialValue(cursor))
    if (!cursor.is('}')) cursor.need(',', 'write { 1, 2 }')
  }
  return values
}

/** The words of a type. */
const typeWords = (cursor: Cursor): string => {
  const words: string[] = []
  while (isTypeWord(cursor.peek().text)) {
    const { text } = cursor.take()
    if (text === 'struct' || text === 'union' || text === 'enum')
      words.push(text, cursor.name('the name of the struct', 'write e.g. struct srcu_struct ss;').text)
    else if (text !== 'volatile' && text !== 'const') words.push(text)
  }
  return words.join(' ')
}

/** A name before another name, or before a star, is a type: known or not. */
const refuseUnknownType = (cursor: Cursor): void => {
  const token = cursor.peek()
  if (token.kind !== 'name' || (cursor.peek(1).kind !== 'name' && !cursor.is('*', 1))) return
  const hint =
    'locations are int, long, intptr_t and their kin, atomic_t, spinlock_t, struct srcu_struct, pointers and arrays of them'
  throw cursor.unsupported(token, `the type ${token.text}`, hint)
}

const starsOf = (cursor: Cursor): number => {
  let count = 0
  while (cursor.accept('*')) {
    count += 1
    while (cursor.accept('volatile') || cursor.accept('const'));
  }
  return count
}

const initItem = (cursor: Cursor): InitItem => {
  cursor.count('initial values')
  const type = typeWords(cursor)
  refuseUnknownType(cursor)
  const stars = starsOf(cursor)
  const { text, at } = cursor.peek()
  const of = subject(cursor)
  const [, name = of.name, length] = /^(.*)\[(-?\d+)\]$/.exec(of.name) ?? []
  if (length !== undefined && (type === '' || Number(length) < 1 || Number(length) > 1000)) {
    const hint = 'write e.g. int a[2] = { 1, 2 };'
    throw cursor.source.error('litmus-unsupported', at, `${text} with the index ${length} is no array of a type`, hint)
  }
  return {
    subject: length === undefined ? of : { ...of, name },
    type: type === '' ? undefined : type,
    stars,
    length: length === undefined ? undefined : Number(length),
    values: initialValues(cursor),
  }
}

const initialState = (cursor: Cursor): readonly InitItem[] => {
  cursor.need('{', 'write {} where all locations begin as 0')
  const items: InitItem[] = []
  while (!cursor.accept('}')) {
    if (cursor.accept(';')) continue
    items.push(initItem(cursor))
    if (!cursor.is('}')) cursor.need(';', 'write e.g. x=1; or int x = 1;')
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
    typeWords(cursor)
    starsOf(cursor)
    if (!cursor.is(']')) cursor.need(';', hint)
  }
  return list
}

// ------------------------------------------------------------------------------------------------------- the test

/** Blocks behind the initial state are copied by litmus7 into what it makes, and mean nothing to herd. */
const blocksFrom = (source: Source, from: At): { readonly at: readonly At[]; readonly end: At } => {
  const at: At[] = []
  let end = from
  for (;;) {
    const block = new Cursor(source, end, true)
    if (!block.is('{')) return { at, end }
    at.push(block.peek().at)
    end = block.after
  }
}

const RESULT = /^[ \t]*\(?\*?[ \t]*Result:[ \t]*(Never|Sometimes|Always)\b/m

/**
 * Reads a test, but for the C in it.
 * @throws LockstepError (exit 2) `litmus-syntax`, `litmus-unsupported` or `litmus-over-nothing`, with line and column
 */
export const parseEnvelope = (source: Source): Envelope => {
  const { name, directives, end: initAt } = header(source)
  const head = new Cursor(source, initAt, true)
  const init = initialState(head)
  const blocks = blocksFrom(source, head.after)
  const code = codeFrom(source, blocks.end)
  const cursor = new Cursor(source, code.end, false)
  const { at } = cursor.peek()
  const listed = cursor.accept('locations') ? locationList(cursor) : []
  const kept = cursor.accept('filter') ? { filter: proposition(cursor) } : {}
  const final = condition(cursor, listed.length > 0)
  cursor.accept(';')
  if (cursor.peek().kind !== 'end') throw cursor.expected('the end of the text', CONDITION_HINT)
  const result = RESULT.exec(source.text)?.[1]
  return {
    name,
    directives,
    init,
    ignored: blocks.at,
    code: { from: blocks.end, to: code.end },
    comments: code.comments,
    locations: listed,
    ...kept,
    condition: final,
    conditionAt: at,
    result: result === 'Never' || result === 'Sometimes' || result === 'Always' ? result : undefined,
  }
}

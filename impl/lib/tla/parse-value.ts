/** Reads TLA+ values and states in the notation TLC prints, wherever TLC prints them: traces, dumps, error messages. */

import type { LockstepError, Place } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import { placeAt, placesIn, whatIsAt } from '../text/place.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { tla } from '../kernel/language/value.ts'

/** Values nested deeper than this are refused: a bound that keeps hostile input from exhausting the stack. */
export const MAX_DEPTH = 1000

/** Names that TLC prints only as part of a set it has not evaluated, so they are no model values. */
const UNEVALUATED = new Set(
  'SUBSET UNION DOMAIN Nat Int Real STRING BOOLEAN Seq CHOOSE LAMBDA IF LET CASE ENABLED UNCHANGED EXCEPT'.split(' '),
)

const UNESCAPED: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', t: '\t', n: '\n', f: '\f', r: '\r' }

const isSpace = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9
const isDigit = (code: number): boolean => code >= 48 && code <= 57
/** 0-9 A-Z _ a-z */
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)

/** A reader with one position that only moves forward; the position is where an error points. */
class Reader {
  readonly #text: string
  readonly #from: Place
  readonly #starts: WeakMap<TlaValue, number> | undefined
  #at = 0

  constructor(text: string, from: Place, starts?: WeakMap<TlaValue, number>) {
    this.#text = text
    this.#from = from
    this.#starts = starts
  }

  error(code: string, message: string, hint: string, at = this.#at): LockstepError {
    return badInput({ code, message, hint, ...placeAt(this.#text, at, this.#from) })
  }

  expected(what: string): LockstepError {
    const found = whatIsAt(this.#text, this.#at)
    const hint = 'give a value as TLC prints it; a set that TLC leaves unevaluated has to be evaluated in the spec'
    return this.error('tla-syntax', `expected ${what}, found ${found}`, hint)
  }

  skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1
  }

  /** Whether a token comes next; moves past it if so. */
  take(token: string): boolean {
    this.skipSpace()
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  need(token: string, or = ''): void {
    if (!this.take(token)) throw this.expected(`${or}${token}`)
  }

  needEnd(): void {
    this.skipSpace()
    if (this.#at < this.#text.length) throw this.expected('the end of the text')
  }

  /** A run of word characters; empty if there is none. */
  word(): string {
    this.skipSpace()
    const start = this.#at
    while (isWord(this.#text.charCodeAt(this.#at))) this.#at += 1
    return this.#text.slice(start, this.#at)
  }

  name(what: string): string {
    const start = this.#at
    const word = this.word()
    if (/[A-Za-z]/.test(word)) return word
    this.#at = start
    this.skipSpace()
    throw this.expected(what)
  }

  #guardDepth(depth: number): void {
    if (depth <= MAX_DEPTH) return
    const message = `the value is nested deeper than ${MAX_DEPTH} levels`
    throw this.error('tla-too-deep', message, 'no state of a model needs that: is this a TLC trace?')
  }

  /** An expression: a value, or `k :> v @@ ...` with or without the parentheses. */
  expression(depth: number): TlaValue {
    this.#guardDepth(depth)
    this.skipSpace()
    const start = this.#at
    const first = this.#range(depth)
    this.#starts?.set(first, start)
    if (!this.take(':>')) return first
    const entries: [TlaValue, TlaValue][] = [[first, this.#range(depth)]]
    while (this.take('@@')) {
      const argument = this.#range(depth)
      this.need(':>')
      entries.push([argument, this.#range(depth)])
    }
    return tla.fun(entries)
  }

  /** A value, or `a..b`. */
  #range(depth: number): TlaValue {
    const lo = this.#atom(depth)
    if (lo.kind !== 'int' || !this.take('..')) return lo
    this.skipSpace()
    const start = this.#at
    const hi = this.#atom(depth)
    if (hi.kind === 'int') return tla.interval(lo.value, hi.value)
    this.#at = start
    throw this.expected('the upper bound of the interval, an integer')
  }

  #atom(depth: number): TlaValue {
    this.skipSpace()
    const character = this.#text[this.#at]
    switch (character) {
      case '"':
        return tla.str(this.#string())
      case '{':
        this.#at += 1
        return tla.set(this.#list('}', depth))
      case '<':
        this.need('<<')
        return tla.seq(this.#list('>>', depth))
      case '[':
        this.#at += 1
        return this.#record(depth)
      case '(':
        return this.#parenthesised(depth)
      case '-':
        return this.#negative()
      default:
        return this.#wordValue()
    }
  }

  #parenthesised(depth: number): TlaValue {
    this.need('(')
    const value = this.expression(depth + 1)
    this.need(')')
    return value
  }

  /** Items up to a closing token, which is taken too. */
  #list(close: string, depth: number): TlaValue[] {
    const items: TlaValue[] = []
    if (this.take(close)) return items
    do items.push(this.expression(depth + 1))
    while (this.take(','))
    this.need(close, ', or ')
    return items
  }

  #record(depth: number): TlaValue {
    const fields = new Map<string, TlaValue>()
    do {
      this.skipSpace()
      const start = this.#at
      const name = this.name('the name of a field')
      this.need('|->')
      if (fields.has(name)) {
        throw this.error('tla-syntax', `the field ${name} is given twice`, 'a record has each field once', start)
      }
      fields.set(name, this.expression(depth + 1))
    } while (this.take(','))
    this.need(']', ', or ')
    return tla.record([...fields])
  }

  #negative(): TlaValue {
    this.need('-')
    this.skipSpace()
    const start = this.#at
    const value = this.#wordValue()
    if (value.kind === 'int') return tla.int(-value.value)
    this.#at = start
    throw this.expected('an integer')
  }

  #wordValue(): TlaValue {
    const start = this.#at
    const word = this.word()
    if (word === 'TRUE' || word === 'FALSE') return tla.bool(word === 'TRUE')
    if (/^[0-9]+$/.test(word)) return tla.int(BigInt(word))
    if (!/[A-Za-z]/.test(word)) {
      this.#at = start
      throw this.expected('a value')
    }
    if (UNEVALUATED.has(word)) {
      const message = `expected a value, found ${word}, which begins a set that TLC has not evaluated`
      throw this.error('tla-unevaluated', message, 'make the spec enumerate it, e.g. with {x : x \\in S}', start)
    }
    return tla.model(word)
  }

  #string(): string {
    const open = this.#at
    this.#at += 1
    let value = ''
    for (;;) {
      const start = this.#at
      let code = this.#text.charCodeAt(this.#at)
      while (code >= 32 && code !== 34 && code !== 92 && code !== 127) code = this.#text.charCodeAt(++this.#at)
      value += this.#text.slice(start, this.#at)
      if (code === 34) {
        this.#at += 1
        return value
      }
      value += this.#escape(open)
    }
  }

  /** What stands at the position is no ordinary character of a string: an escape, or an error. */
  #escape(open: number): string {
    if (this.#at >= this.#text.length) {
      throw this.error('tla-syntax', 'the string that begins here has no end', 'is the text truncated?', open)
    }
    if (this.#text[this.#at] !== '\\') throw this.expected('a character that a TLA+ string can hold')
    const character = UNESCAPED[this.#text[this.#at + 1] ?? '']
    if (character === undefined) {
      this.#at += 1
      throw this.expected('one of " \\ t n f r after the backslash')
    }
    this.#at += 2
    return character
  }

  /** `name = value`, into the map. */
  conjunct(values: Map<string, TlaValue>): void {
    this.skipSpace()
    const start = this.#at
    const name = this.name('the name of a variable')
    if (values.has(name)) {
      throw this.error('tla-syntax', `the variable ${name} is given twice`, 'a state has each variable once', start)
    }
    this.need('=')
    values.set(name, this.expression(1))
  }
}

/**
 * Reads one value in TLC's notation; line breaks and spaces may stand anywhere between tokens. The whole text must be the value.
 * @param from where the text begins in its file, so that errors point there
 * @throws LockstepError (exit 2) `tla-syntax`, `tla-unevaluated` or `tla-too-deep`, with line and column
 */
export const parseValue = (text: string, from: Place = {}): TlaValue => {
  const reader = new Reader(text, from)
  const value = reader.expression(1)
  reader.needEnd()
  return value
}

/** A value, and the place in its file where each part of it begins. */
export interface PlacedValue {
  readonly value: TlaValue
  readonly placeOf: (part: TlaValue) => Place
}

/** Reads one value as `parseValue` does, for data whose meaning is checked afterwards. */
export const parsePlacedValue = (text: string, from: Place = {}): PlacedValue => {
  const starts = new WeakMap<TlaValue, number>()
  const reader = new Reader(text, from, starts)
  const value = reader.expression(1)
  reader.needEnd()
  const placeOf = placesIn(text, from)
  return { value, placeOf: (part) => placeOf(starts.get(part) ?? 0) }
}

/**
 * Reads a state as TLC prints it: `/\ x = 1` a conjunct, or `x = 1` alone if there is one variable.
 * @returns the values by variable, in the order of the text
 * @throws LockstepError (exit 2) as `parseValue`
 */
export const parseState = (text: string, from: Place = {}): Map<string, TlaValue> => {
  const reader = new Reader(text, from)
  const values = new Map<string, TlaValue>()
  if (reader.take('/\\')) {
    do reader.conjunct(values)
    while (reader.take('/\\'))
  } else {
    reader.conjunct(values)
  }
  reader.needEnd()
  return values
}

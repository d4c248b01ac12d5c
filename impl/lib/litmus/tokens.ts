/**
 * Words and symbols of a litmus test. Comments differ by section, as in herd: `(* *)` is a comment outside of the
 * threads' bodies only, since in C it begins an expression.
 */

import type { LockstepError } from '../kernel/error.ts'
import type { At, LitmusCode, Source } from './source.ts'

export interface Token {
  readonly kind: 'name' | 'int' | 'symbol' | 'end'
  /** as written; for the end, what an error calls it */
  readonly text: string
  readonly at: At
}

const SYMBOLS_C =
  '<<= >>= ... && || == != <= >= << >> ++ -- += -= *= /= %= &= |= ^= -> ( ) { } [ ] , ; : ? = + - * / % & | ^ ! ~ < > .'
const SYMBOLS_LITMUS = '/\\ \\/ => == != <> ( ) { } [ ] , ; : = + - * & ~ < > .'

/** Blank space, or a comment to the end of the line. */
const BLANK = /[ \t\r\n\f\v]+|\/\/[^\n]*/y

const escaped = (symbol: string): string => symbol.replace(/[/\\^$*+?.()|[\]{}]/g, '\\$&')

/** A word, an integer or a symbol; what is none is a symbol that the parser will not expect: it says what it expected there. */
const tokenWith = (symbols: string): RegExp =>
  new RegExp(`[A-Za-z_]\\w*|0[xX][0-9A-Fa-f]+|[0-9]+|${symbols.split(' ').map(escaped).join('|')}|[^]`, 'uy')
const tokenOfC = tokenWith(SYMBOLS_C)
const tokenOfLitmus = tokenWith(SYMBOLS_LITMUS)

/** What a pattern matches at a place. */
const matchAt = (pattern: RegExp, text: string, at: At): string => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

/** Where the `(* *)` that opens at `open` ends; it nests. */
const afterComment = (source: Source, open: At): At => {
  const bracket = /\(\*|\*\)/g
  bracket.lastIndex = open
  let depth = 0
  do {
    const found = bracket.exec(source.text)
    if (found === null) {
      throw source.error('litmus-syntax', open, 'the comment that begins here has no end', 'close it: *)')
    }
    depth += found[0] === '(*' ? 1 : -1
  } while (depth > 0)
  return bracket.lastIndex
}

/** Where the first token from a place on begins. */
const afterBlank = (source: Source, from: At, inC: boolean): At => {
  const { text } = source
  let at = from
  for (;;) {
    const blank = matchAt(BLANK, text, at)
    if (blank !== '') at += blank.length
    else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2)
      if (end < 0) throw source.error('litmus-syntax', at, 'the comment that begins here has no end', 'close it: */')
      at = end + 2
    } else if (!inC && text.startsWith('(*', at)) at = afterComment(source, at)
    else return at
  }
}

const kindOf = (token: string): Token['kind'] => {
  if (/^[0-9]/.test(token)) return 'int'
  return /^[A-Za-z_]/.test(token) ? 'name' : 'symbol'
}

/** The tokens of a test from the brace on that opens its initial state. */
const tokensOf = (source: Source, from: At): readonly Token[] => {
  const tokens: Token[] = []
  // open braces; the first pair is the initial state, later ones are C
  let [depth, isInitDone, inC] = [0, false, false]
  let at = afterBlank(source, from, inC)
  while (at < source.text.length) {
    const text = matchAt(inC ? tokenOfC : tokenOfLitmus, source.text, at)
    tokens.push({ kind: kindOf(text), text, at })
    if (text === '{') depth += 1
    if (text === '}' && depth > 0) {
      depth -= 1
      isInitDone ||= depth === 0
    }
    inC = isInitDone && depth > 0
    at = afterBlank(source, at + text.length, inC)
  }
  return tokens
}

/** What stands before the initial state: the name of the test. The rest of it is for people, as in herd. */
export const header = (source: Source): { readonly name: string; readonly end: At } => {
  const { text } = source
  const archAt = matchAt(/\uFEFF?\s*/y, text, 0).length
  const arch = matchAt(/[A-Za-z0-9_]+/y, text, archAt)
  if (arch !== 'C') {
    const found = arch || (archAt < text.length ? 'something else' : 'the end of the text')
    const hint = 'a test in herd’s C syntax begins with the line `C NAME`; tests in assembler are not read'
    throw source.error('litmus-syntax', archAt, `expected C and the name of the test, found ${found}`, hint)
  }
  const name = matchAt(/[ \t]+[A-Za-z0-9_/.\-+[\]:]+/y, text, archAt + 1)
  if (name === '') {
    throw source.error('litmus-syntax', archAt + 1, 'expected the name of the test after C', 'write `C NAME`')
  }
  return { name: name.trim(), end: initAt(source, archAt + 1 + name.length) }
}

/** The brace that opens the initial state: the first one outside of comments and of the quoted description. */
const initAt = (source: Source, from: At): At => {
  const piece = /\(\*|"[^"]*"|\{/g
  piece.lastIndex = from
  for (;;) {
    const found = piece.exec(source.text)
    if (found === null) {
      const hint = 'write {} where all locations begin as 0'
      throw source.error('litmus-syntax', source.text.length, 'expected { and the initial state, found none', hint)
    }
    if (found[0] === '{') return found.index
    if (found[0] === '(*') piece.lastIndex = afterComment(source, found.index)
  }
}

/** Nesting deeper than this is refused: a bound that keeps hostile input from exhausting the stack. */
const MAX_DEPTH = 200

/**
 * How much of each a test may have. Tests of memory models are small; a text of many times that is no test, and would take all
 * memory, or the whole stack, before it is known to have too many states.
 */
const MOST = { statements: 1000, terms: 1000, 'initial values': 1000, threads: 100 } as const

/** What is counted. */
type Counted = keyof typeof MOST

/** A position in the tokens of a test that only moves forward; what is not as expected is an error there. */
export class Cursor {
  readonly source: Source
  readonly #tokens: readonly Token[]
  readonly #end: Token
  #next = 0
  #depth = 0
  readonly #counts = new Map<Counted, number>()

  /** `from`: the brace that opens the initial state */
  constructor(source: Source, from: At) {
    this.source = source
    this.#tokens = tokensOf(source, from)
    this.#end = { kind: 'end', text: 'the end of the text', at: source.text.length }
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#next + ahead] ?? this.#end
  }

  take(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.#next += 1
    return token
  }

  /** Is a word or symbol next? */
  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.text === text && token.kind !== 'end'
  }

  /** Moves past a word or symbol if it is next. */
  accept(text: string): boolean {
    if (!this.is(text)) return false
    this.take()
    return true
  }

  need(text: string, hint: string): Token {
    if (!this.is(text)) throw this.expected(text, hint)
    return this.take()
  }

  name(what: string, hint: string): Token {
    if (this.peek().kind !== 'name') throw this.expected(what, hint)
    return this.take()
  }

  error(code: LitmusCode, token: Token, message: string, hint: string): LockstepError {
    return this.source.error(code, token.at, message, hint)
  }

  expected(what: string, hint: string): LockstepError {
    const found = this.peek()
    const shown = found.kind === 'end' ? found.text : `'${found.text}'`
    return this.error('litmus-syntax', found, `expected ${what}, found ${shown}`, hint)
  }

  unsupported(token: Token, what: string, hint: string): LockstepError {
    return this.error('litmus-unsupported', token, `${what} is outside of the subset that is run`, hint)
  }

  /** One more of something, at the token that is next. */
  count(what: Counted): void {
    const count = (this.#counts.get(what) ?? 0) + 1
    if (count > MOST[what]) {
      const message = `more than ${MOST[what]} ${what}, too many for a search of all executions`
      throw this.error('litmus-unsupported', this.peek(), message, 'make the test smaller')
    }
    this.#counts.set(what, count)
  }

  /** One level of nesting deeper. */
  nested<T>(read: () => T): T {
    if (this.#depth >= MAX_DEPTH) {
      throw this.error('litmus-unsupported', this.peek(), `nested deeper than ${MAX_DEPTH} levels`, 'write less deep')
    }
    this.#depth += 1
    try {
      return read()
    } finally {
      this.#depth -= 1
    }
  }

  /** An integer as a 32-bit int. */
  integer(what: string, hint: string): number {
    const token = this.peek()
    const negative = token.kind === 'symbol' && token.text === '-' && this.peek(1).kind === 'int'
    if (negative) this.take()
    const digits = this.peek()
    if (digits.kind !== 'int') throw this.expected(what, hint)
    this.take()
    // a zero before the digits means octal in C and decimal in herd: say neither
    if (/^0[0-9]/.test(digits.text)) {
      throw this.unsupported(digits, `the number ${digits.text}, which begins with 0,`, 'write it without the zeros')
    }
    const value = Number(digits.text)
    const after = this.peek()
    if (after.kind === 'name' && after.at === digits.at + digits.text.length) {
      throw this.unsupported(digits, `the number ${digits.text}${after.text}`, 'write a plain integer, e.g. 1 or 0x10')
    }
    if (value > (negative ? 2 ** 31 : 2 ** 31 - 1)) {
      const hint32 = 'every value is a 32-bit int, from -2147483648 to 2147483647'
      throw this.unsupported(digits, `the number ${digits.text}`, hint32)
    }
    // never -0, which would print as another outcome
    return negative && value !== 0 ? -value : value
  }
}

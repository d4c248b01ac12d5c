/**
 * Words and symbols of a litmus test. Comments differ by section, as in herd: `(* *)` is a comment outside of the
 * threads' bodies only, since in C it begins an expression.
 */

import type { At, Source } from './source.ts'

export interface Token {
  readonly kind: 'name' | 'int' | 'symbol' | 'end'
  /** as written; for the end, what an error calls it */
  readonly text: string
  readonly at: At
}

const SYMBOLS_C =
  '<<= >>= ... && || == != <= >= << >> ++ -- += -= *= /= %= &= |= ^= -> ( ) { } [ ] , ; : ? = + - * / % & | ^ ! ~ < > .'
const SYMBOLS_LITMUS = '/\\ \\/ => == != <> ( ) { } [ ] , ; : = + - * & ~ < > .'

const SPACE = /[ \t\r\n\f\v]+/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const INTEGER = /0[xX][0-9A-Fa-f]+|[0-9]+/y

const escaped = (symbol: string): string => symbol.replace(/[/\\^$*+?.()|[\]{}-]/g, '\\$&')
const anyOf = (symbols: string): RegExp => new RegExp(symbols.split(' ').map(escaped).join('|'), 'y')
const symbolsC = anyOf(SYMBOLS_C)
const symbolsLitmus = anyOf(SYMBOLS_LITMUS)

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

class Lexer {
  readonly #source: Source
  readonly #tokens: Token[] = []
  #at: At
  /** open braces; the first pair is the initial state, later ones are C */
  #depth = 0
  #initDone = false

  constructor(source: Source, from: At) {
    this.#source = source
    this.#at = from
  }

  get #inC(): boolean {
    return this.#initDone && this.#depth > 0
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#source.text)?.[0]
  }

  #skipTo(end: string, openLength: number): void {
    const found = this.#source.text.indexOf(end, this.#at + openLength)
    if (found < 0) {
      throw this.#source.error('litmus-syntax', this.#at, 'the comment that begins here has no end', `close it: ${end}`)
    }
    this.#at = found + end.length
  }

  /** Moves past one piece of blank space or one comment. */
  #skipOne(): boolean {
    const { text } = this.#source
    const space = this.#match(SPACE)
    if (space !== undefined) this.#at += space.length
    else if (text.startsWith('//', this.#at)) {
      const end = text.indexOf('\n', this.#at)
      this.#at = end < 0 ? text.length : end
    } else if (text.startsWith('/*', this.#at)) this.#skipTo('*/', 2)
    else if (!this.#inC && text.startsWith('(*', this.#at)) this.#at = afterComment(this.#source, this.#at)
    else return false
    return true
  }

  #push(kind: Token['kind'], text: string): void {
    this.#tokens.push({ kind, text, at: this.#at })
    this.#at += text.length
    if (kind !== 'symbol') return
    if (text === '{') this.#depth += 1
    if (text === '}' && this.#depth > 0) {
      this.#depth -= 1
      if (this.#depth === 0) this.#initDone = true
    }
  }

  #one(): void {
    const word = this.#match(WORD)
    if (word !== undefined) {
      this.#push('name', word)
      return
    }
    const integer = this.#match(INTEGER)
    if (integer !== undefined) {
      this.#push('int', integer)
      return
    }
    // what is neither is a symbol that the parser will not expect: the parser says what it expected there
    this.#push('symbol', this.#match(this.#inC ? symbolsC : symbolsLitmus) ?? this.#strange())
  }

  #strange(): string {
    return String.fromCodePoint(this.#source.text.codePointAt(this.#at) ?? 0)
  }

  run(): readonly Token[] {
    for (;;) {
      while (this.#skipOne());
      if (this.#at >= this.#source.text.length) break
      this.#one()
    }
    this.#tokens.push({ kind: 'end', text: 'the end of the text', at: this.#source.text.length })
    return this.#tokens
  }
}

/** The tokens of a test from the brace on that opens its initial state; the last is the end. */
export const lex = (source: Source, from: At): readonly Token[] => new Lexer(source, from).run()

/** What stands before the initial state: the name of the test. The rest of it is for people, as in herd. */
export const header = (source: Source): { readonly name: string; readonly end: At } => {
  const { text } = source
  const arch = /^\uFEFF?\s*([A-Za-z0-9_]+)?/.exec(text)
  const archAt = (arch?.[0].length ?? 0) - (arch?.[1]?.length ?? 0)
  if (arch?.[1] !== 'C') {
    const found = arch?.[1] ?? (archAt < text.length ? 'something else' : 'the end of the text')
    const hint = 'a test in herd’s C syntax begins with the line `C NAME`; tests in assembler are not read'
    throw source.error('litmus-syntax', archAt, `expected C and the name of the test, found ${found}`, hint)
  }
  const named = /[ \t]+([A-Za-z0-9_/.\-+[\]:]+)/y
  named.lastIndex = archAt + 1
  const name = named.exec(text)?.[1]
  if (name === undefined) {
    throw source.error('litmus-syntax', archAt + 1, 'expected the name of the test after C', 'write `C NAME`')
  }
  return { name, end: initAt(source, named.lastIndex) }
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

/**
 * Words and symbols of what is around the C of a litmus test, and where that C is. Comments differ by section, as in herd: `(* *)`
 * is a comment outside of the threads' bodies only, since in C it begins an expression.
 */

import type { LockstepError } from '../kernel/error.ts'
import type { CText } from './envelope.ts'
import type { At, LitmusCode, Source } from './source.ts'

export interface Token {
  readonly kind: 'name' | 'int' | 'symbol' | 'end'
  /** as written; for the end, what an error calls it */
  readonly text: string
  readonly at: At
}

const SYMBOLS = '/\\ \\/ => == != <> ( ) { } [ ] , ; : = + - * & ~ < > .'

/** Blank space, or a comment to the end of the line. */
const BLANK = /[ \t\r\n\f\v]+|\/\/[^\n]*/y

const escaped = (symbol: string): string => symbol.replace(/[/\\^$*+?.()|[\]{}]/g, '\\$&')

/** A word, an integer or a symbol; what is none is a symbol that the parser will not expect: it says what it expected there. */
const tokenWith = (symbols: string): RegExp =>
  new RegExp(`[A-Za-z_]\\w*|0[xX][0-9A-Fa-f]+|[0-9]+|${symbols.split(' ').map(escaped).join('|')}|[^]`, 'uy')
const tokenOfLitmus = tokenWith(SYMBOLS)

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

/** Where the comment that opens with a slash ends. */
const afterSlashStar = (source: Source, at: At): At => {
  const end = source.text.indexOf('*/', at + 2)
  if (end < 0) throw source.error('litmus-syntax', at, 'the comment that begins here has no end', 'close it: */')
  return end + 2
}

/** Where the first token from a place on begins. */
const afterBlank = (source: Source, from: At): At => {
  const { text } = source
  let at = from
  for (;;) {
    const blank = matchAt(BLANK, text, at)
    if (blank !== '') at += blank.length
    else if (text.startsWith('/*', at)) at = afterSlashStar(source, at)
    else if (text.startsWith('(*', at)) at = afterComment(source, at)
    else return at
  }
}

const kindOf = (token: string): Token['kind'] => {
  if (/^[0-9]/.test(token)) return 'int'
  return /^[A-Za-z_]/.test(token) ? 'name' : 'symbol'
}

/** The tokens between two places; with braces, up to the one that closes the first. */
const tokensOf = (source: Source, from: At, to: At, isBlock: boolean): readonly Token[] => {
  const tokens: Token[] = []
  let depth = 0
  let at = afterBlank(source, from)
  while (at < to) {
    const text = matchAt(tokenOfLitmus, source.text, at)
    tokens.push({ kind: kindOf(text), text, at })
    depth += text === '{' ? 1 : text === '}' ? -1 : 0
    if (isBlock && depth === 0) break
    at = afterBlank(source, at + text.length)
  }
  return tokens
}

/** What stands before the initial state: the name of the test, and directives of C. The rest of it is for people, as in herd. */
export const header = (source: Source): { readonly name: string; readonly directives: CText[]; readonly end: At } => {
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
  return { name: name.trim(), ...initAt(source, archAt + 1 + name.length) }
}

/** The brace that opens the initial state: the first one outside of comments, directives and the quoted description. */
const initAt = (source: Source, from: At): { readonly directives: CText[]; readonly end: At } => {
  const piece = /\(\*|"[^"]*"|\/\*|^[ \t]*#(?:\\\r?\n|[^\n])*|\{/gm
  const directives: CText[] = []
  piece.lastIndex = from
  for (;;) {
    const found = piece.exec(source.text)
    if (found === null) {
      const hint = 'write {} where all locations begin as 0'
      throw source.error('litmus-syntax', source.text.length, 'expected { and the initial state, found none', hint)
    }
    const [text] = found
    if (text === '{') return { directives, end: found.index }
    if (text === '(*') piece.lastIndex = afterComment(source, found.index)
    else if (text === '/*') piece.lastIndex = afterSlashStar(source, found.index)
    else if (!text.startsWith('"')) directives.push({ from: found.index, to: found.index + text.length })
  }
}

/** Words with which what comes behind the threads begins. */
const BEHIND = new Set(['locations', 'filter', 'exists', 'forall', 'final', 'observed', 'Observed', 'with', 'not'])

/** A piece of C that is passed over as a whole, or a word or symbol. */
const PIECE = /"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'|\/\/[^\n]*|\/\*|\(\*|#(?:\\\r?\n|[^\n])*|[A-Za-z_]\w*|\S/g

/** Where the C of the threads ends, and the comments of herd that are in it. */
export const codeFrom = (source: Source, from: At): { readonly end: At; readonly comments: CText[] } => {
  const comments: CText[] = []
  PIECE.lastIndex = from
  const open: At[] = []
  let before = '}'
  for (let found = PIECE.exec(source.text); found !== null; found = PIECE.exec(source.text)) {
    const [text] = found
    const at = found.index
    if (text.startsWith('//') || text.startsWith('#')) continue
    if (text === '/*') PIECE.lastIndex = afterSlashStar(source, at)
    else if (text === '(*' && open.length === 0) {
      PIECE.lastIndex = afterComment(source, at)
      comments.push({ from: at, to: PIECE.lastIndex })
    } else {
      const isBetween = open.length === 0 && (before === '}' || before === ';')
      if (isBetween && (BEHIND.has(text) || text === '~' || text === '(')) return { end: at, comments }
      if (text === '(*' || text === '(' || text === '{' || text === '[') open.push(at)
      else if (text === ')' || text === '}' || text === ']') open.pop()
      before = text
    }
  }
  const unclosed = open.at(-1)
  if (unclosed === undefined) return { end: source.text.length, comments }
  const message = `the ${source.text[unclosed] ?? ''} that opens here is not closed`
  throw source.error('litmus-syntax', unclosed, message, 'close it, and write the condition behind the threads')
}

/** Nesting deeper than this is refused: a bound that keeps hostile input from exhausting the stack. */
const MAX_DEPTH = 200

/**
 * How much of each a test may have. Tests of memory models are small; a text of many times that is no test, and would take all
 * memory, or the whole stack, before it is known to have too many states.
 */
const MOST = { terms: 1000, 'initial values': 1000 } as const

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

  /** From a place to the end of the text, or to the brace that closes the one there. */
  constructor(source: Source, from: At, isBlock: boolean) {
    this.source = source
    const to = source.text.length
    this.#tokens = tokensOf(source, from, to, isBlock)
    this.#end = { kind: 'end', text: 'the end of the text', at: to }
  }

  /** Behind the last token. */
  get after(): At {
    const last = this.#tokens.at(-1)
    return last === undefined ? this.#end.at : last.at + last.text.length
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

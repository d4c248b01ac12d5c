/** The tokens of a program parted into what stands at its outermost level: definitions of functions, and declarations up to their `;`. */

import { errorAtToken, quoted } from './error.ts'
import { LIMITS } from './limits.ts'
import { TokenSpan } from './span.ts'
import type { Token } from './token.ts'
import { isAttribute } from './words.ts'

const CLOSES: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
])

interface Bracket {
  readonly token: Token
  /** whether `;` may stand in it: `for (;;)` and braces */
  readonly holdsStatements: boolean
}

const where = (token: Token): string => {
  const { line, column } = new TokenSpan(token, token)
  return `line ${line}, column ${column}`
}

export class Chunks {
  private readonly take: (chunk: readonly Token[]) => void
  private chunk: Token[] = []
  private readonly open: Bracket[] = []
  /** the last token at the outermost level that is no part of an attribute */
  private last: Token | undefined
  private hasValue = false
  private inAttribute = false
  private hasParameters = false
  private isBody = false

  constructor(take: (chunk: readonly Token[]) => void) {
    this.take = take
  }

  get isEmpty(): boolean {
    return this.chunk.length === 0
  }

  push(token: Token): void {
    const previous = this.chunk.at(-1)
    this.chunk.push(token)
    if (token.kind !== 'punctuator') {
      this.word(token)
      return
    }
    if (CLOSES.has(token.text)) this.opens(token, previous)
    else if (token.text === ')' || token.text === ']' || token.text === '}') this.closes(token)
    else if (token.text === ';') this.ends(token)
    else if (this.open.length === 0) this.passes(token)
  }

  /** At the end of the program nothing may be left over. */
  finish(): void {
    const bracket = this.open.at(-1)
    if (bracket !== undefined) {
      const close = CLOSES.get(bracket.token.text) ?? ''
      const message = `${quoted(bracket.token)} is not closed: the file ends where '${close}' was expected`
      throw errorAtToken('c-syntax', bracket.token, message, `Add '${close}'; indentation often shows where.`)
    }
    const last = this.chunk.at(-1)
    if (last === undefined) return
    const message = `The file ends where ';' was expected behind ${quoted(last)}`
    throw errorAtToken('c-syntax', last, message, 'A declaration ends in ;, a function in }.')
  }

  private word(token: Token): void {
    if (this.open.length > 0) return
    if (isAttribute(token.text)) this.inAttribute = true
    else this.last = token
  }

  private passes(token: Token): void {
    if (token.text === '=') this.hasValue = true
    this.last = token
  }

  private opens(token: Token, previous: Token | undefined): void {
    if (this.open.length >= LIMITS.brackets) {
      const message = `Brackets are nested more than ${LIMITS.brackets} deep`
      throw errorAtToken('c-too-large', token, message, 'Give parts of it names of their own.')
    }
    if (this.open.length === 0 && token.text === '{') {
      // words between parameters and body are macros of which nobody knows
      this.isBody = !this.hasValue && this.hasParameters && this.last?.kind !== 'punctuator'
      if (this.last?.is(')') === true) this.isBody = !this.hasValue
      if (this.last === undefined) {
        const hint = 'A function is written as int f(int a) { ... }, with the types of parameters in the parentheses.'
        throw errorAtToken('c-syntax', token, "'{' where a declaration was expected", hint)
      }
    }
    const isFor = token.text === '(' && previous?.is('for') === true
    this.open.push({ token, holdsStatements: token.text === '{' || isFor })
  }

  private closes(token: Token): void {
    const bracket = this.open.pop()
    const expected = bracket === undefined ? undefined : CLOSES.get(bracket.token.text)
    if (bracket === undefined || expected !== token.text) {
      const opened = bracket === undefined ? '' : `: ${quoted(bracket.token)} of ${where(bracket.token)} is open`
      const wanted = expected === undefined ? 'no bracket is open' : `'${expected}' was expected`
      const message = `${quoted(token)} where ${wanted}${opened}`
      throw errorAtToken('c-syntax', token, message, 'Each bracket is closed by its own kind.')
    }
    if (this.open.length > 0) return
    if (this.inAttribute) {
      this.inAttribute = false
      return
    }
    this.last = token
    if (token.text === ')') this.hasParameters = true
    if (token.text === '}' && this.isBody) this.flush()
  }

  private ends(token: Token): void {
    const bracket = this.open.at(-1)
    if (bracket === undefined) {
      this.flush()
      return
    }
    if (bracket.holdsStatements) return
    const close = CLOSES.get(bracket.token.text) ?? ''
    const message = `'${close}' is missing before ';': ${quoted(bracket.token)} of ${where(bracket.token)} is open`
    throw errorAtToken('c-syntax', token, message, `Add '${close}'.`)
  }

  private flush(): void {
    const { chunk } = this
    this.chunk = []
    this.last = undefined
    this.hasValue = this.isBody = this.inAttribute = this.hasParameters = false
    this.take(chunk)
  }
}

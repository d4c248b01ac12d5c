/** A position in the tokens of a test that only moves forward; what is not as expected is an error there. */

import type { LockstepError } from '../kernel/error.ts'
import type { Token } from './lex.ts'
import type { LitmusCode, Source } from './source.ts'

/** Nesting deeper than this is refused: a bound that keeps hostile input from exhausting the stack. */
export const MAX_DEPTH = 200

/**
 * How much of each a test may have. Tests of memory models are small; a text of many times that is no test, and would take all
 * memory, or the whole stack, before it is known to have too many states.
 */
export const MOST = { statements: 1000, terms: 1000, 'initial values': 1000, threads: 100 } as const

/** What is counted. */
export type Counted = keyof typeof MOST

const END: Token = { kind: 'end', text: 'the end of the text', at: 0 }

export class Cursor {
  readonly source: Source
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  readonly #counts = new Map<Counted, number>()

  constructor(source: Source, tokens: readonly Token[]) {
    this.source = source
    this.#tokens = tokens
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#next + ahead] ?? this.#tokens.at(-1) ?? END
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

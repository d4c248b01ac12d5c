/** TLA+ text as tokens with their columns: where a bullet stands decides what belongs to it. */

import { badInput } from '../../kernel/error.ts'
import { placeAt, whatIsAt } from '../../text/place.ts'

/** A word, a number, a string, or anything else that stands for something. */
export type TokenKind = 'name' | 'number' | 'string' | 'symbol' | 'rule' | 'end'

/** A token; columns count from 1. */
export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
  readonly column: number
}

/** Longest first: the first that fits is taken. */
const SYMBOLS = [
  ...['<=>', '|->', '/\\', '\\/', '<<', '>>', '=>', '==', '<=', '>=', '<>', '[]', '~>', '->', '<-', '..', '::', ':>'],
  ...['@@', '/=', '=<', '||', '=', '#', '<', '>', '~', "'", '[', ']', '{', '}', '(', ')', ',', ':', '.', '!', '@'],
  ...['+', '-', '*', '/', '^', '%', '\\'],
]

const WORD = /[A-Za-z0-9_]*[A-Za-z][A-Za-z0-9_]*|_\w*/y
const NUMBER = /\d+/y
const STRING = /"(?:[^"\\\n]|\\.)*"/y
const NAMED = /\\[A-Za-z]+/y
const SPACE = /(?:\s|\\\*[^\n]*)+/y
/** What divides a module, and the line of its name and of its end. */
const RULE = /-{4,}|={4,}/y

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Where a comment that begins at `at` ends; they nest. */
const endOfComment = (text: string, at: number, file: string): number => {
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if (text.startsWith('(*', i)) {
      depth += 1
      i += 1
    } else if (text.startsWith('*)', i)) {
      depth -= 1
      i += 1
      if (depth === 0) return i + 1
    }
  }
  throw badInput({
    code: 'bad-tla',
    message: 'a comment that begins here does not end',
    ...placeAt(text, at, { file }),
    hint: 'close it with *)',
  })
}

const skipped = (text: string, from: number, file: string): number => {
  let at = from
  for (;;) {
    if (text.startsWith('(*', at)) at = endOfComment(text, at, file)
    else {
      const space = matchAt(SPACE, text, at)
      if (space === undefined) return at
      at += space.length
    }
  }
}

const tokenAt = (text: string, at: number): { readonly kind: TokenKind; readonly text: string } | undefined => {
  const patterns: readonly (readonly [TokenKind, RegExp])[] = [
    ['rule', RULE],
    ['name', WORD],
    ['number', NUMBER],
    ['string', STRING],
    ['symbol', NAMED],
  ]
  for (const [kind, pattern] of patterns) {
    const found = matchAt(pattern, text, at)
    if (found !== undefined) return { kind, text: found }
  }
  const symbol = SYMBOLS.find((s) => text.startsWith(s, at))
  return symbol === undefined ? undefined : { kind: 'symbol', text: symbol }
}

/** The tokens of a module, the last of kind `end`. Comments go. */
export const lex = (text: string, file: string): readonly Token[] => {
  const tokens: Token[] = []
  for (let at = skipped(text, 0, file); at < text.length;) {
    const lineStart = text.lastIndexOf('\n', at - 1) + 1
    const found = tokenAt(text, at)
    if (found === undefined) {
      throw badInput({
        code: 'bad-tla',
        message: `${whatIsAt(text, at)} begins no token`,
        ...placeAt(text, at, { file }),
        hint: 'the reader knows the TLA+ of spec/: ASCII operators',
      })
    }
    const end = at + found.text.length
    tokens.push({ ...found, start: at, end, column: at - lineStart + 1 })
    at = skipped(text, end, file)
  }
  return [...tokens, { kind: 'end', text: '', start: text.length, end: text.length, column: 0 }]
}

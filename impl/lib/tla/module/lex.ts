/** TLA+ text as tokens with their columns: where a bullet stands decides what belongs to it. */

import { badInput } from '../../kernel/error.ts'
import { placeAt, whatIsAt } from '../../text/place.ts'

/** A word, a number, a string, or anything else that stands for something; what begins no token is `unknown`. */
export type TokenKind = 'name' | 'number' | 'string' | 'symbol' | 'rule' | 'unknown' | 'end'

/** A part of a text, by its offsets. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/** A token; columns count from 1. */
export interface Token extends TextRange {
  readonly kind: TokenKind
  readonly text: string
  readonly column: number
}

// ---------------------------------------------------------------------------------------------------------------------
// Comments

/** Where the comments that may begin at a `(*` end. A `(*` that nothing closes is not in it. */
const commentEnds = (text: string): ReadonlyMap<number, number> => {
  const ends = new Map<number, number>()
  const open: number[] = []
  for (const { 0: mark, index } of text.matchAll(/\(\*|\*\)/g)) {
    if (mark === '(*') open.push(index)
    else {
      const start = open.pop()
      if (start !== undefined) ends.set(start, index + mark.length)
    }
  }
  return ends
}

/** Where the comment ends that begins at a `(*`; they nest, which is seldom used. Undefined if nothing closes it. */
const commentEnd = (text: string, start: number, nested: () => ReadonlyMap<number, number>): number | undefined => {
  const close = text.indexOf('*)', start + 2)
  const inner = text.indexOf('(*', start + 2)
  return close >= 0 && (inner < 0 || inner > close) ? close + 2 : nested().get(start)
}

/** Where what fits at `at` ends: at `at` itself if nothing does. */
const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

const STRING = /"(?:[^"\\\n]|\\.)*"/y

/** Is what is at an offset within a string? None goes over the end of a line; `from` is where the text before it was read to. */
export const isInString = (text: string, at: number, from: number): boolean => {
  const lineStart = Math.max(from, text.lastIndexOf('\n', at) + 1)
  // nearly always, and that is fast
  if (!text.slice(lineStart, at).includes('"')) return false
  for (let quote = text.indexOf('"', lineStart); quote >= 0 && quote < at;) {
    const end = endOf(STRING, text, quote)
    if (end > at) return true
    // where no string begins, the quote stands for itself
    quote = text.indexOf('"', Math.max(end, quote + 1))
  }
  return false
}

/** The comments of a text, in order; a `(*` that nothing closes begins none. */
export const commentsOf = (text: string): readonly TextRange[] => {
  const comments: TextRange[] = []
  let ends: ReadonlyMap<number, number> | undefined
  const nested = (): ReadonlyMap<number, number> => (ends ??= commentEnds(text))
  // the backslash of a conjunction begins none
  const opening = /\\(?<!(?<!\\)\/\\)\*[^\n]*|\(\*/g
  let from = 0
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const start = found.index
    const end = found[0] === '(*' ? commentEnd(text, start, nested) : opening.lastIndex
    opening.lastIndex = start + 2
    if (end === undefined || isInString(text, start, from)) continue
    comments.push({ start, end })
    opening.lastIndex = from = end
  }
  return comments
}

/** The text with something else in place of each comment. */
const replaced = (text: string, comments: readonly TextRange[], by: (comment: string) => string): string => {
  // joined and not added up: it is then one piece of memory, which is searched fast
  const pieces: string[] = []
  let at = 0
  for (const { start, end } of comments) {
    pieces.push(text.slice(at, start), by(text.slice(start, end)))
    at = end
  }
  return [...pieces, text.slice(at)].join('')
}

/** The text without its comments. */
export const withoutComments = (text: string): string => replaced(text, commentsOf(text), () => '')

/** The text with spaces in place of its comments: all else keeps its place. */
export const blanked = (text: string, comments: readonly TextRange[]): string =>
  replaced(text, comments, (comment) =>
    comment.includes('\n') ? comment.replace(/[^\n]+/g, (line) => ' '.repeat(line.length)) : ' '.repeat(comment.length),
  )

// ---------------------------------------------------------------------------------------------------------------------
// Tokens

/** Longest first: the first that fits is taken. */
const SYMBOLS = [
  ...['<=>', '|->', '/\\', '\\/', '<<', '>>', '=>', '==', '<=', '>=', '<>', '[]', '~>', '->', '<-', '..', '::', ':>'],
  ...['@@', '/=', '=<', '||', '=', '#', '<', '>', '~', "'", '[', ']', '{', '}', '(', ')', ',', ':', '.', '!', '@'],
  ...['+', '-', '*', '/', '^', '%', '\\'],
]

const SPACE = /\s+/y

/** A word, a number, a string, a named operator, what divides a module and the line of its name and of its end, or a symbol. */
const TOKEN = new RegExp(
  [
    String.raw`\w*[A-Za-z]\w*|_\w*|\d+|${STRING.source}|\\[A-Za-z]+|-{4,}|={4,}|\(\*`,
    ...SYMBOLS.map((symbol) => symbol.replace(/[^\w]/g, '\\$&')),
  ].join('|'),
  'y',
)

const kindOf = (token: string): TokenKind => {
  if (/^\w/.test(token)) return /\D/.test(token) ? 'name' : 'number'
  if (token.startsWith('"')) return 'string'
  // a comment that does not end: the others are blank
  if (token === '(*') return 'unknown'
  return /^(?:----|====)/.test(token) ? 'rule' : 'symbol'
}

/** The token that begins at an offset of a text whose comments are blank, where there is no white space. */
const tokenAt = (text: string, start: number, column: number): Token => {
  const end = endOf(TOKEN, text, start)
  if (end === start) return { kind: 'unknown', text: text.charAt(start), start, end: start + 1, column }
  const token = text.slice(start, end)
  return { kind: kindOf(token), text: token, start, end, column }
}

/** The tokens of a part of a text whose comments are blank; nothing is refused. */
export const tokensIn = (code: string, from = 0, to = code.length): Token[] => {
  const tokens: Token[] = []
  let lineStart = code.lastIndexOf('\n', from - 1) + 1
  let lineEnd = code.indexOf('\n', lineStart)
  for (let at = endOf(SPACE, code, from); at < to;) {
    while (lineEnd >= 0 && lineEnd < at) {
      lineStart = lineEnd + 1
      lineEnd = code.indexOf('\n', lineStart)
    }
    const token = tokenAt(code, at, at - lineStart + 1)
    tokens.push(token)
    at = endOf(SPACE, code, token.end)
  }
  return tokens
}

const refusalOf = (text: string, { text: found, start }: Token, file: string): Error =>
  badInput({
    code: 'bad-tla',
    message: found === '(*' ? 'a comment that begins here does not end' : `${whatIsAt(text, start)} begins no token`,
    ...placeAt(text, start, { file }),
    hint: found === '(*' ? 'close it with *)' : 'the reader knows the TLA+ of spec/: ASCII operators',
  })

/** The tokens of a module, the last of kind `end`. Comments go. */
export const lex = (text: string, file: string): readonly Token[] => {
  const tokens = tokensIn(blanked(text, commentsOf(text)))
  const unknown = tokens.find(({ kind }) => kind === 'unknown')
  if (unknown !== undefined) throw refusalOf(text, unknown, file)
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length, column: 0 })
  return tokens
}

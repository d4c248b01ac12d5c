/** From the text of a file to tokens: lines that go on are joined, comments are white space. */

import { errorAt } from './error.ts'
import type { SourceText } from './text.ts'
import type { TokenKind } from './token.ts'
import { Token } from './token.ts'

/** A backslash at the end of a line, with which the next one is part of it. */
const SPLICE = /\\[ \t]*\r?\n/g

const SPACE = /[ \t\v\f\r]+|\/\/[^\n]*|\/\*[^]*?\*\//y

const NAME = /[A-Za-z_$][\w$]*/y
const ANY_NAME = /[\p{XID_Start}_$][\p{XID_Continue}$]*/uy
const NUMBER = /\.?[0-9](?:[eEpP][+-]|[\w.]|'(?=\w))*/y
const STRING = /(?:u8|[LuU])?"(?:\\.|[^"\\\n])*"/y
const CHAR = /(?:u8|[LuU])?'(?:\\.|[^'\\\n])+'/y
const PUNCTUATOR =
  /%:%:|\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[*/%+\-&^|]=|##|<:|:>|<%|%>|%:|[[\](){}.&*+\-~!/%<>^|?:;=,#]/y

/** Digraphs are other spellings. */
const DIGRAPHS: ReadonlyMap<string, string> = new Map([
  ['<:', '['],
  [':>', ']'],
  ['<%', '{'],
  ['%>', '}'],
  ['%:', '#'],
  ['%:%:', '##'],
])

const match = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

const wordAt = (text: string, at: number): readonly [TokenKind, string] | undefined => {
  const word = match(NAME, text, at)
  const after = text.charCodeAt(at + (word?.length ?? 0))
  if (word !== undefined && (after === 0x22 || after === 0x27)) {
    const literal = match(after === 0x22 ? STRING : CHAR, text, at)
    if (literal !== undefined) return [after === 0x22 ? 'string' : 'char', literal]
  }
  // a letter beyond ASCII
  const name = after > 0x7f ? match(ANY_NAME, text, at) : word
  return name === undefined ? undefined : ['name', name]
}

/** By the first character, what may begin with it. */
const OTHERS: readonly (readonly [TokenKind, RegExp])[] = [
  ['number', NUMBER],
  ['punctuator', PUNCTUATOR],
  ['string', STRING],
  ['char', CHAR],
]

/** Kind and spelling of the token that begins at an offset; any other character is a token by itself. */
const tokenAt = (text: string, at: number): readonly [TokenKind, string] => {
  const word = wordAt(text, at)
  if (word !== undefined) return word
  for (const [kind, pattern] of OTHERS) {
    const found = match(pattern, text, at)
    if (found !== undefined) return [kind, found]
  }
  return ['other', String.fromCodePoint(text.codePointAt(at) ?? 0)]
}

/** One token that a text is the whole of, as the operators `##` and `#` make it; undefined if it is not one. */
export const oneToken = (text: string): readonly [TokenKind, string] | undefined => {
  if (text === '') return undefined
  const [kind, found] = tokenAt(text, 0)
  return found.length === text.length && kind !== 'other' ? [kind, DIGRAPHS.get(found) ?? found] : undefined
}

interface Joined {
  readonly text: string
  /** offset in the file of where a token begins, and of where one ends; asked for in rising order */
  readonly start: (offset: number) => number
  readonly end: (offset: number) => number
}

const join = (text: string): Joined => {
  const same = (offset: number): number => offset
  if (!/\\[ \t]*\r?\n/.test(text)) return { text, start: same, end: same }
  /** where something was taken out, in the joined text, and how much up to there */
  const cuts: { readonly at: number; readonly taken: number }[] = []
  let taken = 0
  const joined = text.replace(SPLICE, (splice, offset: number) => {
    cuts.push({ at: offset - taken, taken: taken + splice.length })
    taken += splice.length
    return ''
  })
  let passed = 0
  const original = (offset: number, before: number): number => {
    for (let cut = cuts[passed]; cut !== undefined && cut.at < before; cut = cuts[passed]) passed++
    return offset + (cuts[passed - 1]?.taken ?? 0)
  }
  return { text: joined, start: (offset) => original(offset, offset + 1), end: (offset) => original(offset, offset) }
}

/** All tokens of a file. Comments that do not end are refused. */
export const lex = (source: SourceText): Token[] => {
  const { text, start, end } = join(source.file.text)
  const tokens: Token[] = []
  let [at, first, spaced] = [0, true, true]
  while (at < text.length) {
    if (text[at] === '\n') {
      at++
      first = spaced = true
      continue
    }
    const space = match(SPACE, text, at)
    if (space !== undefined) {
      at += space.length
      spaced = true
      continue
    }
    if (text.startsWith('/*', at)) {
      const place = source.placeAt(start(at))
      throw errorAt('c-preprocessor', place, 'This comment does not end', 'Close it with */.')
    }
    const [kind, spelling] = tokenAt(text, at)
    const from = start(at)
    at += spelling.length
    const name = kind === 'punctuator' ? (DIGRAPHS.get(spelling) ?? spelling) : spelling
    tokens.push(new Token(kind, name, { source, start: from, end: end(at) }, { spaced, first }))
    first = spaced = false
  }
  return tokens
}

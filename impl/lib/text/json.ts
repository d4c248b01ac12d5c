/** JSON from outside: a size limit before the parse, line and column if it is not JSON, and no key that is there twice. */

import { badInput } from '../kernel/error.ts'
import { placeAt, whatIsAt } from './place.ts'

/** How JSON from outside is read. */
export interface JsonOptions {
  /** name of the input, for errors */
  readonly file?: string
  /** the largest input that is read, in bytes of UTF-8 */
  readonly maxBytes?: number
}

/** 64 MiB: a hundred times the largest trace that the models give. */
export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** A number or a word, sticky. */
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

const BLANK = /[ \t\n\r]*/y

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

const [QUOTE, COLON, BACKSLASH] = [34, 58, 92] as const

/** Offset after what a sticky pattern matches at an offset: the same where it matches nothing. */
const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** Offset after the string that begins at `at`; or of the character in it that is wrong. A loop, since a pattern's own stack is short. */
const scanString = (text: string, at: number): { end: number; ok: boolean } => {
  let end = at + 1
  for (;;) {
    const code = text.charCodeAt(end)
    if (code === QUOTE) return { end: end + 1, ok: true }
    const next = code === BACKSLASH ? endOf(ESCAPE, text, end) : end + 1
    // NaN, at the end of the text, is not >= 32 either
    if (!(code >= 32) || next === end) return { end, ok: false }
    end = next
  }
}

const scanOther = (text: string, at: number): { end: number; ok: boolean } => {
  const end = '[]{}:,'.includes(text.charAt(at)) ? at + 1 : endOf(WORD, text, at)
  return { end, ok: end > at }
}

interface Token {
  readonly at: number
  /** offset after it; where it is not `ok`, of the character that is wrong */
  readonly end: number
  readonly ok: boolean
}

/** The tokens of a text, up to the first that is none. */
export function* tokensOf(text: string): Generator<Token> {
  for (let at = endOf(BLANK, text, 0); at < text.length;) {
    const { end, ok } = text.charCodeAt(at) === QUOTE ? scanString(text, at) : scanOther(text, at)
    yield { at, end, ok }
    if (!ok) return
    at = endOf(BLANK, text, end)
  }
}

/** What may come next; `rest` is what may follow a value, which what it is in decides. */
type Expected =
  'value' | 'first-item' | 'first-key' | 'key' | 'colon' | 'rest' | 'rest-of-list' | 'rest-of-object' | 'end'

const VALUE: Readonly<Record<string, Expected>> = { '{': 'first-key', '[': 'first-item', '"': 'rest', word: 'rest' }

/** The grammar of JSON: the tokens that may come by how they begin, and what may come after each. */
const NEXT: Readonly<Record<Expected, Readonly<Record<string, Expected>>>> = {
  value: VALUE,
  'first-item': { ...VALUE, ']': 'rest' },
  'first-key': { '"': 'colon', '}': 'rest' },
  key: { '"': 'colon' },
  colon: { ':': 'value' },
  rest: {},
  'rest-of-list': { ',': 'value', ']': 'rest' },
  'rest-of-object': { ',': 'key', '}': 'rest' },
  end: {},
}

/** Offset of the first character that is not JSON; the length if the text ends too early. Asked only where JSON.parse has refused. */
const firstError = (text: string): number => {
  const open: Expected[] = ['end']
  let expected: Expected = 'value'
  for (const { at, end, ok } of tokensOf(text)) {
    const begin = text.charAt(at)
    const next: Expected | undefined = NEXT[expected]['[]{}:,"'.includes(begin) ? begin : 'word']
    if (next === undefined) return at
    if (!ok) return end
    if (begin === '{') open.push('rest-of-object')
    else if (begin === '[') open.push('rest-of-list')
    else if (begin === '}' || begin === ']') open.pop()
    expected = next === 'rest' ? (open.at(-1) ?? 'end') : next
  }
  return text.length
}

const notJson = (text: string, file: Pick<JsonOptions, 'file'>): Error => {
  const at = firstError(text)
  const truncated = at >= text.length
  return badInput({
    code: 'not-json',
    message: truncated ? 'the JSON ends too early' : `not JSON: unexpected ${whatIsAt(text, at)}`,
    hint: truncated ? 'the file is truncated: write it again' : 'give one JSON document',
    ...placeAt(text, at, file),
  })
}

/** How many keys all objects have in a text that is JSON: each is before a colon, and there are no others out of strings. */
const keysWritten = (text: string): number => {
  let keys = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === COLON) keys += 1
    if (code !== QUOTE) continue
    for (at += 1; text.charCodeAt(at) !== QUOTE && at < text.length; at++) {
      if (text.charCodeAt(at) === BACKSLASH) at += 1
    }
  }
  return keys
}

/** Deeper values are not counted: they would overflow the stack. */
const COUNTED_DEPTH = 500

/** How many of them a value has; NaN for one that is too deep to be counted. */
const keysKept = (value: unknown, depth = 0): number => {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > COUNTED_DEPTH) return NaN
  let keys = 0
  if (Array.isArray(value)) for (const item of value) keys += keysKept(item, depth + 1)
  else for (const key in value) keys += 1 + keysKept((value as Record<string, unknown>)[key], depth + 1)
  return keys
}

/** The first key of a text that is JSON which its object has already, and its offset. */
const firstKeyTwice = (text: string): { readonly key: string; readonly at: number } | undefined => {
  const open: (Set<string> | undefined)[] = []
  let last: Token | undefined
  for (const token of tokensOf(text)) {
    const begin = text.charAt(token.at)
    if (begin === '{') open.push(new Set())
    else if (begin === '[') open.push(undefined)
    else if (begin === '}' || begin === ']') open.pop()
    else if (begin === ':' && last !== undefined) {
      const key = JSON.parse(text.slice(last.at, last.end)) as string
      const keys = open.at(-1)
      if (keys?.has(key) === true) return { key, at: last.at }
      keys?.add(key)
    }
    last = token
  }
  return undefined
}

/**
 * A key that an object of a JSON text has twice, and its offset; `value` is what JSON.parse has made of the text, of which it
 * dropped the first without a word. It is asked of every line of a log: what costs is done only if there is one.
 */
export const keyTwice = (
  text: string,
  value: unknown,
): { readonly at: number; readonly message: string } | undefined => {
  if (keysWritten(text) === keysKept(value)) return undefined
  const twice = firstKeyTwice(text)
  return twice === undefined ? undefined : { at: twice.at, message: `${twice.key}: it is there twice` }
}

/**
 * Reads one JSON document.
 * @throws LockstepError (exit 2) `too-large` before the parse; `not-json` or `duplicate-key` with line and column
 */
export const parseJson = (text: string, options: JsonOptions = {}): unknown => {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  const file = options.file === undefined ? {} : { file: options.file }
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    const message = `the input is larger than ${maxBytes} bytes`
    throw badInput({ code: 'too-large', message, hint: 'give a single trace', ...file })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw notJson(text, file)
  }
  const twice = keyTwice(text, value)
  if (twice === undefined) return value
  throw badInput({
    code: 'duplicate-key',
    message: twice.message,
    hint: 'write each key once: which of the two is meant?',
    ...placeAt(text, twice.at, file),
  })
}

/** JSON from outside: a size limit before the parse, line and column if it is not JSON, and no key that is there twice. */

import { badInput } from '../kernel/error.ts'
import { placeAt, whatIsAt } from './place.ts'

export interface JsonOptions {
  /** name of the input, for errors */
  readonly file?: string
  /** the largest input that is read, in bytes of UTF-8 */
  readonly maxBytes?: number
}

/** 64 MiB: a hundred times the largest trace that the models give. */
export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** A token of JSON other than a string, sticky: punctuation, a number or a word. */
const TOKEN = /[[\]{}:,]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** What a sticky pattern matches at an offset. */
const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Offset after the string that begins at `at`; or of the character in it that is wrong. A loop, since a pattern's own stack is short. */
const scanString = (text: string, at: number): { end: number; ok: boolean } => {
  let end = at + 1
  for (;;) {
    const code = text.charCodeAt(end)
    if (code === 34) return { end: end + 1, ok: true }
    const escape = code === 92 ? matchAt(ESCAPE, text, end) : undefined
    // NaN, at the end of the text, is not >= 32 either
    if (!(code >= 32) || (code === 92 && escape === undefined)) return { end, ok: false }
    end += escape?.length ?? 1
  }
}

/** What may come next: a value, the first of a list or its end, a key or end, a key, a colon, or a comma or end. */
type Expect = 'value' | 'value-or-end' | 'key-or-end' | 'key' | 'colon' | 'after'

/** Follows the grammar of JSON one token at a time; used only on text that JSON.parse has refused. */
class JsonGrammar {
  #expect: Expect = 'value'
  readonly #open: ('[' | '{')[] = []

  get done(): boolean {
    return this.#open.length === 0 && this.#expect === 'after'
  }

  /** Whether the token may stand here. */
  accept(token: string): boolean {
    switch (token) {
      case '{':
      case '[':
        return this.#enter(token)
      case '}':
      case ']':
        return this.#leave(token)
      case ',':
        return this.#comma()
      case ':':
        return this.#move(this.#expect === 'colon', 'value')
      default:
        return this.#scalar(token)
    }
  }

  #move(allowed: boolean, next: Expect): boolean {
    if (allowed) this.#expect = next
    return allowed
  }

  #wantsValue(): boolean {
    return this.#expect === 'value' || this.#expect === 'value-or-end'
  }

  #enter(token: '[' | '{'): boolean {
    if (!this.#wantsValue()) return false
    this.#open.push(token)
    return this.#move(true, token === '{' ? 'key-or-end' : 'value-or-end')
  }

  #leave(token: '}' | ']'): boolean {
    const [open, empty] = token === '}' ? (['{', 'key-or-end'] as const) : (['[', 'value-or-end'] as const)
    if (this.#open.at(-1) !== open || (this.#expect !== 'after' && this.#expect !== empty)) return false
    this.#open.pop()
    return this.#move(true, 'after')
  }

  #comma(): boolean {
    return this.#move(this.#expect === 'after', this.#open.at(-1) === '{' ? 'key' : 'value')
  }

  #scalar(token: string): boolean {
    if (this.#wantsValue()) return this.#move(true, 'after')
    return this.#move(token.startsWith('"') && (this.#expect === 'key' || this.#expect === 'key-or-end'), 'colon')
  }
}

/** Offset of the first character that is not JSON; the length if the text ends too early. */
const firstError = (text: string): number => {
  const grammar = new JsonGrammar()
  let at = 0
  for (;;) {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1
    if (at === text.length || grammar.done) return at
    const token = text[at] === '"' ? '"' : matchAt(TOKEN, text, at)
    if (token === undefined || !grammar.accept(token)) return at
    const { end, ok } = token === '"' ? scanString(text, at) : { end: at + token.length, ok: true }
    if (!ok) return end
    at = end
  }
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

const BEFORE_VALUE = /\s*:/y

const [QUOTE, COLON, BACKSLASH] = [34, 58, 92] as const

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
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    if (character !== '"') continue
    const { end } = scanString(text, at)
    const keys = open.at(-1)
    // a string before a colon is a key
    if (keys !== undefined && matchAt(BEFORE_VALUE, text, end) !== undefined) {
      const key = JSON.parse(text.slice(at, end)) as string
      if (keys.has(key)) return { key, at }
      keys.add(key)
    }
    at = end - 1
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

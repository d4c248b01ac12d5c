/** JSON from outside: a size limit before the parse, and line and column if it is not JSON. */

import { badInput } from '../error.ts'
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

/**
 * Reads one JSON document.
 * @throws LockstepError (exit 2) `too-large` before the parse, or `not-json` with line and column
 */
export const parseJson = (text: string, options: JsonOptions = {}): unknown => {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  const file = options.file === undefined ? {} : { file: options.file }
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    const message = `the input is larger than ${maxBytes} bytes`
    throw badInput({ code: 'too-large', message, hint: 'give a single trace', ...file })
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw notJson(text, file)
  }
}

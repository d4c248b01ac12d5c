/** Where the keys and values of a JSON document are, for errors about what it says; JSON.parse has no places. */

import { badInput } from '../kernel/error.ts'
import { parseJson } from './json.ts'
import { placeAt } from './place.ts'

/** A JSON document with the places in it. */
export interface Placed {
  readonly value: unknown
  /** line and column of what a path leads to: of the key in an object, of the item in a list */
  readonly placeOf: (path: readonly PropertyKey[]) => { readonly line: number; readonly column: number }
}

/** More than any document here; deeper ones would overflow stacks. */
const MAX_DEPTH = 32

const STRING = /"(?:[^"\\]|\\.)*"/y
const WORD = /[^\s,\]}]+/y
const BLANK = /\s*/y

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String))

/** Walks a text that is JSON, and remembers where everything is. */
class Walk {
  readonly offsets = new Map<string, number>()
  readonly #text: string
  readonly #file: string
  readonly #hint: string
  #at = 0

  constructor(text: string, file: string, hint: string) {
    this.#text = text
    this.#file = file
    this.#hint = hint
  }

  value(path: readonly PropertyKey[]): void {
    this.#take(BLANK)
    if (path.length === 0) this.offsets.set(keyOf(path), this.#at)
    if (path.length > MAX_DEPTH) throw this.#error('too-deep', this.#at, `nested deeper than ${MAX_DEPTH} levels`)
    const begin = this.#text[this.#at]
    if (begin === '{') this.#object(path)
    else if (begin === '[') this.#list(path)
    else if (begin === '"') this.#take(STRING)
    else this.#word()
  }

  #object(path: readonly PropertyKey[]): void {
    this.#items('}', () => {
      const at = this.#at
      const key = JSON.parse(this.#take(STRING)) as string
      // no name of anything, and an assignment to it would not make a key
      if (key === '__proto__') throw this.#error('bad-key', at, '__proto__ is not a key')
      const inner = [...path, key]
      this.offsets.set(keyOf(inner), at)
      this.#take(BLANK)
      this.#at += 1
      this.value(inner)
    })
  }

  #list(path: readonly PropertyKey[]): void {
    let index = 0
    this.#items(']', () => {
      const inner = [...path, index++]
      this.offsets.set(keyOf(inner), this.#at)
      this.value(inner)
    })
  }

  #items(end: string, item: () => void): void {
    this.#at += 1
    this.#take(BLANK)
    while (this.#text[this.#at] !== end) {
      item()
      this.#take(BLANK)
      if (this.#text[this.#at] === ',') this.#at += 1
      this.#take(BLANK)
    }
    this.#at += 1
  }

  #word(): void {
    const at = this.#at
    const word = this.#take(WORD)
    if (/^-?\d/.test(word) && Math.abs(Number(word)) > Number.MAX_SAFE_INTEGER) {
      throw this.#error('number-too-large', at, `${word.slice(0, 40)} is beyond 2^53`)
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #error(code: string, at: number, message: string): Error {
    return badInput({ code, message, hint: this.#hint, ...placeAt(this.#text, at, { file: this.#file }) })
  }
}

/**
 * Reads one JSON document with the places in it.
 * @throws LockstepError (exit 2) with line and column: `not-json`, `too-deep`, `duplicate-key`, `bad-key` or
 * `number-too-large`
 */
export const parsePlaced = (text: string, file: string, hint = 'docs/log-format.md'): Placed => {
  const value = parseJson(text, { file })
  const walk = new Walk(text, file, hint)
  walk.value([])
  const placeOf: Placed['placeOf'] = (path) => {
    // what is not there is an error about what should hold it
    for (let length = path.length; length >= 0; length--) {
      const offset = walk.offsets.get(keyOf(path.slice(0, length)))
      if (offset === undefined) continue
      const { line = 1, column = 1 } = placeAt(text, offset)
      return { line, column }
    }
    return { line: 1, column: 1 }
  }
  return { value, placeOf }
}

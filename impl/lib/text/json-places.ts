/** Where the keys and values of a JSON document are, for errors about what it says; JSON.parse has no places. */

import { badInput } from '../kernel/error.ts'
import { parseJson, tokensOf } from './json.ts'
import { placeAt } from './place.ts'

/** A JSON document with the places in it. */
export interface Placed {
  readonly value: unknown
  /** line and column of what a path leads to: of the key in an object, of the item in a list */
  readonly placeOf: (path: readonly PropertyKey[]) => { readonly line: number; readonly column: number }
}

/** More than any document here; deeper ones would overflow stacks. */
const MAX_DEPTH = 32

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path.map(String))

type Fail = (code: string, at: number, message: string) => Error

/** Goes through a text that is JSON, and remembers where everything is. */
class Walk {
  readonly offsets = new Map<string, number>()
  readonly #fail: Fail
  /** the keys and indices that lead to the value at hand; the last is empty where a key is to come */
  readonly #path: (string | number)[] = []
  #isKeyNext = false

  constructor(text: string, fail: Fail) {
    this.#fail = fail
    for (const { at, end } of tokensOf(text)) this.#token(text.slice(at, end), at)
  }

  #token(token: string, at: number): void {
    const last = this.#path.length - 1
    const inner = this.#path[last]
    if (token === '}' || token === ']') {
      this.#path.pop()
      this.#isKeyNext = false
    } else if (token === ',') {
      if (typeof inner === 'number') this.#path[last] = inner + 1
      else this.#isKeyNext = true
    } else if (this.#isKeyNext) {
      const key = JSON.parse(token) as string
      // no name of anything, and an assignment to it would not make a key
      if (key === '__proto__') throw this.#fail('bad-key', at, '__proto__ is not a key')
      this.#path[last] = key
      this.offsets.set(keyOf(this.#path), at)
      this.#isKeyNext = false
    } else if (token !== ':') {
      if (typeof inner !== 'string') this.offsets.set(keyOf(this.#path), at)
      this.#value(token, at)
    }
  }

  #value(token: string, at: number): void {
    if (this.#path.length > MAX_DEPTH) throw this.#fail('too-deep', at, `nested deeper than ${MAX_DEPTH} levels`)
    if (token === '[') this.#path.push(0)
    else if (token === '{') {
      this.#path.push('')
      this.#isKeyNext = true
    } else if (Math.abs(Number(token)) > Number.MAX_SAFE_INTEGER) {
      throw this.#fail('number-too-large', at, `${token.slice(0, 40)} is beyond 2^53`)
    }
  }
}

/**
 * Reads one JSON document with the places in it.
 * @throws LockstepError (exit 2) with line and column: `not-json`, `too-deep`, `duplicate-key`, `bad-key` or
 * `number-too-large`
 */
export const parsePlaced = (text: string, file: string, hint = 'docs/log-format.md'): Placed => {
  const value = parseJson(text, { file })
  const { offsets } = new Walk(text, (code, at, message) =>
    badInput({ code, message, hint, ...placeAt(text, at, { file }) }),
  )
  const placeOf: Placed['placeOf'] = (path) => {
    // what is not there is an error about what should hold it
    for (let length = path.length; length >= 0; length--) {
      const offset = offsets.get(keyOf(path.slice(0, length)))
      if (offset === undefined) continue
      const { line = 1, column = 1 } = placeAt(text, offset)
      return { line, column }
    }
    return { line: 1, column: 1 }
  }
  return { value, placeOf }
}

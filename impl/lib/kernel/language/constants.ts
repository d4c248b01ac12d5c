/** The constants that a model binds, read as the machine wants them. */

import type { Place } from '../error.ts'
import { badInput } from '../error.ts'
import type { Key } from './domain.ts'
import { printValue } from './print-value.ts'
import type { TlaValue } from './value.ts'

/** Reads constants by name; what is missing or of another kind is bad input (exit 2) that names it. */
export class Constants {
  private readonly values: ReadonlyMap<string, TlaValue>
  private readonly where: string
  private readonly onRead: (name: string) => void
  private readonly places: ReadonlyMap<string, Place>

  /** `where` names the model in errors; `onRead` is told of every constant that is read; `places` say where they are given. */
  constructor(
    values: ReadonlyMap<string, TlaValue>,
    where: string,
    onRead: (name: string) => void = () => undefined,
    places: ReadonlyMap<string, Place> = new Map(),
  ) {
    this.values = values
    this.where = where
    this.onRead = onRead
    this.places = places
  }

  private read(name: string): TlaValue | undefined {
    this.onRead(name)
    return this.values.get(name)
  }

  private fail(name: string, expected: string): Error {
    const value = this.values.get(name)
    return badInput({
      code: 'bad-constant',
      message: `${this.where}: constant ${name} is ${value === undefined ? 'missing' : printValue(value)}, expected ${expected}`,
      hint: `bind ${name} in the model's .cfg`,
      ...this.places.get(name),
    })
  }

  boolean(name: string): boolean {
    const value = this.read(name)
    if (value?.kind !== 'bool') throw this.fail(name, 'TRUE or FALSE')
    return value.value
  }

  string(name: string): string {
    const value = this.values.get(name)
    if (value?.kind !== 'str') throw this.fail(name, 'a string')
    return value.value
  }

  /** One of some strings. */
  oneOf<const N extends string>(name: string, names: readonly N[]): N {
    const value = this.read(name)
    const found = names.find((n) => value?.kind === 'str' && value.value === n)
    if (found === undefined) throw this.fail(name, `one of ${names.map((n) => JSON.stringify(n)).join(', ')}`)
    return found
  }

  /** A set of some strings, in the order of `names`. */
  subsetOf<const N extends string>(name: string, names: readonly N[]): readonly N[] {
    const value = this.read(name)
    const items = value?.kind === 'set' ? value.items : undefined
    const found = items?.map((item) => names.find((n) => item.kind === 'str' && item.value === n))
    if (found === undefined || found.includes(undefined))
      throw this.fail(name, `a set of ${names.map((n) => JSON.stringify(n)).join(', ')}`)
    return names.filter((n) => found.includes(n))
  }

  natural(name: string): number {
    const value = this.read(name)
    if (value?.kind !== 'int' || value.value < 0n || value.value > 1000n)
      throw this.fail(name, 'a number from 0 to 1000')
    return Number(value.value)
  }

  /** A set of ids, sorted; not empty. */
  ids(name: string): readonly Key[] {
    const value = this.read(name)
    const items = value?.kind === 'set' ? value.items : undefined
    const ids = items?.map((item) => (item.kind === 'int' && item.value >= 0n ? Number(item.value) : -1))
    if (ids === undefined || ids.length === 0 || ids.includes(-1)) throw this.fail(name, 'a non-empty set of ids')
    return ids.sort((a, b) => a - b)
  }
}

/** The constants that a model binds: a machine declares them once, and has them as it wants them. */

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

  /**
   * The constants of a declaration. Those that are read at once are read in its order, whatever the machine makes of them;
   * the late ones have a getter each, so that one at which the machine never looks is never read.
   */
  read<D extends Declaration>(declaration: D): Read<D> {
    const properties = Object.entries(declaration).map(([name, { late, read }]): [string, PropertyDescriptor] => [
      name,
      { enumerable: true, ...(late ? { get: () => read(this, name) } : { value: read(this, name) }) },
    ])
    return Object.defineProperties({}, Object.fromEntries(properties)) as Read<D>
  }

  private valueAt(name: string): TlaValue | undefined {
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
    const value = this.valueAt(name)
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
    const value = this.valueAt(name)
    const found = names.find((n) => value?.kind === 'str' && value.value === n)
    if (found === undefined) throw this.fail(name, `one of ${names.map((n) => JSON.stringify(n)).join(', ')}`)
    return found
  }

  /** A set of some strings, in the order of `names`. */
  subsetOf<const N extends string>(name: string, names: readonly N[]): readonly N[] {
    const value = this.valueAt(name)
    const items = value?.kind === 'set' ? value.items : undefined
    const found = items?.map((item) => names.find((n) => item.kind === 'str' && item.value === n))
    if (found === undefined || found.includes(undefined))
      throw this.fail(name, `a set of ${names.map((n) => JSON.stringify(n)).join(', ')}`)
    return names.filter((n) => found.includes(n))
  }

  natural(name: string): number {
    const value = this.valueAt(name)
    if (value?.kind !== 'int' || value.value < 0n || value.value > 1000n)
      throw this.fail(name, 'a number from 0 to 1000')
    return Number(value.value)
  }

  /** A set of ids, sorted; not empty. */
  ids(name: string): readonly Key[] {
    const value = this.valueAt(name)
    const items = value?.kind === 'set' ? value.items : undefined
    const ids = items?.map((item) => (item.kind === 'int' && item.value >= 0n ? Number(item.value) : -1))
    if (ids === undefined || ids.length === 0 || ids.includes(-1)) throw this.fail(name, 'a non-empty set of ids')
    return ids.sort((a, b) => a - b)
  }
}

/** What a switch means, as a sentence for either value. */
export interface Meaning {
  readonly on: string
  readonly off: string
}

/** How a machine wants a constant. */
export interface Constant<T> {
  readonly read: (constants: Constants, name: string) => T
  /** is it read only when the machine looks at it, each time that it does? */
  readonly late: boolean
  /** what kind of switch it is, if it is one */
  readonly role?: Role
  /** what its values mean, if it is a switch */
  readonly means?: Meaning
}

/** A toggle switches one ordering primitive or rule of a design; a world switch says what the world may do. */
export type Role = 'toggle' | 'world'

/** The constants of a machine by name, in the order of the specification. */
export type Declaration = Readonly<Record<string, Constant<unknown>>>

/** The constants of a declaration as the machine has them. */
export type Read<D extends Declaration> = { readonly [N in keyof D]: D[N] extends Constant<infer T> ? T : never }

/** A number from 0 to 1000. */
export const natural: Constant<number> = { late: false, read: (constants, name) => constants.natural(name) }

/** A set of ids, sorted; not empty. */
export const ids: Constant<readonly Key[]> = { late: false, read: (constants, name) => constants.ids(name) }

export const boolean: Constant<boolean> = { late: false, read: (constants, name) => constants.boolean(name) }

/** A boolean that switches one ordering primitive or rule. It is late: `ablate` spares the subsets that differ in it only. */
export const toggle: Constant<boolean> = { ...boolean, late: true, role: 'toggle' }

/** The same, with what it means that it is on and that it is off: a sentence for either, without a full stop. */
export const toggling = (on: string, off: string): Constant<boolean> => ({ ...toggle, means: { on, off } })

/** A boolean that says what the world may do. */
export const worldSwitch: Constant<boolean> = { ...boolean, role: 'world' }

/** One of some strings. */
export const choiceOf = <const N extends string>(names: readonly N[]): Constant<N> => ({
  late: false,
  read: (constants, name) => constants.oneOf(name, names),
})

/** A set of some strings, in the order of `names`. */
export const subsetOf = <const N extends string>(names: readonly N[]): Constant<readonly N[]> => ({
  late: false,
  read: (constants, name) => constants.subsetOf(name, names),
})

/** The same, read only when the machine looks at it: a model may bind anything where no program does. */
export const late = <T>(constant: Constant<T>): Constant<T> => ({ ...constant, late: true })

/** The constants that are declared as switches of a kind, in the order of the declaration. */
export const switchesIn = (declaration: Declaration, role: Role): readonly string[] =>
  Object.keys(declaration).filter((name) => declaration[name]?.role === role)

/** What the constants of a declaration mean, of those that say so. */
export const meaningsIn = (declaration: Declaration): Readonly<Record<string, Meaning>> =>
  Object.fromEntries(Object.entries(declaration).flatMap(([name, { means }]) => (means ? [[name, means]] : [])))

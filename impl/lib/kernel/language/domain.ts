/** Finite domains, and the shared variables of a machine: what a state is made of, on both sides of a proof. */

import type { TlaValue } from './value.ts'
import { badInput } from '../error.ts'

/** A finite domain of values of type T. A value is known by its index in `values`. */
export interface Domain<T> {
  /** how a person would write it, e.g. `0..3` or `SUBSET {2, 3}` */
  readonly name: string
  /** every value, in a fixed order; the order is part of the packing, not of the meaning */
  readonly values: readonly T[]
  /** index of a value, or -1 if it is outside the domain */
  readonly indexOf: (value: T) => number
  /** the value as TLA+ has it */
  readonly toTla: (value: T) => TlaValue
  /** of a domain that grows: from here on it has the values that it has */
  readonly freeze?: () => void
}

/** Keys of per-thread and per-vCPU variables: vCPU ids. */
export type Key = number

const byIdentity = <T>(name: string, values: readonly T[], toTla: (value: T) => TlaValue): Domain<T> => {
  const index = new Map(values.map((v, i) => [v, i]))
  return { name, values, indexOf: (v) => index.get(v) ?? -1, toTla }
}

const intValue = (n: number): TlaValue => ({ kind: 'int', value: BigInt(n) })

/** BOOLEAN. */
export const bool: Domain<boolean> = byIdentity('BOOLEAN', [false, true], (value) => ({ kind: 'bool', value }))

/** The integers from `lo` to `hi`, both included. */
export const int = (lo: number, hi: number): Domain<number> =>
  byIdentity(
    `${lo}..${hi}`,
    Array.from({ length: hi - lo + 1 }, (_, i) => lo + i),
    intValue,
  )

/** One of some integers, e.g. a vCPU id or -1. */
export const oneOf = (...values: readonly number[]): Domain<number> =>
  byIdentity(`{${values.join(', ')}}`, values, intValue)

/** One of some strings. */
export const oneOfNames = <const N extends string>(...values: readonly N[]): Domain<N> =>
  byIdentity(`{${values.map((v) => JSON.stringify(v)).join(', ')}}`, values, (value) => ({ kind: 'str', value }))

/** A set of vCPU ids, as a sorted array: the C code visits vCPUs in the order of their ids. */
export type IdSet = readonly Key[]

/** All subsets of `elements`. */
export const setOf = (elements: readonly Key[]): Domain<IdSet> => {
  const sorted = [...elements].sort((a, b) => a - b)
  const values = Array.from({ length: 2 ** sorted.length }, (_, bits) => sorted.filter((_e, i) => (bits >> i) & 1))
  const position = new Map(sorted.map((e, i) => [e, i]))
  const indexOf = (set: IdSet): number => {
    let bits = 0
    for (const e of set) {
      const at = position.get(e)
      if (at === undefined) return -1
      bits |= 1 << at
    }
    return bits
  }
  const toTla = (set: IdSet): TlaValue => ({ kind: 'set', items: set.map(intValue) })
  return { name: `SUBSET {${sorted.join(', ')}}`, values, indexOf, toTla }
}

const arrangements = (elements: readonly number[]): number[][] => [
  [],
  ...elements.flatMap((first) => arrangements(elements.filter((e) => e !== first)).map((rest) => [first, ...rest])),
]

/** All sequences of some integers in which none is there twice: a list of work items, a queue. */
export const sequenceOf = (elements: readonly number[]): Domain<readonly number[]> => {
  const values = arrangements(elements)
  const index = new Map(values.map((v, i) => [v.join(), i]))
  return {
    name: `sequences of distinct {${elements.join(', ')}}`,
    values,
    indexOf: (v) => index.get(v.join()) ?? -1,
    toTla: (v) => ({ kind: 'seq', items: v.map(intValue) }),
  }
}

/** Set operations on sorted arrays. */
export const idSet = {
  empty: [] as IdSet,
  first(set: IdSet): Key {
    const [head] = set
    if (head === undefined) throw new RangeError('first element of an empty set')
    return head
  },
  rest: (set: IdSet): IdSet => set.slice(1),
  has: (set: IdSet, e: Key): boolean => set.includes(e),
  with: (set: IdSet, e: Key): IdSet => (set.includes(e) ? set : [...set, e].sort((a, b) => a - b)),
  without: (set: IdSet, e: Key): IdSet => set.filter((x) => x !== e),
  union: (a: IdSet, b: IdSet): IdSet => b.reduce(idSet.with, a),
  intersect: (a: IdSet, b: IdSet): IdSet => a.filter((e) => b.includes(e)),
  nonEmptySubsets: (elements: readonly Key[]): IdSet[] => setOf(elements).values.filter((s) => s.length > 0),
}

/** The smallest number of bits that tells `n` values apart; 0 for a domain of one value. */
export const bitsFor = (n: number): number => (n <= 1 ? 0 : 32 - Math.clz32(n - 1))

/** Index of a value that must be in the domain; throws with the domain's name otherwise. */
export const indexIn = <T>(domain: Domain<T>, value: T, what: string): number => {
  const index = domain.indexOf(value)
  if (index < 0) {
    throw badInput({
      code: 'outside-domain',
      message: `${what} would become ${JSON.stringify(value)}, which is outside its domain ${domain.name}`,
      hint: 'widen the domain in the schema, or guard the step',
    })
  }
  return index
}

/** Value at an index that the packing guarantees to be in range. */
export const valueAt = <T>(domain: Domain<T>, index: number): T => {
  if (index < 0 || index >= domain.values.length) {
    throw new RangeError(`index ${index} outside domain ${domain.name}`)
  }
  return domain.values[index] as T
}

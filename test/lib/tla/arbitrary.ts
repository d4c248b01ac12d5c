/** Random TLA+ values, and other spellings of the same value. */

import fc from 'fast-check'
import type { TlaValue } from '../../../impl/lib/kernel/language/value.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'

const NAMES = ['a', 'b', 'v_2', '2PC', '_x', 'kvm_vcpu_poll'] as const

/** What a TLA+ string can hold: no control character but \t \n \f \r. */
const text = fc
  .oneof(
    fc.constantFrom('', '"', '\\', '\\n', '/\\ x = 1', '\n/\\ ', '\t\n\f\r', 'a', 'b', ' = '),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
  )
  // eslint-disable-next-line no-control-regex -- exactly what must not occur
  .map((s) => s.replace(/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/g, ''))

const integer = fc.oneof(fc.bigInt(-3n, 4n), fc.bigInt(-(2n ** 70n), 2n ** 70n))

const scalar: fc.Arbitrary<TlaValue> = fc.oneof(
  fc.boolean().map(tla.bool),
  integer.map(tla.int),
  text.map(tla.str),
  fc.constantFrom(...NAMES).map(tla.model),
)

const interval = fc.tuple(fc.bigInt(-3n, 4n), fc.bigInt(-3n, 8n)).map(([lo, hi]) => tla.interval(lo, hi))

const record = (value: fc.Arbitrary<TlaValue>): fc.Arbitrary<TlaValue> =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), value), { selector: ([name]) => name, minLength: 1, maxLength: 3 })
    .map((fields) => tla.record(fields))

const onePlus = (items: readonly TlaValue[]): TlaValue => tla.fun(items.map((item, i) => [tla.int(i + 1), item]))

/** Any value, a few levels deep. */
export const anyValue: fc.Arbitrary<TlaValue> = fc.letrec<{ value: TlaValue }>((tie) => {
  const value = tie('value')
  const items = fc.array(value, { maxLength: 4 })
  return {
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      scalar,
      interval,
      items.map(tla.set),
      items.map(tla.seq),
      items.map(onePlus),
      record(value),
      fc.array(fc.tuple(value, value), { maxLength: 3 }).map(tla.fun),
    ),
  }
}).value

/** Values of few shapes and fewer leaves, so that two of them are often equal. */
export const fewValues: fc.Arbitrary<TlaValue> = fc.letrec<{ value: TlaValue }>((tie) => {
  const items = fc.array(tie('value'), { maxLength: 2 })
  const leaf: fc.Arbitrary<TlaValue> = fc.oneof(
    fc.bigInt(1n, 2n).map(tla.int),
    fc.constantFrom('a', '1').map(tla.str),
    fc.constant(tla.model('a')),
    fc.tuple(fc.bigInt(1n, 2n), fc.bigInt(0n, 2n)).map(([lo, hi]) => tla.interval(lo, hi)),
  )
  return {
    value: fc.oneof(
      { maxDepth: 2 },
      leaf,
      items.map(tla.set),
      items.map(tla.seq),
      fc.array(fc.tuple(fc.constantFrom('a', '1').map(tla.str), tie('value')), { maxLength: 2 }).map(tla.fun),
      fc
        .uniqueArray(fc.constantFrom('a', '1'), { maxLength: 2 })
        .map((ns) => tla.record(ns.map((n) => [n, tla.int(1)]))),
      fc.array(fc.tuple(leaf, tie('value')), { maxLength: 2 }).map(tla.fun),
    ),
  }
}).value

const respellMap = (entries: readonly (readonly [TlaValue, TlaValue])[]): TlaValue => ({
  kind: 'fun',
  entries: entries.map(([a, v]): [TlaValue, TlaValue] => [respell(a), respell(v)]).reverse(),
})

const expand = (lo: bigint, hi: bigint): TlaValue[] => {
  const items: TlaValue[] = []
  for (let i = hi; i >= lo; i -= 1n) items.push(tla.int(i))
  return items
}

/** The same value in another shape: everything a function, intervals listed, sets backwards and with repetitions. */
export function respell(value: TlaValue): TlaValue {
  switch (value.kind) {
    case 'interval':
      return { kind: 'set', items: expand(value.lo, value.hi) }
    case 'set': {
      const items = value.items.map(respell).reverse()
      return { kind: 'set', items: [...items, ...items.slice(0, 1)] }
    }
    case 'seq':
      return respellMap(value.items.map((item, i) => [tla.int(i + 1), item]))
    case 'record':
      return respellMap(value.fields.map(([name, v]) => [tla.str(name), v]))
    case 'fun':
      return respellMap(value.entries)
    default:
      return value
  }
}

/** A value as a set of elements, a function as pairs, or undefined for the other kind. */
const elements = (value: TlaValue): readonly TlaValue[] | undefined =>
  value.kind === 'set' ? value.items : value.kind === 'interval' ? expand(value.lo, value.hi) : undefined

const pairs = (value: TlaValue): readonly (readonly [TlaValue, TlaValue])[] | undefined => {
  if (value.kind === 'seq') return value.items.map((item, i) => [tla.int(i + 1), item])
  if (value.kind === 'record') return value.fields.map(([name, v]) => [tla.str(name), v])
  return value.kind === 'fun' ? value.entries : undefined
}

const within = <T>(as: readonly T[], bs: readonly T[], same: (a: T, b: T) => boolean): boolean =>
  as.every((a) => bs.some((b) => same(a, b)))

/** Equality as TLA+ defines it, by extension and without any canonical form: slow, and independent of `key`. */
export const tlaEqual = (a: TlaValue, b: TlaValue): boolean => {
  const [setA, setB, mapA, mapB] = [elements(a), elements(b), pairs(a), pairs(b)]
  if (setA && setB) return within(setA, setB, tlaEqual) && within(setB, setA, tlaEqual)
  if (mapA && mapB) {
    const samePair = (p: readonly [TlaValue, TlaValue], q: readonly [TlaValue, TlaValue]): boolean =>
      tlaEqual(p[0], q[0]) && tlaEqual(p[1], q[1])
    return within(mapA, mapB, samePair) && within(mapB, mapA, samePair)
  }
  if (a.kind === 'model' && b.kind === 'model') return a.name === b.name
  return a.kind === b.kind && 'value' in a && 'value' in b && a.value === b.value
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equal, key, tla } from '../../../../impl/lib/kernel/language/value.ts'
import { anyValue, fewValues, respell, tlaEqual } from '../../tla/arbitrary.ts'

const { bool, int, str, model, set, interval, seq, record, fun } = tla

describe('key', () => {
  it('is the same for two values exactly if TLA+ holds them equal', () => {
    let equalPairs = 0
    fc.assert(
      fc.property(fewValues, fewValues, (a, b) => {
        if (tlaEqual(a, b)) equalPairs += 1
        expect(key(a) === key(b)).toBe(tlaEqual(a, b))
      }),
      { numRuns: 3000 },
    )
    // the property says little if hardly any pair is equal
    expect(equalPairs).toBeGreaterThan(100)
  })

  it('does not depend on how a value is spelled', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(key(respell(value))).toBe(key(value))
      }),
    )
  })

  it.each([
    ['a function on 1..n and a sequence', fun([[int(2), str('b')], [int(1), str('a')]]), seq([str('a'), str('b')])], // prettier-ignore
    ['a function on strings and a record', fun([[str('y'), int(2)], [str('x'), int(1)]]), record([['x', int(1)], ['y', int(2)]])], // prettier-ignore
    ['the empty function and <<>>', fun([]), seq([])],
    ['the empty record and <<>>', record([]), seq([])],
    ['an interval and the set', interval(1n, 3n), set([int(3), int(1), int(2)])],
    ['an interval of one and the set', interval(4n, 4n), set([int(4)])],
    ['an interval of none and {}', interval(2n, 1n), set([])],
    ['a function on 1..1 and <<x>>', fun([[int(1), int(7)]]), seq([int(7)])],
    ['nested spellings', set([interval(1n, 2n)]), set([set([int(1), int(2)])])],
  ])('%s are equal', (_, a, b) => {
    expect(equal(a, b)).toBe(true)
  })

  it.each([
    ['a string and a model value', str('a'), model('a')],
    ['a number and its digits', int(1), str('1')],
    ['TRUE and "TRUE"', bool(true), str('TRUE')],
    ['{} and <<>>', set([]), seq([])],
    ['a sequence and the set of its items', seq([int(1)]), set([int(1)])],
    ['a function on 0..1 and a sequence', fun([[int(0), int(5)], [int(1), int(5)]]), seq([int(5), int(5)])], // prettier-ignore
    ['strings that quotes could join', seq([str('a", "b')]), seq([str('a'), str('b')])],
    ['a set with a gap and an interval', set([int(1), int(3)]), interval(1n, 3n)],
  ])('%s differ', (_, a, b) => {
    expect(equal(a, b)).toBe(false)
  })

  it('does not expand an interval', () => {
    expect(key(interval(-(2n ** 80n), 2n ** 80n))).toBe(`${-(2n ** 80n)}..${2n ** 80n}`)
  })
})

describe('tla', () => {
  it('sorts sets, integers by size, and drops duplicates', () => {
    const items = set([str('b'), int(10), int(9), str('a'), int(-1), int(10), seq([])])
    expect(items).toEqual({ kind: 'set', items: [int(-1), int(9), int(10), str('a'), str('b'), seq([])] })
  })

  it('lets the first of two entries count, as @@ does', () => {
    expect(fun([[int(5), str('first')], [int(5), str('second')]])).toEqual(fun([[int(5), str('first')]])) // prettier-ignore
  })
})

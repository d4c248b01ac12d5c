import { describe, expect, it } from 'vitest'
import { at, entryOf } from '../../../impl/lib/kernel/at.ts'

describe('at', () => {
  it('reads what is there, whatever it is', () => {
    expect(at(['a', 'b'], 1)).toBe('b')
    expect(at(Int32Array.of(7, 0), 1)).toBe(0)
    expect([at([undefined, 1], 0)]).toEqual([undefined])
  })

  it('refuses every other index, with index and length', () => {
    for (const index of [-1, 2, 0.5, NaN, Infinity]) expect(() => at(['a', 'b'], index)).toThrow(RangeError)
    expect(() => at(new Int32Array(3), 7)).toThrow('no element 7 in 3')
    // a hole is no end
    expect(() => at([], 0)).toThrow('no element 0 in 0')
  })
})

describe('entryOf', () => {
  it('reads what a map has and refuses every other key', () => {
    expect(entryOf(new Map([['a', 0]]), 'a')).toBe(0)
    expect(entryOf(new Map([['a', null]]), 'a')).toBeNull()
    expect(() => entryOf(new Map([['a', 0]]), 'b')).toThrow('no entry b in a map of 1')
  })
})

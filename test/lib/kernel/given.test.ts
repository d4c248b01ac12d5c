/** Fields that are there or not. */

import { describe, expect, it } from 'vitest'
import { given } from '../../../impl/lib/kernel/given.ts'

describe('given', () => {
  it('has the fields that have a value, in their order, and no key for the others', () => {
    const fields: { a: number; b?: string; c: null; d?: boolean } = given({
      a: 0,
      b: undefined as string | undefined,
      c: null,
      d: false,
    })
    expect(Object.entries(fields)).toEqual([
      ['a', 0],
      ['c', null],
      ['d', false],
    ])
  })
  it('takes a field of any name for what it is', () => {
    expect(Object.hasOwn(given(JSON.parse('{"__proto__": 1}') as object), '__proto__')).toBe(true)
  })
})

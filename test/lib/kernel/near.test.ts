/** Near names: the distance against its definition, and what is near enough. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, near } from '../../../impl/lib/kernel/near.ts'

/** The definition, as it is. */
const defined = ([a, ...as]: readonly string[], [b, ...bs]: readonly string[]): number => {
  if (a === undefined || b === undefined) return [a, b].filter((c) => c !== undefined).length + as.length + bs.length
  return Math.min(defined(as, [b, ...bs]) + 1, defined([a, ...as], bs) + 1, defined(as, bs) + (a === b ? 0 : 1))
}

describe('near names', () => {
  it('are as far apart as the definition says', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    const word = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 })
    fc.assert(fc.property(word, word, (a, b) => editDistance(a.join(''), b.join('')) === defined(a, b)))
  })

  it('are listed nearest first, and those that are far are not', () => {
    expect(near('shedule', ['check', 'schedule', 'set_running', 'scheduled'])).toEqual(['schedule', 'scheduled'])
    expect(near('x', ['kvm_vcpu_kick'])).toEqual([])
  })
})

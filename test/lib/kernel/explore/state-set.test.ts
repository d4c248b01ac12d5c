import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StateSet } from '../../../../impl/lib/kernel/explore/state-set.ts'

const WORDS = 3
const row = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: WORDS, maxLength: WORDS })

describe('a set of states', () => {
  it.each(['beside', 'apart'] as const)('is what a map by text is, with rows %s', (rows) => {
    const set = new StateSet(WORDS, { rows })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (all) => {
        // the same one each time: what was cleared is gone
        set.clear()
        const known = new Map<string, number>()
        for (const [i, words] of all.entries()) {
          const text = words.join()
          const expected = known.get(text) ?? known.size
          known.set(text, expected)
          // at an offset, as rows of another set are
          expect(set.add(Int32Array.of(9, ...words), 1, i, i + 1)).toBe(expected)
        }
        expect(set.count).toBe(known.size)
        for (const [text, index] of known) {
          expect([...set.row(index)].join()).toBe(text)
          expect(set.find(set.row(index), 0)).toBe(index)
          expect(set.via[index]).toBe((set.from[index] ?? 0) + 1)
        }
        expect(set.find(Int32Array.of(7, 7, 7), 0)).toBe(-1)
      }),
    )
  })

  it('numbers rows as they come, however large it was meant to be', () => {
    for (const expected of [0, 10, 5000]) {
      const set = new StateSet(1, { expected })
      const order = Array.from({ length: 3000 }, (_, i) => set.add(Int32Array.of((i * 7) % 2000), 0, -1, -1))
      expect(set.count).toBe(2000)
      expect(order.slice(0, 2000)).toEqual(Array.from({ length: 2000 }, (_, i) => i))
      expect(order[2000]).toBe(set.find(Int32Array.of(0), 0))
    }
  })
})

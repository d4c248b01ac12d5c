/** Subsets, minimal sets and needs against their definitions, by brute force over random verdicts. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ablationOf,
  boundaryOf,
  bySize,
  edgesFor,
  hasToggle,
  membersOf,
  nearestFirst,
  nested,
  roleOf,
  sizeOf,
  subsetCount,
  switched,
} from '../../../impl/lib/ablate/subsets.ts'

/** A seed of its own for each run; a failure prints it with the path. */
const seed = Date.now() & 0x7fffffff
const check = <T>(name: string, arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void => {
  it(`${name} (seed ${seed})`, () => {
    fc.assert(fc.property(arbitrary, property), { seed })
  })
}

/** Verdicts of all subsets of up to five toggles. */
const verdicts = fc
  .integer({ min: 1, max: 5 })
  .chain((toggles) =>
    fc
      .array(fc.boolean(), { minLength: 2 ** toggles, maxLength: 2 ** toggles })
      .map((holds) => ({ toggles, holds: (s: number) => holds[s] })),
  )

const all = (toggles: number): number[] => Array.from({ length: subsetCount(toggles) }, (_, s) => s)

describe('the order of the subsets', () => {
  check(
    'each once, nearest to the start first',
    fc.integer({ min: 1, max: 8 }).chain((n) => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: 2 ** n - 1 }))),
    ([toggles, start]) => {
      const order = [...nearestFirst(start, toggles)]
      expect([...order].sort((a, b) => a - b)).toEqual(all(toggles))
      const distances = order.map((s) => sizeOf(s ^ start))
      expect(distances).toEqual([...distances].sort((a, b) => a - b))
    },
  )
  it('of 30 toggles begins at once', () => {
    const order = nearestFirst(2 ** 29, 30)
    expect([order.next().value, order.next().value]).toEqual([2 ** 29, 2 ** 29 + 1])
  })
})

describe('ablation', () => {
  check(
    'minimal sets suffice, and no toggle of them can go; every such set is found',
    verdicts,
    ({ toggles, holds }) => {
      const reference = all(toggles).filter(
        (s) =>
          holds(s) === true && all(toggles).every((t) => (t & s) !== t || sizeOf(s ^ t) !== 1 || holds(t) === false),
      )
      expect(ablationOf(toggles, holds).minimal).toEqual(reference.sort(bySize))
    },
  )
  check('necessary is what all sufficing sets have in common', verdicts, ({ toggles, holds }) => {
    const sufficing = all(toggles).filter((s) => holds(s) === true)
    const common = membersOf(subsetCount(toggles) - 1).filter((i) => sufficing.every((s) => hasToggle(s, i)))
    const { necessary } = ablationOf(toggles, holds)
    expect(necessary === undefined ? undefined : membersOf(necessary)).toEqual(
      sufficing.length === 0 ? undefined : common,
    )
  })
  check('a reversal is a witness, and there is none where there is no witness', verdicts, ({ toggles, holds }) => {
    const { reversals } = ablationOf(toggles, holds)
    for (const { toggle, holds: set, minimal } of reversals) {
      expect([hasToggle(set, toggle), holds(set), holds(switched(set, toggle))]).toEqual([false, true, false])
      for (const s of minimal) expect([hasToggle(s, toggle), holds(s)]).toEqual([true, true])
    }
    const breaking = membersOf(subsetCount(toggles) - 1).filter((i) =>
      all(toggles).some((s) => !hasToggle(s, i) && holds(s) === true && holds(switched(s, i)) === false),
    )
    expect(reversals.map((r) => r.toggle)).toEqual(breaking)
  })
  check('the boundary is one: it holds on one side and not on the other', verdicts, ({ toggles, holds }) => {
    const ablation = ablationOf(toggles, holds)
    for (const edge of boundaryOf(ablation)) {
      expect([holds(edge.holds), holds(edge.violated)]).toEqual([true, false])
      expect(switched(edge.holds, edge.toggle)).toBe(edge.violated)
    }
    for (let t = 0; t < toggles; t++) {
      const needed = ['necessary', 'conditional'].includes(roleOf(ablation, t, true))
      // a toggle that is in no minimal set because nothing suffices needs no counterexample
      expect(edgesFor(ablation, t).length > 0).toBe(needed)
    }
  })
  check(
    'an upward closed property has an antichain of minimal sets, and no reversal',
    verdicts,
    ({ toggles, holds }) => {
      const up = (s: number): boolean => all(toggles).some((t) => (t & s) === t && holds(t) === true)
      const { minimal, reversals } = ablationOf(toggles, up)
      expect({ nested: nested(minimal), reversals }).toEqual({ nested: [], reversals: [] })
    },
  )
  check('what is not covered is not claimed', fc.tuple(verdicts, fc.nat()), ([{ toggles, holds }, gap]) => {
    const missing = gap % subsetCount(toggles)
    const known = all(toggles).filter((s) => s !== missing)
    const partial = ablationOf(toggles, (s) => (s === missing ? undefined : holds(s)), known)
    const whole = ablationOf(toggles, holds)
    expect(partial.necessary).toBeUndefined()
    expect(partial.minimal.filter((s) => !whole.minimal.includes(s))).toEqual([])
    for (let t = 0; t < toggles; t++) expect(['necessary', 'never']).not.toContain(roleOf(partial, t, false))
  })
})

/** What must hold of every test; fast-check prints the seed and the path of a counterexample. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCI } from '../../effort.ts'
import type { MemoryModel } from '../../../impl/lib/kernel/memory/buffer.ts'
import type { Prop } from '../../../impl/lib/litmus/condition.ts'
import { loadLitmus } from '../../../impl/lib/litmus/index.ts'
import { parseEnvelope } from '../../../impl/lib/litmus/parse.ts'
import { propText } from '../../../impl/lib/litmus/print.ts'
import { Source } from '../../../impl/lib/litmus/source.ts'
import { proposition, sectionTest, smallTest, smallText } from './arbitrary.ts'

const litmus = await loadLitmus()

/** A proposition without its places. */
const unplaced = (prop: Prop): unknown =>
  JSON.parse(JSON.stringify(prop, (key, value: unknown) => (key === 'at' ? undefined : value)))

const outcomes = (text: string, model: MemoryModel): string[] =>
  litmus.check(text, model).outcomes.map((o) => JSON.stringify(o.values))

describe('reading and printing', () => {
  it('reads back what propText writes', () => {
    fc.assert(
      fc.property(proposition, (prop) => {
        const text = `C t\n{}\nP0(int *x) { }\nexists (${propText(prop)})\n`
        expect(unplaced(parseEnvelope(new Source(text)).condition.prop)).toEqual(unplaced(prop))
      }),
      { numRuns: 500 },
    )
  })
})

describe('the interleavings that are left out', () => {
  const found = (text: string, model: MemoryModel, isWhole: boolean): unknown => {
    const { outcomes: all, stuck } = litmus.check(text, model, undefined, { isWhole })
    return { all, stuck }
  }

  it.each([
    ['SC', 'accesses', smallTest],
    ['TSO', 'accesses', smallTest],
    ['PSO', 'accesses', smallTest],
    ['PSO', 'sections', sectionTest],
    ['TSO', 'sections', sectionTest],
  ] as const)('make no difference under %s to tests of %s', (model, _, tests) => {
    fc.assert(
      fc.property(tests, (small) => {
        const text = smallText(small)
        expect(found(text, model, false)).toEqual(found(text, model, true))
      }),
      { numRuns: isCI ? 100 : 30 },
    )
  })
})

describe('the memory models', () => {
  it('SC has no outcome that TSO has not, and TSO none that PSO has not', () => {
    fc.assert(
      fc.property(smallTest, (small) => {
        const text = smallText(small)
        const [sc, tso, pso] = [outcomes(text, 'SC'), new Set(outcomes(text, 'TSO')), new Set(outcomes(text, 'PSO'))]
        expect(sc.filter((o) => !tso.has(o))).toEqual([])
        expect([...tso].filter((o) => !pso.has(o))).toEqual([])
      }),
      { numRuns: isCI ? 300 : 100 },
    )
  })

  it('with smp_mb() between all accesses they are all SC', () => {
    fc.assert(
      fc.property(smallTest, (small) => {
        const text = smallText(small, 'smp_mb();')
        const sc = outcomes(smallText(small), 'SC')
        expect(outcomes(text, 'TSO')).toEqual(sc)
        expect(outcomes(text, 'PSO')).toEqual(sc)
      }),
      { numRuns: isCI ? 200 : 70 },
    )
  })

  it('with smp_wmb() between all accesses PSO is TSO', () => {
    fc.assert(
      fc.property(smallTest, (small) => {
        expect(outcomes(smallText(small, 'smp_wmb();'), 'PSO')).toEqual(outcomes(smallText(small), 'TSO'))
      }),
      { numRuns: isCI ? 200 : 70 },
    )
  })
})

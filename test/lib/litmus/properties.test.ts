/** What must hold of every test; fast-check prints the seed and the path of a counterexample. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Test } from '../../../impl/lib/litmus/ast.ts'
import { checkLitmus } from '../../../impl/lib/litmus/index.ts'
import { parseTest } from '../../../impl/lib/litmus/parse.ts'
import { Source } from '../../../impl/lib/litmus/source.ts'
import type { MemoryModel } from '../../../impl/lib/kernel/memory/buffer.ts'
import { anyTest, smallTest, smallText } from './arbitrary.ts'
import { testText } from './print-test.ts'

/** A test without its places. */
const unplaced = (test: Test): unknown =>
  JSON.parse(JSON.stringify(test, (key, value: unknown) => (key === 'at' || key === 'conditionAt' ? undefined : value)))

const outcomes = (text: string, model: MemoryModel): string[] =>
  checkLitmus(text, model).outcomes.map((o) => JSON.stringify(o.values))

describe('reading and printing', () => {
  it('reads back what testText writes', () => {
    fc.assert(
      fc.property(anyTest, (test) => {
        expect(unplaced(parseTest(new Source(testText(test))))).toEqual(unplaced(test))
      }),
      { numRuns: 500 },
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
      { numRuns: 300 },
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
      { numRuns: 200 },
    )
  })

  it('with smp_wmb() between all accesses PSO is TSO', () => {
    fc.assert(
      fc.property(smallTest, (small) => {
        expect(outcomes(smallText(small, 'smp_wmb();'), 'PSO')).toEqual(outcomes(smallText(small), 'TSO'))
      }),
      { numRuns: 200 },
    )
  })
})

/** Globs find what a regular expression of the same meaning finds, and come to an end. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesGlob } from '../../../impl/lib/protocol/glob.ts'

const seed = Number(process.env['GLOB_SEED'] ?? Date.now() % 1_000_000)

describe('matchesGlob', () => {
  it(`means what it seems to (GLOB_SEED=${seed})`, () => {
    const glob = fc.array(fc.constantFrom('*', '?', 'a', 'b', '.'), { maxLength: 8 }).map((c) => c.join(''))
    const name = fc.array(fc.constantFrom('a', 'b', '.'), { maxLength: 10 }).map((c) => c.join(''))
    fc.assert(
      fc.property(glob, name, (g, n) => {
        const source = g.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')
        expect([g, n, matchesGlob(g, n)]).toEqual([g, n, new RegExp(`^${source}$`).test(n)])
      }),
      { seed, numRuns: 5000 },
    )
  })

  it('takes no longer for many stars', () => {
    expect(matchesGlob(`${'*a'.repeat(40)}*b`, 'a'.repeat(5000))).toBe(false)
  })
})

/** Mutated C: read and run as far as small limits let it, or refused with one error that says all; never anything else. */

import { describe, expect, test } from 'vitest'
import { loadCParser } from '../../../../impl/lib/c/index.ts'
import { isCI, isFull } from '../../../effort.ts'
import { sources } from './clients.ts'
import { mutantOf } from './mutations.ts'
import { taken } from './taken.ts'

const RUNS = isFull ? 50_000 : isCI ? 1_000 : 100
const MEMORIES = ['SC', 'TSO', 'PSO'] as const

describe('mutated C', () => {
  test('is refused as bad input, or run', { timeout: 3_600_000 }, async () => {
    const first = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
    const parser = await loadCParser()
    const all = sources()
    let run = 0
    for (let seed = first; seed < first + RUNS; seed++) {
      const text = mutantOf(seed, all)
      try {
        if ('states' in taken(parser, text, MEMORIES[seed % MEMORIES.length] ?? 'SC')) run += 1
      } catch (error) {
        throw new Error(`seed ${seed}:\n${text}`, { cause: error })
      }
    }
    // if nearly all were refused, nothing would have been tried behind the front door
    expect(run, `seed ${first}`).toBeGreaterThan(RUNS / 20)
  })

  test('a seed brings its mutant back, and another brings another', () => {
    const all = sources()
    expect(mutantOf(7, all)).toBe(mutantOf(7, all))
    expect(new Set(Array.from({ length: 20 }, (_, seed) => mutantOf(seed, all))).size).toBe(20)
  })
})

/** The meeting of two threads; that they meet is shown by the command's own test. */

import { describe, expect, it } from 'vitest'
import { Abandoned, arena, playRounds } from '../../../impl/lib/live/rounds.ts'

describe('rounds', () => {
  it('end with an error where the other thread does not come', () => {
    const shape = { cells: 1, threads: 2, programs: 2, rounds: 1 }
    const runners = [() => 0, () => 0]
    expect(() => {
      playRounds(arena(shape), { me: 0, shape, initial: [0], runners, ballast: new Int32Array(0) }, 1, 1, 0)
    }).toThrow(Abandoned)
  })
})

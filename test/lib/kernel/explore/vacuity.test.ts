/** What says nothing is not said to hold, on a machine small enough to be decided by hand. */

import { describe, expect, it } from 'vitest'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import type { Machine } from '../../../../impl/lib/kernel/design.ts'
import { bool, ended, Memory, Observer, Shared } from '../../../../impl/lib/kernel/design.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { vacuityOf } from '../../../../impl/lib/kernel/explore/vacuity.ts'
import { withVacuity } from '../../../../impl/lib/check/result.ts'
import { cpu } from './cpu.ts'

/** One thread that sets a flag and ends. */
const machine = (): Machine => {
  const shared = new Shared()
  const flag = new Memory(shared, 'SC', 0, [['cpu', 0]]).scalar('flag', bool, false)
  const one = new Observer<object>(shared, 0)
  const never = (): boolean => !flag.peek() && one.at('done')
  return {
    shared,
    threads: [
      cpu(0, function* () {
        yield* flag.store('set', true)
        yield* ended('done')
      }),
    ],
    environment: [],
    invariants: [
      {
        name: 'BothInv',
        instances: [
          { name: '.set', occurs: () => flag.peek(), holds: () => true },
          { name: '.never', occurs: never, holds: () => !never() },
        ],
      },
      { name: 'NeverInv', instances: [{ name: '', occurs: never, holds: () => !never() }] },
    ],
    liveness: [
      { name: 'SetProp', instances: [{ name: '', from: () => !flag.peek(), to: () => flag.peek() }] },
      { name: 'NoLeftProp', instances: [{ name: '', from: never, to: () => false }] },
      {
        name: 'NotForGoodProp',
        // `from` occurs, and what must hold for good does, but never at once
        instances: [
          { name: '', from: () => !flag.peek(), eventuallyAlways: () => one.at('done'), to: () => flag.peek() },
        ],
      },
    ],
    fairness: [{ thread: ['cpu', 0], labels: new Set(['set']) }],
  }
}

const silent = (): Record<string, readonly string[]> =>
  Object.fromEntries([...vacuityOf(explore(assemble(compile(machine()))))].map(([name, v]) => [name, v.vacuous]))

describe('vacuityOf', () => {
  it('names the instances of which no state has what they speak of', () => {
    expect(silent()).toEqual({
      BothInv: ['.never'],
      NeverInv: [''],
      SetProp: [],
      NoLeftProp: [''],
      NotForGoodProp: [''],
    })
  })
  it('says nothing of a graph that is not complete', () => {
    expect(() => vacuityOf(explore(assemble(compile(machine())), { maxStates: 1 }))).toThrow(TypeError)
  })
})

describe('withVacuity', () => {
  it('calls a pass vacuous only if all its instances say nothing', () => {
    const instances = (vacuous: readonly string[]) => ({ all: ['.a', '.b'], vacuous })
    const verdicts = [[], ['.a'], ['.b', '.a']].map((vacuous) => withVacuity({ verdict: 'holds' }, instances(vacuous)))
    expect(verdicts).toEqual([
      { verdict: 'holds', vacuous: [] },
      { verdict: 'holds', vacuous: ['.a'] },
      { verdict: 'vacuous', vacuous: ['.a', '.b'] },
    ])
    expect(withVacuity({ verdict: 'violated', depth: 3 }, instances(['.a', '.b'])).verdict).toBe('violated')
    expect(withVacuity({ verdict: 'incomplete' }, instances(['.a', '.b'])).verdict).toBe('incomplete')
  })
})

/** A log held against a machine that belongs to no protocol, as a program does that has only the two. */

import { describe, expect, it } from 'vitest'
import type { Machine } from '../../../impl/lib/kernel/language/machine.ts'
import type { Program } from '../../../impl/lib/kernel/language/op.ts'
import { Shared } from '../../../impl/lib/kernel/language/shared.ts'
import { thread } from '../../../impl/lib/kernel/language/machine.ts'
import { bool } from '../../../impl/lib/kernel/language/domain.ts'
import type { Location } from '../../../impl/lib/kernel/memory/memory.ts'
import { Memory } from '../../../impl/lib/kernel/memory/memory.ts'
import { validateLog } from '../../../impl/lib/validate/validate-log.ts'
import { problemOfAsync } from '../fixture.ts'

function* setter(flag: Location<boolean>): Program {
  for (;;) {
    yield* flag.store('set', true)
    yield* flag.store('clear', false)
  }
}

const machine = (): Machine => {
  const shared = new Shared()
  const memory = new Memory(shared, 'SC', 0, [['cpu', 0]])
  const flag = memory.scalar('flag', bool, false)
  const threads = [thread({ id: ['cpu', 0], frame: {}, initial: {}, program: () => setter(flag) })]
  return { shared, threads, environment: [], invariants: [], liveness: [], fairness: [] }
}

const log = (...actions: readonly string[]): string[] =>
  actions.map((action) => JSON.stringify({ action, thread: 'cpu0' }))

describe('validateLog', () => {
  it('accepts what the machine does', async () => {
    const result = await validateLog(machine(), log('set', 'clear', 'set'))
    expect(result).toMatchObject({ ok: true, verdict: 'accepted', events: 3, explained: 3, model: 'machine' })
  })

  it('says where a log parts from the machine, and blames no source that it was not given', async () => {
    const result = await validateLog(machine(), log('set', 'set'), { name: 'flag', file: 'trace' })
    expect(result).toMatchObject({ ok: false, verdict: 'rejected', model: 'flag', file: 'trace', explained: 1 })
    expect(result.divergence).toMatchObject({
      line: 2,
      allowed: [{ action: 'clear', thread: 'cpu0' }],
      blame: [],
      candidates: [{ why: 'cpu0 is at clear', blame: [] }],
    })
  })

  it('takes a step that nobody logged only where that is said', async () => {
    const lines = log('set', 'set')
    expect((await validateLog(machine(), lines, { unlogged: ['clear'] })).verdict).toBe('accepted')
    expect((await validateLog(machine(), lines)).verdict).toBe('rejected')
  })

  it('calls no log accepted that was not read to its end', async () => {
    const result = await validateLog(machine(), log('set', 'clear'), { signal: AbortSignal.abort() })
    expect(result).toMatchObject({ ok: false, accepted: false, verdict: 'incomplete' })
  })

  it('refuses what the machine does not have, and a log without events', async () => {
    expect(await problemOfAsync(validateLog(machine(), log('sett')))).toMatchObject({
      code: 'not-of-the-model',
      file: 'log',
      line: 1,
      hint: 'did you mean set?',
    })
    expect((await problemOfAsync(validateLog(machine(), ['', '']))).code).toBe('empty-log')
  })
})

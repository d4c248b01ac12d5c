/** What an event claims: results in any notation that means the same, the 0 and 1 of C, and claims that nothing can have. */

import { describe, expect, it } from 'vitest'
import type { Json } from '../../../impl/lib/validate/json-codec.ts'
import { ThreadGraphs } from '../../../impl/lib/validate/distance.ts'
import { Returns } from '../../../impl/lib/validate/returns.ts'
import { parseMap } from '../../../impl/lib/validate/map.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import type { LogOptions } from '../../../impl/lib/validate/validator.ts'
import type { Validator } from '../../../impl/lib/validate/validator.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { loadModels, project } from '../../project.ts'

const models = loadModels()
const validators = new Map<string, Validator>()
const validatorOf = (name: string): Validator => {
  const validator = validators.get(name) ?? logValidator(oneModel(models, name), project)
  validators.set(name, validator)
  return validator
}

/** The verdict, with the line of a rejection; of bad input the code, the place and the message. */
const outcome = async (
  name: string,
  lines: readonly string[],
  options: Partial<LogOptions> = {},
): Promise<readonly unknown[]> => {
  try {
    const { verdict, divergence } = await validatorOf(name).validate([{ firstLine: 1, lines }], {
      file: 'log',
      ...options,
    })
    return divergence === null ? [verdict] : [verdict, divergence.line, divergence.candidates[0]?.why]
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const { code, line, column, message } = error.problem
    return [code, line, column, message]
  }
}

const LOST = '{"lost":1}'
const POLL = 'poll-kick/clear-recheck.tso'

describe('a result', () => {
  const locked = (result: Json): string => JSON.stringify({ action: 'kvm_vcpu_ioctl_mutex_lock', result })
  const returned = (action: string, result: Json): string => JSON.stringify({ action, result })

  it('is a record, with its keys in any order', async () => {
    for (const result of [
      { kind: 'set', errno: 'none', inhibit: 1, stack: [], starts: true },
      { errno: 'none', kind: 'set', inhibit: 1, stack: [], starts: true },
      { starts: true, stack: [], inhibit: 1, errno: 'none', kind: 'set' },
    ]) {
      expect(await outcome('flush-inhibit/posted.sc', [LOST, locked(result)])).toEqual(['accepted'])
    }
  })

  it('is a record where only the order of lanes is known, and the search asks how far programs are from it', () => {
    const { kernel } = validatorOf('flush-inhibit/posted.sc')
    const returns = new Returns(kernel)
    const programs = new ThreadGraphs(kernel)
    const action = kernel.actions.indexOf('kvm_vcpu_ioctl_mutex_lock')
    const texts = [...returns.of(action)]
    expect(texts.some((text) => text.includes('"errno"'))).toBe(true)
    for (const result of texts) {
      const event = { action, result, state: undefined }
      const at = kernel.compiled.machine.threads.map((_, thread) => programs.around(thread, event))
      // some thread's program goes on from it
      expect([result, at.some(({ to }) => to.includes(1))]).toEqual([result, true])
      expect(returns.textOf(JSON.parse(result) as Json)).toBe(result)
    }
  })

  it('is a set, in any order', async () => {
    for (const set of [
      [2, 3],
      [3, 2],
    ]) {
      expect(await outcome('flush-inhibit/posted.sc.t2', [LOST, returned('vmexit_hypercall', set)])).toEqual([
        'accepted',
      ])
    }
    const ipi = { kind: 'physical', dest: 3, vtl: -1 }
    for (const meant of [
      [0, 1],
      [1, 0],
    ]) {
      const lines = [LOST, returned('guest_exit', { ...ipi, meant })]
      expect(await outcome('apic-groups/posted.sc', lines)).toEqual(['accepted'])
    }
  })

  it('is a list, whose order counts', () => {
    const name = 'apf-ready/posted.sc'
    const { kernel } = validatorOf(name)
    const returns = new Returns(kernel)
    const lists = kernel.actions.flatMap((_, action) => [...returns.of(action)])
    // the machine has lists that differ in their order only
    expect(lists).toContain('[1,2,-1]')
    expect(lists).toContain('[1,-1,2]')
    expect(returns.textOf([1, -1, 2])).toBe('[1,-1,2]')
  })

  it('is compared in its own words in what is said of a rejected event', async () => {
    const set = { starts: false, stack: [], inhibit: 1, errno: 'none', kind: 'set' }
    // only the right one is possible there, however it is written
    const first = locked({ ...set, starts: true })
    const [verdict, , why] = await outcome('flush-inhibit/posted.sc', [LOST, first, first, first, locked(set)])
    expect([verdict, why]).toEqual(['rejected', expect.any(String)])
    expect(why).not.toMatch(/returns (\{.*\}) here, not \1$/)
  })

  it('that the action never returns is bad input, and says what it returns', async () => {
    const run = (result: Json): string => JSON.stringify({ action: 'KVM_RUN', thread: 'vcpu0', result })
    expect(await outcome(POLL, [run(false)])).toEqual(['accepted'])
    for (const result of [0, 'false', null, [], {}]) {
      const [code, line, column, message] = await outcome(POLL, [LOST, run(result)])
      expect([code, line, column]).toEqual(['not-of-the-model', 2, 38])
      expect(message).toBe(`result is ${JSON.stringify(result)}, which KVM_RUN never returns, expected false`)
    }
    const lines = [JSON.stringify({ action: 'vmentry', thread: 'vcpu0', result: 1 })]
    expect((await outcome(POLL, lines))[3]).toMatch(/^result is 1, which vmentry never returns, expected none/)
  })

  it('that only another design’s step returns is a finding', async () => {
    const [action, result, name] = foreignResult()
    const [verdict, line] = await outcome(name, [LOST, JSON.stringify({ action, result: JSON.parse(result) as Json })])
    expect([verdict, line]).toEqual(['rejected', 2])
  })
})

/** A result that a step has in one design and not in another, and a model of the other. */
const foreignResult = (): readonly [action: string, result: string, name: string] => {
  const names = ['posted.sc', 'clear-recheck.sc', 'mode-polling.sc', 'halted-userspace.sc', 'poll-state.sc']
  const all = names.map((design) => {
    const { kernel } = validatorOf(`poll-kick/${design}`)
    const returns = new Returns(kernel)
    return new Map(kernel.actions.map((action, i) => [action, returns.of(i)]))
  })
  for (const one of all) {
    for (const [i, other] of all.entries()) {
      for (const [action, results] of one) {
        const result = [...results].find((text) => other.get(action)?.has(text) === false)
        if (result !== undefined) return [action, result, `poll-kick/${names[i] ?? ''}`]
      }
    }
  }
  throw new Error('all designs return the same')
}

describe('0 and 1 of C', () => {
  const marker = (text: string): string => ` qemu-2100 [002] ..... 1234.567915: bprint: f: lockstep: ${text}`
  const KICKED = 'kvm_vcpu_kick_kicked thread=source1'

  it('are false and true in a marker', async () => {
    const unlogged = 'any'
    for (const said of [`${KICKED} result=0`, `${KICKED} result=1`, 'state.kicked=1', 'state.kicked=0']) {
      expect(await outcome(POLL, [marker(said)], { unlogged })).toEqual(['accepted'])
    }
    for (const said of [`state.registered='{"3":1}'`, 'state.registered[3]=0', 'state.ipi=[1]']) {
      expect(await outcome(POLL, [marker(said)], { unlogged })).toEqual(['accepted'])
    }
    // and mean what false and true mean
    expect((await outcome(POLL, [marker('KVM_RUN thread=vcpu0 result=1')]))[2]).toBe(
      'KVM_RUN returns false here, not true',
    )
    const [, , why] = await outcome(POLL, [marker('state.kicked=1')])
    expect(why).toBe('the state is another: kicked')
  })

  it('are themselves where the values are numbers', async () => {
    const name = 'flush-inhibit/posted.sc'
    const lines = (result: number): string[] => [LOST, JSON.stringify({ action: 'set_tlb_flush_inhibit_read', result })]
    expect(await outcome(name, [marker('set_tlb_flush_inhibit_read result=1')], { unlogged: 'any' })).toEqual(
      await outcome(name, lines(1)),
    )
  })

  it('are false and true in what a map makes of a tracepoint', async () => {
    const map = parseMap(
      JSON.stringify({
        version: 1,
        tracepoints: [
          { tracepoint: 'kick', payload: '(?<k>\\d)', state: { kicked: '${k}' } },
          { tracepoint: 'pending', action: 'kvm_request_pending', thread: 'vcpu0', result: 1 },
        ],
      }),
      'map.json',
    )
    const lines = [' a-1 [001] 1.5: kick: 1', ' a-1 [001] 1.6: pending: x']
    expect(await outcome(POLL, lines, { map, unlogged: 'any' })).toEqual(['accepted'])
  })

  it('are bad input in NDJSON, and so is 2 in a marker', async () => {
    expect(await outcome(POLL, ['{"state":{"kicked":1}}'])).toMatchObject([
      'not-of-the-model',
      1,
      11,
      'state.kicked is 1, expected BOOLEAN',
    ])
    expect((await outcome(POLL, [marker('state.kicked=2')]))[3]).toBe('state.kicked is 2, expected BOOLEAN')
    expect((await outcome(POLL, [marker(`${KICKED} result=2`)]))[3]).toMatch(/^result is 2, which .* false, true$/)
  })
})

describe('an event that says nothing', () => {
  it.each(['{"state":{}}', '{"state":{"pc":[]}}', '{"state":{"pc":{}}}', '{"thread":"vcpu0","state":{}}', '{}'])(
    'is refused: %s',
    async (text) => {
      const [code, line, , message] = await outcome(POLL, [text])
      expect([code, line, message]).toEqual(['bad-log', 1, 'the event says nothing: it has neither action nor state'])
    },
  )

  it('is refused as bytes too, after states that were learnt', async () => {
    const { kernel } = validatorOf(POLL)
    expect(kernel.actions).toContain('vmentry')
    const lines = [
      '{"lost":1}',
      '{"state":{"kicked":false}}',
      '{"state":{"kicked":true}}',
      '{"action":"commit","state":{}}',
    ]
    const head = { firstLine: 1, lines: ['{"lockstep":"log","version":1,"unlogged":"any"}'] }
    const bytes = Buffer.from([...lines, '{"state":{}}'].join('\n'))
    await expect(
      validatorOf(POLL).validate([head, { firstLine: 2, lines: [], bytes }], { file: 'log' }),
    ).rejects.toMatchObject({ problem: { line: 6, message: /says nothing/ } })
  })

  it('with an action says that, whatever its state', async () => {
    const text = '{"action":"KVM_RUN","thread":"vcpu0","state":{}}'
    expect(await outcome(POLL, [text])).toEqual(['accepted'])
  })
})

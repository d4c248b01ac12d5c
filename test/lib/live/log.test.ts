/** Logs of live rounds: the validator accepts what the hardware did where the model can do it, and nothing else. */

import { describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'
import { Fields } from '../../../impl/lib/validate/json-codec.ts'
import type { Lane, LoggedStep, Observation } from '../../../impl/lib/live/log.ts'
import { cellName, roundLog, roundText, stepsOf } from '../../../impl/lib/live/log.ts'
import { liveThread } from '../../../impl/lib/live/program.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import type { LogOptions } from '../../../impl/lib/validate/validator.ts'
import type { Validator } from '../../../impl/lib/validate/validator.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { SCENARIOS, loadModels, project } from '../../project.ts'

/** A machine without store buffers. */
const kernelOf = (model: string) => {
  const { cfg, ...rest } = oneModel(loadModels(), model)
  return assemble(compile(machineOf({ cfg, ...rest }, new Map(cfg.constants).set('Memory', tla.str('SC')))))
}

/** Steps as `label = result`, as a round is printed. */
const steps = (...texts: readonly string[]): LoggedStep[] =>
  texts.map((text) => {
    const [label = '', result = 'undefined'] = text.split(' = ')
    return { label, result }
  })

/** What a round left in memory; what is not named is as it was in the beginning. */
const finalOf = (model: string, changed: Readonly<Record<string, number>>, history: readonly string[]) => {
  const { machine } = kernelOf(model).compiled
  return machine.shared.cells.map(({ variable, initial }, i) =>
    history.includes(variable) ? undefined : (changed[cellName(machine, i)] ?? initial),
  )
}

const HISTORY = ['since_clear', 'since_entry', 'stale', 'unkicked']

/** A round that a machine of two cores has done, when the barrier was not there. */
const vcpu = steps(
  'KVM_RUN = false',
  'kvm_request_pending = false',
  'vcpu_enter_guest_mode_in_guest',
  'vcpu_enter_guest_smp_mb',
  'kvm_vcpu_exit_request_mode = "IN_GUEST_MODE"',
  'kvm_vcpu_exit_request_requests = false',
  'vcpu_enter_guest_clear_kicked',
  'vcpu_enter_guest_recheck = false',
  'vmentry',
  'vmexit = "hypercall"',
  'vcpu_enter_guest_mode_outside',
)
const source = steps(
  'kvm_make_request = false',
  'rcuwait_wake_up_smp_mb',
  'rcuwait_wake_up = false',
  'kvm_vcpu_kick_mode = "IN_GUEST_MODE"',
  'smp_send_reschedule = false',
  'kvm_vcpu_kick_kicked = false',
  'wake_up_lock',
  'wake_up_first = []',
  'wake_up_unlock',
)
const poller = steps(
  'poll_initwait',
  'poll_wait_lock',
  'poll_wait_add',
  'poll_wait_unlock',
  'kvm_vcpu_poll_smp_mb',
  'kvm_vcpu_poll_read_kicked = false',
)

const lanesBy =
  (...names: readonly string[]) =>
  (...logs: readonly (readonly LoggedStep[])[]): Lane[] =>
    logs.map((own, i) => ({ name: names[i] ?? '', steps: own, after: i >= 2 }))

const lanesOf = lanesBy('vcpu0', 'source1', 'poller3')

const MODEL = 'poll-kick/clear-recheck-no-mb.tso'
const lost: Observation = {
  lanes: lanesOf(vcpu, source, poller),
  final: finalOf(MODEL, { 'requests[0]': 1, wqh: 1 }, HISTORY),
}

const linesOf = (model: string, seen: Observation): string[] => {
  const kernel = kernelOf(model)
  return roundLog({ kernel, fields: new Fields(kernel) }, seen, model)
}

const validators = new Map<string, Validator>()
const validatorOf = (model: string): Validator => {
  const known = validators.get(model) ?? logValidator(oneModel(loadModels(), model), project)
  validators.set(model, known)
  return known
}

/** `lockstep validate MODEL` of the round's log; the log is of `of`. */
const validate = (model: string, seen: Observation, options: Partial<LogOptions> = {}, of = model) =>
  validatorOf(model).validate([{ firstLine: 1, lines: linesOf(of, seen) }], {
    file: 'round',
    ...options,
  })

const verdict = async (...args: Parameters<typeof validate>): Promise<string> => (await validate(...args)).verdict

describe('the log of a round', () => {
  it('has phases: the threads have met before the poller starts, and after it', () => {
    const lines = linesOf(MODEL, lost)
    const events = lines.slice(1).map((line) => JSON.parse(line) as { lane: string; time: number; seq: number })
    const phases = [...new Set(events.map(({ lane, time }) => `${time} ${lane}`))]
    expect(phases).toEqual(['0 vcpu0', '0 source1', '1 memory', '2 poller3', '3 memory'])
    expect(JSON.parse(lines[0] ?? '')).toEqual({ lockstep: 'log', version: 1, model: MODEL, order: 'interval' })
    expect(lines.at(-1)).toContain('"requests":{"0":true}')
    // what no C code has is in no memory
    for (const name of HISTORY) expect(lines.at(-1)).not.toContain(name)
  })

  it('of a lost event is explained under TSO, and not under SC', async () => {
    expect(await verdict(MODEL, lost)).toBe('accepted')
    expect(await verdict(MODEL, lost, { order: 'per-cpu' })).toBe('accepted')
    const sc = await validate('poll-kick/clear-recheck-no-mb.sc', lost, {}, MODEL)
    expect([sc.verdict, sc.divergence?.line]).toEqual(['rejected', 28])
    expect(await verdict('poll-kick/clear-recheck-no-mb.sc', lost, { order: 'per-cpu' }, MODEL)).toBe('rejected')
  })

  it('is not explained by the design that has the barrier, wherever that takes it', async () => {
    const unlogged = ['vcpu_enter_guest_clear_smp_mb']
    const { verdict: found, divergence } = await validate('poll-kick/clear-recheck.tso', lost, { unlogged }, MODEL)
    expect(found).toBe('rejected')
    expect(divergence).toMatchObject({ line: 28, event: { action: 'kvm_vcpu_poll_read_kicked', result: false } })
    expect(divergence?.candidates[0]?.why).toBe('kvm_vcpu_poll_read_kicked returns true here, not false')
    const options = { unlogged, order: 'per-cpu' } as const
    expect(await verdict('poll-kick/clear-recheck.tso', lost, options, MODEL)).toBe('rejected')
  })

  it('is not explained with the barrier in it', async () => {
    const withBarrier = vcpu.flatMap((step) =>
      step.label === 'vcpu_enter_guest_clear_kicked' ? [step, ...steps('vcpu_enter_guest_clear_smp_mb')] : [step],
    )
    const seen = { ...lost, lanes: lanesOf(withBarrier, source, poller) }
    expect(await verdict('poll-kick/clear-recheck.tso', seen)).toBe('rejected')
  })

  it('of the waker without the lock is explained without the barrier only', async () => {
    const model = 'poll-kick/lockless-waker-no-mb.tso'
    const poll = poller.filter(({ label }) => label !== 'kvm_vcpu_poll_smp_mb')
    const wake = [
      ...source.slice(0, 3),
      ...steps('kvm_vcpu_kick_mode = "OUTSIDE_GUEST_MODE"', 'kvm_vcpu_kick_kicked = false', 'waitqueue_active = []'),
    ]
    const seen: Observation = {
      lanes: [
        { name: 'poller3', steps: poll, after: false },
        { name: 'source1', steps: wake, after: false },
      ],
      final: finalOf(model, { 'requests[0]': 1, kicked: 1, wqh: 1 }, HISTORY),
    }
    expect(await verdict(model, seen)).toBe('accepted')
    // where, depends on which thread is believed
    const options = { unlogged: ['kvm_vcpu_poll_smp_mb'], order: 'per-cpu' } as const
    expect(await verdict('poll-kick/lockless-waker.tso', seen, options, model)).toBe('rejected')
  })

  it('is refused with another result, and the diagnosis says where', async () => {
    const mutated = source.map((step) => (step.label === 'rcuwait_wake_up' ? { ...step, result: 'true' } : step))
    const result = await validate(MODEL, { ...lost, lanes: lanesOf(vcpu, mutated, poller) })
    expect(result).toMatchObject({ verdict: 'rejected', explained: 13, divergence: { line: 15 } })
  })

  it('is refused with another memory in the end', async () => {
    const seen = { ...lost, final: finalOf(MODEL, { 'requests[0]': 1, wqh: 1, kicked: 1 }, HISTORY) }
    expect(await validate(MODEL, seen)).toMatchObject({ verdict: 'rejected', explained: 27, divergence: { line: 29 } })
  })

  it('holds what ran after the race to have seen all of it', async () => {
    const found = poller.map((step) => (step.label.endsWith('read_kicked') ? { ...step, result: 'true' } : step))
    const final = finalOf(MODEL, { 'requests[0]': 1, wqh: 1 }, HISTORY)
    const during = lanesOf(vcpu, source, found).map((lane) => ({ ...lane, after: false }))
    // the poller can find kicked set while the vCPU's store is on its way, but not after that
    expect(await verdict(MODEL, { lanes: during, final })).toBe('accepted')
    expect(await verdict(MODEL, { lanes: lanesOf(vcpu, source, found), final })).toBe('rejected')
  })

  it('knows store buffering', async () => {
    const both = steps('store', 'load = 0')
    const litmusLanes = lanesBy('P0', 'P1')
    const final = finalOf('litmus/sb.tso', { 'mem["x"]': 1, 'mem["y"]': 1 }, [])
    expect(await verdict('litmus/sb.tso', { lanes: litmusLanes(both, both), final })).toBe('accepted')
    expect(await verdict('litmus/sb.sc', { lanes: litmusLanes(both, both), final }, {}, 'litmus/sb.tso')).toBe(
      'rejected',
    )
    const fenced = steps('store', 'smp_mb', 'load = 0')
    expect(await verdict('litmus/sb+mbs.tso', { lanes: litmusLanes(fenced, fenced), final })).toBe('rejected')
  })
})

describe('the steps of a thread', () => {
  const scenario = SCENARIOS.map(({ scenario: own }) => own).find(({ designs }) =>
    designs.some(({ design }) => design === 'clear-recheck-no-mb'),
  )
  if (scenario === undefined) throw new RangeError('no scenario')
  const { compiled } = kernelOf(MODEL)
  const thread = liveThread(compiled, scenario, 'source1')

  it('has an entry for each result that the program does not know by itself', () => {
    expect(stepsOf(thread, [1, 1, 2, 1, 1, 1], 0)).toEqual(source)
  })

  it('is refused where it ends early, or leads elsewhere', () => {
    expect(() => stepsOf(thread, [1, 1, 2], 0)).toThrow('ends early')
    expect(() => stepsOf(thread, [1, 1, 2, 1, 1, 1], 5)).toThrow('another place')
  })

  it('prints as lanes', () => {
    const text = roundText(compiled, lost)
    expect(text.every((line) => line.length <= 75)).toBe(true)
    expect(text.at(-1)).toBe('  memory   requests[0] = TRUE, wqh = {3}')
  })
})

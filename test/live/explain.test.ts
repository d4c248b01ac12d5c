/** The judge: it accepts what the hardware did where the model can do it, and nothing else. */

import { describe, expect, it } from 'vitest'
import { assemble, compile } from '../../impl/lib/compile.ts'
import { tla } from '../../impl/lib/trace/value.ts'
import type { Explanation, Lane, Observation } from '../../impl/live/explain.ts'
import { Explainer } from '../../impl/live/explain.ts'
import type { LoggedStep } from '../../impl/live/log.ts'
import { cellName, stepsOf } from '../../impl/live/log.ts'
import { liveThread } from '../../impl/live/program.ts'
import { longestText, roundText } from '../../impl/live/report.ts'
import { SCENARIOS } from '../../impl/live/scenarios.ts'
import { loadModels, machineOf, oneModel } from '../../scripts/lib/project.ts'

const kernelOf = (model: string, memory: 'SC' | 'TSO') => {
  const { cfg, ...rest } = oneModel(loadModels(), model)
  const constants = new Map(cfg.constants).set('Memory', tla.str(memory)).set('StoreBufferSlots', tla.int(4))
  return assemble(compile(machineOf({ cfg, ...rest }, constants)))
}

/** Steps as `label = result`, as a round is printed. */
const steps = (...texts: readonly string[]): LoggedStep[] =>
  texts.map((text) => {
    const [label = '', result = 'undefined'] = text.split(' = ')
    return { label, result }
  })

/** What a round left in memory; what is not named is as it was in the beginning. */
const finalOf = (model: string, changed: Readonly<Record<string, number>>, history: readonly string[]) => {
  const { machine } = kernelOf(model, 'SC').compiled
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

const lanesOf = (...logs: readonly (readonly LoggedStep[])[]): Lane[] =>
  logs.map((own, thread) => ({ thread, steps: own, after: thread >= 2 }))

const MODEL = 'poll-kick/clear-recheck-no-mb.tso'
const lost: Observation = {
  lanes: lanesOf(vcpu, source, poller),
  final: finalOf(MODEL, { 'requests[0]': 1, wqh: 1 }, HISTORY),
}

const explain = (model: string, memory: 'SC' | 'TSO', seen: Observation): Explanation =>
  new Explainer(kernelOf(model, memory)).explain(seen)

describe('the explainer', () => {
  it('explains a lost event under TSO, and not under SC', () => {
    expect(explain(MODEL, 'TSO', lost).explained).toBe(true)
    expect(explain(MODEL, 'SC', lost).explained).toBe(false)
  })

  it('does not explain it where the barrier is', () => {
    const withBarrier = vcpu.flatMap((step) =>
      step.label === 'vcpu_enter_guest_clear_kicked' ? [step, ...steps('vcpu_enter_guest_clear_smp_mb')] : [step],
    )
    const seen = { ...lost, lanes: lanesOf(withBarrier, source, poller) }
    expect(explain('poll-kick/clear-recheck.tso', 'TSO', seen).explained).toBe(false)
  })

  it('refuses a log with another result, and says how far the model goes', () => {
    const mutated = source.map((step) => (step.label === 'rcuwait_wake_up' ? { ...step, result: 'true' } : step))
    const seen = { ...lost, lanes: lanesOf(vcpu, mutated, poller) }
    const explanation = explain(MODEL, 'TSO', seen)
    expect(explanation).toMatchObject({ explained: false, longest: [11, 2, 0], finalDiffers: false })
    expect(longestText(kernelOf(MODEL, 'SC').compiled, seen, explanation)).toEqual([
      '  the model follows source1 through 2 steps, up to rcuwait_wake_up = true',
      '  the model follows poller3 through 0 steps, up to poll_initwait',
    ])
  })

  it('refuses another memory in the end', () => {
    const seen = { ...lost, final: finalOf(MODEL, { 'requests[0]': 1, wqh: 1, kicked: 1 }, HISTORY) }
    expect(explain(MODEL, 'TSO', seen)).toMatchObject({ explained: false, finalDiffers: true })
  })

  it('holds what ran after the race to have seen all of it', () => {
    const found = poller.map((step) => (step.label.endsWith('read_kicked') ? { ...step, result: 'true' } : step))
    const final = finalOf(MODEL, { 'requests[0]': 1, wqh: 1 }, HISTORY)
    const during = lanesOf(vcpu, source, found).map((lane) => ({ ...lane, after: false }))
    // the poller can find kicked set while the vCPU's store is on its way, but not after that
    expect(explain(MODEL, 'TSO', { lanes: during, final }).explained).toBe(true)
    expect(explain(MODEL, 'TSO', { lanes: lanesOf(vcpu, source, found), final }).explained).toBe(false)
  })

  it('knows store buffering', () => {
    const both = steps('store', 'load = 0')
    const final = finalOf('litmus/sb.tso', { 'mem["x"]': 1, 'mem["y"]': 1 }, [])
    expect(explain('litmus/sb.tso', 'TSO', { lanes: lanesOf(both, both), final }).explained).toBe(true)
    expect(explain('litmus/sb.tso', 'SC', { lanes: lanesOf(both, both), final }).explained).toBe(false)
    const fenced = steps('store', 'smp_mb', 'load = 0')
    expect(explain('litmus/sb+mbs.tso', 'TSO', { lanes: lanesOf(fenced, fenced), final }).explained).toBe(false)
  })
})

describe('a log', () => {
  const scenario = SCENARIOS.find(({ designs }) => designs.some(({ design }) => design === 'clear-recheck-no-mb'))
  if (scenario === undefined) throw new RangeError('no scenario')
  const { compiled } = kernelOf(MODEL, 'SC')
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

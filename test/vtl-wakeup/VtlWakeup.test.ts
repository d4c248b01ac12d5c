import { describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { printValue } from '../../impl/lib/kernel/language/print-value.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { protocolSuite, violatedWith } from '../suite.ts'
import { loadModels } from '../project.ts'

protocolSuite('vtl-wakeup', {
  actions: 72,
  scheduled: [
    'vtl-wakeup/posted.sc',
    'vtl-wakeup/posted.sc.reject',
    'vtl-wakeup/init-while-inactive.sc.ap',
    'vtl-wakeup/no-waker-mb.tso',
  ],
  // VTL0 is parked in userspace, never an inactive vCPU in KVM_RUN: no WAKEUP, and nothing from which to set it RUNNABLE. Where VTL0
  // may halt, events come for it only, so VTL1 stays inactive.
  silent: ['WakeupHasCauseInv[0]', 'InactiveNotNestedInv[0]', 'RunnableOnlyAloneInv[0]', 'HaltSurvivesInv[1]'],
})

const models = loadModels()

type State = ReadonlyMap<string, string>

interface Edge {
  readonly before: State
  readonly after: State
}

/** The edges of a model with one of some actions, with their states as TLA+ writes them. */
const edgesOf = (target: string, ...actions: readonly string[]): Edge[] => {
  const graph = explore(assemble(compile(machineOf(oneModel(models, target)))), { edges: true })
  const { kernel, states, edgeStart, edgeTarget, edgeStep } = graph
  const view = new View(kernel)
  const decode = (s: number): State =>
    new Map([...view.decode(states, s * kernel.layout.words)].map(([name, value]) => [name, printValue(value)]))
  const edges: Edge[] = []
  for (let s = 0; s < graph.count; s++) {
    for (let e = edgeStart?.[s] ?? 0; e < (edgeStart?.[s + 1] ?? 0); e++) {
      const action = kernel.actions[kernel.steps[edgeStep?.[e] ?? 0]?.action ?? -1] ?? ''
      if (actions.includes(action)) edges.push({ before: decode(s), after: decode(edgeTarget?.[e] ?? 0) })
    }
  }
  return edges
}

const changed = ({ before, after }: Edge): string[] =>
  [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name)

const becomes = (edge: Edge, variable: string, value: string): boolean =>
  changed(edge).includes(variable) && edge.after.get(variable)?.includes(value) === true

const valuesOf = (edges: readonly Edge[], variable: string): string[] =>
  [...new Set(edges.map(({ before }) => /"(\w+)"/.exec(before.get(variable) ?? '')?.[1] ?? ''))].sort()

describe('vtl-wakeup', () => {
  it('KVM_SET_MP_STATE refuses what it must, with -EINVAL and nothing else changed', () => {
    const refused = (target: string): Edge[] =>
      edgesOf(target, 'kvm_arch_vcpu_ioctl_set_mpstate').filter((edge) => becomes(edge, 'call_errno', 'EINVAL'))
    const blocked = refused('vtl-wakeup/posted.sc.reject')
    expect(valuesOf(blocked, 'call')).toEqual(['INIT_RECEIVED', 'unknown'])
    const withoutVsm = refused('vtl-wakeup/posted.sc.no-vsm')
    expect(valuesOf(withoutVsm, 'call')).toEqual(['HALTED', 'HV_INACTIVE_VTL', 'INIT_RECEIVED'])
    const withoutLapic = refused('vtl-wakeup/if-from-userspace.sc.no-lapic')
    expect(valuesOf(withoutLapic, 'call')).toEqual(['HALTED', 'INIT_RECEIVED'])
    expect(refused('vtl-wakeup/posted.sc.calls')).toEqual([])
    for (const edge of [...blocked, ...withoutVsm, ...withoutLapic])
      expect(changed(edge).sort()).toEqual(['call_errno', 'pc'])
  })

  it.each(['vtl-wakeup/posted.sc.no-vsm', 'vtl-wakeup/nested-after-set.sc'])(
    '%s: HV_INACTIVE_VTL is refused without VSM and in guest mode',
    (target) => {
      const edges = edgesOf(target, 'kvm_arch_vcpu_ioctl_set_mpstate').filter((edge) =>
        becomes(edge, 'errno', 'EINVAL'),
      )
      expect(edges.length).toBeGreaterThan(0)
      for (const edge of edges) {
        expect(changed(edge).sort()).toEqual(['errno', 'pc'])
        expect(edge.after.get('arg')).toContain('INACTIVE')
      }
    },
  )

  it.runIf(isCI)(
    'an ioctl that is killed while it waits for vcpu->mutex returns -EINTR and changes nothing (needs CI)',
    () => {
      const killed = edgesOf('vtl-wakeup/posted.sc.reject', 'kvm_vcpu_ioctl').filter((edge) =>
        becomes(edge, 'call_errno', 'EINTR'),
      )
      expect(killed.length).toBeGreaterThan(0)
      for (const edge of killed) {
        expect(changed(edge).sort()).toEqual(['call_errno', 'pc'])
        expect(edge.before.get('mutex')).not.toContain('free')
      }
    },
  )

  it.runIf(isCI)(
    'on the waker’s side one full barrier is enough: the smp_mb() or a locked set_bit() (needs CI)',
    () => {
      const model = oneModel(models, 'vtl-wakeup/no-waker-mb.tso')
      expect(violatedWith(model, { WakeUpMb: tla.bool(true) })).toEqual([])
      expect(violatedWith(model, { RequestIsMb: tla.bool(true) })).toEqual([])
      expect(violatedWith(model, {})).toEqual(['InterruptTakenProp', 'WakeupReportedProp'])
    },
  )
})

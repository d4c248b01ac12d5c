import { describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { checkLeadsTo } from '../../impl/lib/kernel/explore/liveness.ts'
import type { Machine } from '../../impl/lib/kernel/language/machine.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { expectedCells, protocolSuite, violatedWith } from '../suite.ts'
import { loadModels } from '../project.ts'

protocolSuite('poll-kick', {
  actions: 50,
  scheduled: [
    'poll-kick/posted.sc',
    'poll-kick/early-return.sc',
    'poll-kick/self-kick-sets.sc',
    'poll-kick/mode-polling.sc',
    'poll-kick/lockless-waker-no-mb.tso',
  ],
})

const graphOf = (name: string): Graph =>
  explore(assemble(compile(machineOf(oneModel(loadModels(), `poll-kick/${name}`)))), { edges: true })

/** Temporal properties that are violated in a graph, once the machine's properties or fairness are others. */
const violatedOnceChanged = (graph: Graph, change: (machine: Machine) => Partial<Machine>): string[] => {
  const { kernel } = graph
  const { machine } = kernel.compiled
  const changed = { ...machine, ...change(machine) }
  const other = { ...graph, kernel: { ...kernel, compiled: { ...kernel.compiled, machine: changed } } }
  return changed.liveness.filter((p) => checkLeadsTo(other, p) !== undefined).map(({ name }) => name)
}

describe('poll-kick', () => {
  it.runIf(isCI)('an IPI that comes before any other exit changes no verdict (needs CI)', { timeout: 120_000 }, () => {
    for (const model of loadModels().filter(
      (m) => m.protocol.name === 'poll-kick' && m.memory === 'sc' && m.tags.includes('fast'),
    ))
      expect([model.name, violatedWith(model, { IpiMayLag: tla.bool(false) })]).toEqual([
        model.name,
        expectedCells(model),
      ])
  })
  it.runIf(isCI)(
    'each part of the repair that holds in every world is needed, as its README says (needs CI)',
    { timeout: 300_000 },
    () => {
      const lost = (memory: 'sc' | 'tso', toggle: string): number | undefined => {
        const model = oneModel(loadModels(), `poll-kick/every-kick-sets.${memory}`)
        const machine = machineOf(model, new Map(model.cfg.constants).set(toggle, tla.bool(false)))
        return explore(assemble(compile(machine))).violations.get('NoLostEventInv')?.depth
      }
      const parts = [
        'RestoreOnCancel',
        'WakeUpSets',
        'SelfKickSets',
        'RegisterBeforeCheck',
        'ClearBeforeCheck',
        'EntryMb',
      ]
      expect(parts.map((toggle) => lost('sc', toggle))).toEqual([25, 26, 18, 14, undefined, undefined])
      expect(['ClearBeforeCheck', 'EntryMb', 'BlockMb'].map((toggle) => lost('tso', toggle))).toEqual([33, 30, 24])
      const spare = ['PollMb', 'WakerTakesLock', 'WakeUpMb', 'RequestIsMb', 'FailedCmpxchgIsMb']
      expect(spare.map((toggle) => lost('tso', toggle))).toEqual(spare.map(() => undefined))
    },
  )
  it('the barrier of a thread that is about to block is needed under TSO, and only there', () => {
    const without = (name: string): string[] => violatedWith(oneModel(loadModels(), name), { BlockMb: tla.bool(false) })
    expect(without('poll-kick/halted-userspace.sc')).toEqual([])
    expect(without('poll-kick/halted-userspace.tso')).toEqual(['EventReportedProp', 'EventTakenProp', 'NoLostEventInv'])
  })
  it('whoever waits for the queue’s lock needs it to be queued: the vCPU’s thread, event sources and pollers', () => {
    const unqueued = (name: string, kind: string): string[] =>
      violatedOnceChanged(graphOf(name), ({ fairness }) => ({
        fairness: fairness.map((f) => (f.thread[0] === kind ? { thread: f.thread, labels: f.labels } : f)),
      }))
    expect(unqueued('clear-recheck.sc', 'vcpu')).toEqual(['EventTakenProp'])
    // the poller that comes and goes is told, the one that sleeps is not
    expect(unqueued('posted-parked.sc', 'source')).toEqual(['AllPollersWokenProp', 'PollReturnsProp'])
    expect(unqueued('posted-parked.sc', 'poller')).toEqual(['PollReturnsProp'])
  })
  it('a stream of events that never ends can keep one that was taken out of the guest, and nothing else can', () => {
    const graph = graphOf('clear-recheck.sc')
    expect(violatedOnceChanged(graph, () => ({}))).toEqual([])
    const unconditional = violatedOnceChanged(graph, ({ liveness }) => ({
      liveness: liveness.map(({ name, instances }) => ({
        name,
        instances: instances.map(({ name: instance, from, to }) => ({ name: instance, from, to })),
      })),
    }))
    expect(unconditional).toEqual(['EventTakenProp'])
  })
})

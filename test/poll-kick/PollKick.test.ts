import { describe, expect, it } from 'vitest'
import { assemble, compile } from '../../impl/lib/compile.ts'
import { explore } from '../../impl/lib/explore.ts'
import { tla } from '../../impl/lib/trace/value.ts'
import { loadModels, machineOf, oneModel } from '../../scripts/lib/project.ts'
import { expectedCells, protocolSuite, violatedWith } from '../suite.ts'

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

describe('poll-kick', () => {
  it('an IPI that comes before any other exit changes no verdict', { timeout: 120_000 }, () => {
    for (const model of loadModels().filter(
      (m) => m.protocol.name === 'poll-kick' && m.memory === 'sc' && m.tags.includes('fast'),
    ))
      expect([model.name, violatedWith(model, { IpiMayLag: tla.bool(false) })]).toEqual([
        model.name,
        expectedCells(model),
      ])
  })
  it('each part of the repair that holds in every world is needed, as its README says', { timeout: 300_000 }, () => {
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
  })
  it('the barrier of a thread that is about to block is needed under TSO, and only there', () => {
    const without = (name: string): string[] => violatedWith(oneModel(loadModels(), name), { BlockMb: tla.bool(false) })
    expect(without('poll-kick/halted-userspace.sc')).toEqual([])
    expect(without('poll-kick/halted-userspace.tso')).toEqual(['EventReportedProp', 'NoLostEventInv'])
  })
})

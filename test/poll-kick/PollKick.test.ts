import { describe, expect, it } from 'vitest'
import { tla } from '../../impl/lib/trace/value.ts'
import { loadModels, oneModel } from '../../scripts/lib/project.ts'
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
  it('the barrier of a thread that is about to block is needed under TSO, and only there', () => {
    const without = (name: string): string[] => violatedWith(oneModel(loadModels(), name), { BlockMb: tla.bool(false) })
    expect(without('poll-kick/halted-userspace.sc')).toEqual([])
    expect(without('poll-kick/halted-userspace.tso')).toEqual(['EventReportedProp', 'NoLostEventInv'])
  })
})

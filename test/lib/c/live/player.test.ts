/** What is played is what the machine does: in any order of the steps, with the same results and the same memory in the end. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf, TAKEN } from '../../../../impl/lib/c/live/code.ts'
import { RoundJudge } from '../../../../impl/lib/c/live/judge.ts'
import { RecordReader, RoundLogs } from '../../../../impl/lib/c/live/record.ts'
import { NO_WAY } from '../../../../impl/lib/c/live/rounds.ts'
import { witnessOf } from '../../../../impl/lib/c/live/witness.ts'
import type { Schedule } from './playing.ts'
import { example, played, staged } from './playing.ts'

/** Small ones, with every way of taking a step among them. */
const EXAMPLES = [
  'dekker',
  'sleep-wake',
  'wait-event',
  'seqlock',
  'ticket-lock',
  'mcs-lock',
  'rcu-list',
  'workqueue-flush',
]

const schedules: fc.Arbitrary<Schedule> = fc.array(
  fc.record({ thread: fc.nat(5), steps: fc.integer({ min: 1, max: 6 }) }),
  { maxLength: 24 },
)

describe.each(EXAMPLES)('%s', (name) => {
  it('goes as the machine does, whoever goes on', async () => {
    const stage = await staged(example(name))
    fc.assert(
      fc.property(schedules, fc.nat(), (schedule, seed) => {
        expect(witnessOf(stage.kernel, played(stage, schedule, seed))).toBeDefined()
      }),
      { numRuns: 60 },
    )
  })
})

/** An outcome is `[entry, next, stores, (cell, value)...]`: each store puts another value there. */
const breakStores = (code: Int32Array): void => {
  code.forEach((word, leaf) => {
    const outcome = code[leaf + 2] ?? -1
    if (word === TAKEN && code[outcome + 2] === 1) code[outcome + 4] = code[outcome + 4] === 0 ? 1 : 0
  })
}

describe('what is not so is noticed', () => {
  /** Every thread goes on for a while, one after the other. */
  const inTurn: Schedule = Array.from({ length: 12 }, (_, i) => ({ thread: i, steps: 20 }))

  it('a store that puts another value than the program', async () => {
    const stage = await staged(example('ticket-lock'))
    const codes = codeOf(stage.plan)
    for (const { code } of codes) breakStores(code)
    expect(witnessOf(stage.kernel, played(stage, inTurn, 1, codes))).toBeUndefined()
    expect(witnessOf(stage.kernel, played(stage, inTurn, 1))).toBeDefined()
  })

  it('memory that holds something else in the end', async () => {
    const stage = await staged(example('dekker'))
    const round = played(stage, inTurn, 1)
    const cell = stage.plan.compiled.machine.shared.cells.findIndex(({ inC }) => inC === 'turn')
    const cells = round.cells.with(cell, 1 - (round.cells[cell] ?? 0))
    expect(witnessOf(stage.kernel, { ...round, cells })).toBeUndefined()
  })

  it('a step with values with which the model never comes there', async () => {
    const { plan } = await staged(example('dekker'))
    const { cells } = plan.compiled.machine.shared
    const finals = Uint16Array.from([...cells.map(({ initial }) => initial), 0, 0])
    const round = new RecordReader(plan).round([Uint16Array.from([1, 1, 1, NO_WAY, 0])], finals)
    expect(round.unknown).toBe('want_L21')
  })
})

describe('what a round has ended in', () => {
  const lost: Schedule = [
    { thread: 0, steps: 1 },
    { thread: 1, steps: 9 },
    { thread: 0, steps: 9 },
  ]

  it('is a lost wake-up where nothing can wake the sleeper any more, and not before', async () => {
    const stage = await staged(example('sleep-wake'), { CHECK_FIRST: '1' })
    const judge = new RoundJudge(stage.plan, stage.kernel)
    expect(judge.broken(played(stage, lost, 1))).toEqual(['LostWakeup'])
    expect(judge.broken(played(stage, [{ thread: 0, steps: 9 }], 1))).toEqual([])
    expect(judge.left).toEqual(['DataRace'])
  })

  it.each([
    ['x', []],
    ['y', ['WaitsForEver']],
  ])('of who waits for x, while %s can still be set, is %j', async (variable, broken) => {
    const stage = await staged(
      `#include <lockstep.h>
       static int x, y;
       LOCKSTEP_THREAD(waits) { lockstep_await(x == 1); }
       LOCKSTEP_THREAD(sets) { LOCKSTEP_ATOMIC { ${variable} = 1; } y = 2; }`,
    )
    const judge = new RoundJudge(stage.plan, stage.kernel)
    expect(judge.broken(played(stage, [{ thread: 0, steps: 3 }], 1))).toEqual([])
    const all = [{ thread: 1, steps: 3 }]
    expect(judge.broken(played(stage, all, 1))).toEqual(broken)
  })

  it('is what can come no more', async () => {
    const stage = await staged(example('ticket-lock'), { NON_ATOMIC: '1' })
    const judge = new RoundJudge(stage.plan, stage.kernel)
    const inTurn: Schedule = [
      { thread: 0, steps: 1 },
      { thread: 1, steps: 1 },
      ...Array.from({ length: 40 }, (_, i) => ({ thread: i, steps: 1 })),
    ]
    expect(judge.broken(played(stage, inTurn, 1))).toEqual(['AllCounted'])
    expect(judge.broken(played(stage, inTurn.slice(0, 4), 1))).toEqual([])
  })

  it('is not judged by what looks at notes that are not in memory', async () => {
    const stage = await staged(example('poll-kick'))
    const judge = new RoundJudge(stage.plan, stage.kernel)
    expect(judge.judged).toContain('NoLostEventInv')
    expect(judge.left).toEqual(expect.arrayContaining(['ReadyMeansKickedInv', 'ReadyMeansPendingInv', 'DataRace']))
  })

  it('is logged with the parts as times, and with empty store buffers between them', async () => {
    const stage = await staged(example('sleep-wake'), { CHECK_FIRST: '1' })
    const lines = new RoundLogs(stage.kernel, 'x.c/tso')
      .of(played(stage, lost, 1))
      .map((line) => JSON.parse(line) as object)
    expect(lines[0]).toEqual({ lockstep: 'log', version: 1, model: 'x.c/tso', order: 'interval' })
    expect(lines[1]).toEqual({
      action: 'sleeper_L22',
      thread: 'sleeper0',
      result: 0,
      lane: 'sleeper0',
      seq: 0,
      time: 1,
    })
    expect(lines[2]).toMatchObject({ lane: 'memory', time: 2 })
    expect(lines.filter((line) => 'action' in line)).toHaveLength(4)
    expect(lines.at(-1)).toMatchObject({ state: { done: 1 }, lane: 'memory' })
  })
})

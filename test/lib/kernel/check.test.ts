/** The facade, as it is used from outside: machines of one's own, everything imported from the package's index. */

import { describe, expect, it } from 'vitest'
import type { CheckedMachine, CheckResult, MemoryModel, Thread, ThreadId } from '../../../impl/index.ts'
import {
  atomic,
  bool,
  check,
  ended,
  labelsOf,
  LockstepError,
  Memory,
  Observer,
  require,
  Shared,
  thread,
} from '../../../impl/index.ts'

const SLEEPER: ThreadId = ['cpu', 0]
const WAKER: ThreadId = ['cpu', 1]

interface Frame {
  pending: boolean
}

/**
 * Announces that it sleeps and looks for work once more; the other announces work and looks for a sleeper. With `barrier`
 * there is a full barrier between the two accesses of each, as there has to be.
 */
const wakeUp = (model: MemoryModel, barrier: boolean): CheckedMachine => {
  const shared = new Shared()
  const memory = new Memory(shared, model, 1, [SLEEPER, WAKER])
  const asleep = memory.scalar('asleep', bool, false)
  const work = memory.scalar('work', bool, false)
  const kicked = memory.scalar('kicked', bool, false)
  const sleeper: Thread = thread<Frame>({
    id: SLEEPER,
    frame: { pending: bool },
    initial: { pending: false },
    *program(f) {
      yield* asleep.store('announce', true)
      if (barrier) yield* memory.smp_mb('sleeper_mb')
      f.pending = yield* work.load('look')
      if (!f.pending) yield* kicked.waitThenStore('sleep', (kick) => kick, false)
      f.pending = false
      yield* ended('awake')
    },
  })
  const waker: Thread = thread<object>({
    id: WAKER,
    frame: {},
    initial: {},
    *program() {
      yield* work.store('post', true)
      if (barrier) yield* memory.smp_mb('waker_mb')
      if (yield* asleep.load('check_sleeper')) yield* kicked.xchg('kick', true)
      yield* ended('posted')
    },
  })
  const [s, w] = [new Observer<Frame>(shared, 0), new Observer<object>(shared, 1)]
  const mb = (label: string): string[] => (barrier ? [label] : [])
  const lost = (): boolean => s.at('sleep') && w.at('posted') && !kicked.peek()
  return {
    shared,
    threads: [sleeper, waker],
    environment: memory.commits(),
    invariants: [
      { name: 'NoLostWakeupInv', instances: [{ name: '', occurs: () => w.at('posted'), holds: () => !lost() }] },
    ],
    liveness: [{ name: 'AwakeProp', instances: [{ name: '', from: () => work.peek(), to: () => s.at('awake') }] }],
    fairness: [
      { thread: SLEEPER, labels: new Set(['announce', ...mb('sleeper_mb'), 'look', 'sleep']) },
      { thread: WAKER, labels: new Set(['post', ...mb('waker_mb'), 'check_sleeper', 'kick']) },
      { thread: SLEEPER, labels: new Set(['commit']) },
      { thread: WAKER, labels: new Set(['commit']) },
    ],
  }
}

const verdicts = ({ properties }: CheckResult): Record<string, string> =>
  Object.fromEntries(properties.map(({ name, verdict }) => [name, verdict]))

/** A machine of one thread and a flag. */
const single = (
  program: (flag: ReturnType<Memory['scalar']>) => ReturnType<Thread['program']>,
  properties: (flag: () => boolean) => Partial<CheckedMachine> = () => ({}),
): CheckedMachine => {
  const shared = new Shared()
  const flag = new Memory(shared, 'SC', 0, [SLEEPER]).scalar('flag', bool, false)
  const only = thread<object>({
    id: SLEEPER,
    frame: {},
    initial: {},
    program: () => program(flag as unknown as ReturnType<Memory['scalar']>),
  })
  return { shared, threads: [only], ...properties(() => flag.peek()) }
}

describe('check', () => {
  it('finds a lost wake-up, and tells the way to it in plain words', () => {
    const result = check(wakeUp('TSO', false))
    expect(result).toMatchObject({ ok: false, complete: true, deadlock: 'reached' })
    expect(verdicts(result)).toEqual({ NoLostWakeupInv: 'violated', AwakeProp: 'violated' })
    const { initial, steps, loop } = result.counterexample('NoLostWakeupInv') ?? { steps: [] }
    expect(initial).toMatchObject({ pc: { cpu0: 'announce', cpu1: 'post' }, asleep: false, pending: { 0: false } })
    expect(loop).toBeUndefined()
    // both look before the other's store is visible
    const labels = steps.map(({ thread: who, label }) => `${who} ${label}`)
    expect(labels.filter((step) => !step.endsWith('commit')).sort()).toEqual([
      'cpu0 announce',
      'cpu0 look',
      'cpu1 check_sleeper',
      'cpu1 post',
    ])
    expect(steps.find(({ label }) => label === 'look')?.what).toBe('work')
    expect(steps.at(-1)?.state).toMatchObject({ pc: { cpu0: 'sleep', cpu1: 'posted' }, kicked: false })
  })

  it('gives a liveness counterexample its loop', () => {
    const { steps, loop } = check(wakeUp('TSO', false)).counterexample('AwakeProp') ?? { steps: [] }
    // it sleeps for good: nothing happens after the last state
    expect(loop).toBe(steps.length)
    expect(steps.at(-1)?.state).toMatchObject({ pc: { cpu0: 'sleep', cpu1: 'posted' }, asleep: true, work: true })
  })

  it('gives one that goes round its cycle', () => {
    const machine = single(
      function* (flag) {
        for (;;) {
          yield* flag.store('raise', true)
          yield* flag.store('lower', false)
        }
      },
      (flag) => ({
        liveness: [{ name: 'StaysProp', instances: [{ name: '', from: flag, to: () => false }] }],
        fairness: [{ thread: SLEEPER, labels: new Set(['raise', 'lower']) }],
      }),
    )
    const { initial, steps, loop } = check(machine).counterexample('StaysProp') ?? { steps: [] }
    const states = [initial, ...steps.map(({ state }) => state)]
    expect(loop).toBeLessThan(steps.length)
    expect(states.at(-1)).toEqual(states[loop ?? -1])
  })

  it('passes the same design with barriers, and without them where stores are visible at once', () => {
    for (const machine of [wakeUp('TSO', true), wakeUp('PSO', true), wakeUp('SC', false)]) {
      const result = check(machine)
      expect(result).toMatchObject({ ok: true, complete: true, deadlock: 'none' })
      expect(verdicts(result)).toEqual({ NoLostWakeupInv: 'holds', AwakeProp: 'holds' })
      expect(result.counterexample('AwakeProp')).toBeUndefined()
    }
  })

  it('counts what it explored', () => {
    const machine = single(function* (flag) {
      yield* flag.store('raise', true)
      yield* flag.store('lower', false)
      yield* ended('done')
    })
    expect(check(machine)).toMatchObject({ states: 3, transitions: 2, depth: 3, deadlock: 'none', ok: true })
  })

  it('does not take a property that says nothing for one that holds', () => {
    const never = { name: '', occurs: (): boolean => false, holds: (): boolean => true }
    const result = check({
      ...wakeUp('SC', true),
      invariants: [{ name: 'SilentInv', instances: [never] }],
      liveness: [],
    })
    expect(result.properties).toEqual([{ name: 'SilentInv', kind: 'invariant', verdict: 'vacuous', vacuous: [''] }])
    expect(result.ok).toBe(false)
    const empty = check({ ...wakeUp('SC', true), invariants: [{ name: 'EmptyInv', instances: [] }], liveness: [] })
    expect(verdicts(empty)).toEqual({ EmptyInv: 'vacuous' })
  })

  it('names the instances that say nothing of a property that holds', () => {
    const machine = single(
      function* (flag) {
        yield* flag.store('raise', true)
        yield* ended('done')
      },
      (flag) => ({
        invariants: [
          {
            name: 'BothInv',
            instances: [
              { name: '.raised', occurs: flag, holds: () => true },
              { name: '.never', occurs: () => false, holds: () => true },
            ],
          },
        ],
      }),
    )
    expect(check(machine).properties).toMatchObject([{ verdict: 'holds', vacuous: ['.never'] }])
  })

  it('decides nothing that it did not explore, and keeps what it found', () => {
    const cut = check(wakeUp('TSO', true), { maxStates: 5 })
    expect(cut).toMatchObject({ ok: false, complete: false, states: 5, deadlock: 'incomplete' })
    expect(verdicts(cut)).toEqual({ NoLostWakeupInv: 'incomplete', AwakeProp: 'incomplete' })
    const { states } = check(wakeUp('TSO', false))
    const late = check(wakeUp('TSO', false), { maxStates: states - 1 })
    expect(verdicts(late)).toEqual({ NoLostWakeupInv: 'violated', AwakeProp: 'incomplete' })
  })

  it('decides nothing for which there was no time after the search', () => {
    // so small a search does not ask
    const late = check(wakeUp('TSO', false), { expired: () => true })
    expect(late).toMatchObject({ ok: false, complete: true, deadlock: 'reached' })
    expect(verdicts(late)).toEqual({ NoLostWakeupInv: 'violated', AwakeProp: 'incomplete' })
    const silent = check(wakeUp('TSO', true), { expired: () => true })
    expect(verdicts(silent)).toEqual({ NoLostWakeupInv: 'incomplete', AwakeProp: 'incomplete' })
  })

  it('finds a deadlock, and none where threads have ended', () => {
    const stuck = check(
      single(function* (flag) {
        yield* flag.store('raise', true)
        yield* atomic('wait', 'the flag', () => {
          require(flag.peek() === false, 'the flag is down')
        })
        yield* ended('done')
      }),
    )
    expect(stuck).toMatchObject({ deadlock: 'reached', ok: false, complete: true })
    expect(stuck.counterexample('Deadlock')?.steps.map(({ label }) => label)).toEqual(['raise'])
    expect(check(wakeUp('SC', true)).counterexample('Deadlock')).toBeUndefined()
  })

  const problem = (body: () => unknown): string => {
    try {
      body()
    } catch (error) {
      if (error instanceof LockstepError) return error.problem.code
      throw error
    }
    return 'accepted'
  }

  it('refuses what would be decided wrongly', () => {
    const without = { environment: [] }
    expect(problem(() => check({ ...wakeUp('TSO', true), ...without }))).toBe('no-commits')
    expect(problem(() => check({ ...wakeUp('SC', true), ...without }))).toBe('accepted')
    const overflow = single(function* (flag) {
      for (;;) yield* flag.update('change', () => 'neither true nor false')
    })
    expect(problem(() => check(overflow))).toBe('outside-domain')
    const holds = { name: 'OneInv', instances: [] }
    expect(problem(() => check({ ...wakeUp('SC', true), invariants: [holds, holds] }))).toBe('property-twice')
    expect(problem(() => check(wakeUp('SC', true)).counterexample('OtherInv'))).toBe('unknown-property')
  })

  describe('a label that no step has', () => {
    const asksFor = (label: string, of = 'sleeper'): CheckedMachine => {
      const machine = wakeUp('TSO', true)
      const at = (): boolean => new Observer(machine.shared, of === 'sleeper' ? 0 : 1).at(label)
      return {
        ...machine,
        invariants: [{ name: 'NeverInv', instances: [{ name: '', occurs: () => true, holds: () => !at() }] }],
      }
    }
    const refusal = (body: () => unknown): string[] => {
      try {
        body()
      } catch (error) {
        if (error instanceof LockstepError) return [error.problem.code, error.problem.message, error.problem.hint ?? '']
        throw error
      }
      return []
    }

    it('is refused where a property asks for it, with who asks, the wrong name and the near ones', () => {
      expect(refusal(() => check(asksFor('slep')))).toEqual([
        'unknown-name',
        'NeverInv asks for slep, and no thread of the kind cpu has a step of that name',
        'did you mean sleep? what only a machine with other toggles has goes into `knownLabels`',
      ])
      expect(refusal(() => check(asksFor('slep', 'waker')))[0]).toBe('unknown-name')
      expect(refusal(() => check(asksFor('sleep')))).toEqual([])
    })

    it('is refused where liveness or fairness asks for it, and where what is asked first decides already', () => {
      const machine = wakeUp('SC', true)
      const s = new Observer<Frame>(machine.shared, 0)
      const liveness = [{ name: 'OtherProp', instances: [{ name: '', from: () => false, to: () => s.at('awke') }] }]
      expect(refusal(() => check({ ...machine, liveness }))[1]).toMatch(/^OtherProp asks for awke, /)
      const fairness = [{ thread: WAKER, labels: new Set(['post', 'kickk']) }]
      expect(refusal(() => check({ ...machine, fairness }))[1]).toMatch(/^the fairness of cpu1 asks for kickk, /)
      // the right side of && is looked at where the left one may be true
      const holds = (): boolean => !(s.at('sleep') && s.at('awke'))
      const invariants = [{ name: 'BothInv', instances: [{ name: '', occurs: () => true, holds }] }]
      expect(refusal(() => check({ ...machine, invariants }))[1]).toMatch(/^BothInv asks for /)
    })

    it('is none where another machine of the protocol has it, and somebody says so', () => {
      const fairness = wakeUp('SC', true).fairness ?? []
      const without = { ...wakeUp('SC', false), fairness }
      expect(refusal(() => check(without))[1]).toMatch(/^the fairness of cpu0 asks for sleeper_mb, /)
      expect(check(without, { knownLabels: labelsOf(wakeUp('SC', true)) })).toMatchObject({ ok: true })
      expect(labelsOf(wakeUp('TSO', false))).toEqual(
        new Set(['announce', 'look', 'sleep', 'awake', 'post', 'check_sleeper', 'kick', 'posted', 'commit']),
      )
    })
  })
})

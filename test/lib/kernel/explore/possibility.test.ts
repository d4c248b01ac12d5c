/** What must stay possible: a thread that sleeps for ever, found without fairness, by the shortest way there. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CheckedMachine, CheckResult } from '../../../../impl/lib/kernel/check.ts'
import { check, completed } from '../../../../impl/lib/kernel/check.ts'
import { bool, int } from '../../../../impl/lib/kernel/language/domain.ts'
import type { Possibility } from '../../../../impl/lib/kernel/language/machine.ts'
import { Observer } from '../../../../impl/lib/kernel/language/machine.ts'
import type { Program } from '../../../../impl/lib/kernel/language/op.ts'
import { atomic, ended, require } from '../../../../impl/lib/kernel/language/op.ts'
import { Shared } from '../../../../impl/lib/kernel/language/shared.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { isLostIn, lostOf } from '../../../../impl/lib/kernel/explore/possibility.ts'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { reduce } from '../../../../impl/lib/kernel/machine/drop-idle-steps.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { problemOf } from '../../fixture.ts'
import { cpu } from './cpu.ts'

/** Wherever the thread is at `schedule`, it can still get on. */
const wakes = (sleeper: Observer<object>): Possibility => ({
  name: 'WakesPoss',
  instances: [{ name: '', from: () => sleeper.at('schedule'), to: () => sleeper.at('awake') }],
})

/** A sleeper, a waker that wakes nobody who is not asleep yet, and a thread that always has something to do. */
const sleepAndWake = (stateFirst: boolean, claims = wakes): CheckedMachine => {
  const shared = new Shared()
  const [flag, asleep, tick] = [
    shared.scalar('flag', bool, false),
    shared.scalar('asleep', bool, false),
    shared.scalar('tick', bool, false),
  ]
  const set = (): void => {
    asleep.set(true)
  }
  function* sleeper(): Program {
    if (stateFirst) yield* atomic('set_current_state', 'TASK_UNINTERRUPTIBLE', set)
    if (!(yield* atomic('look', 'flag', () => flag.get()))) {
      if (!stateFirst) yield* atomic('set_current_state', 'TASK_UNINTERRUPTIBLE', set)
      yield* atomic('schedule', 'schedule()', () => {
        require(!asleep.get(), 'somebody has woken it')
      })
    }
    yield* ended('awake')
  }
  function* waker(): Program {
    yield* atomic('raise', 'flag = true', () => {
      flag.set(true)
    })
    yield* atomic('wake_up', 'wake_up()', () => {
      asleep.set(false)
    })
    yield* ended('done')
  }
  function* clock(): Program {
    for (;;)
      yield* atomic('tick', 'jiffies', () => {
        tick.set(!tick.get())
      })
  }
  return {
    shared,
    threads: [cpu(0, sleeper), cpu(1, waker), cpu(2, clock)],
    possibilities: [claims(new Observer(shared, 0))],
  }
}

const verdict = ({ properties }: CheckResult) => properties.map(({ kind, verdict: v, vacuous }) => [kind, v, vacuous])

const labels = (result: CheckResult): readonly string[] | undefined =>
  result.counterexample('WakesPoss')?.steps.map(({ thread, label }) => `${thread} ${label}`)

describe('a possibility', () => {
  it('is violated where a thread sleeps for ever, by the shortest way there, although others go on for ever', () => {
    const result = check(sleepAndWake(false))
    expect(verdict(result)).toEqual([['possibility', 'violated', []]])
    expect([result.ok, result.complete, result.deadlock]).toEqual([false, true, 'none'])
    expect(labels(result)).toEqual(['cpu0 look', 'cpu1 raise', 'cpu1 wake_up', 'cpu0 set_current_state'])
    expect(result.counterexample('WakesPoss')?.loop).toBeUndefined()
  })

  it('holds where the wake-up cannot be lost, however long it may take', () => {
    const result = check(sleepAndWake(true))
    expect(verdict(result)).toEqual([['possibility', 'holds', []]])
    expect([result.ok, labels(result)]).toEqual([true, undefined])
  })

  it('says nothing where nobody sleeps', () => {
    const nobody = check(
      sleepAndWake(true, () => ({
        name: 'WakesPoss',
        instances: [{ name: '[7]', from: () => false, to: () => false }],
      })),
    )
    expect(verdict(nobody)).toEqual([['possibility', 'vacuous', ['[7]']]])
    expect(nobody.ok).toBe(false)
  })

  it('is not decided on a part of a graph, or where time is up', () => {
    const part = check(sleepAndWake(true), { maxStates: 10 })
    expect([verdict(part), part.complete]).toEqual([[['possibility', 'incomplete', []]], false])
    for (const enough of [0, 1]) {
      // asked first for what the property says, then for what is lost
      let asked = 0
      const late = check(sleepAndWake(false), { expired: () => (asked += 1) > enough })
      expect(verdict(late)).toEqual([['possibility', 'incomplete', []]])
    }
  })

  it('is violated by the nearest of its instances', () => {
    const shared = new Shared()
    const n = shared.scalar('n', int(0, 9), 0)
    function* counter(): Program {
      for (;;)
        yield* atomic('count', 'n', () => {
          n.set(Math.min(9, n.get() + 1))
        })
    }
    const stays = (from: number, to: number) => ({
      name: `[${from}]`,
      from: () => n.get() === from,
      to: () => n.get() === to,
    })
    const possibility: Possibility = { name: 'BackPoss', instances: [stays(7, 6), stays(4, 3), stays(2, 9)] }
    const result = check({ shared, threads: [cpu(0, counter)], possibilities: [possibility] })
    expect(result.counterexample('BackPoss')?.steps).toHaveLength(4)
  })

  it('is decided alike on the smaller machine without steps that do nothing', () => {
    for (const stateFirst of [true, false]) {
      const compiled = compile(completed(sleepAndWake(stateFirst)))
      const graphs = [compiled, reduce(compiled)].map((c) => explore(assemble(c), { edges: true }))
      expect(graphs.map((graph) => lostOf(graph).size)).toEqual(stateFirst ? [0, 0] : [1, 1])
    }
    // at a step that does nothing, which is there only for who asks
    function* idler(): Program {
      yield* atomic('first', 'nothing', () => undefined)
      yield* atomic('idle', 'nothing', () => undefined)
      yield* ended('end')
    }
    const shared = new Shared()
    const one = new Observer(shared, 0)
    const instances = [{ name: '', from: () => one.at('idle'), to: () => one.at('first') }]
    const compiled = compile(
      completed({ shared, threads: [cpu(0, idler)], possibilities: [{ name: 'Poss', instances }] }),
    )
    expect(lostOf(explore(assemble(reduce(compiled)), { edges: true })).get('Poss')).toEqual({ state: 1, depth: 2 })
  })

  it('needs the whole graph, with its edges', () => {
    const kernel = assemble(compile(completed(sleepAndWake(false))))
    expect(() => lostOf(explore(kernel, { edges: true, maxStates: 5 }))).toThrow('complete graph')
    expect(() => lostOf(explore(kernel))).toThrow('edges')
  })

  it('has a name of its own', () => {
    const machine = sleepAndWake(true)
    expect(
      problemOf(() =>
        check({ ...machine, possibilities: [...(machine.possibilities ?? []), ...(machine.possibilities ?? [])] }),
      ).code,
    ).toBe('property-twice')
  })

  it('is refused where it asks for a label that no step has', () => {
    const mistyped = sleepAndWake(true, (sleeper) => ({
      name: 'WakesPoss',
      instances: [{ name: '', from: () => sleeper.at('shedule'), to: () => sleeper.at('awake') }],
    }))
    expect(problemOf(() => check(mistyped)).code).toBe('unknown-name')
  })

  it('is on any graph what following every way from every state finds', () => {
    const SIZE = 12
    const edge = fc.tuple(fc.nat(SIZE - 1), fc.nat(SIZE - 1))
    const some = fc.uniqueArray(fc.nat(SIZE - 1), { maxLength: SIZE })
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 30 }), some, some, (edges, from, to) => {
        const shared = new Shared()
        const n = shared.scalar('n', int(0, SIZE - 1), 0)
        function* walker(): Program {
          for (;;)
            yield* atomic(
              'walk',
              'n',
              ([source, target]: readonly [number, number]) => {
                require(n.get() === source, 'it is there')
                n.set(target)
              },
              edges,
            )
        }
        const reached = (start: number): Set<number> => {
          const seen = new Set([start])
          for (const s of seen) for (const [source, target] of edges) if (source === s) seen.add(target)
          return seen
        }
        const isLost = (s: number): boolean => from.includes(s) && !to.some((t) => reached(s).has(t))
        const possibility: Possibility = {
          name: 'Poss',
          instances: [{ name: '', from: () => from.includes(n.get()), to: () => to.includes(n.get()) }],
        }
        const machine = completed({ shared, threads: [cpu(0, walker)], possibilities: [possibility] })
        const graph = explore(assemble(compile(machine)), { edges: true })
        const values = [...graph.states.subarray(0, graph.count)].map((word) => word & 15)
        expect(values.map((_, s) => isLostIn(graph, possibility, s))).toEqual(values.map(isLost))
        const first = values.findIndex(isLost)
        expect(lostOf(graph).get('Poss')?.state).toBe(first < 0 ? undefined : first)
      }),
      { numRuns: 200 },
    )
  })
})

/** Weak and strong fairness, on a machine small enough to be decided by hand. */

import { describe, expect, it } from 'vitest'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import type { Machine, ThreadId } from '../../../../impl/lib/kernel/design.ts'
import { atomic, bool, Memory, Observer, Shared } from '../../../../impl/lib/kernel/design.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { checkLeadsTo } from '../../../../impl/lib/kernel/explore/liveness.ts'
import { cpu } from './cpu.ts'

/** Thread 0 takes and releases a lock for ever; thread 1 wants it once. */
const machine = (strong: boolean): Machine => {
  const shared = new Shared()
  const ids: ThreadId[] = [
    ['cpu', 0],
    ['cpu', 1],
  ]
  const lock = new Memory(shared, 'SC', 0, ids).scalar('lock', bool, false)
  const one = new Observer<object>(shared, 1)
  const wants = { thread: ['cpu', 1] as const, labels: new Set(['want']) }
  return {
    shared,
    threads: [
      cpu(0, function* () {
        for (;;) {
          yield* lock.waitThenStore('take', (held) => !held, true)
          yield* lock.store('release', false)
        }
      }),
      cpu(1, function* () {
        yield* lock.waitThenStore('want', (held) => !held, true)
        for (;;) yield* lock.store('have', false)
      }),
    ],
    environment: [],
    invariants: [],
    liveness: [{ name: 'GetsItProp', instances: [{ name: '', from: () => one.at('want'), to: () => one.at('have') }] }],
    fairness: [
      { thread: ['cpu', 0], labels: new Set(['take', 'release']) },
      strong ? { ...wants, strong: true } : wants,
    ],
  }
}

/** One thread whose fair step may leave everything as it is. */
const idler = (strong: boolean): Machine => {
  const shared = new Shared()
  const one = new Observer<object>(shared, 0)
  return {
    shared,
    threads: [
      cpu(0, function* () {
        while (!(yield* atomic('poll', 'poll()', (done: boolean) => done, [false, true])));
        for (;;) yield* atomic('done', 'done()', () => undefined)
      }),
    ],
    environment: [],
    invariants: [],
    liveness: [{ name: 'DoneProp', instances: [{ name: '', from: () => one.at('poll'), to: () => one.at('done') }] }],
    fairness: [{ thread: ['cpu', 0], labels: new Set(['poll']), ...(strong ? { strong } : {}) }],
  }
}

const lassoOf = (strong: boolean, of = machine) => {
  const graph = explore(assemble(compile(of(strong))), { edges: true })
  const [property] = graph.kernel.compiled.machine.liveness
  if (property === undefined) throw new Error('no property')
  return checkLeadsTo(graph, property)
}

describe('fairness', () => {
  it('weak: a lock that is free again and again, and never for good, may never be got', () => {
    const lasso = lassoOf(false)
    expect(lasso?.stuttering).toBe(false)
    // the other thread's two steps, for ever
    expect((lasso?.path.length ?? 0) - (lasso?.loop ?? 0)).toBe(3)
  })

  it('strong: it is got', () => {
    expect(lassoOf(true)).toBeUndefined()
  })

  // WF_vars(A) asks for a step of A that changes vars: a poll that finds nothing is none
  it.each([false, true])('is not met by a step that changes nothing (strong: %s)', (strong) => {
    expect(lassoOf(strong, idler)).toBeUndefined()
  })
})

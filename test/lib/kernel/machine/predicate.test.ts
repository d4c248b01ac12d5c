/** What a property asks of a thread's whole node: one question, and a look into a table in each state. */

import { describe, expect, it } from 'vitest'
import { completed } from '../../../../impl/lib/kernel/check.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import { int } from '../../../../impl/lib/kernel/language/domain.ts'
import { Observer, thread } from '../../../../impl/lib/kernel/language/machine.ts'
import { Shared } from '../../../../impl/lib/kernel/language/shared.ts'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { compilePredicate, evaluate } from '../../../../impl/lib/kernel/machine/predicate.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { Memory } from '../../../../impl/lib/kernel/memory/memory.ts'

const IDS = [0, 1] as const

/** Two threads that go through three locations, each on its own, round and round. */
const walkers = () => {
  const shared = new Shared()
  const memory = new Memory(shared, 'SC', 0, [
    ['cpu', 0],
    ['cpu', 1],
  ])
  const x = memory.map('x', [0, 1, 2], int(0, 1), 0)
  const threads = IDS.map((id) =>
    thread<{ i: number }>({
      id: ['cpu', id],
      frame: { i: int(0, 2) },
      initial: { i: 0 },
      *program(f) {
        for (;;) {
          yield* x.at(f.i).load('look')
          yield* x.at(f.i).store('raise', 1)
          f.i = (f.i + 1) % 3
        }
      },
    }),
  )
  const kernel = assemble(compile(completed({ shared, threads })))
  const graph = explore(kernel)
  const [a, b] = [new Observer<{ i: number }>(shared, 0), new Observer<{ i: number }>(shared, 1)]
  const truth = (holds: () => boolean): boolean[] => {
    const predicate = compilePredicate(kernel, holds)
    return Array.from({ length: graph.count }, (_, s) => evaluate(predicate, graph.states, s * kernel.layout.words))
  }
  return { kernel, a, b, truth }
}

describe('what a property asks of a node', () => {
  it('is what it says of label and locals together', () => {
    const { a, b, truth } = walkers()
    const stored = (label: string, { i }: { readonly i: number }) => (label === 'raise' ? { to: i } : undefined)
    const same = truth(() => JSON.stringify(a.ask('stored', stored)) === JSON.stringify(b.ask('stored', stored)))
    const expected = truth(() => a.at('raise') === b.at('raise') && (!a.at('raise') || a.get('i') === b.get('i')))
    expect(same).toEqual(expected)
    expect([same.includes(true), same.includes(false)]).toEqual([true, true])
  })

  it('goes together with what is asked otherwise, of the same thread too', () => {
    const { a, truth } = walkers()
    const odd = (label: string, { i }: { readonly i: number }) => label === 'look' && i === 1
    expect(truth(() => a.at('look') && a.get('i') === 1)).toEqual(truth(() => a.get('i') < 2 && a.ask('odd', odd)))
  })

  it('is told apart where something is known of the thread already', () => {
    const { a, truth } = walkers()
    const place = (label: string, { i }: { readonly i: number }): string => `${label} ${i}`
    const asked = () => a.ask('place', place)
    expect(truth(() => (a.at('look') ? asked() === 'look 1' : asked() === 'raise 2'))).toEqual(
      truth(() => (a.at('look') ? a.get('i') === 1 : a.get('i') === 2)),
    )
  })

  it('is asked once at each node, and has one table for all branches', () => {
    const { kernel, a, b } = walkers()
    let asked = 0
    const place = (label: string, { i }: { readonly i: number }): string => {
      asked += 1
      return `${label} ${i}`
    }
    const { code } = compilePredicate(kernel, () => a.ask('place', place) === b.ask('place', place))
    // six nodes a thread: a branch of the first with a table, and after each of its answers a branch of the second
    expect(asked).toBe(12)
    expect(code).toHaveLength(4 + 6 + 6 + 6 * (4 + 6) + 6)
  })
})

/** A machine whose parts do not fit together is refused; each of these ran before, and what it said meant nothing. */

import { describe, expect, it } from 'vitest'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import type { Machine, MemoryModel, Program, ThreadId } from '../../../../impl/lib/kernel/design.ts'
import {
  bool,
  ended,
  framed,
  machine,
  Memory,
  MEMORY_CONSTANTS,
  Constants,
  Shared,
  SharedState,
  tla,
} from '../../../../impl/lib/kernel/design.ts'

const IDS: readonly ThreadId[] = [
  ['cpu', 0],
  ['cpu', 1],
]

/** Two threads; each stores to a flag and looks at the other's. */
class World extends SharedState<{ Memory: MemoryModel; StoreBufferSlots: number }> {
  readonly flag = this.memory.map('flag', [0, 1], bool, false)
}

const world = (Memory: MemoryModel = 'TSO', StoreBufferSlots = 1): World => new World({ Memory, StoreBufferSlots }, IDS)

function* enter(w: World, id: number): Program {
  yield* w.flag.at(id).store('raise', true)
  yield* w.flag.at(1 - id).load('look')
  yield* ended('done')
}

const built = (w: World, more: Partial<Parameters<typeof machine>[1]> = {}): Machine =>
  machine(w, { programs: { cpu: (id) => enter(w, id) }, ...more })

/** Code of what is thrown, with its message. */
const refusal = (body: () => unknown): readonly [code: string, message: string] => {
  try {
    body()
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 2) return [error.problem.code, error.problem.message]
    throw error
  }
  return ['accepted', '']
}

const codeOf = (body: () => unknown): string => refusal(body)[0]

describe('a machine', () => {
  it('is checked where all fits together, and its stores become visible', () => {
    const w = world()
    const [a, b] = [w.observe('cpu', 0), w.observe('cpu', 1)]
    const result = check(
      built(w, {
        invariants: { NotBothInv: { occurs: () => a.at('done'), holds: () => !(a.at('done') && b.at('done')) } },
      }),
    )
    expect(result.properties.map(({ name, verdict }) => [name, verdict])).toEqual([['NotBothInv', 'violated']])
    expect(result.complete).toBe(true)
  })

  it.each(['tso', 'nonsense', 'constructor', ''])('is refused with the memory model %j', (name) => {
    const read = (): unknown =>
      new Constants(
        new Map([
          ['Memory', tla.str(name)],
          ['StoreBufferSlots', tla.int(1)],
        ]),
        'model',
      ).read(MEMORY_CONSTANTS)
    expect(codeOf(read)).toBe('bad-constant')
    const [code, message] = refusal(() => new Memory(new Shared(), name as MemoryModel, 1, IDS))
    expect([code, message]).toEqual(['no-memory-model', `there is no memory model ${JSON.stringify(name)}`])
  })

  it.each([
    ['TSO', 0],
    ['PSO', 0],
    ['TSO', -1],
    ['SC', -1],
    ['TSO', 1.5],
    ['TSO', NaN],
  ] as const)('is refused with a store buffer of %s with room for %d', (model, slots) => {
    expect(codeOf(() => world(model, slots))).toBe('no-slots')
  })

  it('is refused without the steps by which stores become visible, also those of one thread', () => {
    const whole = built(world())
    expect(codeOf(() => check({ ...whole, environment: [] }))).toBe('no-commits')
    const one = whole.environment.filter(({ thread: [, id] }) => id === 0)
    expect(refusal(() => check({ ...whole, environment: one }))[1]).toMatch(/^cpu1 has a store buffer/)
    expect(codeOf(() => check(built(world('SC', 0))))).toBe('accepted')
  })

  it('is refused with its threads in another order than its memory’s, or with others', () => {
    const whole = built(world())
    const [code, message] = refusal(() => check({ ...whole, threads: [...whole.threads].reverse() }))
    expect([code, message]).toEqual([
      'thread-order',
      "the machine's threads are cpu1, cpu0, and its memory was made for cpu0, cpu1",
    ])
    expect(codeOf(() => check({ ...whole, threads: whole.threads.slice(0, 1) }))).toBe('thread-order')
  })

  it('is refused with two variables of one name, or a local that is called like one', () => {
    const shared = new Shared()
    shared.scalar('x', bool, false)
    expect(codeOf(() => shared.map('x', [0], bool, false))).toBe('variable-twice')
    expect(codeOf(() => shared.scalar('pc', bool, false))).toBe('variable-twice')
    const w = world()
    const program = framed<{ flag: boolean }>({
      frame: { flag: bool },
      initial: { flag: false },
      program: (_, id) => enter(w, id),
    })
    expect(codeOf(() => check(machine(w, { programs: { cpu: program } })))).toBe('variable-twice')
  })

  it('is refused with two properties of one name, or one that is called Deadlock', () => {
    const claim = { occurs: () => true, holds: () => true }
    const whole = built(world(), { invariants: { AInv: claim } })
    expect(codeOf(() => check({ ...whole, invariants: [...whole.invariants, ...whole.invariants] }))).toBe(
      'property-twice',
    )
    expect(codeOf(() => check(built(world(), { invariants: { Deadlock: claim } })))).toBe('property-twice')
  })

  it.each([undefined, null, 1, 'yes'])('is refused with an invariant that answers %j', (answer) => {
    const holds = (() => answer) as unknown as () => boolean
    expect(codeOf(() => check(built(world(), { invariants: { AInv: { occurs: () => true, holds } } })))).toBe(
      'no-boolean',
    )
    expect(codeOf(() => check(built(world(), { invariants: { AInv: { occurs: holds, holds: () => true } } })))).toBe(
      'no-boolean',
    )
  })

  it('is refused with a `yield` that has no star', () => {
    const w = world()
    const starless = function* (id: number): Program {
      yield w.flag.at(id).store('raise', true) as unknown as never
      yield* ended('done')
    }
    const [code, message] = refusal(() => check(machine(w, { programs: { cpu: starless } })))
    expect([code, message]).toEqual(['no-step', 'cpu0 before its first step: the program yields what is no step'])
  })

  it('is refused with a step that is called and not taken', () => {
    const w = world()
    const careless = function* (id: number): Program {
      yield* w.flag.at(id).store('raise', true)
      w.memory.smp_mb('barrier') // eslint-disable-line lockstep/step-not-taken -- what is tested
      yield* w.flag.at(1 - id).load('look')
      yield* ended('done')
    }
    const [code, message] = refusal(() => check(machine(w, { programs: { cpu: careless } })))
    expect([code, message]).toEqual([
      'step-not-taken',
      'cpu0 at raise: the program makes the step barrier and does not take it',
    ])
  })

  it('is refused with a property that asks for a local which the thread has not', () => {
    const w = world()
    const busy = (): boolean => w.observe<{ busy: boolean }>('cpu', 0).get('busy')
    expect(codeOf(() => check(built(w, { invariants: { AInv: { occurs: () => true, holds: busy } } })))).toBe(
      'no-such-local',
    )
  })

  it('is refused where a kind of threads has no program, or a program no threads', () => {
    const w = world()
    expect(codeOf(() => machine(w, { programs: {} }))).toBe('no-program')
    expect(codeOf(() => machine(w, { programs: { toString: () => enter(w, 0) } }))).toBe('unused-program')
    expect(codeOf(() => w.observe('cpu', 2))).toBe('no-such-thread')
  })

  it('is refused with the fairness of a thread that it does not have', () => {
    const fairness = [{ thread: ['cpu', 7] as ThreadId, labels: new Set(['raise']) }]
    expect(codeOf(() => check(built(world(), { fairness })))).toBe('no-such-thread')
  })

  it('is fair by itself: each thread goes on, and its stores become visible', () => {
    const w = world('PSO', 2)
    const done = (): boolean => w.observe('cpu', 0).at('done')
    const seen = (): boolean => w.flag.get(0)
    const promises = {
      EndsProp: { from: () => !done(), to: done },
      SeenProp: { from: () => w.observe('cpu', 0).at('look'), to: seen },
    }
    const verdicts = (fairness?: Machine['fairness']) =>
      check(built(w, { liveness: promises, ...(fairness === undefined ? {} : { fairness }) })).properties.map(
        ({ verdict }) => verdict,
      )
    expect(verdicts()).toEqual(['holds', 'holds'])
    expect(verdicts([])).toEqual(['violated', 'violated'])
    // the steps of the program alone do not make stores visible
    expect(verdicts([{ thread: ['cpu', 0], labels: new Set(['raise', 'look']) }])).toEqual(['holds', 'violated'])
  })

  it('has an instance of a property for each that is named', () => {
    const w = world()
    const each = (id: number) => ({ occurs: () => w.flag.get(id), holds: () => true })
    const { invariants } = built(w, { invariants: { AInv: { '[0]': each(0), '[1]': each(1) }, BInv: each(0) } })
    expect(invariants.map(({ name, instances }) => [name, instances.map((i) => i.name)])).toEqual([
      ['AInv', ['[0]', '[1]']],
      ['BInv', ['']],
    ])
  })
})

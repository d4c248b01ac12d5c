/**
 * Litmus tests: the calibration of the memory models. Twin of spec/litmus/Litmus.tla. A test is data, read from
 * LitmusTests.tla; each of its threads is run by the one program below.
 */

import type { Invariant, Location, Machine, MemoryConstants, Program, Step, ThreadId } from '../lib/kernel/design.ts'
import { ended, int, Observer, SharedState, thread } from '../lib/kernel/design.ts'
import type { Condition, Instruction, LitmusTest } from './tests.ts'
import { LOCATIONS, MAX_VALUE } from './tests.ts'

/** CONSTANTS of the specification. */
export interface LitmusConstants extends MemoryConstants {
  /** its test, already looked up */
  readonly test: LitmusTest
}

interface Frame {
  /** how many steps it has done */
  ip: number
  r0: number
  r1: number
}

const value = int(0, MAX_VALUE)

/** The shared state of a test. */
class World extends SharedState<LitmusConstants> {
  private readonly mem = this.memory.named('mem', LOCATIONS, value, 0)

  at(location: string): Location<number> {
    const found = this.mem.get(location)
    if (found === undefined) throw new RangeError(`no location ${location}`)
    return found
  }
}

function* step(w: World, f: Frame, i: Instruction): Step<void> {
  switch (i.op) {
    case 'store':
      yield* w.at(i.location).store('store', i.value)
      break
    case 'load':
      f[i.register] = yield* w.at(i.location).load('load')
      break
    case 'xchg':
      f[i.register] = yield* w.at(i.location).xchg('xchg', i.value)
      break
    case 'smp_mb':
      yield* w.memory.smp_mb('smp_mb')
      break
    case 'smp_wmb':
      yield* w.memory.smp_wmb('smp_wmb')
      break
  }
}

/** One thread of a test. */
function* run(w: World, f: Frame, code: readonly Instruction[]): Program {
  for (const instruction of code) {
    yield* step(w, f, instruction)
    f.ip += 1
  }
  yield* ended('done')
}

/** The machine of one test. */
export const litmus = (c: LitmusConstants): Machine => {
  const { threads: programs, outcome } = c.test
  const ids = programs.map((_, n): ThreadId => ['P', n])
  const w = new World(c, ids)
  const observers = programs.map((_, n) => new Observer<Frame>(w.shared, n))
  const met = (condition: Condition): boolean =>
    'location' in condition
      ? w.at(condition.location).peek() === condition.value
      : observers[condition.thread]?.get(condition.register) === condition.value
  const finished = (): boolean => observers.every((o, n) => o.at('done') && w.memory.isDrained(n))
  const forbidden: Invariant = {
    name: 'OutcomeForbiddenInv',
    instances: [{ name: '', occurs: finished, holds: () => !(finished() && outcome.every(met)) }],
  }
  return {
    shared: w.shared,
    threads: programs.map((code, n) =>
      thread<Frame>({
        id: ['P', n],
        frame: { ip: int(0, code.length), r0: value, r1: value },
        initial: { ip: 0, r0: 0, r1: 0 },
        program: (f) => run(w, f, code),
      }),
    ),
    environment: w.memory.commits(),
    invariants: [forbidden],
    liveness: [],
    fairness: [],
  }
}

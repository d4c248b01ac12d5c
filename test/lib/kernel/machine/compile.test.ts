import { describe, expect, it } from 'vitest'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import type { Machine } from '../../../../impl/lib/kernel/language/machine.ts'
import type { Program } from '../../../../impl/lib/kernel/language/op.ts'
import { atomic } from '../../../../impl/lib/kernel/language/op.ts'
import { Shared } from '../../../../impl/lib/kernel/language/shared.ts'
import { thread } from '../../../../impl/lib/kernel/language/machine.ts'
import type { LocationMap } from '../../../../impl/lib/kernel/memory/memory.ts'
import { Memory } from '../../../../impl/lib/kernel/memory/memory.ts'
import { bool, int } from '../../../../impl/lib/kernel/language/domain.ts'

interface Frame {
  n: number
}

/** A machine of one thread with one shared flag and a frame field n in 0..most. */
const machine = (program: (f: Frame, flag: LocationMap<boolean>) => Program, most = 3): Machine => {
  const shared = new Shared()
  const flag = new Memory(shared, 'SC', 0, [['cpu', 0]]).map('flag', [0], bool, false)
  const definition = thread<Frame>({
    id: ['cpu', 0],
    frame: { n: int(0, most) },
    initial: { n: 0 },
    program: (f) => program(f, flag),
  })
  return { shared, threads: [definition], environment: [], invariants: [], liveness: [], fairness: [] }
}

const refusal = (program: (f: Frame, flag: LocationMap<boolean>) => Program): { code: string; message: string } => {
  try {
    compile(machine(program), { nodes: 1000, leaves: 1000, frameUses: 10_000 })
  } catch (error) {
    if (error instanceof LockstepError) return error.problem
    throw error
  }
  return { code: 'accepted', message: '' }
}

describe('the compiler', () => {
  it('makes an automaton whose nodes are (label, frame)', () => {
    const compiled = compile(
      machine(function* (f, flag) {
        for (;;) {
          for (f.n = 0; f.n < 3; f.n++) yield* flag.at(0).store('count', f.n === 2)
          f.n = 0
          if (yield* flag.at(0).load('look')) yield* flag.at(0).store('reset', false)
        }
      }),
    )
    expect(compiled.automata[0]?.nodes.map(({ label, frame }) => `${label} ${frame.join()}`)).toEqual([
      'count 0',
      'count 1',
      'count 2',
      'look 0',
      'reset 0',
    ])
    // count 0, 1, 2 with the flag clear, look and reset with it set
    expect(explore(assemble(compiled)).count).toBe(5)
  })

  it('refuses a program that reads the clock, by thread and label', () => {
    const { code, message } = refusal(function* (_f, flag) {
      for (;;) {
        yield* flag.at(0).load('tick')
        if (Date.now() % 2 === 0) yield* flag.at(0).store('even', true)
      }
    })
    expect(code).toBe('program-not-deterministic')
    expect(message).toContain('cpu0 at tick')
    expect(message).toContain('Date.now')
  })

  it('refuses a program that draws random numbers inside a step', () => {
    const { code, message } = refusal(function* () {
      for (;;) yield* atomic('draw', 'random', () => Math.random())
    })
    expect(code).toBe('program-not-deterministic')
    expect(message).toContain('cpu0 at draw')
  })

  it('refuses a variable captured from outside of the program', () => {
    let captured = 0
    const { code, message } = refusal(function* (_f, flag) {
      for (;;) {
        captured += 1
        if (captured % 7 === 0) yield* flag.at(0).store('seventh', true)
        else yield* flag.at(0).load('other')
      }
    })
    expect(code).toBe('program-not-a-function-of-its-node')
    expect(message).toMatch(/cpu0 at (seventh|other)/)
  })

  it('refuses a result that is kept in an undeclared variable', () => {
    const { code, message } = refusal(function* (_f, flag) {
      for (;;) {
        const kept = yield* flag.at(0).load('first')
        yield* flag.at(0).load('second')
        if (kept) yield* flag.at(0).store('third', false)
        else yield* flag.at(0).store('fourth', true)
      }
    })
    expect(code).toBe('program-not-a-function-of-its-node')
    expect(message).toContain('cpu0 at second')
  })

  it('refuses the same sub-function called from two places with the same labels', () => {
    const { code } = refusal(function* (_f, flag) {
      const sub = () => flag.at(0).load('sub')
      for (;;) {
        yield* sub()
        yield* flag.at(0).store('one', true)
        yield* sub()
        yield* flag.at(0).store('two', false)
      }
    })
    expect(code).toBe('program-not-a-function-of-its-node')
  })

  it('refuses a frame value outside of its domain, by label and field', () => {
    const { code, message } = refusal(function* (f, flag) {
      for (;;) {
        f.n += 1
        yield* flag.at(0).load('more')
      }
    })
    expect(code).toBe('outside-domain')
    expect(message).toContain('cpu0 at more: n would become 4')
    expect(message).toContain('0..3')
  })

  it('refuses a shared value outside of its domain, by label', () => {
    const shared = new Shared()
    const small = new Memory(shared, 'SC', 0, [['cpu', 0]]).map('small', [0], int(0, 1), 0)
    const definition = thread<Frame>({
      id: ['cpu', 0],
      frame: { n: int(0, 3) },
      initial: { n: 0 },
      *program() {
        for (;;) yield* small.at(0).store('overflow', 2)
      },
    })
    const overflowing: Machine = {
      shared,
      threads: [definition],
      environment: [],
      invariants: [],
      liveness: [],
      fairness: [],
    }
    expect(() => compile(overflowing)).toThrow(/cpu0 at overflow: small\[0\] would become 2.*0\.\.1/)
  })

  it('refuses a frame that never repeats', () => {
    const growing = machine(function* (f, flag) {
      for (;;) {
        f.n += 1
        yield* flag.at(0).load('grow')
      }
    }, 100_000)
    expect(() => compile(growing, { nodes: 100, leaves: 100, frameUses: 1000 })).toThrow(
      /cpu0 at grow.*more than 100 nodes/,
    )
  })

  it('refuses a loop without an access', () => {
    const { code, message } = refusal(function* (f, flag) {
      yield* flag.at(0).load('last')
      for (;;) f.n = (f.n + 1) % 2
    })
    expect(code).toBe('endless-program')
    expect(message).toContain('cpu0 at last')
  })

  it('refuses a program that ends', () => {
    expect(
      refusal(function* (_f, flag) {
        yield* flag.at(0).load('only')
      }).code,
    ).toBe('program-ends')
  })

  it('leaves the clock and randomness as they were', () => {
    refusal(function* () {
      for (;;) yield* atomic('draw', 'random', () => Math.random())
    })
    expect(Date.now()).toBeGreaterThan(0)
    expect(Math.random()).toBeLessThan(1)
  })
})

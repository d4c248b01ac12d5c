/** The generated code: deterministic, every kind of access, and the same as the interpreters where nothing races. */

import { describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { Interpreter } from '../../../impl/lib/kernel/language/interpret.ts'
import { Memory } from '../../../impl/lib/kernel/memory/memory.ts'
import type { Machine } from '../../../impl/lib/kernel/language/machine.ts'
import type { Program } from '../../../impl/lib/kernel/language/op.ts'
import { atomic } from '../../../impl/lib/kernel/language/op.ts'
import { Shared } from '../../../impl/lib/kernel/language/shared.ts'
import { thread } from '../../../impl/lib/kernel/language/machine.ts'
import { bool, int, valueAt } from '../../../impl/lib/kernel/language/domain.ts'
import { key, tla } from '../../../impl/lib/kernel/language/value.ts'
import type { Runner } from '../../../impl/lib/live/generate.ts'
import { generate, runnerOf, STRIDE, STUCK } from '../../../impl/lib/live/generate.ts'
import { interpreterOf } from '../../../impl/lib/live/interpret.ts'
import { stepsOf } from '../../../impl/lib/live/log.ts'
import type { LiveThread } from '../../../impl/lib/live/program.ts'
import { liveThread } from '../../../impl/lib/live/program.ts'
import type { LiveScenario } from '../../../impl/lib/protocol/live-scenario.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { SCENARIOS, loadModels } from '../../project.ts'

/** A machine of one thread that does everything that a program can do. */
const everything = (): Machine => {
  const shared = new Shared()
  const memory = new Memory(shared, 'SC', 0, [['cpu', 0]])
  const flag = memory.scalar('flag', bool, false)
  const lock = memory.scalar('lock', bool, false)
  const count = memory.scalar('count', int(0, 2), 0)
  const seen = shared.scalar('seen', bool, false)
  function* program(): Program {
    for (;;) {
      yield* atomic('start', '', () => undefined)
      yield* lock.waitThenStore('spin_lock', (held) => !held, true)
      yield* count.update('inc', (n) => (n + 1) % 3)
      yield* lock.release('spin_unlock', false)
      yield* memory.smp_wmb('wmb')
      yield* flag.store('set', true)
      yield* memory.smp_mb('mb')
      while ((yield* count.load('look')) === 2) yield* count.xchg('xchg', 0)
      const found = yield* flag.cmpxchg('cmpxchg', true, false, true, () => {
        seen.set(true)
      })
      if (found) yield* atomic<boolean, boolean>('world', '', (choice) => choice, [false, true])
      yield* atomic('own', '', () => {
        if (count.peek() === 1) flag.poke(true)
        else count.poke(2)
        seen.set(!seen.get())
      })
    }
  }
  return {
    shared,
    threads: [thread<object>({ id: ['cpu', 0], frame: {}, initial: {}, program })],
    environment: [],
    invariants: [],
    liveness: [],
    fairness: [],
  }
}

const everythingScenario: LiveScenario = {
  designs: [],
  property: '',
  counted: '',
  control: false,
  race: ['cpu0', 'cpu0'],
  after: [],
  stops: new Set(['start']),
  decide: {},
  history: new Set(['seen']),
}

const generated = (): string => {
  const compiled = compile(everything())
  return generate(liveThread(compiled, everythingScenario, 'cpu0'), compiled.machine.shared.cells.length)
}

interface Ended {
  readonly node: number
  readonly memory: Int32Array
  readonly log: Uint8Array
}

const noBallast = new Int32Array(0)

const alone = (runner: Runner, memory: Int32Array, seed = 1): Ended => {
  const log = new Uint8Array(64)
  return { node: runner(memory, log, 0, 32, seed, noBallast, 0), memory, log }
}

const memoryOf = ({ shared, threads }: Machine): Int32Array => {
  const memory = new Int32Array((shared.cells.length + threads.length) * STRIDE)
  shared.cells.forEach(({ initial }, cell) => (memory[cell * STRIDE] = initial))
  return memory
}

describe('the generator', () => {
  it('makes one access of every access, and code of nothing else', () => {
    expect(generated()).toMatchInlineSnapshot(`
      "'use strict'
      let n = 0, s = 0
      for (;;) {
        if (p > e) return -2
        switch (n) {
          case 0: {
            // start
            // spin_lock
            for (let i = 0; ; i++) {
              const a1 = Atomics.load(m, 64)
              if ((a1 === 0) && Atomics.compareExchange(m, 64, a1, 1) === a1) break
              if (i > 1073741824) return -1
            }
            // inc
            for (let i = 0; i < k; i++) b[(w = (Math.imul(w, 1664525) + 1013904223) | 0) >>> 10] = i
            const u2 = m[96]
            m[96] = u2 === 0 ? 1 : u2 === 1 ? 2 : 0
            // spin_unlock
            for (let i = 0; i < k; i++) b[(w = (Math.imul(w, 1664525) + 1013904223) | 0) >>> 10] = i
            m[64] = 0
            // wmb
            // set
            for (let i = 0; i < k; i++) b[(w = (Math.imul(w, 1664525) + 1013904223) | 0) >>> 10] = i
            m[32] = 1
            // mb
            Atomics.exchange(m, 160, 0)
            n = 7; continue
          }
          case 7: {
            // look
            const r7 = m[96]
            if (r7 === 0 || r7 === 1) {
              g[p++] = r7 + 1
              // cmpxchg
              const r8 = Atomics.compareExchange(m, 32, 1, 0)
              if (r8 === 0) {
                g[p++] = 1
                n = 10; continue
              } else {
                g[p++] = 2
                // world
                w = (Math.imul(w, 1664525) + 1013904223) | 0
                switch ((w >>> 16) % 2) {
                  case 0: {
                    g[p++] = 1
                    n = 10; continue
                  }
                  default: {
                    g[p++] = 2
                    n = 10; continue
                  }
                }
              }
            } else {
              g[p++] = 3
              // xchg
              const r9 = Atomics.exchange(m, 96, 0)
              g[p++] = r9 + 1
              n = 7; continue
            }
          }
          case 10: {
            // own
            const c10_3 = Atomics.load(m, 96)
            if (c10_3 === 0) {
              Atomics.store(m, 96, 2)
              return 0 // start
            } else if (c10_3 === 1) {
              Atomics.store(m, 32, 1)
              return 0 // start
            } else {
              return 0 // start
            }
          }
        }
      }
      "
    `)
  })

  it('is deterministic', () => {
    expect(generated()).toBe(generated())
  })

  it('does what the generator functions do, whatever the world decides', () => {
    const compiled = compile(everything())
    const one = liveThread(compiled, everythingScenario, 'cpu0')
    const fast = runnerOf(generated())
    const slow = interpreterOf(compiled.machine, one)
    for (let seed = 0; seed < 64; seed++) {
      for (const count of [0, 1, 2]) {
        const [a, b] = [memoryOf(compiled.machine), memoryOf(compiled.machine)]
        const cell = compiled.machine.shared.cells.findIndex(({ variable }) => variable === 'count')
        a[cell * STRIDE] = count
        b[cell * STRIDE] = count
        const [x, y] = [alone(fast, a, seed << 12), alone(slow, b, seed << 12)]
        expect([x.node, x.log.join()]).toEqual([y.node, y.log.join()])
      }
    }
  })

  it('refuses a step that does to memory what history says', () => {
    const machine = (): Machine => {
      const shared = new Shared()
      const [flag, seen] = [shared.scalar('flag', bool, false), shared.scalar('seen', bool, false)]
      function* program(): Program {
        for (;;) {
          yield* atomic('start', '', () => {
            if (seen.get()) flag.set(true)
          })
        }
      }
      return { ...everything(), shared, threads: [thread<object>({ id: ['cpu', 0], frame: {}, initial: {}, program })] }
    }
    expect(() => generate(liveThread(compile(machine()), everythingScenario, 'cpu0'), 2)).toThrow('depends on history')
  })

  it('gives up a wait that does not end', () => {
    const compiled = compile(everything())
    const memory = memoryOf(compiled.machine)
    const cell = compiled.machine.shared.cells.findIndex(({ variable }) => variable === 'lock')
    memory[cell * STRIDE] = 1
    const impatient = generated().replaceAll(String(2 ** 30), '100')
    expect(alone(runnerOf(impatient), memory).node).toBe(STUCK)
  })
})

/** One thread after the other, on plain memory; the labels that each takes. */
const inOrder = (machine: Machine, threads: readonly LiveThread[], runner: (t: LiveThread) => Runner) => {
  const memory = memoryOf(machine)
  const labels = threads.flatMap((t) => {
    const { node, log } = alone(runner(t), memory)
    return stepsOf(t, log, node).map(({ label }) => `${t.name} ${label}`)
  })
  return { memory, labels }
}

/** The same with the interpreter for schedulers. */
const scheduled = (machine: Machine, threads: readonly LiveThread[]) => {
  const interpreter = new Interpreter(machine)
  const labels: string[] = []
  const pcOf = ({ thread: t }: LiveThread): string => {
    const pc = interpreter.state().get('pc')
    const id = machine.threads[t]?.id
    if (pc?.kind !== 'fun' || id === undefined) throw new TypeError('no pc')
    const wanted = key(tla.seq([tla.str(id[0]), tla.int(id[1])]))
    const label = pc.entries.find(([argument]) => key(argument) === wanted)?.[1]
    return label?.kind === 'str' ? label.value : ''
  }
  for (const t of threads) {
    do labels.push(`${t.name} ${interpreter.step(t.thread, () => 0) ?? 'refused'}`)
    while (!t.stops.has(pcOf(t)))
  }
  return { state: interpreter.state(), labels }
}

const designs = SCENARIOS.flatMap(({ protocol, scenario }) =>
  scenario.designs.map(({ design }) => ({ protocol, scenario, design })),
)

describe.each(designs)('$protocol/$design without a race', ({ protocol, scenario, design }) => {
  const model = loadModels().find((m) => m.protocol.name === protocol && m.design === design && m.memory === 'tso')
  if (model === undefined) throw new RangeError(design)
  const machine = machineOf(model, new Map(model.cfg.constants).set('Memory', tla.str('SC')))
  const compiled = compile(machine)
  const [first, second] = scenario.race
  const orders = [
    [first, second, ...(scenario.after ?? [])],
    [second, first, ...(scenario.after ?? [])],
  ].map((names) => names.map((name) => liveThread(compiled, scenario, name)))

  it.each([
    ['generated code', (t: LiveThread) => runnerOf(generate(t, machine.shared.cells.length))],
    ['the general interpreter', (t: LiveThread) => interpreterOf(machine, t)],
  ])('%s takes the steps of the scheduled interpreter, to the same memory', (_, runner) => {
    for (const threads of orders) {
      const [live, wanted] = [inOrder(machine, threads, runner), scheduled(machine, threads)]
      expect(live.labels).toEqual(wanted.labels)
      for (const { name, cells } of machine.shared.variables.filter((v) => scenario.history?.has(v.name) !== true)) {
        const values = cells.map((cell) => {
          const declared = machine.shared.cells[cell]
          if (declared === undefined) throw new RangeError(name)
          const value = declared.domain.toTla(valueAt(declared.domain, live.memory[cell * STRIDE] ?? -1))
          return [declared.argument, value] as const
        })
        const [only] = values
        const state =
          only !== undefined && only[0] === undefined
            ? only[1]
            : tla.fun(values.flatMap(([argument, value]) => (argument ? [[argument, value] as const] : [])))
        const expected = wanted.state.get(name)
        expect([name, key(state)]).toEqual([name, expected === undefined ? '' : key(expected)])
      }
    }
  })
})

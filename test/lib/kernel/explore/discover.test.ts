/** What a joint search finds is what the compiler finds, where both can look; and it says where a program has no end. */

import { describe, expect, it } from 'vitest'
import { everydayShare } from '../../../effort.ts'
import { at } from '../../../../impl/lib/kernel/at.ts'
import { discover } from '../../../../impl/lib/kernel/explore/discover.ts'
import type { Discovery, DiscoveryLimits } from '../../../../impl/lib/kernel/explore/discover.ts'
import { explore } from '../../../../impl/lib/kernel/explore/explore.ts'
import type { Graph } from '../../../../impl/lib/kernel/explore/graph.ts'
import { edgesOf } from '../../../../impl/lib/kernel/explore/graph.ts'
import type { LazyNode, LazyThread } from '../../../../impl/lib/kernel/explore/lazy-thread.ts'
import { violatedDepths } from '../../../../impl/lib/kernel/explore/violations.ts'
import { check, completed } from '../../../../impl/lib/kernel/check.ts'
import type { Domain } from '../../../../impl/lib/kernel/language/domain.ts'
import { int } from '../../../../impl/lib/kernel/language/domain.ts'
import { growing } from '../../../../impl/lib/kernel/language/growing.ts'
import type { Machine } from '../../../../impl/lib/kernel/language/machine.ts'
import { thread } from '../../../../impl/lib/kernel/language/machine.ts'
import type { Op, Program } from '../../../../impl/lib/kernel/language/op.ts'
import { ended, require } from '../../../../impl/lib/kernel/language/op.ts'
import { Shared } from '../../../../impl/lib/kernel/language/shared.ts'
import { tla } from '../../../../impl/lib/kernel/language/value.ts'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { StateSchema } from '../../../../impl/lib/kernel/machine/state-schema.ts'
import { reduce } from '../../../../impl/lib/kernel/machine/drop-idle-steps.ts'
import { leavesOf } from '../../../../impl/lib/kernel/machine/step-tree.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { Memory } from '../../../../impl/lib/kernel/memory/memory.ts'
import { machineOf } from '../../../../impl/lib/protocol/model.ts'
import { hash128, LtsDigest } from '../../../../impl/lib/prove/lts-digest.ts'
import { loadModels } from '../../../project.ts'
import { problemOf } from '../../fixture.ts'
import { cpu } from './cpu.ts'
import { replayedThreads } from './replayed.ts'

const MODELS = loadModels()

const machineNamed = (name: string): Machine => {
  const model = MODELS.find((m) => m.name === name)
  if (model === undefined) throw new RangeError(`no model ${name}`)
  return machineOf(model)
}

/** A digest of a graph by value: equal for equal graphs, however their states and values are numbered. */
const digestOf = (graph: Graph): string => {
  const { kernel, states, count } = graph
  const schema = new StateSchema(kernel)
  const hashes = Array.from({ length: count }, (_, s) =>
    hash128(JSON.stringify(schema.read(states, s * kernel.layout.words))),
  )
  const actions = kernel.actions.map(hash128)
  const { start, target, step } = edgesOf(graph, 'a digest')
  const digest = new LtsDigest()
  hashes.forEach((hash, s) => {
    digest.state(hash, s === 0)
    for (let e = at(start, s); e < at(start, s + 1); e++) {
      digest.edge(hash, at(actions, at(kernel.steps, at(step, e)).action), at(hashes, at(target, e)))
    }
  })
  return digest.value()
}

const graphOf = (machine: Machine): Graph => explore(assemble(compile(machine)), { edges: true })

/** What is found of the machine by discovery, under the hook by which `compile` asks for it. */
const discovered = (machine: Machine, limits: DiscoveryLimits = {}): Discovery & { readonly machine: Machine } => {
  const discovery = discover(machine, replayedThreads(machine), limits)
  return { ...discovery, machine: { ...machine, compiled: () => discovery.compiled } }
}

/** What is told of a graph. The compiler knows of nodes that no interleaving reaches, and of their actions. */
const told = (graph: Graph) => ({
  states: graph.count,
  generated: graph.generated,
  levels: graph.levels,
  taken: graph.kernel.actions.flatMap((action, i) => (at(graph.taken, i) > 0 ? [[action, at(graph.taken, i)]] : [])),
  violated: violatedDepths(graph),
})

describe('discover', () => {
  it.each(
    everydayShare(
      [
        'flush-inhibit/swapped-wmbs.pso',
        'flush-inhibit/args-checked.sc',
        'poll-kick/halted-userspace.tso',
        'apf-ready/vector-first-enabled-first.sc',
        'apic-groups/namespace-parked.tso',
        'vtl-wakeup/init-while-inactive.sc',
      ],
      (name) => /^(?:flush-inhibit\/swapped|poll-kick|apf-ready)/.test(name),
    ),
  )('finds of %s what the compiler finds (a share every day, all in CI)', (name) => {
    const plain = graphOf(machineNamed(name))
    const found = discovered(machineNamed(name))
    const graph = graphOf(found.machine)
    expect([found.complete, found.stopped, found.states]).toEqual([true, undefined, plain.count])
    expect(told(graph)).toEqual(told(plain))
    expect(digestOf(graph)).toBe(digestOf(plain))
  })

  it('finds of litmus tests, under every memory model, what the compiler finds', () => {
    const names = MODELS.map(({ name }) => name).filter((name) => name.startsWith('litmus/'))
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) {
      const plain = graphOf(machineNamed(name))
      const graph = graphOf(discovered(machineNamed(name)).machine)
      expect(told(graph), name).toEqual(told(plain))
      expect(digestOf(graph), name).toBe(digestOf(plain))
      const smaller = [plain, graph].map(({ kernel }) => explore(assemble(reduce(kernel.compiled))).count)
      expect(smaller[1], name).toBe(smaller[0])
    }
  })
})

/** A step of one's own. */
const own = (label: string, exec: (choice: unknown) => unknown, choices: readonly unknown[] = [undefined]): Op => ({
  label,
  kind: 'atomic',
  what: label,
  choices,
  exec,
})

/** A thread that takes one step for ever. */
const forever = (op: Op): LazyThread => {
  const first: LazyNode = { label: op.label, frame: [], op }
  return { fields: [], domains: [], first, next: () => first }
}

const COUNTERS = [
  ['cpu', 0],
  ['cpu', 1],
] as const

/** `r = x; x = r + 1` for ever on two threads whose stores are buffered, but x stays below `end`. */
const counting = (end: number) => {
  const shared = new Shared()
  const memory = new Memory(shared, 'TSO', 1, COUNTERS)
  const values = growing<number>('a number', [0], tla.int)
  const cell = memory.threads.length
  const x = memory.scalar('x', values, 0, 'x')
  const locals = growing<number>('a number', [0], tla.int)
  const load: LazyNode = { label: 'load', frame: [0], op: own('load', () => x.read()) }
  const store = (value: number): Op =>
    own('store', () => {
      require(value < end, 'x may be larger')
      memory.access({ op: 'store', cell, value: values.indexOf(value) })
    })
  const lazy: LazyThread = {
    fields: ['r'],
    domains: [locals as unknown as Domain<unknown>],
    first: load,
    next: ({ label }, result) =>
      label === 'load'
        ? { label: 'store', frame: [locals.indexOf(Number(result))], op: store(Number(result) + 1) }
        : load,
  }
  const threads = COUNTERS.map(([, id]) => cpu(id, never))
  const machine = completed({ shared, threads, environment: memory.commits() })
  return { machine, lazy: [lazy, lazy], x, values, locals }
}

function* never(): Program {
  yield* ended('never')
}

/** The same as programs, which need to be told the domains. */
const countingPrograms = (end: number): Machine => {
  const shared = new Shared()
  const memory = new Memory(shared, 'TSO', 1, COUNTERS)
  const below = int(0, end - 1)
  const x = memory.scalar('x', below, 0, 'x')
  const threads = COUNTERS.map((id) =>
    thread<{ r: number }>({
      id,
      frame: { r: below },
      initial: { r: 0 },
      *program(f) {
        for (;;) {
          f.r = yield* x.load('load')
          if (f.r === end - 1) yield* ended('store')
          const next = f.r + 1
          f.r = next - 1
          yield* x.store('store', next)
          f.r = 0
        }
      },
    }),
  )
  return completed({ shared, threads, environment: memory.commits() })
}

describe('discover, where domains grow', () => {
  it('finds the values that two threads count up to, which no thread can know by itself', () => {
    const { machine, lazy, values } = counting(20)
    const found = discover(machine, lazy)
    const graph = explore(assemble(found.compiled), { edges: true })
    const plain = graphOf(countingPrograms(20))
    expect([found.complete, found.states]).toEqual([true, plain.count])
    expect(values.values).toHaveLength(20)
    expect(digestOf(graph)).toBe(digestOf(plain))
  })

  it('packs states again as often as fields get too narrow', () => {
    const { machine, lazy } = counting(400)
    const found = discover(machine, [at(lazy, 0), forever(own('idle', () => undefined))])
    // 0 is loaded and not loaded yet; the others besides in the buffer and visible
    expect(found.states).toBe(2 + 399 * 4)
    expect(explore(assemble(found.compiled)).count).toBe(2 + 399 * 4)
    expect(found.complete).toBe(true)
  })

  it('says which variable grows for ever, and does not take what it has for all', () => {
    const { machine, lazy } = counting(Infinity)
    const found = discover(machine, lazy, { values: 30 })
    expect([found.complete, found.stopped]).toEqual([false, { kind: 'values', what: 'x', cell: 2 }])
    const graph = explore(assemble(found.compiled), { edges: true })
    expect([graph.complete, graph.deadlock]).toEqual([false, undefined])
    expect(graph.count).toBeGreaterThan(30)
    expect(graph.count).toBeLessThanOrEqual(found.states)
  })

  it('says of which thread a local grows for ever, and at which label', () => {
    const numbers = growing<number>('a number', [0], tla.int)
    const op = own('turn', () => undefined)
    const turning: LazyThread = {
      fields: ['fixed', 'i'],
      domains: [int(0, 0) as unknown as Domain<unknown>, numbers as unknown as Domain<unknown>],
      first: { label: 'turn', frame: [0, 0], op },
      next: ({ frame }) => ({ label: 'turn', frame: [0, numbers.indexOf(at(frame, 1) + 1)], op }),
    }
    const machine = completed({ shared: new Shared(), threads: [cpu(0, never)] })
    expect(discover(machine, [turning], { nodes: 50 }).stopped).toEqual({
      kind: 'nodes',
      what: 'cpu0 at turn, local i',
      thread: 0,
      label: 'turn',
      field: 'i',
    })
  })

  it('is not complete where states or time run out, and what it then has is the beginning of the graph', () => {
    const whole = discover(...both(counting(20)))
    const few = discover(...both(counting(20)), { maxStates: 100 })
    expect([few.complete, few.stopped?.kind, few.states]).toEqual([false, 'states', 100])
    const late = discover(...both(counting(20)), { expired: () => true })
    expect([late.complete, late.stopped?.kind]).toEqual([false, 'time'])
    for (const { compiled } of [few, late]) {
      const part = explore(assemble(compiled), { edges: true })
      const all = explore(assemble(whole.compiled), { edges: true })
      expect([part.complete, part.deadlock]).toEqual([false, undefined])
      // the levels that are whole are those of the whole graph
      const { levels } = part
      expect(levels.slice(0, -2)).toEqual(all.levels.slice(0, levels.length - 2))
      expect(levels.length).toBeGreaterThan(3)
    }
  })

  it('lets no domain grow after it', () => {
    const { machine, lazy, x, values, locals } = counting(5)
    const { compiled } = discover(machine, lazy)
    expect([values.indexOf(4), values.indexOf(5), locals.indexOf(9)]).toEqual([4, -1, -1])
    expect(values.values).toHaveLength(5)
    const store = { thread: 0, get: () => 0, set: () => undefined, local: never }
    expect(
      problemOf(() => {
        compiled.machine.shared.with(store, () => {
          x.poke(5)
        })
      }).code,
    ).toBe('outside-domain')
  })

  it('keeps apart what the choices of one step read', () => {
    const shared = new Shared()
    const [a, b] = [shared.scalar('a', int(0, 2), 0), shared.scalar('b', int(0, 2), 0)]
    const either = (choice: unknown): void => {
      if (choice === 'a') a.set((b.get() + 1) % 3)
      else b.set((a.get() + 1) % 3)
    }
    const op = own('either', either, ['a', 'b'])
    const found = discover(completed({ shared, threads: [cpu(0, never)] }), [forever(op)])
    const graph = explore(assemble(found.compiled), { edges: true })
    // all but those in which both are 1 or both are 2; from each there are two steps
    expect([found.states, graph.count, graph.generated]).toEqual([7, 7, 15])
  })

  it('keeps of a step what is reached, not every combination of what it reads', () => {
    const shared = new Shared()
    const cells = ['a', 'b', 'c', 'd'].map((name) => shared.scalar(name, growing<number>('a number', [0], tla.int), 0))
    const op = own('all', () => {
      const values = cells.map((cell) => cell.get())
      require(new Set(values).size === 1 && at(values, 0) < 99, 'all are equal')
      for (const cell of cells) cell.set(at(values, 0) + 1)
    })
    const { compiled, states } = discover(completed({ shared, threads: [cpu(0, never)] }), [forever(op)])
    expect(states).toBe(100)
    const tree = at(at(compiled.automata, 0).nodes, 0).tree
    expect(leavesOf(tree).length).toBeLessThan(4 * 100 * 100)
    expect(leavesOf(tree).filter(({ outcomes }) => outcomes.length > 0)).toHaveLength(99)
  })

  it('has no branch on what has one value in the end: a barrier under SC is a step that does nothing', () => {
    const shared = new Shared()
    const memory = new Memory(shared, 'SC', 0, [['cpu', 0]])
    function* barrier(): Program {
      for (;;) yield* memory.smp_mb('smp_mb')
    }
    const machine = completed({ shared, threads: [cpu(0, barrier)] })
    const { automata } = discover(machine, replayedThreads(machine)).compiled
    expect(at(at(automata, 0).nodes, 0).tree).toEqual({ outcomes: [{ writes: [], result: undefined }], refusals: [] })
  })

  it('refuses a step that is no function of what it reads', () => {
    const shared = new Shared()
    const [a, b] = [shared.scalar('a', int(0, 1), 0), shared.scalar('b', int(0, 1), 0)]
    let turn = 0
    const op = own('fickle', () => {
      turn += 1
      if (turn === 1) a.set(1 - a.get())
      else a.set(b.get())
    })
    const machine = completed({ shared, threads: [cpu(0, never)] })
    expect(problemOf(() => discover(machine, [forever(op)])).code).toBe('step-not-deterministic')
  })

  it('tells thread and label of what a step throws', () => {
    const shared = new Shared()
    const a = shared.scalar('a', int(0, 1), 0)
    const machine = completed({ shared, threads: [cpu(0, never)] })
    const { code, message } = problemOf(() =>
      discover(machine, [
        forever(
          own('far', () => {
            a.set(7)
          }),
        ),
      ]),
    )
    expect([code, message]).toEqual(['outside-domain', expect.stringMatching(/^cpu0 at far: a would become 7/)])
  })

  it('is what compile() gives for a machine that asks for it, with the properties that this machine has', () => {
    const { machine, lazy } = counting(5)
    const { compiled } = discover(machine, lazy)
    const invariants = [{ name: 'NeverInv', instances: [{ name: '', occurs: () => true, holds: () => false }] }]
    const result = check({ ...machine, invariants, compiled: () => compiled })
    expect(result.properties).toEqual([{ name: 'NeverInv', kind: 'invariant', verdict: 'violated', vacuous: [] }])
    expect(result.states).toBe(explore(assemble(compiled)).count)
  })
})

const both = ({ machine, lazy }: ReturnType<typeof counting>): [Machine, readonly LazyThread[]] => [machine, lazy]

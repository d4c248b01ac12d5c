/** What every protocol is held to: its counts and cells, properties that bite, actions that are taken, random schedules. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile } from '../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../impl/lib/kernel/machine/tables.ts'
import type { Graph } from '../impl/lib/kernel/explore/graph.ts'
import { explore } from '../impl/lib/kernel/explore/explore.ts'
import { depthOf } from '../impl/lib/kernel/explore/graph.ts'
import { Interpreter } from '../impl/lib/kernel/language/interpret.ts'
import { checkLeadsTo } from '../impl/lib/kernel/explore/liveness.ts'
import { vacuityOf } from '../impl/lib/kernel/explore/vacuity.ts'
import { View } from '../impl/lib/tla/state-codec.ts'
import type { TlaValue } from '../impl/lib/kernel/language/value.ts'
import { tla } from '../impl/lib/kernel/language/value.ts'
import type { Model } from '../impl/lib/protocol/model.ts'
import { machineOf, sizeOf } from '../impl/lib/protocol/model.ts'
import { everydayShare, isCI } from './effort.ts'
import { loadModels } from './project.ts'

/** What differs from protocol to protocol. */
export interface SuiteOptions {
  /** number of actions of the machine, over all of its models */
  readonly actions: number
  /** actions that no model takes, because they mean that a thread has ended */
  readonly never?: readonly string[]
  /** properties that hold in no design: that is the finding */
  readonly hopeless?: readonly string[]
  /** properties that no design breaks, with the reason why they are there all the same */
  readonly unbroken?: readonly string[]
  /** instances of properties that say nothing in any fast model, with the reason */
  readonly silent?: readonly string[]
  /** models whose programs are run by a scheduler, against the explored graph */
  readonly scheduled: readonly string[]
}

/** A model of more states than this is looked at with larger buffers in a test of its own: that takes a minute each. */
const LARGE_STATES = 40_000

const graphOf = (model: Model): Graph => explore(assemble(compile(machineOf(model))), { edges: true })

const violatedIn = (graph: Graph): string[] => [
  ...graph.violations.keys(),
  ...(graph.deadlock === undefined ? [] : ['Deadlock']),
  ...graph.kernel.compiled.machine.liveness.filter((p) => checkLeadsTo(graph, p) !== undefined).map((p) => p.name),
]

/** Violated cells of a model, of those that it checks. */
const violatedCells = (model: Model, graph: Graph): string[] => {
  const checked = model.cells.map((c) => c.name)
  return violatedIn(graph)
    .filter((name) => checked.includes(name))
    .sort()
}

/** What the manifest expects to be violated. */
export const expectedCells = (model: Model): string[] =>
  model.cells
    .filter((c) => c.expected === 'violated')
    .map((c) => c.name)
    .sort()

/** Violated cells of a model with other constants than its own. */
export const violatedWith = (model: Model, other: Readonly<Record<string, TlaValue>>): string[] => {
  const constants = new Map([...model.cfg.constants, ...Object.entries(other)])
  return violatedCells(model, explore(assemble(compile(machineOf(model, constants))), { edges: true }))
}

/** ... with one slot more in each store buffer. */
const withSlotMore = (model: Model): string[] => {
  const slots = model.cfg.constants.get('StoreBufferSlots')
  if (slots?.kind !== 'int') throw new Error(`${model.name} has no StoreBufferSlots`)
  return violatedWith(model, { StoreBufferSlots: tla.int(slots.value + 1n) })
}

/** Is the step an edge of the graph? */
const isEdge = (graph: Graph, from: number, action: string, to: number): boolean => {
  const { edgeStart, edgeTarget, edgeStep, kernel } = graph
  for (let e = edgeStart?.[from] ?? 0; e < (edgeStart?.[from + 1] ?? 0); e++) {
    const step = kernel.steps[edgeStep?.[e] ?? 0]
    if (edgeTarget?.[e] === to && kernel.actions[step?.action ?? -1] === action) return true
  }
  return false
}

/** Runs the programs under schedules of fast-check; every step must be an edge of the explored graph. */
const scheduleAgainst = async (model: Model, graph: Graph): Promise<void> => {
  const view = new View(graph.kernel)
  const machine = machineOf(model)
  const indexOf = (run: Interpreter): number => {
    const encoded = view.encode(run.state())
    return 'words' in encoded ? graph.find(encoded.words) : -1
  }
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.infiniteStream(fc.nat()), async (scheduler, numbers) => {
      const run = new Interpreter(machine)
      const pick = (n: number): number => numbers.next().value % n
      let here = indexOf(run)
      expect(here).toBe(0)
      const take = (step: () => string | undefined) => (): Promise<void> => {
        const action = step()
        if (action !== undefined) {
          const next = indexOf(run)
          expect([action, isEdge(graph, here, action, next)]).toEqual([action, true])
          here = next
        }
        return Promise.resolve()
      }
      const sources = [
        ...machine.threads.map((_, t) => take(() => run.step(t, pick))),
        ...machine.environment.map((_, e) => take(() => run.environment(e))),
      ]
      const turns = sources.map(async (step) => {
        for (let turn = 0; turn < 25; turn++) await scheduler.schedule(Promise.resolve()).then(step)
      })
      await scheduler.waitFor(Promise.all(turns))
    }),
    { numRuns: isCI ? 60 : 20 },
  )
}

/** The suite of one protocol. */
export const protocolSuite = (protocol: string, options: SuiteOptions): void => {
  const models = loadModels().filter((m) => m.protocol.name === protocol)
  const fast = models.filter((m) => m.tags.includes('fast'))
  const buffered = fast.filter((m) => m.memory !== 'sc')
  const named = (list: readonly Model[]) => list.map((m) => [m.name, m] as const)
  /** how often each action was taken in each model that a test has explored already */
  const explored = new Map<Model, ReadonlyMap<string, number>>()
  const takenIn = (graph: Graph): ReadonlyMap<string, number> =>
    new Map(graph.kernel.actions.map((action, i) => [action, graph.taken[i] ?? 0]))

  describe(protocol, () => {
    it.each(named(fast))('%s: every cell and count as expected', (_name, model) => {
      const graph = graphOf(model)
      explored.set(model, takenIn(graph))
      expect({ distinctStates: graph.count, totalStates: graph.generated, stateDepth: depthOf(graph) }).toEqual(
        model.counts,
      )
      expect(violatedCells(model, graph)).toEqual(expectedCells(model))
      const silent = vacuityOf(graph)
      for (const { name, kind, expected, vacuous } of model.cells.filter((c) => c.kind !== 'deadlock')) {
        const instances = silent.get(name)
        expect([name, kind, [...(instances?.vacuous ?? [])].sort()]).toEqual([name, kind, vacuous])
        if (expected === 'vacuous') expect([name, instances?.all.length]).toEqual([name, vacuous.length])
        if (expected === 'holds') expect([name, vacuous.length]).not.toEqual([name, instances?.all.length])
      }
    })

    it('has no instance of a property that says nothing in every model', () => {
      const speaking = new Map<string, boolean>()
      for (const model of fast) {
        const { invariants, liveness } = machineOf(model)
        const instances = new Map([...invariants, ...liveness].map((p) => [p.name, p.instances.map((i) => i.name)]))
        for (const { name, vacuous } of model.cells)
          for (const instance of instances.get(name) ?? []) {
            const key = name + instance
            speaking.set(key, speaking.get(key) === true || !vacuous.includes(instance))
          }
      }
      expect([...speaking].filter(([, speaks]) => !speaks).map(([key]) => key)).toEqual(options.silent ?? [])
    })

    const slotMore = (which: readonly Model[]) => (): void => {
      for (const model of which) expect([model.name, withSlotMore(model)]).toEqual([model.name, expectedCells(model)])
    }
    const small = buffered.filter((m) => sizeOf(m) <= LARGE_STATES)
    const smallest = small.toSorted((a, b) => sizeOf(a) - sizeOf(b)).slice(0, 3)
    it.skipIf(buffered.length === 0)(
      'one slot more in the store buffers changes no verdict (in the three smallest models; in more in CI)',
      { timeout: 300_000 },
      slotMore(everydayShare(small, (m) => smallest.includes(m))),
    )
    const large = buffered.filter((m) => sizeOf(m) > LARGE_STATES)
    if (large.length > 0)
      it.runIf(isCI)(
        'one slot more changes no verdict of the largest models either (needs CI)',
        { timeout: 600_000 },
        slotMore(large),
      )

    it('has a design that breaks each property and one in which it holds', () => {
      for (const name of new Set(models.flatMap((m) => m.cells.map((c) => c.name)))) {
        const verdicts = new Set(models.flatMap((m) => m.cells.filter((c) => c.name === name).map((c) => c.expected)))
        expect([name, verdicts.has('violated')]).toEqual([name, options.unbroken?.includes(name) !== true])
        expect([name, verdicts.has('holds')]).toEqual([name, options.hopeless?.includes(name) !== true])
      }
    })

    it('takes every action in some model', () => {
      const taken = new Map<string, number>()
      for (const model of fast) {
        const own = explored.get(model) ?? takenIn(explore(assemble(compile(machineOf(model))), { invariants: false }))
        for (const [action, times] of own) taken.set(action, (taken.get(action) ?? 0) + times)
      }
      expect([...taken].filter(([, times]) => times === 0).map(([action]) => action)).toEqual(options.never ?? [])
      expect(taken.size).toBe(options.actions)
    })

    it.each(everydayShare(options.scheduled, (name) => name === options.scheduled[0]))(
      '%s: every step of a random schedule is an edge of the explored graph (one model every day, all in CI)',
      async (name) => {
        const model = models.find((m) => m.name === name)
        if (model === undefined) throw new Error(`no model ${name}`)
        await scheduleAgainst(model, graphOf(model))
      },
    )
  })
}

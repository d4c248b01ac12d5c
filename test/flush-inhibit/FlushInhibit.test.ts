import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assemble, compile } from '../../impl/lib/compile.ts'
import { depthOf, explore } from '../../impl/lib/explore.ts'
import { Interpreter } from '../../impl/lib/interpret.ts'
import { checkLeadsTo } from '../../impl/lib/liveness.ts'
import { View } from '../../impl/lib/view.ts'
import { loadModels, machineOf } from '../../scripts/lib/project.ts'

const models = loadModels().filter((m) => m.protocol.name === 'flush-inhibit')
const fast = models.filter((m) => m.tags.includes('fast'))

describe('flush-inhibit', () => {
  it.each(fast.map((m) => [m.name, m] as const))('%s: every cell and count as expected', (_name, model) => {
    const graph = explore(assemble(compile(machineOf(model))), { edges: true })
    expect({ states: graph.count, generated: graph.generated, depth: depthOf(graph) }).toEqual({
      states: model.distinctStates,
      generated: model.totalStates,
      depth: model.stateDepth,
    })
    const violated = [
      ...graph.violations.keys(),
      ...(graph.deadlock === undefined ? [] : ['Deadlock']),
      ...graph.kernel.compiled.machine.liveness.filter((p) => checkLeadsTo(graph, p) !== undefined).map((p) => p.name),
    ]
    const expected = model.cells.filter((c) => c.expected === 'violated').map((c) => c.name)
    expect(violated.sort()).toEqual(expected.sort())
  })

  it('has a design that breaks each property and one in which it holds', () => {
    const names = new Set(models.flatMap((m) => m.cells.map((c) => c.name)))
    for (const name of names) {
      const verdicts = new Set(models.flatMap((m) => m.cells.filter((c) => c.name === name).map((c) => c.expected)))
      expect([name, verdicts.has('violated')]).toEqual([name, true])
      // the literal claim of the patch text is false in every design: that is the finding
      if (name !== 'NoFlushHappensWhileInhibitedInv') expect([name, verdicts.has('holds')]).toEqual([name, true])
    }
  })

  it('takes every action in some model', () => {
    const taken = new Map<string, number>()
    for (const model of fast) {
      const graph = explore(assemble(compile(machineOf(model))), { invariants: false })
      graph.kernel.actions.forEach((action, i) => taken.set(action, (taken.get(action) ?? 0) + (graph.taken[i] ?? 0)))
    }
    expect(taken.size).toBe(31)
    expect([...taken].filter(([, times]) => times === 0)).toEqual([])
  })

  it.each([
    'flush-inhibit/posted.sc',
    'flush-inhibit/pending-event.sc',
    'flush-inhibit/reversed-clear.sc',
    'flush-inhibit/garbage-mask.sc',
  ])('%s: every step of a random schedule is an edge of the explored graph', async (name) => {
    const model = models.find((m) => m.name === name)
    if (model === undefined) throw new Error(`no model ${name}`)
    const graph = explore(assemble(compile(machineOf(model))), { edges: true })
    const view = new View(graph.kernel)
    const machine = machineOf(model)
    const indexOf = (run: Interpreter): number => {
      const encoded = view.encode(run.state())
      return 'words' in encoded ? graph.find(encoded.words) : -1
    }
    const isEdge = (from: number, action: string, to: number): boolean => {
      const { edgeStart, edgeTarget, edgeStep } = graph
      for (let e = edgeStart?.[from] ?? 0; e < (edgeStart?.[from + 1] ?? 0); e++) {
        const step = graph.kernel.steps[edgeStep?.[e] ?? 0]
        if (edgeTarget?.[e] === to && graph.kernel.actions[step?.action ?? -1] === action) return true
      }
      return false
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
            expect([action, isEdge(here, action, next)]).toEqual([action, true])
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
      { numRuns: 60 },
    )
  })
})

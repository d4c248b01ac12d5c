/** The building blocks in small protocols: as the kernel has them they hold, without a barrier or a rule they do not. */

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../../impl/lib/kernel/explore/explore.ts'
import type { Graph } from '../../../impl/lib/kernel/explore/graph.ts'
import { checkLeadsTo } from '../../../impl/lib/kernel/explore/liveness.ts'
import { vacuityOf } from '../../../impl/lib/kernel/explore/vacuity.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { proveModel } from '../../../scripts/engines/proof.ts'
import { findToolchain } from '../../../scripts/engines/tlc.ts'
import { findWorkspace } from '../../../scripts/workspace/config.ts'
import { openProject } from '../../../scripts/workspace/project.ts'
import { everydayShare, isCI, isFull } from '../../effort.ts'

const workspace = findWorkspace(fileURLToPath(new URL('../../fixtures/blocks', import.meta.url)))
const { protocols, modelsOf, broken } = await openProject(workspace)
const toolchain = await findToolchain().catch(() => undefined)

const graphs = new Map<Model, Graph>()

const graphOf = (model: Model): Graph => {
  const graph = graphs.get(model) ?? explore(assemble(compile(machineOf(model))), { edges: true })
  graphs.set(model, graph)
  return graph
}

const violatedIn = (graph: Graph): string[] =>
  [
    ...graph.violations.keys(),
    ...graph.kernel.compiled.machine.liveness.filter((p) => checkLeadsTo(graph, p) !== undefined).map((p) => p.name),
  ].sort()

const withSlotMore = (model: Model): Graph => {
  const slots = model.cfg.constants.get('StoreBufferSlots')
  if (slots?.kind !== 'int') throw new Error(`${model.name} has no StoreBufferSlots`)
  const constants = new Map([...model.cfg.constants, ['StoreBufferSlots', tla.int(slots.value + 1n)] as const])
  return explore(assemble(compile(machineOf(model, constants))), { edges: true })
}

const expected = (model: Model): string[] =>
  model.cells
    .filter((cell) => cell.expected === 'violated')
    .map((cell) => cell.name)
    .sort()

const named = (models: readonly Model[]) => models.map((model) => [model.name, model] as const)

/** Labels of steps: where a thread has ended there is a label and no step. */
const actionsOf = ({ kernel }: Graph): string[] =>
  kernel.actions.filter((action) => kernel.steps.some((step) => kernel.actions[step.action] === action))

it('the protocols of the blocks can be used', () => {
  expect(broken).toEqual([])
  expect(protocols.length).toBeGreaterThan(0)
})

describe.each(protocols.map((protocol) => [protocol.name, modelsOf(protocol)] as const))('%s', (name, models) => {
  it.each(named(models))('%s: every cell as expected, and none that says nothing', (_name, model) => {
    const graph = graphOf(model)
    expect(model.cells.filter((cell) => cell.expected === undefined)).toEqual([])
    expect(violatedIn(graph)).toEqual(expected(model))
    const silent = [...vacuityOf(graph)].filter(([, { vacuous }]) => vacuous.length > 0).map(([name]) => name)
    const vacuous = model.cells.filter((cell) => cell.expected === 'vacuous').map((cell) => cell.name)
    expect(silent.sort()).toEqual(vacuous.sort())
  })

  it('each property holds in some design, and is broken in some', () => {
    for (const name of new Set(models.flatMap((model) => model.cells.map((cell) => cell.name)))) {
      const verdicts = models.flatMap((model) => model.cells.filter((c) => c.name === name).map((c) => c.expected))
      expect([name, verdicts.includes('violated'), verdicts.includes('holds')]).toEqual([name, true, true])
    }
  })

  it('every action is taken in some model', () => {
    const all = new Set<string>()
    const taken = new Set<string>()
    for (const graph of models.map(graphOf))
      for (const action of actionsOf(graph)) {
        all.add(action)
        if ((graph.taken[graph.kernel.actions.indexOf(action)] ?? 0) > 0) taken.add(action)
      }
    expect([...all].filter((action) => !taken.has(action))).toEqual([])
  })

  const buffered = models.filter((model) => model.memory !== 'sc')
  const larger = buffered.length === 0 ? [] : everydayShare(buffered, (model) => model === buffered[0])
  it.each(named(larger))(
    '%s: one slot more in the store buffers changes no verdict (one model; all in CI)',
    (_name, model) => {
      expect(violatedIn(withSlotMore(model))).toEqual(expected(model))
    },
  )

  const RANK = ['sc', 'tso', 'pso']
  const isLast = ({ design, memory }: Model): boolean =>
    !models.some((other) => other.design === design && RANK.indexOf(other.memory) > RANK.indexOf(memory))
  const proven = everydayShare(models, (model) => model === models[0]).filter(
    // of each design under the memory model with the most behaviours, and the first as it is
    (model) => isFull || model === models[0] || isLast(model),
  )
  // every day of two protocols only
  it.skipIf(toolchain === undefined || (!isCI && !['mutex', 'rcu'].includes(name))).each(named(proven))(
    '%s: the machine is equal to the specification (needs Java and, but for two protocols, CI; one model; in CI one of each design, all if asked)',
    async (_name, model) => {
      if (toolchain === undefined) throw new Error('needs Java')
      const { comparison } = await proveModel(model, toolchain, { timeout: 300 })
      expect(comparison.equal).toBe(true)
    },
  )
})

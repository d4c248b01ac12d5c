/** Ten races of public kernel histories, each a protocol of a workspace that is not ours: found with the fault, gone with the fix. */

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { checkGraph, graphOf } from '../../impl/lib/check/explorer.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { depthOf } from '../../impl/lib/kernel/explore/graph.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { checkLeadsTo } from '../../impl/lib/kernel/explore/liveness.ts'
import { proveModel } from '../../scripts/engines/proof.ts'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { findWorkspace } from '../../scripts/workspace/config.ts'
import { openProject } from '../../scripts/workspace/project.ts'
import { everydayShare } from '../effort.ts'

const directory = fileURLToPath(new URL('../fixtures/races', import.meta.url))
const project = await openProject(findWorkspace(undefined, directory))
const toolchain = await findToolchain().catch(() => undefined)

const explored = new Map<Model, Graph>()
const graphFor = (model: Model): Graph => {
  const graph = explored.get(model) ?? graphOf(model, { until: Infinity })
  explored.set(model, graph)
  return graph
}

/** Verdicts of the explorer, by property. */
const verdictsOf = (model: Model): Record<string, string> =>
  Object.fromEntries([...checkGraph(model, graphFor(model), 0).cells].map(([name, { verdict }]) => [name, verdict]))

const violatedIn = (model: Model): string[] =>
  Object.entries(verdictsOf(model)).flatMap(([name, verdict]) => (verdict === 'violated' ? [name] : []))

/** What is violated with a slot more in the store buffers. */
const violatedWithSlotMore = (model: Model): string[] => {
  const slots = model.cfg.constants.get('StoreBufferSlots')
  if (slots?.kind !== 'int') throw new TypeError(`${model.name} has no StoreBufferSlots`)
  const constants = new Map([...model.cfg.constants, ['StoreBufferSlots', tla.int(slots.value + 1n)] as const])
  const graph = explore(assemble(compile(machineOf(model, constants))), { edges: true })
  const { liveness } = graph.kernel.compiled.machine
  return [
    ...graph.violations.keys(),
    ...liveness.filter((p) => checkLeadsTo(graph, p) !== undefined).map((p) => p.name),
  ]
}

const named = (models: readonly Model[]) => models.map((model) => [model.name, model] as const)

/** Rows of the README's table by the name of the protocol. */
const rows = new Map(
  readFileSync(`${directory}/README.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ['))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, link = '', commit = '', fault = '', fix = '', violated = '', holds = '']) => [
      /^\[(.*?)\]/.exec(link)?.[1],
      { commit, fault, fix, violated, holds },
    ]),
)

describe('the races', () => {
  it('are ten protocols of one workspace, none of which is broken', () => {
    expect(project.workspace?.root).toBe(directory)
    expect(project.broken).toEqual([])
    expect(project.protocols).toHaveLength(10)
    expect([...rows.keys()].sort()).toEqual(project.protocols.map(({ name }) => name).sort())
  })

  it.each(named(project.models))('%s: verdicts and counts as declared', (_name, model) => {
    const expected = Object.fromEntries(model.cells.map(({ name, expected }) => [name, expected]))
    expect(verdictsOf(model)).toEqual(expected)
    const graph = graphFor(model)
    expect({ distinctStates: graph.count, totalStates: graph.generated, stateDepth: depthOf(graph) }).toEqual(
      model.counts,
    )
  })

  const buffered = project.models.filter(({ memory }) => memory !== 'sc')
  const share = everydayShare(buffered, ({ name }) => !name.startsWith('mmu-notifier-retry/fixed'))
  it.each(named(share))(
    '%s: one slot more in the store buffers changes no verdict (but for the largest, all every day; all in CI)',
    (_name, model) => {
      expect(violatedWithSlotMore(model).sort()).toEqual(violatedIn(model).sort())
    },
  )

  describe.each(project.protocols.map((protocol) => [protocol.name, protocol] as const))('%s', (name, protocol) => {
    const models = project.modelsOf(protocol)

    it('is found as it was posted, and gone with the fix, under the same memory model', () => {
      const broken = models.filter((model) => model.design === 'posted' && violatedIn(model).length > 0)
      expect(broken).not.toEqual([])
      for (const { memory } of broken) {
        const fixed = models.find((model) => model.design === 'fixed' && model.memory === memory)
        expect([memory, fixed === undefined ? 'no model' : violatedIn(fixed)]).toEqual([memory, []])
      }
    })

    it('has no property that no model breaks', () => {
      const properties = new Set(models.flatMap(({ cells }) => cells.map((cell) => cell.name)))
      expect(new Set(models.flatMap(violatedIn))).toEqual(properties)
    })

    it('takes each action in some model', () => {
      const taken = new Map<string, number>()
      for (const model of models) {
        const { kernel, taken: times } = graphFor(model)
        const steps = new Set(kernel.steps.map(({ action }) => action))
        // where a thread has ended there is a label and no step
        for (const [i, action] of kernel.actions.entries())
          if (steps.has(i)) taken.set(action, (taken.get(action) ?? 0) + (times[i] ?? 0))
      }
      expect([...taken].filter(([, times]) => times === 0)).toEqual([])
      expect(taken.size).toBeGreaterThan(0)
    })

    it('has a row in the README that says what is found', () => {
      const row = rows.get(name)
      const cell = (model: Model): string => {
        const violated = violatedIn(model)
        return violated.length === 0 ? model.stem : `${model.stem} (${violated.join(', ')})`
      }
      const list = (isBroken: boolean): string =>
        models
          .filter((model) => violatedIn(model).length > 0 === isBroken)
          .map(cell)
          .join('; ')
      expect({ violated: row?.violated, holds: row?.holds }).toEqual({ violated: list(true), holds: list(false) })
      const [, subject = ''] = /“(.*)”/.exec(row?.commit ?? '') ?? []
      expect(subject).not.toBe('')
      const header = readFileSync(protocol.home.entry, 'utf8').split('*/', 1)[0] ?? ''
      const text = header.replace(/\s*\n \*\s*/g, ' ')
      expect([name, text.includes(`"${subject}"`)]).toEqual([name, true])
      const [hash = ''] = /^[0-9a-f]{12}/.exec(row?.commit ?? '') ?? []
      expect([name, text.includes(hash)]).toEqual([name, true])
    })
  })

  const proven = everydayShare(project.models, ({ name }) => name === 'sti-hlt/posted.sc')
  it.skipIf(toolchain === undefined).each(named(proven))(
    '%s: the machine is equal to its specification (one model; all in CI; needs Java)',
    async (_name, model) => {
      if (toolchain === undefined) throw new TypeError('no toolchain')
      const { comparison } = await proveModel(model, toolchain, { timeout: 120 })
      expect([model.name, comparison.equal]).toEqual([model.name, true])
    },
  )
})

/** What is claimed of a lasso: the explorer's own are counterexamples, and are none any more where their cycle is changed. */

import { describe, expect, it } from 'vitest'
import { whyNotBroken } from '../../../impl/lib/behaviour/breaks.ts'
import type { Going } from '../../../impl/lib/behaviour/breaks.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { Graph } from '../../../impl/lib/kernel/explore/graph.ts'
import { explore } from '../../../impl/lib/kernel/explore/explore.ts'
import { checkLeadsTo } from '../../../impl/lib/kernel/explore/liveness.ts'
import type { LeadsTo } from '../../../impl/lib/kernel/language/machine.ts'
import { machineOf, sizeOf } from '../../../impl/lib/protocol/model.ts'
import { everydayShare } from '../../effort.ts'
import { loadModels } from '../../project.ts'

/** Every day a small one of each protocol. */
const SMALL = 2000

const models = loadModels().filter(
  (m) => sizeOf(m) < 30_000 && m.cells.some(({ kind, expected }) => kind === 'liveness' && expected === 'violated'),
)
const share = everydayShare(models, (m) => sizeOf(m) < SMALL)

interface Claim {
  readonly graph: Graph
  readonly property: LeadsTo
  readonly going: Going
}

const claimsOf = (name: string): Claim[] => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new RangeError(name)
  const graph = explore(assemble(compile(machineOf(model))), { edges: true })
  const { kernel } = graph
  return kernel.compiled.machine.liveness.flatMap((property) => {
    const lasso = checkLeadsTo(graph, property)
    if (lasso === undefined) return []
    const actions = lasso.path.map(({ step }) => kernel.actions[kernel.steps[step]?.action ?? -1])
    return [{ graph, property, going: { states: lasso.path.map(({ state }) => state), actions, loop: lasso.loop } }]
  })
}

describe.each(share.map(({ name }) => name))('%s (small models; larger ones in CI)', (name) => {
  const claims = claimsOf(name)

  it('breaks what the explorer says that it breaks', () => {
    expect(claims).not.toEqual([])
    for (const { graph, property, going } of claims)
      expect(whyNotBroken(graph, property, going), property.name).toBeUndefined()
  })

  it('does not where it stops in the middle of what is fair', () => {
    for (const { graph, property, going } of claims) {
      // before the first state from which something is due at the latest
      const stopped = { states: going.states.slice(0, 1), actions: going.actions.slice(0, 1), loop: 0 }
      expect(whyNotBroken(graph, property, stopped), property.name).toBeTypeOf('string')
    }
  })
})

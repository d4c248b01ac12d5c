/** What the other designs of a model's protocol can do. */

import { compile } from '../kernel/machine/compile.ts'
import { assemble } from '../kernel/machine/tables.ts'
import type { Elsewhere } from './decode.ts'
import { resultText } from './returns.ts'
import type { Model } from '../protocol/model.ts'
import type { Project } from '../protocol/project.ts'
import type { Protocol } from '../protocol/protocol.ts'
import { machineOf } from '../protocol/model.ts'
import { designsOf } from './any-design.ts'

/** Per protocol, what its designs return: `ACTION RESULT`. */
const known = new WeakMap<Protocol, ReadonlySet<string>>()

/** One small model of each design is enough: what a step returns does not depend on how memory is ordered. */
const returnsOf = (protocol: Protocol, project: Project): ReadonlySet<string> => {
  const before = known.get(protocol)
  if (before !== undefined) return before
  const all = new Set<string>()
  const designs = new Set<string>()
  for (const [model] of designsOf(project.models, protocol.name)) {
    if (model === undefined || designs.has(model.design)) continue
    designs.add(model.design)
    const { steps, actions } = assemble(compile(machineOf(model)))
    for (const { action, result } of steps) {
      const text = resultText(result)
      if (text !== undefined) all.add(`${actions[action] ?? ''} ${text}`)
    }
  }
  known.set(protocol, all)
  return all
}

/**
 * What other designs have, among all models of the project; their machines are made only when a log has a result that the
 * model cannot have.
 */
export const elsewhere = ({ protocol }: Model, project: Project): Elsewhere => ({
  hasAction: (action) => Object.hasOwn(protocol.docs.actions, action),
  returns: (action, text) => returnsOf(protocol, project).has(`${action} ${text}`),
})

/** What the other designs of a model's protocol can do. */

import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import type { Elsewhere } from '../../impl/lib/validate/decode.ts'
import { resultText } from '../../impl/lib/validate/returns.ts'
import type { Model } from '../lib/project.ts'
import { machineOf } from '../lib/project.ts'
import { designsOf } from './any.ts'

/** Per protocol, what its designs return: `ACTION RESULT`. */
const known = new Map<string, ReadonlySet<string>>()

/** One small model of each design is enough: what a step returns does not depend on how memory is ordered. */
const returnsOf = (protocol: string): ReadonlySet<string> => {
  const before = known.get(protocol)
  if (before !== undefined) return before
  const all = new Set<string>()
  const designs = new Set<string>()
  for (const [model] of designsOf(protocol)) {
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

/** What other designs have; their machines are made only when a log has a result that the model cannot have. */
export const elsewhere = ({ protocol }: Model): Elsewhere => ({
  hasAction: (action) => Object.hasOwn(protocol.docs.actions, action),
  returns: (action, text) => returnsOf(protocol.name).has(`${action} ${text}`),
})

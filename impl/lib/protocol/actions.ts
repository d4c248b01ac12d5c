/** The actions of a protocol: the labels of the steps that its machines have, over all of its models. */

import { compile } from '../kernel/machine/compile.ts'
import { machineOf } from './model.ts'
import type { Project } from './project.ts'
import type { HousedProtocol } from './protocol.ts'

/** Where the models of protocols are found. */
export type ModelSource = Pick<Project, 'modelsOf'>

const known = new WeakMap<HousedProtocol, ReadonlySet<string>>()

const labelsOf = (protocol: HousedProtocol, { modelsOf }: ModelSource): ReadonlySet<string> =>
  new Set(
    modelsOf(protocol).flatMap((model) => {
      const { machine, automata } = compile(machineOf(model))
      return [
        ...automata.flatMap(({ nodes }) => nodes.map(({ label }) => label)),
        ...machine.environment.map(({ label }) => label),
      ]
    }),
  )

/**
 * The actions of a protocol. Somebody else's needs no docs, and those that it has need not be whole: its machines are asked, once.
 * Ours say all of theirs, which a test holds to the specifications; to compile every model of one takes seconds.
 */
export const actionsOf = (protocol: HousedProtocol, source: ModelSource): ReadonlySet<string> => {
  const before = known.get(protocol)
  if (before !== undefined) return before
  const actions = protocol.home.builtin ? new Set(Object.keys(protocol.docs.actions)) : labelsOf(protocol, source)
  known.set(protocol, actions)
  return actions
}

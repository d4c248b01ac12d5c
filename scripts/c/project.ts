/** A project that has C files: their protocols are what a command works on, and all others are there by name. */

import type { MemoryName } from '../../impl/lib/c/protocol/protocol.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import type { COptions, OpenedC } from './open.ts'
import { openC } from './open.ts'
import { specifiedC } from './specification.ts'

/** How a command says what it is about. */
export interface Asking extends COptions {
  readonly targets: readonly string[]
  /** only models under it; `all`: those under PSO too */
  readonly memory?: MemoryName | 'all' | undefined
}

const tagged = (models: readonly Model[], memory: Asking['memory']): readonly Model[] => {
  if (memory === undefined) return models
  const meant = memory === 'all' ? models : models.filter((model) => model.memory === memory)
  return meant.map((model) => ({ ...model, tags: ['fast', 'full'] }))
}

/** The project of a command that names C files; `others` is opened where it names something else too. */
export const projectWithC = async (asking: Asking, others: () => Promise<Project>): Promise<Project> => {
  const files = [...new Set(asking.targets.flatMap((target) => cFileIn(target) ?? []))]
  const base = asking.targets.every((target) => cFileIn(target) !== undefined) ? undefined : await others()
  const opened: OpenedC[] = []
  for (const file of files) opened.push(await openC(file, asking))
  const models = new Map(opened.map((c) => [c.protocol, tagged(c.models, asking.memory)]))
  const protocols = opened.map(({ protocol }) => protocol)
  const modelsOf = (protocol: HousedProtocol): readonly Model[] =>
    models.get(protocol) ?? base?.modelsOf(protocol) ?? []
  const own = protocols.flatMap(modelsOf)
  return {
    workspace: base?.workspace,
    protocols,
    builtin: [...(base?.protocols ?? []), ...(base?.builtin ?? [])],
    shadowed: [],
    broken: base?.broken ?? [],
    named: (name) => protocols.find((protocol) => protocol.name === name) ?? base?.named(name),
    modelsOf,
    models: own,
    specified: (model, name) => {
      const own = opened.find(({ protocol }) => protocol === model.protocol)
      return own === undefined ? model : specifiedC(own, model, name)
    },
    modelsFor: (targets) => {
      const rest = targets.filter((target) => cFileIn(target) === undefined)
      const meant = targets.flatMap((target) => cFileIn(target) ?? [])
      return [
        ...own.filter(({ protocol }) => meant.includes(protocol.name)),
        ...(rest.length === 0 ? [] : (base?.modelsFor(rest) ?? [])),
      ]
    },
  }
}

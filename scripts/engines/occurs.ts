/**
 * What the properties of a model speak of, for the engines that run on its specification: `FooOccurs` where the specification
 * defines it. Where it does not, the machine alone says which instances say nothing, so that no engine's pass is an empty one.
 */

import { graphOf, requireComplete, untilOf } from '../../impl/lib/check/explorer.ts'
import type { Subject } from '../../impl/lib/check/subjects.ts'
import { occursOf, subjectsOfModel } from '../../impl/lib/check/subjects.ts'
import type { Instances } from '../../impl/lib/kernel/explore/vacuity.ts'
import { vacuityOf } from '../../impl/lib/kernel/explore/vacuity.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { isSpecifiedKind } from '../../impl/lib/protocol/model.ts'
import { namesIn, occursFile, specFiles } from '../workspace/spec-files.ts'

/** Properties of which the specification says what they speak of. */
const statedProperties = (model: Model): ReadonlySet<string> => {
  const occurs = occursFile(model.protocol)
  const { definitions } = namesIn([...specFiles(model.protocol), ...(occurs === undefined ? [] : [occurs])])
  return new Set(model.cells.map(({ name }) => name).filter((name) => definitions.has(occursOf(name))))
}

/** The instances of the properties of which the specification says what they speak of. */
export const statedSubjects = (model: Model): Subject[] => {
  const { builtin } = model.protocol.home
  const alone = new Set(model.cells.filter(({ kind }) => !isSpecifiedKind(kind)).map(({ name }) => name))
  const subjects = subjectsOfModel(model).filter(({ property }) => !alone.has(property))
  if (builtin) return subjects
  const stated = statedProperties(model)
  return subjects.filter(({ property }) => stated.has(property))
}

/** The cells of which only the machine says what they speak of. */
const unstated = (model: Model): readonly string[] => {
  if (model.protocol.home.builtin) return []
  const stated = statedProperties(model)
  return model.cells.flatMap(({ name, kind }) =>
    kind === 'deadlock' || !isSpecifiedKind(kind) || stated.has(name) ? [] : [name],
  )
}

/** Does the specification say of every property what it speaks of? */
export const isStated = (model: Model): boolean => unstated(model).length === 0

/** What the machine says of the other properties. */
export const vacuityOfMachine = (
  model: Model,
  { timeout }: { readonly timeout: number },
): ReadonlyMap<string, Instances> => {
  const left = unstated(model)
  if (left.length === 0) return new Map()
  const graph = requireComplete(graphOf(model, { edges: false, invariants: false, until: untilOf({ timeout }) }), model)
  const vacuity = vacuityOf(graph)
  return new Map(
    left.flatMap((name): [string, Instances][] => {
      const instances = vacuity.get(name)
      return instances === undefined ? [] : [[name, instances]]
    }),
  )
}

/** What a name on the command line means: a protocol, a design, a model, a glob, or a property. */

import type { Problem } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import { near } from '../text/near.ts'
import { isGlob, matchesGlob } from './glob.ts'
import type { Model } from './model.ts'
import type { HousedProtocol } from './protocol.ts'

/** A name as the READMEs have it, without its ending, or with it. */
const ENDINGS = ['', 'Inv', 'Prop'] as const

/**
 * The property that a name means: `NoLostEventInv`, or `NoLostEvent` as the tables have it.
 * @throws LockstepError (exit 2) `unknown-property`; `owner` is what has no such property
 */
export const propertyNamed = (wanted: string, known: readonly string[], owner: string): string => {
  const found = ENDINGS.map((ending) => `${wanted}${ending}`).find((name) => known.includes(name))
  if (found !== undefined) return found
  const candidates = near(wanted, known)
  const all = `it has ${known.join(', ')}`
  throw badInput({
    code: 'unknown-property',
    message: `${owner} has no property ${JSON.stringify(wanted)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}? ${all}` : all,
  })
}

const designName = (m: Model): string => `${m.protocol.name}/${m.design}`

/** All models that a target names, whatever their tags, and whether it is the name of one. */
const namedBy = (models: readonly Model[], target: string): { readonly exact: boolean; readonly all: Model[] } => {
  const exact = models.filter((m) => m.name === target)
  const design = models.filter((m) => designName(m) === target)
  const protocol = models.filter((m) => m.protocol.name === target)
  const glob = isGlob(target) ? models.filter((m) => matchesGlob(target, m.name)) : []
  const all = [exact, design, protocol, glob].find((list) => list.length > 0)
  if (all !== undefined) return { exact: exact.length > 0, all }
  const known = [...new Set(models.flatMap((m) => [m.name, designName(m), m.protocol.name]))]
  const candidates = near(target, known)
  throw badInput({
    code: 'unknown-target',
    message: `no model, design or protocol is called ${JSON.stringify(target)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : '`lockstep list` shows them all',
  })
}

const isFast = (m: Model): boolean => m.tags.includes('fast')

/** Those of the tag; where none was asked for those tagged `fast`, or all of a target that has none of these. */
const narrowed = (all: readonly Model[], tag: 'fast' | 'full' | undefined, target: string): readonly Model[] => {
  if (tag === 'full') return all
  const fast = all.filter(isFast)
  if (fast.length > 0) return fast
  if (tag === undefined) return all
  throw badInput({
    code: 'no-such-tag',
    message: `${target} has no model tagged fast`,
    hint: `--tag full takes ${all.map((m) => m.name).join(', ')}`,
  })
}

/**
 * The models that targets name: a protocol, a design (`flush-inhibit/no-srcu`), a model, or a glob over model names.
 * Without targets all models tagged `tag`; a protocol, design or glob is narrowed by the tag too, and without one to what
 * is tagged `fast` if anything is. A model named in full is not.
 */
export const selectModels = (
  models: readonly Model[],
  targets: readonly string[],
  tag: 'fast' | 'full' | undefined,
): Model[] => {
  if (models.length === 0) {
    throw badInput({
      code: 'no-models',
      message: 'there are no models: the workspace names no protocol',
      hint: '`lockstep new NAME` makes one; ours are there by name: `lockstep list --builtin`',
    })
  }
  const chosen = new Set<Model>()
  for (const target of targets.length === 0 ? ['*'] : targets) {
    const { exact, all } = namedBy(models, target)
    for (const model of exact ? all : narrowed(all, tag, target)) chosen.add(model)
  }
  return models.filter((m) => chosen.has(m))
}

/** What a target names: the models that are meant, and those of it that its tag leaves out. */
export const targetModels = (
  models: readonly Model[],
  target: string,
): { readonly meant: readonly Model[]; readonly left: readonly Model[] } => {
  const meant = selectModels(models, [target], undefined)
  return { meant, left: namedBy(models, target).all.filter((m) => !meant.includes(m)) }
}

/** The only one of those that a target names. */
const onlyOf = <T>([first, ...others]: readonly T[], several: Problem): T => {
  if (first === undefined) throw new RangeError('a target selects at least one model')
  if (others.length > 0) throw badInput(several)
  return first
}

/**
 * The one model that a command works on: a model, or a design, protocol or glob that means one only. `otherwise` is what
 * else can be done with several.
 * @throws LockstepError (exit 2) `several-models` if it means several: an answer for one of them is none for the others
 */
export const oneModel = (models: readonly Model[], target: string, otherwise?: string): Model => {
  const { meant } = targetModels(models, target)
  return onlyOf(meant, {
    code: 'several-models',
    message: `${target} is ${meant.length} models, and this is about one`,
    hint: `name one of ${meant.map((m) => m.name).join(', ')}${otherwise === undefined ? '' : `; or ${otherwise}`}`,
  })
}

/** The protocol of a target. */
export const protocolOf = (models: readonly Model[], target: string): HousedProtocol => {
  const protocols = [...new Set(selectModels(models, [target], undefined).map((m) => m.protocol))]
  return onlyOf(protocols, {
    code: 'several-protocols',
    message: `${target} is models of several protocols`,
    hint: `name one of ${protocols.map(({ name }) => name).join(', ')}`,
  })
}

/** The models that an ablation starts from, with their toggles switched as a subset says. */

import type { Subset } from './subsets.ts'
import { hasToggle } from './subsets.ts'
import { badInput } from '../kernel/error.ts'
import type { AblationBase, Protocol } from '../protocol/protocol.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { tla } from '../kernel/language/value.ts'
import type { Cell, Model } from '../protocol/model.ts'

/** A memory model as the command line and the manifests name it. */
type MemoryName = Model['memory']

/** A model to ablate. */
export interface Base {
  readonly model: Model
  readonly gloss: string
  /** constants that differ from the model's cfg */
  readonly overrides: Readonly<Record<string, TlaValue>>
}

const MEMORY = 'Memory'
const SLOTS = 'StoreBufferSlots'

/** Room that a store buffer gets where no model of the protocol says how much. */
const DEFAULT_SLOTS = 2n

const numberIn = ({ cfg }: Model, name: string): bigint => {
  const value = cfg.constants.get(name)
  return value?.kind === 'int' ? value.value : 0n
}

/**
 * Room in a store buffer under another memory model: with the none that a model under SC may have, no store would ever be
 * made and everything would hold.
 */
const slotsOverride = (model: Model, models: readonly Model[], memory: MemoryName): Record<string, TlaValue> => {
  if (memory === 'sc' || !model.cfg.constants.has(SLOTS) || numberIn(model, SLOTS) > 0n) return {}
  const alike = models.filter((m) => m.protocol === model.protocol && m.memory === memory)
  const most = alike.map((m) => numberIn(m, SLOTS)).reduce((a, b) => (a > b ? a : b), 0n)
  return { [SLOTS]: tla.int(most > 0n ? most : DEFAULT_SLOTS) }
}

/** What `--memory` overrides in a model. */
const memoryOverride = (
  model: Model,
  models: readonly Model[],
  memory: MemoryName | undefined,
): Record<string, TlaValue> => {
  if (memory === undefined || memory === model.memory) return {}
  if (!model.cfg.constants.has(MEMORY)) {
    throw badInput({
      code: 'no-memory-models',
      message: `${model.protocol.name} has no constant ${MEMORY}: its memory is ${model.memory}`,
      hint: `leave --memory out, or say --memory ${model.memory}`,
    })
  }
  return { [MEMORY]: tla.str(memory.toUpperCase()), ...slotsOverride(model, models, memory) }
}

const baseOf = (
  protocol: Protocol,
  models: readonly Model[],
  { model: stem, overrides = {}, gloss }: AblationBase,
  memory: MemoryName | undefined,
): Base => {
  const model = models.find((m) => m.name === `${protocol.name}/${stem}`)
  if (model === undefined) throw new RangeError(`${protocol.name} ablates ${stem}, which is no model of it`)
  const own = { ...overrides, ...memoryOverride(model, models, memory) }
  const absent = Object.keys(own).find((name) => !model.cfg.constants.has(name))
  if (absent !== undefined) throw new RangeError(`${model.name} has no constant ${absent} to override`)
  return {
    model: memory === undefined ? model : { ...model, memory },
    gloss,
    overrides: own,
  }
}

/** The toggles of a protocol that are ablated: bit i of a subset is the i-th of these. */
export const ablatedToggles = ({ toggles, notAblated }: Pick<Protocol, 'toggles' | 'notAblated'>): readonly string[] =>
  toggles.filter((name) => notAblated[name] === undefined)

/**
 * What a protocol that does not say itself is ablated in: its first design under each memory model and in each size of it
 * that is tagged fast. The toggles of the design do not matter, all their subsets are tried.
 */
const ablationOf = (protocol: Protocol, models: readonly Model[]): readonly AblationBase[] => {
  if (protocol.ablation.length > 0 || protocol.models === undefined) return protocol.ablation
  const [first] = models
  return models
    .filter((m) => m.design === first?.design && m.tags.includes('fast'))
    .map(({ stem }) => ({ model: stem, gloss: `as ${stem} but for its toggles` }))
}

/** The bases of a protocol. */
export const basesOf = (protocol: Protocol, models: readonly Model[], memory: MemoryName | undefined): Base[] =>
  ablationOf(protocol, models).map((base) => baseOf(protocol, models, base, memory))

/** The properties that a protocol's bases check, in their order; each is decided in every base. */
export const cellsOfBases = (bases: readonly Base[]): readonly Cell[] => [
  ...new Map(bases.flatMap(({ model }) => model.cells.map((cell) => [cell.name, cell] as const))).values(),
]

/** Constants with the toggles of a subset TRUE and the others FALSE. */
export const switchedTo = (
  constants: Iterable<readonly [string, TlaValue]>,
  toggles: readonly string[],
  subset: Subset,
): ReadonlyMap<string, TlaValue> =>
  new Map([...constants, ...toggles.map((name, i) => [name, tla.bool(hasToggle(subset, i))] as const)])

/** The constants of a base with the toggles of a subset. */
export const constantsOf = (
  { model, overrides }: Pick<Base, 'model' | 'overrides'>,
  subset: Subset,
): ReadonlyMap<string, TlaValue> =>
  switchedTo([...model.cfg.constants, ...Object.entries(overrides)], ablatedToggles(model.protocol), subset)

/** The subset that a model's own cfg is. */
export const subsetOf = ({ cfg, protocol }: Pick<Model, 'cfg' | 'protocol'>): Subset =>
  ablatedToggles(protocol).reduce((subset, toggle, i) => {
    const value = cfg.constants.get(toggle)
    return value?.kind === 'bool' && value.value ? subset | (1 << i) : subset
  }, 0)

/** Does the model have the toggles that are not ablated as the base has them? */
export const isLike = ({ cfg, protocol }: Model, base: Base): boolean => {
  const fixed = constantsOf(base, 0)
  return Object.keys(protocol.notAblated).every((name) => {
    const [own, wanted] = [cfg.constants.get(name), fixed.get(name)]
    return own?.kind === 'bool' && wanted?.kind === 'bool' && own.value === wanted.value
  })
}

/** The base as a model of its own: what TLC is given. */
export const modelAt = (base: Base, subset: Subset): Model => ({
  ...base.model,
  cfg: { ...base.model.cfg, constants: constantsOf(base, subset) },
})

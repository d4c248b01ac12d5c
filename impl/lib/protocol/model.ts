/** A model of a protocol: a design, a memory model and a size, with the properties that are checked and what is expected of each. */

import { Constants } from '../kernel/language/constants.ts'
import type { Machine } from '../kernel/language/machine.ts'
import type { Cfg } from '../tla/cfg.ts'
import type { Cell } from './cell.ts'
import type { DataModule, HousedProtocol, Protocol } from './protocol.ts'

export type { Cell, CellKind, CellVerdict, SpecifiedKind } from './cell.ts'
export { isSafety, isSpecifiedKind } from './cell.ts'

/** What the complete graph of a model has. */
export interface Counts {
  readonly distinctStates: number
  /** states that were generated, those found before too */
  readonly totalStates: number
  /** states of the longest of the shortest ways from an initial state */
  readonly stateDepth: number
}

/** A model as the commands know it. */
export interface Model {
  /** e.g. `flush-inhibit/posted.sc` */
  readonly name: string
  /** file name of the cfg without its extension; evidence in traces/ has the same stem */
  readonly stem: string
  readonly protocol: HousedProtocol
  readonly design: string
  readonly memory: 'sc' | 'tso' | 'pso'
  readonly tags: readonly ('fast' | 'full')[]
  readonly gloss: string
  readonly cfg: Cfg
  /** its configuration; a file in name only where the model is declared beside its machine */
  readonly cfgFile: string
  /** the configuration as it was read, or is made */
  readonly cfgText: string
  readonly cfgSha256: string
  /** the module that is data, as it was read, if the protocol has one */
  readonly data: DataModule | undefined
  readonly cells: readonly Cell[]
  /** undefined where nothing was counted yet */
  readonly counts: Counts | undefined
}

/** States that a model is taken to have where they were not counted. */
const UNCOUNTED = 100_000

/** How many states a model has, to plan with. */
export const sizeOf = ({ counts }: Model): number => counts?.distinctStates ?? UNCOUNTED

/** Invariants that say that the model is well formed; every run checks them, none is a cell. */
export const isType = (name: string): boolean => name === 'TypeOK'

/** The machine of a model; with other constants than the model's own if they are given. */
export const machineOf = (model: Model, constants: Cfg['constants'] = model.cfg.constants): Machine =>
  model.protocol.machine(new Constants(constants, model.name, undefined, model.cfg.places), model.data)

/** The model with the machine of a protocol that was changed. */
export const asIn = (model: Model, protocol: Protocol): Model => ({
  ...model,
  protocol: { ...protocol, home: model.protocol.home },
})

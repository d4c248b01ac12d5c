/** A model of a protocol: a design, a memory model and a size, with the properties that are checked and what is expected of each. */

import { Constants } from '../kernel/language/constants.ts'
import type { Machine } from '../kernel/language/machine.ts'
import type { Cfg } from '../tla/cfg.ts'
import type { DataModule, Protocol } from './protocol.ts'

/** `vacuous`: what the property speaks of does not occur in the model; never a pass. */
export type CellVerdict = 'holds' | 'violated' | 'vacuous'
export type CellKind = 'invariant' | 'liveness' | 'deadlock'

/** One property of a model and the verdict that it must have. */
export interface Cell {
  readonly name: string
  readonly kind: CellKind
  readonly expected: CellVerdict
  /** instances that say nothing in this model, as the machine names them */
  readonly vacuous: readonly string[]
}

/** A model as the commands know it. */
export interface Model {
  /** e.g. `flush-inhibit/posted.sc` */
  readonly name: string
  /** file name of the cfg without its extension; evidence in traces/ has the same stem */
  readonly stem: string
  readonly protocol: Protocol
  readonly design: string
  readonly memory: 'sc' | 'tso' | 'pso'
  readonly tags: readonly ('fast' | 'full')[]
  readonly gloss: string
  readonly cfg: Cfg
  readonly cfgFile: string
  /** of the configuration as it was read */
  readonly cfgSha256: string
  /** the module that is data, as it was read, if the protocol has one */
  readonly data: DataModule | undefined
  readonly cells: readonly Cell[]
  readonly distinctStates: number
  readonly totalStates: number
  readonly stateDepth: number
}

/** Invariants that say that the model is well formed; every run checks them, none is a cell. */
export const isType = (name: string): boolean => name === 'TypeOK'

/** The machine of a model; with other constants than the model's own if they are given. */
export const machineOf = (model: Model, constants: Cfg['constants'] = model.cfg.constants): Machine =>
  model.protocol.machine(new Constants(constants, model.name, undefined, model.cfg.places), model.data)

/** What a protocol gives to the tools: its modules, its machine, its toggles, and words for people. */

import type { Constants, Declaration } from '../kernel/language/constants.ts'
import type { Ending } from '../behaviour/counterexample.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import type { Way } from '../kernel/explore/violations.ts'
import type { Barriers } from './barriers.ts'
import type { Machine } from '../kernel/language/machine.ts'
import type { ActionDocs } from './docs.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import type { LiveScenario } from './live-scenario.ts'
import type { ModelsDeclaration } from './declaration.ts'

/** A model whose toggles `ablate` switches; everything else in it stays as it is. */
export interface AblationBase {
  /** stem of the model's cfg, e.g. `posted.sc.t2` */
  readonly model: string
  /** constants that differ from the cfg's: another size, another world */
  readonly overrides?: Readonly<Record<string, TlaValue>>
  /** what this base can show, for people */
  readonly gloss: string
}

/** A module that is data: both sides read it. */
export interface DataModule {
  /** for errors */
  readonly file: string
  readonly text: string
}

/** All that the tools are told of a protocol; `protocol({...})` makes it of what its author says. */
export interface Protocol {
  /** as on the command line, e.g. `flush-inhibit` */
  readonly name: string
  /** the specification's module M; bounds and fairness are in MCM, if there is one; absent: there is no specification */
  readonly module?: string
  /** the module of its own directory that is data, if it has one; extended before `module` */
  readonly data?: string
  /** the constants of its models as the machine declares them, where it says so itself */
  readonly constants?: Declaration
  /** boolean constants that switch one ordering primitive or rule */
  readonly toggles: readonly string[]
  /** boolean constants that say what the world may do, none of them a toggle: the README has a row for each that a verdict hangs on */
  readonly world: readonly string[]
  /** those of them that only take behaviours away, and how: `ablate` infers verdicts by them */
  readonly barriers: Barriers
  /** those that `ablate` leaves as its models have them, each with the reason */
  readonly notAblated: Readonly<Record<string, string>>
  /** a set of toggles suffices for a property if it does in every one of these; together they must show every fault */
  readonly ablation: readonly AblationBase[]
  readonly docs: ActionDocs
  /**
   * the machine for the constants of a model; with the text of `data` where there is such a module. A constant that is
   * declared as late (a toggle is) and in some designs not looked at spares `ablate` the subsets that differ in it only.
   */
  readonly machine: (constants: Constants, data: DataModule | undefined) => Machine
  /** its models; absent: manifest.json and the configurations beside the specification have them */
  readonly models?: ModelsDeclaration
  /** what is to be said of the last state of a way to a violation, the initial state first; undefined: nothing */
  readonly ending?: (graph: Graph, property: string, path: Way['path']) => Ending | undefined
  /** labels of the steps that a name in a log means which is no label, e.g. `race.c:42` */
  readonly named?: (action: string) => readonly string[]
  /** is it a property that nobody has written down, and that need not have anything to say? */
  readonly isUnsaid?: (property: string) => boolean
  /** what it runs on real threads; no proof depends on it */
  readonly live?: readonly LiveScenario[]
}

/** Where the files of a protocol are; absolute paths. */
export interface Home {
  /** the workspace: paths are shown relative to it */
  readonly root: string
  /** the directory of its modules, configurations and manifest */
  readonly spec: string
  /** the directory of its evidence */
  readonly traces: string
  /** the module that its machine comes from, as paths are shown */
  readonly entry: string
  /** is it one of Lockstep's own? */
  readonly builtin: boolean
}

/** A protocol of a workspace. */
export interface HousedProtocol extends Protocol {
  readonly home: Home
  /** the text of its specification's module, where that is made of the machine's own source: on disk there is none */
  readonly madeModule?: string
  /** where the statement of a step is, of what is not written in TypeScript; undefined: no such step */
  readonly placeOf?: (
    action: string,
  ) => { readonly file: string; readonly line: number; readonly text: string } | undefined
}

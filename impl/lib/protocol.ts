/** What a protocol gives to the tools: its modules, its machine, its toggles, and words for people. */

import type { Constants } from './constants.ts'
import type { Machine } from './program.ts'
import type { ActionDocs } from './report/docs.ts'

export interface Protocol {
  /** as on the command line, e.g. `flush-inhibit` */
  readonly name: string
  /** the specification's module M; bounds and fairness are in MCM */
  readonly module: string
  /** modules of spec/lib that it extends, those extended first */
  readonly libraries: readonly string[]
  /** boolean constants that switch one ordering primitive or rule */
  readonly toggles: readonly string[]
  readonly docs: ActionDocs
  /** the machine for the constants of a model */
  readonly machine: (constants: Constants) => Machine
}

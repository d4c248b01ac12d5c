/** How a protocol of one's own is defined: what is said once, and what follows from it. */

import { given } from '../kernel/given.ts'
import type { Declaration, Read } from '../kernel/language/constants.ts'
import { meaningsIn, switchesIn } from '../kernel/language/constants.ts'
import type { Machine } from '../kernel/language/machine.ts'
import { COMMIT } from '../kernel/memory/memory.ts'
import type { Barriers } from './barriers.ts'
import type { ModelsDeclaration } from './declaration.ts'
import type { ActionDocs, Words } from './docs.ts'
import type { LiveScenario } from './live-scenario.ts'
import { COMMIT_DOC } from './memory-docs.ts'
import type { AblationBase, Protocol } from './protocol.ts'

/** What a protocol must say, and may. */
export interface ProtocolDefinition<D extends Declaration> {
  /** as on the command line: small letters, digits and single hyphens, e.g. `wake-up` */
  readonly name: string
  /** the TLA+ module M of M.tla beside this file; without it, models are explored only */
  readonly module?: string
  /** the constants of a model: toggles, switches of the world, sizes; MEMORY_CONSTANTS where stores are buffered */
  readonly constants: D
  /** the machine for the constants of a model */
  readonly machine: (constants: Read<D>) => Machine
  /** without it manifest.json and the configurations beside the specification have the models */
  readonly models?: ModelsDeclaration
  /** words for diagrams; what is not said is derived from the accesses */
  readonly docs?: Words
  /** toggles that only take behaviours away, and how: `ablate` infers verdicts by them */
  readonly barriers?: Barriers
  /** toggles that `ablate` leaves as its models have them, each with the reason */
  readonly notAblated?: Readonly<Record<string, string>>
  /** the models whose toggles `ablate` switches */
  readonly ablation?: readonly AblationBase[]
  /** what `live` runs on real threads */
  readonly live?: readonly LiveScenario[]
}

/** The docs of a protocol that has none, or not all. */
export const docsOf = (constants: Declaration, docs: Words = {}): ActionDocs => ({
  lane: ([kind, id]) => `${kind} ${id}`,
  properties: {},
  values: {},
  notes: [],
  ...docs,
  toggles: meaningsIn(constants),
  actions: { [COMMIT]: COMMIT_DOC, ...docs.actions },
})

/** A protocol of one's own; the default export of its module. */
export const protocol = <const D extends Declaration>(definition: ProtocolDefinition<D>): Protocol => {
  const { name, module, constants, machine, models, docs, barriers, notAblated, ablation, live } = definition
  return {
    name,
    constants,
    toggles: switchesIn(constants, 'toggle'),
    world: switchesIn(constants, 'world'),
    barriers: barriers ?? {},
    notAblated: notAblated ?? {},
    ablation: ablation ?? [],
    docs: docsOf(constants, docs),
    machine: (read) => machine(read.read(constants)),
    ...given({ module, models, live }),
  }
}

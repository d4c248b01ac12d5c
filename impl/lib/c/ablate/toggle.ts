/** What can be taken out of a C file or weakened, as edits of its text. */

import type { Edit } from './edit.ts'
import type { Order, Own } from './orders.ts'

/** A weaker form of what is written. */
export interface Form {
  /** as it reads then; empty where nothing is left */
  readonly text: string
  readonly edits: readonly Edit[]
  /** orders of other accesses that it no longer gives */
  readonly lost: readonly Order[]
  /** how the access that is written takes part in these */
  readonly own: Own
  /**
   * Which memory models tell it from what is written: `all`, those that can show one of the orders that are lost, or `none`: on x86
   * a locked instruction is a full barrier by whatever name, and no compiler is modelled
   */
  readonly told: 'all' | 'by order' | 'none'
}

export type ToggleKind = 'barrier' | 'order' | 'once' | 'lock' | 'optional'

/** Where some of a toggle stands: of a macro's text that is in the macro. */
export interface TogglePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Something that is there, and might be weaker or not there. */
export interface Toggle {
  /** `smp_mb:27`, the name of a LOCKSTEP_OPTIONAL */
  readonly name: string
  readonly kind: ToggleKind
  /** as it is written */
  readonly text: string
  /** where it stands; a lock is taken at one place and given back at others */
  readonly places: readonly TogglePlace[]
  /** offset in the first place's file of where it begins and what comes behind it */
  readonly start: number
  readonly end: number
  /** the function that it stands in, or the macro */
  readonly function: string | undefined
  readonly macro: string | undefined
  /** the weaker forms, the least weak first */
  readonly forms: readonly Form[]
}

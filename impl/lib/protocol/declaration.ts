/** How the models of a protocol are declared beside its machine. */

import type { CellVerdict } from './cell.ts'

/** A constant as TypeScript has it: an array is a set. */
export type ConstantValue = boolean | number | string | readonly number[] | readonly string[]

/** Constants by name. */
export type Bindings = Readonly<Record<string, ConstantValue>>

/** What a model says of one property: its verdict, and the instances that say nothing if it is not all or none of them. */
export type ExpectedCell = CellVerdict | { readonly verdict: CellVerdict; readonly vacuous: readonly string[] }

/** One way to build the protocol. */
export interface DesignDeclaration {
  /** one sentence */
  readonly gloss: string
  /** the toggles that are TRUE; the others are FALSE */
  readonly on: readonly string[]
  /** other constants that the design binds */
  readonly constants?: Bindings
  /**
   * Its models: by the memory model, or the memory model and a size (`tso`, `tso.t2`), the verdict that each property must have.
   * A property that is not named has no expected verdict, and is never as expected; `Deadlock` is checked where it is named.
   */
  readonly models: Readonly<Record<string, Readonly<Record<string, ExpectedCell>>>>
  /** those of the models that only `--tag full` takes */
  readonly full?: readonly string[]
}

/** The models of a protocol. */
export interface ModelsDeclaration {
  /** constants of all models; StoreBufferSlots is 0 under SC and 2 otherwise where nobody binds it */
  readonly constants?: Bindings
  /** constants by the name of a size */
  readonly sizes?: Readonly<Record<string, Bindings>>
  /** by name, in the order in which they are listed */
  readonly designs: Readonly<Record<string, DesignDeclaration>>
}

/** One property of one model, and the verdict that it must have. */

/** `vacuous`: what the property speaks of does not occur in the model; never a pass. */
export type CellVerdict = 'holds' | 'violated' | 'vacuous'
export type CellKind = 'invariant' | 'liveness' | 'deadlock' | 'possibility'

/** Kinds that are decided on a specification. */
export type SpecifiedKind = Exclude<CellKind, 'possibility'>

/**
 * Can an engine that runs on the specification decide it? That something can still happen is no property of one behaviour: neither
 * TLC nor the embedded engine has such properties, and such a cell is the explorer's alone.
 */
export const isSpecifiedKind = (kind: CellKind): kind is SpecifiedKind => kind !== 'possibility'

/** Is it decided by looking at states one by one? */
export const isSafety = (kind: CellKind): boolean => kind === 'invariant' || kind === 'deadlock'

/** One property of a model and the verdict that it must have. */
export interface Cell {
  readonly name: string
  readonly kind: CellKind
  /** undefined where nobody has said it: whatever is found is then unexpected */
  readonly expected: CellVerdict | undefined
  /** instances that say nothing in this model, as the machine names them */
  readonly vacuous: readonly string[]
}

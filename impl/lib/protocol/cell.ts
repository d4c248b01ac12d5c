/** One property of one model, and the verdict that it must have. */

/** `vacuous`: what the property speaks of does not occur in the model; never a pass. */
export type CellVerdict = 'holds' | 'violated' | 'vacuous'
export type CellKind = 'invariant' | 'liveness' | 'deadlock'

/** One property of a model and the verdict that it must have. */
export interface Cell {
  readonly name: string
  readonly kind: CellKind
  /** undefined where nobody has said it: whatever is found is then unexpected */
  readonly expected: CellVerdict | undefined
  /** instances that say nothing in this model, as the machine names them */
  readonly vacuous: readonly string[]
}

/** The toggles of a protocol that are barriers, and how each takes behaviours away: what ablate/barrier-inference.ts argues from. */

/** What switching the toggle on does. */
export type BarrierKind = 'step' | 'locked' | 'drained' | 'wait'

/** A toggle that is a barrier. */
export interface Barrier {
  readonly kind: BarrierKind
  /** labels of the steps that it adds, or makes locked; those of `drained` need none */
  readonly labels: readonly string[]
}

/** The barriers among a protocol's toggles, by name. */
export type Barriers = Readonly<Record<string, Barrier>>

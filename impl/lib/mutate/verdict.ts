/** What became of a mutant. */

import type { Mutant } from './mutant.ts'

/**
 * Who noticed a mutant: a cell with another verdict, a graph that is not the proven one, a count, a test. Who waits
 * for a verdict has an error (`MODEL error: ...`) and a run without end (`MODEL does not end`) for a cell.
 */
export interface Killer {
  readonly kind: 'cell' | 'proof' | 'test' | 'count'
  readonly name: string
}

/**
 * `killed`; `survived`: everything was run and nothing differs; `argued`: survived, and a checked file says why it may;
 * `incomplete`: not everything ended, which is neither; `refused`: no mutant at all, the type checker or the number of
 * instances says so.
 */
export type Fate = 'killed' | 'survived' | 'argued' | 'incomplete' | 'refused'

/** A mutant and what became of it. */
export interface Judged {
  readonly mutant: Mutant
  readonly fate: Fate
  readonly killedBy: readonly Killer[]
  /** why it may survive, or why it was not decided */
  readonly reason: string | undefined
}

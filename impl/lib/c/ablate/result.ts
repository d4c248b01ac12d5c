/** What is known of one toggle. */

import type { Judgement } from './judge.ts'
import type { Order } from './orders.ts'
import type { Form, Toggle } from './toggle.ts'

/** A weaker form, and what is known of the file with it. */
export interface TriedForm {
  readonly form: Form
  /** `same`: none of the models tells it from what is written, and it was not tried */
  readonly judgement: Judgement | { readonly verdict: 'same' }
  /** orders that it loses and that none of the models can say anything of */
  readonly unshown: readonly Order[]
}

/**
 * - `needed`: every weaker form breaks something.
 * - `weakenable`: one does not, but with nothing in its place something breaks.
 * - `not-needed`: it may go, as far as these models can tell; see `unshown` of its last form.
 * - `unseen`: it makes no difference under any of these models, which says nothing about it.
 * - `unreached`: no thread runs it.
 * - `open`: not decided.
 */
export type ToggleStatus = 'needed' | 'weakenable' | 'not-needed' | 'unseen' | 'unreached' | 'open'

export interface ToggleResult {
  readonly toggle: Toggle
  readonly status: ToggleStatus
  readonly forms: readonly TriedForm[]
  /** only one thread can reach what it accesses */
  readonly isPrivate: boolean
}

/** A behaviour of a model, whichever format it came from. */

import type { TlaValue } from '../../kernel/language/value.ts'

/** One state and the step that led to it. */
export interface TraceState {
  /** name of the action that led here; absent on an initial state, and where the format does not tell */
  readonly action?: string
  /** arguments of that action, e.g. `thread`, as text; `action` and `index` are no names for them */
  readonly args?: Readonly<Record<string, string>>
  /** every variable of the trace and its value */
  readonly values: ReadonlyMap<string, TlaValue>
}

/** A behaviour: at least one state, each with the same variables. */
export interface Trace {
  /**
   * free text about the trace. Known names: `model`; `finding`, what the checker says is wrong; `property`, the name of what
   * is violated; `loop-action`, the action that leads from the last state to the one at `loop`
   */
  readonly meta: Readonly<Record<string, string>>
  readonly vars: readonly string[]
  readonly states: readonly TraceState[]
  /** index from 0 of the state that follows the last one; the last index itself means that it stutters for ever */
  readonly loop?: number
}

/**
 * What a test's `Result:` comment says, held against an answer. The comments are about the kernel's model, which covers all
 * architectures. Each execution of SC, and of TSO, which is x86, is one of the kernel's model too, since each of its primitives is at least as
 * strong there: what never is by the kernel's model must never be here, and what always is must always be. What is sometimes by it
 * may never be here, and neither here. PSO is stronger than the kernel's model as well: it keeps loads in order, and stores behind barriers.
 */

import type { Answer } from './run.ts'

export interface Expectation {
  readonly said: 'Never' | 'Sometimes' | 'Always'
  readonly found: Answer['observation']
  /** does the answer contradict it? */
  readonly contradicts: boolean
}

/** Undefined where the test says nothing. */
export const expectationOf = ({
  test: { result: said },
  observation: found,
  outcomes,
}: Answer): Expectation | undefined => {
  if (said === undefined) return undefined
  // where no execution ends, nothing was observed that could differ
  return { said, found, contradicts: said !== 'Sometimes' && said !== found && outcomes.length > 0 }
}

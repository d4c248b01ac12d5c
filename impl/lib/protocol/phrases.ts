/** The phrases that the docs of protocols are made of. */

import { labelOf } from '../behaviour/state-reader.ts'
import type { ActionDoc, Statement, StepContext, Wording } from './docs.ts'

/** A step of a C function; without a statement it is what the step's access says. */
export const action = (name: string | Wording, statement?: (context: StepContext) => Statement): ActionDoc =>
  statement === undefined ? { function: name } : { function: name, statement }

/** A statement that is always the same. */
export const says =
  (text: string | Wording, ...then: readonly string[]) =>
  (): Statement => ({ text, then })

/** `if (load) ...`: what follows from a load that found something. */
export const ifSet =
  (then: string) =>
  ({ step }: StepContext): Statement =>
    step.result === true ? { then: [then] } : {}

/** The label at which the step leaves its thread. */
export const nextLabel = ({ step, after }: StepContext): string | undefined => labelOf(after, step.thread)

/** `{0, 1}` as its elements */
export const members = (set = '{}'): string[] => set.slice(1, -1).split(', ').filter(Boolean)

/** `{2}` as `vCPU 2`, `{2, 3}` as `vCPUs 2, 3`; `none` where there is none */
export const vcpus = (set: string | undefined, none = ''): string => {
  const ids = members(set)
  return ids.length === 0 ? none : `${ids.length === 1 ? 'vCPU' : 'vCPUs'} ${ids.join(', ')}`
}

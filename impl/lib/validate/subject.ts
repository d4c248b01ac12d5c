/** Whose logs are read: a machine, and what is to be said of it where a log does not fit. */

import type { Machine } from '../kernel/language/machine.ts'
import type { BlameContext } from '../prove/divergence.ts'
import { near } from '../text/near.ts'

/** What the other designs of a machine's protocol can do that it cannot. */
export interface Elsewhere {
  /** does one of them have the action? */
  readonly hasAction: (action: string) => boolean
  /** does a step of the action return this in one of them? `text` is that of `resultText` */
  readonly returns: (action: string, text: string) => boolean
}

/** What blame is worked out from: the sources of both sides, and the specification to evaluate guards with. */
export type BlameSources = Pick<BlameContext, 'specSources' | 'implSources' | 'locate' | 'evaluate'>

/** A machine and all that reading its logs needs to know of it. */
export interface LogSubject {
  /** as results and errors name it, e.g. `poll-kick/posted.sc` */
  readonly name: string
  readonly machine: Machine
  /** names by which the header of a log may claim it; others get a note */
  readonly claims: readonly string[]
  /** what other designs of the same protocol can do: such a step is a finding, and no bad input */
  readonly elsewhere: Elsewhere
  /** labels of the steps that somebody else's name for them means, e.g. `race.c:42`; empty where it is none */
  readonly named?: (action: string) => readonly string[]
  /** how to go on with an action that the machine does not have, given those that it has */
  readonly hint: (action: string, known: readonly string[], what: 'log' | 'option') => string
  /** asked for where a log is rejected; without them the result names no guard to blame */
  readonly sources?: () => BlameSources
}

/** A machine that belongs to no protocol: there is nothing but its own actions. */
export const machineSubject = (name: string, machine: Machine): LogSubject => ({
  name,
  machine,
  claims: [name],
  elsewhere: { hasAction: () => false, returns: () => false },
  hint: (action, known) => {
    const candidates = near(action, known)
    return candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : `the actions are ${known.join(', ')}`
  },
})

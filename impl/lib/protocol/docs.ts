/** What a protocol says in words about its actions, properties and toggles, so that a diagram reads like the C code. */

import type { BehaviourStep, NamesInC } from '../behaviour/counterexample.ts'
import type { ThreadId } from '../kernel/language/machine.ts'
import type { Meaning } from '../kernel/language/constants.ts'
import type { Wording } from '../kernel/language/op.ts'
import type { StateReader } from '../behaviour/state-reader.ts'

export type { Wording } from '../kernel/language/op.ts'

/** A step with the states around it. */
export interface StepContext {
  readonly step: BehaviourStep
  /** whose step it is */
  readonly vcpu: number
  readonly before: StateReader
  readonly after: StateReader
  readonly names: NamesInC
}

/** A step as C. What is left out is derived from the step's kind, location and result. */
export interface Statement {
  /** what the guest, the VMM or the hardware did that made the thread take the step; shown in angle brackets */
  readonly cause?: string
  /** the statement that the step is one of several of, said once for those that follow each other */
  readonly heading?: string
  readonly text?: string | Wording
  /** what follows from it at once, e.g. a return, or a comment that says what has just happened */
  readonly then?: readonly string[]
}

/** One action of the specification. */
export interface ActionDoc {
  /** the C function that it is a step of, without parentheses; empty for none; absent for a step of the world */
  readonly function?: string | Wording
  /** the step as C, from the states around it; absent: derived from its access */
  readonly statement?: (context: StepContext) => Statement
  /** what a thread waits for that cannot take this step, e.g. `for v2->mutex`; undefined where it only idles */
  readonly waits?: (state: StateReader, thread: ThreadId) => string | undefined
}

/** What a toggle means, as a sentence for either value. */
export type ToggleDoc = Meaning

/** Everything that reports need to know about a protocol. */
export interface ActionDocs {
  /** by the action's name */
  readonly actions: Readonly<Record<string, ActionDoc>>
  /** heading of a thread's column */
  readonly lane: (thread: ThreadId, initial: StateReader) => string
  /** what each property promises, in one plain sentence; by its name */
  readonly properties: Readonly<Record<string, string>>
  /** those of the protocol's constants that say what they mean */
  readonly toggles: Readonly<Record<string, ToggleDoc>>
  /** how C writes the values of a shared variable, by its name; those of others are written as they are, e.g. `true`, `-1` */
  readonly values: Readonly<Record<string, (value: string) => string>>
  /** how to read what is not plain C */
  readonly notes: readonly string[]
}

/** What a protocol may say in words; what its toggles mean is said where they are declared. */
export type Words = Partial<Omit<ActionDocs, 'toggles'>>

/** What a property promises; its name again where the docs do not know it. */
export const meaningOf = (docs: ActionDocs, property: string): string =>
  property === 'Deadlock' ? DEADLOCK : (docs.properties[property] ?? property)

const DEADLOCK = 'In every reachable state some thread can take a step.'

/** What a protocol says in words about its actions, properties and toggles, so that a diagram reads like the C code. */

import type { BehaviourStep } from '../behaviour/counterexample.ts'
import type { ThreadId } from '../kernel/language/machine.ts'
import type { StateReader } from '../behaviour/state-reader.ts'

/** The same thing said twice: in full, and in brief for columns that are too narrow. */
export interface Wording {
  readonly full: string
  readonly brief: string
}

/** A step with the states around it. */
export interface StepContext {
  readonly step: BehaviourStep
  /** whose step it is */
  readonly vcpu: number
  readonly before: StateReader
  readonly after: StateReader
}

/** A step as C. What is left out is derived from the step's kind, location and result. */
export interface Statement {
  /** what the guest, the VMM or the hardware did that made the thread take the step; shown in angle brackets */
  readonly cause?: string
  readonly text?: string | Wording
  /** what follows from it at once, e.g. a return, or a comment that says what has just happened */
  readonly then?: readonly string[]
}

/** One action of the specification. */
export interface ActionDoc {
  /** the C function that it is a step of, without parentheses; empty for none; absent for a step of the world */
  readonly function?: string | Wording
  readonly statement?: (context: StepContext) => Statement
  /** what a thread waits for that cannot take this step, e.g. `for v2->mutex`; undefined where it only idles */
  readonly waits?: (state: StateReader, thread: ThreadId) => string | undefined
}

/** What a toggle means, as a sentence for either value. */
export interface ToggleDoc {
  readonly on: string
  readonly off: string
}

/** A variable of the specification as C. */
export interface FieldDoc {
  /** e.g. `v0->suspended` */
  readonly name: (key: string) => string
  /** its value in words; default: the value as C writes it */
  readonly value?: (value: string) => string
}

/** Everything that reports need to know about a protocol. */
export interface ActionDocs {
  /** by the action's name */
  readonly actions: Readonly<Record<string, ActionDoc>>
  /** heading of a thread's column */
  readonly lane: (thread: ThreadId, initial: StateReader) => string
  /** what each property promises, in one plain sentence; by its name */
  readonly properties: Readonly<Record<string, string>>
  readonly toggles: Readonly<Record<string, ToggleDoc>>
  /** shared variables that a reader of the C code knows; history, locals and bookkeeping are not among them */
  readonly fields: Readonly<Record<string, FieldDoc>>
  /** how to read what is not plain C */
  readonly notes: readonly string[]
}

/** What a property promises; its name again where the docs do not know it. */
export const meaningOf = (docs: ActionDocs, property: string): string =>
  property === 'Deadlock' ? DEADLOCK : (docs.properties[property] ?? property)

const DEADLOCK = 'In every reachable state some thread can take a step.'

/** What is said between the command and its workers. */

import type { DataModule } from '../protocol/protocol.ts'
import type { Subset } from './subsets.ts'
import type { Behaviour } from '../behaviour/counterexample.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import type { Decision } from './decide.ts'

/** What a worker knows from its start. */
export interface WorkerStart {
  readonly protocol: string
  /** its module that is data, if it has one */
  readonly data: DataModule | undefined
  /** constants of each base; the toggles' values do not count */
  readonly bases: readonly ReadonlyMap<string, TlaValue>[]
  readonly properties: readonly string[]
}

/** A subset of the toggles, in a base. */
export interface Point {
  readonly base: number
  readonly subset: Subset
}

/** Compile the machine of a point and say what it depends on. */
export interface PrepareRequest extends Point {
  readonly kind: 'prepare'
  /** say what the properties are monotone in; the point has every barrier on */
  readonly monotone: boolean
}
/** Explore the machine that was prepared last, for some properties. */
export interface ExploreRequest {
  readonly kind: 'explore'
  readonly asked: readonly string[]
}
/** Counterexamples to properties that are violated at a point. */
export interface ExplainRequest extends Point {
  readonly kind: 'explain'
  readonly properties: readonly string[]
}

/** Which of these properties say nothing at a point, because nothing that they speak of occurs? */
export interface VacuityRequest extends Point {
  readonly kind: 'vacuity'
  readonly properties: readonly string[]
}

/** What comes back for each request. */
export interface Answers {
  readonly prepare: {
    readonly digest: string
    /** the toggles that the machine's construction has looked at, as a set of bits */
    readonly read: Subset
    /** for each property the toggles that it is monotone in, if that was asked for */
    readonly monotone: ReadonlyMap<string, Subset> | undefined
  }
  readonly explore: Decision
  readonly explain: ReadonlyMap<string, Behaviour>
  readonly vacuity: readonly string[]
}

/** Somebody who answers, one request at a time: a worker thread, for one. */
export interface Hand {
  ask<K extends Request['kind']>(request: Extract<Request, { kind: K }>): Promise<Answers[K]>
}

/** Lets `size` hands do a task until each has returned or the time is up, as `performance.now()` counts; `false` if it was. */
export type Crew = (
  size: number,
  start: WorkerStart,
  deadline: number,
  task: (hand: Hand) => Promise<void>,
) => Promise<boolean>

export type Request = PrepareRequest | ExploreRequest | ExplainRequest | VacuityRequest

/** What is said between the command and its workers. */

import type { SharedWorkspace } from '../protocol/project.ts'
import type { DataModule } from '../protocol/protocol.ts'
import type { Subset } from './subsets.ts'
import type { Behaviour } from '../behaviour/counterexample.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import type { Decision } from './decide.ts'

/** What a worker knows from its start. */
export interface WorkerStart {
  /** the workspace of the protocol, unless it is one of ours */
  readonly workspace: SharedWorkspace | undefined
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

/** Some properties at a point. */
export interface PropertiesAt extends Point {
  readonly properties: readonly string[]
}

/** What is asked for, by kind. */
interface Questions {
  /** compile the machine of a point and say what it depends on */
  readonly prepare: Point & {
    /** say what the properties are monotone in; the point has every barrier on */
    readonly monotone: boolean
  }
  /** explore the machine that was prepared last, for some properties */
  readonly explore: { readonly asked: readonly string[] }
  /** counterexamples to properties that are violated at a point */
  readonly explain: PropertiesAt
  /** which of these properties say nothing at a point, because nothing that they speak of occurs? */
  readonly vacuity: PropertiesAt
}

export type Request<K extends keyof Questions = keyof Questions> = { [k in K]: Questions[k] & { readonly kind: k } }[K]

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

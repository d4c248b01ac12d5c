/**
 * The worker threads of `mutate`, and what is said between it and them. One that takes too long is ended, and the next request gets a
 * new one.
 */

import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { SharedWorkspace } from '../../impl/lib/protocol/project.ts'
import { Hand, withHands } from '../node/worker-pool.ts'
import type { Verdict } from './argued.ts'
import type { Opinion } from './bench.ts'

/** What one model says of mutants of properties and fairness. */
export interface JudgeRequest {
  readonly kind: 'judge'
  /** name of the model */
  readonly model: string
  readonly mutants: readonly Mutant[]
}

/** What one model says of a changed step. */
export interface FaultRequest {
  readonly kind: 'fault'
  /** name of the model */
  readonly model: string
  readonly mutant: Mutant
}

/** How long a model takes when it is asked about a fault that no step has, in milliseconds. */
export interface TimeRequest {
  readonly kind: 'time'
  /** name of the model */
  readonly model: string
}

/** What models with a fault say of weakened properties and fairness. */
export interface SeedRequest {
  readonly kind: 'seed'
  readonly fault: Mutant
  readonly models: readonly string[]
  /** the thread that has the fault, null for all that run the program; each in turn if not given */
  readonly thread?: string | null
  readonly mutants: readonly Mutant[]
}

/** A machine with a fault in which a property has another verdict than when it is weakened. */
export interface SeedKill {
  /** of the weakening */
  readonly id: string
  readonly model: string
  readonly thread: string | null
  /** the model and the fault, for people */
  readonly where: string
  readonly cell: string
  /** of the property as it is */
  readonly verdict: Verdict
}

/** What comes back for each request. */
export interface Answers {
  readonly judge: readonly Opinion[]
  readonly fault: Opinion
  readonly time: number
  readonly seed: readonly SeedKill[]
}

export type Request = JudgeRequest | FaultRequest | TimeRequest | SeedRequest

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const WORKER = new URL(`./worker.${extension}`, import.meta.url)

/** Where the threads find a protocol: ours if there is no workspace. */
export interface Start {
  readonly protocol: string
  readonly workspace: SharedWorkspace | undefined
}

export type MutateHand = Hand<Request, Answers>

/** Lets `size` workers of a protocol do `task`. */
export const withCrew = async (
  size: number,
  start: Start,
  task: (hand: MutateHand) => Promise<void>,
): Promise<void> => {
  await withHands(
    Array.from({ length: size }, () => new Hand<Request, Answers>(WORKER, start)),
    task,
  )
}

/** What every command that runs engines is told: how many runs at a time, how long, how much memory. */

import { availableParallelism } from 'node:os'

/** Options that every command which runs engines has. */
export interface RunOptions {
  readonly workers?: number | undefined
  /** seconds */
  readonly timeout: number
  /** megabytes */
  readonly heap?: number | undefined
}

/** Number of runs at a time. */
export const workersOf = ({ workers }: Pick<RunOptions, 'workers'>): number =>
  workers ?? Math.max(1, availableParallelism())

/** What every command that runs engines is told: how many runs at a time, how long, how much memory. And how it runs them. */

import { availableParallelism } from 'node:os'
import { pool } from '../node/pool.ts'
import type { Output } from '../ui/output.ts'

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

/** Runs a task for each item, a few at a time; says what begins, and how much is done. */
export const runAll = async <T, R>(
  out: Output,
  items: readonly T[],
  size: number,
  beginning: (item: T) => string,
  task: (item: T) => Promise<R>,
): Promise<R[]> => {
  let done = 0
  const results = await pool(items, size, async (item) => {
    out.progress(`${beginning(item)} (${done} of ${items.length} done)`)
    const result = await task(item)
    done += 1
    return result
  })
  out.clear()
  return results
}

/** Which engines there are on this machine, and which one `auto` means. */

import { availableParallelism } from 'node:os'
import { LockstepError } from '../../impl/lib/error.ts'
import type { Toolchain } from './tlc.ts'
import { findToolchain } from './tlc.ts'

/** Options that every command which runs engines has. */
export interface RunOptions {
  readonly workers?: number
  /** seconds */
  readonly timeout: number
  /** megabytes */
  readonly heap?: number
}

/** Number of runs at a time. */
export const workersOf = ({ workers }: Pick<RunOptions, 'workers'>): number =>
  workers ?? Math.max(1, availableParallelism())

/** TLC if it can run here, else why not. */
export const tlcIfPresent = async (): Promise<Toolchain | LockstepError> => {
  try {
    return await findToolchain()
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 3) return error
    throw error
  }
}

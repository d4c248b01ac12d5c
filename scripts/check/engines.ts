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

const isOfJar = ({ problem }: LockstepError): boolean => problem.code === 'no-jar' || problem.code === 'bad-jar'

/** TLC if it can run here, else why not. */
export const tlcIfPresent = async (): Promise<Toolchain | LockstepError> => {
  try {
    return await findToolchain()
  } catch (error) {
    // a jar that the user named is not replaced by another engine
    const named = (process.env['TLA2TOOLS_JAR'] ?? '') !== '' && error instanceof LockstepError && isOfJar(error)
    if (error instanceof LockstepError && error.exit === 3 && !named) return error
    throw error
  }
}

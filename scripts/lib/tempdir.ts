/** Temporary directories that are gone when we are: every one is registered, and signals.ts removes what is left. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const owned = new Set<string>()

/** Makes a directory of our own in the system's temporary directory; `name` is part of its name. */
export const makeTempDir = (name: string): string => {
  const directory = mkdtempSync(join(tmpdir(), `lockstep-${name}-`))
  owned.add(directory)
  return directory
}

/** Removes a directory of {@link makeTempDir}; no error if it is gone. */
export const removeTempDir = (directory: string): void => {
  // a child that was killed a moment ago may still be creating files: try again for a while
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  owned.delete(directory)
}

/** Removes all that are left; goes on when one cannot be removed, as it runs while the process ends. */
export const removeAllTempDirs = (): void => {
  for (const directory of [...owned]) {
    try {
      removeTempDir(directory)
    } catch {
      owned.delete(directory)
    }
  }
}

/** Runs `use` with a temporary directory and removes it afterwards, whatever happens. */
export const withTempDir = async <T>(name: string, use: (directory: string) => T | Promise<T>): Promise<T> => {
  const directory = makeTempDir(name)
  try {
    return await use(directory)
  } finally {
    removeTempDir(directory)
  }
}

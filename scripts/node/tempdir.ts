/**
 * Temporary directories that are gone when we are: every one is registered, and signals.ts removes what is left. What a
 * process that was killed outright has left is recognised by its name, and removed by the next one.
 */

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { whyFailed } from './failure.ts'
import { isLeftover } from './leftovers.ts'

const owned = new Set<string>()

/** Another container may share the directory but not our process numbers: its names say so. */
const host = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** What every name of ours has behind what it is for: whose it is. */
const ownerMark = (pid: number): string => `-${host()}-${pid}-`

const NAME = /^lockstep-[a-z]+(-[0-9a-f]{8}-)(\d+)-[A-Za-z0-9]{6}$/

/** Removes one; goes on when it cannot be removed: it may be someone else's, or gone already. */
const tryToRemove = (path: string): void => {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  } catch {
    // it is in nobody's way
  }
}

/** The names in the temporary directory that are ours in form, with their owners. */
const candidates = (): { readonly path: string; readonly pid: number }[] => {
  try {
    return readdirSync(tmpdir()).flatMap((name) => {
      const [, mark, pid] = NAME.exec(name) ?? []
      return mark === `-${host()}-` ? [{ path: join(tmpdir(), name), pid: Number(pid) }] : []
    })
  } catch {
    return []
  }
}

/** Removes the directories of processes of this machine that are gone. */
export const sweepTempDirs = (minAgeMs?: number): void => {
  for (const { path, pid } of candidates()) if (isLeftover(path, pid, minAgeMs)) tryToRemove(path)
}

/** Removes this process's directories by their names: for a thread that did not make them and cannot ask who did. */
export const removeProcessTempDirs = (): void => {
  for (const { path, pid } of candidates()) if (pid === process.pid) tryToRemove(path)
}

let swept = false

/**
 * Makes a directory of our own in the system's temporary directory; `name`, lower-case letters, is part of its name.
 *
 * @throws LockstepError (exit 3) `no-temporary-directory` where none can be made
 */
export const makeTempDir = (name: string): string => {
  if (!swept) sweepTempDirs()
  swept = true
  try {
    const directory = mkdtempSync(join(tmpdir(), `lockstep-${name}${ownerMark(process.pid)}`))
    owned.add(directory)
    return directory
  } catch (error) {
    throw environmentFailure(
      {
        code: 'no-temporary-directory',
        message: `no temporary directory can be made in ${tmpdir()}: ${whyFailed(error)}`,
        hint: 'set TMPDIR to a directory that can be written and has room',
      },
      error,
    )
  }
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

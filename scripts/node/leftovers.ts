/** What processes that were killed have left: recognised by their numbers in its name. */

import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive } from './children.ts'

export const MINUTE_MS = 60_000

/** In milliseconds; 0 where it cannot be told, so that it is left alone. */
const ageOf = (path: string): number => {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}

/** Is it of a process that is gone? What is new is nobody's leftover: the process may not be there for all to see yet. */
export const isLeftover = (path: string, pid: number, minAgeMs: number = MINUTE_MS): boolean =>
  !isAlive(pid) && ageOf(path) >= minAgeMs

/**
 * Removes files of processes that are gone; another machine may share the directory but not our process numbers.
 *
 * @param name the form of their names, with the number of the process as its group
 * @param oldMs older ones go whoever may have made them
 */
export const sweepFiles = (directory: string, name: RegExp, oldMs = Infinity): void => {
  try {
    for (const entry of readdirSync(directory)) {
      const pid = name.exec(entry)?.[1]
      const path = join(directory, entry)
      if (pid === undefined || (ageOf(path) <= oldMs && !isLeftover(path, Number(pid)))) continue
      rmSync(path, { force: true })
    }
  } catch {
    // a directory that cannot be listed or changed is no reason not to try to write
  }
}

/** Writes the logs of a live run where `lockstep validate` and people find them: a bounded number, each of them whole. */

import { accessSync, constants, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { badInput, LockstepError } from '../../impl/lib/kernel/error.ts'
import { makeDirectory } from '../node/create.ts'
import { writeWhole } from '../node/write.ts'

/** Logs of one design: those that violated the property, then the most frequent kinds of round. */
export const MOST_LOGS = 16

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Makes the directory, before any round is played. Refuses one that has something in it: it might be taken for logs of this run. */
export const prepareLogs = (directory: string): void => {
  try {
    makeDirectory(directory)
    accessSync(directory, constants.W_OK)
    if (readdirSync(directory).length === 0) return
  } catch (error) {
    if (error instanceof LockstepError) throw error
    throw badInput({
      code: 'unwritable',
      message: `--logs: cannot write there: ${why(error)}`,
      file: directory,
      hint: 'give a directory that can be created or written to',
    })
  }
  throw badInput({
    code: 'not-empty',
    message: '--logs: the directory is not empty, and logs of two runs would be mixed',
    file: directory,
    hint: 'give a new directory',
  })
}

/** Writes the logs; returns the paths. Nothing half-written is left behind. */
export const writeLogs = (
  directory: string,
  logs: readonly { readonly file: string; readonly log: readonly string[] }[],
): string[] =>
  logs.slice(0, MOST_LOGS).map(({ file, log }) => {
    const path = join(directory, file)
    writeWhole(path, `${log.join('\n')}\n`)
    return path
  })

/** Makes directories and new files in them: all of them, or none. Nothing that is there is replaced but what is named as such. */

import type { Stats } from 'node:fs'
import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { messageOf } from './failure.ts'
import type { Writing } from './write.ts'
import { assertWritable, writeTogether } from './write.ts'

/** What is at a path; of one that leads through a file, or that may not be looked at, making it will say what is wrong. */
const statOf = (path: string): Stats | undefined => {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

const isThere = (path: string): boolean => statOf(path) !== undefined

/** The directories that are missing above and at a path, the outermost first. */
const missingAt = (directory: string): string[] =>
  isThere(directory) || directory === dirname(directory) ? [] : [...missingAt(dirname(directory)), directory]

/**
 * Makes a directory with those above it. Node's own way to do so never comes back where the system says that there is nothing, and
 * lets nobody make it either, as in /proc.
 */
export const makeDirectory = (directory: string): void => {
  for (const missing of missingAt(directory)) {
    try {
      mkdirSync(missing)
    } catch (error) {
      // somebody else was faster
      if (statOf(missing)?.isDirectory() !== true) throw error
    }
  }
}

const inTheWay = (file: string, message: string): LockstepError =>
  badInput({ code: 'in-the-way', message, file, hint: 'nothing is overwritten: take it away, or give another name' })

/**
 * Refuses a directory in which there is something, `allowed` excepted, and whatever else is there under its name.
 * @throws LockstepError (exit 2) `in-the-way`, `unwritable`
 */
export const assertEmpty = (directory: string, allowed: readonly string[] = []): void => {
  const stats = statOf(directory)
  if (stats === undefined) return
  if (!stats.isDirectory()) throw inTheWay(directory, 'there is something else than a directory')
  let found: string | undefined
  try {
    found = readdirSync(directory).find((name) => !allowed.includes(name))
  } catch (error) {
    throw cannotMake(directory, error)
  }
  if (found !== undefined) throw inTheWay(directory, `the directory is not empty: there is ${found}`)
}

const cannotMake = (directory: string, error: unknown): LockstepError =>
  badInput({
    code: 'unwritable',
    message: `cannot make or use the directory: ${messageOf(error)}`,
    file: directory,
    hint: 'name a directory that can be written to',
  })

const makeDirectories = (directories: readonly string[], made: string[]): void => {
  for (const directory of directories) {
    try {
      mkdirSync(directory)
      made.push(directory)
    } catch (error) {
      throw cannotMake(directory, error)
    }
  }
}

const undo = (files: readonly string[], made: readonly string[]): void => {
  for (const file of files) rmSync(file, { force: true })
  for (const directory of made.toReversed()) {
    try {
      rmdirSync(directory)
    } catch {
      // somebody has put something in it meanwhile
    }
  }
}

/**
 * Writes new files, with the directories that they need, and last what replaces files that are there.
 * @throws LockstepError (exit 2) `in-the-way`, `unwritable`; (exit 3) `write-failed`. Nothing is left behind.
 */
export const createTogether = (files: readonly Writing[], replaced: readonly Writing[] = []): void => {
  const refuseOthers = (): void => {
    const other = files.find(({ file }) => isThere(file))
    if (other !== undefined) throw inTheWay(other.file, 'the file is there already')
  }
  refuseOthers()
  const made: string[] = []
  const begun: string[] = []
  try {
    for (const { file } of files) makeDirectories(missingAt(dirname(file)), made)
    for (const { file } of [...files, ...replaced]) assertWritable(file)
    writeTogether([...files, ...replaced], {
      between: () => {
        refuseOthers()
        begun.push(...files.map(({ file }) => file))
      },
    })
  } catch (error) {
    // what was put there by somebody else before we came to it stays
    undo(begun, made)
    throw error
  }
}

/**
 * The one way to write a file that somebody may read later: a draft beside it, then a rename. Whatever fails or is killed on
 * the way, the file is whole: as it was, or as it is to be.
 */

import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { badInput, environmentFailure } from '../../impl/lib/kernel/error.ts'
import { messageOf } from './failure.ts'
import { sweepFiles } from './leftovers.ts'

/** A file and what is to be in it. */
export interface Writing {
  readonly file: string
  readonly content: string | Uint8Array
}

/** How to write. */
export interface WriteOptions {
  /** false: a loss of power may lose it, as nobody misses it (what is kept to save time, temporary files) */
  readonly durable?: boolean
  /** false: one that is a link is refused and not written through, as the files are the package's own and nobody's choice */
  readonly links?: boolean
  /** done when all drafts are whole and none has replaced its file */
  readonly between?: () => void
}

interface Draft extends Writing {
  readonly target: string
  readonly draft: string
}

/** A file that could not be written (exit 3); the one of that name is as it was. */
export const writeFailed = (file: string, error: unknown): LockstepError =>
  environmentFailure(
    {
      code: 'write-failed',
      message: `cannot write the file, which is left as it was: ${messageOf(error)}`,
      file,
      hint: 'see to the disk, its free space and the permissions, and run the command again',
    },
    error,
  )

/** A link stays one: what it leads to is replaced. */
const targetOf = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

/** Drafts of processes that were killed are removed. */
const DRAFT = /^\.lockstep-(\d+)-[0-9a-f]+\.tmp$/

const keepMode = (target: string, draft: string): void => {
  const { mode } = statSync(target, { throwIfNoEntry: false }) ?? {}
  if (mode !== undefined) chmodSync(draft, mode & 0o777)
}

const writeDraft = ({ draft, target, content }: Draft, durable: boolean): void => {
  const fd = openSync(draft, 'wx')
  try {
    writeFileSync(fd, content)
    if (durable) fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  keepMode(target, draft)
}

const drop = (drafts: readonly Draft[]): void => {
  for (const { draft } of drafts) {
    try {
      rmSync(draft, { force: true })
    } catch {
      // the disk that refused the draft refuses this too; it is swept later
    }
  }
}

const kindOf = (stat: Stats): string =>
  stat.isDirectory()
    ? 'a directory'
    : stat.isSymbolicLink()
      ? 'a symbolic link'
      : stat.isFIFO()
        ? 'a pipe'
        : stat.isFile()
          ? 'a plain file'
          : 'a device or a socket'

const unwritable = (file: string, message: string, hint: string): LockstepError =>
  badInput({ code: 'unwritable', message, file, hint })

/** A rename would put a file in the place of a device, or of a link that leads to nothing. */
const refuseOther = (target: string, file: string, hint = 'take it away, or name another file'): void => {
  const stat = lstatSync(target, { throwIfNoEntry: false })
  if (stat === undefined || stat.isFile()) return
  throw unwritable(file, `it is ${kindOf(stat)} and no plain file, in whose place nothing is put`, hint)
}

/**
 * Refuses what is neither absent nor a plain file of its own, links among them. To be asked before long work.
 * @throws LockstepError (exit 2) `unwritable`
 */
export const assertPlain = (files: readonly string[]): void => {
  // a directory that is a link leads elsewhere like a file that is one
  for (const directory of new Set(files.flatMap((file) => [dirname(dirname(file)), dirname(file)]))) {
    if (lstatSync(directory, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue
    const message = 'its directory is a symbolic link, and what it leads to is not written to'
    throw unwritable(directory, message, 'put a directory there, and run the command again')
  }
  for (const file of files) refuseOther(file, file, 'take it away, and run the command again')
}

/**
 * Writes files that belong together: none is replaced before all drafts are whole.
 * @throws LockstepError (exit 3) `write-failed`, with the file; (exit 2) `unwritable` if one is there and no plain file
 */
export const writeTogether = (
  files: readonly Writing[],
  { durable = true, links = true, between = () => undefined }: WriteOptions = {},
): void => {
  if (!links) assertPlain(files.map(({ file }) => file))
  const drafts = files.map((writing): Draft => {
    const target = targetOf(writing.file)
    const name = `.lockstep-${process.pid}-${randomBytes(6).toString('hex')}.tmp`
    return { ...writing, target, draft: join(dirname(target), name) }
  })
  for (const { target, file } of drafts) refuseOther(target, file)
  for (const directory of new Set(drafts.map(({ target }) => dirname(target)))) sweepFiles(directory, DRAFT)
  let writing = ''
  try {
    for (const draft of drafts) {
      writing = draft.file
      writeDraft(draft, durable)
    }
    between()
    for (const { draft, target, file } of drafts) {
      writing = file
      renameSync(draft, target)
    }
  } catch (error) {
    drop(drafts)
    throw error instanceof Error && error.name === 'LockstepError' ? error : writeFailed(writing, error)
  }
}

/**
 * Writes one file.
 * @throws LockstepError (exit 3) `write-failed`, with the file
 */
export const writeWhole = (file: string, content: string | Uint8Array, options: WriteOptions = {}): void => {
  writeTogether([{ file, content }], options)
}

/**
 * Can the file be made or replaced? To be asked before long work.
 * @throws LockstepError (exit 2) `unwritable`
 */
export const assertWritable = (file: string): void => {
  try {
    const target = targetOf(file)
    accessSync(dirname(target), constants.W_OK | constants.X_OK)
    if (lstatSync(target, { throwIfNoEntry: false })?.isFile() !== false) return
  } catch (error) {
    const hint = 'name a file in a directory that is there and can be written to'
    throw unwritable(file, `cannot write the file: ${messageOf(error)}`, hint)
  }
  throw unwritable(file, 'it is there and no plain file', 'name a file')
}

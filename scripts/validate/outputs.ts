/** Writes the results of `lockstep validate` to files: all of them or none, each of them whole. */

import {
  accessSync,
  appendFileSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import type { Stats } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { badInput, environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import { junitReport } from '../../impl/lib/report/validation/junit.ts'
import { markdownSummary } from '../../impl/lib/report/validation/markdown.ts'
import { sarifReport } from '../../impl/lib/report/validation/sarif.ts'
import type { Validation } from '../../impl/lib/validate/result.ts'
import { packageRoot } from '../workspace/project.ts'
import { STDIN } from '../node/stdin.ts'
import { writeTogether } from '../node/write.ts'

/** Files that were asked for. */
export interface OutputFiles {
  readonly junit?: string | undefined
  readonly sarif?: string | undefined
  /** appended to if it is the step summary of GitHub, which other programs write too */
  readonly markdown?: string | undefined
}

/** The command line's names of them, for errors. */
const OPTIONS = { junit: '--junit', sarif: '--sarif', markdown: '--summary' } as const

type Format = keyof typeof OPTIONS

const FORMATS: readonly Format[] = ['junit', 'sarif', 'markdown']

/** Where a text goes, and how. */
interface Target {
  readonly file: string
  readonly option: string
  /** the file itself, where its name is a link */
  readonly path: string
  /** whole: a new file takes the place of the old one; into: a pipe or device is written to; append: to what is there */
  readonly how: 'whole' | 'into' | 'append'
}

const statOf = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false })

const why = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Does something with the file system whose failure is the user's to mend. */
const attempt = <T>(file: string, option: string, act: () => T): T => {
  try {
    return act()
  } catch (error) {
    if (error instanceof LockstepError) throw error
    throw badInput({
      code: 'unwritable',
      message: `${option}: cannot write there: ${why(error)}`,
      file,
      hint: 'give a file in a directory that exists and can be written to',
    })
  }
}

const refuseDirectory = (file: string, option: string, path: string): void => {
  const parent = dirname(path)
  if (statOf(parent)?.isDirectory() !== true) {
    throw badInput({
      code: 'no-such-directory',
      message: `${option}: there is no directory ${parent}`,
      file,
      hint: 'create it first: nothing was written',
    })
  }
  if (statOf(path)?.isDirectory() === true) {
    throw badInput({ code: 'is-directory', message: `${option}: it is a directory`, file, hint: 'give a file in it' })
  }
}

/** Nothing is put in the place of a link that leads to nothing. */
const refuseDangling = (file: string, option: string, path: string): void => {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  throw badInput({
    code: 'unwritable',
    message: `${option}: it is a symbolic link that leads to nothing`,
    file,
    hint: 'take it away, or name another file: nothing was written',
  })
}

/** Pipes that have been found to have a reader, open until the process ends: a reader whose last writer is gone is gone too. */
const held = new Set<string>()

/** Nobody has opened it to read: whoever opens it to write waits, inside of the system, where nothing ends the wait. */
const refuseUnread = (file: string, option: string, path: string): void => {
  if (held.has(path)) return
  try {
    openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    held.add(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    throw badInput({
      code: 'unread-pipe',
      message: `${option}: it is a pipe that nobody reads`,
      file,
      hint: 'start its reader first, or name a file',
    })
  }
}

const targetOf = (file: string, option: string, summary: string | undefined): Target =>
  attempt(file, option, () => {
    const path = resolve(file)
    refuseDirectory(file, option, path)
    const stat = statOf(path)
    if (stat === undefined) refuseDangling(file, option, path)
    if (stat?.isFIFO() === true) refuseUnread(file, option, path)
    if (stat !== undefined && !stat.isFile()) return { file, option, path, how: 'into' }
    if (summary !== undefined && path === resolve(summary)) {
      accessSync(stat === undefined ? dirname(path) : path, constants.W_OK)
      return { file, option, path, how: 'append' }
    }
    const real = stat === undefined ? path : realpathSync(path)
    accessSync(dirname(real), constants.W_OK)
    return { file, option, path: real, how: 'whole' }
  })

/** One file whatever it is called: by a link, another spelling, or a descriptor. */
const identityOf = (stat: Stats | undefined): string | undefined =>
  stat === undefined || stat.isCharacterDevice() ? undefined : `${stat.dev}:${stat.ino}`

/** What is read: `-` is stdin. A file that is not there is no matter of ours. */
const inputIdentity = (file: string): string | undefined => {
  try {
    return identityOf(file === '-' ? fstatSync(STDIN) : statOf(file))
  } catch {
    return undefined
  }
}

/** A log that is overwritten by what is said of it is lost. */
const refuseInputs = (all: readonly Target[], inputs: readonly string[]): void => {
  const read = new Map<string | undefined, string>(inputs.map((file) => [inputIdentity(file), file]))
  for (const { path, file, option } of all) {
    const id = identityOf(statOf(path))
    const input = id === undefined ? undefined : read.get(id)
    if (input === undefined) continue
    throw badInput({
      code: 'output-is-input',
      message: `${option}: it is ${input === '-' ? 'stdin' : input}, which is read`,
      file,
      hint: 'name another file: nothing was written',
    })
  }
}

/** What the environment names as the summary of this step, which is appended to. */
type Environment = Readonly<Record<string, string | undefined>>

const targets = (files: OutputFiles, env: Environment): (Target & { readonly format: Format })[] => {
  const summary = env['GITHUB_STEP_SUMMARY']
  const found = FORMATS.flatMap((format) => {
    const file = files[format]
    if (file === undefined) return []
    if (file === '') {
      throw badInput({
        code: 'no-file',
        message: `${OPTIONS[format]}: the name of the file is empty`,
        hint: 'name a file',
      })
    }
    return [{ format, ...targetOf(file, OPTIONS[format], summary === '' ? undefined : summary) }]
  })
  const seen = new Map<string, string>()
  for (const { path, how, file, option } of found) {
    // what a pipe or a device is given does not take the place of anything
    if (how === 'into') continue
    const id = identityOf(statOf(path)) ?? join(realpathSync(dirname(path)), basename(path))
    const other = seen.get(id)
    seen.set(id, option)
    if (other === undefined) continue
    throw badInput({
      code: 'same-file',
      message: `${other} and ${option} are the same file`,
      file,
      hint: 'give each a file of its own',
    })
  }
  return found
}

/**
 * Refuses files that cannot be written, or are among the inputs: to be asked before hours of work. The first is asked again
 * before anything is written.
 * @throws LockstepError (exit 2) `unwritable`, `no-such-directory`, `is-directory`, `no-file`, `same-file` or
 * `output-is-input`
 */
export const checkOutputs = (
  files: OutputFiles,
  env: Environment = process.env,
  inputs: readonly string[] = [],
): void => {
  refuseInputs(targets(files, env), inputs)
}

/**
 * Refuses a file that cannot be written, before the work of which it is to tell.
 * @throws LockstepError (exit 2) as `checkOutputs`
 */
export const checkOutput = (file: string, option: string): void => {
  if (file === '')
    throw badInput({ code: 'no-file', message: `${option}: the name of the file is empty`, hint: 'name a file' })
  targetOf(file, option, undefined)
}

const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return version
}

const render = (format: Format, validations: readonly Validation[], root: string): string => {
  switch (format) {
    case 'junit':
      return junitReport(validations)
    case 'sarif':
      return sarifReport(validations, { version: packageVersion(), root })
    case 'markdown':
      return markdownSummary(validations)
  }
}

/** Writes what was asked for. Throws before anything is written if a file cannot be. */
export const writeOutputs = (
  files: OutputFiles,
  validations: readonly Validation[],
  env: Environment = process.env,
): void => {
  const root = process.cwd()
  const all = targets(files, env).map((target) => ({
    ...target,
    text: render(target.format, validations, root),
  }))
  const whole = all.filter(({ how }) => how === 'whole')
  const append = (): void => {
    for (const { how, path, text, file } of all) {
      if (how === 'whole') continue
      try {
        appendFileSync(path, text)
      } catch (error) {
        throw environmentFailure({ code: 'write-failed', message: `cannot write the file: ${why(error)}`, file }, error)
      }
    }
  }
  // a full device is found out before any file is replaced
  writeTogether(
    whole.map(({ path, text }) => ({ file: path, content: text })),
    { between: append },
  )
}

/** Writes the results of `lockstep validate` to files: all of them or none, each of them whole. */

import { given } from '../../impl/lib/kernel/given.ts'
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
import { packageRoot } from '../workspace/package.ts'
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

const FORMATS = Object.keys(OPTIONS) as Format[]

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

/** A file by its name on the command line. */
type Named = Pick<Target, 'file' | 'option'>

/** What is wrong with a file before anything was written to it. */
const refusal = (code: string, { file, option }: Named, what: string, hint: string): LockstepError =>
  badInput({ code, message: `${option}: ${what}`, ...given({ file: file === '' ? undefined : file }), hint })

/** Does something with the file system whose failure is the user's to mend. */
const attempt = <T>(named: Named, act: () => T): T => {
  try {
    return act()
  } catch (error) {
    if (error instanceof LockstepError) throw error
    const hint = 'give a file in a directory that exists and can be written to'
    throw refusal('unwritable', named, `cannot write there: ${why(error)}`, hint)
  }
}

const refuseDirectory = (named: Named, path: string): void => {
  const parent = dirname(path)
  if (statOf(parent)?.isDirectory() !== true) {
    const hint = 'create it first: nothing was written'
    throw refusal('no-such-directory', named, `there is no directory ${parent}`, hint)
  }
  if (statOf(path)?.isDirectory() === true) {
    throw refusal('is-directory', named, 'it is a directory', 'give a file in it')
  }
}

/** Nothing is put in the place of a link that leads to nothing. */
const refuseDangling = (named: Named, path: string): void => {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
  const hint = 'take it away, or name another file: nothing was written'
  throw refusal('unwritable', named, 'it is a symbolic link that leads to nothing', hint)
}

/** Pipes that have been found to have a reader, open until the process ends: a reader whose last writer is gone is gone too. */
const held = new Set<string>()

/** Nobody has opened it to read: whoever opens it to write waits, inside of the system, where nothing ends the wait. */
const refuseUnread = (named: Named, path: string): void => {
  if (held.has(path)) return
  try {
    openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    held.add(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
    throw refusal('unread-pipe', named, 'it is a pipe that nobody reads', 'start its reader first, or name a file')
  }
}

const targetOf = (named: Named, summary?: string): Target => {
  if (named.file === '') throw refusal('no-file', named, 'the name of the file is empty', 'name a file')
  return attempt(named, () => {
    const path = resolve(named.file)
    refuseDirectory(named, path)
    const stat = statOf(path)
    if (stat === undefined) refuseDangling(named, path)
    if (stat?.isFIFO() === true) refuseUnread(named, path)
    if (stat !== undefined && !stat.isFile()) return { ...named, path, how: 'into' }
    if (summary !== undefined && path === resolve(summary)) {
      accessSync(stat === undefined ? dirname(path) : path, constants.W_OK)
      return { ...named, path, how: 'append' }
    }
    const real = stat === undefined ? path : realpathSync(path)
    accessSync(dirname(real), constants.W_OK)
    return { ...named, path: real, how: 'whole' }
  })
}

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
  for (const target of all) {
    const id = identityOf(statOf(target.path))
    const input = id === undefined ? undefined : read.get(id)
    if (input === undefined) continue
    const what = `it is ${input === '-' ? 'stdin' : input}, which is read`
    throw refusal('output-is-input', target, what, 'name another file: nothing was written')
  }
}

/** What the environment names as the summary of this step, which is appended to. */
type Environment = Readonly<Record<string, string | undefined>>

const targets = (files: OutputFiles, env: Environment): (Target & { readonly format: Format })[] => {
  const summary = env['GITHUB_STEP_SUMMARY']
  const found = FORMATS.flatMap((format) => {
    const file = files[format]
    if (file === undefined) return []
    return [{ format, ...targetOf({ file, option: OPTIONS[format] }, summary === '' ? undefined : summary) }]
  })
  const seen = new Map<string, string>()
  for (const { path, how, file, option } of found) {
    // what a pipe or a device is given does not take the place of anything
    if (how === 'into') continue
    const id = identityOf(statOf(path)) ?? join(realpathSync(dirname(path)), basename(path))
    const other = seen.get(id)
    seen.set(id, option)
    if (other === undefined) continue
    const message = `${other} and ${option} are the same file`
    throw badInput({ code: 'same-file', message, file, hint: 'give each a file of its own' })
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
  targetOf({ file, option })
}

const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return version
}

const RENDER = {
  junit: junitReport,
  sarif: (validations) => sarifReport(validations, { version: packageVersion(), root: process.cwd() }),
  markdown: markdownSummary,
} satisfies Record<Format, (validations: readonly Validation[]) => string>

/** Writes what was asked for. Throws before anything is written if a file cannot be. */
export const writeOutputs = (
  files: OutputFiles,
  validations: readonly Validation[],
  env: Environment = process.env,
): void => {
  const all = targets(files, env).map((target) => ({ ...target, text: RENDER[target.format](validations) }))
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

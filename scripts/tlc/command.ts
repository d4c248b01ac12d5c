/** The command line of a run of TLC. */

import { existsSync, statSync } from 'node:fs'
import { delimiter, dirname, relative, resolve } from 'node:path'

/** What TLC is to do. */
export interface TlcTask {
  readonly java: { readonly path: string }
  readonly jar: { readonly path: string }
  readonly specFile: string
  readonly cfgFile: string
  /** 1 unless told; `auto` is one per core */
  readonly workers?: number | 'auto'
  /** largest heap, in MB; the virtual machine's own choice unless told */
  readonly heapMb?: number | undefined
  /** whether a state without successor is an error */
  readonly deadlock: boolean
  /** whether the run is short (some hundred thousand states), so that starting up is most of it; true unless told */
  readonly small?: boolean
  /** file for the complete graph; there only after success */
  readonly dump?: string | undefined
  /** directories with modules that the specification extends */
  readonly libraryPath?: readonly string[]
  readonly extraArgs?: readonly string[]
}

/** A program with its arguments, without a shell. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
}

/** The dump within the run's directory. TLC would add `.dot` to any other name. */
export const dumpIn = (directory: string): string => `${directory}/dump.dot`

/**
 * Flags of the virtual machine; README.md beside this file has the measurements. TLC writes numbers in the way of the
 * machine's locale, and messages.ts reads English ones.
 */
export const jvmFlags = (
  directory: string,
  { small = true, workers = 1, heapMb, libraryPath = [] }: Partial<TlcTask>,
): string[] => [
  // collecting in parallel takes from the run beside it what it gives to this one
  workers === 1 ? '-XX:+UseSerialGC' : '-XX:+UseParallelGC',
  ...(small ? ['-XX:TieredStopAtLevel=1'] : []),
  '-XX:-UsePerfData',
  // a worker that dies of it would leave the main thread waiting for ever
  '-XX:+ExitOnOutOfMemoryError',
  ...(heapMb === undefined ? [] : [`-Xmx${heapMb}m`]),
  '-Duser.language=en',
  '-Duser.country=US',
  '-Dfile.encoding=UTF-8',
  '-Dstdout.encoding=UTF-8',
  // TLC unpacks its standard modules into the temporary directory, where parallel runs would race
  `-Djava.io.tmpdir=${directory}`,
  ...(libraryPath.length === 0 ? [] : [`-DTLA-Library=${libraryPath.map((path) => resolve(path)).join(delimiter)}`]),
]

const tlcArgs = (directory: string, task: TlcTask): string[] => [
  '-tool',
  '-workers',
  String(task.workers ?? 1),
  '-metadir',
  `${directory}/states`,
  ...(task.deadlock ? [] : ['-deadlock']),
  ...(task.dump === undefined ? [] : ['-dump', 'dot,actionlabels', dumpIn(directory)]),
  // TLC picks one of its hash functions at random, and with it which of several counterexamples it finds
  ...(task.extraArgs?.includes('-fp') === true ? [] : ['-fp', '0']),
  ...(task.extraArgs ?? []),
  '-config',
  // TLC puts the specification's directory before whatever is given here, an absolute path too
  relative(dirname(resolve(task.specFile)), resolve(task.cfgFile)),
  resolve(task.specFile),
]

/** The command that runs a task with `directory` for all its temporary files. */
export const commandOf = (task: TlcTask, directory: string): Command => ({
  program: task.java.path,
  args: [...jvmFlags(directory, task), '-cp', task.jar.path, 'tlc2.TLC', ...tlcArgs(directory, task)],
})

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile()

/** A file that exists from where we are, also where TLC would add the ending. */
const fileFrom = (name: string, ending: string): string | undefined =>
  [name, `${name}${ending}`].map((path) => resolve(path)).find((path) => path.endsWith(ending) && isFile(path))

/** Options that name a file which is no module. */
const FILE_OPTIONS: ReadonlySet<string> = new Set(['-config', '-dump', '-metadir', '-userFile', '-recover'])

/**
 * Arguments for TLC with the module by its absolute path: TLC looks for what a module extends beside it only then. TLC looks
 * for the configuration from the module's directory; the caller's is one from where they are, if there is such a file.
 */
export const withPaths = (args: readonly string[]): { args: readonly string[]; specFile: string | undefined } => {
  const modules = args.map((arg, i) =>
    arg.startsWith('-') || FILE_OPTIONS.has(args[i - 1] ?? '') ? undefined : fileFrom(arg, '.tla'),
  )
  const specFile = modules.findLast((path) => path !== undefined)
  if (specFile === undefined) return { args, specFile }
  const placed = args.map((arg, i) => {
    if (modules[i] === specFile) return specFile
    const cfg = args[i - 1] === '-config' ? fileFrom(arg, '.cfg') : undefined
    return cfg === undefined ? arg : relative(dirname(specFile), cfg)
  })
  return { args: placed, specFile }
}

/** The command that runs TLC with the caller's own arguments, with `directory` for its temporary files. */
export const passThroughCommand = (
  { java, jar, args, ...flags }: Pick<TlcTask, 'java' | 'jar' | 'heapMb' | 'libraryPath'> & { args: readonly string[] },
  directory: string,
): Command => {
  const metadir = args.includes('-metadir') ? [] : ['-metadir', `${directory}/states`]
  const jvm = jvmFlags(directory, { ...flags, small: false, workers: 'auto' })
  return { program: java.path, args: [...jvm, '-cp', jar.path, 'tlc2.TLC', ...metadir, ...withPaths(args).args] }
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)

const VARIABLE = 'TLC_TMP'

/** Stands for the temporary directory until the words are quoted. */
const PLACE = '\0'

const quoteWord = (word: string): string =>
  word
    .split(PLACE)
    .map((part) => (part === '' ? '' : quote(part)))
    .join(`"$${VARIABLE}"`)

/** A line for `sh` that makes the temporary directory, runs the command of it, and removes it. */
const lineOf = (commandIn: (directory: string) => Command, keep = ''): string => {
  const { program, args } = commandIn(PLACE)
  const run = [program, ...args].map(quoteWord).join(' ')
  return `${VARIABLE}=$(mktemp -d); ${run}${keep}; rm -rf "$${VARIABLE}"`
}

/** The command with the caller's own arguments as a line for `sh`. */
export const passThroughLine = (task: Parameters<typeof passThroughCommand>[0]): string =>
  lineOf((directory) => passThroughCommand(task, directory))

/** A task as a line for `sh` that does the same as the run. */
export const printCommand = (task: TlcTask): string =>
  lineOf(
    (directory) => commandOf(task, directory),
    task.dump === undefined ? '' : ` && mv "$${VARIABLE}"/dump.dot ${quote(task.dump)}`,
  )

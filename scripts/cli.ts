/** The command line: runs the command that is asked for; exit codes as docs/commands.md gives them. */

import type { CommandName, OptionsOf } from './cli/commands.ts'
import type { Dispatch } from './cli/program.ts'
import { reportUncaught, runReporting } from './cli/run.ts'
import { cFileIn } from '../impl/lib/protocol/c-target.ts'
import type { Project } from '../impl/lib/protocol/project.ts'
import type { Asking } from './c/project.ts'
import { reportError } from './ui/errors.ts'
import type { Output } from './ui/output.ts'
import { outputFor } from './ui/output.ts'

/** Runs a command; returns the exit code. */
type Runner<C extends CommandName> = (out: Output, options: OptionsOf<C>, project: Project) => Promise<number>

/** A command's module is loaded when it is asked for: the modules of all of them take longer than most commands. */
const RUNNERS: { readonly [C in CommandName]: Runner<C> } = {
  start: async (out, options, project) => (await import('./commands/start.ts')).start(out, options, project),
  list: async (out, options, project) => (await import('./commands/list.ts')).list(out, options, project),
  check: async (out, options, project) => (await import('./commands/check.ts')).check(out, options, project),
  prove: async (out, options, project) => (await import('./commands/prove.ts')).prove(out, options, project),
  spec: async (out, options, project) => (await import('./commands/spec.ts')).spec(out, options, project),
  verify: async (out, options, project) => (await import('./commands/verify.ts')).verify(out, options, project),
  replay: async (out, options, project) => (await import('./commands/replay.ts')).replayCommand(out, options, project),
  validate: async (out, options, project) => (await import('./commands/validate.ts')).validate(out, options, project),
  explain: async (out, options, project) => (await import('./commands/explain.ts')).explain(out, options, project),
  ablate: async (out, options, project) => (await import('./commands/ablate.ts')).ablate(out, options, project),
  mutate: async (out, options, project) => (await import('./commands/mutate.ts')).mutate(out, options, project),
  live: async (out, options, project) => (await import('./commands/live.ts')).live(out, options, project),
  tlc: async (out, options) => (await import('./commands/tlc.ts')).tlc(out, options),
  new: async (out, options) => (await import('./commands/new.ts')).create(out, options),
  bench: async (out, options, project) =>
    options.logs === true
      ? (await import('./commands/bench-logs.ts')).benchLogs(out, options, project)
      : (await import('./commands/bench.ts')).bench(out, options, project),
  doctor: async (out, _, project) => (await import('./commands/doctor.ts')).doctor(out, project),
}

/** What `--workspace` says; one command has no such option. */
const workspaceIn = (options: OptionsOf<CommandName>): string | undefined =>
  'workspace' in options && typeof options.workspace === 'string' ? options.workspace : undefined

/** Whoever names a protocol of which there are two is told which one is meant. */
const noteShadowed = (out: Output, { shadowed }: Project, said: readonly unknown[]): void => {
  const heads = said.flat().flatMap((word) => (typeof word === 'string' ? word.split('/', 1) : []))
  const meant = shadowed.filter((name) => heads.includes(name))
  if (meant.length > 0) out.note(`${meant.join(', ')} is the workspace’s own, not Lockstep’s protocol of that name`)
}

/** Opens the protocols that there are, with what that takes: a C file or a litmus test needs none of them. */
const openAll = async (out: Output, name: CommandName, options: OptionsOf<CommandName>): Promise<Project> => {
  const [{ findWorkspace }, { openProject }] = await Promise.all([
    import('./workspace/config.ts'),
    import('./workspace/project.ts'),
  ])
  // `new` makes what the others open: whether that loads is nothing to it
  const project = await openProject(name === 'new' ? undefined : findWorkspace(workspaceIn(options)))
  noteShadowed(out, project, Object.values(options))
  return project
}

/** What a command line says it is about. */
const targetsIn = (options: Readonly<Record<string, unknown>>): readonly string[] =>
  [options['targets'], options['target'], options['protocol']].flat().filter((target) => typeof target === 'string')

/** The project of a command: with the C files that it names. */
const projectFor = async (
  name: CommandName,
  options: OptionsOf<CommandName>,
  open: () => Promise<Project>,
): Promise<Project> => {
  const targets = name === 'new' || name === 'tlc' ? [] : targetsIn(options)
  if (!targets.some((target) => cFileIn(target) !== undefined)) return open()
  const { projectWithC } = await import('./c/project.ts')
  return projectWithC({ ...(options as Omit<Asking, 'targets'>), targets }, open)
}

/** Runs `check` where it names files; undefined where it names none. */
const checkedFiles = async (
  out: Output,
  name: CommandName,
  options: OptionsOf<CommandName>,
  open: () => Promise<Project>,
): Promise<number | undefined> => {
  if (name !== 'check') return undefined
  const asked = options as OptionsOf<'check'>
  const { isBareDirectory, targetsOf } = await import('./c/targets.ts')
  const project = asked.targets.some(isBareDirectory) ? await open() : undefined
  const targets = asked.targets.flatMap((target) => targetsOf(target, (word) => project?.named(word) !== undefined))
  if (targets.every(({ kind }) => kind === 'model')) return undefined
  return (await import('./commands/check-files.ts')).checkFiles(out, asked, targets, open)
}

/** Runs a command and turns what it throws into one clear error and an exit code. */
const dispatch: Dispatch = async (name, options, json) => {
  const out = outputFor(json)
  let opened: Promise<Project> | undefined
  const open = (): Promise<Project> => (opened ??= openAll(out, name, options))
  try {
    process.exitCode =
      (await checkedFiles(out, name, options, open)) ??
      (await RUNNERS[name](out, options, await projectFor(name, options, open)))
  } catch (error) {
    out.clear()
    process.exitCode = reportError(await asUsers(opened, error), out.json)
  }
}

/** What a module of somebody else's workspace has thrown, as the bad input that it is. */
const asUsers = async (opened: Promise<Project> | undefined, error: unknown): Promise<unknown> => {
  if (opened === undefined) return error
  const { thrownByUser } = await import('./workspace/machine-code.ts')
  // that it cannot be opened may be the very error
  const protocols = await opened.then(
    (project) => project.protocols,
    () => [],
  )
  return thrownByUser(protocols, error) ?? error
}

/** A command that has no meaning for a C file says so before it says what else is wrong with its arguments. */
const refuseCFiles = async ([command = '', ...words]: readonly string[]): Promise<void> => {
  if (!words.some((word) => cFileIn(word) !== undefined)) return
  const refused = (await import('./c/refusals.ts')).refusedFor(command, words)
  if (refused !== undefined) throw refused
}

/** Runs the command line; the exit code is in `process.exitCode`. */
export const run = async (argv: readonly string[]): Promise<void> => {
  try {
    await refuseCFiles(argv)
  } catch (error) {
    process.exitCode = reportError(error, argv.includes('--json'))
    return
  }
  await runReporting(dispatch, argv)
}

/** The program, in the thread of a command. */
export const main = async (argv: readonly string[]): Promise<void> => {
  reportUncaught(argv)
  await run(argv)
}

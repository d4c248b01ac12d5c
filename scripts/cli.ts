/** The command line: runs the command that is asked for; exit codes as docs/commands.md gives them. */

import type { Command } from 'commander'
import { CommanderError } from 'commander'
import { EXIT } from '../impl/lib/kernel/error.ts'
import type { CommandName, OptionsOf } from './cli/commands.ts'
import type { Dispatch } from './cli/program.ts'
import { programOf } from './cli/program.ts'
import type { Project } from '../impl/lib/protocol/project.ts'
import { findWorkspace } from './workspace/config.ts'
import { thrownByUser } from './workspace/machine-code.ts'
import { packageJson } from './workspace/package.ts'
import { openProject } from './workspace/project.ts'
import { errorJson, reportError } from './ui/errors.ts'
import type { Output } from './ui/output.ts'
import { outputFor, printJson, writeError, writeOut } from './ui/output.ts'

/** Runs a command; returns the exit code. */
type Runner<C extends CommandName> = (out: Output, options: OptionsOf<C>, project: Project) => Promise<number>

/** A command's module is loaded when it is asked for: the modules of all of them take longer than most commands. */
const RUNNERS: { readonly [C in CommandName]: Runner<C> } = {
  start: async (out, options, project) => (await import('./commands/start.ts')).start(out, options, project),
  list: async (out, options, project) => (await import('./commands/list.ts')).list(out, options, project),
  check: async (out, options, project) => (await import('./commands/check.ts')).check(out, options, project),
  prove: async (out, options, project) => (await import('./commands/prove.ts')).prove(out, options, project),
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

/** Runs a command and turns what it throws into one clear error and an exit code. */
const dispatch: Dispatch = async (name, options, json) => {
  const out = outputFor(json)
  let project: Project | undefined
  try {
    // `new` makes what the others open: whether that loads is nothing to it
    project = await openProject(name === 'new' ? undefined : findWorkspace(workspaceIn(options)))
    noteShadowed(out, project, Object.values(options))
    process.exitCode = await RUNNERS[name](out, options, project)
  } catch (error) {
    out.clear()
    process.exitCode = reportError(thrownByUser(project?.protocols ?? [], error) ?? error, out.json)
  }
}

/** Commander reports its own errors; bad usage is exit code 2, and with --json it is JSON too. */
const parse = async (root: Command, argv: readonly string[], json: boolean): Promise<void> => {
  try {
    await root.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (json && error.exitCode !== 0) {
      const message = error.message.replace(/^error: /, '')
      printJson({ ok: false, error: errorJson({ code: 'usage', message, hint: '--help shows how' }) })
    }
  }
}

/** Runs the command line; the exit code is in `process.exitCode`. */
export const run = async (argv: readonly string[]): Promise<void> => {
  const root = programOf(packageJson().version, dispatch)
  const json = argv.includes('--json')
  const override = (command: Command): void => {
    command.exitOverride()
    // the words of the command line are in what Commander says of them
    command.configureOutput({ writeOut, writeErr: json ? () => undefined : writeError })
    for (const sub of command.commands) override(sub)
  }
  override(root)
  try {
    await parse(root, argv, json)
  } catch (error) {
    process.exitCode = reportError(error, json)
  }
}

/** The program, in the thread of a command: what nothing else catches is one clear error as well. */
export const main = async (argv: readonly string[]): Promise<void> => {
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error, argv.includes('--json')))
  })
  await run(argv)
}

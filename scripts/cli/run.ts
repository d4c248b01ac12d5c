/** Reads the command line and has a command run: what goes wrong is one clear error and an exit code. */

import type { Command } from 'commander'
import { CommanderError } from 'commander'
import { EXIT } from '../../impl/lib/kernel/error.ts'
import { packageJson } from '../workspace/package.ts'
import { errorJson, reportError } from '../ui/errors.ts'
import { printJson, watchStreams, writeError, writeOut } from '../ui/output.ts'
import type { Dispatch } from './program.ts'
import { programOf } from './program.ts'

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
export const runWith = async (dispatch: Dispatch, argv: readonly string[]): Promise<void> => {
  const root = programOf(packageJson().version, dispatch)
  const json = argv.includes('--json')
  const override = (command: Command): void => {
    command.exitOverride()
    // the words of the command line are in what Commander says of them
    command.configureOutput({ writeOut, writeErr: json ? () => undefined : writeError })
    for (const sub of command.commands) override(sub)
  }
  override(root)
  await parse(root, argv, json)
}

/** The same where it is not sure that these modules are for it: answers whether they were. `Left` is thrown where they are not. */
export const ranHere = async (dispatch: Dispatch, argv: readonly string[], Left: new () => Error): Promise<boolean> => {
  watchStreams()
  reportUncaught(argv)
  try {
    await runWith(dispatch, argv)
    return true
  } catch (error) {
    if (error instanceof Left) return false
    throw error
  }
}

/** The same, and what it throws is reported. */
export const runReporting = async (dispatch: Dispatch, argv: readonly string[]): Promise<void> => {
  try {
    await runWith(dispatch, argv)
  } catch (error) {
    process.exitCode = reportError(error, argv.includes('--json'))
  }
}

/** What nothing else catches is one clear error as well. */
export const reportUncaught = (argv: readonly string[]): void => {
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error, argv.includes('--json')))
  })
}

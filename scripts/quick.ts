/**
 * What is answered in the main thread, because a thread and its modules would take longer than the answer: one litmus test that is
 * soon decided. Nothing is written before it is known that it is; what is not, a thread decides from the start.
 * Nothing has to be cleaned up here, so a signal ends the process with its exit code as soon as it is heard.
 */

import { statSync } from 'node:fs'
import { checkFiles } from './commands/check-files.ts'
import { targetsOf } from './c/targets.ts'
import type { Handled } from './node/signals.ts'
import { EXIT_CODE } from './node/signals.ts'
import { reportError } from './ui/errors.ts'
import { outputFor } from './ui/output.ts'
import type { CommandName, OptionsOf } from './cli/commands.ts'
import type { Dispatch } from './cli/program.ts'
import { ranHere } from './cli/run.ts'

/** How long a test may take here, in milliseconds, before a thread takes it over. */
const PATIENCE_MS = 300

/** And how large it may be, in bytes: how long it takes to be read, nobody can ask in between. */
const MOST_BYTES = 20_000

/** Thrown where a thread has to do it. */
class NotQuick extends Error {}

const isSmallFile = (file: string): boolean => {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats?.isFile() === true && stats.size <= MOST_BYTES
}

/** The targets of a command, if it is a check of one small litmus test that says all that it says at once. */
const oneTest = (name: CommandName, options: OptionsOf<CommandName>) => {
  if (name !== 'check') return undefined
  const asked = options as OptionsOf<'check'>
  const [target, ...others] = asked.targets
  if (target?.endsWith('.litmus') !== true || others.length > 0 || asked.memory === 'all') return undefined
  return isSmallFile(target) ? { asked, targets: targetsOf(target) } : undefined
}

const noProject = () => Promise.reject(new TypeError('a litmus test is of no project'))

const dispatch: Dispatch = async (name, options, json) => {
  const test = oneTest(name, options)
  if (test === undefined) throw new NotQuick()
  const until = performance.now() + PATIENCE_MS
  const tick = (): void => {
    if (performance.now() > until) throw new NotQuick()
  }
  try {
    process.exitCode = await checkFiles(outputFor(json), { ...test.asked, tick }, test.targets, noProject)
  } catch (error) {
    if (error instanceof NotQuick) throw error
    process.exitCode = reportError(error, json)
  }
}

/** Ends the process at a signal, with its exit code; until what is returned is called, as somebody else listens by then. */
export const hearSignals = (): (() => void) => {
  const listeners = (Object.keys(EXIT_CODE) as Handled[]).map((signal) => {
    const listener = (): void => process.exit(EXIT_CODE[signal])
    process.on(signal, listener)
    return () => process.off(signal, listener)
  })
  return () => {
    for (const forget of listeners) forget()
  }
}

/** Runs the command line if it is of that kind; answers whether it was. */
export const runQuickly = (argv: readonly string[]): Promise<boolean> => ranHere(dispatch, argv, NotQuick)

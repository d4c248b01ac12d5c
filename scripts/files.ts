/** The command line where it is a check of files and nothing else, which bin/files.mjs has seen to: no protocol is loaded for it. */

import { checkFiles } from './commands/check-files.ts'
import { targetsOf } from './c/targets.ts'
import { reportError } from './ui/errors.ts'
import { outputFor } from './ui/output.ts'
import type { OptionsOf } from './cli/commands.ts'
import type { Dispatch } from './cli/program.ts'
import { reportUncaught, runReporting } from './cli/run.ts'

const noProject = () => Promise.reject(new TypeError('a file is of no project'))

const dispatch: Dispatch = async (name, options, json) => {
  if (name !== 'check') throw new TypeError(`${name} is no check of files`)
  const out = outputFor(json)
  const asked = options as OptionsOf<'check'>
  try {
    const targets = asked.targets.flatMap((target) => targetsOf(target))
    process.exitCode = await checkFiles(out, asked, targets, noProject)
  } catch (error) {
    out.clear()
    process.exitCode = reportError(error, json)
  }
}

export const mainOfFiles = async (argv: readonly string[]): Promise<void> => {
  reportUncaught(argv)
  await runReporting(dispatch, argv)
}

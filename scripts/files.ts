/** The command line where it is a check of files and nothing else, which bin/files.mjs has seen to: no protocol is loaded for it. */

import type { AheadStart, Told } from './ahead.ts'
import { answeredAhead, takes } from './ahead.ts'
import { checkFiles } from './commands/check-files.ts'
import { litmusRow } from './commands/litmus.ts'
import { LockstepError } from '../impl/lib/kernel/error.ts'
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
    process.exitCode = await checkFiles(out, asked, targets, noProject, answeredAhead)
  } catch (error) {
    out.clear()
    process.exitCode = reportError(error, json)
  }
}

/** Answers tests from the last to the first, as long as nobody else has taken them: what ahead-thread.ts does. */
export const answerFromTheEnd = async (
  { asked, options, taken }: AheadStart,
  tell: (told: Told) => void,
): Promise<void> => {
  const isTaken = new Int32Array(taken)
  for (const [index, { file, memory }] of [...asked.entries()].reverse()) {
    if (!takes(isTaken, index)) return
    try {
      tell({ index, row: await litmusRow(file, memory, options) })
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error
      tell({ index, problem: error.problem, exit: error.exit })
    }
  }
}

export const mainOfFiles = async (argv: readonly string[]): Promise<void> => {
  reportUncaught(argv)
  await runReporting(dispatch, argv)
}

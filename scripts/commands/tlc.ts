/** `lockstep tlc -- ARGS`: TLC itself, through the wrapper. */

import { EXIT } from '../../impl/lib/kernel/error.ts'
import { findToolchain } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { libraryDirectory } from '../workspace/package.ts'
import { passThroughLine } from '../tlc/command.ts'
import { exitCodeOf } from '../tlc/exit.ts'
import { passThrough } from '../tlc/run.ts'
import type { Output } from '../ui/output.ts'

/** Runs TLC with the caller's arguments; returns our exit code for its status. */
export const tlc = async (out: Output, { args, dryRun }: OptionsOf<'tlc'>): Promise<number> => {
  const { java, jar } = await findToolchain()
  const task = { java, jar, args, libraryPath: [libraryDirectory()] }
  if (dryRun === true) {
    out.line(passThroughLine(task))
    return EXIT.ok
  }
  return exitCodeOf(await passThrough(task), args)
}

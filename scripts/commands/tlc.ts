/** `lockstep tlc -- ARGS`: TLC itself, through the wrapper. */

import { findToolchain } from '../engines/tlc.ts'
import { libraryDirectory } from '../workspace/project.ts'
import { passThroughLine } from '../tlc/command.ts'
import { exitCodeOf } from '../tlc/exit.ts'
import { passThrough } from '../tlc/run.ts'
import type { Output } from '../ui/output.ts'

/** Runs TLC with the caller's arguments; returns our exit code for its status. */
export const tlc = async (
  out: Output,
  args: readonly string[],
  options: { readonly dryRun?: boolean },
): Promise<number> => {
  const { java, jar } = await findToolchain()
  const task = { java, jar, args, libraryPath: [libraryDirectory()] }
  if (options.dryRun === true) {
    out.line(passThroughLine(task))
    return 0
  }
  return exitCodeOf(await passThrough(task), args)
}

/** `lockstep tlc -- ARGS`: TLC itself, through the wrapper. */

import { findToolchain } from '../check/tlc.ts'
import { libraryDirectory } from '../lib/project.ts'
import { passThrough } from '../tlc/run.ts'
import type { Output } from '../ui/output.ts'

/** Runs TLC with the caller's arguments; returns its exit status. */
export const tlc = async (
  out: Output,
  args: readonly string[],
  options: { readonly dryRun?: boolean },
): Promise<number> => {
  const { java, jar } = await findToolchain()
  if (options.dryRun === true) {
    out.line([java.path, `-DTLA-Library=${libraryDirectory()}`, '-cp', jar.path, 'tlc2.TLC', ...args].join(' '))
    return 0
  }
  return passThrough({ java, jar, args, libraryPath: [libraryDirectory()] })
}

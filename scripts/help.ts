/** Words of help and the version, for a bundle of their own: nothing is loaded that would run a command. */

import type { Dispatch } from './cli/program.ts'
import { ranHere } from './cli/run.ts'

/** Thrown where a command is to be run. */
class NoHelp extends Error {}

const dispatch: Dispatch = () => Promise.reject(new NoHelp())

/** Runs the command line if it asks for help; answers whether it did. */
export const help = (argv: readonly string[]): Promise<boolean> => ranHere(dispatch, argv, NoHelp)

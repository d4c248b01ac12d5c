/** Starts a command in a thread of its own. */

import { startWorker } from './node/worker.ts'
import { superviseThread } from './supervision.ts'

/** Runs the command line; the process ends with it. `watchParents` as in supervision.ts. */
export const supervise = (argv: readonly string[], options: { readonly watchParents?: boolean } = {}): void => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const url = new URL(`./command-thread.${extension}`, import.meta.url)
  superviseThread(argv, (start, how) => startWorker(url, start, how), options)
}

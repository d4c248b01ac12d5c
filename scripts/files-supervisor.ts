/** The main thread where a check of files has a thread of its own; for a bundle, beside which there is that of the thread. */

import { Worker } from 'node:worker_threads'
import { superviseThread } from './supervision.ts'

/** Runs it; the process ends with it. */
export const superviseFiles = (argv: readonly string[]): void => {
  superviseThread(
    argv,
    (workerData, options) => new Worker(new URL('./files-thread.mjs', import.meta.url), { ...options, workerData }),
  )
}

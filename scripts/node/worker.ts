/** Starts worker threads, which load their modules anew: what they load must be what we have loaded. */

import type { WorkerOptions } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'
import { codeDigest } from './loaded.ts'

/** Tells a worker which code its parent runs; `same-build.ts` compares. */
export const CODE_VARIABLE = 'LOCKSTEP_LOADED_CODE'

/** A worker thread on the module at `url`, which must import `same-code.ts`; `same-build.ts` is enough for one that starts with the process. */
export const startWorker = (
  url: URL,
  workerData: unknown,
  options: Pick<WorkerOptions, 'argv' | 'stdin'> = {},
): Worker => new Worker(url, { ...options, workerData, env: { ...process.env, [CODE_VARIABLE]: codeDigest() } })

/** Runs the embedded engine in a worker thread with a time limit. */

import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { messageOf } from '../node/failure.ts'
import { within } from '../node/worker-pool.ts'
import { startWorker } from '../node/worker.ts'
import type { EmbeddedAnswer, EmbeddedRun } from './engine.ts'

/** The engine's answer, or `timeout`. An engine that crashes is an environment failure (exit 3). */
export const runEmbeddedWithin = async (run: EmbeddedRun, timeoutMs: number): Promise<EmbeddedAnswer | 'timeout'> => {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const worker = startWorker(new URL(`./worker.${extension}`, import.meta.url), run)
  const answer = new Promise<EmbeddedAnswer>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject)
  })
  try {
    return (await within(answer, timeoutMs)) ?? 'timeout'
  } catch (error) {
    const message = `the embedded engine failed: ${messageOf(error)}`
    throw environmentFailure({ code: 'embedded-crashed', message }, error)
  } finally {
    void worker.terminate()
  }
}

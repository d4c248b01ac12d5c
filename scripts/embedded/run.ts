/** Runs the embedded engine in a worker thread with a time limit. */

import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { startWorker } from '../node/worker.ts'
import type { EmbeddedAnswer, EmbeddedRun } from './engine.ts'

/** The engine's answer, or `timeout`. An engine that crashes is an environment failure (exit 3). */
export const runEmbeddedWithin = (run: EmbeddedRun, timeoutMs: number): Promise<EmbeddedAnswer | 'timeout'> =>
  new Promise((resolve, reject) => {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = startWorker(new URL(`./worker.${extension}`, import.meta.url), run)
    const timer = setTimeout(() => {
      void worker.terminate()
      resolve('timeout')
    }, timeoutMs)
    const settle = (then: () => void): void => {
      clearTimeout(timer)
      void worker.terminate()
      then()
    }
    worker.once('message', (answer: EmbeddedAnswer) => {
      settle(() => {
        resolve(answer)
      })
    })
    worker.once('error', (error) => {
      settle(() => {
        reject(
          environmentFailure(
            { code: 'embedded-crashed', message: `the embedded engine failed: ${error.message}` },
            error,
          ),
        )
      })
    })
  })

/** The two threads of a live run, as one function that plays a batch. */

import type { Worker } from 'node:worker_threads'
import { environmentFailure } from '../../impl/lib/error.ts'
import { startWorker } from '../lib/worker.ts'
import type { Batch, Played, Start } from './messages.ts'

/** Two worker threads; both must be ended. */
export class Pair {
  private readonly workers: readonly Worker[]

  constructor(start: Omit<Start, 'me'>) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const url = new URL(`./worker.${extension}`, import.meta.url)
    this.workers = ([0, 1] as const).map((me) => startWorker(url, { ...start, me } satisfies Start))
  }

  /** Plays a batch on both. */
  async play(batch: Batch): Promise<void> {
    const answers = await Promise.all(this.workers.map((worker) => asked(worker, batch)))
    for (const answer of answers) {
      if ('done' in answer) continue
      throw environmentFailure({
        code: 'live-abandoned',
        message: `the two threads do not meet: ${answer.abandoned}`,
        hint: 'both need a core of their own most of the time: end what else is running',
      })
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }
}

const asked = (worker: Worker, batch: Batch): Promise<Played> =>
  new Promise((resolve, reject) => {
    const forget = (): void => {
      worker.off('message', onAnswer).off('error', onError)
    }
    const onAnswer = (answer: Played): void => {
      forget()
      resolve(answer)
    }
    const onError = (error: Error): void => {
      forget()
      reject(environmentFailure({ code: 'worker-failed', message: `a worker failed: ${error.message}` }, error))
    }
    worker.on('message', onAnswer).on('error', onError)
    worker.postMessage(batch)
  })

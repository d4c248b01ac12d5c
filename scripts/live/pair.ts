/** The two threads of a live run, as one function that plays a batch. */

import type { Worker } from 'node:worker_threads'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { exchange } from '../node/ask.ts'
import { startWorker } from '../node/worker.ts'
import type { Batch, Played } from './messages.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** Each in words of its own: node/loaded.ts finds the modules that run by them. */
const ADDRESSES = {
  worker: new URL(`./worker.${extension}`, import.meta.url),
  'c-worker': new URL(`./c-worker.${extension}`, import.meta.url),
} as const

/** Two worker threads; both must be ended. */
export class Pair {
  private readonly workers: readonly Worker[]

  /** `module`: of this directory, which both run; each is told which of the two it is */
  constructor(module: 'worker' | 'c-worker', start: object) {
    this.workers = ([0, 1] as const).map((me) => startWorker(ADDRESSES[module], { ...start, me }))
  }

  /** Plays a batch on both. */
  async play(batch: Batch): Promise<void> {
    const answers = await Promise.all(this.workers.map((worker) => exchange<Played>(worker, batch)))
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

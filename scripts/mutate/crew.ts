/** The worker threads of `mutate`: each answers one request at a time; one that takes too long is ended and replaced. */

import type { Worker } from 'node:worker_threads'
import { ask } from '../node/ask.ts'
import { startWorker } from '../node/worker.ts'
import type { Answers, Request, WorkerStart } from './messages.ts'

/** A worker, as a function that may be given up on. */
export class Hand {
  private readonly start: WorkerStart
  private worker: Worker | undefined

  constructor(start: WorkerStart) {
    this.start = start
  }

  private living(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.worker ??= startWorker(new URL(`./worker.${extension}`, import.meta.url), this.start)
    return this.worker
  }

  /** Asks; the answer, or undefined where it takes longer than `limit` milliseconds. */
  async ask<K extends Request['kind']>(
    request: Extract<Request, { kind: K }>,
    limit: number,
  ): Promise<Answers[K] | undefined> {
    const worker = this.living()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => {
        resolve(undefined)
      }, limit)
    })
    try {
      const answer = await Promise.race([ask<Answers[K]>(worker, request), late])
      if (answer === undefined) await this.end()
      return answer
    } finally {
      clearTimeout(timer)
    }
  }

  /** Ends the thread; the next request gets a new one. */
  async end(): Promise<void> {
    const { worker } = this
    this.worker = undefined
    await worker?.terminate()
  }
}

/** Lets `size` workers do `task`; they are ended in any case, whatever is thrown. */
export const withCrew = async (
  size: number,
  start: WorkerStart,
  task: (hand: Hand) => Promise<void>,
): Promise<void> => {
  const hands = Array.from({ length: size }, () => new Hand(start))
  try {
    await Promise.all(hands.map(task))
  } finally {
    await Promise.all(hands.map((hand) => hand.end()))
  }
}

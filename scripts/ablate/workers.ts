/** The worker threads of `ablate`: each answers one request at a time, all end when told to or when time is up. */

import type { Worker } from 'node:worker_threads'
import { ask } from '../node/ask.ts'
import { startWorker } from '../node/worker.ts'
import type { Answers, Crew, Hand, Request, WorkerStart } from '../../impl/lib/ablate/messages.ts'

/** One worker, as a function. */
class WorkerHand implements Hand {
  private readonly worker: Worker

  constructor(start: WorkerStart) {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    this.worker = startWorker(new URL(`./worker.${extension}`, import.meta.url), start)
  }

  /** Asks; the one request at hand must be answered before the next. */
  ask<K extends Request['kind']>(request: Extract<Request, { kind: K }>): Promise<Answers[K]> {
    return ask<Answers[K]>(this.worker, request)
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }
}

/**
 * Lets `size` workers do `task` until each of them has returned or the time is up; `false` if it was. The workers
 * are ended in any case, whatever is thrown.
 */
export const withCrew: Crew = async (size, start, deadline, task) => {
  const hands = Array.from({ length: size }, () => new WorkerHand(start))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(
      () => {
        resolve(false)
      },
      Math.max(0, deadline - performance.now()),
    )
  })
  try {
    return await Promise.race([Promise.all(hands.map(task)).then(() => true), late])
  } finally {
    clearTimeout(timer)
    await Promise.all(hands.map((hand) => hand.end()))
  }
}

/** The worker threads of `mutate`: each answers one request at a time; one that takes too long is ended and replaced. */

import type { Worker } from 'node:worker_threads'
import { environmentFailure, LockstepError } from '../../impl/lib/error.ts'
import { startWorker } from '../lib/worker.ts'
import type { Answers, Reply, Request, WorkerStart } from './messages.ts'

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
      const answer = await Promise.race([this.answer(worker, request), late])
      if (answer === undefined) await this.end()
      return answer
    } finally {
      clearTimeout(timer)
    }
  }

  private answer<K extends Request['kind']>(
    worker: Worker,
    request: Extract<Request, { kind: K }>,
  ): Promise<Answers[K]> {
    return new Promise((resolve, reject) => {
      const forget = (): void => {
        worker.off('message', onReply).off('error', onError)
      }
      const onReply = (reply: Reply<K>): void => {
        forget()
        if ('answer' in reply) resolve(reply.answer)
        else reject(new LockstepError(reply.problem, reply.exit))
      }
      const onError = (error: Error): void => {
        forget()
        reject(environmentFailure({ code: 'worker-failed', message: `a worker failed: ${error.message}` }, error))
      }
      worker.on('message', onReply).on('error', onError)
      worker.postMessage(request)
    })
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

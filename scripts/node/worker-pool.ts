/** Worker threads as functions: each answers one request at a time, and all are ended in any case. */

import type { Worker } from 'node:worker_threads'
import { ask } from './ask.ts'
import { startWorker } from './worker.ts'

/** What may be asked, by kind, and what comes back for each. */
interface Asked {
  readonly kind: string
}

/** A worker that starts with the first request, and anew after it was ended. */
export class Hand<R extends Asked, A extends Readonly<Record<R['kind'], unknown>>> {
  private readonly url: URL
  private readonly start: unknown
  private worker: Worker | undefined
  private closed = false

  /** A thread on the module at `url`, which is given `start`. */
  constructor(url: URL, start: unknown) {
    this.url = url
    this.start = start
  }

  /** Asks; the one request at hand must be answered before the next. */
  ask<K extends R['kind']>(request: Extract<R, { kind: K }>): Promise<A[K]> {
    // nobody waits for what is still asked when all is over, and no thread may start for it
    if (this.closed) return new Promise(() => undefined)
    this.worker ??= startWorker(this.url, this.start)
    return ask<A[K]>(this.worker, request)
  }

  /** Asks; undefined where the answer takes longer than `limit` milliseconds: the thread is then ended. */
  async askWithin<K extends R['kind']>(request: Extract<R, { kind: K }>, limit: number): Promise<A[K] | undefined> {
    const answer = await within(this.ask(request), limit)
    if (answer === undefined) await this.end()
    return answer
  }

  /** Ends the thread; the next request gets a new one. */
  async end(): Promise<void> {
    const { worker } = this
    this.worker = undefined
    await worker?.terminate()
  }

  /** Ends the thread for good. */
  async close(): Promise<void> {
    this.closed = true
    await this.end()
  }
}

/** What is promised, or undefined where it takes longer than `limit` milliseconds. */
export const within = async <T>(promise: Promise<T>, limit: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, limit)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Lets each of the hands do `task`, for at most `limit` milliseconds; `false` if that was not enough. They are ended
 * whatever is thrown.
 */
export const withHands = async <H extends { close: () => Promise<void> }>(
  hands: readonly H[],
  task: (hand: H) => Promise<void>,
  limit?: number,
): Promise<boolean> => {
  try {
    const all = Promise.all(hands.map(task)).then(() => true)
    return (limit === undefined ? await all : await within(all, Math.max(0, limit))) ?? false
  } finally {
    await Promise.all(hands.map((hand) => hand.close()))
  }
}

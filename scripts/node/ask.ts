/** How a worker thread is asked, one request at a time: it answers, or says what went wrong. Commands that have workers share this. */

import type { Worker } from 'node:worker_threads'
import type { Problem } from '../../impl/lib/kernel/error.ts'
import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'

/** An answer, or what went wrong. */
export type Reply<A> = { readonly answer: A } | { readonly problem: Problem; readonly exit: 2 | 3 }

/** Sends a message; the next one that comes back. A worker that breaks down is an environment failure. */
export const exchange = <M>(worker: Worker, message: unknown): Promise<M> =>
  new Promise((resolve, reject) => {
    const forget = (): void => {
      worker.off('message', onMessage).off('error', onError)
    }
    const onMessage = (back: M): void => {
      forget()
      resolve(back)
    }
    const onError = (error: Error): void => {
      forget()
      reject(environmentFailure({ code: 'worker-failed', message: `a worker failed: ${error.message}` }, error))
    }
    worker.on('message', onMessage).on('error', onError)
    worker.postMessage(message)
  })

/** Asks; throws here what a worker that uses `replyWith` has thrown there. */
export const ask = async <A>(worker: Worker, request: unknown): Promise<A> => {
  const reply = await exchange<Reply<A>>(worker, request)
  if ('answer' in reply) return reply.answer
  throw new LockstepError(reply.problem, reply.exit)
}

/** The worker's part: an error of ours becomes a reply, as it would lose its class on the way; any other ends the thread. */
export const replyWith = async <A>(answer: () => A | Promise<A>): Promise<Reply<A>> => {
  try {
    return { answer: await answer() }
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    return { problem: error.problem, exit: error.exit }
  }
}

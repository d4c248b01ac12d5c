/** The worker threads of `mutate`: one that takes too long is ended, and the next request gets a new one. */

import { Hand, withHands } from '../node/worker-pool.ts'
import type { Answers, Request, WorkerStart } from './messages.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const WORKER = new URL(`./worker.${extension}`, import.meta.url)

export type MutateHand = Hand<Request, Answers>

/** Lets `size` workers do `task`. */
export const withCrew = async (
  size: number,
  start: WorkerStart,
  task: (hand: MutateHand) => Promise<void>,
): Promise<void> => {
  await withHands(
    Array.from({ length: size }, () => new Hand<Request, Answers>(WORKER, start)),
    task,
  )
}

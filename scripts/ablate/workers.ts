/** The worker threads of `ablate`. */

import type { Answers, Crew, Request } from '../../impl/lib/ablate/messages.ts'
import { Hand, withHands } from '../node/worker-pool.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const WORKER = new URL(`./worker.${extension}`, import.meta.url)

/** Lets `size` workers do `task` until each of them has returned or the deadline has come; `false` if it has. */
export const withCrew: Crew = (size, start, deadline, task) =>
  withHands(
    Array.from({ length: size }, () => new Hand<Request, Answers>(WORKER, start)),
    task,
    deadline - performance.now(),
  )

/** One of the two players of a C file's live run: plays the batches that it is told to. */

import { parentPort, workerData } from 'node:worker_threads'
import '../node/same-code.ts'
import type { CArena, CPlay } from '../../impl/lib/c/live/rounds.ts'
import { CRounds } from '../../impl/lib/c/live/rounds.ts'
import { Abandoned } from '../../impl/lib/live/rounds.ts'
import type { Batch, Played } from './messages.ts'

/** What a player knows from its start: the threads of the file are numbers, and nothing of it is read again. */
export interface CStart extends CPlay {
  readonly arena: CArena
  readonly seed: number
}

const { arena, seed, ...play } = workerData as CStart
const player = new CRounds(arena, play, play.me === 0 ? seed : seed ^ 0x2545f491)

const batch = ({ rounds, seed: drawn, patience }: Batch): Played => {
  try {
    player.batch(rounds, drawn, patience)
    return { done: true }
  } catch (error) {
    if (error instanceof Abandoned) return { abandoned: error.message }
    throw error
  }
}

parentPort?.on('message', (asked: Batch) => parentPort?.postMessage(batch(asked)))

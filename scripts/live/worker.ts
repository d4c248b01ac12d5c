/** One of the two threads of a live run: plays the batches that it is told to. */

import { parentPort, workerData } from 'node:worker_threads'
import '../node/same-code.ts'
import { match } from 'ts-pattern'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import type { Runner } from '../../impl/lib/live/generate.ts'
import { BALLAST_SIZE, runnerOf } from '../../impl/lib/live/generate.ts'
import { interpreterOf } from '../../impl/lib/live/interpret.ts'
import { liveThread } from '../../impl/lib/live/program.ts'
import { Abandoned, playRounds } from '../../impl/lib/live/rounds.ts'
import { protocolNamed } from '../workspace/project.ts'
import type { Batch, Played, ThreadCode, Start } from './messages.ts'

type General = Extract<ThreadCode, { kind: 'general' }>

const interpreters = async ({ workspace, protocol, constants, data, scenario }: General): Promise<Runner[]> => {
  const known = await protocolNamed(workspace, protocol)
  const played = known.live?.[scenario]
  if (played === undefined) throw new RangeError(`${protocol} has no such scenario`)
  const compiled = compile(known.machine(new Constants(constants, protocol), data))
  return [...played.race, ...(played.after ?? [])].map((name) =>
    interpreterOf(compiled.machine, liveThread(compiled, played, name)),
  )
}

const start = workerData as Start
const { me, shape, arena, initial } = start
const runners = await match(start.programs)
  .with({ kind: 'generated' }, ({ bodies }) => Promise.resolve(bodies.map(runnerOf)))
  .with({ kind: 'general' }, interpreters)
  .exhaustive()

// touched once, so that no page is missing in a race
const ballast = new Int32Array(BALLAST_SIZE).fill(1)

const play = ({ rounds, seed, patience }: Batch): Played => {
  try {
    playRounds(arena, { me, shape, initial, runners, ballast }, rounds, seed, patience)
    return { done: true }
  } catch (error) {
    if (error instanceof Abandoned) return { abandoned: error.message }
    throw error
  }
}

parentPort?.on('message', (batch: Batch) => parentPort?.postMessage(play(batch)))

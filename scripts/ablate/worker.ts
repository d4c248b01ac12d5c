/** A worker thread of `ablate`: compiles, explores and explains one subset after the other. */

import { parentPort, workerData } from 'node:worker_threads'
import '../node/same-code.ts'
import { match } from 'ts-pattern'
import type { Behaviour } from '../../impl/lib/behaviour/counterexample.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import { monotoneIn } from '../../impl/lib/ablate/barrier-inference.ts'
import { vacuityOf } from '../../impl/lib/kernel/explore/vacuity.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { replyWith } from '../node/ask.ts'
import { protocolNamed } from '../workspace/project.ts'
import { violationsOf } from '../../impl/lib/evidence/explain.ts'
import { ablatedToggles, switchedTo } from '../../impl/lib/ablate/bases.ts'
import type { Prepared } from '../../impl/lib/ablate/decide.ts'
import { decide, prepare, CompiledThreads, wholeGraph } from '../../impl/lib/ablate/decide.ts'
import type { Answers, Point, PropertiesAt, Request, WorkerStart } from '../../impl/lib/ablate/messages.ts'

const start = workerData as WorkerStart
const protocol = await protocolNamed(start.workspace, start.protocol)
const subject = { protocol, data: start.data }
const properties = new Set(start.properties)
const toggles = ablatedToggles(protocol)

/** How many states the last graph had: the next one of its base has about as many. */
const sizes = start.bases.map(() => 0)
const programs = start.bases.map(() => new CompiledThreads())
let current: { readonly prepared: Prepared; readonly base: number } | undefined

// the compiler decides by exceptions, thousands a machine; nobody reads the stacks
Error.stackTraceLimit = 0

const constantsAt = ({ base, subset }: Point): ReadonlyMap<string, TlaValue> =>
  switchedTo(start.bases[base] ?? [], toggles, subset)

const prepareAt = (point: Request<'prepare'>): Answers['prepare'] => {
  let read = 0
  const prepared = prepare(
    subject,
    constantsAt(point),
    properties,
    (name) => {
      const toggle = toggles.indexOf(name)
      if (toggle >= 0) read |= 1 << toggle
    },
    programs[point.base],
  )
  current = { prepared, base: point.base }
  const monotone = point.monotone ? monotoneIn(prepared.compiled, toggles, protocol.barriers) : undefined
  return { digest: prepared.digest, read, monotone }
}

const exploreCurrent = ({ asked }: Request<'explore'>): Answers['explore'] => {
  if (current === undefined) throw new TypeError('nothing is prepared')
  const outcome = decide(current.prepared, asked, sizes[current.base])
  sizes[current.base] = outcome.states
  return outcome
}

const explainAt = (request: PropertiesAt): Answers['explain'] => {
  const graph = wholeGraph(subject, constantsAt(request), properties)
  const found = violationsOf(graph, new View(graph.kernel))
  return new Map(
    request.properties.flatMap((name): [string, Behaviour][] => {
      const behaviour = found.get(name)
      return behaviour === undefined ? [] : [[name, behaviour]]
    }),
  )
}

const vacuousAt = (request: PropertiesAt): Answers['vacuity'] => {
  const found = vacuityOf(wholeGraph(subject, constantsAt(request), properties))
  return request.properties.filter((name) => {
    const instances = found.get(name)
    return instances !== undefined && instances.vacuous.length === instances.all.length
  })
}

const answerTo = (request: Request): Answers[Request['kind']] =>
  match(request)
    .with({ kind: 'prepare' }, prepareAt)
    .with({ kind: 'explore' }, exploreCurrent)
    .with({ kind: 'explain' }, explainAt)
    .with({ kind: 'vacuity' }, vacuousAt)
    .exhaustive()

parentPort?.on('message', (request: Request) => {
  void replyWith(() => answerTo(request)).then((reply) => parentPort?.postMessage(reply))
})

/** A worker thread of `mutate`: loads mutants in memory and asks models about them. */

import '../node/same-code.ts'
import { parentPort, workerData } from 'node:worker_threads'
import { match } from 'ts-pattern'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { replyWith } from '../node/ask.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { modelsOf } from '../workspace/models.ts'
import { protocolNamed } from '../workspace/project.ts'
import type { Opinion } from './bench.ts'
import { attempt, Bench, seeded } from './bench.ts'
import { faultOpinion, unchangedOpinion } from './fault.ts'
import { machineSources } from './machine-sources.ts'
import type { MachineLoader } from './machine-sources.ts'
import { findTypeScript, loaderOf } from './sources.ts'
import type {
  Answers,
  FaultRequest,
  JudgeRequest,
  Request,
  SeedKill,
  SeedRequest,
  Start,
  TimeRequest,
} from './workers.ts'

const start = workerData as Start
const own = await protocolNamed(start.workspace, start.protocol)
const models = new Map(modelsOf(own).map((model) => [model.name, model]))
const sources = machineSources(own)

// the compiler of machines decides by exceptions, thousands a machine; nobody reads the stacks
Error.stackTraceLimit = 0

const loaderOnce = async (): Promise<MachineLoader> => {
  const ts = await findTypeScript()
  if (ts === undefined)
    throw environmentFailure({ code: 'no-typescript', message: 'the package typescript is missing' })
  return loaderOf(ts, own)
}
const loading = loaderOnce()

/** Machines of mutants that were loaded already: most are asked about by model after model. */
const known = new Map<string, Protocol>()

const load = (loader: MachineLoader, mutant: Mutant): Protocol => {
  const protocol = known.get(mutant.id) ?? loader.mutated(mutant)
  known.set(mutant.id, protocol)
  return protocol
}

const modelNamed = (name: string): Model => {
  const model = models.get(name)
  if (model === undefined) throw new RangeError(`no model ${name}`)
  return model
}

/** The machine as it is must have the manifest's verdicts, loaded as mutants are: else nothing means anything. */
const checkedBench = (loader: MachineLoader, model: Model, files: readonly string[]): Bench => {
  const bench = new Bench(model)
  const unchanged = files.map((file) => bench.opinion(loader.load(file, sources.read(file))))
  const [broken] = bench.broken()
  if (broken === undefined && unchanged.every(({ differs }) => !differs)) return bench
  throw environmentFailure({
    code: 'baseline-differs',
    message: `${model.name}: without a mutant ${broken ?? 'the machine that is loaded for mutants'} is not as expected`,
    hint: '`lockstep check --engine explorer` says what is wrong',
  })
}

const judge = (loader: MachineLoader, request: JudgeRequest): readonly Opinion[] => {
  const files = [...new Set(request.mutants.map(({ file }) => file))]
  const bench = checkedBench(loader, modelNamed(request.model), files)
  return request.mutants.map((mutant) => bench.opinion(load(loader, mutant)))
}

/** The machine of the last fault: one is asked of model after model, and then never again. */
let last: { readonly id: string; readonly protocol: Protocol } | undefined

const fault = (loader: MachineLoader, { mutant, model }: FaultRequest): Opinion => {
  if (last?.id !== mutant.id) last = { id: mutant.id, protocol: loader.mutated(mutant) }
  return faultOpinion(last.protocol, modelNamed(model))
}

const time = ({ model }: TimeRequest): number => {
  const began = performance.now()
  unchangedOpinion(modelNamed(model))
  return performance.now() - began
}

const seed = (loader: MachineLoader, { fault, models: names, thread, mutants }: SeedRequest): readonly SeedKill[] => {
  // what cannot be loaded with the fault says nothing of a property
  const protocol = attempt(() => loader.mutated(fault))
  if (protocol === undefined) return []
  const alive = new Map(mutants.map((mutant) => [mutant.id, mutant]))
  const kills: SeedKill[] = []
  for (const name of names) {
    for (const { thread: at, bench } of seeded(modelNamed(name), protocol, fault, thread)) {
      for (const [id, mutant] of alive) {
        const cell = bench.verdictChangedBy(load(loader, mutant))
        if (cell === undefined) continue
        kills.push({ id, model: name, thread: at, where: bench.name, cell: cell.name, verdict: cell.verdict })
        alive.delete(id)
      }
      if (alive.size === 0) return kills
    }
  }
  return kills
}

const answerTo = async (request: Request): Promise<Answers[Request['kind']]> => {
  const loader = await loading
  return match(request)
    .with({ kind: 'judge' }, (r) => judge(loader, r))
    .with({ kind: 'fault' }, (r) => fault(loader, r))
    .with({ kind: 'time' }, (r) => time(r))
    .with({ kind: 'seed' }, (r) => seed(loader, r))
    .exhaustive()
}

parentPort?.on('message', (request: Request) => {
  void replyWith(() => answerTo(request)).then((reply) => parentPort?.postMessage(reply))
})

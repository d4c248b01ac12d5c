/** `lockstep bench`: figures against the peers that are installed, as ratios of runs side by side. */

import { EXIT, environmentFailure } from '../../impl/lib/kernel/error.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import type { RunOptions } from '../check/engines.ts'
import { requireComplete, untilOf } from '../check/explorer.ts'
import { findToolchain, runSelection } from '../check/tlc.ts'
import type { Model } from '../lib/project.ts'
import { loadModels, machineOf } from '../lib/project.ts'
import type { Output } from '../ui/output.ts'
import { modelOfTarget } from '../ui/target.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'

/** Options of the command. */
export interface BenchOptions extends RunOptions {
  /** the model; default the largest */
  readonly model?: string
  /** times that the explorer runs; the median counts */
  readonly rounds: number
}

/** The middle one; of an even number the larger of the two. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

const largest = (models: readonly Model[]): Model => {
  const [first] = [...models].sort((a, b) => b.distinctStates - a.distinctStates)
  if (first === undefined) throw new RangeError('no models')
  return first
}

/** Seconds of one exploration with all invariants, compilation included. */
const exploreOnce = (model: Model, options: BenchOptions): number => {
  const start = performance.now()
  const until = untilOf(options)
  const graph = explore(assemble(compile(machineOf(model))), {
    expectedStates: model.distinctStates,
    expired: () => performance.now() > until,
  })
  requireComplete(graph, model)
  if (graph.count !== model.distinctStates) {
    throw environmentFailure({
      code: 'bench-differs',
      message: `${graph.count} states, expected ${model.distinctStates}`,
    })
  }
  return (performance.now() - start) / 1000
}

/** Both search the same graph with the same invariants that hold; neither stops early. */
export const bench = async (out: Output, options: BenchOptions): Promise<number> => {
  const model = options.model === undefined ? largest(loadModels()) : modelOfTarget(out, options.model)
  const toolchain = await findToolchain()
  const workers = options.workers ?? 2
  const times: number[] = []
  for (let i = 0; i < options.rounds; i++) {
    out.progress(`explorer, round ${i + 1} of ${options.rounds}, on ${model.name}`)
    times.push(exploreOnce(model, options))
  }
  out.progress(`TLC with ${workers} workers on ${model.name}`)
  const invariants = model.cells.filter((c) => c.kind === 'invariant' && c.expected !== 'violated').map((c) => c.name)
  const run = await runSelection(
    model,
    toolchain,
    { ...options, workers },
    {
      selection: { specification: 'Spec', invariants, properties: [] },
      checkDeadlock: false,
    },
  )
  if (run.outcome !== 'success' || run.distinctStates !== model.distinctStates) {
    throw environmentFailure({
      code: 'bench-differs',
      message: `TLC ended with ${run.outcome} after ${run.distinctStates} of ${model.distinctStates} states: no figure`,
    })
  }
  const explorer = model.distinctStates / median(times)
  const tlc = run.distinctStates / run.seconds
  const ratio = explorer / tlc
  if (out.json) {
    printJson({
      ok: true,
      model: model.name,
      distinctStates: model.distinctStates,
      explorer: { seconds: times, threads: 1, statesPerSecond: Math.round(explorer) },
      tlc: { seconds: run.seconds, workers, statesPerSecond: Math.round(tlc), version: run.version },
      ratio,
    })
  }
  out.clear()
  const rows = [
    ['explorer, 1 thread', seconds(median(times)), `${thousands(Math.round(explorer))} states/s`],
    [`TLC ${run.version}, ${workers} workers`, seconds(run.seconds), `${thousands(Math.round(tlc))} states/s`],
  ]
  out.line(`${model.name}: ${thousands(model.distinctStates)} states`)
  for (const row of columns(rows)) out.line(row)
  out.line(`the explorer is ${ratio.toFixed(1)} times as fast`)
  return EXIT.ok
}

/** `lockstep bench`: figures against the peers that are installed, as ratios of runs side by side. */

import { badInput, environmentFailure, EXIT } from '../../impl/lib/kernel/error.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import type { RunOptions } from '../engines/options.ts'
import { requireComplete, untilOf } from '../../impl/lib/check/explorer.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { findToolchain, runSelection } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf, sizeOf } from '../../impl/lib/protocol/model.ts'
import type { TlcRun } from '../tlc/run.ts'
import type { Output } from '../ui/output.ts'
import { modelOfTarget } from '../workspace/one-model.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type BenchOptions = OptionsOf<'bench'>

/** The middle one; of an even number the larger of the two. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

const largest = (models: readonly Model[]): Model => {
  const [first] = [...models].sort((a, b) => sizeOf(b) - sizeOf(a))
  if (first === undefined) throw new RangeError('no models')
  return first
}

/** How many states a model must have: a figure is of a search that is known to be whole. */
const countOf = ({ name, counts }: Model): number => {
  if (counts !== undefined) return counts.distinctStates
  throw badInput({
    code: 'not-counted',
    message: `the states of ${name} were not counted yet`,
    hint: `\`lockstep check ${name} --write\` counts them`,
  })
}

/** Seconds of one exploration with all invariants, compilation included. */
const exploreOnce = (model: Model, options: BenchOptions): number => {
  const start = performance.now()
  const until = untilOf(options)
  const graph = explore(assemble(compile(machineOf(model))), {
    expectedStates: sizeOf(model),
    expired: () => performance.now() > until,
  })
  requireComplete(graph, model)
  const expected = countOf(model)
  const message = `${graph.count} states, expected ${expected}`
  if (graph.count !== expected) throw environmentFailure({ code: 'bench-differs', message })
  return (performance.now() - start) / 1000
}

/** One run of TLC that searches the same graph with the same invariants that hold, and does not stop early either. */
const measureTlc = async (
  out: Output,
  model: Model,
  toolchain: Toolchain,
  options: RunOptions & { readonly workers: number },
): Promise<TlcRun> => {
  out.progress(`TLC with ${options.workers} workers on ${model.name}`)
  const invariants = model.cells.filter((c) => c.kind === 'invariant' && c.expected !== 'violated').map((c) => c.name)
  const run = await runSelection(model, toolchain, options, { invariants })
  if (run.outcome === 'success' && run.distinctStates === countOf(model)) return run
  throw environmentFailure({
    code: 'bench-differs',
    message: `TLC ended with ${run.outcome} after ${run.distinctStates} of ${countOf(model)} states: no figure`,
  })
}

const report = (out: Output, model: Model, times: readonly number[], run: TlcRun, workers: number): void => {
  const explorer = countOf(model) / median(times)
  const tlc = run.distinctStates / run.seconds
  const ratio = explorer / tlc
  if (out.json) {
    printJson({
      ok: true,
      model: model.name,
      distinctStates: countOf(model),
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
  out.line(`${model.name}: ${thousands(countOf(model))} states`)
  for (const row of columns(rows)) out.line(row)
  out.line(`the explorer is ${ratio.toFixed(1)} times as fast`)
}

/** Runs the explorer and TLC one after the other; returns the exit code. */
export const bench = async (out: Output, options: BenchOptions, project: Project): Promise<number> => {
  const model = options.model === undefined ? largest(project.models) : modelOfTarget(out, project, options.model)
  const toolchain = await findToolchain()
  const workers = options.workers ?? 2
  const times = Array.from({ length: options.rounds }, (_, i) => {
    out.progress(`explorer, round ${i + 1} of ${options.rounds}, on ${model.name}`)
    return exploreOnce(model, options)
  })
  const run = await measureTlc(out, model, toolchain, { ...options, workers })
  report(out, model, times, run, workers)
  return EXIT.ok
}

/** One proof: TLC dumps the graph of the specification, the explorer makes the machine's, and the two are compared. */

import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { kernelDigest } from '../../impl/lib/prove/machine-digest.ts'
import type { SourceText } from '../../impl/lib/prove/blame.ts'
import type { Comparison } from '../../impl/lib/prove/compare.ts'
import { GraphComparison } from '../../impl/lib/prove/compare.ts'
import type { Divergence } from '../../impl/lib/prove/divergence.ts'
import { divergenceOf, inSource } from '../../impl/lib/prove/divergence.ts'
import { readDot } from '../../impl/lib/tla/dot.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import type { RunOptions } from './options.ts'
import { graphOf, requireComplete, untilOf } from '../../impl/lib/check/explorer.ts'
import type { Toolchain } from './tlc.ts'
import { runSelection } from './tlc.ts'
import { evaluateIn } from '../embedded/engine.ts'
import { flatten } from '../embedded/flatten.ts'
import type { Certificate } from '../workspace/certificate.ts'
import { certificateOf } from '../workspace/certificate.ts'
import { machineCode } from '../workspace/machine-code.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Home } from '../../impl/lib/protocol/protocol.ts'
import { shownPath } from '../workspace/package.ts'
import type { SpecFile } from '../workspace/spec-files.ts'
import { specFiles, specText } from '../workspace/spec-files.ts'
import { locator } from './places.ts'
import { withTempDir } from '../node/tempdir.ts'
import type { TlcRun } from '../tlc/run.ts'
import type { ModuleSource, ProofSources } from './sources.ts'
import { moduleSources, sourceNotes, withCfg } from './sources.ts'

/** A dump has gigabytes: the usual chunks of 64 KB cost more than what is in them. */
const CHUNK = 2 ** 20

/** What a proof found. */
export interface ProofResult {
  readonly model: Model
  readonly comparison: Comparison
  readonly divergence: Divergence | undefined
  readonly certificate: Certificate | undefined
  readonly seconds: number
  readonly notes: readonly string[]
  /** where each module came from; the package's own if not said */
  readonly modules?: readonly ModuleSource[]
  /** the configuration that was used instead of the model's own */
  readonly configuration?: string | undefined
  /** nothing was run: it was proven before, of the same files */
  readonly cached?: true
}

const readSource = (home: Home, file: SpecFile): SourceText => ({
  file: shownPath(home, file.file),
  text: specText(file),
})

/** Proves a model's machine equal to its specification, or finds where they part. */
export const proveModel = async (
  original: Model,
  toolchain: Toolchain,
  options: RunOptions & ProofSources,
): Promise<ProofResult> => {
  const modules = moduleSources(original, options)
  const model = withCfg(original, options.cfg, modules)
  return withTempDir('prove', async (dir) => {
    const start = performance.now()
    const dump = join(dir, 'graph.dot')
    const run = await runSelection(model, toolchain, options, { dump, modules })
    if (run.outcome !== 'success') {
      const message = `TLC ended with ${run.outcome} while it dumped ${model.name}`
      throw environmentFailure({ code: 'dump-failed', message })
    }
    const changed = options.spec !== undefined || options.cfg !== undefined
    const graph = graphOf(model, { until: untilOf(options) })
    const result = await proveDump(model, toolchain, run, dump, graph, { files: modules, certify: !changed })
    return {
      ...result,
      modules,
      configuration: options.cfg,
      notes: [...sourceNotes(original, modules, options.cfg), ...result.notes],
      seconds: (performance.now() - start) / 1000,
    }
  })
}

/** Holds the graph that a complete run of TLC has dumped against the machine's; `files` are the modules that TLC was given. */
export const proveDump = async (
  model: Model,
  toolchain: Toolchain,
  run: TlcRun,
  dump: string,
  graph: Graph,
  { files = specFiles(model.protocol), certify = true }: { files?: readonly SpecFile[]; certify?: boolean } = {},
): Promise<ProofResult> => {
  const start = performance.now()
  requireComplete(graph, model)
  const view = new View(graph.kernel)
  const comparer = new GraphComparison(graph, view)
  const counts = await readDot(createReadStream(dump, { highWaterMark: CHUNK }), comparer, { file: 'the dump of TLC' })
  const comparison = comparer.finish()
  const { version, distinctStates, statesGenerated: generatedStates, depth } = run
  // TLC counts each initial state and each step as generated; it writes each of them but leaves stuttering out
  const stuttering = generatedStates - counts.edges - counts.initial
  if (counts.states !== distinctStates || comparer.undescribed() !== 0 || stuttering < 0) {
    throw environmentFailure({
      code: 'dump-incomplete',
      message: `the dump of ${model.name} has ${counts.states} states and ${counts.edges} edges, TLC reports ${distinctStates} distinct and ${generatedStates} generated`,
      hint: 'is the disk of the temporary directory full?',
    })
  }
  const note = `${stuttering} generated steps leave the state as it is; the dump has no edge for them`
  const parting =
    comparison.difference && divergenceOf({ graph, view, ...blameSources(model, files) }, comparison.difference)
  const { placeOf } = model.protocol
  const divergence = parting === undefined || placeOf === undefined ? parting : inSource(parting, placeOf)
  const tlc = { version, generatedStates, distinctStates, depth }
  const certificate =
    comparison.equal && certify
      ? certificateOf(model, comparison, { tlc, machine: kernelDigest(graph.kernel), jarSha256: toolchain.jar.sha256 })
      : undefined
  const notes = stuttering === 0 ? [] : [note]
  return { model, comparison, divergence, certificate, seconds: (performance.now() - start) / 1000, notes }
}

/** What blame is worked out from: the sources of both sides, and the specification to evaluate guards with. */
export const blameSources = (model: Model, files: readonly SpecFile[] = specFiles(model.protocol)) => {
  const { home } = model.protocol
  const specSources = files.map((file) => readSource(home, file))
  const { text: flat } = flatten(specSources)
  const cfg = printCfg(model.cfg, { specification: 'Spec', invariants: [], properties: [] })
  return {
    specSources,
    implSources: machineCode(model.protocol).files.map((file) => readSource(home, { file })),
    locate: locator(home),
    evaluate: (state: ReadonlyMap<string, TlaValue>, predicate: string) => evaluateIn(flat, cfg, state, predicate),
  }
}

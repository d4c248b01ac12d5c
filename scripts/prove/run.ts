/** One proof: TLC dumps the graph of the specification, the explorer makes the machine's, and the two are compared. */

import { createReadStream, existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseCfg } from '../../impl/lib/cfg.ts'
import { badInput, environmentFailure } from '../../impl/lib/error.ts'
import type { SourceText } from '../../impl/lib/prove/blame.ts'
import type { Comparison } from '../../impl/lib/prove/compare.ts'
import { GraphComparison } from '../../impl/lib/prove/compare.ts'
import type { Divergence } from '../../impl/lib/prove/divergence.ts'
import { divergenceOf } from '../../impl/lib/prove/divergence.ts'
import { readDot } from '../../impl/lib/prove/dot.ts'
import type { TlaValue } from '../../impl/lib/trace/value.ts'
import { printCfg } from '../../impl/lib/cfg.ts'
import { View } from '../../impl/lib/view.ts'
import type { Graph } from '../../impl/lib/explore.ts'
import type { RunOptions } from '../check/engines.ts'
import { graphOf, requireComplete, untilOf } from '../check/explorer.ts'
import type { Toolchain } from '../check/tlc.ts'
import { runSelection } from '../check/tlc.ts'
import { evaluateIn } from '../embedded/engine.ts'
import { flatten } from '../embedded/flatten.ts'
import type { Certificate } from '../lib/certificate.ts'
import { certificateOf, machineSources } from '../lib/certificate.ts'
import { readPlainText } from '../lib/input.ts'
import type { Model } from '../lib/project.ts'
import { packageRoot, specFiles } from '../lib/project.ts'
import { withTempDir } from '../lib/tempdir.ts'
import type { TlcRun } from '../tlc/run.ts'

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
  /** nothing was run: it was proven before, of the same files */
  readonly cached?: true
}

/** What may stand in for the package's own files. */
export interface ProofSources {
  /** directory whose modules stand in for those of the same name */
  readonly spec?: string
  readonly cfg?: string
}

const relativePath = (file: string): string => {
  const path = relative(packageRoot(), file).replaceAll('\\', '/')
  return path.startsWith('..') ? file : path
}

const readSource = (file: string): SourceText => ({
  file: relativePath(file),
  text: readPlainText(file, 'module'),
})

/** The module files of a proof, with those of `spec` in place of the package's. */
const moduleFiles = (model: Model, spec: string | undefined): string[] =>
  specFiles(model.protocol).map((file) => {
    const own = spec === undefined ? file : join(spec, file.replace(/^.*[\\/]/, ''))
    return existsSync(own) ? own : file
  })

/** The model with another configuration, which must not change the graph that TLC builds. */
const withCfg = (model: Model, file: string | undefined): Model => {
  const cfgFile = file ?? model.cfgFile
  const cfg = parseCfg(readPlainText(cfgFile, '.cfg'), relativePath(cfgFile))
  const [reduction] = cfg.reductions
  if (reduction !== undefined) {
    throw badInput({
      code: 'reduced-graph',
      message: `${reduction.keyword} changes the graph that TLC builds, so it proves nothing`,
      file: relativePath(cfgFile),
      line: reduction.line,
      hint: 'a model that is proven has only SPECIFICATION, CONSTANTS, INVARIANTS and PROPERTIES',
    })
  }
  return { ...model, cfg, cfgFile }
}

/** Proves a model's machine equal to its specification, or finds where they part. */
export const proveModel = async (
  original: Model,
  toolchain: Toolchain,
  options: RunOptions & ProofSources,
): Promise<ProofResult> => {
  const model = withCfg(original, options.cfg)
  const files = moduleFiles(model, options.spec)
  // what TLC could not read, or not to an end, is said before it starts
  for (const file of files) readPlainText(file, 'module')
  return withTempDir('prove', async (dir) => {
    const start = performance.now()
    const dump = join(dir, 'graph.dot')
    const run = await runSelection(model, toolchain, options, {
      selection: { specification: 'Spec', invariants: [], properties: [] },
      checkDeadlock: false,
      dump,
      modules: files,
    })
    if (run.outcome !== 'success') {
      throw environmentFailure({
        code: 'dump-failed',
        message: `TLC ended with ${run.outcome} while it dumped ${model.name}`,
      })
    }
    const changed = options.spec !== undefined || options.cfg !== undefined
    const graph = graphOf(model, { until: untilOf(options) })
    const result = await proveDump(model, toolchain, run, dump, { files, certify: !changed, graph })
    return { ...result, seconds: (performance.now() - start) / 1000 }
  })
}

/** Options of `proveDump`. */
export interface ProofOptions {
  /** the modules of the specification; its own if not given */
  readonly files?: readonly string[]
  readonly certify?: boolean
  /** the machine's graph, where it was explored already */
  readonly graph?: Graph
}

/** Holds the graph that a complete run of TLC has dumped against the machine's. */
export const proveDump = async (
  model: Model,
  toolchain: Toolchain,
  run: TlcRun,
  dump: string,
  { files = specFiles(model.protocol), certify = true, graph = graphOf(model) }: ProofOptions = {},
): Promise<ProofResult> => {
  const start = performance.now()
  requireComplete(graph, model)
  const view = new View(graph.kernel)
  const comparer = new GraphComparison(graph, view)
  const counts = await readDot(createReadStream(dump, { highWaterMark: CHUNK }), comparer, { file: 'the dump of TLC' })
  const comparison = comparer.finish()
  const undescribed = comparer.undescribed()
  // TLC counts each initial state and each step as generated; it writes each of them but leaves stuttering out
  const reconciled =
    counts.states === run.distinctStates && undescribed === 0 && counts.edges + counts.initial <= run.statesGenerated
  if (!reconciled) {
    throw environmentFailure({
      code: 'dump-incomplete',
      message: `the dump of ${model.name} has ${counts.states} states and ${counts.edges} edges, TLC reports ${run.distinctStates} distinct and ${run.statesGenerated} generated`,
      hint: 'is the disk of the temporary directory full?',
    })
  }
  const notes =
    counts.edges + counts.initial === run.statesGenerated
      ? []
      : [
          `${run.statesGenerated - counts.edges - counts.initial} generated steps leave the state as it is; the dump has no edge for them`,
        ]
  const divergence =
    comparison.difference && divergenceOf({ graph, view, ...blameSources(model, files) }, comparison.difference)
  const tlc = {
    version: run.version,
    generatedStates: run.statesGenerated,
    distinctStates: run.distinctStates,
    depth: run.depth,
  }
  const certificate =
    comparison.equal && certify ? certificateOf(model, comparison, tlc, toolchain.jar.sha256) : undefined
  return { model, comparison, divergence, certificate, seconds: (performance.now() - start) / 1000, notes }
}

/** What blame is worked out from: the sources of both sides, and the specification to evaluate guards with. */
export const blameSources = (model: Model, files: readonly string[] = specFiles(model.protocol)) => {
  const specSources = files.map(readSource)
  const flat = flatten(specSources)
  const cfg = printCfg(model.cfg, { specification: 'Spec', invariants: [], properties: [] })
  return {
    specSources,
    implSources: machineSources(model).map(readSource),
    evaluate: (state: ReadonlyMap<string, TlaValue>, predicate: string) => evaluateIn(flat, cfg, state, predicate),
  }
}

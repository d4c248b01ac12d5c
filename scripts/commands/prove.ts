/** `lockstep prove`: whole-graph equality of specification and machine; certificate or distinguishing trace. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { match } from 'ts-pattern'
import { badInput, environmentFailure, EXIT, LockstepError } from '../../impl/lib/error.ts'
import type { Divergence } from '../../impl/lib/prove/divergence.ts'
import { printItf } from '../../impl/lib/trace/itf.ts'
import type { CachedOptions } from '../check/decide.ts'
import { checkedInCertificate, decideModel, provenBefore } from '../check/decide.ts'
import { workersOf } from '../check/engines.ts'
import type { EngineFindings } from '../check/result.ts'
import { modelResult } from '../check/result.ts'
import { checkWithExplorer } from '../check/explorer.ts'
import type { Toolchain } from '../check/tlc.ts'
import { findToolchain } from '../check/tlc.ts'
import type { Certificate } from '../lib/certificate.ts'
import type { ProofResult } from '../prove/run.ts'
import { proveModel } from '../prove/run.ts'
import { certificateFile, printCertificate } from '../lib/certificate.ts'
import { counterexamples, evidenceFile, traceOf } from '../lib/evidence.ts'
import { pool } from '../lib/pool.ts'
import type { CellVerdict, Model } from '../lib/project.ts'
import { loadModels, packageRoot, selectModels, traceDirectory } from '../lib/project.ts'
import { keepProof, knownProof } from '../lib/results.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'

/** Options of the command. */
export interface ProveOptions extends CachedOptions {
  readonly targets: readonly string[]
  readonly tag?: 'fast' | 'full'
  readonly write?: boolean
  /** directory whose modules stand in for those of the same name */
  readonly spec?: string
  readonly cfg?: string
}

const relativePath = (file: string): string => relative(packageRoot(), file).replaceAll('\\', '/')

/** Writes certificate and counterexamples of a model that was proven equal. */
const writeEvidence = (model: Model, certificate: Certificate): void => {
  const found = counterexamples(model)
  const { cells } = checkWithExplorer(model)
  for (const { name } of model.cells) {
    const verdict = cells.get(name)?.verdict
    if (verdict === undefined || certificate.verdicts?.[name] !== verdict) {
      throw environmentFailure({
        code: 'engines-disagree',
        message: `${model.name} ${name}: the explorer says ${verdict ?? 'nothing'}, TLC ${certificate.verdicts?.[name] ?? 'nothing'}`,
      })
    }
  }
  mkdirSync(traceDirectory(model.protocol), { recursive: true })
  writeFileSync(certificateFile(model), printCertificate(certificate))
  for (const { name } of model.cells) {
    const cx = found.get(name)
    if (cx === undefined) rmSync(evidenceFile(model, name), { force: true })
    else writeFileSync(evidenceFile(model, name), printItf(traceOf(cx)))
  }
}

/** The checked-in certificate, if it says what was found now; only TLC's verdicts may be in it besides. */
const checkedIn = (model: Model, { certificate }: ProofResult): string | null => {
  const before = checkedInCertificate(model)
  if (certificate === undefined || before === undefined) return null
  const graphs = (c: Certificate): string => printCertificate({ ...c, verdicts: undefined })
  return graphs(before) === graphs(certificate) ? relativePath(certificateFile(model)) : null
}

/** A model's proof as `--json` prints it. */
export const proofJson = (result: ProofResult): unknown => {
  const { model, comparison, divergence, certificate } = result
  const { equal, initial, states, edges, actions, digest } = comparison
  return {
    model: model.name,
    equal,
    initial,
    states,
    edges,
    actions,
    digest,
    certificate: checkedIn(model, result) ?? certificate ?? null,
    divergence: divergence ?? null,
    seconds: result.seconds,
    cached: result.cached === true,
    notes: result.notes,
  }
}

/** One line of the table of proofs. */
export const proofRow = (result: ProofResult): string[] => {
  const { states, edges } = result.comparison
  const verdict = result.comparison.equal ? 'equal' : 'DIFFERENT'
  return [
    verdict,
    result.model.name,
    `${thousands(states.spec)} states`,
    `${thousands(edges.spec)} edges`,
    result.cached === true ? 'cached' : seconds(result.seconds),
    checkedIn(result.model, result) === null ? '' : 'certificate as checked in',
  ]
}

const fieldLines = (divergence: Divergence): string[] => {
  const names = [...new Set([...Object.keys(divergence.expected ?? {}), ...Object.keys(divergence.actual ?? {})])]
  const rows = names.map((name) => [
    name,
    `spec ${divergence.expected?.[name] ?? '-'}`,
    `machine ${divergence.actual?.[name] ?? '-'}`,
  ])
  return columns(rows, '      ')
}

/** The shortest distinguishing trace for people. */
export const divergenceLines = (divergence: Divergence): string[] => {
  const { prefix, side, action, expected, actual, blame } = divergence
  const what =
    action === null
      ? 'their initial states differ'
      : expected !== null && actual !== null
        ? `both can take ${action}, with different results`
        : match(side)
            .with('spec', () => `the specification can take ${action}, the machine cannot`)
            .with('impl', () => `the machine can take ${action}, the specification cannot`)
            .exhaustive()
  return [
    `    shortest distinguishing trace, ${prefix.length} common steps:`,
    ...prefix.map(({ action: a, args }, i) => `      ${i + 1}. ${args['thread'] ?? ''}: ${a}`),
    `    then ${what}`,
    ...fieldLines(divergence),
    '    to blame:',
    ...blame.map(
      ({ side: s, file, line, text }) => `      ${s === 'spec' ? 'spec   ' : 'machine'} ${file}:${line}: ${text}`,
    ),
  ]
}

/** TLC's verdicts of a model, which must be as expected to be evidence. */
const verdictsOf = (model: Model, findings: EngineFindings): Record<string, CellVerdict> => {
  const result = modelResult(model, findings, () => null)
  if (result.asExpected) return Object.fromEntries(model.cells.map(({ name, expected }) => [name, expected]))
  throw environmentFailure({
    code: 'unexpected-verdict',
    message: `${model.name} is not as its manifest says, so nothing is written: ${result.notes.join('; ')}`,
    hint: `\`lockstep check ${model.name}\` shows it`,
  })
}

/** Proof and evidence: the certificate has TLC's verdict of every cell as well. */
const proveAndWrite = async (model: Model, toolchain: Toolchain, options: ProveOptions): Promise<ProofResult> => {
  const { findings, proof } = await decideModel(model, toolchain, options, { useCertified: true })
  if (proof instanceof LockstepError) throw proof
  if (proof.certificate === undefined) return proof
  const certificate = { ...proof.certificate, verdicts: verdictsOf(model, findings) }
  writeEvidence(model, certificate)
  return { ...proof, certificate }
}

/** The proof of the very same files, if it was made before. */
const proveOne = async (model: Model, toolchain: Toolchain, options: ProveOptions): Promise<ProofResult> => {
  const changed = options.spec !== undefined || options.cfg !== undefined
  const jar = toolchain.jar.sha256
  const known = options.cache === false || changed ? undefined : knownProof(model, jar)
  if (known !== undefined) return provenBefore(model, known)
  const proof = await proveModel(model, toolchain, options)
  if (proof.certificate !== undefined) keepProof(model, proof.certificate, jar)
  return proof
}

/** Proves models. */
export const runProofs = async (out: Output, options: ProveOptions): Promise<ProofResult[]> => {
  const models = selectModels(loadModels(), options.targets, options.tag)
  if ((options.spec !== undefined || options.cfg !== undefined) && models.length !== 1) {
    throw badInput({ code: 'usage', message: '--spec and --cfg go with one model', hint: 'name the model' })
  }
  if (options.write === true && (options.spec !== undefined || options.cfg !== undefined)) {
    throw badInput({ code: 'usage', message: '--write goes with the package’s own modules and configurations only' })
  }
  const toolchain = await findToolchain()
  let done = 0
  return pool(models, workersOf(options), async (model) => {
    out.progress(`proving ${model.name} (${done} of ${models.length} done)`)
    const result = await (options.write === true ? proveAndWrite : proveOne)(model, toolchain, options)
    done += 1
    return result
  })
}

/** Prints proofs for people. */
export const printProofs = (out: Output, results: readonly ProofResult[]): void => {
  out.clear()
  const rows = columns(results.map(proofRow))
  results.forEach((result, i) => {
    out.line(rows[i])
    for (const note of result.notes) out.line(`    ${note}`)
    if (result.divergence !== undefined) for (const line of divergenceLines(result.divergence)) out.line(line)
  })
}

/** Proves models; returns the exit code. */
export const prove = async (out: Output, options: ProveOptions): Promise<number> => {
  const results = await runProofs(out, options)
  const ok = results.every((r) => r.comparison.equal)
  if (out.json) printJson({ ok, models: results.map(proofJson) })
  printProofs(out, results)
  const equal = results.filter((r) => r.comparison.equal).length
  out.line(`${equal} of ${results.length} machines equal to their specifications`)
  return ok ? EXIT.ok : EXIT.finding
}

/** `lockstep prove`: whole-graph equality of specification and machine; certificate or distinguishing trace. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { match } from 'ts-pattern'
import { badInput, EXIT } from '../../impl/lib/error.ts'
import type { Divergence } from '../../impl/lib/prove/divergence.ts'
import { printItf } from '../../impl/lib/trace/itf.ts'
import type { RunOptions } from '../check/engines.ts'
import { workersOf } from '../check/engines.ts'
import { findToolchain } from '../check/tlc.ts'
import type { ProofResult } from '../prove/run.ts'
import { proveModel } from '../prove/run.ts'
import { certificateFile, printCertificate } from '../lib/certificate.ts'
import { counterexamples, evidenceFile, traceOf } from '../lib/evidence.ts'
import { pool } from '../lib/pool.ts'
import type { Model } from '../lib/project.ts'
import { loadModels, packageRoot, selectModels, traceDirectory } from '../lib/project.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'

/** Options of the command. */
export interface ProveOptions extends RunOptions {
  readonly targets: readonly string[]
  readonly tag?: 'fast' | 'full'
  readonly write?: boolean
  /** directory whose modules stand in for those of the same name */
  readonly spec?: string
  readonly cfg?: string
}

const relativePath = (file: string): string => relative(packageRoot(), file).replaceAll('\\', '/')

/** Writes certificate and counterexamples of a model that was proven equal. */
const writeEvidence = (model: Model, result: ProofResult): void => {
  if (result.certificate === undefined) return
  mkdirSync(traceDirectory(model.protocol), { recursive: true })
  writeFileSync(certificateFile(model), printCertificate(result.certificate))
  const found = counterexamples(model)
  for (const { name } of model.cells) {
    const cx = found.get(name)
    if (cx === undefined) rmSync(evidenceFile(model, name), { force: true })
    else writeFileSync(evidenceFile(model, name), printItf(traceOf(cx)))
  }
}

/** The checked-in certificate, if it says what was found now; its own text may differ in nothing. */
const checkedIn = (model: Model, result: ProofResult): string | null => {
  const file = certificateFile(model)
  if (result.certificate === undefined || !existsSync(file)) return null
  return readFileSync(file, 'utf8') === printCertificate(result.certificate) ? relativePath(file) : null
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
    seconds(result.seconds),
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

/** Proves models; used by `prove` and `start`. */
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
    const result = await proveModel(model, toolchain, options)
    if (options.write === true) writeEvidence(model, result)
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

/** `lockstep prove`: whole-graph equality of specification and machine; certificate or distinguishing trace. */

import { rmSync } from 'node:fs'
import { badInput, environmentFailure, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Divergence } from '../../impl/lib/prove/divergence.ts'
import { printItf } from '../../impl/lib/tla/trace/itf.ts'
import { decideModel, provenBefore } from '../engines/decide.ts'
import { runAll, workersOf } from '../engines/options.ts'
import type { EngineFindings } from '../../impl/lib/check/result.ts'
import { modelResult } from '../../impl/lib/check/result.ts'
import { checkWithExplorer } from '../../impl/lib/check/explorer.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { findToolchain } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Certificate } from '../workspace/certificate.ts'
import type { ProofResult } from '../engines/proof.ts'
import { moduleSources, withCfg } from '../engines/sources.ts'
import { proveModel } from '../engines/proof.ts'
import {
  certifiedCell,
  certificateFile,
  certificateDifferences,
  checkedInCertificate,
  printCertificate,
  regenerate,
  watchInputs,
} from '../workspace/certificate.ts'
import { counterexamples, traceOf } from '../../impl/lib/evidence/explain.ts'
import { evidenceFile } from '../workspace/evidence.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { isSpecifiedKind } from '../../impl/lib/protocol/model.ts'
import { examine } from '../engines/examine.ts'
import { shownPath } from '../workspace/package.ts'
import { meantModels, SetAside } from '../workspace/set-aside.ts'
import { keepProof, knownProof } from '../engines/results.ts'
import { makeDirectory } from '../node/create.ts'
import { assertPlain, writeFailed, writeTogether } from '../node/write.ts'
import type { Output } from '../ui/output.ts'
import { PINNED } from '../tlc/jar.ts'
import { columns, printJson, seconds, thousands } from '../ui/output.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type ProveOptions = OptionsOf<'prove'>

/** All that `--write` writes or takes away. */
const ownFiles = (model: Model): string[] => [
  certificateFile(model),
  ...model.cells.map(({ name }) => evidenceFile(model, name)),
]

/** Writes certificate and counterexamples of a model that was proven equal. */
const writeEvidence = (model: Model, certificate: Certificate): void => {
  const found = counterexamples(model)
  const { cells } = checkWithExplorer(model)
  for (const { name } of model.cells) {
    const verdict = cells.get(name)?.verdict
    const certified = certificate.verdicts?.[name]?.verdict
    if (verdict === undefined || certified !== verdict) {
      throw environmentFailure({
        code: 'engines-disagree',
        message: `${model.name} ${name}: the explorer says ${verdict ?? 'nothing'}, TLC ${certified ?? 'nothing'}`,
      })
    }
  }
  const directory = model.protocol.home.traces
  try {
    makeDirectory(directory)
  } catch (error) {
    throw writeFailed(directory, error)
  }
  assertPlain(ownFiles(model))
  const writings = [
    ...model.cells.flatMap(({ name }) => {
      const cx = found.get(name)
      return cx === undefined ? [] : [{ file: evidenceFile(model, name), content: printItf(traceOf(cx)) }]
    }),
    { file: certificateFile(model), content: printCertificate(certificate) },
  ]
  writeTogether(writings, { links: false })
  for (const { name } of model.cells) if (!found.has(name)) rmSync(evidenceFile(model, name), { force: true })
}

/** The verdicts that a model's certificate must have. */
const expectedVerdicts = ({ cells }: Model): NonNullable<Certificate['verdicts']> =>
  Object.fromEntries(
    cells.flatMap(({ name, kind, expected, vacuous }) =>
      expected === undefined || !isSpecifiedKind(kind) ? [] : [[name, certifiedCell(kind, expected, vacuous)]],
    ),
  )

/** What the checked-in certificate says that is not what was found now and is expected; undefined where there is none to ask. */
const contradicted = ({ model, certificate }: ProofResult): readonly string[] | undefined => {
  const { certificate: before } = checkedInCertificate(model)
  if (certificate === undefined || before === undefined) return undefined
  return certificateDifferences(before, { ...certificate, verdicts: expectedVerdicts(model) })
}

/** The checked-in certificate, if it says what was found now. */
const checkedIn = (result: ProofResult): string | null =>
  contradicted(result)?.length === 0 ? shownPath(result.model.protocol.home, certificateFile(result.model)) : null

/** A certificate that says something else is named, and what it says. */
const contradictions = (result: ProofResult): string[] => {
  const { model } = result
  const wrong = contradicted(result) ?? []
  if (wrong.length === 0) return []
  const shown = `${wrong.slice(0, 3).join('; ')}${wrong.length > 3 ? `; and ${wrong.length - 3} more` : ''}`
  return [
    `${shownPath(model.protocol.home, certificateFile(model))} says something else: ${shown}; ${regenerate(model.name)}`,
  ]
}

/** A model's proof as `--json` prints it. */
export const proofJson = (result: ProofResult): unknown => {
  const { model, comparison, configuration, divergence, certificate } = result
  const { equal, initial, states, edges, actions, digest } = comparison
  const shown = (file: string): string => shownPath(model.protocol.home, file)
  return {
    model: model.name,
    equal,
    initial,
    states,
    edges,
    actions,
    digest,
    certificate: checkedIn(result) ?? certificate ?? null,
    modules: (result.modules ?? moduleSources(model, {})).map((m) => ({
      module: m.module,
      file: shown(m.file),
      from: m.from,
    })),
    configuration: { file: shown(configuration ?? model.cfgFile), own: configuration === undefined },
    divergence: divergence ?? null,
    seconds: result.seconds,
    cached: result.cached === true,
    notes: [...result.notes, ...contradictions(result)],
  }
}

/** One line of the table of proofs. */
const proofRow = (result: ProofResult): string[] => {
  const { states, edges } = result.comparison
  const verdict = result.comparison.equal ? 'equal' : 'DIFFERENT'
  return [
    verdict,
    result.configuration === undefined ? result.model.name : `${result.model.name} with ${result.configuration}`,
    `${thousands(states.spec)} states`,
    `${thousands(edges.spec)} edges`,
    result.cached === true ? 'cached' : seconds(result.seconds),
    checkedIn(result) === null ? '' : 'certificate as checked in',
  ]
}

const fieldLines = ({ expected, actual }: Divergence): string[] => {
  const names = [...new Set([...Object.keys(expected ?? {}), ...Object.keys(actual ?? {})])]
  const rows = names.map((name) => [name, `spec ${expected?.[name] ?? '-'}`, `machine ${actual?.[name] ?? '-'}`])
  return columns(rows, '      ')
}

/** What one side can do, and the other cannot. */
const partingText = ({ side, action, expected, actual }: Divergence): string => {
  if (action === null) return 'their initial states differ'
  if (expected !== null && actual !== null) return `both can take ${action}, with different results`
  const [one, other] = side === 'spec' ? ['specification', 'machine'] : ['machine', 'specification']
  return `the ${one} can take ${action}, the ${other} cannot`
}

/** The shortest distinguishing trace for people. */
const divergenceLines = (divergence: Divergence): string[] => {
  const { prefix, blame } = divergence
  return [
    `    shortest distinguishing trace, ${prefix.length} common steps:`,
    ...prefix.map(({ action, args }, i) => `      ${i + 1}. ${args['thread'] ?? ''}: ${action}`),
    `    then ${partingText(divergence)}`,
    ...fieldLines(divergence),
    '    to blame:',
    ...blame.map(
      ({ side, file, line, text }) => `      ${side === 'spec' ? 'spec   ' : 'machine'} ${file}:${line}: ${text}`,
    ),
  ]
}

/** TLC's verdicts of a model, which must be as expected to be evidence. */
const verdictsOf = (model: Model, findings: EngineFindings): NonNullable<Certificate['verdicts']> => {
  const result = modelResult(model, findings)
  if (result.asExpected) return expectedVerdicts(model)
  throw environmentFailure({
    code: 'unexpected-verdict',
    message: `${model.name} is not as its manifest says, so nothing is written: ${result.notes.join('; ')}`,
    hint: `\`lockstep check ${model.name}\` shows it`,
  })
}

/** Proof and evidence: the certificate has TLC's verdict of every cell as well. */
const proveAndWrite = async (model: Model, toolchain: Toolchain, options: ProveOptions): Promise<ProofResult> => {
  const unchanged = watchInputs(model)
  const { findings, proof } = await decideModel(model, toolchain, options, { useCertified: true })
  if (proof instanceof LockstepError) throw proof
  if (proof.certificate === undefined) return proof
  const certificate = { ...proof.certificate, verdicts: verdictsOf(model, findings) }
  unchanged()
  writeEvidence(model, certificate)
  return { ...proof, certificate }
}

/** The proof of the very same files, if it was made before. */
const proveOne = async (model: Model, toolchain: Toolchain, options: ProveOptions): Promise<ProofResult> => {
  const changed = options.spec !== undefined || options.cfg !== undefined
  const known = !options.cache || changed ? undefined : knownProof(model, toolchain)
  const { damaged } = checkedInCertificate(model)
  const noted = (proof: ProofResult): ProofResult =>
    damaged === undefined ? proof : { ...proof, notes: [...proof.notes, damaged] }
  if (known !== undefined) return noted(provenBefore(model, known))
  const unchanged = watchInputs(model)
  const proof = await proveModel(model, toolchain, options)
  unchanged()
  if (proof.certificate !== undefined) keepProof(model, proof.certificate, toolchain)
  return noted(proof)
}

/** What goes with protocols only. */
const refuseForFiles = ({ write, cfg }: ProveOptions, file: string): void => {
  if (write === true)
    throw badInput({
      code: 'usage',
      message: `--write is for protocols: nothing is kept beside ${file}`,
      hint: '--json prints the certificate',
    })
  if (cfg !== undefined)
    throw badInput({
      code: 'usage',
      message: `--cfg is for protocols: the constants of ${file} are made with its specification`,
      hint: 'name the memory model, as in FILE.c/tso, and --slots',
    })
}

/** The models that are proven. What is wrong with them or with the options is said before Java is looked for. */
const load = (out: Output, options: ProveOptions, project: Project, aside: SetAside): Model[] => {
  const meant = meantModels(project, options.targets, options.tag, aside).flatMap(
    (model) => aside.attempt(model.protocol, () => project.specified?.(model) ?? model) ?? [],
  )
  const models = examine(out, project, meant.length === 0 ? aside.sound([]) : meant, aside)
  const isChanged = options.spec !== undefined || options.cfg !== undefined
  if (isChanged && models.length !== 1) {
    throw badInput({ code: 'usage', message: '--spec and --cfg go with one model', hint: 'name the model' })
  }
  if (isChanged && options.write === true) {
    throw badInput({ code: 'usage', message: '--write goes with the package’s own modules and configurations only' })
  }
  const made = models.find(({ protocol }) => protocol.madeModule !== undefined)
  if (made !== undefined) refuseForFiles(options, made.protocol.name)
  for (const model of models)
    aside.attempt(model.protocol, () => {
      withCfg(model, options.cfg, moduleSources(model, options))
      if (options.write === true) assertPlain(ownFiles(model))
    })
  return aside.sound(models)
}

/** Java and the jar; evidence comes from the pinned one only. */
const toolchainFor = async ({ write }: ProveOptions): Promise<Toolchain> => {
  const toolchain = await findToolchain()
  if (write !== true || toolchain.jar.pinned) return toolchain
  throw environmentFailure({
    code: 'jar-not-pinned',
    message: `${toolchain.jar.path} is not the pinned ${PINNED.artifact}, so what it finds is no evidence and nothing is written`,
    hint: 'unset TLA2TOOLS_JAR, or set it to the pinned one',
  })
}

/** Prints proofs for people. */
export const printProofs = (out: Output, results: readonly ProofResult[]): void => {
  const rows = columns(results.map(proofRow))
  results.forEach((result, i) => {
    out.line(rows[i])
    for (const note of [...result.notes, ...contradictions(result)]) out.line(`    ${note}`)
    if (result.divergence !== undefined) for (const line of divergenceLines(result.divergence)) out.line(line)
  })
}

/** Proves models; returns the exit code. */
export const prove = async (out: Output, options: ProveOptions, project: Project): Promise<number> => {
  const aside = new SetAside()
  const models = load(out, options, project, aside)
  const toolchain = await toolchainFor(options)
  const beginning = ({ name }: Model): string => `proving ${name}`
  const proveModels = options.write === true ? proveAndWrite : proveOne
  const made = await runAll(out, models, workersOf(options), beginning, (model) =>
    aside.run(model.protocol, () => proveModels(model, toolchain, options)),
  )
  const results = aside.without(
    made.filter((result) => result !== undefined),
    ({ model }) => model.protocol.name,
  )
  const code = aside.exitOf(results.every((r) => r.comparison.equal) ? EXIT.ok : EXIT.finding)
  if (out.json) printJson({ ok: code === EXIT.ok, models: results.map(proofJson), broken: aside.json })
  printProofs(out, results)
  const equal = results.filter((r) => r.comparison.equal).length
  out.line(`${equal} of ${results.length} machines equal to their specifications${aside.remark('not proven')}`)
  if (!out.json) aside.report()
  return code
}

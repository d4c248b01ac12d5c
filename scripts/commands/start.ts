/** `lockstep start`, which is `npm start`: the main job, check then prove, told so that a reviewer can follow it. */

import { EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import type { CachedOptions } from '../engines/decide.ts'
import { decideModel } from '../engines/decide.ts'
import { runAll, workersOf } from '../engines/options.ts'
import { checkWithExplorer, untilOf } from '../../impl/lib/check/explorer.ts'
import type { ModelResult } from '../../impl/lib/check/result.ts'
import { modelResult } from '../../impl/lib/check/result.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { tlcIfPresent } from '../engines/tlc.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { checkedInCertificate } from '../workspace/certificate.ts'
import { examine } from '../engines/examine.ts'
import { checkedInEvidence } from '../workspace/evidence.ts'
import { counterexample, toggleOf } from '../../impl/lib/evidence/explain.ts'
import { Slots } from '../node/pool.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { sizeOf } from '../../impl/lib/protocol/model.ts'
import { matrixOf } from '../ui/matrix.ts'
import { meantModels, SetAside } from '../workspace/set-aside.ts'
import { isSpecified } from '../workspace/spec-files.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'
import { disagreements, exitOf, noTlcNote, printResults, runChecks, summary } from './check.ts'
import { printProofs, proofJson } from './prove.ts'
import { verifyCertificate } from './verify.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

/** The race that the main job ends with, in full. */
const SHOWN = 'flush-inhibit/no-srcu.sc'

/** Without Java the proofs cannot be made again; the checked-in certificates are held against the machine instead. */
const verifyAll = (out: Output, models: readonly Model[]): { model: string; wrong: readonly string[] }[] =>
  models.map((model) => {
    out.progress(`verifying the certificate of ${model.name}`)
    const { certificate, damaged = 'no certificate is checked in' } = checkedInCertificate(model)
    return { model: model.name, wrong: certificate === undefined ? [damaged] : verifyCertificate(certificate, model) }
  })

/** What the main job found with TLC, or without. */
interface Found {
  readonly results: readonly ModelResult[]
  readonly conflicts: readonly string[]
  /** exit code of the proofs */
  readonly proven: number
  /** how many models there is a proof to make of */
  readonly provable: number
  readonly printProofs: () => void
  readonly proofs: readonly unknown[]
}

/** What the explorer says against TLC's verdicts, of which some are certified; not to have finished is saying nothing for them. */
const conflictsWith = (result: ModelResult, explored: ModelResult): string[] =>
  explored.verdict === 'incomplete'
    ? [`${result.model}: the explorer did not finish, so the certified verdicts were held against nothing`]
    : disagreements([result, explored])

/** With TLC: one run over the complete graph of each model decides its cells and is what the machine is held against. */
const withTlc = async (
  out: Output,
  models: readonly Model[],
  toolchain: Toolchain,
  options: CachedOptions,
  aside: SetAside,
): Promise<Found> => {
  // the large ones first, so that none is left alone at the end; TLC works on others while a graph is held against a machine
  const slots = new Slots(workersOf(options))
  const largestFirst = [...models].sort((a, b) => sizeOf(b) - sizeOf(a))
  const beginning = ({ name }: Model): string => `checking and proving ${name}`
  const decide = async (model: Model) => {
    // the machine is all that there is
    if (!isSpecified(model.protocol)) {
      const explored = checkWithExplorer(model, untilOf(options))
      return { result: modelResult(model, explored, checkedInEvidence(model)), proof: undefined, conflicts: [] }
    }
    const { findings, proof, machine } = await decideModel(model, toolchain, options, { useCertified: true, slots })
    const result = modelResult(model, findings, checkedInEvidence(model))
    return {
      result,
      proof,
      // verdicts that TLC did not give now are held against the machine's at least
      conflicts: machine === undefined ? [] : conflictsWith(result, modelResult(model, machine)),
    }
  }
  const decisions = await runAll(out, largestFirst, workersOf(options) + 1, beginning, (model) =>
    aside.run(model.protocol, () => decide(model)),
  )
  const byModel = new Map(largestFirst.map((model, i) => [model, decisions[i]] as const))
  const decided = aside.sound(models).flatMap((model) => byModel.get(model) ?? [])
  const proofs = decided.flatMap(({ proof }) => (proof === undefined || proof instanceof LockstepError ? [] : [proof]))
  const failures = decided.flatMap(({ proof }) => (proof instanceof LockstepError ? [proof.problem.message] : []))
  const equal = proofs.every((p) => p.comparison.equal)
  return {
    results: decided.map(({ result }) => result),
    conflicts: decided.flatMap(({ conflicts }) => conflicts),
    proven: failures.length > 0 ? EXIT.environment : equal ? EXIT.ok : EXIT.finding,
    provable: proofs.length + failures.length,
    printProofs: () => {
      printProofs(out, proofs)
      for (const failure of failures) out.line(`NOT PROVEN  ${failure}`, 'red')
    },
    proofs: proofs.map(proofJson),
  }
}

/** Without Java the other engines check, and the certificates of earlier proofs are verified. */
const withoutTlc = async (
  out: Output,
  models: readonly Model[],
  options: CachedOptions,
  aside: SetAside,
): Promise<Found> => {
  const { results, conflicts } = await runChecks(out, models, { ...options, engine: 'auto' }, aside)
  const verified = verifyAll(
    out,
    aside.sound(models).filter(({ protocol }) => isSpecified(protocol)),
  )
  out.clear()
  return {
    results,
    conflicts,
    proven: verified.every((v) => v.wrong.length === 0) ? EXIT.ok : EXIT.finding,
    provable: verified.length,
    printProofs: () => {
      const rows = verified.map(({ model, wrong }) => [
        wrong.length === 0 ? 'verified' : 'FAILED',
        model,
        wrong.join('; '),
      ])
      for (const row of columns(rows)) out.line(row)
      out.line(
        '(not proven again: that needs TLC; the certificates of earlier proofs were verified against the machines)',
      )
    },
    proofs: verified.map(({ model, wrong }) => ({ model, verified: wrong.length === 0, differences: wrong })),
  }
}

/** Where the rows come from that were not run now. */
const cacheNotes = (results: readonly ModelResult[]): string[] => {
  const cached = results.filter((r) => r.cached).length
  const certified = results.filter((r) => r.certified.length > 0).length
  return [
    ...(cached === 0 ? [] : [`cached: ${cached} rows were decided before, from the very same files, on this machine`]),
    ...(certified === 0
      ? []
      : [
          `liveness as certified: for ${certified} rows TLC's verdicts of temporal properties and deadlocks are from the checked-in`,
          '  certificates of the very same files; the explorer has found the same now',
        ]),
    ...(cached + certified === 0 ? [] : ['--no-cache runs everything: npm start -- --no-cache']),
  ]
}

const heading = (out: Output, title: string): void => {
  out.line(title, 'bold')
  out.line()
}

const printCells = (out: Output, { results, conflicts }: Found, tlc: Toolchain | LockstepError): void => {
  if (tlc instanceof LockstepError) out.line(noTlcNote(tlc))
  printResults(out, results, conflicts)
  for (const note of cacheNotes(results)) out.line(note)
  out.line()
}

/** Ours, or the first of a workspace that is expected to be violated; none if all holds. */
const raceOf = (project: Project, models: readonly Model[]): Model | undefined =>
  project.workspace === undefined
    ? models.find(({ name }) => name === SHOWN)
    : models.find(({ cells }) => cells.some(({ expected }) => expected === 'violated'))

const printRace = (out: Output, project: Project, models: readonly Model[]): void => {
  const shown = raceOf(project, models)
  if (shown === undefined) return
  heading(out, `One of the races found: lockstep explain ${shown.name}`)
  out.line(lanes(counterexample(shown, undefined), shown.protocol.docs, { toggle: toggleOf(shown) }).trimEnd())
  out.line()
}

/** What came of the proofs; of none it is not said that all are equal. */
const wordOf = ({ proven, provable }: Found): string => {
  if (provable === 0) return 'NOTHING PROVEN'
  return proven === EXIT.ok ? 'all equal' : proven === EXIT.finding ? 'NOT all equal' : 'NOT COMPLETE'
}

/** Whose machines nothing is held against: that is no proof. */
const exploredOnly = (models: readonly Model[]): string => {
  const names = [...new Set(models.map(({ protocol }) => protocol))].filter((one) => !isSpecified(one))
  return names.length === 0 ? '' : `; no specification, explored only: ${names.map(({ name }) => name).join(', ')}`
}

/** Runs the main job; returns the exit code. */
export const start = async (out: Output, options: OptionsOf<'start'>, project: Project): Promise<number> => {
  const began = performance.now()
  const tlc = await tlcIfPresent()
  const aside = new SetAside()
  const models = examine(out, project, meantModels(project, [], undefined, aside), aside)
  const found =
    tlc instanceof LockstepError
      ? await withoutTlc(out, models, options, aside)
      : await withTlc(out, models, tlc, options, aside)
  const { results, conflicts, proven, provable, proofs } = found
  const checked = exitOf(results, conflicts)
  const code = aside.exitOf(checked !== EXIT.ok ? checked : proven)
  heading(out, 'Model checking: every design against every property')
  printCells(out, found, tlc)
  heading(out, 'Proof: is each machine its specification, state by state, edge by edge?')
  found.printProofs()
  out.line()
  heading(out, 'Designs x properties')
  for (const line of matrixOf(results)) out.line(line)
  printRace(out, project, aside.sound(models))
  const made = tlc instanceof LockstepError ? 'verified from their certificates' : 'made'
  out.line(`${summary(results, checked)}${aside.remark('not checked')}`)
  out.line(
    `${proofs.length} of ${provable} proofs ${made}: ${wordOf(found)}${exploredOnly(models)}${aside.remark('not proven')}`,
  )
  out.line(`${thousands(Math.round((performance.now() - began) / 1000))} s in all`)
  if (out.json) {
    const check = { models: results, disagreements: conflicts }
    printJson({ ok: code === EXIT.ok, check, prove: { models: proofs }, broken: aside.json })
  } else aside.report()
  return code
}

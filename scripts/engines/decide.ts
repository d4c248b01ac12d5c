/** The main job on one model: TLC's verdicts and the proof, from one run over the complete graph where that is possible. */

import { join } from 'node:path'
import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Certificate } from '../workspace/certificate.ts'
import { certifiedVerdicts, checkedInCertificate, comparisonOf, watchInputs } from '../workspace/certificate.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { Slots } from '../node/pool.ts'
import { given } from '../../impl/lib/kernel/given.ts'
import { checkGraph, checkWithExplorer, graphOf, requireComplete, untilOf } from '../../impl/lib/check/explorer.ts'
import type { Certified } from './results.ts'
import { keepFindings, keepProof, knownFindings, knownProof } from './results.ts'
import { withTempDir } from '../node/tempdir.ts'
import type { ProofResult } from './proof.ts'
import { proveDump } from './proof.ts'
import type { RunOptions } from './options.ts'
import type { EngineFindings, Found } from '../../impl/lib/check/result.ts'
import type { Toolchain } from './tlc.ts'
import { checkWithTlc } from './tlc.ts'

/** Options of a command that may use what was decided before. */
export interface CachedOptions extends RunOptions {
  /** false: everything from scratch */
  readonly cache?: boolean | undefined
}

/** What the main job found of a model. */
export interface Decision {
  readonly findings: EngineFindings
  readonly proof: ProofResult | LockstepError
  /** the explorer's verdicts, where some of TLC's are from a certificate and must be held against something of now */
  readonly machine?: EngineFindings | undefined
}

/** A proof that was made before, of the same files. */
export const provenBefore = (model: Model, certificate: Certificate): ProofResult => ({
  model,
  comparison: comparisonOf(certificate),
  divergence: undefined,
  certificate,
  seconds: 0,
  notes: [],
  cached: true,
})

/**
 * TLC's verdicts of the temporal properties and of deadlocks, from the checked-in certificate of the very same
 * specification, configuration and tools: evaluating fairness in every state is most of what a check costs.
 */
const certifiedLiveness = (model: Model, jar: string): Certified | undefined => {
  const { certificate } = checkedInCertificate(model)
  const verdicts = certificate === undefined ? undefined : certifiedVerdicts(model, certificate, jar)
  if (verdicts === undefined) return undefined
  const live = model.cells.flatMap(({ name, kind }): [string, Found][] => {
    const verdict = verdicts[name]
    // a deadlock ends the run that finds it, which is then one more
    const dear = kind === 'liveness' || (kind === 'deadlock' && verdict === 'violated')
    return dear && verdict !== undefined ? [[name, { verdict }]] : []
  })
  return live.length === 0 ? undefined : new Map(live)
}

/** What TLC found before: of all cells, or of all but those whose verdicts the certificate has. */
const foundBefore = (
  model: Model,
  toolchain: Toolchain,
  certified: Certified | undefined,
): EngineFindings | undefined =>
  knownFindings(model, 'tlc', toolchain) ??
  (certified === undefined ? undefined : knownFindings(model, 'tlc', toolchain, certified))

const isPartlyCertified = ({ certified = [] }: EngineFindings): boolean => certified.length > 0

const notHeld = (model: Model, { notes }: EngineFindings): LockstepError =>
  environmentFailure({
    code: 'incomplete',
    message: `the explorer did not finish ${model.name}, so the certified verdicts were held against nothing: ${notes.join('; ')}`,
  })

/**
 * Every cell of a model by TLC, and the proof. What fails is in the result; bad input is thrown (exit 2). With `useCertified` TLC's
 * verdicts of temporal properties are taken from the checked-in certificate of the very same files; `slots` is where TLC waits for
 * its turn, if several models are decided at a time.
 */
export const decideModel = async (
  model: Model,
  toolchain: Toolchain,
  options: CachedOptions,
  { useCertified = false, slots = new Slots(1) } = {},
): Promise<Decision> => {
  const unchanged = watchInputs(model)
  const fromCertificate =
    options.cache !== false && useCertified ? certifiedLiveness(model, toolchain.jar.sha256) : undefined
  const findings = options.cache === false ? undefined : foundBefore(model, toolchain, fromCertificate)
  const certificate = options.cache === false ? undefined : knownProof(model, toolchain)
  if (findings !== undefined && certificate !== undefined) {
    const machine = isPartlyCertified(findings) ? checkWithExplorer(model, untilOf(options)) : undefined
    return given({ findings, proof: provenBefore(model, certificate), machine })
  }
  const invariants = model.cells.filter(({ kind }) => kind === 'invariant').map(({ name }) => name)
  // what is known already need not be decided again only because the machine has changed, which TLC does not see
  const certified =
    findings !== undefined
      ? new Map([...findings.cells].filter(([name]) => !invariants.includes(name)))
      : fromCertificate
  return withTempDir('decide', async (directory) => {
    const dump = join(directory, 'graph.dot')
    const checked = await slots.run(() => checkWithTlc(model, toolchain, { ...options, dump, certified }))
    if (checked.complete === undefined) {
      const message = `the graph of ${model.name} is not complete: ${checked.findings.notes.join('; ')}`
      const machine = isPartlyCertified(checked.findings) ? checkWithExplorer(model, untilOf(options)) : undefined
      return given({ findings: checked.findings, proof: environmentFailure({ code: 'not-proven', message }), machine })
    }
    unchanged()
    if (findings === undefined) keepFindings(model, checked.findings, toolchain, certified)
    const start = performance.now()
    const until = untilOf(options)
    const graph = graphOf(model, { until })
    const machine = isPartlyCertified(checked.findings) ? checkGraph(model, graph, start, until) : undefined
    const decided = { findings: findings ?? checked.findings, machine }
    try {
      requireComplete(graph, model)
      // certified verdicts that nothing was held against are none
      if (machine?.failure !== undefined) return { ...decided, proof: notHeld(model, machine) }
      const proof = await proveDump(model, toolchain, checked.complete, dump, graph)
      unchanged()
      if (proof.certificate !== undefined) keepProof(model, proof.certificate, toolchain)
      return { ...decided, proof }
    } catch (error) {
      if (!(error instanceof LockstepError) || error.exit === 2) throw error
      return { ...decided, proof: error }
    }
  })
}

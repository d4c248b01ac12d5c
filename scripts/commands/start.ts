/** `lockstep start`, which is `npm start`: the main job, check then prove, told so that a reviewer can follow it. */

import { EXIT, LockstepError } from '../../impl/lib/error.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { counterexample, toggleOf } from '../lib/evidence.ts'
import { certificateFile, certificateSchema } from '../lib/certificate.ts'
import { existsSync, readFileSync } from 'node:fs'
import type { RunOptions } from '../check/engines.ts'
import type { Model } from '../lib/project.ts'
import { loadModels, oneModel, selectModels } from '../lib/project.ts'
import { matrixOf } from '../ui/matrix.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'
import { exitOf, noTlcNote, resultRow, runChecks, summary } from './check.ts'
import { printProofs, proofJson, runProofs } from './prove.ts'
import { verifyCertificate } from './verify.ts'

/** The race that the main job ends with, in full. */
const SHOWN = 'flush-inhibit/no-srcu'

/** Without Java the proofs cannot be made again; the checked-in certificates are held against the machine instead. */
const verifyAll = (out: Output, models: readonly Model[]): { model: string; wrong: readonly string[] }[] =>
  models.map((model) => {
    out.progress(`verifying the certificate of ${model.name}`)
    const file = certificateFile(model)
    if (!existsSync(file)) return { model: model.name, wrong: ['no certificate is checked in'] }
    const parsed = certificateSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    return {
      model: model.name,
      wrong: parsed.success ? verifyCertificate(parsed.data, model) : ['the certificate is damaged'],
    }
  })

/** Runs the main job; returns the exit code. */
export const start = async (out: Output, options: RunOptions): Promise<number> => {
  const began = performance.now()
  const { results, conflicts, tlc } = await runChecks(out, { ...options, targets: [], engine: 'auto' })
  const checked = exitOf(results, conflicts)
  out.line(out.colour.bold('Model checking: every design against every property'))
  out.line()
  if (tlc instanceof LockstepError) out.line(noTlcNote(tlc))
  for (const row of columns(results.map(resultRow))) out.line(row)
  for (const r of results) for (const note of r.notes) out.line(out.colour.red(`  ${r.model} (${r.engine}): ${note}`))
  for (const conflict of conflicts) out.line(out.colour.red(`  engines disagree: ${conflict}`))
  out.line()

  out.line(out.colour.bold('Proof: is each machine its specification, state by state, edge by edge?'))
  out.line()
  const models = selectModels(loadModels(), [], undefined)
  let proven: boolean
  let proofs: unknown[]
  if (tlc instanceof LockstepError) {
    const verified = verifyAll(out, models)
    proven = verified.every((v) => v.wrong.length === 0)
    const rows = verified.map(({ model, wrong }) => [
      wrong.length === 0 ? 'verified' : 'FAILED',
      model,
      wrong.join('; '),
    ])
    out.clear()
    for (const row of columns(rows)) out.line(row)
    out.line(
      '(not proven again: that needs TLC; the certificates of earlier proofs were verified against the machines)',
    )
    proofs = verified.map(({ model, wrong }) => ({ model, verified: wrong.length === 0, differences: wrong }))
  } else {
    const found = await runProofs(out, { ...options, targets: [] })
    proven = found.every((p) => p.comparison.equal)
    printProofs(out, found)
    proofs = found.map(proofJson)
  }
  out.line()

  out.line(out.colour.bold('Designs x properties'))
  out.line()
  for (const line of matrixOf(results)) out.line(line)
  out.line(out.colour.bold(`One of the races found: lockstep explain ${SHOWN}`))
  out.line()
  const shown = oneModel(loadModels(), SHOWN)
  out.line(lanes(counterexample(shown, undefined), shown.protocol.docs, { toggle: toggleOf(shown) }).trimEnd())
  out.line()
  const code = checked !== EXIT.ok ? checked : proven ? EXIT.ok : EXIT.finding
  out.line(summary(results, checked))
  out.line(
    `${proofs.length} proofs ${tlc instanceof LockstepError ? 'verified from their certificates' : 'made'}: ${proven ? 'all equal' : 'NOT all equal'}`,
  )
  out.line(`${thousands(Math.round((performance.now() - began) / 1000))} s in all`)
  if (out.json)
    printJson({ ok: code === EXIT.ok, check: { models: results, disagreements: conflicts }, prove: { models: proofs } })
  return code
}

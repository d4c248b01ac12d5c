/** `lockstep verify`: a certificate again, without Java: the machine is explored anew and every hash compared. */

import { z } from 'zod'
import { badInput, EXIT } from '../../impl/lib/error.ts'
import { graphDigest } from '../../impl/lib/prove/compare.ts'
import { View } from '../../impl/lib/view.ts'
import { graphOf, violatedDepths } from '../check/explorer.ts'
import type { Certificate } from '../lib/certificate.ts'
import { certificateSchema, inputHashes } from '../lib/certificate.ts'
import type { Model } from '../lib/project.ts'
import { readPlainText } from '../lib/input.ts'
import { loadModels } from '../lib/project.ts'
import type { Output } from '../ui/output.ts'
import { printJson, thousands } from '../ui/output.ts'

const load = (file: string): Certificate => {
  const hint = 'give a file that `lockstep prove --write` wrote, e.g. traces/flush-inhibit/posted.sc.certificate.json'
  const text = readPlainText(file, 'certificate')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw badInput({
      code: 'not-json',
      message: `not JSON: ${error instanceof Error ? error.message : ''}`,
      file,
      hint,
    })
  }
  const parsed = certificateSchema.safeParse(json)
  if (!parsed.success) {
    throw badInput({
      code: 'bad-certificate',
      message: z.prettifyError(parsed.error).replace(/\s*\n\s*/g, '; '),
      file,
      hint,
    })
  }
  return parsed.data
}

/** What a certificate says that is not so; empty if it is all so. */
export const verifyCertificate = (certificate: Certificate, model: Model): string[] => {
  const wrong: string[] = []
  const current = inputHashes(model)
  for (const [path, hash] of Object.entries(current)) {
    const then = certificate.inputs[path]
    if (then === undefined) wrong.push(`${path} is not among the certificate's inputs`)
    else if (then !== hash)
      wrong.push(`${path} has changed since: sha256 ${hash.slice(0, 12)}..., certified ${then.slice(0, 12)}...`)
  }
  const graph = graphOf(model)
  if (graph.count !== certificate.states.impl) wrong.push(`${graph.count} states, certified ${certificate.states.impl}`)
  const digest = graphDigest(graph, new View(graph.kernel))
  if (digest !== certificate.digest)
    wrong.push(`digest ${digest.slice(0, 12)}..., certified ${certificate.digest.slice(0, 12)}...`)
  const machine = violatedDepths(graph)
  for (const [name, verdict] of Object.entries(certificate.verdicts ?? {})) {
    const found = machine.has(name) ? 'violated' : 'holds'
    if (found !== verdict) wrong.push(`${name}: ${found} in the machine, ${verdict} by TLC as certified`)
  }
  return wrong
}

/** Verifies a certificate; returns the exit code. */
export const verify = (out: Output, file: string): number => {
  const certificate = load(file)
  const model = loadModels().find((m) => m.name === certificate.model)
  if (model === undefined) {
    throw badInput({
      code: 'unknown-model',
      message: `there is no model ${certificate.model}`,
      file,
      hint: '`lockstep list` shows the models',
    })
  }
  const wrong = verifyCertificate(certificate, model)
  if (out.json) printJson({ ok: wrong.length === 0, model: model.name, differences: wrong })
  if (wrong.length === 0) {
    out.line(
      `${model.name}: the machine has the ${thousands(certificate.states.impl)} states and ${thousands(certificate.edges.impl)} edges that were certified equal to the specification's by TLC ${certificate.tlc.version}`,
    )
  }
  for (const line of wrong) out.line(`${model.name}: ${line}`)
  return wrong.length === 0 ? EXIT.ok : EXIT.finding
}

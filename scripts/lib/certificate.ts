/** A certificate of equality: what was compared, what was found, and from what; verifiable again without Java. */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Comparison } from '../../impl/lib/prove/compare.ts'
import type { CellVerdict, Model } from './project.ts'
import { occursFile, packageRoot, specFiles, traceDirectory } from './project.ts'

const sides = z.strictObject({ spec: z.int(), impl: z.int() })
const hex = z.string().regex(/^[0-9a-f]{64}$/)

/** Format of a certificate. */
export const certificateSchema = z.strictObject({
  format: z.literal('lockstep-certificate'),
  version: z.literal(3),
  model: z.string(),
  equal: z.literal(true),
  initial: sides,
  states: sides,
  edges: sides,
  actions: z.record(z.string(), sides),
  /** digest of both transition systems */
  digest: hex,
  /** what TLC printed at the end of the run that dumped the graph */
  tlc: z.strictObject({ version: z.string(), generatedStates: z.int(), distinctStates: z.int(), depth: z.int() }),
  /** TLC's verdict of each cell; absent where only the graphs were compared */
  verdicts: z.record(z.string(), z.enum(['holds', 'violated', 'vacuous'])).optional(),
  /** sha256 of each file that the result depends on, by its path in the package, and of the jar */
  inputs: z.record(z.string(), hex),
})

export type Certificate = z.infer<typeof certificateSchema>

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

const relativePath = (file: string): string => relative(packageRoot(), file).replaceAll('\\', '/')

/** The machine's sources: the protocol's directory and impl/lib's files that a machine is built from. */
export const machineSources = (model: Model): string[] => {
  const own = join(packageRoot(), 'impl', model.protocol.name)
  const lib = join(packageRoot(), 'impl', 'lib')
  const shared = [
    'SRCU.ts',
    'compile.ts',
    'explore.ts',
    'growing.ts',
    'kvm/mutex.ts',
    'kvm/vcpu.ts',
    'memory/buffer.ts',
    'memory/memory.ts',
    'program.ts',
    'schema.ts',
    'view.ts',
  ].map((f) => join(lib, f))
  const files = readdirSync(own)
    .filter((f) => f.endsWith('.ts') && f !== 'docs.ts')
    .map((f) => join(own, f))
  return [...files, ...shared].sort()
}

const hashes = (files: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    files
      .map((file): [string, string] => [relativePath(file), sha256(readFileSync(file))])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const specificationHashes = (model: Model): Record<string, string> =>
  hashes([...specFiles(model.protocol), model.cfgFile])

/** sha256 of everything on disk that a proof of the model depends on. */
export const inputHashes = (model: Model): Record<string, string> =>
  hashes([...specFiles(model.protocol), occursFile(model.protocol), model.cfgFile, ...machineSources(model)])

/** File of a model's certificate. */
export const certificateFile = (model: Model): string =>
  join(traceDirectory(model.protocol), `${model.stem}.certificate.json`)

/** Name of the tools among the inputs. */
const JAR = 'tla2tools.jar'

/** TLC's verdicts in a certificate, if they are of the specification, configuration and tools as they are now. */
export const certifiedVerdicts = (
  model: Model,
  certificate: Certificate,
  jarSha256: string,
): Readonly<Record<string, CellVerdict>> | undefined => {
  const { inputs, verdicts } = certificate
  const current = { ...specificationHashes(model), [JAR]: jarSha256 }
  const same =
    certificate.model === model.name && Object.entries(current).every(([path, hash]) => inputs[path] === hash)
  return same ? verdicts : undefined
}

/** Makes the certificate of a comparison that found the two equal. */
export const certificateOf = (
  model: Model,
  comparison: Comparison,
  tlc: Certificate['tlc'],
  jarSha256: string,
): Certificate => ({
  format: 'lockstep-certificate',
  version: 3,
  model: model.name,
  equal: true,
  initial: comparison.initial,
  states: comparison.states,
  edges: comparison.edges,
  actions: Object.fromEntries(Object.entries(comparison.actions).sort(([a], [b]) => (a < b ? -1 : 1))),
  digest: comparison.digest.spec,
  tlc,
  inputs: { ...inputHashes(model), [JAR]: jarSha256 },
})

/** What a certificate says of the graphs as a comparison does. */
export const comparisonOf = ({ initial, states, edges, actions, digest }: Certificate): Comparison => ({
  equal: true,
  initial,
  states,
  edges,
  actions,
  digest: { spec: digest, impl: digest },
  dumpedEdges: edges.spec,
  difference: undefined,
})

/** Its text, byte for byte the same for the same result. */
export const printCertificate = (certificate: Certificate): string => `${JSON.stringify(certificate, null, 2)}\n`

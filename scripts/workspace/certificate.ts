/** A certificate of equality: what was compared, what was found, and from what; verifiable again without Java. */

import { given } from '../../impl/lib/kernel/given.ts'
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Comparison } from '../../impl/lib/prove/compare.ts'
import { badInput, environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import { parsePlaced } from '../../impl/lib/text/json-places.ts'
import { readPlainFile, readPlainText } from '../node/input.ts'
import { machineCode } from './machine-code.ts'
import type { CellVerdict, Model, SpecifiedKind } from '../../impl/lib/protocol/model.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { shownPath } from './package.ts'
import type { SpecFile } from './spec-files.ts'
import { isSpecified, occursFile, specFiles } from './spec-files.ts'

const sides = z.strictObject({ spec: z.int(), impl: z.int() })
const hex = z.string().regex(/^[0-9a-f]{64}$/)

const VERSION = 4

/** Format of a certificate. */
export const certificateSchema = z.strictObject({
  format: z.literal('lockstep-certificate'),
  version: z.literal(VERSION),
  model: z.string(),
  equal: z.literal(true),
  initial: sides,
  states: sides,
  edges: sides,
  actions: z.record(z.string(), sides),
  /** digest of both transition systems */
  digest: hex,
  /** digest of what the machine that ran was compiled to: its tables and properties */
  machine: hex,
  /** what TLC printed at the end of the run that dumped the graph */
  tlc: z.strictObject({ version: z.string(), generatedStates: z.int(), distinctStates: z.int(), depth: z.int() }),
  /** TLC's verdict of each cell; absent where only the graphs were compared */
  verdicts: z
    .record(
      z.string(),
      z.strictObject({
        kind: z.enum(['invariant', 'liveness', 'deadlock']),
        verdict: z.enum(['holds', 'violated', 'vacuous']),
        /** instances that say nothing, where there are any */
        vacuous: z.array(z.string()).min(1).optional(),
      }),
    )
    .optional(),
  /** sha256 of each file that the result depends on, by its path in the package, and of the jar */
  inputs: z.record(z.string(), hex),
})

export type Certificate = z.infer<typeof certificateSchema>

const sorted = (hashes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(hashes).sort(([a], [b]) => (a < b ? -1 : 1)))

const hashOf = (file: string): string => {
  try {
    return hash('sha256', readPlainFile(file, 'file of the package'))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const message = `cannot read what the result depends on: ${why}`
    throw environmentFailure({ code: 'input-unreadable', message, file }, error)
  }
}

const hashesOf = ({ home }: HousedProtocol, files: readonly SpecFile[]): Record<string, string> =>
  sorted(
    Object.fromEntries(
      files.map(({ file, text }) => [shownPath(home, file), text === undefined ? hashOf(file) : hash('sha256', text)]),
    ),
  )

/** sha256 of the modules and the configuration, as they are on disk. */
export const specificationHashes = (model: Model): Record<string, string> => {
  const { protocol } = model
  return hashesOf(protocol, [...specFiles(protocol), cfgOf(model)])
}

/** The configuration of a model, made where there is no file of it. */
const cfgOf = ({ cfgFile, cfgText, protocol }: Model): SpecFile =>
  protocol.madeModule === undefined && (protocol.models === undefined || existsSync(cfgFile))
    ? { file: cfgFile }
    : { file: cfgFile, text: cfgText }

/** sha256 of the module that says what the properties speak of: TLC looks at it, its other verdicts do not depend on it. */
export const occursHash = ({ protocol }: Model): Record<string, string> => {
  const file = isSpecified(protocol) ? occursFile(protocol) : undefined
  return file === undefined ? {} : hashesOf(protocol, [file])
}

/** sha256 of everything that a proof of the model depends on: the specification on disk, the machine as it was loaded. */
export const inputHashes = (model: Model): Record<string, string> =>
  sorted({ ...specificationHashes(model), ...occursHash(model), ...machineCode(model.protocol).sources() })

/**
 * To be called before anything is decided; what it returns refuses, at the end, to take the result for one of files that
 * were changed meanwhile.
 */
export const watchInputs = (model: Model): (() => void) => {
  const code = machineCode(model.protocol)
  if (!isSpecified(model.protocol)) return code.assertUnchanged
  const hashes = (): Record<string, string> => ({ ...specificationHashes(model), ...occursHash(model) })
  const before = hashes()
  const shown = (file: string): string => shownPath(model.protocol.home, file)
  const cfg = before[shown(model.cfgFile)]
  const changed = (path: string) =>
    environmentFailure({
      code: 'changed-since-load',
      message: 'the file was changed while the command ran: what was found is of its former text',
      file: path,
      hint: 'run the command again',
    })
  // the configuration and the module that is data were read when the models were loaded
  if (cfg !== model.cfgSha256) throw changed(shown(model.cfgFile))
  const { data } = model
  if (data !== undefined && before[shown(data.file)] !== hash('sha256', data.text)) throw changed(shown(data.file))
  return () => {
    const now = hashes()
    const path = Object.keys(now).find((name) => now[name] !== before[name])
    if (path !== undefined) throw changed(path)
    code.assertUnchanged()
  }
}

/** File of a model's certificate. */
export const certificateFile = (model: Model): string =>
  join(model.protocol.home.traces, `${model.stem}.certificate.json`)

/** Name of the tools among the inputs. */
export const JAR = 'tla2tools.jar'

/** A cell as a certificate has it. */
export const certifiedCell = (
  kind: SpecifiedKind,
  verdict: CellVerdict,
  vacuous: readonly string[] = [],
): NonNullable<Certificate['verdicts']>[string] => ({
  kind,
  verdict,
  ...given({ vacuous: vacuous.length === 0 ? undefined : [...vacuous] }),
})

/** TLC's verdicts in a certificate, if they are of the specification, configuration and tools as they are now. */
export const certifiedVerdicts = (
  model: Model,
  certificate: Certificate,
  jarSha256: string,
): Readonly<Record<string, CellVerdict>> | undefined => {
  const { inputs, verdicts = {} } = certificate
  const current = { ...specificationHashes(model), [JAR]: jarSha256 }
  const same =
    certificate.model === model.name && Object.entries(current).every(([path, hash]) => inputs[path] === hash)
  if (!same || certificate.verdicts === undefined) return undefined
  return Object.fromEntries(Object.entries(verdicts).map(([name, { verdict }]) => [name, verdict]))
}

/** Makes the certificate of a comparison that found the two equal. */
export const certificateOf = (
  model: Model,
  comparison: Pick<Comparison, 'initial' | 'states' | 'edges' | 'actions' | 'digest'>,
  { tlc, machine, jarSha256 }: { tlc: Certificate['tlc']; machine: string; jarSha256: string },
): Certificate => ({
  format: 'lockstep-certificate',
  version: VERSION,
  model: model.name,
  equal: true,
  initial: comparison.initial,
  states: comparison.states,
  edges: comparison.edges,
  actions: comparison.actions,
  digest: comparison.digest.spec,
  machine,
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

/** How to have a certificate written anew. */
export const regenerate = (model: string): string => `\`lockstep prove ${model} --write\` writes it anew`

const WANTED = 'certificate that `lockstep prove --write` wrote, e.g. traces/flush-inhibit/posted.sc.certificate.json'

const HINT = `give a ${WANTED}`

const damaged = (file: string, message: string) => badInput({ code: 'bad-certificate', message, file, hint: HINT })

const parse = (file: string, text: string): unknown => {
  if (text.trim() === '') throw damaged(file, 'the file is empty: it is no certificate')
  try {
    // JSON.parse takes the last of two equal keys, and the schema leaves __proto__ out: neither would be seen again
    return parsePlaced(text, file, HINT).value
  } catch (error) {
    const problem = error instanceof LockstepError ? error.problem : undefined
    if (problem !== undefined && problem.code !== 'not-json')
      throw badInput({ ...problem, code: 'bad-certificate', hint: HINT })
    const cut = text.trimStart().startsWith('{') && !text.trimEnd().endsWith('}')
    throw damaged(
      file,
      cut ? 'the file is cut off: it is no whole certificate' : 'the file is not JSON: it is no certificate',
    )
  }
}

const expectations = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.length === 0 ? 'the file' : path.map(String).join(' ')}: ${message}`)
    .join('; ')

/**
 * The certificate in a file.
 * @throws LockstepError (exit 2) `unreadable` or `bad-certificate`
 */
export const readCertificate = (file: string): Certificate => {
  const json = parse(file, readPlainText(file, WANTED))
  const version: unknown = typeof json === 'object' && json !== null && 'version' in json ? json.version : undefined
  if (typeof version === 'number' && version < VERSION) {
    throw damaged(
      file,
      `the certificate is of format ${version}, which says too little to be verified; now it is ${VERSION}`,
    )
  }
  const parsed = certificateSchema.safeParse(json)
  if (!parsed.success) throw damaged(file, `the file is no certificate: ${expectations(parsed.error)}`)
  return parsed.data
}

/** What is checked in of a model: a certificate, nothing, or what is wrong with it and how to mend it. */
export const checkedInCertificate = (
  model: Model,
): { readonly certificate?: Certificate; readonly damaged?: string } => {
  const file = certificateFile(model)
  try {
    return existsSync(file) ? { certificate: readCertificate(file) } : {}
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const { message } = error.problem
    return {
      damaged: `${shownPath(model.protocol.home, file)} is treated as absent: ${message}; ${regenerate(model.name)}`,
    }
  }
}

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

const shown = (value: unknown): string =>
  isHash(value) ? `${value.slice(0, 12)}...` : value === undefined ? 'nothing' : JSON.stringify(value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Every difference between what a certificate says and what is so, by the path of the field; empty if it is all so. */
export const certificateDifferences = (certified: unknown, found: unknown, path: readonly string[] = []): string[] => {
  if (isObject(certified) && isObject(found)) {
    const names = [...new Set([...Object.keys(found), ...Object.keys(certified)])]
    return names.flatMap((name) => certificateDifferences(certified[name], found[name], [...path, name]))
  }
  if (certified === found) return []
  return [difference(path, certified, found)]
}

const difference = ([field = '', ...rest]: readonly string[], certified: unknown, found: unknown): string => {
  const name = rest.join(' ')
  if (field === 'inputs') {
    if (certified === undefined) return `${name} is not among the certificate's inputs`
    if (found === undefined) return `${name} is among the certificate's inputs, and nothing of the model depends on it`
    if (name === JAR) return `${name} is not the pinned one: sha256 ${shown(found)}, certified ${shown(certified)}`
    return `${name} has changed since: sha256 ${shown(found)}, certified ${shown(certified)}`
  }
  if (field === 'verdicts') {
    if (certified === undefined) return `${name}: no verdict of TLC is certified`
    if (found === undefined) return `${name} has a verdict, and the model no such property`
    return `${name}: ${shown(found)} in the machine, ${shown(certified)} by TLC as certified`
  }
  return `${[field, ...rest].join(' ')}: ${shown(found)}, certified ${shown(certified)}`
}

/**
 * What was decided before, under a hash of everything that it depends on, so that nothing is decided twice. Only complete
 * results are kept; they are never shown but as what they are: cached. `--no-cache` does without.
 */

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { EngineFindings, Found } from '../check/result.ts'
import { cacheDirectoryIfAny } from '../tlc/jar.ts'
import type { Certificate } from './certificate.ts'
import { certificateSchema, inputHashes } from './certificate.ts'
import type { Model } from './project.ts'
import { packageRoot, specFiles } from './project.ts'

/** What a kept result is a result of. */
export type Kind = 'tlc' | 'embedded' | 'proof'

/** Raised when the code that decides is changed in a way that its results may tell. */
const GENERATION = 1

/** Results of a model that are kept per kind: branches of a repository come and go. */
const KEPT = 4

const cell = z.strictObject({ verdict: z.enum(['holds', 'violated']), depth: z.int().positive().optional() })

const findingsSchema = z.strictObject({
  cells: z.record(z.string(), cell),
  unchecked: z.array(z.string()),
  distinctStates: z.int(),
  generatedStates: z.int().nullable(),
  depth: z.int().nullable(),
  seconds: z.number(),
})

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

const hashFiles = (files: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    files.map((file) => [relative(packageRoot(), file).replaceAll('\\', '/'), sha256(readFileSync(file))]),
  )

const embeddedVersion = (): unknown =>
  (createRequire(import.meta.url)('tla-checker/package.json') as { version?: unknown }).version

const proverFiles = (): string[] => {
  const directory = join(packageRoot(), 'impl', 'lib', 'prove')
  return readdirSync(directory).map((file) => join(directory, file))
}

/** Everything that a result depends on; `jar` is the sha256 of the tools. */
const inputsOf = (model: Model, kind: Kind, jar: string | undefined): unknown => {
  const specification = hashFiles([...specFiles(model.protocol), model.cfgFile])
  switch (kind) {
    case 'tlc':
      return { specification, jar }
    case 'embedded':
      return { specification, checker: embeddedVersion(), expectedStates: model.distinctStates }
    case 'proof':
      return { ...inputHashes(model), jar, prover: hashFiles(proverFiles()) }
  }
}

const keyOf = (model: Model, kind: Kind, jar: string | undefined): string =>
  sha256(JSON.stringify({ generation: GENERATION, model: model.name, kind, inputs: inputsOf(model, kind, jar) }))

/** Where results are kept; undefined where there is no place, and nothing is known from before. */
const directoryOf = (): string | undefined => {
  const cache = cacheDirectoryIfAny()
  return cache === undefined ? undefined : join(cache, 'results')
}

const prefixOf = (model: Model, kind: Kind): string => `${model.protocol.name}.${model.stem}.${kind}.`

const fileOf = (directory: string, model: Model, kind: Kind, key: string): string =>
  join(directory, `${prefixOf(model, kind)}${key}.json`)

/** What was kept, if it is there and what it should be. */
const read = <T>(model: Model, kind: Kind, jar: string | undefined, schema: z.ZodType<T>): T | undefined => {
  const directory = directoryOf()
  if (directory === undefined) return undefined
  const file = fileOf(directory, model, kind, keyOf(model, kind, jar))
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    return parsed.success ? parsed.data : undefined
  } catch {
    // not there, or damaged: decided again
    return undefined
  }
}

const modified = (file: string): number => {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}

/** Keeps a result; a place that cannot be written only means that it is decided again. */
const write = (model: Model, kind: Kind, key: string, content: unknown): void => {
  try {
    const directory = directoryOf()
    if (directory === undefined) return
    mkdirSync(directory, { recursive: true })
    const file = fileOf(directory, model, kind, key)
    const partial = `${file}.${randomBytes(6).toString('hex')}.partial`
    try {
      writeFileSync(partial, `${JSON.stringify(content)}\n`)
      renameSync(partial, file)
    } finally {
      rmSync(partial, { force: true })
    }
    const own = readdirSync(directory)
      .filter((name) => name.startsWith(prefixOf(model, kind)) && name.endsWith('.json'))
      .map((name) => join(directory, name))
      .sort((a, b) => modified(b) - modified(a))
    for (const old of own.slice(KEPT)) rmSync(old, { force: true })
  } catch {
    // no home directory, a full disk, one that is read-only
  }
}

/** Are all cells decided, and nothing remarked? */
const isComplete = (model: Model, { cells, unchecked = [], failure, notes, distinctStates }: EngineFindings): boolean =>
  failure === undefined &&
  notes.length === 0 &&
  distinctStates !== null &&
  model.cells.every(({ name }) => {
    const verdict = cells.get(name)?.verdict
    return unchecked.includes(name) || verdict === 'holds' || verdict === 'violated'
  })

/** What an engine found of the model as it is now, if it is known. */
export const knownFindings = (model: Model, engine: 'tlc' | 'embedded', jar?: string): EngineFindings | undefined => {
  const known = read(model, engine, jar, findingsSchema)
  if (known === undefined) return undefined
  const cells = new Map<string, Found>(Object.entries(known.cells))
  const findings = { ...known, engine, cells, notes: [], cached: true as const }
  return isComplete(model, findings) ? findings : undefined
}

/** Keeps what an engine found, if it is complete. */
export const keepFindings = (model: Model, findings: EngineFindings, jar?: string): void => {
  const { engine, cells, unchecked = [], distinctStates, generatedStates, depth, seconds } = findings
  if (engine === 'explorer' || !isComplete(model, findings)) return
  const content = {
    cells: Object.fromEntries(cells),
    unchecked,
    distinctStates,
    generatedStates,
    depth,
    seconds,
  }
  write(model, engine, keyOf(model, engine, jar), content)
}

/** The certificate of the model and machine as they are now, if they were proven equal before. */
export const knownProof = (model: Model, jar: string): Certificate | undefined =>
  read(model, 'proof', jar, certificateSchema)

/** Keeps a proof of equality. */
export const keepProof = (model: Model, certificate: Certificate, jar: string): void => {
  write(model, 'proof', keyOf(model, 'proof', jar), certificate)
}

/**
 * What was decided before, under a hash of everything that it depends on, so that nothing is decided twice. Only complete
 * results are kept; they are never shown but as what they are: cached. `--no-cache` does without.
 */

import { hash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { EngineFindings, Found } from '../../impl/lib/check/result.ts'
import { cacheDirectoryIfAny } from '../tlc/jar.ts'
import type { Toolchain } from './tlc.ts'
import type { Certificate } from '../workspace/certificate.ts'
import { certificateSchema, occursHash, specificationHashes } from '../workspace/certificate.ts'
import { closureOf, loadedHashes } from '../node/loaded.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineCode } from '../workspace/machine-code.ts'
import { isStated, statedSubjects } from './occurs.ts'
import { makeDirectory } from '../node/create.ts'
import { readPlainText } from '../node/input.ts'
import { writeWhole } from '../node/write.ts'
import { writeError } from '../ui/output.ts'

/** What a kept result is a result of. */
export type Kind = 'tlc' | 'embedded' | 'proof'

/** Raised when what is kept is written otherwise. */
const GENERATION = 2

/** Results of a model that are kept per kind: branches of a repository come and go. */
const KEPT = 4

const cell = z.strictObject({
  verdict: z.enum(['holds', 'violated', 'vacuous']),
  depth: z.int().positive().optional(),
  vacuous: z.array(z.string()).optional(),
})

const findingsSchema = z.strictObject({
  cells: z.record(z.string(), cell),
  unchecked: z.array(z.string()),
  distinctStates: z.int(),
  generatedStates: z.int().nullable(),
  depth: z.int().nullable(),
  seconds: z.number(),
})

/** A result as text, and its sha256: what a disk has changed is not what was found. */
const keptSchema = z.strictObject({ sha256: z.string(), content: z.string() })

/** The engine's own files: an installation that was changed is another engine. */
const embeddedFiles = (): Record<string, string> => {
  const directory = dirname(createRequire(import.meta.url).resolve('tla-checker/package.json'))
  const names = readdirSync(directory).filter((name) => /\.(?:wasm|c?js|mjs|json)$/.test(name))
  return Object.fromEntries(names.sort().map((name) => [name, hash('sha256', readFileSync(join(directory, name)))]))
}

/** Where each kind is decided, and everything that this runs; machines are no part of it but where they are named. */
const DECIDES: Readonly<Record<Kind, string>> = {
  tlc: 'scripts/engines/tlc.ts',
  embedded: 'scripts/engines/embedded.ts',
  proof: 'scripts/engines/proof.ts',
}

/** sha256 of the modules that decide, as they were loaded. */
const codeOf = (kind: Kind): Record<string, string> =>
  loadedHashes(closureOf([DECIDES[kind]], ['impl/lockstep.config.ts']))

/** What TLC is and runs on; a certificate says nothing of Java, a kept result is not taken for that of another one. */
export interface Tools {
  readonly java: Pick<Toolchain['java'], 'version'>
  readonly jar: Pick<Toolchain['jar'], 'sha256'>
}

/** Verdicts of TLC's that a run took from the checked-in certificate: what it found beside them is kept as found with these. */
export type Certified = ReadonlyMap<string, Found>

/**
 * Everything that a result depends on. Contents only: a cache may serve many checkouts. Of the machine an engine that runs on the
 * specification takes the names of the instances, for which it says whether they are vacuous.
 */
const inputsOf = (model: Model, kind: Kind, tools: Tools | undefined): unknown => {
  const common = { specification: { ...specificationHashes(model), ...occursHash(model) }, code: codeOf(kind) }
  const own = { jar: tools?.jar.sha256, java: tools?.java.version }
  // where the specification does not say what a property speaks of, the machine does
  const silence = {
    subjects: statedSubjects(model),
    machine: isStated(model) ? undefined : machineCode(model.protocol).loaded(),
  }
  switch (kind) {
    case 'tlc':
      return { ...common, ...own, ...silence }
    case 'embedded':
      return {
        ...common,
        checker: embeddedFiles(),
        expectedStates: model.counts?.distinctStates,
        ...silence,
      }
    case 'proof':
      return { ...common, ...own, machine: machineCode(model.protocol).loaded() }
  }
}

const keyOf = (model: Model, kind: Kind, tools: Tools | undefined, certified?: Certified): string => {
  const taken = certified && [...certified].map(([name, { verdict }]) => [name, verdict])
  const inputs = inputsOf(model, kind, tools)
  return hash('sha256', JSON.stringify({ generation: GENERATION, model: model.name, kind, inputs, certified: taken }))
}

/** Where results are kept; undefined where there is no place, and nothing is known from before. */
const directoryOf = (): string | undefined => {
  const cache = cacheDirectoryIfAny()
  return cache === undefined ? undefined : join(cache, 'results')
}

const prefixOf = (model: Model, kind: Kind): string =>
  `${model.protocol.name.replaceAll(/[^\w.-]/g, '_')}.${model.stem}.${kind}.`

const fileOf = (directory: string, model: Model, kind: Kind, key: string): string =>
  join(directory, `${prefixOf(model, kind)}${key}.json`)

/** What was kept, if it is there and what it should be. */
const read = <T>(model: Model, kind: Kind, key: string, schema: z.ZodType<T>): T | undefined => {
  const directory = directoryOf()
  if (directory === undefined) return undefined
  const file = fileOf(directory, model, kind, key)
  try {
    const { sha256: sum, content } = keptSchema.parse(JSON.parse(readPlainText(file, 'kept result')))
    const parsed = schema.safeParse(JSON.parse(content))
    return parsed.success && hash('sha256', content) === sum ? parsed.data : undefined
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

let told = false

/** A cache that the user named is not done without in silence. */
const unkept = (error: unknown): void => {
  const place = process.env['LOCKSTEP_CACHE'] ?? ''
  if (place === '' || told) return
  told = true
  const why = error instanceof Error ? error.message : String(error)
  writeError(`lockstep: LOCKSTEP_CACHE is ${JSON.stringify(place)}, where nothing can be kept: ${why}\n`)
}

/** Keeps a result; a place that cannot be written only means that it is decided again. */
const write = (model: Model, kind: Kind, key: string, content: unknown): void => {
  try {
    const directory = directoryOf()
    if (directory === undefined) return
    makeDirectory(directory)
    const text = JSON.stringify(content)
    const kept = { sha256: hash('sha256', text), content: text }
    writeWhole(fileOf(directory, model, kind, key), `${JSON.stringify(kept)}\n`, { durable: false })
    const own = readdirSync(directory)
      .filter((name) => name.startsWith(prefixOf(model, kind)) && name.endsWith('.json'))
      .map((name) => join(directory, name))
      .sort((a, b) => modified(b) - modified(a))
    for (const old of own.slice(KEPT)) rmSync(old, { force: true })
  } catch (error) {
    // no home directory, a full disk, one that is read-only
    unkept(error)
  }
}

/** Are all cells decided, and nothing remarked? */
const isComplete = (model: Model, { cells, unchecked = [], failure, notes, distinctStates }: EngineFindings): boolean =>
  failure === undefined &&
  notes.length === 0 &&
  distinctStates !== null &&
  model.cells.every(({ name }) => {
    const verdict = cells.get(name)?.verdict
    return unchecked.includes(name) || verdict === 'holds' || verdict === 'violated' || verdict === 'vacuous'
  })

/** What an engine found of the model as it is now, with those verdicts taken as certified, if it is known. */
export const knownFindings = (
  model: Model,
  engine: 'tlc' | 'embedded',
  tools?: Tools,
  certified?: Certified,
): EngineFindings | undefined => {
  const known = read(model, engine, keyOf(model, engine, tools, certified), findingsSchema)
  if (known === undefined) return undefined
  const cells = new Map<string, Found>(Object.entries(known.cells))
  const taken = certified === undefined ? {} : { certified: [...certified.keys()] }
  const findings = { ...known, engine, cells, notes: [], cached: true as const, ...taken }
  return isComplete(model, findings) ? findings : undefined
}

/** Keeps what an engine found, if it is complete. */
export const keepFindings = (model: Model, findings: EngineFindings, tools?: Tools, certified?: Certified): void => {
  const { engine, cells, unchecked = [], distinctStates, generatedStates, depth, seconds } = findings
  if (engine === 'explorer' || !isComplete(model, findings)) return
  const figures = { distinctStates, generatedStates, depth, seconds }
  const content = { cells: Object.fromEntries(cells), unchecked, ...figures }
  write(model, engine, keyOf(model, engine, tools, certified), content)
}

/** The certificate of the model and machine as they are now, if they were proven equal before. */
export const knownProof = (model: Model, tools: Tools): Certificate | undefined =>
  read(model, 'proof', keyOf(model, 'proof', tools), certificateSchema)

/** Keeps a proof of equality. */
export const keepProof = (model: Model, certificate: Certificate, tools: Tools): void => {
  write(model, 'proof', keyOf(model, 'proof', tools), certificate)
}

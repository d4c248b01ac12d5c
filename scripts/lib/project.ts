/** Loads what is on disk: specifications, model configurations, manifests. The only reader of spec/. */

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { PROTOCOLS } from '../../impl/catalog.ts'
import type { Cfg } from '../../impl/lib/tla/cfg.ts'
import { parseCfg } from '../../impl/lib/tla/cfg.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Machine } from '../../impl/lib/kernel/language/program.ts'
import type { DataModule, Protocol } from '../../impl/lib/protocol/protocol.ts'
import { parseJson } from '../../impl/lib/text/json.ts'
import { checkedCfg } from '../../impl/lib/tla/checked-cfg.ts'
import type { ModuleNames } from '../../impl/lib/tla/module/names.ts'
import { namesOf } from '../../impl/lib/tla/module/names.ts'
import { matchesGlob } from './glob.ts'
import { readPlainText } from './input.ts'

/** The package's root: the nearest directory above this file that has our package.json. */
export const packageRoot = (): string => {
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    try {
      const { name } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: string }
      if (name === 'lockstep') return dir
    } catch {
      // not here: go on upwards
    }
    if (dir === dirname(dir)) throw new Error('package.json of lockstep not found')
  }
}

/** `vacuous`: what the property speaks of does not occur in the model; never a pass. */
export type CellVerdict = 'holds' | 'violated' | 'vacuous'
export type CellKind = 'invariant' | 'liveness' | 'deadlock'

const cellVerdict = z.enum(['holds', 'violated', 'vacuous'])

/** The Examples repository's schema, and beside it what is ours: name, design, memory, tags, gloss, cells. */
const manifestSchema = z.strictObject({
  sources: z.array(z.string()),
  authors: z.array(z.string()),
  tags: z.array(z.string()),
  modules: z.array(
    z.strictObject({
      path: z.string(),
      features: z.array(z.string()),
      models: z.array(
        z.strictObject({
          path: z.string(),
          runtime: z.string().regex(/^\d\d:\d\d:\d\d$/),
          mode: z.literal('exhaustive search'),
          result: z.enum(['success', 'deadlock failure', 'safety failure', 'liveness failure']),
          distinctStates: z.int().positive(),
          totalStates: z.int().positive(),
          stateDepth: z.int().positive(),
          design: z.string(),
          memory: z.enum(['sc', 'tso', 'pso']),
          tags: z.array(z.enum(['fast', 'full'])).min(1),
          gloss: z.string(),
          cells: z.record(z.string(), cellVerdict),
          // instances of the properties that say nothing in this model
          vacuous: z.record(z.string(), z.array(z.string()).min(1)).optional(),
        }),
      ),
    }),
  ),
})

export type Manifest = z.infer<typeof manifestSchema>

/** One property of a model and the verdict that it must have. */
export interface Cell {
  readonly name: string
  readonly kind: CellKind
  readonly expected: CellVerdict
  /** instances that say nothing in this model, as the machine names them */
  readonly vacuous: readonly string[]
}

/** A model as the commands know it. */
export interface Model {
  /** e.g. `flush-inhibit/posted.sc` */
  readonly name: string
  /** file name of the cfg without its extension; evidence in traces/ has the same stem */
  readonly stem: string
  readonly protocol: Protocol
  readonly design: string
  readonly memory: 'sc' | 'tso' | 'pso'
  readonly tags: readonly ('fast' | 'full')[]
  readonly gloss: string
  readonly cfg: Cfg
  readonly cfgFile: string
  /** of the configuration as it was read */
  readonly cfgSha256: string
  readonly cells: readonly Cell[]
  readonly distinctStates: number
  readonly totalStates: number
  readonly stateDepth: number
}

/** Directory of a protocol's specification. */
export const specDirectory = (protocol: Protocol): string => join(packageRoot(), 'spec', protocol.name)

/** Directory of a protocol's evidence. */
export const traceDirectory = (protocol: Protocol): string => join(packageRoot(), 'traces', protocol.name)

/** Directory of the modules that protocols share. */
export const libraryDirectory = (): string => join(packageRoot(), 'spec', 'lib')

/** File of module MCM, which TLC is given. */
export const modelModule = (protocol: Protocol): string => `MC${protocol.module}`

/** The files of a specification, those extended first. */
export const specFiles = (protocol: Protocol): string[] => [
  ...protocol.libraries.map((name) => join(libraryDirectory(), `${name}.tla`)),
  ...(protocol.data === undefined ? [] : [join(specDirectory(protocol), `${protocol.data}.tla`)]),
  join(specDirectory(protocol), `${protocol.module}.tla`),
  join(specDirectory(protocol), `${modelModule(protocol)}.tla`),
]

/** Module of what the properties speak of. */
export const occursModule = (protocol: Protocol): string => `${protocol.module}Occurs`

/** Its file. It is no part of the specification: no verdict but "vacuous" depends on it. */
export const occursFile = (protocol: Protocol): string => join(specDirectory(protocol), `${occursModule(protocol)}.tla`)

/** A configuration of some modules, held to what they declare and define; `file` as errors are to call it. */
export const readCfg = (text: string, file: string, names: ModuleNames): Cfg =>
  checkedCfg(parseCfg(text, file), file, names)

/** What modules declare and define, from their files. */
export const namesIn = (files: readonly string[]): ModuleNames =>
  namesOf(files.map((file) => readPlainText(file, 'module')))

const kindOf = (cfg: Cfg, name: string): CellKind | undefined => {
  if (name === 'Deadlock') return 'deadlock'
  if (cfg.invariants.includes(name)) return 'invariant'
  return cfg.properties.includes(name) ? 'liveness' : undefined
}

/** Invariants that say that the model is well formed; every run checks them, none is a cell. */
export const isType = (name: string): boolean => name === 'TypeOK'

const loadManifest = (file: string): Manifest => {
  const wrong = (message: string) => badInput({ code: 'bad-manifest', message, file, hint: 'see CONTRIBUTING.md' })
  const text = readPlainText(file, 'manifest')
  const parsed = manifestSchema.safeParse(parseJson(text, { file }))
  if (parsed.success) return parsed.data
  throw wrong(z.prettifyError(parsed.error))
}

/** Data is read by every engine: what is wrong in it is said once, with its place, before any of them runs. */
const checkedData = (models: readonly Model[]): readonly Model[] => {
  const [first] = models
  if (first?.protocol.data !== undefined) machineOf(first)
  return models
}

const loadProtocol = (protocol: Protocol): Model[] => {
  const directory = specDirectory(protocol)
  const manifest = loadManifest(join(directory, 'manifest.json'))
  const declared = namesIn(specFiles(protocol))
  return manifest.modules.flatMap(({ models }) =>
    models.map((entry): Model => {
      const cfgFile = join(packageRoot(), entry.path)
      const cfgText = readPlainText(cfgFile, 'configuration')
      const cfg = readCfg(cfgText, cfgFile, declared)
      const stem = entry.path.replace(/^.*\//, '').replace(/\.cfg$/, '')
      const deadlock = cfg.checkDeadlock ? ['Deadlock'] : []
      const names = [...cfg.invariants.filter((n) => !isType(n)), ...deadlock, ...cfg.properties]
      const cells = names.map((name): Cell => {
        const kind = kindOf(cfg, name)
        const expected = entry.cells[name]
        if (kind === undefined || expected === undefined) {
          throw badInput({
            code: 'bad-manifest',
            message: `${entry.path} checks ${name}, for which the manifest has no expected verdict`,
            ...(cfg.places.get(name) ?? { file: cfgFile }),
            hint: 'add it to the model’s cells in manifest.json',
          })
        }
        return { name, kind, expected, vacuous: [...(entry.vacuous?.[name] ?? [])].sort() }
      })
      const unknown = [...Object.keys(entry.cells), ...Object.keys(entry.vacuous ?? {})].find(
        (name) => !names.includes(name),
      )
      if (unknown !== undefined) {
        throw badInput({ code: 'bad-manifest', message: `${entry.path} does not check ${unknown}`, file: cfgFile })
      }
      const { design, memory, tags, gloss, distinctStates, totalStates, stateDepth } = entry
      const name = `${protocol.name}/${stem}`
      return {
        name,
        stem,
        protocol,
        design,
        memory,
        tags,
        gloss,
        cfg,
        cfgFile,
        cfgSha256: hash('sha256', cfgText),
        cells,
        distinctStates,
        totalStates,
        stateDepth,
      }
    }),
  )
}

/** All models of all protocols, in the order of the catalog and the manifests. */
export const loadModels = (): Model[] => PROTOCOLS.flatMap((protocol) => checkedData(loadProtocol(protocol)))

/** The text of a protocol's data module, if it has one. */
export const dataOf = (protocol: Protocol): DataModule | undefined => {
  if (protocol.data === undefined) return undefined
  const file = join(specDirectory(protocol), `${protocol.data}.tla`)
  return { file, text: readPlainText(file, 'module') }
}

/** The machine of a model; with other constants than the model's own if they are given. */
export const machineOf = (model: Model, constants: Cfg['constants'] = model.cfg.constants): Machine =>
  model.protocol.machine(new Constants(constants, model.name, undefined, model.cfg.places), dataOf(model.protocol))

/** Names like `wanted` among `known`, nearest first. */
export const near = (wanted: string, known: readonly string[], most = 3): string[] =>
  known
    .map((name) => ({ name, d: distance(wanted, name) }))
    .sort((a, b) => a.d - b.d || (a.name < b.name ? -1 : 1))
    .filter(({ d, name }) => d <= Math.max(3, name.length / 2))
    .slice(0, most)
    .map(({ name }) => name)

/** A name as the READMEs have it, without its ending, or with it. */
const ENDINGS = ['', 'Inv', 'Prop'] as const

/**
 * The property that a name means: `NoLostEventInv`, or `NoLostEvent` as the tables have it.
 * @throws LockstepError (exit 2) `unknown-property`; `owner` is what has no such property
 */
export const propertyNamed = (wanted: string, known: readonly string[], owner: string): string => {
  const found = ENDINGS.map((ending) => `${wanted}${ending}`).find((name) => known.includes(name))
  if (found !== undefined) return found
  const candidates = near(wanted, known)
  const all = `it has ${known.join(', ')}`
  throw badInput({
    code: 'unknown-property',
    message: `${owner} has no property ${JSON.stringify(wanted)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}? ${all}` : all,
  })
}

const designName = (m: Model): string => `${m.protocol.name}/${m.design}`

/** All models that a target names, whatever their tags, and whether it is the name of one. */
const namedBy = (models: readonly Model[], target: string): { readonly exact: boolean; readonly all: Model[] } => {
  const exact = models.filter((m) => m.name === target)
  const design = models.filter((m) => designName(m) === target)
  const protocol = models.filter((m) => m.protocol.name === target)
  const glob = /[*?]/.test(target) ? models.filter((m) => matchesGlob(target, m.name)) : []
  const all = [exact, design, protocol, glob].find((list) => list.length > 0)
  if (all !== undefined) return { exact: exact.length > 0, all }
  const known = [...new Set(models.flatMap((m) => [m.name, designName(m), m.protocol.name]))]
  const candidates = near(target, known)
  throw badInput({
    code: 'unknown-target',
    message: `no model, design or protocol is called ${JSON.stringify(target)}`,
    hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : '`lockstep list` shows them all',
  })
}

const isFast = (m: Model): boolean => m.tags.includes('fast')

/** Those of the tag; where none was asked for those tagged `fast`, or all of a target that has none of these. */
const narrowed = (all: readonly Model[], tag: 'fast' | 'full' | undefined, target: string): readonly Model[] => {
  if (tag === 'full') return all
  const fast = all.filter(isFast)
  if (fast.length > 0) return fast
  if (tag === undefined) return all
  throw badInput({
    code: 'no-such-tag',
    message: `${target} has no model tagged fast`,
    hint: `--tag full takes ${all.map((m) => m.name).join(', ')}`,
  })
}

/**
 * The models that targets name: a protocol, a design (`flush-inhibit/no-srcu`), a model, or a glob over model names.
 * Without targets all models tagged `tag`; a protocol, design or glob is narrowed by the tag too, and without one to what
 * is tagged `fast` if anything is. A model named in full is not.
 */
export const selectModels = (
  models: readonly Model[],
  targets: readonly string[],
  tag: 'fast' | 'full' | undefined,
): Model[] => {
  const chosen = new Set<Model>()
  for (const target of targets.length === 0 ? ['*'] : targets) {
    const { exact, all } = namedBy(models, target)
    for (const model of exact ? all : narrowed(all, tag, target)) chosen.add(model)
  }
  return models.filter((m) => chosen.has(m))
}

/** What a target names: the models that are meant, and those of it that its tag leaves out. */
export const targetModels = (
  models: readonly Model[],
  target: string,
): { readonly meant: readonly Model[]; readonly left: readonly Model[] } => {
  const meant = selectModels(models, [target], undefined)
  return { meant, left: namedBy(models, target).all.filter((m) => !meant.includes(m)) }
}

/**
 * The one model that a command works on: a model, or a design, protocol or glob that means one only. `otherwise` is what
 * else can be done with several.
 * @throws LockstepError (exit 2) `several-models` if it means several: an answer for one of them is none for the others
 */
export const oneModel = (models: readonly Model[], target: string, otherwise?: string): Model => {
  const { meant } = targetModels(models, target)
  const [first, ...others] = meant
  if (first === undefined) throw new RangeError('a target selects at least one model')
  if (others.length === 0) return first
  throw badInput({
    code: 'several-models',
    message: `${target} is ${meant.length} models, and this is about one`,
    hint: `name one of ${meant.map((m) => m.name).join(', ')}${otherwise === undefined ? '' : `; or ${otherwise}`}`,
  })
}

/** The protocol of a target. */
export const protocolOf = (models: readonly Model[], target: string): Protocol => {
  const protocols = [...new Set(selectModels(models, [target], undefined).map((m) => m.protocol))]
  const [first, ...others] = protocols
  if (first === undefined) throw new RangeError('a target selects at least one model')
  if (others.length === 0) return first
  throw badInput({
    code: 'several-protocols',
    message: `${target} is models of several protocols`,
    hint: `name one of ${protocols.map(({ name }) => name).join(', ')}`,
  })
}

/** Loads what is on disk: specifications, model configurations, manifests. The only reader of spec/. */

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { PROTOCOLS } from '../../impl/catalog.ts'
import type { Cfg } from '../../impl/lib/tla/cfg.ts'
import { parseCfg } from '../../impl/lib/tla/cfg.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Cell, CellKind, Model } from '../../impl/lib/protocol/model.ts'
import { isType, machineOf } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import type { DataModule, Protocol } from '../../impl/lib/protocol/protocol.ts'
import { parseJson } from '../../impl/lib/text/json.ts'
import { checkedCfg } from '../../impl/lib/tla/checked-cfg.ts'
import type { ModuleNames } from '../../impl/lib/tla/module/names.ts'
import { namesOf } from '../../impl/lib/tla/module/names.ts'
import { readPlainText } from '../node/input.ts'

const isOurs = (dir: string): boolean => {
  try {
    return (JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: string }).name === 'lockstep'
  } catch {
    // not here: go on upwards
    return false
  }
}

let root: string | undefined

/** The package's root: the nearest directory above this file that has our package.json. */
export const packageRoot = (): string => {
  for (let dir = dirname(fileURLToPath(import.meta.url)); root === undefined; dir = dirname(dir)) {
    if (isOurs(dir)) root = dir
    else if (dir === dirname(dir)) throw new Error('package.json of lockstep not found')
  }
  return root
}

/** What our package.json says of us. */
export const packageJson = () =>
  JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    readonly version: string
    readonly engines: { readonly node: string }
  }

/** A path as people are shown it: relative to the package if it is in there. */
export const relativePath = (file: string): string => {
  const path = relative(packageRoot(), file).replaceAll('\\', '/')
  return path.startsWith('..') ? file : path
}

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

const loadManifest = (file: string): z.infer<typeof manifestSchema> => {
  const parsed = manifestSchema.safeParse(parseJson(readPlainText(file, 'manifest'), { file }))
  if (parsed.success) return parsed.data
  const message = z.prettifyError(parsed.error)
  throw badInput({ code: 'bad-manifest', message, file, hint: 'see CONTRIBUTING.md' })
}

type ModelEntry = z.infer<typeof manifestSchema>['modules'][number]['models'][number]

/** What a configuration checks, with the verdicts that the manifest expects: of each one, and of nothing else. */
const cellsOf = (entry: ModelEntry, cfg: Cfg, cfgFile: string): readonly Cell[] => {
  const kinds = new Map<string, CellKind>([
    ...cfg.invariants.filter((n) => !isType(n)).map((n) => [n, 'invariant'] as const),
    ...(cfg.checkDeadlock ? [['Deadlock', 'deadlock'] as const] : []),
    ...cfg.properties.map((n) => [n, 'liveness'] as const),
  ])
  const unknown = [...Object.keys(entry.cells), ...Object.keys(entry.vacuous ?? {})].find((n) => !kinds.has(n))
  const cells = [...kinds].map(([name, kind]): Cell => {
    const expected = entry.cells[name]
    if (expected === undefined) {
      throw badInput({
        code: 'bad-manifest',
        message: `${entry.path} checks ${name}, for which the manifest has no expected verdict`,
        ...(cfg.places.get(name) ?? { file: cfgFile }),
        hint: 'add it to the model’s cells in manifest.json',
      })
    }
    return { name, kind, expected, vacuous: [...(entry.vacuous?.[name] ?? [])].sort() }
  })
  if (unknown === undefined) return cells
  throw badInput({ code: 'bad-manifest', message: `${entry.path} does not check ${unknown}`, file: cfgFile })
}

const loadProtocol = (protocol: Protocol): Model[] => {
  const directory = specDirectory(protocol)
  const manifest = loadManifest(join(directory, 'manifest.json'))
  const declared = namesIn(specFiles(protocol))
  const data = dataOf(protocol)
  return manifest.modules.flatMap(({ models }) =>
    models.map((entry): Model => {
      const cfgFile = join(packageRoot(), entry.path)
      const cfgText = readPlainText(cfgFile, 'configuration')
      const cfg = readCfg(cfgText, cfgFile, declared)
      const stem = entry.path.replace(/^.*\//, '').replace(/\.cfg$/, '')
      const cells = cellsOf(entry, cfg, cfgFile)
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
        data,
        cells,
        distinctStates,
        totalStates,
        stateDepth,
      }
    }),
  )
}

/** Data is read by every engine: what is wrong in it is said once, with its place, before any of them runs. */
const modelsOf = (protocol: Protocol): readonly Model[] => {
  const models = loadProtocol(protocol)
  const [first] = models
  if (first?.protocol.data !== undefined) machineOf(first)
  return models
}

/** All models of all protocols, in the order of the catalog and the manifests. */
export const loadModels = (): Model[] => PROTOCOLS.flatMap(modelsOf)

/** The protocol that a target begins with, if it names one. */
const protocolIn = (target: string): Protocol | undefined => {
  const [head] = target.split('/')
  return PROTOCOLS.find(({ name }) => name === head)
}

/** The package's own protocols. What is wrong with their files is thrown when their models are asked for first. */
export const openProject = (): Project => {
  const known = new Map<Protocol, readonly Model[]>()
  const read = (protocol: Protocol): readonly Model[] => {
    const models = known.get(protocol) ?? modelsOf(protocol)
    known.set(protocol, models)
    return models
  }
  return {
    protocols: PROTOCOLS,
    get models() {
      return PROTOCOLS.flatMap(read)
    },
    modelsFor: (targets) => {
      const named = targets.map(protocolIn)
      const isAll = named.length === 0 || named.includes(undefined)
      return PROTOCOLS.filter((protocol) => isAll || named.includes(protocol)).flatMap(read)
    },
  }
}

/** The text of a protocol's data module, if it has one. */
export const dataOf = (protocol: Protocol): DataModule | undefined => {
  if (protocol.data === undefined) return undefined
  const file = join(specDirectory(protocol), `${protocol.data}.tla`)
  return { file, text: readPlainText(file, 'module') }
}

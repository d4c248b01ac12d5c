/** The models of a protocol: declared beside its machine, or in the manifest and the configurations beside its specification. */

import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import { declaredModels } from '../../impl/lib/protocol/declared.ts'
import type { Cell, CellKind, Counts, Model } from '../../impl/lib/protocol/model.ts'
import { isType, machineOf } from '../../impl/lib/protocol/model.ts'
import type { DataModule, HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { parseJson } from '../../impl/lib/text/json.ts'
import type { Cfg } from '../../impl/lib/tla/cfg.ts'
import { parseCfg, printCfg } from '../../impl/lib/tla/cfg.ts'
import { checkedCfg } from '../../impl/lib/tla/checked-cfg.ts'
import type { ModuleNames } from '../../impl/lib/tla/module/names.ts'
import { readPlainText } from '../node/input.ts'
import { isSpecified, namesIn, specFiles } from './spec-files.ts'

const counted = {
  distinctStates: z.int().positive(),
  totalStates: z.int().positive(),
  stateDepth: z.int().positive(),
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
          ...counted,
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

/** What `check --write` counted, by the model's stem. */
const countsSchema = z.record(z.string(), z.strictObject(counted))

/** The file that has the counts of models that are declared beside their machine. */
export const countsFile = ({ home, name }: HousedProtocol): string => join(home.spec, `${name}.counts.json`)

/** A configuration of some modules, held to what they declare and define; `file` as errors are to call it. */
export const readCfg = (text: string, file: string, names: ModuleNames): Cfg =>
  checkedCfg(parseCfg(text, file), file, names)

/** The text of a protocol's data module, if it has one. */
export const dataOf = ({ data, home }: HousedProtocol): DataModule | undefined => {
  if (data === undefined) return undefined
  const file = join(home.spec, `${data}.tla`)
  return { file, text: readPlainText(file, 'module') }
}

const parsed = <T>(schema: z.ZodType<T>, file: string, what: string): T => {
  const read = schema.safeParse(parseJson(readPlainText(file, what), { file }))
  if (read.success) return read.data
  throw badInput({
    code: 'bad-manifest',
    message: z.prettifyError(read.error),
    file,
    hint: what === 'manifest' ? 'see CONTRIBUTING.md' : '`lockstep check --write` writes it anew',
  })
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

const fromManifest = (protocol: HousedProtocol, file: string): Model[] => {
  const manifest = parsed(manifestSchema, file, 'manifest')
  const declared = isSpecified(protocol) ? namesIn(specFiles(protocol)) : undefined
  if (declared === undefined)
    throw badInput({
      code: 'bad-manifest',
      message: 'its models are configurations of a specification, and the protocol has none',
      file,
      hint: 'give the protocol its `module`, or declare its `models` beside the machine',
    })
  const data = dataOf(protocol)
  return manifest.modules.flatMap(({ models }) =>
    models.map((entry): Model => {
      const cfgFile = join(protocol.home.root, entry.path)
      const cfgText = readPlainText(cfgFile, 'configuration')
      const cfg = readCfg(cfgText, cfgFile, declared)
      const stem = basename(entry.path, '.cfg')
      const cells = cellsOf(entry, cfg, cfgFile)
      const { design, memory, tags, gloss, distinctStates, totalStates, stateDepth } = entry
      return {
        name: `${protocol.name}/${stem}`,
        stem,
        protocol,
        design,
        memory,
        tags,
        gloss,
        cfg,
        cfgFile,
        cfgText,
        cfgSha256: hash('sha256', cfgText),
        data,
        cells,
        counts: { distinctStates, totalStates, stateDepth },
      }
    }),
  )
}

/** Models that are declared; a configuration that the user has written beside the specification is taken as it is. */
const fromDeclaration = (protocol: HousedProtocol, declared: NonNullable<HousedProtocol['models']>): Model[] => {
  const data = dataOf(protocol)
  const names = isSpecified(protocol) ? namesIn(specFiles(protocol)) : undefined
  const subject = {
    protocol: protocol.name,
    file: protocol.home.entry,
    constants: protocol.constants ?? {},
    machine: (constants: Cfg['constants'], where: string) => protocol.machine(new Constants(constants, where), data),
    definitions: names?.definitions,
  }
  const countsAt = countsFile(protocol)
  const counts: Readonly<Record<string, Counts>> = existsSync(countsAt) ? parsed(countsSchema, countsAt, 'counts') : {}
  return declaredModels(subject, declared).map((model): Model => {
    const cfgFile = join(protocol.home.spec, `${model.stem}.cfg`)
    const own = existsSync(cfgFile) ? readPlainText(cfgFile, 'configuration') : undefined
    const cfgText = own ?? printCfg(model.cfg, model.cfg)
    if (own !== undefined) refuseOther(model.cfg, parseCfg(own, cfgFile), cfgFile)
    const cfg = own !== undefined && names !== undefined ? readCfg(own, cfgFile, names) : model.cfg
    if (names !== undefined) checkedCfg(cfg, cfgFile, names)
    return {
      ...model,
      name: `${protocol.name}/${model.stem}`,
      protocol,
      cfg,
      cfgFile,
      cfgText,
      cfgSha256: hash('sha256', cfgText),
      data,
      counts: counts[model.stem],
    }
  })
}

/** A configuration of the user's own says what the declaration says: which of the two is meant nobody could know. */
const refuseOther = (declared: Cfg, own: Cfg, file: string): void => {
  const texts = [declared, own].map((cfg) => [
    ...[...cfg.constants].map(
      ([name, value]) => `${name} = ${JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))}`,
    ),
    ...cfg.invariants,
    ...cfg.properties,
    `CHECK_DEADLOCK ${cfg.checkDeadlock}`,
  ])
  const [ours = [], theirs = []] = texts
  const odd = [...ours.filter((line) => !theirs.includes(line)), ...theirs.filter((line) => !ours.includes(line))]
  if (odd.length === 0) return
  throw badInput({
    code: 'other-cfg',
    message: `the configuration and the declared model differ in ${odd.join(', ')}`,
    file,
    hint: 'make them say the same, or take the file out: it is then made',
  })
}

/** Data is read by every engine: what is wrong in it is said once, with its place, before any of them runs. */
export const modelsOf = (protocol: HousedProtocol): readonly Model[] => {
  const { models: declared, home } = protocol
  const models =
    declared === undefined
      ? fromManifest(protocol, join(home.spec, 'manifest.json'))
      : fromDeclaration(protocol, declared)
  const [first] = models
  if (first?.protocol.data !== undefined) machineOf(first)
  return models
}

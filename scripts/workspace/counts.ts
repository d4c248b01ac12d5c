/** Writes down what was counted: in the manifest, or where models are declared beside the machine in a file of counts. */

import { join } from 'node:path'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { ModelResult } from '../../impl/lib/check/result.ts'
import type { Counts, Model } from '../../impl/lib/protocol/model.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { readPlainText } from '../node/input.ts'
import { writeTogether } from '../node/write.ts'
import type { Output } from '../ui/output.ts'
import { countsFile } from './models.ts'
import { shownPath } from './package.ts'

const FIELDS = ['distinctStates', 'totalStates', 'stateDepth'] as const

/** What the engines counted of a model, or why nothing: none has its whole graph, or they do not agree. */
const countedIn = (model: Model, results: readonly ModelResult[]): Counts | string => {
  const own = results.filter((result) => result.model === model.name)
  const found = own.flatMap(({ distinctStates, generatedStates, depth }): Counts[] =>
    distinctStates === null || generatedStates === null || depth === null
      ? []
      : [{ distinctStates, totalStates: generatedStates, stateDepth: depth }],
  )
  const [first] = found
  if (first === undefined) return 'no engine has its whole graph'
  const differing = FIELDS.filter((field) => found.some((other) => other[field] !== first[field]))
  return differing.length === 0
    ? first
    : `engines differ in ${differing.map((field) => `${field}: ${found.map((counts) => counts[field]).join(', ')}`).join('; ')}`
}

/** The manifest with other counts for a model; everything else in it stays as it is written. */
const inManifest = (text: string, path: string, counts: Counts, file: string): string => {
  const start = text.indexOf(`"path": ${JSON.stringify(path)}`)
  if (start < 0)
    throw environmentFailure({
      code: 'changed-since-load',
      message: `${path} is no longer in it`,
      file,
      hint: 'run the command again',
    })
  return FIELDS.reduce((changed, field) => {
    const at = changed.indexOf(`"${field}":`, start)
    return at < 0 ? changed : changed.slice(0, at) + changed.slice(at).replace(/^("\w+":\s*)\d+/, `$1${counts[field]}`)
  }, text)
}

const printCounts = (models: readonly Model[], counted: ReadonlyMap<Model, Counts>): string => {
  const all = models.flatMap((model): [string, Counts][] => {
    const counts = counted.get(model) ?? model.counts
    return counts === undefined ? [] : [[model.stem, counts]]
  })
  return `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`
}

const writingOf = (
  protocol: HousedProtocol,
  all: readonly Model[],
  counted: ReadonlyMap<Model, Counts>,
): { readonly file: string; readonly content: string } => {
  if (protocol.models !== undefined) return { file: countsFile(protocol), content: printCounts(all, counted) }
  const file = join(protocol.home.spec, 'manifest.json')
  let content = readPlainText(file, 'manifest')
  for (const [model, counts] of counted) {
    if (model.protocol !== protocol) continue
    content = inManifest(content, shownPath(protocol.home, model.cfgFile), counts, file)
  }
  return { file, content }
}

const changeOf = (model: Model, counts: Counts): string[] =>
  FIELDS.flatMap((field) => {
    const before = model.counts?.[field]
    return before === counts[field] ? [] : [`${model.name}: ${field} ${before ?? 'not counted'} -> ${counts[field]}`]
  })

/** Says what changes, and writes it. A model of which no engine has the whole graph keeps what it has. */
export const writeCounts = (
  out: Output,
  models: readonly Model[],
  results: readonly ModelResult[],
  allOf: (protocol: HousedProtocol) => readonly Model[],
): void => {
  const counted = new Map<Model, Counts>()
  for (const model of models) {
    const counts = countedIn(model, results)
    if (typeof counts === 'string') out.note(`${model.name}: not counted: ${counts}`)
    else if (changeOf(model, counts).length > 0) counted.set(model, counts)
  }
  for (const [model, counts] of counted) for (const line of changeOf(model, counts)) out.note(line)
  const protocols = [...new Set([...counted.keys()].map(({ protocol }) => protocol))]
  const writings = protocols.map((protocol) => writingOf(protocol, allOf(protocol), counted))
  writeTogether(writings, { links: false })
  for (const { file } of writings) out.note(`wrote ${file}`)
}

/**
 * What each boolean of a protocol's world decides: the usual model of every design once more with one of them the other
 * way round. The tables of the protocols' READMEs are made of it.
 */

import { compile } from '../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../impl/lib/kernel/machine/tables.ts'
import { explore } from '../impl/lib/kernel/explore/explore.ts'
import type { Protocol } from '../impl/lib/protocol/protocol.ts'
import { tla } from '../impl/lib/kernel/language/value.ts'
import { checkGraph } from '../impl/lib/check/explorer.ts'
import type { Verdict } from '../impl/lib/check/result.ts'
import type { Model } from '../impl/lib/protocol/model.ts'
import { machineOf } from '../impl/lib/protocol/model.ts'

/** A model's world with one boolean the other way round. */
export interface Flip {
  readonly name: string
  /** what the boolean is in it */
  readonly on: boolean
  /** the cells whose verdict is another there, with that verdict; undefined where the graph is larger than what was asked for */
  readonly changed: ReadonlyMap<string, Verdict> | undefined
}

/** A row of the table: a design, or a design under one memory model where that makes a difference. */
export interface WorldRow {
  readonly name: string
  readonly flips: readonly Flip[]
}

const flip = (model: Model, name: string, maxStates: number): Flip => {
  const own = model.cfg.constants.get(name)
  if (own?.kind !== 'bool') throw new TypeError(`${model.name} has no boolean ${name}`)
  const constants = new Map([...model.cfg.constants, [name, tla.bool(!own.value)]])
  const graph = explore(assemble(compile(machineOf(model, constants))), { edges: true, maxStates })
  if (!graph.complete) return { name, on: !own.value, changed: undefined }
  const { cells } = checkGraph(model, graph, 0)
  const changed = model.cells.flatMap(({ name: cell, expected }): (readonly [string, Verdict])[] => {
    const verdict = cells.get(cell)?.verdict ?? 'error'
    return verdict === expected ? [] : [[cell, verdict]]
  })
  return { name, on: !own.value, changed: new Map(changed) }
}

/** The models of the table: of each design and memory model the first that is fast, of the usual size if there is one. */
export const usualModels = (models: readonly Model[], protocol: Protocol): Model[] => {
  const fast = models.filter((m) => m.protocol === protocol && m.tags.includes('fast'))
  const designs = [...new Set(fast.map((m) => `${m.design}.${m.memory}`))]
  return designs.flatMap((design) => {
    const own = fast.filter((m) => `${m.design}.${m.memory}` === design)
    return own.find((m) => m.stem === design) ?? own.slice(0, 1)
  })
}

/** A row of one model, or of some of the booleans. */
export const worldRow = (model: Model, maxStates: number, booleans = model.protocol.world): WorldRow => ({
  name: `${model.design}.${model.memory}`,
  flips: booleans.map((name) => flip(model, name, maxStates)),
})

/** One row for each design where its memory models agree. */
export const worldRows = (models: readonly Model[], protocol: Protocol, maxStates: number): WorldRow[] => {
  const usual = usualModels(models, protocol)
  return [...new Set(usual.map((m) => m.design))].flatMap((design) => {
    const rows = usual.filter((m) => m.design === design).map((m) => worldRow(m, maxStates))
    const said = new Set(
      rows.map(({ flips }) => JSON.stringify(flips.map((f) => [f.changed === undefined, [...(f.changed ?? [])]]))),
    )
    const [first] = rows
    return said.size === 1 && first !== undefined ? [{ ...first, name: design }] : rows
  })
}

const letter = (i: number): string => String.fromCharCode('a'.charCodeAt(0) + i)

const SIGNS = { violated: 'V', holds: 'holds', vacuous: '-' } as const

/** A cell of the table: numbers of properties, as the matrix above it has them, after what they are then. */
export const flipText = ({ on, changed }: Flip, properties: readonly string[]): string => {
  if (changed === undefined) return '?'
  const parts = (['violated', 'holds', 'vacuous'] as const).flatMap((verdict) => {
    const numbers = properties.flatMap((name, i) => (changed.get(name) === verdict ? [i + 1] : []))
    return numbers.length === 0 ? [] : [`${SIGNS[verdict]} ${numbers.join(' ')}`]
  })
  return parts.length === 0 ? '' : `${on ? '' : 'off: '}${parts.join('; ')}`
}

/** The table of a README. */
export const worldTable = (
  rows: readonly WorldRow[],
  world: readonly string[],
  properties: readonly string[],
): string =>
  [
    `| Design | ${world.map((_, i) => letter(i)).join(' | ')} |`,
    `| --- |${' --- |'.repeat(world.length)}`,
    ...rows.map(({ name, flips }) => `| \`${name}\` | ${flips.map((f) => flipText(f, properties)).join(' | ')} |`),
    '',
    `${world.map((name, i) => `${letter(i)} \`${name}\``).join(', ')}.`,
  ].join('\n')

/** What a table says of a design, or of it under one memory model: a text for each boolean. */
export const saidOf = (table: string, design: string, memory: string): readonly string[] | undefined => {
  const lines = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const found = [`\`${design}\``, `\`${design}.${memory}\``].flatMap((name) => lines.filter((line) => line[1] === name))
  return found[0]?.slice(2, -1)
}

/**
 * Which verdicts hang on which boolean of the world: the table of the README is held to the designs with one of them the
 * other way round. `UPDATE_README=1` writes it anew; every day only the small graphs are looked at.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { assemble, compile } from '../../impl/lib/compile.ts'
import { explore } from '../../impl/lib/explore.ts'
import { checkLeadsTo } from '../../impl/lib/liveness.ts'
import { tla } from '../../impl/lib/trace/value.ts'
import type { Model } from '../../scripts/lib/project.ts'
import { loadModels, machineOf, packageRoot } from '../../scripts/lib/project.ts'
import { expectedCells } from '../suite.ts'

/** What the world may do, in the order of the table's columns. */
const WORLD = [
  'ExitsRecur',
  'OtherExits',
  'Configures',
  'IrqsOff',
  'Reconfigures',
  'TprHolds',
  'RealFaults',
  'Undeliverable',
  'RepeatedFaults',
  'LapicOff',
  'BadWrites',
  'LapicInKernel',
] as const

const [update, ci] = [process.env['UPDATE_README'] !== undefined, process.env['CI'] !== undefined]

/** A larger graph is a `?` in the table; every day those larger than the second are taken on trust. */
const STATES = { most: 400_000, everyday: 12_000 }

const README = join(packageRoot(), 'spec/apf-ready/README.md')
const [OPEN, CLOSE] = ['<!-- worlds -->', '<!-- /worlds -->']

const models = loadModels().filter((m) => m.protocol.name === 'apf-ready' && m.tags.includes('fast'))
const properties = [...new Set(models.flatMap((m) => m.cells.map((c) => c.name)))]

/** The cells that are violated with `name` the other way round; undefined where the graph is larger than `most`. */
const violatedWithout = (model: Model, name: string, most: number): string[] | undefined => {
  const own = model.cfg.constants.get(name)
  if (own?.kind !== 'bool') throw new TypeError(`${model.name} has no boolean ${name}`)
  const constants = new Map(model.cfg.constants).set(name, tla.bool(!own.value))
  const graph = explore(assemble(compile(machineOf(model, constants))), { edges: true, maxStates: most })
  if (!graph.complete) return undefined
  const broken = graph.kernel.compiled.machine.liveness.filter((p) => checkLeadsTo(graph, p) !== undefined)
  return [...graph.violations.keys(), ...broken.map((p) => p.name)]
}

const numbers = (names: readonly string[]): string =>
  names
    .map((name) => properties.indexOf(name) + 1)
    .sort((a, b) => a - b)
    .join(' ')

/** A cell of the table; undefined where the graph is larger than `most`. */
const cellText = (model: Model, name: string, most: number): string | undefined => {
  const after = violatedWithout(model, name, most)
  if (after === undefined) return undefined
  const before = expectedCells(model)
  const [more, fewer] = [after.filter((p) => !before.includes(p)), before.filter((p) => !after.includes(p))]
  const parts = [
    ...(more.length === 0 ? [] : [`V ${numbers(more)}`]),
    ...(fewer.length === 0 ? [] : [`holds ${numbers(fewer)}`]),
  ]
  const own = model.cfg.constants.get(name)
  return parts.length === 0 ? '' : `${own?.kind === 'bool' && own.value ? 'off: ' : ''}${parts.join('; ')}`
}

/** Rows by the names that they have: a design, or a design under one memory model where the models differ. */
const tableRows = (): Map<string, string[]> => {
  const rows = models.map((m) => ({
    design: m.design,
    memory: m.memory,
    cells: WORLD.map((w) => cellText(m, w, STATES.most) ?? '?'),
  }))
  return new Map(
    rows.map(({ design, memory, cells }) => {
      const said = new Set(rows.filter((r) => r.design === design).map((r) => r.cells.join('|')))
      return [said.size === 1 ? design : `${design}.${memory}`, cells]
    }),
  )
}

const letter = (i: number): string => String.fromCharCode('a'.charCodeAt(0) + i)

const tableText = (rows: ReadonlyMap<string, readonly string[]>): string =>
  [
    `| Design | ${WORLD.map((_, i) => letter(i)).join(' | ')} |`,
    `| --- |${' --- |'.repeat(WORLD.length)}`,
    ...[...rows].map(([name, cells]) => `| \`${name}\` | ${cells.join(' | ')} |`),
    '',
    `${WORLD.map((name, i) => `${letter(i)} \`${name}\``).join(', ')}.`,
  ].join('\n')

/** What the README says, in rows as above. */
const shownRows = (text: string): Map<string, string[]> =>
  new Map(
    text
      .slice(text.indexOf(OPEN), text.indexOf(CLOSE))
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, name]) => name?.startsWith('`') === true)
      .map(([, name = '', ...cells]) => [name.replaceAll('`', ''), cells.slice(0, -1)]),
  )

const holdAll = (text: string): void => {
  const rows = tableRows()
  if (update) {
    const head = text.slice(0, text.indexOf(OPEN) + OPEN.length)
    writeFileSync(README, `${head}\n\n${tableText(rows)}\n\n${text.slice(text.indexOf(CLOSE))}`)
  } else expect(shownRows(text)).toEqual(rows)
}

/** Compares the cells whose graphs are small; returns their number. */
const holdSmall = (text: string): number => {
  const shown = shownRows(text)
  const compared = models.flatMap((model) => {
    const said = shown.get(model.design) ?? shown.get(`${model.design}.${model.memory}`)
    if (model.distinctStates > STATES.everyday) return []
    return WORLD.flatMap((name, i) => {
      const found = cellText(model, name, STATES.everyday)
      return found === undefined ? [] : [{ model: model.name, name, said: said?.[i], found }]
    })
  })
  for (const { model, name, said, found } of compared) expect([model, name, said]).toEqual([model, name, found])
  return compared.length
}

it('the README says which verdicts hang on which boolean of the world', { timeout: 1_800_000 }, () => {
  const text = readFileSync(README, 'utf8')
  expect(text.indexOf(CLOSE)).toBeGreaterThan(text.indexOf(OPEN))
  if (update || ci) holdAll(text)
  else expect(holdSmall(text)).toBeGreaterThan(100)
})

/** Tables and outputs that the READMEs and docs/ show are held to the results. `UPDATE_README=1` rewrites them. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkLitmus } from '../impl/lib/litmus/index.ts'
import { answerText } from '../impl/lib/litmus/print.ts'
import type { Protocol } from '../impl/lib/protocol/protocol.ts'
import { lanes } from '../impl/lib/report/lanes.ts'
import { match } from 'ts-pattern'
import type { CellVerdict } from '../impl/lib/report/matrix.ts'
import { matrix } from '../impl/lib/report/matrix.ts'
import { validationLines } from '../impl/lib/report/validation/text.ts'
import { subjectsOfModel } from '../impl/lib/check/subjects.ts'
import { counterexample, toggleOf } from '../impl/lib/evidence/explain.ts'
import type { Cell } from '../impl/lib/protocol/model.ts'
import { oneModel } from '../impl/lib/protocol/target.ts'
import type { MatrixRow } from '../scripts/ui/matrix.ts'
import { rowsOf } from '../scripts/ui/matrix.ts'
import { everydayShare, isCI } from './effort.ts'
import { flipText, saidOf, usualModels, worldRow, worldRows, worldTable } from './worlds.ts'
import { logValidator } from '../scripts/validate/subject.ts'
import { between, hold, isUpdate } from './pages.ts'
import { packageRoot } from '../scripts/workspace/package.ts'
import { loadModels, project, PROTOCOLS } from './project.ts'

const models = loadModels()

/** The protocols that have designs of their own, and an ablation page. */
const DESIGNS = PROTOCOLS.map(({ name }) => name).filter((name) => name !== 'litmus')

/** A larger graph is a `?` in a table of worlds; every day only the smaller ones are looked at. */
const WORLD_STATES = { all: 400_000, everyday: 30_000 }

/** Every day one cell of so many is looked at, in each row and in each column another. */
const WORLD_SHARE = 9

const judged = (protocol: string): { rows: MatrixRow[]; properties: string[] } => {
  const own = models.filter((m) => m.protocol.name === protocol)
  const properties = [...new Set(own.flatMap((m) => m.cells.map((c) => c.name)))]
  const expected = own.map((model) => {
    const { design, memory, cells } = model
    const subjects = subjectsOfModel(model)
    const instancesOf = (name: string): string[] =>
      subjects.filter(({ property }) => property === name).map(({ instance }) => instance)
    const cell = (c: Cell) => ({ verdict: c.expected ?? 'vacuous', instances: instancesOf(c.name), vacuous: c.vacuous })
    return { design, memory, cells: new Map(cells.map((c) => [c.name, cell(c)])) }
  })
  return { rows: rowsOf(expected, properties), properties }
}

const sign = (verdict: CellVerdict): string =>
  match(verdict)
    .with(undefined, () => '/')
    .with('holds', () => '')
    .with('violated', () => 'V')
    .with('vacuous', () => '-')
    .with('vacuous in part', () => '~')
    .with('incomplete', 'error', () => '?')
    .exhaustive()

const table = (protocol: string): string => {
  const { rows, properties } = judged(protocol)
  const short = (name: string): string => name.replace(/(Inv|Prop)$/, '')
  const lines = rows.map(
    ({ name, verdict }) => `| \`${name}\` | ${properties.map((p) => sign(verdict(p))).join(' | ')} |`,
  )
  const head = `| Design | ${properties.map((_, i) => String(i + 1)).join(' | ')} |`
  const legend = properties.map((p, i) => `${i + 1} \`${short(p)}\``).join(', ')
  return [head, `| --- |${' :-: |'.repeat(properties.length)}`, ...lines, '', `${legend}.`].join('\n')
}

/** The litmus tests: one row per test, one column per memory model. */
const litmusTable = (): string => {
  const own = models.filter((m) => m.protocol.name === 'litmus')
  const allowed = (design: string, memory: string): string =>
    own.find((m) => m.design === design && m.memory === memory)?.cells[0]?.expected === 'violated'
      ? 'allowed'
      : 'forbidden'
  const tests = [...new Set(own.map((m) => m.design))]
  const lines = tests.map((t) => `| \`${t}\` | ${['sc', 'tso', 'pso'].map((m) => allowed(t, m)).join(' | ')} |`)
  return ['| Test | SC | TSO | PSO |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

/** How much of each ablation was decided and how much inferred, as its page says. */
const ablationFigures = (): string => {
  const row = (protocol: string): string => {
    const page = readFileSync(join(packageRoot(), 'traces', protocol, 'ablation.md'), 'utf8').replace(/\s+/g, ' ')
    const [, memory = '?', subsets = '?', models = '1'] =
      /Memory: (.*?)\. ([\d,]+) of [\d,]+ subsets(?: in each of (\d+) models)?,/.exec(page) ?? []
    const [, decided = '?'] = /([\d,]+) verdicts were decided/.exec(page) ?? []
    const [, inferred = '0'] = /; ([\d,]+) follow from these/.exec(page) ?? []
    const cells = [`[${protocol}](../traces/${protocol}/ablation.md)`, memory, models, subsets, decided, inferred]
    expect([protocol, cells.includes('?')]).toEqual([protocol, false])
    return `| ${cells.join(' | ')} |`
  }
  const head = '| Protocol | Memory | Models | Subsets | Verdicts decided | Inferred |'
  return [head, '| --- | --- | ---: | ---: | ---: | ---: |', ...DESIGNS.map(row)].join('\n')
}

const diagram = (target: string): string => {
  const model = oneModel(models, target)
  return `\`\`\`\n${lanes(counterexample(model, undefined), model.protocol.docs, { toggle: toggleOf(model) }).trimEnd()}\n\`\`\``
}

/**
 * Holds a table of worlds to some of the small graphs, cell by cell. Under PSO there is none that small, and to compile the
 * programs takes longer than all of the others.
 */
const holdSmallWorlds = (protocol: Protocol, properties: readonly string[]): void => {
  const worlds = between(`spec/${protocol.name}/README.md`, 'worlds')
  let compared = 0
  for (const [i, model] of usualModels(models, protocol).entries()) {
    const said = saidOf(worlds, model.design, model.memory)
    expect([model.name, said?.length]).toEqual([model.name, protocol.world.length])
    if (model.memory === 'pso') continue
    const asked = protocol.world.filter((_, column) => (i + column) % WORLD_SHARE === 0)
    for (const flip of worldRow(model, WORLD_STATES.everyday, asked).flips) {
      if (flip.changed === undefined) continue
      const cell = said?.[protocol.world.indexOf(flip.name)]
      expect([model.name, flip.name, cell]).toEqual([model.name, flip.name, flipText(flip, properties)])
      compared += 1
    }
  }
  expect(compared).toBeGreaterThan(0)
}

const catalogued = (name: string): Protocol => {
  const found = PROTOCOLS.find((p) => p.name === name)
  if (found === undefined) throw new RangeError(`no protocol ${name}`)
  return found
}

describe('the READMEs and docs/', () => {
  it('show the matrix of the manifests', () => {
    hold('docs/findings.md', 'matrix', table('poll-kick'))
    for (const protocol of DESIGNS) hold(`spec/${protocol}/README.md`, 'matrix', table(protocol))
    hold('spec/litmus/README.md', 'matrix', litmusTable())
  })
  it('show the diagram that explain prints', () => {
    hold('docs/findings.md', 'lanes', diagram('poll-kick/posted.sc'))
  })
  it('show the diagnosis that validate prints', async () => {
    const file = 'traces/poll-kick/harness-posted.rejected.ndjson'
    const lines = readFileSync(join(packageRoot(), file), 'utf8').split('\n')
    const model = oneModel(models, 'poll-kick/clear-recheck.tso')
    const result = await logValidator(model, project).validate([{ firstLine: 1, lines }], { file })
    hold('docs/validation.md', 'validate', `\`\`\`\n${validationLines(result).join('\n').trimEnd()}\n\`\`\``)
  })
  it('show the answer to a litmus test', async () => {
    const file = 'test/lib/litmus/samples/inhibit.litmus'
    const answer = answerText(await checkLitmus(readFileSync(join(packageRoot(), file), 'utf8'), 'TSO'))
    hold('docs/litmus.md', 'litmus', `\`\`\`\n$ npx lockstep check ${file}\n${answer}\n\`\`\``)
  })
  it('show the figures of the ablation pages', () => {
    hold('docs/ablation.md', 'figures', ablationFigures())
  })
  it.each(DESIGNS)('show the table of the ablation page of %s', (protocol) => {
    const page = readFileSync(join(packageRoot(), 'traces', protocol, 'ablation.md'), 'utf8')
    const [, shown = ''] = /<!-- table -->([\s\S]*)<!-- \/table -->/.exec(page) ?? []
    hold(`spec/${protocol}/README.md`, 'ablation', shown.trim())
  })
  const worldly = DESIGNS.filter((name) => catalogued(name).world.length > 0)
  const share = everydayShare(worldly, (name) => name === 'poll-kick' || name === 'flush-inhibit')
  it.each(isUpdate ? worldly : share)(
    'say which verdicts of %s hang on the world (a share of them; all in CI)',
    { timeout: 900_000 },
    (name) => {
      const protocol = catalogued(name)
      const { properties } = judged(name)
      if (isUpdate || isCI) {
        const rows = worldRows(models, protocol, WORLD_STATES.all)
        hold(`spec/${name}/README.md`, 'worlds', worldTable(rows, protocol.world, properties))
      } else holdSmallWorlds(protocol, properties)
    },
  )
  it('have a table of worlds wherever a protocol says what its world is', () => {
    for (const { name, world, toggles } of PROTOCOLS) {
      const table = readFileSync(join(packageRoot(), 'spec', name, 'README.md'), 'utf8').includes('<!-- worlds -->')
      expect([name, table]).toEqual([name, world.length > 0])
      expect([name, world.filter((constant) => toggles.includes(constant))]).toEqual([name, []])
    }
  })
  it.each([...DESIGNS, 'litmus'])('the matrix of %s on a terminal says the same', (protocol) => {
    const { rows, properties } = judged(protocol)
    const byName = new Map(rows.map((row) => [row.name, row]))
    const violated = rows.flatMap((row) => properties.filter((p) => row.verdict(p) === 'violated')).length
    const { text } = matrix([...byName.keys()], properties, (name, property) => byName.get(name)?.verdict(property))
    const body = text.slice(0, text.indexOf('. holds'))
    expect([...body.matchAll(/ V(?= |\n)/g)].length).toBe(violated)
  })
})

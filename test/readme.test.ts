/** Tables and outputs that the READMEs show are held to the results. `UPDATE_README=1` rewrites them. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROTOCOLS } from '../impl/catalog.ts'
import { checkLitmus } from '../impl/lib/herd/index.ts'
import { answerText } from '../impl/lib/herd/print.ts'
import { lanes } from '../impl/lib/report/lanes.ts'
import { match } from 'ts-pattern'
import type { CellVerdict } from '../impl/lib/report/matrix.ts'
import { matrix } from '../impl/lib/report/matrix.ts'
import { validationLines } from '../impl/lib/report/validation/diagnosis.ts'
import { counterexample, toggleOf } from '../scripts/lib/evidence.ts'
import { loadModels, oneModel, packageRoot } from '../scripts/lib/project.ts'
import { Validator } from '../scripts/validate/run.ts'
import type { MatrixRow } from '../scripts/ui/matrix.ts'
import { rowsOf } from '../scripts/ui/matrix.ts'

const models = loadModels()

/** The protocols that have designs of their own, and an ablation page. */
const DESIGNS = PROTOCOLS.map(({ name }) => name).filter((name) => name !== 'litmus')

const update = process.env['UPDATE_README'] !== undefined

const judged = (protocol: string): { rows: MatrixRow[]; properties: string[] } => {
  const own = models.filter((m) => m.protocol.name === protocol)
  const properties = [...new Set(own.flatMap((m) => m.cells.map((c) => c.name)))]
  const expected = own.map(({ design, memory, cells }) => ({
    design,
    memory,
    cells: new Map(cells.map((c) => [c.name, { verdict: c.expected, vacuous: c.vacuous }])),
  }))
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

const diagram = (target: string): string => {
  const model = oneModel(models, target)
  return `\`\`\`\n${lanes(counterexample(model, undefined), model.protocol.docs, { toggle: toggleOf(model) }).trimEnd()}\n\`\`\``
}

/** The formatter pads tables; what they say does not change by that. */
const unpadded = (text: string): string =>
  text
    .trim()
    .replace(/(?<=\|.*) +/g, ' ')
    .replace(/-{3,}/g, '---')

const hold = (file: string, name: string, wanted: string): void => {
  const path = join(packageRoot(), file)
  const text = readFileSync(path, 'utf8')
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [start, end] = [text.indexOf(open) + open.length, text.indexOf(close)]
  expect([file, name, end > start]).toEqual([file, name, true])
  if (update) writeFileSync(path, `${text.slice(0, start)}\n\n${wanted}\n\n${text.slice(end)}`)
  else expect(unpadded(text.slice(start, end))).toBe(unpadded(wanted))
}

describe('the READMEs', () => {
  it('show the matrix of the manifests', () => {
    hold('README.md', 'matrix', table('poll-kick'))
    for (const protocol of DESIGNS) hold(`spec/${protocol}/README.md`, 'matrix', table(protocol))
    hold('spec/litmus/README.md', 'matrix', litmusTable())
  })
  it('show the diagram that explain prints', () => {
    hold('README.md', 'lanes', diagram('poll-kick/posted'))
  })
  it('show the diagnosis that validate prints', async () => {
    const file = 'traces/poll-kick/harness-posted.rejected.ndjson'
    const lines = readFileSync(join(packageRoot(), file), 'utf8').split('\n')
    const model = oneModel(models, 'poll-kick/clear-recheck.tso')
    const result = await new Validator(model).validate([{ firstLine: 1, lines }], { file })
    hold('README.md', 'validate', `\`\`\`\n${validationLines(result).join('\n').trimEnd()}\n\`\`\``)
  })
  it('show the answer to a litmus test', () => {
    const file = 'test/lib/herd/samples/inhibit.litmus'
    const answer = answerText(checkLitmus(readFileSync(join(packageRoot(), file), 'utf8'), 'TSO'))
    hold('README.md', 'litmus', `\`\`\`\n$ npx lockstep check ${file}\n${answer}\n\`\`\``)
  })
  it.each(DESIGNS)('show the table of the ablation page of %s', (protocol) => {
    const page = readFileSync(join(packageRoot(), 'traces', protocol, 'ablation.md'), 'utf8')
    const [, shown = ''] = /<!-- table -->([\s\S]*)<!-- \/table -->/.exec(page) ?? []
    hold(`spec/${protocol}/README.md`, 'ablation', shown.trim())
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

/** Tables and outputs that the READMEs show are held to the results. `UPDATE_README=1` rewrites them. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lanes } from '../impl/lib/report/lanes.ts'
import { matrix } from '../impl/lib/report/matrix.ts'
import { counterexample, toggleOf } from '../scripts/lib/evidence.ts'
import type { CellVerdict } from '../scripts/lib/project.ts'
import { loadModels, oneModel, packageRoot } from '../scripts/lib/project.ts'

const models = loadModels()
const update = process.env['UPDATE_README'] !== undefined

const verdictOf =
  (protocol: string) =>
  (design: string, property: string): CellVerdict | undefined => {
    const verdicts = models
      .filter((m) => m.protocol.name === protocol && m.design === design)
      .flatMap((m) => m.cells.filter((c) => c.name === property).map((c) => c.expected))
    return verdicts.length === 0 ? undefined : verdicts.includes('violated') ? 'violated' : 'holds'
  }

const table = (protocol: string): string => {
  const own = models.filter((m) => m.protocol.name === protocol)
  const designs = [...new Set(own.map((m) => m.design))]
  const properties = [...new Set(own.flatMap((m) => m.cells.map((c) => c.name)))]
  const short = (name: string): string => name.replace(/(Inv|Prop)$/, '')
  const rows = designs.map(
    (d) => `| \`${d}\` | ${properties.map((p) => (verdictOf(protocol)(d, p) === 'violated' ? 'V' : '')).join(' | ')} |`,
  )
  const head = `| Design | ${properties.map((_, i) => String(i + 1)).join(' | ')} |`
  const legend = properties.map((p, i) => `${i + 1} \`${short(p)}\``).join(', ')
  return [head, `| --- |${' :-: |'.repeat(properties.length)}`, ...rows, '', `${legend}.`].join('\n')
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
    hold('README.md', 'matrix', table('flush-inhibit'))
    hold('spec/flush-inhibit/README.md', 'matrix', table('flush-inhibit'))
  })
  it('show the diagram that explain prints', () => {
    hold('README.md', 'lanes', diagram('flush-inhibit/no-srcu'))
  })
  it.each(['poll-kick', 'flush-inhibit'])('show the table of the ablation page of %s', (protocol) => {
    const page = readFileSync(join(packageRoot(), 'traces', protocol, 'ablation.md'), 'utf8')
    const [, shown = ''] = /<!-- table -->([\s\S]*)<!-- \/table -->/.exec(page) ?? []
    hold(`spec/${protocol}/README.md`, 'ablation', shown.trim())
  })
  it('the matrix on a terminal says the same', () => {
    const own = models.filter((m) => m.protocol.name === 'flush-inhibit')
    const designs = [...new Set(own.map((m) => m.design))]
    const properties = [...new Set(own.flatMap((m) => m.cells.map((c) => c.name)))]
    const violated = designs.flatMap((d) =>
      properties.filter((p) => verdictOf('flush-inhibit')(d, p) === 'violated'),
    ).length
    const { text } = matrix(designs, properties, verdictOf('flush-inhibit'))
    const body = text.slice(0, text.indexOf('. holds'))
    expect([...body.matchAll(/ X(?= |\n)/g)].length).toBe(violated)
  })
})

/** Ablates C for tests. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyPatch } from 'diff'
import type { CAblation } from '../../../../impl/lib/c/ablate/ablate.ts'
import { ablateFile } from '../../../../impl/lib/c/ablate/ablate.ts'
import type { Subject } from '../../../../impl/lib/c/ablate/variants.ts'
import { loadCParser, machineOf } from '../../../../impl/lib/c/index.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import type { MemoryModel } from '../../../../impl/lib/kernel/memory/buffer.ts'
import { packageRoot } from '../../../../scripts/workspace/package.ts'
import { environmentOf, programOf } from '../program-of.ts'

const ALL: readonly MemoryModel[] = ['SC', 'TSO', 'PSO']

/** The ablation of a text. */
export const ablated = async (
  text: string,
  models: readonly MemoryModel[] = ALL,
  more: Partial<Subject> = {},
): Promise<CAblation> =>
  ablateFile({
    parser: await loadCParser(),
    file: { name: 'test.c', text },
    environment: environmentOf(),
    models,
    ...more,
  })

export const example = (name: string): string => readFileSync(join(packageRoot(), 'examples', `${name}.c`), 'utf8')

/** What is said of each toggle: its status, and of each weaker form what it breaks under which models. */
export const said = ({ results }: CAblation): Record<string, string> =>
  Object.fromEntries(
    results.map(({ toggle, status, forms }) => {
      const tried = forms.map(({ form, judgement }) => {
        const broken =
          'broken' in judgement
            ? judgement.broken.map(({ property, models }) => ` ${property}(${models.join()})`).join('')
            : ''
        return `${form.text === '' ? 'nothing' : form.text}: ${judgement.verdict}${broken}`
      })
      return [toggle.name, [status, ...tried].join('; ')]
    }),
  )

/** The text that a suggestion makes of a text. */
export const applied = (text: string, { suggestion }: CAblation): string => {
  const result = suggestion.diff === '' ? text : applyPatch(text, suggestion.diff)
  if (result === false) throw new Error(`this diff does not apply:\n${suggestion.diff}`)
  return result
}

/** The properties that are violated in a text, under any of the models. */
export const violatedIn = async (text: string, models: readonly MemoryModel[] = ALL): Promise<string[]> => {
  const program = await programOf(text)
  const found = models.flatMap((memory) => {
    const { complete, properties } = check(machineOf(program, { memory }).machine)
    if (!complete) throw new Error('not all states were seen')
    return properties.filter(({ verdict }) => verdict === 'violated').map(({ name }) => name)
  })
  return [...new Set(found)]
}

/** `lockstep list`: protocols, designs, models, expected verdicts. */

import { EXIT } from '../../impl/lib/kernel/error.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'
import { allModels, meantModels, SetAside } from '../workspace/set-aside.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

const modelJson = (model: Model): unknown => ({
  model: model.name,
  protocol: model.protocol.name,
  design: model.design,
  memory: model.memory,
  tags: model.tags,
  gloss: model.gloss,
  distinctStates: model.counts?.distinctStates ?? null,
  generatedStates: model.counts?.totalStates ?? null,
  depth: model.counts?.stateDepth ?? null,
  toggles: Object.fromEntries(
    model.protocol.toggles.map((name) => {
      const value = model.cfg.constants.get(name)
      return [name, value?.kind === 'bool' ? value.value : null]
    }),
  ),
  properties: model.cells,
})

/** A design's models, what they break, and of what none of them says anything. */
const printDesign = (out: Output, design: string, models: readonly Model[]): void => {
  out.line(`  ${design}`)
  const rows = models.map((m) => [
    m.name,
    m.counts === undefined ? 'not counted' : `${thousands(m.counts.distinctStates)} states`,
    m.tags.includes('fast') ? '' : 'full',
    m.gloss,
  ])
  for (const row of columns(rows, '    ')) out.line(row)
  const file = cFileIn(models[0]?.protocol.name ?? '')
  if (file !== undefined) {
    // nobody has written down what is expected of it
    out.line(`      what it breaks is not known yet: \`lockstep check ${file}\``)
    return
  }
  const cells = models.flatMap((m) => m.cells)
  const violated = [...new Set(cells.filter((c) => c.expected === 'violated').map((c) => c.name))]
  out.line(`      breaks: ${violated.length === 0 ? 'nothing' : violated.join(', ')}`)
  const isSilent = (property: string): boolean =>
    cells.every(({ name, expected }) => name !== property || expected === 'vacuous')
  const silent = [...new Set(cells.map(({ name }) => name))].filter(isSilent)
  if (silent.length > 0) out.line(`      says nothing of: ${silent.join(', ')}`)
}

const print = (out: Output, models: readonly Model[]): void => {
  for (const protocol of new Set(models.map((m) => m.protocol))) {
    const own = models.filter((m) => m.protocol === protocol)
    out.line(protocol.name, 'bold')
    for (const design of new Set(own.map((m) => m.design)))
      printDesign(
        out,
        design,
        own.filter((m) => m.design === design),
      )
  }
}

/** Lists models; returns the exit code. A protocol that cannot be read is named, and the others are listed all the same. */
export const list = (out: Output, { targets, builtin = false }: OptionsOf<'list'>, project: Project): number => {
  const all = targets.length === 0
  const aside = new SetAside()
  const models = all ? allModels(project, aside, builtin) : meantModels(project, targets, 'full', aside)
  const code = aside.exitOf(EXIT.ok)
  if (out.json) printJson({ ok: code === EXIT.ok, models: models.map(modelJson), broken: aside.json })
  else print(out, models)
  if (!out.json && all && !builtin && project.builtin.length > 0)
    out.note(
      `Lockstep’s own: \`lockstep list --builtin\`, or by name: ${project.builtin.map(({ name }) => name).join(', ')}`,
    )
  if (!out.json) aside.report()
  return code
}

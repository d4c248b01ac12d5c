/** `lockstep list`: protocols, designs, models, expected verdicts. */

import { EXIT } from '../../impl/lib/kernel/error.ts'
import { loadModels } from '../workspace/project.ts'
import { selectModels } from '../../impl/lib/protocol/target.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'

/** Lists models; returns the exit code. */
export const list = (out: Output, targets: readonly string[]): number => {
  const models = selectModels(loadModels(), targets, 'full')
  if (out.json) {
    printJson({
      ok: true,
      models: models.map((m) => ({
        model: m.name,
        protocol: m.protocol.name,
        design: m.design,
        memory: m.memory,
        tags: m.tags,
        gloss: m.gloss,
        distinctStates: m.distinctStates,
        generatedStates: m.totalStates,
        depth: m.stateDepth,
        toggles: Object.fromEntries(
          m.protocol.toggles.map((name) => {
            const value = m.cfg.constants.get(name)
            return [name, value?.kind === 'bool' ? value.value : null]
          }),
        ),
        properties: m.cells,
      })),
    })
    return EXIT.ok
  }
  for (const protocol of [...new Set(models.map((m) => m.protocol))]) {
    out.line(protocol.name, 'bold')
    for (const design of new Set(models.filter((m) => m.protocol === protocol).map((m) => m.design))) {
      const own = models.filter((m) => m.protocol === protocol && m.design === design)
      out.line(`  ${design}`)
      const rows = own.map((m) => [
        m.name,
        `${thousands(m.distinctStates)} states`,
        m.tags.includes('fast') ? '' : 'full',
        m.gloss,
      ])
      for (const row of columns(rows, '    ')) out.line(row)
      const violated = [
        ...new Set(own.flatMap((m) => m.cells.filter((c) => c.expected === 'violated').map((c) => c.name))),
      ]
      out.line(`      breaks: ${violated.length === 0 ? 'nothing' : violated.join(', ')}`)
      const isSilent = (property: string): boolean =>
        own.every((m) => m.cells.every(({ name, expected }) => name !== property || expected === 'vacuous'))
      const silent = [...new Set(own.flatMap((m) => m.cells.map(({ name }) => name)))].filter(isSilent)
      if (silent.length > 0) out.line(`      says nothing of: ${silent.join(', ')}`)
    }
  }
  return EXIT.ok
}

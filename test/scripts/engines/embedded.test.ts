import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everydayShare } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

interface Row {
  readonly asExpected: boolean
  readonly properties: readonly { readonly name: string; readonly verdict: string; readonly expected: string }[]
}

// through the command line: the engine runs in a thread, which loads what was built
const rowOf = (model: string): Row | undefined => {
  const args = ['check', model, '--engine', 'embedded', '--no-cache', '--json']
  const { stdout } = spawnSync(process.execPath, [join(packageRoot(), 'bin', 'lockstep.mjs'), ...args], {
    encoding: 'utf8',
  })
  return (JSON.parse(stdout) as { models: Row[] }).models[0]
}

describe('the embedded engine', () => {
  const cells: readonly (readonly [model: string, property: string, verdict: string])[] = [
    // InvalidRejectedOccurs is there: by its name alone the engine takes it for an invariant where none is named
    ['flush-inhibit/request-then-check-release.sc', 'Deadlock', 'violated'],
    // all instances of several properties are vacuous there
    ['vtl-wakeup/posted.sc.no-vsm', 'IfIgnoredInv', 'vacuous'],
  ]
  it.each(everydayShare(cells, ([model]) => model.startsWith('vtl-wakeup/')))(
    'decides every safety cell of %s: %s is %s (of more models in CI)',
    (model, property, verdict) => {
      const row = rowOf(model)
      expect(row?.properties.map((p) => [p.name, p.verdict])).toEqual(row?.properties.map((p) => [p.name, p.expected]))
      expect(row?.properties.find((p) => p.name === property)?.verdict).toBe(verdict)
      expect(row?.asExpected).toBe(true)
    },
  )
})

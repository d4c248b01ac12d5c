/** Every model of my-protocol has the verdicts that index.ts expects: the designs with the fault too, which must break. */
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

interface Checked {
  readonly models: readonly {
    readonly model: string
    readonly properties: readonly {
      readonly name: string
      readonly verdict: string
      readonly expected: string | null
    }[]
  }[]
}

const lockstep = join(dirname(createRequire(import.meta.url).resolve('lockstep/package.json')), 'bin', 'lockstep.mjs')

// the explorer needs no Java; `--engine all` asks TLC as well
const { stdout, stderr } = spawnSync(
  process.execPath,
  [lockstep, 'check', 'my-protocol', '--engine', 'explorer', '--tag', 'full', '--json'],
  { cwd: import.meta.dirname, encoding: 'utf8' },
)
const { models = [] } = JSON.parse(stdout || '{}') as Partial<Checked>

describe('my-protocol', () => {
  it('has models', () => {
    expect(models, `${stdout}${stderr}`).not.toEqual([])
  })

  it.each(models)('$model is as expected', ({ properties }) => {
    const found = properties.map(({ name, verdict }) => [name, verdict])
    expect(found).toEqual(properties.map(({ name, expected }) => [name, expected]))
  })

  it('has a design that breaks something, and one that breaks nothing', () => {
    const broken = models.map(({ properties }) => properties.some(({ verdict }) => verdict === 'violated'))
    expect(broken).toContain(true)
    expect(broken).toContain(false)
  })
})

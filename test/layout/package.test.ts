/** What the package has in it: what runs, and the types of what it exports; no source maps, no types of its insides. */

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { API } from '../../scripts/workspace/api.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const root = packageRoot()
const packed = z.array(z.object({ files: z.array(z.object({ path: z.string() })) })).length(1)

let taken: readonly string[] | undefined

/** What `npm pack` takes, without building again under the feet of other tests; it is asked once. */
const contents = (): readonly string[] => (taken ??= packedNow())

const packedNow = (): string[] => {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return packed.parse(JSON.parse(stdout)).flatMap(({ files }) => files.map(({ path }) => path))
}

/** Types that those of some files name, and theirs. */
const reachable = (entries: readonly string[]): Set<string> => {
  const seen = new Set<string>()
  const look = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, target = ''] of readFileSync(join(root, file), 'utf8').matchAll(
      /(?:from|import\() *['"](\.[^'"]+)['"]/g,
    ))
      look(normalize(join(dirname(file), target.replace(/\.[jt]s$/, '.d.ts'))))
  }
  for (const entry of entries) look(entry)
  return seen
}

describe('the package', () => {
  it('has the types of what it exports, no others, and no source maps', () => {
    const files = contents()
    expect(files).toContain('dist/scripts/cli.js')
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([])
    const types = files.filter((file) => file.endsWith('.d.ts'))
    const entries = [
      ...Object.values(API).map((source) => `dist/${source.replace(/\.ts$/, '.d.ts')}`),
      'dist/impl/lib/eslint/index.d.ts',
    ]
    expect(types.sort()).toEqual([...reachable(entries)].sort())
  })

  it('has everything that its entries name', () => {
    const files = contents()
    const entries = [
      'bin/lockstep.mjs',
      'bin/eslint.mjs',
      'dist/impl/index.js',
      'dist/impl/index.d.ts',
      'spec/lib/Memory.tla',
    ]
    const parts = readdirSync(join(root, 'bin', 'api')).map((name) => `bin/api/${name}`)
    const templates = ['wake-up/WakeUp.tla', 'wake-up/index.ts', 'any/protocol.test.ts', 'workspace/gitignore']
    for (const file of [...entries, ...parts, ...templates.map((path) => `impl/templates/${path}`)])
      expect([file, files.includes(file), existsSync(join(root, file))]).toEqual([file, true, true])
  })
})

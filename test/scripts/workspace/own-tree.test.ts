/** `lockstep new` in a checkout of ours: a protocol in our trees, which passes once its results are written down. */

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findToolchain } from '../../../scripts/engines/tlc.ts'
import { WORKSPACE_VARIABLE } from '../../../scripts/workspace/config.ts'
import { ownFiles, ownLists, ownSteps, ownTreeAt } from '../../../scripts/workspace/own-tree.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { TEMPLATES } from '../../../scripts/workspace/templates.ts'
import { isCI } from '../../effort.ts'
import { copyTree, ensureBuilt } from '../tree.ts'

const root = packageRoot()
const toolchain = await findToolchain().catch(() => undefined)

const read = (file: string): string => readFileSync(file, 'utf8')

/** The last entry of a configuration, and its import. */
const LISTED =
  /import \{ nextPatchProtocol \} from '\.\/next-patch\/index\.ts'\n\n[\s\S]*\n {4}nextPatchProtocol,\n {2}\]\.map\(ours\)/

describe('a protocol of ours', () => {
  it.each(TEMPLATES)('of the template %s is in the trees that ours are in, and imports what ours may', (template) => {
    const files = new Map(ownFiles('next-patch', template).map(({ path, content }) => [path, content]))
    expect([...files.keys()].sort()).toEqual([
      'impl/next-patch/NextPatch.ts',
      'impl/next-patch/index.ts',
      'spec/next-patch/NextPatch.tla',
      'spec/next-patch/NextPatchOccurs.tla',
      'spec/next-patch/README.md',
      'test/next-patch/NextPatch.test.ts',
    ])
    const machine = files.get('impl/next-patch/NextPatch.ts') ?? ''
    expect([...machine.matchAll(/ from '(.*)'/g)].map(([, from]) => from)).toEqual([
      '../lib/kernel/design.ts',
      '../lib/kernel/design.ts',
      '../lib/protocol/define.ts',
    ])
    const occurs = files.get('spec/next-patch/NextPatchOccurs.tla') ?? ''
    expect(occurs).toMatch(/ MODULE NextPatchOccurs [\s\S]*^EXTENDS NextPatch$/m)
    // every property of the specification has what it speaks of
    const properties = [...(files.get('spec/next-patch/NextPatch.tla') ?? '').matchAll(/^(\w+)(?:Inv|Prop) ==/gm)]
    expect([...occurs.matchAll(/^(\w+)Occurs ==/gm)].map(([, name]) => name)).toEqual(
      properties.map(([, name]) => name),
    )
  })

  it('is the last of the configuration, and of the table in the README', () => {
    const [config, page, readme] = ownLists(root, 'next-patch', read)
    expect(config?.content).toMatch(LISTED)
    expect(page?.content).toMatch(/^### .*, `impl\/next-patch`, `impl\/litmus`$/m)
    expect(readme?.content).toMatch(/^\| \[flush-inhibit\].*\n\| \[next-patch\]\(spec\/next-patch\/README\.md\)/m)
    expect(() => ownLists(root, 'next-patch', () => 'export default {}')).toThrow(/no import and entry of a protocol/)
  })

  it('is made anywhere in the checkout but in a workspace, and nowhere else', () => {
    expect(ownTreeAt(join(root, 'spec', 'lib'), undefined)).toBe(root)
    expect(ownTreeAt(join(root, 'impl'), join(root, 'impl', 'lockstep.config.ts'))).toBe(root)
    const fixture = join(root, 'test', 'fixtures', 'workspace')
    expect(ownTreeAt(fixture, join(fixture, 'lockstep.config.ts'))).toBeUndefined()
    expect(ownTreeAt(join(root, '..'), undefined)).toBeUndefined()
  })

  it.skipIf(!isCI || toolchain === undefined)(
    'passes by the steps that are printed (needs Java, needs CI)',
    { timeout: 900_000 },
    () => {
      ensureBuilt()
      const copy = copyTree('checkout')
      try {
        for (const path of [
          'README.md',
          'CONTRIBUTING.md',
          'CHANGELOG.md',
          'docs',
          'test',
          'traces',
          '.ci',
          '.github',
          'vitest.config.ts',
        ])
          cpSync(join(root, path), join(copy, path), { recursive: true })
        const run = (command: string, args: readonly string[]): string => {
          const env = { ...process.env, LOCKSTEP_CACHE: join(copy, 'cache'), [WORKSPACE_VARIABLE]: '' }
          const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: 'utf8', env })
          expect([args, status, status === 0 ? '' : stdout + stderr]).toEqual([args, 0, ''])
          return stdout
        }
        const lockstep = (line: string): string => run(process.execPath, ['bin/lockstep.mjs', ...line.split(' ')])
        const printed = lockstep('new next-patch --from mutex')
        for (const step of ownSteps('next-patch')) expect(printed).toContain(`  ${step}\n`)
        for (const step of ownSteps('next-patch').filter((line) => line.startsWith('npx lockstep '))) {
          mkdirSync(join(copy, 'traces', 'next-patch'), { recursive: true })
          lockstep(step.slice('npx lockstep '.length))
        }
        expect(existsSync(join(copy, 'traces', 'next-patch', 'ablation.md'))).toBe(true)
        run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'])
        run(process.execPath, [
          'node_modules/vitest/vitest.mjs',
          'run',
          'test/next-patch',
          'test/layout/layout.test.ts',
        ])
        // a manifest that is broken is an error of its protocol
        writeFileSync(join(copy, 'spec', 'vtl-wakeup', 'manifest.json'), '{')
        lockstep('check next-patch --engine explorer')
      } finally {
        rmSync(copy, { recursive: true, force: true })
      }
    },
  )
})

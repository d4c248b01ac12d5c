/** docs/your-own-protocol.md: its files are those of the fixture, its commands are run, its outputs are what they print. */

import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everydayShare, isCI } from '../effort.ts'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { makeTempDir, removeTempDir } from '../../scripts/node/tempdir.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { isUpdate } from '../pages.ts'

const PAGE = 'docs/your-own-protocol.md'
const root = packageRoot()
const fixture = join(root, 'test', 'fixtures', 'workspace')
const toolchain = await findToolchain().catch(() => undefined)

let directory = ''
beforeAll(() => {
  directory = makeTempDir('own-protocol')
  cpSync(fixture, directory, { recursive: true })
  const log = /<!-- log -->\s*```json\n(.*?)```/s.exec(page())?.[1] ?? ''
  writeFileSync(join(directory, 'run.ndjson'), log)
})
afterAll(() => {
  removeTempDir(directory)
})

const page = (): string => readFileSync(join(root, PAGE), 'utf8')

/** What changes from run to run and from machine to machine. */
const settled = (text: string): string =>
  text
    .replaceAll(/\d+(?:\.\d+)? s\b/g, '0.1 s')
    .replaceAll(/ +$/gm, '')
    .replace(/^\n+/, '')
    .trimEnd()

const lockstep = (command: string): string => {
  const args = [join(root, 'bin', 'lockstep.mjs'), ...command.split(' ')]
  // decided now, and not before
  const env = { ...process.env, LOCKSTEP_CACHE: join(directory, 'cache'), TLA2TOOLS_JAR: toolchain?.jar.path }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8', env })
  expect([command, status, status === 0 ? '' : stderr]).toEqual([command, 0, ''])
  return settled(stdout)
}

/** Holds a part of the page, or writes it. */
const holdPart = (open: string, close: string, language: string, wanted: string): void => {
  const text = page()
  const start = text.indexOf(open) + open.length
  const end = text.indexOf(close, start)
  expect([open, text.includes(open) && end > start]).toEqual([open, true])
  const fenced = `\n\n\`\`\`${language}\n${wanted}\n\`\`\`\n\n`
  if (isUpdate) writeFileSync(join(root, PAGE), `${text.slice(0, start)}${fenced}${text.slice(end)}`)
  else expect(text.slice(start, end).trim()).toBe(fenced.trim())
}

describe(PAGE, () => {
  it.each([
    ['machine', 'ts', 'sleeper/index.ts'],
    ['spec', 'tla', 'sleeper/Sleeper.tla'],
  ])('has the %s as it is', (name, language, file) => {
    const text = readFileSync(join(fixture, file), 'utf8').trimEnd()
    expect([file, text.split('\n').length <= 60]).toEqual([file, true])
    holdPart(`<!-- ${name} -->`, `<!-- /${name} -->`, language, text)
  })

  const commands = [...page().matchAll(/<!-- run (.*?)( \(needs Java\))? -->/g)]
  const free = commands.flatMap(([, command = '', java]) => (java === undefined ? [command] : []))
  const isQuick = (command: string): boolean => /^(?:check|explain) /.test(command)
  const withJava = commands.flatMap(([, command = '', java]) => (java === undefined ? [] : [command]))

  it.each(isUpdate ? free : everydayShare(free, isQuick))(
    'shows what `lockstep %s` prints (a share every day, all in CI)',
    (command) => {
      holdPart(`<!-- run ${command} -->`, '<!-- /run -->', '', lockstep(command))
    },
  )

  it.skipIf(toolchain === undefined || !(isCI || isUpdate)).each(withJava)(
    'shows what `lockstep %s` prints (needs CI and Java)',
    (command) => {
      holdPart(`<!-- run ${command} (needs Java) -->`, '<!-- /run -->', '', lockstep(command))
    },
  )

  it('says each command that is run, and no other of ours but those that make a project', () => {
    const said = [...page().matchAll(/^npx lockstep (.*)$/gm)].map(([, command]) => command)
    expect(said).toEqual(['new --workspace sleep', ...commands.map(([, command]) => command)])
    rmSync(join(directory, 'cache'), { recursive: true, force: true })
  })
})

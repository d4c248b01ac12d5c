/** No input of `prove` falls back to another in silence, and no option is taken and ignored. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { moduleSources, sourceNotes, withCfg } from '../../scripts/engines/sources.ts'
import type { Ran } from './tree.ts'
import { ensureBuilt } from './tree.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { loadModels } from '../project.ts'

const toolchain = await findToolchain().catch(() => undefined)
const MODEL = 'poll-kick/clear-recheck.sc'
const model = oneModel(loadModels(), MODEL)
const text = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8')

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-spec-'))
  ensureBuilt()
}, 600_000)
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const lockstep = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran => {
  const bin = join(packageRoot(), 'bin', 'lockstep.mjs')
  const cache = join(directory, 'cache')
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_CACHE: cache, ...env },
  })
  return { status, stdout, stderr }
}

const made = (name: string, files: Readonly<Record<string, string>>): string => {
  const path = join(directory, name)
  mkdirSync(path)
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content)
  return path
}

describe('--spec', () => {
  const problem = (spec: string): unknown => {
    try {
      moduleSources(model, { spec })
      return undefined
    } catch (error) {
      return error
    }
  }

  it('that is not there, a file or empty is refused, with what was looked for and found', () => {
    const file = join(directory, 'file')
    writeFileSync(file, '')
    expect(problem(join(directory, 'none'))).toMatchObject({ exit: 2, problem: { code: 'unreadable' } })
    expect(problem(file)).toMatchObject({ exit: 2, problem: { code: 'unreadable', file } })
    const empty = made('empty', { 'README.md': 'x' })
    expect(problem(empty)).toMatchObject({ exit: 2, problem: { code: 'no-modules', file: empty } })
    expect(String(problem(empty))).toMatch(/looked for .*PollKick\.tla, MCPollKick\.tla; found none/)
  })

  it.each([
    ['misspelt', { 'PolKick.tla': 'x' }, /PolKick\.tla would not be used/],
    ['in other letters', { 'pollkick.tla': 'x' }, /pollkick\.tla would not be used/],
    ['of another protocol', { 'PollKick.tla': 'x', 'ApfReady.tla': 'x' }, /ApfReady\.tla would not be used/],
  ])('with a module %s is refused by its name', (what, files, expected) => {
    const spec = made(what, files)
    expect(problem(spec)).toMatchObject({ exit: 2, problem: { code: 'unused-module' } })
    expect(String(problem(spec))).toMatch(expected)
  })

  it('with a configuration of the model’s name, which would not be used, is refused unless it says the same or is given', () => {
    const name = 'clear-recheck.sc.cfg'
    const own = text(`spec/poll-kick/${name}`)
    const modules = { 'PollKick.tla': text('spec/poll-kick/PollKick.tla') }
    expect(problem(made('same-cfg', { ...modules, [name]: own }))).toBeUndefined()
    const spec = made('other-cfg', { ...modules, [name]: `${own}\n` })
    expect(problem(spec)).toMatchObject({ exit: 2, problem: { code: 'unused-cfg', file: join(spec, name) } })
    expect(moduleSources(model, { spec, cfg: join(spec, name) })).toHaveLength(4)
  })

  it('is refused by the command before Java is looked for', () => {
    const env = { PATH: '/nowhere', JAVA_HOME: '' }
    const run = lockstep(['prove', MODEL, '--spec', join(directory, 'none'), '--json'], env)
    expect([run.status, JSON.parse(run.stdout)]).toMatchObject([2, { error: { code: 'unreadable' } }])
  })

  it('says where each module is from', () => {
    const spec = made('one', { 'PollKick.tla': text('spec/poll-kick/PollKick.tla') })
    const modules = moduleSources(model, { spec })
    expect(modules.map(({ module, from }) => [module, from])).toEqual([
      ['Memory', 'package'],
      ['KvmVcpu', 'package'],
      ['PollKick', '--spec'],
      ['MCPollKick', 'package'],
    ])
    expect(sourceNotes(model, modules, undefined)).toEqual([
      `not the model’s own specification: PollKick from ${join(spec, 'PollKick.tla')}; Memory, KvmVcpu, MCPollKick from the package`,
    ])
    expect(sourceNotes(model, moduleSources(model, {}), undefined)).toEqual([])
  })

  it.skipIf(toolchain === undefined || !isCI)(
    'and --cfg: the output says what was used, and nothing is kept (needs CI and Java)',
    () => {
      const spec = made('used', { 'Litmus.tla': text('spec/litmus/Litmus.tla') })
      const cfg = join(packageRoot(), 'spec', 'litmus', 'sb.sc.cfg')
      const args = ['prove', 'litmus/sb.tso', '--spec', spec, '--cfg', cfg]
      const json = JSON.parse(lockstep([...args, '--json']).stdout) as { models: Record<string, unknown>[] }
      expect(json.models[0]).toMatchObject({
        certificate: null,
        configuration: { file: 'spec/litmus/sb.sc.cfg', own: false },
      })
      expect(json.models[0]?.['modules']).toContainEqual({
        module: 'Litmus',
        file: join(spec, 'Litmus.tla'),
        from: '--spec',
      })
      const { stdout } = lockstep(args)
      expect(stdout).toContain(`litmus/sb.tso with ${cfg}`)
      expect(stdout).toContain(`Litmus from ${join(spec, 'Litmus.tla')}`)
      // had it been kept under the model's name, it would be found now
      const own = JSON.parse(lockstep(['prove', 'litmus/sb.tso', '--json']).stdout) as { models: { cached: boolean }[] }
      expect(own.models[0]?.cached).toBe(false)
    },
  )
})

describe('--cfg', () => {
  const own = text(`spec/${MODEL}.cfg`)
  const lines = own.split('\n')
  const lineOf = (start: string): number => lines.findIndex((line) => line.startsWith(start)) + 1
  const given = (name: string, content: string): unknown => {
    const file = join(directory, `${name}.cfg`)
    writeFileSync(file, content)
    try {
      withCfg(model, file, moduleSources(model, {}))
      return undefined
    } catch (error) {
      return error
    }
  }

  it('may be the model’s own', () => {
    expect(given('own', own)).toBeUndefined()
  })

  it.each<[string, string, string, string]>([
    ['a specification that there is not', 'SPECIFICATION FairSpec', 'SPECIFICATION NoSuchSpec', 'SPECIFICATION'],
    ['an invariant that there is not', 'INVARIANTS\n', 'INVARIANTS NoSuchInv\n', 'INVARIANTS'],
    ['a constant that there is not', 'CONSTANTS\n', 'CONSTANTS Bogus = 3\n', 'CONSTANTS'],
    ['a misspelt statement', 'PROPERTIES\n', 'PROPERTYS\n', 'PROPERTIES'],
  ])('with %s is refused, with the line', (what, from, to, start) => {
    expect(own).toContain(from)
    const problem = { code: 'bad-cfg', file: join(directory, `${what}.cfg`), line: lineOf(start) }
    expect(given(what, own.replace(from, to))).toMatchObject({ exit: 2, problem })
  })

  it('is held to the modules of --spec: a constant that they declare must be bound', () => {
    const file = 'PollKick.tla'
    const changed = text(`spec/poll-kick/${file}`).replace('CONSTANTS\n', 'CONSTANTS\n    Another,\n')
    const spec = made('another-constant', { [file]: changed })
    expect(() => withCfg(model, undefined, moduleSources(model, { spec }))).toThrow(/constant Another is missing/)
  })

  it.each(['--spec', '--cfg'])('and --spec are given once: %s twice is refused', (option) => {
    const run = lockstep(['prove', MODEL, option, 'one', option, 'two'])
    expect([run.status, run.stderr]).toEqual([2, expect.stringMatching(/it is given twice, one before/)])
  })
})

describe('what the user has set', () => {
  it('is an error where it cannot be used: a jar that is not there is not replaced by another engine', () => {
    const env = { TLA2TOOLS_JAR: join(directory, 'none.jar') }
    const run = lockstep(['check', 'litmus/sb.tso', '--json'], env)
    if (toolchain === undefined) return
    expect([run.status, JSON.parse(run.stdout)]).toMatchObject([3, { error: { code: 'no-jar' } }])
  })

  it.runIf(isCI)('is said where nothing can be kept (needs CI)', () => {
    const file = join(directory, 'cache-file')
    writeFileSync(file, '')
    const run = lockstep(['check', 'litmus/sb.tso', '--engine', 'embedded'], { LOCKSTEP_CACHE: file })
    expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('nothing can be kept')])
  })

  it.each([
    [['check', 'litmus/sb.tso', '--engine', 'explorer', '--heap', '100'], /--heap/],
    [['check', 'litmus/sb.tso', '--engine', 'embedded', '--heap', '100'], /--heap/],
    [['check', 'litmus', '--coverage', '--engine', 'tlc'], /--engine/],
    [['check', 'litmus', '--coverage', '--dry-run'], /--dry-run/],
  ])('is not ignored: %j', (args, expected) => {
    const { status, stderr } = lockstep(args)
    expect(status).toBe(2)
    expect(stderr).toMatch(expected)
  })
})

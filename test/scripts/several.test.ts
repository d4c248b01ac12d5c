/** Commands that are about several protocols: what is wrong with some of them is an error of those, and the others are decided. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { z } from 'zod'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { makeTempDir, removeTempDir } from '../../scripts/node/tempdir.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { inside } from './inside.ts'

const FIXTURE = join(packageRoot(), 'test', 'fixtures', 'workspace', 'sleeper')
const toolchain = await findToolchain().catch(() => undefined)

let directory = ''
let workspace = ''

type Edit = readonly [from: string | RegExp, to: string]

/** The sleeper with one design, under another name, and with other words in its machine and its specification. */
const protocol = (name: string, { machine = [], spec = [] }: { machine?: readonly Edit[]; spec?: readonly Edit[] }) => {
  const home = join(workspace, name)
  mkdirSync(home)
  const write = (file: string, edits: readonly Edit[]): void => {
    let text = readFileSync(join(FIXTURE, file), 'utf8')
    for (const [from, to] of edits) {
      expect(text.replace(from, to)).not.toBe(text)
      text = text.replace(from, to)
    }
    writeFileSync(join(home, file), text)
  }
  const one: readonly Edit[] = [
    ["name: 'sleeper'", `name: '${name}'`],
    [/ {6}posted: \{[^]*?\n {6}\},\n/, ''],
  ]
  write('index.ts', [...one, ...machine])
  write('Sleeper.tla', spec)
}

beforeAll(() => {
  directory = makeTempDir('several')
  workspace = join(directory, 'workspace')
  mkdirSync(workspace)
  protocol('misnamed', { machine: [["at('schedule')", "at('shedule')"]] })
  protocol('unparsed', { spec: [['set_condition ==', 'set_condition == oops']] })
  protocol('throwing', {
    machine: [['const w = new World', "if (c.WakerMb) throw new Error('not yet')\n    const w = new World"]],
  })
  protocol('good', {})
  protocol('bare', { machine: [["  module: 'Sleeper',\n", '']] })
  const all = ['gone', 'misnamed', 'unparsed', 'throwing', 'good', 'bare'].map((name) => `./${name}`)
  const config = (protocols: readonly string[]): string =>
    `export default { protocols: ${JSON.stringify(protocols)} }\n`
  writeFileSync(join(workspace, 'lockstep.config.ts'), config(all))
  writeFileSync(join(workspace, 'bare', 'lockstep.config.ts'), config(['.']))
})
afterAll(() => {
  removeTempDir(directory)
})

const answer = z.object({
  ok: z.boolean(),
  models: z.array(z.object({ model: z.string() })).optional(),
  check: z.object({ models: z.array(z.object({ model: z.string() })) }).optional(),
  prove: z.object({ models: z.array(z.object({ model: z.string(), equal: z.literal(true) })) }).optional(),
  broken: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })).optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

/** The exit code, the models that were decided, and what is wrong with the others. */
const json = async (...args: string[]) => {
  const { code, stdout } = await inside([...args, '--json'], { LOCKSTEP_WORKSPACE: workspace })
  const { ok, models, check, prove, broken, error } = answer.parse(JSON.parse(stdout))
  const names = (all: readonly { readonly model: string }[] | undefined) => all?.map(({ model }) => model)
  return {
    code,
    ok,
    models: names(models ?? check?.models),
    proven: names(prove?.models),
    broken: broken?.map((b) => `${b.name} ${b.code}`),
    error: error?.code,
  }
}

const of = (...protocols: string[]): string[] => protocols.flatMap((name) => [`${name}/mb.sc`, `${name}/mb.tso`])

const [GONE, THROWING, MISNAMED] = ['./gone no-protocol', 'throwing machine-throws', 'misnamed unknown-name']
const UNPARSED = 'unparsed spec-parse-error'

describe('what is wrong with some protocols', () => {
  it('leaves the others listed', async () => {
    const left = { code: 2, ok: false, proven: undefined, error: undefined }
    expect(await json('list')).toEqual({
      ...left,
      models: of('misnamed', 'unparsed', 'good', 'bare'),
      broken: [GONE, THROWING],
    })
    expect(await json('list', 'good', 'throwing', 'gone')).toEqual({
      ...left,
      models: of('good'),
      broken: ['gone no-protocol', THROWING],
    })
    expect(await json('list', '*/mb.sc')).toMatchObject({ ...left, broken: [GONE, THROWING] })
  })

  it('leaves the others checked: the explorer does not look into specifications', async () => {
    expect(await json('check', '--engine', 'explorer')).toEqual({
      ...{ code: 2, ok: false, proven: undefined, error: undefined },
      models: of('unparsed', 'good', 'bare'),
      broken: [GONE, THROWING, MISNAMED],
    })
    const { code, stdout, stderr } = await inside(['check', 'misnamed', 'good', '--engine', 'explorer'], {
      LOCKSTEP_WORKSPACE: workspace,
    })
    expect(code).toBe(2)
    expect(stdout).toMatch(/^2 of 2 model runs as expected; .*; not checked, for what is wrong with it: misnamed$/m)
    expect(stderr).toMatch(/misnamed: .* asks for shedule/)
  })

  it('is the error of the command, where nothing is left', async () => {
    const wrong = { code: 2, ok: false, models: undefined, proven: undefined, broken: undefined }
    expect(await json('check', 'misnamed')).toEqual({ ...wrong, error: 'unknown-name' })
    expect(await json('check', 'throwing', 'misnamed')).toEqual({ ...wrong, error: 'machine-throws' })
    expect(await json('prove', 'gone')).toEqual({ ...wrong, error: 'no-protocol' })
    expect(await json('list', 'throwing/*')).toEqual({ ...wrong, error: 'machine-throws' })
  })

  it('does not hide that a target names nothing', async () => {
    for (const command of ['check', 'prove', 'list'])
      expect(await json(command, 'good', 'misnamed', 'goood')).toMatchObject({ code: 2, error: 'unknown-target' })
  })

  it.skipIf(toolchain === undefined || !isCI)(
    'leaves the others checked and proven by TLC (needs CI and Java)',
    async () => {
      const left = { code: 2, ok: false, proven: undefined, error: undefined }
      expect(await json('check', 'unparsed', 'good')).toEqual({ ...left, models: of('good'), broken: [UNPARSED] })
      expect(await json('prove', 'unparsed', 'bare', 'good')).toEqual({
        ...left,
        models: of('good'),
        broken: ['bare no-specification', UNPARSED],
      })
      const { code, stdout, stderr } = await inside(['prove', 'unparsed', 'good'], { LOCKSTEP_WORKSPACE: workspace })
      expect(code).toBe(2)
      expect(stdout).toMatch(/^2 of 2 machines .*; not proven, for what is wrong with it: unparsed$/m)
      expect(stderr).toMatch(/Sleeper\.tla:\d+:\d+: Unknown operator: `oops'/)
      expect(await json('prove', 'unparsed')).toMatchObject({ code: 2, models: undefined, error: 'spec-parse-error' })
    },
  )

  it.skipIf(toolchain === undefined)('leaves the others to the main job (needs Java)', async () => {
    expect(await json('start')).toEqual({
      ...{ code: 2, ok: false, error: undefined },
      models: of('good', 'bare'),
      // it has no specification, which is said and is no error here
      proven: of('good'),
      broken: [GONE, THROWING, MISNAMED, UNPARSED],
    })
  })
})

describe('a protocol without a specification, by itself', () => {
  it('is explored by the main job, which says that nothing is proven', async () => {
    const { code, stdout } = await inside(['start'], { LOCKSTEP_WORKSPACE: join(workspace, 'bare') })
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^0 of 0 proofs .*: NOTHING PROVEN; .*explored only: bare$/m),
    ])
    expect(stdout).not.toContain('all equal')
  })
})

/** `lockstep new`: what it writes passes at once, every command works on it, and it overwrites nothing. */

import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { WORKSPACE_VARIABLE } from '../../scripts/workspace/config.ts'
import { packageJson, packageRoot } from '../../scripts/workspace/package.ts'
import { moduleOf, TEMPLATES, TOOLS } from '../../scripts/workspace/templates.ts'
import { everydayShare, isCI, isFull } from '../effort.ts'
import type { Left } from './inside.ts'
import { inside } from './inside.ts'
import { ensureBuilt } from './tree.ts'

const root = packageRoot()
const toolchain = await findToolchain().catch(() => undefined)

interface LogEvent {
  readonly action: string
  readonly thread: string
  readonly result?: boolean | number | string
}

/** What is known of each template, from the C code that it models. */
const SUBJECTS = {
  'wake-up': {
    /** the design with the fault that is to be explained, its model, and the right one */
    faulty: 'posted.tso',
    right: 'fixed',
    log: [
      { action: 'set_current_state', thread: 'sleeper0' },
      { action: 'set_current_state_mb', thread: 'sleeper0' },
      { action: 'set_condition', thread: 'waker1' },
      { action: 'check_condition', thread: 'sleeper0', result: true },
    ],
    never: false,
  },
  mutex: {
    faulty: 'plain-unlock.pso',
    right: 'fixed',
    log: [
      { action: 'spin', thread: 'cpu0', result: false },
      { action: 'spin', thread: 'cpu1', result: false },
      { action: 'take', thread: 'cpu0', result: false },
      { action: 'take', thread: 'cpu1', result: true },
    ],
    never: false,
  },
  seqlock: {
    faulty: 'posted.pso',
    right: 'fixed',
    log: [
      { action: 'write_seqcount_begin', thread: 'writer0' },
      { action: 'write_seqcount_begin_wmb', thread: 'writer0' },
      { action: 'write_a', thread: 'writer0' },
      { action: 'read_seqcount_begin', thread: 'reader1', result: 1 },
    ],
    never: 0,
  },
  'message-passing': {
    faulty: 'posted.pso',
    right: 'wmb',
    log: [
      { action: 'write_data', thread: 'producer0' },
      { action: 'write_barrier', thread: 'producer0' },
      { action: 'set_flag', thread: 'producer0' },
      { action: 'wait_for_flag', thread: 'consumer1', result: true },
      { action: 'read_data', thread: 'consumer1', result: 'new' },
    ],
    never: 'old',
  },
} as const satisfies Record<
  (typeof TEMPLATES)[number],
  { faulty: string; right: string; log: readonly LogEvent[]; never: boolean | number | string }
>

let directory: string
let workspace: string

const nameOf = (template: string): string => `my-${template}`

/** A protocol without a specification. */
const bare = 'bare-ring'

/** In the workspace of this test, or in another. */
const lockstep = (args: readonly string[], there = workspace): Promise<Left> =>
  inside(args, { [WORKSPACE_VARIABLE]: there })

/** The same in a process of its own, as what starts threads of its own has to be. */
const started = (args: readonly string[]): Left => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), ...args], {
    cwd: workspace,
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_CACHE: join(directory, 'cache') },
    maxBuffer: 2 ** 26,
  })
  return { code: status ?? -1, stdout, stderr }
}

const filesIn = (top: string): string[] =>
  readdirSync(top, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(top, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()

const made = z.object({ ok: z.literal(true), root: z.string(), written: z.array(z.string()) })

const WORKSPACE_FILES = [
  '.github/workflows/ci.yml',
  '.gitignore',
  'README.md',
  'lockstep.config.ts',
  'package.json',
  'tsconfig.json',
]

beforeAll(async () => {
  ensureBuilt()
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'lockstep-new-')))
  workspace = join(directory, 'designs', 'Mine')
  const { code, stdout } = await lockstep(['new', '--workspace', workspace, '--json'])
  expect(code).toBe(0)
  expect(made.parse(JSON.parse(stdout)).written.toSorted()).toEqual(WORKSPACE_FILES)
  expect(filesIn(workspace)).toEqual(WORKSPACE_FILES)
  for (const template of TEMPLATES) expect((await lockstep(['new', nameOf(template), '--from', template])).code).toBe(0)
  expect((await lockstep(['new', bare, '--from', 'message-passing', '--no-spec'])).code).toBe(0)
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

describe('the workspace', () => {
  it('installs exact versions: ours, and of the others those that this package is tested with', () => {
    const lock = z
      .object({ packages: z.record(z.string(), z.object({ version: z.string() }).partial()) })
      .parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
    const tools = Object.keys(TOOLS).map((name) => [name, lock.packages[`node_modules/${name}`]?.version])
    expect(Object.entries(TOOLS)).toEqual(tools)
    const manifest: unknown = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8'))
    const { version, engines } = packageJson()
    expect(manifest).toMatchObject({ name: 'mine', private: true, type: 'module', engines })
    expect(manifest).toHaveProperty('devDependencies', { ...TOOLS, lockstep: version })
  })

  it('runs actions that cannot be moved, the same as ours', () => {
    const actionsIn = (file: string): string[] =>
      [...readFileSync(file, 'utf8').matchAll(/uses: (.*)/g)].map(([, action = '']) => action)
    const own = join('.github', 'workflows', 'ci.yml')
    const actions = actionsIn(join(workspace, own))
    expect(actions).toHaveLength(3)
    for (const action of actions) expect(actionsIn(join(root, own))).toContain(action)
    expect(parse(readFileSync(join(workspace, own), 'utf8'))).toHaveProperty('permissions', { contents: 'read' })
  })

  it('names all its protocols, in the order in which they were made', () => {
    const names = [...TEMPLATES.map(nameOf), bare].map((name) => `'./${name}'`).join(', ')
    expect(readFileSync(join(workspace, 'lockstep.config.ts'), 'utf8')).toContain(`protocols: [${names}],`)
  })

  it('has no word of a template left in it', () => {
    for (const template of TEMPLATES) {
      const texts = filesIn(join(workspace, nameOf(template))).map((file) => {
        const text = readFileSync(join(workspace, nameOf(template), file), 'utf8')
        // one sentence says which template it was
        return text.replace(`the template \`${template}\``, '')
      })
      const words = new RegExp(`my-protocol|MyProtocol|my-template|(?<!My)${moduleOf(template)}\\b|'${template}'|<!--`)
      expect(texts.flatMap((text) => words.exec(text)?.[0] ?? [])).toEqual([])
    }
  })

  it.runIf(isCI)(
    'passes the type check and the tests that it has (those of one protocol; all in CI) (needs CI)',
    () => {
      const modules = join(workspace, 'node_modules')
      mkdirSync(modules)
      for (const name of readdirSync(join(root, 'node_modules')))
        if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(modules, name))
      symlinkSync(root, join(modules, 'lockstep'))
      const run = (script: string, ...args: string[]) => {
        const { status, stdout, stderr } = spawnSync(process.execPath, [join(modules, script), ...args], {
          cwd: workspace,
          encoding: 'utf8',
          // it is no part of the run that this is
          env: { ...process.env, VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined },
        })
        expect([script, status, status === 0 ? '' : `${stdout}${stderr}`]).toEqual([script, 0, ''])
        return stdout
      }
      run('typescript/bin/tsc')
      const names = everydayShare([...TEMPLATES.map(nameOf), bare], (name) => name === bare)
      const report = run('vitest/vitest.mjs', 'run', '--reporter=json', ...names)
      const { numTotalTests, testResults } = z
        .object({ numTotalTests: z.number(), testResults: z.array(z.unknown()) })
        .parse(JSON.parse(report))
      expect(testResults).toHaveLength(names.length)
      expect(numTotalTests).toBeGreaterThan(5 * names.length)
    },
  )
})

describe.each(TEMPLATES)('a protocol from %s', (template) => {
  const name = nameOf(template)
  const { faulty, right, log, never } = SUBJECTS[template]

  it('has its four files', () => {
    expect(filesIn(join(workspace, name))).toEqual(
      [`${moduleOf(name)}.tla`, 'README.md', 'index.ts', `${name}.test.ts`].sort(),
    )
    expect(readFileSync(join(workspace, name, 'README.md'), 'utf8')).toMatch(/^TODO: /m)
  })

  it('is listed with every expectation: each property is broken by some model, and by none of the right design', async () => {
    const { code, stdout } = await lockstep(['list', name, '--json'])
    expect(code).toBe(0)
    const { models } = z
      .object({
        models: z.array(
          z.object({
            model: z.string(),
            design: z.string(),
            memory: z.string(),
            properties: z.array(z.object({ name: z.string(), kind: z.string(), expected: z.string() })),
          }),
        ),
      })
      .parse(JSON.parse(stdout))
    const cells = models.flatMap(({ design, properties }) => properties.map((cell) => ({ design, ...cell })))
    const names = [...new Set(cells.map((cell) => cell.name))]
    const broken = new Set(cells.filter(({ expected }) => expected === 'violated').map((cell) => cell.name))
    expect([...broken].sort()).toEqual([...names].sort())
    expect(new Set(cells.filter(({ design }) => design === right).map(({ expected }) => expected))).toEqual(
      new Set(['holds']),
    )
    expect(new Set(cells.map(({ kind }) => kind))).toEqual(new Set(['invariant', 'liveness']))
    expect(new Set(models.filter(({ design }) => design === right).map(({ memory }) => memory))).toEqual(
      new Set(['sc', 'tso', 'pso']),
    )
  })

  it('has the verdicts that are expected', async () => {
    const { code, stdout } = await lockstep(['check', name, '--engine', 'explorer', '--tag', 'full'])
    expect([code, /(\d+) of \1 model runs as expected/.test(stdout)]).toEqual([0, true])
  })

  it('shows the fault of its faulty design', async () => {
    const { code, stdout } = await lockstep(['explain', `${name}/${faulty}`])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Violated: \w+Inv$/m)])
    expect((await lockstep(['explain', `${name}/${right}`])).code).toBe(2)
  })

  it('allows a log of it, and not one in which a value is another', async () => {
    const file = join(directory, `${name}.ndjson`)
    const write = (events: readonly LogEvent[]): void => {
      writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''))
    }
    write(log)
    expect((await lockstep(['validate', `${name}/${right}.sc`, file])).code).toBe(0)
    write([...log.slice(0, -1), { ...log[log.length - 1], result: never } as LogEvent])
    expect((await lockstep(['validate', `${name}/${right}.sc`, file])).code).toBe(1)
  })
})

describe('in a process of its own', () => {
  it.runIf(isCI).each(everydayShare([...TEMPLATES], (template) => template === 'message-passing'))(
    'ablate says which toggles %s needs (one; all in CI) (needs CI)',
    (template) => {
      // every day under the memory model that tells the designs apart
      const { code, stdout } = started(['ablate', nameOf(template), ...(isCI ? [] : ['--memory', 'pso'])])
      expect([code, stdout]).toEqual([0, expect.stringMatching(new RegExp(`=\\s+${SUBJECTS[template].right}\\b`))])
    },
  )

  const proven = everydayShare([...TEMPLATES], (template) => template === 'wake-up')

  it.skipIf(toolchain === undefined || !isCI).each(proven)(
    'all engines agree on %s (a model of one; all in CI; needs Java) (needs CI)',
    (template) => {
      const target = isCI ? nameOf(template) : `${nameOf(template)}/${SUBJECTS[template].faulty}`
      const { code, stdout } = started(['check', target, '--engine', 'all', '--tag', 'full'])
      expect([code, stdout]).toEqual([0, expect.stringMatching(/(\d+) of \1 model runs as expected/)])
    },
  )

  it.skipIf(toolchain === undefined).each(proven)(
    'the machine equals its specification: %s (a model of one; two of each in CI, all if asked; needs Java)',
    (template) => {
      const { right, faulty } = SUBJECTS[template]
      const some = [`${right}.tso`, ...(isCI ? [faulty] : [])].map((model) => `${nameOf(template)}/${model}`)
      const { code, stdout } = started(['prove', ...(isFull ? [nameOf(template)] : some), '--tag', 'full'])
      expect([code, stdout]).toEqual([0, expect.stringMatching(/(\d+) of \1 machines equal to their specifications/)])
    },
  )

  it.skipIf(toolchain === undefined || !isCI).each(proven)(
    'TLC allows a log of %s too (one; all in CI; needs Java) (needs CI)',
    (template) => {
      const { right, log } = SUBJECTS[template]
      const file = join(directory, `${template}.tlc.ndjson`)
      writeFileSync(file, log.map((event) => `${JSON.stringify(event)}\n`).join(''))
      expect(started(['validate', `${nameOf(template)}/${right}.sc`, file, '--with', 'tlc']).code).toBe(0)
    },
  )
})

describe('a protocol without a specification', () => {
  it('has no module, and says what to write down instead', () => {
    expect(filesIn(join(workspace, bare))).toEqual(['README.md', `${bare}.test.ts`, 'index.ts'])
    const text = readFileSync(join(workspace, bare, 'index.ts'), 'utf8')
    expect(text).not.toMatch(/\.tla|module:/)
    expect(text).toMatch(/^ \* TODO: what is left out/m)
    expect(readFileSync(join(workspace, bare, 'README.md'), 'utf8')).not.toMatch(/\.tla|prove/)
  })

  it('is explored, and cannot be proven', async () => {
    const { code, stdout } = await lockstep(['check', bare])
    expect([code, stdout]).toEqual([0, expect.stringContaining('no specification: explored only')])
    expect((await lockstep(['prove', bare])).code).toBe(2)
  })
})

/** What it refuses, which is one clear error and changes nothing. */
const refuses = async (args: readonly string[], code: string, words: RegExp, there = workspace): Promise<void> => {
  const before = filesIn(directory)
  const left = await lockstep(['new', ...args, '--json'], there)
  const { error } = z
    .object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) })
    .parse(JSON.parse(left.stdout))
  expect([left.code, error.code, `${error.message} ${error.hint}`]).toEqual([2, code, expect.stringMatching(words)])
  expect(filesIn(directory)).toEqual(before)
}

describe('it refuses', () => {
  it.each([
    ['Sleeper', 'bad-name', /small letters/],
    ['a/b', 'bad-name', /small letters/],
    ['../outside', 'bad-name', /small letters/],
    ['..', 'bad-name', /small letters/],
    ['a--b', 'bad-name', /single hyphens/],
    ['a_b', 'bad-name', /small letters/],
    ['', 'bad-name', /small letters/],
    ['a'.repeat(65), 'bad-name', /at most 64/],
    ['memory', 'bad-name', /module Memory/],
    ['finite-sets', 'bad-name', /module FiniteSets/],
    ['my-mutex', 'in-the-way', /not empty/],
  ])('the name %j', async (name, code, words) => {
    await refuses([name], code, words)
  })

  it('to do anything without a name', async () => {
    await refuses([], 'usage', /needs a name/)
  })

  it('what a protocol is to be where none is made', async () => {
    const there = join(directory, 'never')
    await refuses(['--workspace', there, '--from', 'mutex'], 'usage', /--from/)
    await refuses(['--workspace', there, '--no-spec'], 'usage', /--no-spec/)
  })

  it('a directory that is not empty, a file, and a directory below a file', async () => {
    await refuses(['--workspace', workspace], 'in-the-way', /not empty/)
    await refuses(['--workspace', join(workspace, 'package.json')], 'in-the-way', /else than a directory/)
    await refuses(['--workspace', join(workspace, 'package.json', 'x')], 'unwritable', /cannot make/)
  })

  it.runIf(existsSync('/sys/kernel'))('a directory that cannot be written to (needs /sys)', async () => {
    await refuses(['--workspace', '/sys/kernel/lockstep-new'], 'unwritable', /cannot make/)
  })

  it('a directory that is no workspace, and says how to make one', async () => {
    await refuses(['wake-up'], 'no-workspace', /new --workspace/, directory)
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), 'new', 'wake-up'], {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, [WORKSPACE_VARIABLE]: '' },
    })
    expect([status, stderr]).toEqual([2, expect.stringContaining('new --workspace')])
  })
})

describe('a workspace of somebody', () => {
  const own = (name: string, config: string, file = 'lockstep.config.ts'): string => {
    const there = join(directory, name)
    mkdirSync(there)
    writeFileSync(join(there, file), config)
    return there
  }

  it('takes a protocol though those that it has cannot be loaded', async () => {
    const there = own('broken', "import './absent.ts'\nexport default { protocols: ['./gone'] }\n")
    expect((await lockstep(['new', 'wake-up'], there)).code).toBe(0)
    expect(readFileSync(join(there, 'lockstep.config.ts'), 'utf8')).toContain("['./gone', './wake-up']")
  })

  it('keeps a configuration that cannot be edited safely, and is told the line', async () => {
    const text = "const all = ['./a']\nexport default { protocols: all }\n"
    const there = own('computed', text)
    const { code, stdout } = await lockstep(['new', 'wake-up'], there)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/left as it is[^]*'\.\/wake-up',/)])
    expect(readFileSync(join(there, 'lockstep.config.ts'), 'utf8')).toBe(text)
    expect(existsSync(join(there, 'wake-up', 'WakeUp.tla'))).toBe(true)
  })

  it('keeps package.json, where that is the configuration', async () => {
    const text = '{ "lockstep": { "protocols": [] } }\n'
    const there = own('manifest', text, 'package.json')
    const { code, stdout } = await lockstep(['new', '2-phase', '--from', 'mutex'], there)
    expect([code, stdout]).toEqual([0, expect.stringContaining('"./2-phase",')])
    expect(readFileSync(join(there, 'package.json'), 'utf8')).toBe(text)
    expect(readdirSync(join(there, '2-phase'))).toContain('P2Phase.tla')
  })

  it('is made in a directory that has nothing but a repository', async () => {
    const there = join(directory, 'cloned')
    mkdirSync(join(there, '.git'), { recursive: true })
    expect((await lockstep(['new', '--workspace', there])).code).toBe(0)
    expect(filesIn(there)).toEqual(WORKSPACE_FILES)
  })
})

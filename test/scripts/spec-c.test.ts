/** The TLA+ of C files from outside: `spec`, `prove` and `check --engine tlc|all`. */

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tlcIfPresent } from '../../scripts/engines/tlc.ts'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { everydayShare, isCI, isFull } from '../effort.ts'
import { ensureBuilt } from './tree.ts'

const root = packageRoot()
const hasJava = !((await tlcIfPresent()) instanceof LockstepError)

let directory: string
beforeAll(() => {
  ensureBuilt()
  directory = mkdtempSync(join(tmpdir(), 'lockstep-spec-c-'))
  cpSync(join(root, 'examples'), directory, { recursive: true })
  writeFileSync(
    join(directory, 'beyond.c'),
    '#include <lockstep.h>\n#include <linux/compiler.h>\n#include <linux/types.h>\nu64 x;\nLOCKSTEP_THREAD(one)\n{\n\tWRITE_ONCE(x, 1ULL << 40);\n}\n',
  )
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const lockstep = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), ...args], {
    encoding: 'utf8',
    cwd: directory,
    maxBuffer: 2 ** 26,
  })
  return { status, stdout, stderr }
}

interface Document {
  readonly ok: boolean
  readonly models: readonly {
    readonly model: string
    readonly engine?: string
    readonly equal?: boolean
    readonly distinctStates?: number
    readonly unchecked?: readonly string[]
    readonly properties?: readonly { readonly name: string; readonly verdict: string }[]
    readonly states?: { readonly spec: number; readonly impl: number }
    readonly certificate?: { readonly inputs: Readonly<Record<string, string>> } | null
    readonly divergence?: { readonly action: string; readonly blame: readonly { readonly text: string }[] } | null
  }[]
  readonly disagreements?: readonly string[]
  readonly refused?: readonly { readonly message: string }[]
}

const json = (...args: readonly string[]): Document & { readonly status: number | null } => {
  const { status, stdout } = lockstep(...args, '--json')
  return { ...(JSON.parse(stdout) as Document), status }
}

describe('spec', () => {
  it('writes a module with all that TLC needs beside it, again and again, and over nothing of anybody else’s', () => {
    const first = lockstep('spec', 'dekker.c', '-o', 'Race.tla')
    expect([first.status, first.stderr]).toEqual([0, ''])
    const written = ['Race.tla', 'Race.cfg', 'Memory.tla', 'CArithmetic.tla']
    expect(written.filter((name) => !existsSync(join(directory, name)))).toEqual([])
    const text = readFileSync(join(directory, 'Race.tla'), 'utf8')
    // an action for a statement, with the statement above it
    expect(text).toMatch(/\\\* .*\n\\\* +WRITE_ONCE\(wants\[me\], true\)\n\w+_L21\(th\) ==/)
    expect(readFileSync(join(directory, 'Race.cfg'), 'utf8')).toMatch(/Memory = "TSO"[^]*CHECK_DEADLOCK FALSE/)
    expect(lockstep('spec', 'dekker.c', '-DNO_MB', '--memory', 'sc', '-o', 'Race.tla').status).toBe(0)
    expect(readFileSync(join(directory, 'Race.cfg'), 'utf8')).toMatch(/Memory = "SC"/)
    writeFileSync(join(directory, 'Own.tla'), '---- MODULE Own ----\n====\n')
    const refused = lockstep('spec', 'dekker.c', '-o', 'Own.tla')
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/Own\.tla: it is there, and lockstep spec has not made it/),
    ])
    expect(readFileSync(join(directory, 'Own.tla'), 'utf8')).toBe('---- MODULE Own ----\n====\n')
    expect(existsSync(join(directory, 'Own.cfg'))).toBe(false)
  })

  it.runIf(hasJava && isCI)('is checked by TLC as it stands (needs CI and Java)', () => {
    expect(lockstep('spec', 'dekker.c', '-DNO_MB', '-o', 'Broken.tla').status).toBe(0)
    const { status, stdout } = lockstep('tlc', '--', '-config', 'Broken.cfg', 'Broken.tla')
    expect([status, stdout]).toEqual([1, expect.stringMatching(/Invariant (?:Assertion|DataRace) is violated/)])
  })

  // of what a thread waits for in a function that it never gets to there is no action
  it.each(everydayShare(['poll-kick', 'flush-inhibit'], (name) => name === 'poll-kick'))(
    'promises nothing of steps that %s does not have (a share every day, all in CI)',
    (name) => {
      const { stdout } = lockstep('spec', `${name}.c/sc`)
      const [, fairness = ''] = /^Fairness ==\n([^]*?)\n\n/m.exec(stdout) ?? []
      const named = [...fairness.matchAll(/(\w+_L\d\w*)\(/g)].map(([, action = '']) => action)
      expect(named).not.toEqual([])
      expect(named.filter((action) => !stdout.includes(`\n${action}(th) ==\n`))).toEqual([])
    },
  )

  it.each(
    everydayShare<[string, string[], RegExp]>(
      [
        [
          'no file of C',
          ['spec', 'poll-kick'],
          /spec is for C files, and poll-kick is none\n.*spec\/poll-kick\/PollKick\.tla/,
        ],
        ['no name of a module', ['spec', 'dekker.c', '-o', 'race.txt'], /it is no name of a module/],
        [
          'a directory that is not there',
          ['spec', 'dekker.c', '-o', 'none/Race.tla'],
          /none\/Race\.tla: cannot write the file/,
        ],
        ['two memory models', ['spec', 'dekker.c/sc', '--memory', 'tso'], /names its memory model, and --memory too/],
        ['more than TLC’s integers', ['spec', 'beyond.c'], /beyond\.c:\d+:\d+: .*32 bits/],
        ['what has no end', ['spec', 'endless.c', '--max-states', '500'], /was not explored to its end/],
      ],
      ([what]) => what === 'no file of C' || what === 'what has no end',
    ),
  )('refuses %s (a share every day, all in CI)', (_, args, message) => {
    const head = '#include <lockstep.h>\n#include <linux/compiler.h>\n#include <linux/types.h>\n'
    writeFileSync(
      join(directory, 'endless.c'),
      `${head}u64 x;\nLOCKSTEP_THREAD(one)\n{\n\tfor (;;)\n\t\tWRITE_ONCE(x, READ_ONCE(x) + 1);\n}\n`,
    )
    const { status, stdout, stderr } = lockstep(...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})

const SMALL = ['dekker', 'irq-vs-thread', 'mcs-lock', 'rcu-list', 'seqlock', 'sleep-wake', 'ticket-lock', 'wait-event']

describe.runIf(hasJava)('prove', () => {
  const proven = isCI ? [...SMALL, 'workqueue-flush'] : ['dekker']

  it(
    `finds machine and specification equal: ${isCI ? 'every example but two' : 'one example'} (needs Java)`,
    { timeout: 200_000 },
    () => {
      const { status, models } = json('prove', ...proven.map((name) => `${name}.c`))
      expect(status).toBe(0)
      expect(models.map(({ model }) => model).sort()).toEqual(
        proven.flatMap((name) => [`${name}.c/sc`, `${name}.c/tso`]).sort(),
      )
      for (const { equal, states, certificate } of models) {
        expect(equal).toBe(true)
        expect(states?.spec).toBeGreaterThan(5)
        expect(Object.keys(certificate?.inputs ?? {})).toContain('lockstep:spec/lib/CArithmetic.tla')
      }
    },
  )

  it.runIf(isFull)('the two large ones as well (needs LOCKSTEP_FULL and Java)', { timeout: 1_200_000 }, () => {
    const { status, models } = json('prove', 'poll-kick.c/sc', 'flush-inhibit.c', '--timeout', '1000')
    expect([status, models.map(({ equal }) => equal)]).toEqual([0, [true, true, true]])
  })

  it.runIf(isCI)('shows where the two part, and blames the C statement (needs CI and Java)', () => {
    const changed = join(directory, 'changed')
    expect(lockstep('spec', 'dekker.c', '-o', 'Dekker.tla').status).toBe(0)
    cpSync(join(directory, 'Dekker.tla'), join(changed, 'Dekker.tla'), { recursive: true })
    const file = join(changed, 'Dekker.tla')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('cpu_L43(th) ==\n', 'cpu_L43(th) ==\n    /\\ turn = 0\n'))
    expect(readFileSync(file, 'utf8')).not.toBe(text)
    const { status, models } = json('prove', 'dekker.c/tso', '--spec', 'changed')
    expect([status, models[0]?.equal, models[0]?.divergence?.action]).toEqual([1, false, 'cpu_L43'])
    expect(models[0]?.divergence?.blame.map((blame) => blame.text)).toContain('smp_store_release(&turn, 1 - me)')
  })

  it.runIf(isCI)('is not kept, and its constants are not somebody else’s (needs CI and Java)', () => {
    for (const option of [['--write'], ['--cfg', 'dekker.cfg']]) {
      const { status, stderr } = lockstep('prove', 'dekker.c/sc', ...option)
      expect([status, stderr]).toEqual([2, expect.stringMatching(new RegExp(`${String(option[0])} is for protocols`))])
    }
  })
})

describe.runIf(hasJava)('check with TLC (needs Java)', () => {
  it('has both opinions, which agree: on what is wrong, on what holds, on how many states there are', () => {
    const { status, models, disagreements } = json('check', 'dekker.c', '-DNO_MB', '--engine', 'all')
    expect([status, disagreements]).toEqual([1, undefined])
    expect(models.map(({ model, engine }) => `${model} ${engine ?? ''}`)).toEqual([
      'dekker.c/sc explorer',
      'dekker.c/sc tlc',
      'dekker.c/tso explorer',
      'dekker.c/tso tlc',
    ])
    const [, , explorer, tlc] = models
    const violated = (found: typeof explorer): readonly string[] =>
      (found?.properties ?? []).flatMap(({ name, verdict }) => (verdict === 'violated' ? [name] : []))
    expect(violated(tlc)).toEqual(['Assertion', 'DataRace'])
    expect(violated(explorer)).toEqual(violated(tlc))
    expect(explorer?.distinctStates).toBe(tlc?.distinctStates)
  })

  it.runIf(isCI)('says what TLC does not decide: it is nobody’s pass (needs CI)', () => {
    const { status, models } = json('check', 'sleep-wake.c', 'mcs-lock.c', '--memory', 'sc', '--engine', 'tlc')
    expect(status).toBe(0)
    expect(models.map(({ unchecked }) => unchecked)).toEqual([['LostWakeup'], ['EveryoneGetsIt']])
    const { stdout } = lockstep('check', 'sleep-wake.c', '--memory', 'sc', '--engine', 'tlc')
    expect(stdout).toMatch(/8 of 9 decided.*for the explorer alone; not checked: LostWakeup/)
  })

  it.runIf(isCI)(
    'keeps what the explorer says of a file that TLC cannot take, and says why there is no second opinion (needs CI)',
    () => {
      const { status, models, refused } = json('check', 'beyond.c', '--engine', 'all')
      expect(status).toBe(2)
      expect(models.map(({ model, engine }) => `${model} ${engine ?? ''}`)).toEqual([
        'beyond.c/sc explorer',
        'beyond.c/tso explorer',
      ])
      expect(refused?.map(({ message }) => message)).toEqual(Array(2).fill(expect.stringMatching(/32 bits/)))
      const { stdout, stderr } = lockstep('check', 'beyond.c', '--engine', 'all')
      expect([stdout, stderr]).toEqual([
        expect.stringMatching(/beyond\.c under TSO: \d+ states/),
        expect.stringMatching(/32 bits/),
      ])
    },
  )

  it('does not ask TLC about what nobody knows to its end', () => {
    const { status, stderr } = lockstep('check', 'dekker.c', '--engine', 'tlc', '--max-states', '20')
    expect([status, stderr]).toEqual([3, expect.stringMatching(/was not explored to its end/)])
  })
})

it('the embedded engine is not for C files', () => {
  const { status, stderr } = lockstep('check', 'dekker.c', '--engine', 'embedded')
  expect([status, stderr]).toEqual([2, expect.stringMatching(/--engine embedded is for protocols/)])
})

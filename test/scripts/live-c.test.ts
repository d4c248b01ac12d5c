/**
 * `lockstep live FILE.c`: what it prints and how it ends. Which weak outcomes are seen depends on the hardware: none is asserted. What
 * is seen since a thread went ahead before the race is drawn from the seed, and is.
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everydayShare, isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { inside } from './inside.ts'
import { ensureBuilt } from './tree.ts'

const root = packageRoot()

let directory: string
beforeAll(() => {
  ensureBuilt()
  directory = mkdtempSync(join(tmpdir(), 'lockstep-live-c-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const lockstep = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), ...args], {
    encoding: 'utf8',
    cwd: root,
  })
  return { status, stdout, stderr }
}

interface Document {
  readonly ok: boolean
  readonly protocol: string
  readonly rounds: number
  readonly outcome: string
  readonly sampled: number
  readonly accepted: number
  readonly acceptedUnderSc: number
  readonly notJudged: readonly string[]
  readonly notPlayed: readonly string[]
  readonly variants: readonly {
    readonly property: string
    readonly expected: string
    readonly outcome: string
    readonly lost: number
    readonly lostNeedingTso: number
  }[]
  readonly logs: readonly string[]
  readonly shown: readonly { readonly broken: readonly string[]; readonly log: readonly string[] }[]
}

const ROUNDS = isCI ? 3000 : 1000

const live = (
  target: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly said: Document } => {
  const { status, stdout, stderr } = lockstep('live', target, '--rounds', `${ROUNDS}`, '--json', ...args)
  expect(stderr).toBe('')
  return { status, said: JSON.parse(stdout) as Document }
}

const file = (name: string, ...lines: readonly string[]): string => {
  const path = join(directory, name)
  const includes = ['#include <lockstep.h>', '#include <linux/compiler.h>', '#include <linux/atomic.h>']
  writeFileSync(path, `${[...includes, ...lines].join('\n')}\n`)
  return path
}

/** Every round is one that TSO explains, and none breaks what holds under TSO. */
const isAsTheModelSays = ({ said, status }: ReturnType<typeof live>): void => {
  expect(said.accepted).toBe(said.sampled)
  expect(said.outcome).toBe('as-expected')
  for (const { outcome, expected, lost, lostNeedingTso } of said.variants) {
    expect(['as-expected', 'not-seen']).toContain(outcome)
    if (expected === 'holds') expect(lost).toBe(0)
    expect(lostNeedingTso).toBeLessThanOrEqual(lost)
  }
  expect(said.ok).toBe(true)
  expect(status).toBe(0)
}

const onTwoCores = describe.skipIf(availableParallelism() < 2)

onTwoCores('rounds', () => {
  it.runIf(isCI)('say nothing of a property that speaks of nothing: it is no pass (needs CI)', () => {
    const path = file(
      'silent.c',
      'static int x, never;',
      'LOCKSTEP_THREAD(one) { WRITE_ONCE(x, 1); }',
      'LOCKSTEP_THREAD(two) { WRITE_ONCE(x, 2); }',
      'LOCKSTEP_LEADS_TO(Silent, never, x == 1)',
    )
    const { status, said } = live(path)
    expect(status).toBe(0)
    expect(said.variants.find(({ property }) => property === 'Silent')).toMatchObject({ expected: 'vacuous', lost: 0 })
    const { stdout } = lockstep('live', path, '--rounds', `${ROUNDS}`)
    expect(stdout).toMatch(/Silent +VACUOUS +0 +nothing that it speaks of ever happens/)
    expect(stdout).not.toMatch(/division by zero/)
  })

  it.each(
    everydayShare<[string, string[]]>(
      [
        ['dekker', ['-DNO_MB']],
        ['sleep-wake', ['-DNO_MB']],
        ['poll-kick', ['-DRESTORE_ON_CANCEL', '--seconds', '3']],
      ],
      ([name]) => name === 'dekker',
    ),
  )('of %s.c %j are as the model says (a share every day, all in CI)', (name, args) => {
    isAsTheModelSays(live(`examples/${name}.c`, ...args))
  })

  it('break what can be broken, are shown in the file’s statements, and their logs are valid', () => {
    const logs = join(directory, 'logs')
    const played = live('examples/sleep-wake.c', '-DCHECK_FIRST', '--logs', logs)
    isAsTheModelSays(played)
    const { variants, shown, notJudged } = played.said
    const row = variants.find(({ property }) => property === 'LostWakeup')
    expect(row).toMatchObject({ expected: 'violated', outcome: 'as-expected' })
    expect(row?.lost).toBeGreaterThan(0)
    expect(notJudged).toEqual(['DataRace'])
    expect(shown[0]?.broken).toEqual(['LostWakeup'])
    const text = shown[0]?.log.join('\n')
    expect(text).toMatch(/22: READ_ONCE\(done\) == false/)
    expect(text).toMatch(/41: WRITE_ONCE\(done, true\)/)
    expect(text).toMatch(/in the end:\n {2}sleeper waits at line 34: schedule\(\)/)
    const written = readdirSync(logs)
    expect(written).toHaveLength(played.said.logs.length)
    expect(written[0]).toMatch(/^(?:violated|held)\.\d+\.ndjson$/)
    const paths = written.map((name) => join(logs, name))
    expect(lockstep('validate', 'examples/sleep-wake.c/tso', ...paths, '-DCHECK_FIRST').status).toBe(0)
    // of a log that says something else
    const [first = ''] = paths.filter((path) => path.includes('violated'))
    const broken = join(directory, 'broken.ndjson')
    writeFileSync(broken, readFileSync(first, 'utf8').replace(/("action":"sleeper_L22".*?"result":)0/, '$11'))
    const { status, stdout } = lockstep('validate', 'examples/sleep-wake.c/tso', broken, '-DCHECK_FIRST')
    expect(stdout).toContain('does not allow')
    expect(status).toBe(1)
  })

  it.runIf(isCI)(
    'let several locations change at once, as the model does, while others look and store (needs CI)',
    () => {
      const path = file(
        'at-once.c',
        'static int a, b;',
        'LOCKSTEP_DAEMON(writer) {',
        '  for (;;) {',
        '    LOCKSTEP_ATOMIC { a = 1; b = 1; }',
        '    WRITE_ONCE(b, 2);',
        '    LOCKSTEP_ATOMIC { a = 0; b = 0; }',
        '  }',
        '}',
        'LOCKSTEP_DAEMON(reader) {',
        '  for (;;) {',
        '    int x, y;',
        '    LOCKSTEP_STEP { x = READ_ONCE(a); y = READ_ONCE(b); }',
        '    assert(x == y || y == 2);',
        '  }',
        '}',
      )
      const played = live(path)
      isAsTheModelSays(played)
      expect(played.said.variants.map(({ property }) => property)).toContain('Assertion')
    },
  )

  it.runIf(isCI)('that another memory model has to explain are held against that (needs CI)', () => {
    const { status, said } = live('examples/sleep-wake.c', '--memory', 'pso')
    expect(said).toMatchObject({ memory: 'pso', outcome: 'as-expected' })
    expect(status).toBe(0)
  })

  it.runIf(isCI)('go without interrupts, and say so (needs CI)', () => {
    const path = file(
      'handler.c',
      'static int x, y;',
      'LOCKSTEP_THREAD(a) { WRITE_ONCE(x, 1); }',
      'LOCKSTEP_THREAD(b) { WRITE_ONCE(y, READ_ONCE(x)); }',
      'LOCKSTEP_INTERRUPT(tick, a) { WRITE_ONCE(y, 2); }',
    )
    expect(live(path).said).toMatchObject({ notPlayed: ['tick'], outcome: 'as-expected' })
  })
})

onTwoCores('what cannot be played', () => {
  it.each([
    [['examples/irq-vs-thread.c'], 2, /live lets two threads race, and the file has one that is no interrupt handler/],
    [['examples/dekker.c/sc'], 2, /live plays on hardware.*\n.*--memory sc/],
    [['examples/dekker.c', '--interpreter', 'general'], 2, /--interpreter general is for protocols/],
    [['poll-kick', '--memory', 'tso'], 2, /--memory is for C files/],
    [['examples/dekker.c', '--max-states', '10'], 3, /dekker\.c under TSO is not known whole: there are more than/],
  ])('%j is refused', async (args, code, why) => {
    const left = await inside(['live', ...args])
    expect(left.stderr).toMatch(why)
    expect(left).toMatchObject({ stdout: '', code })
  })
})

it('list does not say of a C file that it breaks nothing: nobody has looked', async () => {
  const { stdout, code } = await inside(['list', 'examples/dekker.c', '-DNO_MB'])
  expect(stdout).toContain('what it breaks is not known yet: `lockstep check examples/dekker.c`')
  expect(stdout).not.toContain('nothing')
  expect(code).toBe(0)
})

describe('commands that are not for C files', () => {
  it.each([
    ['mutate', 'lockstep ablate examples/dekker.c'],
    ['bench', 'lockstep check examples/dekker.c --engine all'],
    ['verify', 'lockstep prove examples/dekker.c'],
    ['start', 'lockstep check examples/dekker.c'],
    ['doctor', 'lockstep check examples/dekker.c'],
    ['new', 'lockstep check examples/dekker.c'],
    ['tlc', 'lockstep spec examples/dekker.c'],
  ])('%s says what is: %s', async (command, instead) => {
    const left = await inside([command, 'examples/dekker.c'])
    expect(left.stderr).toMatch(/^lockstep: examples\/dekker\.c: .*\n {2}.*\n$/)
    expect(left.stderr).toContain(`\`${instead}\``)
    expect(left).toMatchObject({ stdout: '', code: 2 })
  })
})

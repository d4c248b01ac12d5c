/** `lockstep check FILE.c` and the other commands on C files, from outside. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { ensureBuilt } from './tree.ts'

const root = packageRoot()
const example = (name: string): string => join('examples', `${name}.c`)
const litmus = (name: string): string => join(root, 'test', 'lib', 'litmus', 'samples', `${name}.litmus`)

let directory: string
beforeAll(() => {
  ensureBuilt()
  directory = mkdtempSync(join(tmpdir(), 'lockstep-c-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const lockstep = (args: readonly string[], input = '', cwd = root): Ran => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), ...args], {
    encoding: 'utf8',
    input,
    cwd,
  })
  return { status, stdout, stderr }
}

const file = (name: string, content: string): string => {
  const path = join(directory, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** Lines of C behind the header that every file has. */
const c = (...lines: readonly string[]): string =>
  `${['#include <lockstep.h>', '#include <linux/compiler.h>', ...lines].join('\n')}\n`

interface Cell {
  readonly name: string
  readonly verdict: string
  readonly expected: string | null
  readonly counterexample?: string
}

interface Document {
  readonly ok: boolean
  readonly error?: Record<string, unknown>
  readonly models?: readonly {
    readonly model: string
    readonly memory: string
    readonly verdict: string
    readonly asExpected: boolean
    readonly stopped: { readonly why: string } | null
    readonly properties: readonly Cell[]
  }[]
  readonly tests?: readonly Record<string, unknown>[]
  readonly refused?: readonly Record<string, unknown>[]
}

const document = (args: readonly string[]): Document & { readonly status: number | null } => {
  const { status, stdout } = lockstep([...args, '--json'])
  return { ...(JSON.parse(stdout) as Document), status }
}

const LANES = `sleeper                           waker
-------                           -----
sleeper()
  26: __set_current_state(
      TASK_UNINTERRUPTIBLE)
  /* buffered: not visible yet */
  27: READ_ONCE(done) == false
                                  waker()
                                    41: WRITE_ONCE(done, true)
                                    /* buffered: not visible yet */
                                  <visible: done = true>
                                    42: wake_up_process(lockstep_task(
                                        sleeper))
                                      try_to_wake_up()
  blocked...

stuck:
  sleeper sleeps in schedule(), line 34 in sleeper().
  It could go on after waker's wake_up_process(lockstep_task(sleeper)) at
    line 42, which came too early: it was step 5 of 5.
`

describe('check FILE.c', () => {
  it('shows a lost wake-up in the file’s own statements, and what is stuck', () => {
    const { status, stdout, stderr } = lockstep(['check', example('sleep-wake'), '-DNO_MB'])
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toContain(LANES)
    expect(stdout).toMatch(/under SC: 19 states.*\n {2}holds .*no BUG_ON\(\)/)
    expect(stdout).toMatch(/^ {2}VIOLATED +LostWakeup {2}after 5 steps$/m)
    expect(stdout).toMatch(/assumed +store buffers of 4 stores, of which none was ever full/)
  })

  it('holds: exit 0, under sc and tso unless told otherwise', () => {
    const { status, models = [] } = document(['check', example('sleep-wake')])
    expect(status).toBe(0)
    expect(models.map(({ memory, verdict }) => `${memory} ${verdict}`)).toEqual(['sc holds', 'tso holds'])
  })

  it.runIf(isCI)('--memory all, in any letters, and FILE.c/pso (needs CI)', () => {
    const memories = (args: readonly string[]): string[] =>
      document(['check', ...args]).models?.map(({ memory }) => memory) ?? []
    expect(memories([example('sleep-wake'), '--memory', 'ALL'])).toEqual(['sc', 'tso', 'pso'])
    expect(memories([`${example('sleep-wake')}/pso`])).toEqual(['pso'])
    expect(lockstep(['check', `${example('sleep-wake')}/arm`]).stderr).toMatch(
      /no memory model "arm"\n {2}there are sc/,
    )
  })

  it('has the contract’s JSON, and the counterexample in it', () => {
    const { status, ok, models = [] } = document(['check', example('sleep-wake'), '-DNO_MB', '--memory', 'tso'])
    expect({ status, ok }).toEqual({ status: 1, ok: false })
    expect(models).toMatchObject([
      {
        model: 'examples/sleep-wake.c/tso',
        protocol: 'examples/sleep-wake.c',
        design: '-DNO_MB',
        engine: 'explorer',
        verdict: 'violated',
        asExpected: false,
        distinctStates: 39,
        slots: 4,
        wasFull: false,
        stopped: null,
      },
    ])
    const cell = models[0]?.properties.find(({ name }) => name === 'LostWakeup')
    expect(cell).toMatchObject({ kind: 'possibility', verdict: 'violated', depth: 6 })
    expect(cell?.counterexample).toContain(LANES)
  })

  it('says where a buffer that was full may have hidden something', () => {
    const { stdout } = lockstep(['check', example('seqlock'), '--memory', 'tso', '--slots', '1'])
    expect(stdout).toMatch(/store buffers of 1 store: some thread had to wait because its own was full; --slots N/)
  })

  it('a counter that grows for ever is incomplete, by its name and place: exit 3', () => {
    const path = file(
      'grow.c',
      c('static int n;', 'LOCKSTEP_THREAD(a)', '{', '\tfor (;;)', '\t\tWRITE_ONCE(n, READ_ONCE(n) + 1);', '}'),
    )
    const { status, models = [] } = document(['check', path, '--memory', 'sc'])
    expect(status).toBe(3)
    expect(models[0]).toMatchObject({ verdict: 'incomplete', asExpected: false, distinctStates: null })
    expect(models[0]?.stopped?.why).toMatch(
      /the variable n has more and more values, by WRITE_ONCE\(n, .* at .*grow\.c:7/,
    )
  })

  it('--max-states ends a search, and that is no pass', () => {
    const { status, models = [] } = document(['check', example('dekker'), '--memory', 'sc', '--max-states', '10'])
    expect({ status, why: models[0]?.stopped?.why }).toEqual({ status: 3, why: 'there are more than 10 states' })
    expect(models[0]?.properties.map(({ verdict }) => verdict)).not.toContain('holds')
  })

  it.runIf(isCI)('what is never reached is vacuous, and no pass (needs CI)', () => {
    const path = file(
      'vacuous.c',
      c('static int n;', 'LOCKSTEP_THREAD(a)', '{', '\tif (READ_ONCE(n))', '\t\tassert(0);', '}'),
    )
    const { status, models = [] } = document(['check', path, '--memory', 'sc'])
    expect({ status, verdict: models[0]?.verdict }).toEqual({ status: 1, verdict: 'vacuous' })
  })

  it('a data race is told with both places', () => {
    const { stdout } = lockstep(['check', example('dekker'), '-DNO_MB', '--memory', 'tso'])
    expect(stdout).toMatch(
      /^data race on inside:\n {2}cpu 0 is about to write it, plainly: inside\+\+, line 39 in cpu\(\)\n {2}cpu 1 is about to read it, plainly/m,
    )
  })

  it('a failed assertion is told with its place', () => {
    const path = file(
      'fail.c',
      c(
        'static int n;',
        'static void check(void)',
        '{',
        '\tassert(READ_ONCE(n) == 1);',
        '}',
        'LOCKSTEP_THREAD(a)',
        '{',
        '\tcheck();',
        '}',
      ),
    )
    expect(lockstep(['check', path, '--memory', 'sc']).stdout).toMatch(
      /^failed:\n {2}a, line 6 in check\(\): assert\(READ_ONCE\(n\) == 1\)/m,
    )
  })

  it.runIf(isCI)('-n lists the steps as they are understood (needs CI)', () => {
    const { status, stdout } = lockstep(['check', '-n', example('wait-event'), '-DNO_MB'])
    expect(status).toBe(0)
    expect(stdout).toMatch(
      /^examples\/wait-event\.c: thread waker\n {2}waker\(\) +24 +WRITE_ONCE\(done, true\) +store, once$/m,
    )
    expect(stdout).toMatch(/spin_lock\(\): one step, locked: 1 load, 1 store; waits for !lock->locked/)
    expect(stdout).not.toMatch(/smp_mb/)
  })
})

describe('--expect', () => {
  it('checks every set of -D that the file speaks of', () => {
    const { status, models = [] } = document(['check', example('sleep-wake'), '--expect'])
    expect(status).toBe(0)
    expect(
      models.map((m) => `${m.memory} ${m.properties.find(({ name }) => name === 'LostWakeup')?.verdict ?? ''}`),
    ).toEqual([
      'sc holds',
      'tso holds',
      'pso holds',
      'sc holds',
      'tso violated',
      'pso violated',
      'sc violated',
      'tso violated',
      'pso violated',
    ])
  })
  it('exit 1 on a difference, in either direction', () => {
    const text = (line: string): string => c(line, 'static int n;', 'LOCKSTEP_THREAD(a) { assert(READ_ONCE(n) == 0); }')
    const path = file('differs.c', text('// lockstep[sc]: Assertion violated'))
    expect(lockstep(['check', path, '--expect'])).toMatchObject({ status: 1 })
    expect(lockstep(['check', path, '--expect']).stdout).toMatch(/holds +Assertion {2}EXPECTED: violated/)
    expect(lockstep(['check', path]).status).toBe(0)
  })
  it.each([
    ['// lockstep: Assertion is fine', 'c-expectation', /says no verdict/],
    ['// lockstep: Assertoin holds', 'c-expectation', /no property Assertoin/],
    ['// lockstep[arm]: Assertion holds', 'c-expectation', /"arm" selects nothing/],
    ['// nothing', 'no-expectation', /does not say what is expected/],
  ])('%s', (line, code, words) => {
    const path = file(
      'bad-expectation.c',
      c(line, 'static int n;', 'LOCKSTEP_THREAD(a) { assert(READ_ONCE(n) == 0); }'),
    )
    const { status, error } = document(['check', path, '--expect'])
    expect({ status, error }).toMatchObject({ status: 2, error: { code, file: path } })
    expect(String(error?.['message'])).toMatch(words)
  })
})

describe('batches', () => {
  it('each file is answered or refused, and the worst is the exit code', () => {
    const bad = file('bad.c', c('LOCKSTEP_THREAD(a)', '{', '\tfoo();', '}'))
    const targets = [bad, example('dekker'), litmus('SB'), 'litmus/sb.sc', '--memory', 'sc']
    const { status, models = [], tests = [], refused = [] } = document(['check', ...targets, '--engine', 'explorer'])
    expect(status).toBe(2)
    expect(models.map(({ model }) => model)).toEqual(['examples/dekker.c/sc', 'litmus/sb.sc'])
    expect(tests.map((test) => test['test'])).toEqual(['SB'])
    expect(refused).toMatchObject([{ code: 'c-unknown', file: bad, line: 5, column: 2 }])
  })
  it.runIf(isCI)('a directory and a quoted glob are the files in them (needs CI)', () => {
    file('tree/a.c', c('LOCKSTEP_THREAD(a) { }'))
    file('tree/below/b.c', c('LOCKSTEP_THREAD(b) { }'))
    const names = (target: string): string[] =>
      document(['check', target, '--memory', 'sc']).models?.map(({ model }) => model.slice(directory.length)) ?? []
    expect(names(`${directory}/tree`)).toEqual(['/tree/a.c/sc', '/tree/below/b.c/sc'])
    expect(names(`${directory}/tree/*.c`)).toEqual(['/tree/a.c/sc'])
    expect(document(['check', `${directory}/tree/*.litmus`]).error).toMatchObject({ code: 'no-files' })
  })
})

describe('what a file includes', () => {
  it('is beside it, in -I, or ours, and never elsewhere', () => {
    file('elsewhere/secret.h', '#define SECRET 1\n')
    const path = file(
      'inc/race.c',
      c('#include "own.h"', '#include "more.h"', 'LOCKSTEP_THREAD(a) { assert(OWN == MORE); }'),
    )
    file('inc/own.h', '#define OWN 1\n')
    file('include/more.h', '#define MORE 1\n')
    expect(lockstep(['check', path, '-I', join(directory, 'include')]).status).toBe(0)
    expect(document(['check', path]).error).toMatchObject({ code: 'c-include', file: path, line: 4 })
    const out = file('inc/out.c', c('#include "../elsewhere/secret.h"', 'LOCKSTEP_THREAD(a) { }'))
    expect(document(['check', out]).error).toMatchObject({ code: 'c-include', file: out, line: 3 })
    expect(document(['check', path, '-I', join(directory, 'none')]).error).toMatchObject({ code: 'usage' })
  })
  it.runIf(isCI)('-D NAME=VALUE, and what is no name (needs CI)', () => {
    const path = file('define.c', c('LOCKSTEP_THREAD(a) { assert(N == 3); }'))
    expect(lockstep(['check', path, '-D', 'N=3']).status).toBe(0)
    expect(lockstep(['check', path, '-DN=4']).status).toBe(1)
    expect(document(['check', path, '-D', '3=N']).error).toMatchObject({ code: 'usage' })
  })
})

describe('the other commands', () => {
  it('explain says which memory model it shows', () => {
    const { status, stdout, stderr } = lockstep(['explain', example('sleep-wake'), '-DNO_MB'])
    expect(status).toBe(0)
    expect(stdout).toContain(LANES)
    expect(stderr).toMatch(/this is examples\/sleep-wake\.c\/tso/)
  })
  it.runIf(isCI)('explain of what holds says so (needs CI)', () => {
    const { status, stderr } = lockstep(['explain', example('sleep-wake')])
    expect(status).toBe(2)
    expect(stderr).toMatch(
      /^lockstep: every property holds in examples\/sleep-wake\.c\/sc and examples\/sleep-wake\.c\/tso/,
    )
  })
  it.runIf(isCI)('replay takes the trace that explain writes (needs CI)', () => {
    const model = `${example('sleep-wake')}/tso`
    const trace = file('cx.itf.json', lockstep(['explain', model, '-DNO_MB', '--format', 'itf']).stdout)
    expect(lockstep(['replay', model, trace, '-DNO_MB'])).toMatchObject({ status: 0 })
    expect(lockstep(['replay', model, trace]).status).not.toBe(0)
  })
  it.runIf(isCI)('validate takes steps by file and line (needs CI)', () => {
    const model = `${example('sleep-wake')}/tso`
    const marker = (text: string): string => ` task-21    [001] d..1.  1234.567890: bprint: f: lockstep: ${text}\n`
    const good = marker('sleep-wake.c:30 thread=sleeper0') + marker('sleep-wake.c:41 thread=waker0')
    expect(lockstep(['validate', model, '-'], good)).toMatchObject({ status: 0 })
    const rejected = lockstep(['validate', model, '-'], marker('sleep-wake.c:31 thread=sleeper0'))
    expect(rejected.status).toBe(1)
    expect(rejected.stdout).toMatch(/refuses +sleeper0 is at sleeper_L30/)
    const several = lockstep(['validate', model, '-'], marker('sleep-wake.c:42 thread=waker0'))
    expect(several.stderr).toMatch(/is 2 steps of the model\n {2}name the one that is meant: waker_L42, waker_L42_5/)
  })
  it('list has its models', () => {
    expect(lockstep(['list', example('dekker')]).stdout).toMatch(
      /examples\/dekker\.c\/sc .*\n.*dekker\.c\/tso .*\n.*dekker\.c\/pso/,
    )
  })
  it('mutate says that it is not for C files', () => {
    expect(document(['mutate', example('dekker')])).toMatchObject({ status: 2, ok: false })
  })
})

it('what a file says reaches no terminal raw', () => {
  const path = file('esc.c', c('static int n;', 'LOCKSTEP_THREAD(a) { assert(READ_ONCE(n) == 1 && "\u001b[31m"); }'))
  for (const args of [
    ['check', path],
    ['check', path, '--json'],
    ['explain', path],
  ]) {
    const { stdout, stderr } = lockstep(args)
    expect(stdout + stderr).not.toContain('\u001b')
  }
})

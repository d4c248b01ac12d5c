/** `lockstep check FILE.litmus` from outside: what it prints, its exit codes, one clear error for bad input. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const root = packageRoot()
const sample = (name: string): string => join(root, 'test', 'lib', 'litmus', 'samples', `${name}.litmus`)

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lockstep-litmus-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const lockstep = (args: readonly string[], input = ''): { status: number | null; stdout: string; stderr: string } => {
  const command = [join(root, 'bin', 'lockstep.mjs'), 'check', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', input })
  return { status, stdout, stderr }
}

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(directory, name)
  writeFileSync(path, content)
  return path
}

interface ErrorDocument {
  readonly ok: boolean
  readonly error: Record<string, unknown> & { readonly message: string }
}

const expectError = (args: readonly string[], exit: number, wanted: Record<string, unknown>, words: RegExp): void => {
  const { status, stdout, stderr } = lockstep([...args, '--json'])
  expect({ status, stderr }).toEqual({ status: exit, stderr: '' })
  const { ok, error } = JSON.parse(stdout) as ErrorDocument
  expect(ok).toBe(false)
  expect(error).toMatchObject(wanted)
  expect(error['hint']).toBeTruthy()
  expect(error.message).toMatch(words)
}

const SB_TSO = `Test SB Allowed
States 4
0:r0=0; 1:r0=0;
0:r0=0; 1:r0=1;
0:r0=1; 1:r0=0;
0:r0=1; 1:r0=1;
Ok
Witnesses
Positive: 1 Negative: 3
Condition exists (0:r0=0 /\\ 1:r0=0)
Observation SB Sometimes 1 3
`

describe('check FILE.litmus', () => {
  it('answers in herd’s form, under TSO unless told otherwise', () => {
    expect(lockstep([sample('SB')])).toEqual({ status: 0, stdout: SB_TSO, stderr: '' })
    expect(lockstep([sample('SB'), '--memory', 'tso']).stdout).toBe(SB_TSO)
    expect(lockstep([sample('SB'), '--memory', 'TSO']).stdout).toBe(SB_TSO)
  })

  it.each([
    ['sc', 'Never 0 3'],
    ['tso', 'Never 0 3'],
    ['pso', 'Sometimes 1 3'],
  ])('--memory %s', (memory, observation) => {
    const { status, stdout } = lockstep([sample('MP'), '--memory', memory])
    expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
      status: 0,
      last: `Observation MP ${observation}`,
    })
  })

  it('--witness shows a run to a state that the condition is about, in the words of the test', () => {
    const { status, stdout } = lockstep([sample('SB'), '--witness'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^ +9: WRITE_ONCE\(\*x, 1\)/m)
    expect(stdout).toMatch(/\/\* buffered: not visible yet \*\//)
    expect(stdout).toMatch(/^Reached: 0:r0=0 \/\\ 1:r0=0$/m)
    expect(lockstep([sample('SB'), '--witness', '--memory', 'sc']).stdout).toMatch(/^no run ends so$/m)
    const json = JSON.parse(lockstep([sample('SB'), '--witness', '--json']).stdout) as { witness: string }
    expect(json.witness).toMatch(/^Reached: /m)
  })

  it('--expect holds an answer to what the test says: 1 for a contradiction, none for what x86 never does', () => {
    const test = (result: string, condition: string): string =>
      file(
        `${result}.litmus`,
        `C t\n(* Result: ${result} *)\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nP1(int *x) { int r0 = READ_ONCE(*x); }\nexists (${condition})\n`,
      )
    expect(lockstep([test('Never', '1:r0=1'), '--expect']).status).toBe(1)
    expect(lockstep([test('Never', '1:r0=2'), '--expect']).status).toBe(0)
    const { status, stdout } = lockstep([test('Sometimes', '1:r0=2'), '--expect'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/no contradiction/)
  })

  it('exits 0 whatever the answer is', () => {
    const { status, stdout } = lockstep([sample('forbidden')])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^No$/m)
  })

  it('reads stdin', () => {
    const text = 'C in\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nforall (x=1)\n'
    expect(lockstep(['-'], text).stdout).toMatch(/^Observation in Always 1 0$/m)
  })

  it.runIf(isCI)('several files, one after the other (needs CI)', () => {
    const { status, stdout } = lockstep([sample('SB'), sample('MP')])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^Observation SB Sometimes 1 3\n\nTest MP Allowed$/m)
  })

  it('one JSON document', () => {
    const { status, stdout } = lockstep([sample('publish'), '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      file: sample('publish'),
      test: 'publish',
      memory: 'tso',
      kind: 'Allowed',
      condition: 'exists (1:r0=new /\\ 1:r1=0)',
      states: [
        { outcome: { '1:r0': 'new', '1:r1': 1 }, satisfies: false },
        { outcome: { '1:r0': 'old', '1:r1': 7 }, satisfies: false },
      ],
      verdict: 'No',
      observation: 'Never',
      positive: 0,
      negative: 2,
      stuck: [],
      notes: [],
    })
  })

  it.runIf(isCI)('one JSON document of several files (needs CI)', () => {
    const { stdout } = lockstep([sample('SB'), sample('deadlock'), '--memory', 'sc', '--json'])
    const { ok, tests } = JSON.parse(stdout) as { ok: boolean; tests: Record<string, unknown>[] }
    expect({ ok, names: tests.map((t) => t['test']) }).toEqual({ ok: true, names: ['SB', 'deadlock'] })
    expect(tests[1]?.['stuck']).toHaveLength(2)
  })
})

describe('bad usage', () => {
  it.runIf(isCI)('--memory without a litmus test (needs CI)', () => {
    expectError(['--memory', 'sc'], 2, { code: 'usage' }, /--memory is for C files and litmus tests/)
    expectError(['flush-inhibit', '--memory', 'sc'], 2, { code: 'usage' }, /--memory is for C files and litmus tests/)
  })
  it('a memory model that there is not', () => {
    expect(lockstep([sample('SB'), '--memory', 'arm']).status).toBe(2)
  })
  it.each([['--engine', 'tlc'], ['--tag', 'full'], ['--coverage'], ['--dry-run'], ['--heap', '100']])(
    '%s %s',
    (...option) => {
      expectError([sample('SB'), ...option], 2, { code: 'usage' }, /is for models, not for litmus tests/)
    },
  )
})

describe('bad input', () => {
  it('a construct outside of the subset, with file, line and column', () => {
    const path = file('loop.litmus', 'C loop\n{}\nP0(int *x)\n{\n  while (READ_ONCE(*x)) ;\n}\nexists (x=1)\n')
    const wanted = { code: 'litmus-unsupported', file: path, line: 5, column: 3 }
    expectError([path], 2, wanted, /a loop \(while\) is outside of the subset/)
    const { status, stdout, stderr } = lockstep([path])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toBe(
      `lockstep: ${path}:5:3: a loop (while) is outside of the subset that is run\n` +
        '  write the rounds out one after the other, or keep the executions that leave the loop with `filter`\n',
    )
  })
  it('one bad file among good ones is refused, and the others are answered', () => {
    const path = file('bad.litmus', 'C bad\n{}\nP0(int *x) { }\nexists (0:r0=1)\n')
    const { status, stdout, stderr } = lockstep([path, sample('SB')])
    expect({ status, stdout }).toEqual({ status: 2, stdout: SB_TSO })
    expect(stderr).toMatch(/bad\.litmus:4:/)
  })
  it('a file that is not there', () => {
    expectError([join(directory, 'absent.litmus')], 2, { code: 'unreadable' }, /no such file/)
  })
  it('an empty file', () => {
    expectError([file('empty.litmus', '')], 2, { code: 'litmus-syntax', line: 1, column: 1 }, /expected C/)
  })
  it('what is no text', () => {
    expectError([file('nul.litmus', 'C t\0')], 2, { code: 'nul-byte' }, /NUL/)
    expectError([file('latin.litmus', Uint8Array.of(0x43, 0xff))], 2, { code: 'not-utf8' }, /UTF-8/)
  })
  it.runIf(isCI)('a test with too many states is incomplete, not answered (needs CI)', () => {
    const body = ['x', 'y', 'z', 'u', 'v', 'w'].map((l, i) => `WRITE_ONCE(*${l}, ${i + 1}); WRITE_ONCE(*${l}, 9);`)
    const parameters = 'int *x, int *y, int *z, int *u, int *v, int *w'
    const threads = [0, 1, 2, 3, 4].map((n) => `P${n}(${parameters}) { ${body.join(' ')} }`)
    const path = file('large.litmus', `C large\n{}\n${threads.join('\n')}\nexists (x=1)\n`)
    expectError([path, '--memory', 'pso'], 3, { code: 'litmus-too-many-states', file: path }, /no answer/)
  })
})

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { everydayShare, isCI } from '../../effort.ts'
import { parseToolTraces } from '../../../impl/lib/tla/trace/tlc-trace.ts'
import { livingChildren } from '../../../scripts/node/children.ts'
import type { Jar } from '../../../scripts/tlc/jar.ts'
import { resolveJar } from '../../../scripts/tlc/jar.ts'
import type { Java } from '../../../scripts/tlc/java.ts'
import { findJava } from '../../../scripts/tlc/java.ts'
import type { TlcOptions, TlcRun } from '../../../scripts/tlc/run.ts'
import { printCommand } from '../../../scripts/tlc/command.ts'
import { passThrough, runTlc } from '../../../scripts/tlc/run.ts'
import { bundle, gone, until } from './processes.ts'
import { printRaw } from './tool-output.ts'

const java: Java | undefined = await findJava().catch(() => undefined)

const SPEC = `---- MODULE Tiny ----
EXTENDS Integers, FiniteSets, TLC
CONSTANT N
VARIABLES x, y
vars == <<x, y>>
Init == x = 0 /\\ y = 0
Up == x < N /\\ x' = x + 1 /\\ UNCHANGED y
Flip == y' = 1 - y /\\ UNCHANGED x
Next == Up \\/ Flip
Spec == Init /\\ [][Next]_vars
UpOnly == Init /\\ [][Up]_vars
FairSpec == Init /\\ [][Next]_vars /\\ WF_vars(Up)
Nothing == x = 0 /\\ x = 1 /\\ y = 0
Endless == x' = x + 1 /\\ UNCHANGED y
NoStates == Nothing /\\ [][Next]_vars
EndlessSpec == Init /\\ [][Endless]_vars
Small == x < 3
NotZero == x # 0
Nonsense == x + "a" = 2
Hog == Cardinality({<<f, f[1]>> : f \\in [1..6 -> x..(x + 9)]}) > 4
Told == PrintT(<<"told", x>>)
Mono == [][x' >= x /\\ y' >= y]_vars
Reach == <>(x = N)
====
`

const BROKEN = `---- MODULE Broken ----
EXTENDS Naturals
VARIABLE x
Init == x = 0 /\\
Next == x' = x + 1
====
`

const UNKNOWN = `---- MODULE Unknown ----
EXTENDS Naturals, Tiny
Other == x' = nowhere + 1
====
`

let root: string
let jar: Jar

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'run-test-'))
  for (const [name, text] of Object.entries({ Tiny: SPEC, Broken: BROKEN, Unknown: UNKNOWN })) {
    writeFileSync(join(root, `${name}.tla`), text)
  }
  if (java !== undefined) jar = await resolveJar()
  mkdirSync(join(root, 'tmp'))
  vi.stubEnv('TMPDIR', join(root, 'tmp'))
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

let configurations = 0

const cfg = (lines: string): string => {
  const file = join(root, `${String(configurations++)}.cfg`)
  writeFileSync(file, lines)
  return file
}

const task = (lines: string, more: Partial<TlcOptions> = {}): TlcOptions => {
  if (java === undefined) throw new Error('this test needs Java')
  const cfgFile = cfg(`CONSTANT N = 5\n${lines}\n`)
  return { java, jar, specFile: join(root, 'Tiny.tla'), cfgFile, deadlock: true, heapMb: 256, ...more }
}

const run = (lines: string, more: Partial<TlcOptions> = {}): Promise<TlcRun> => runTlc(task(lines, more))

/** What runs have left in their temporary directory, which no other process uses. */
const leftovers = (): string[] => readdirSync(join(root, 'tmp'))

describe.skipIf(java === undefined)('runTlc (needs Java)', () => {
  it('success: all counts', async () => {
    expect(await run('SPECIFICATION Spec\nINVARIANT Told')).toMatchObject({
      outcome: 'success',
      problem: undefined,
      exitCode: 0,
      version: '2.18 of 20 March 2023',
      statesGenerated: 23,
      distinctStates: 12,
      depth: 7,
      violated: [],
      trace: [],
      output: expect.arrayContaining(['<<"told", 3>>']) as string[],
    })
  })

  it.each(
    everydayShare<[string, string, Partial<TlcRun>, number]>(
      [
        [
          'an invariant',
          'SPECIFICATION Spec\nINVARIANT Small',
          { outcome: 'violation', violated: ['Small'], exitCode: 12 },
          4,
        ],
        [
          'an action property',
          'SPECIFICATION Spec\nPROPERTY Mono',
          { outcome: 'violation', violated: ['Mono'], exitCode: 13 },
          3,
        ],
        [
          'a temporal property',
          'SPECIFICATION Spec\nPROPERTY Reach',
          { outcome: 'liveness', violated: [], exitCode: 13, depth: 7 },
          6,
        ],
        [
          'deadlock',
          'SPECIFICATION UpOnly',
          { outcome: 'deadlock', violated: ['Deadlock'], exitCode: 11, depth: 6 },
          6,
        ],
        [
          'an initial state',
          'SPECIFICATION Spec\nINVARIANT NotZero',
          { outcome: 'violation', violated: ['NotZero'], exitCode: 12 },
          1,
        ],
      ],
      ([what]) => ['an invariant', 'a temporal property', 'deadlock'].includes(what),
    ),
  )('finding: %s, with its trace (a share every day, all in CI)', async (_, lines, expected, length) => {
    const found = await run(lines)
    expect(found).toMatchObject({ ...expected, problem: undefined })
    expect(parseToolTraces(found.trace.map(printRaw).join(''))[0]?.states).toHaveLength(length)
    expect(leftovers()).toEqual([])
  })

  it.runIf(isCI)('finds the same counterexample each time (needs CI)', async () => {
    const [one, other] = [
      await run('SPECIFICATION Spec\nPROPERTY Reach'),
      await run('SPECIFICATION Spec\nPROPERTY Reach'),
    ]
    expect(one.trace).toEqual(other.trace)
    // by chance two runs may agree anyway
    expect(printCommand(task('SPECIFICATION Spec'))).toContain(' -fp 0 ')
    expect(printCommand(task('SPECIFICATION Spec', { extraArgs: ['-fp', '3'] }))).not.toContain(' -fp 0 ')
  })

  it.runIf(isCI)('checks deadlock only if told (needs CI)', async () => {
    expect(await run('SPECIFICATION UpOnly', { deadlock: false })).toMatchObject({ outcome: 'success' })
  })

  it.runIf(isCI)('checks liveness with several workers and the flags for large models (needs CI)', async () => {
    const options = { workers: 'auto', small: false } as const
    expect(await run('SPECIFICATION FairSpec\nPROPERTY Reach', options)).toMatchObject({ outcome: 'success' })
  })

  it('reports the place of a syntax error', async () => {
    const { outcome, problem } = await run('INIT Init\nNEXT Next', { specFile: join(root, 'Broken.tla') })
    expect(outcome).toBe('parse-error')
    expect(problem).toMatchObject({
      exit: 2,
      problem: { code: 'spec-parse-error', file: join(root, 'Broken.tla'), line: 5, column: 1 },
    })
  })

  it('reports the place of an unknown name', async () => {
    const { problem } = await run('INIT Init\nNEXT Next', { specFile: join(root, 'Unknown.tla') })
    expect(problem).toMatchObject({
      exit: 2,
      problem: { file: join(root, 'Unknown.tla'), line: 3, column: 15, message: "Unknown operator: `nowhere'." },
    })
  })

  it('reports the place of an error in the configuration', async () => {
    const { outcome, problem } = await run('SPECIFICATION')
    expect(outcome).toBe('config-error')
    expect(problem).toMatchObject({ exit: 2, problem: { code: 'cfg-error', line: 2 } })
  })

  it.runIf(isCI)('reports the place of an expression that has no value (needs CI)', async () => {
    const { outcome, problem } = await run('SPECIFICATION Spec\nINVARIANT Nonsense')
    expect(outcome).toBe('error')
    expect(problem).toMatchObject({ exit: 2, problem: { code: 'evaluation-error', file: 'Tiny.tla', line: 19 } })
  })

  it('takes no model without initial states for a success', async () => {
    const { outcome, problem } = await run('SPECIFICATION NoStates')
    expect(outcome).toBe('error')
    expect(problem).toMatchObject({ exit: 2, problem: { code: 'no-initial-state' } })
  })

  it('runs out of memory', async () => {
    const { outcome, problem } = await run('SPECIFICATION Spec\nINVARIANT Hog', { heapMb: 24 })
    expect(outcome).toBe('out-of-memory')
    expect(problem).toMatchObject({ exit: 3, problem: { code: 'tlc-out-of-memory' } })
  })

  it('refuses arguments that TLC does not know', async () => {
    const { outcome, problem } = await run('SPECIFICATION Spec', { extraArgs: ['-frob'] })
    expect(outcome).toBe('error')
    expect(problem).toMatchObject({ exit: 2, problem: { code: 'tlc-usage' } })
  })

  it('a simulation is no success', async () => {
    const { outcome } = await run('SPECIFICATION Spec', { extraArgs: ['-simulate', 'num=3', '-depth', '5'] })
    expect(outcome).toBe('error')
  })

  it.runIf(isCI)('reports coverage (needs CI)', async () => {
    const { messages } = await run('SPECIFICATION Spec', { extraArgs: ['-coverage', '1'] })
    expect(messages).toContainEqual({
      kind: 'coverage-action',
      name: 'Up',
      location: 'line 7, col 1 to line 7, col 2 of module Tiny',
      distinct: expect.any(Number) as number,
      generated: 10,
    })
  })

  it.runIf(isCI)('dumps the graph, complete or not at all (needs CI)', async () => {
    const dump = join(root, 'graph.dot')
    await run('SPECIFICATION Spec\nINVARIANT Small', { dump })
    expect(existsSync(dump)).toBe(false)
    await run('SPECIFICATION Spec', { dump })
    expect(readFileSync(dump, 'utf8')).toMatch(/label="Flip"[^]*\}\s*$/)
  })

  it.runIf(isCI)('finds modules in the library path (needs CI)', async () => {
    const elsewhere = mkdtempSync(join(root, 'elsewhere-'))
    const specFile = join(elsewhere, 'User.tla')
    writeFileSync(specFile, '---- MODULE User ----\nEXTENDS Tiny\n====\n')
    expect(await run('SPECIFICATION Spec', { specFile, libraryPath: [root] })).toMatchObject({ outcome: 'success' })
    const without = await run('SPECIFICATION Spec', { specFile })
    expect(without.problem?.message).toBe('Cannot find source file for module Tiny imported in module User.')
  })

  it('is stopped when time is up, and leaves nothing', async () => {
    const { outcome, problem } = await run('SPECIFICATION EndlessSpec', { timeoutMs: 1500 })
    expect(outcome).toBe('timeout')
    expect(problem).toMatchObject({ exit: 3, problem: { code: 'tlc-timeout' } })
    expect(leftovers()).toEqual([])
    expect(livingChildren()).toBe(0)
  })

  it.runIf(isCI)('is stopped by a signal of the caller (needs CI)', async () => {
    const abort = new AbortController()
    const onMessage: TlcOptions['onMessage'] = ({ kind }) => {
      if (kind === 'init-generated') abort.abort()
    }
    const { outcome, problem } = await run('SPECIFICATION EndlessSpec', { signal: abort.signal, onMessage })
    expect(outcome).toBe('killed')
    expect(problem).toMatchObject({ exit: 3, problem: { code: 'tlc-killed' } })
    expect(livingChildren()).toBe(0)
  })

  it('does not run for a caller who has stopped already', async () => {
    expect(await run('SPECIFICATION EndlessSpec', { signal: AbortSignal.abort() })).toMatchObject({ outcome: 'killed' })
  })

  it('says when Java cannot be started', async () => {
    const { problem } = await run('SPECIFICATION Spec', { java: { path: join(root, 'absent') } })
    expect(problem).toMatchObject({ exit: 3, problem: { code: 'java-broken' } })
  })

  it.runIf(isCI)('passes arguments through (needs CI)', async () => {
    if (java === undefined) return
    const args = ['-config', cfg('CONSTANT N = 5\nSPECIFICATION UpOnly\n'), join(root, 'Tiny.tla')]
    expect(await passThrough({ java, jar, args, output: 'pipe' })).toMatchObject({ exitCode: 11 })
  })

  it.runIf(isCI)('prints a command that does the same (needs CI)', async () => {
    const dump = join(root, "it's a graph.dot")
    const line = printCommand(task('SPECIFICATION Spec', { dump }))
    const code = await new Promise((resolve) => spawn('sh', ['-c', line], { stdio: 'ignore' }).once('exit', resolve))
    expect(code).toBe(0)
    expect(existsSync(dump)).toBe(true)
  })
})

/** Prints the JVM's number once TLC is at work, and never ends by itself. */
const parentProgram = (module: string, options: TlcOptions): string => `
  const { runTlc } = await import(${JSON.stringify(module)})
  let pid
  await runTlc({
    ...${JSON.stringify(options)},
    onMessage: (message) => {
      if (message.kind === 'mode') pid = /pid: (\\d+)/.exec(message.text)[1]
      // before this it has modules to read, and would fail by itself without its directory
      if (message.kind === 'init-progress') console.log(pid)
    },
  })
`

describe.skipIf(java === undefined || process.platform === 'win32')('the parent’s end (needs Java)', () => {
  let module: string

  beforeAll(async () => {
    module = await bundle(root, 'scripts/tlc/run.ts')
  })

  it.each(
    everydayShare<[NodeJS.Signals, number | null]>(
      [
        ['SIGINT', 130],
        ['SIGTERM', 143],
        ['SIGHUP', 129],
        ['SIGKILL', null],
      ],
      ([signal]) => signal === 'SIGINT' || signal === 'SIGKILL',
    ),
  )('%s ends Java too, and its temporary files (a share every day, all in CI)', async (signal, code) => {
    const temporary = mkdtempSync(join(root, 'temporary-'))
    const program = join(root, 'parent.mjs')
    // a simulation without a limit goes on for ever, even when its directory is removed
    writeFileSync(program, parentProgram(module, task('SPECIFICATION Spec', { extraArgs: ['-simulate'] })))
    const env = { ...process.env, TMPDIR: temporary }
    const parent = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const said = await new Promise<string>((resolve) => parent.stdout.setEncoding('utf8').once('data', resolve))
    expect(readdirSync(temporary)).toHaveLength(1)
    const ended = new Promise((resolve) => parent.once('exit', resolve))
    parent.kill(signal)
    expect(await ended).toBe(code)
    await until(() => gone(Number(said)), 'Java is gone')
    await until(() => readdirSync(temporary).length === 0, 'the temporary directory is gone')
  })
})

/** What is given as a file and is none, in every place that reads one: one clear error at once, or a stream where that makes sense. */

import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { everydayShare, isCI } from '../effort.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const toolchain = await findToolchain().catch(() => undefined)
const MODEL = 'flush-inhibit/posted.sc'
/** Every cell holds: one run of an engine, on few states. */
const SMALL = 'litmus/mp.sc'
const accepted = join(packageRoot(), 'traces', `${MODEL}.accepted.ndjson`)

let root: string
let server: Server
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'inputs-test-'))
  mkdirSync(join(root, 'directory'))
  spawnSync('mkfifo', [join(root, 'fifo')])
  server = createServer()
  await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve))
})
afterAll(() => {
  server.close()
  rmSync(root, { recursive: true, force: true })
})

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** One that waits for ever is killed, and has no status. */
const lockstep = (args: readonly string[], env: Record<string, string | undefined> = {}): Ran => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot(), 'bin', 'lockstep.mjs'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 110_000,
      killSignal: 'SIGKILL',
    },
  )
  return { status, stdout, stderr }
}

/** One error and a hint, each a line; nothing else. */
const expectError = ({ status, stdout, stderr }: Ran, exit: number, words: RegExp): void => {
  expect([status, stdout, stderr]).toEqual([exit, '', expect.stringMatching(words)])
  expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
}

/** What is no plain file: its name here, or its path, and what it is called. */
const STRANGE: readonly [string, RegExp][] = [
  ['fifo', /it is a fifo, no plain file/],
  ['directory', /it is a directory, no plain file/],
  ['socket', /it is a socket, no plain file/],
  ['/dev/zero', /it is a device, no plain file/],
  ['nothing', /no such file/],
]
const at = (name: string): string => (name.startsWith('/') ? name : join(root, name))

const PLACES: readonly [string, (file: string) => string[]][] = [
  ['a trace', (file) => ['replay', MODEL, file]],
  ['a certificate', (file) => ['verify', file]],
  ['a map', (file) => ['validate', MODEL, accepted, '--format', 'ftrace', '--map', file]],
]

// every day a fifo, which is waited for if it is opened, in every place, and a directory as a trace
describe.skipIf(process.platform === 'win32')('what is no plain file (more places in CI)', () => {
  const strange = everydayShare(STRANGE, ([name]) => name === 'fifo' || name === 'directory')
  describe.each(strange)('%s', (name, words) => {
    const isEveryday = isCI || name === 'fifo'
    it.each(everydayShare(PLACES, ([place]) => isEveryday || place === 'a trace'))('is not read as %s', (_, args) => {
      expectError(lockstep(args(at(name))), 2, words)
    })

    if (!isEveryday) return
    it.skipIf(toolchain === undefined)('is not read as a configuration (needs Java)', () => {
      expectError(lockstep(['prove', MODEL, '--cfg', at(name)]), 2, words)
    })

    it.skipIf(toolchain === undefined)('is not taken for a jar (needs Java)', () => {
      expectError(lockstep(['check', MODEL, '--engine', 'tlc', '--no-cache'], { TLA2TOOLS_JAR: at(name) }), 3, words)
    })
  })

  it('is not read as a litmus test', () => {
    const file = join(root, 'fifo.litmus')
    spawnSync('mkfifo', [file])
    expectError(lockstep(['check', file]), 2, /it is a fifo, no plain file/)
  })

  it.skipIf(toolchain === undefined)('is not read as a module (needs Java)', () => {
    const directory = join(root, 'spec')
    mkdirSync(directory)
    copyFileSync(
      join(packageRoot(), 'spec', 'flush-inhibit', 'MCFlushInhibit.tla'),
      join(directory, 'MCFlushInhibit.tla'),
    )
    spawnSync('mkfifo', [join(directory, 'FlushInhibit.tla')])
    expectError(lockstep(['prove', MODEL, '--spec', directory]), 2, /it is a fifo, no plain file/)
  })

  it.each(
    everydayShare<[string, RegExp]>(
      [
        ['directory', /it is a directory, neither a file nor a pipe/],
        ['socket', /it is a socket, neither a file nor a pipe/],
        ['/dev/zero', /it is a device, neither a file nor a pipe/],
      ],
      ([name]) => name === 'directory',
    ),
  )('%s is no log (a share every day, all in CI)', (name, words) => {
    expectError(lockstep(['validate', MODEL, at(name)]), 2, words)
  })

  it('a fifo is a log, as long as somebody writes', async () => {
    const fifo = join(root, 'log.fifo')
    spawnSync('mkfifo', [fifo])
    const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'lockstep.mjs'), 'validate', MODEL, fifo])
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', accepted, fifo])
    const [code] = await Promise.all(
      [child, writer].map((p) => new Promise<number | null>((resolve) => p.once('close', resolve))),
    )
    expect(code).toBe(0)
    unlinkSync(fifo)
  })

  it.runIf(isCI)('stdin is what it was: a trace, a log, or a test (needs CI)', () => {
    const run = (args: string[], input: string): number | null =>
      spawnSync(process.execPath, [join(packageRoot(), 'bin', 'lockstep.mjs'), ...args], { input }).status
    expect(run(['validate', MODEL, '-'], readFileSync(accepted, 'utf8'))).toBe(0)
    expect(run(['check', '-'], 'C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n')).toBe(0)
  })
})

describe('a machine on which something is missing', () => {
  const nowhere = { HOME: undefined, XDG_CACHE_HOME: undefined, LOCKSTEP_CACHE: undefined }

  it.runIf(isCI)('no home: nothing is kept, and all is decided (needs CI)', () => {
    const { status, stdout } = lockstep(['check', SMALL, '--engine', 'embedded'], nowhere)
    expect([status, stdout]).toEqual([0, expect.stringContaining('all as expected')])
  })

  it.skipIf(toolchain === undefined || !isCI)('no home, with a jar of the user’s own (needs CI and Java)', () => {
    const env = { ...nowhere, TLA2TOOLS_JAR: toolchain?.jar.path }
    const { status, stdout } = lockstep(['check', SMALL, '--engine', 'tlc'], env)
    expect([status, stdout]).toEqual([0, expect.stringContaining('all as expected')])
  })

  it.skipIf(toolchain === undefined)('no temporary directory: exit 3 and what to do (needs Java)', () => {
    const env = { TMPDIR: join(root, 'nothing'), TLA2TOOLS_JAR: toolchain?.jar.path }
    const { status, stdout } = lockstep(['check', SMALL, '--engine', 'tlc', '--no-cache'], env)
    expect(status).toBe(3)
    expect(stdout).toMatch(/no temporary directory can be made in .*nothing: it does not exist; set TMPDIR/)
  })

  it('no memory: exit 3, and no trace of a stack', () => {
    const file = join(root, 'large.litmus')
    const stores = Array.from({ length: 3000 }, (_, i) => `WRITE_ONCE(*x, ${i}); WRITE_ONCE(*y, ${i});`).join('\n')
    const threads = [0, 1, 2, 3].map((n) => `P${n}(int *x, int *y) {\n${stores}\n}\n`)
    writeFileSync(file, `C large\n{}\n${threads.join('')}exists (x=1)\n`)
    const { status, stdout, stderr } = lockstep(['check', file, '--json'], { NODE_OPTIONS: '--max-old-space-size=48' })
    expect([status, stderr]).toEqual([3, ''])
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'out-of-memory' } })
  })
})

describe('time that is up', () => {
  it('ends the explorer: incomplete, exit 3', () => {
    const { status, stdout } = lockstep([
      'check',
      'flush-inhibit/posted.sc.f2t2',
      '--engine',
      'explorer',
      '--timeout',
      '1',
      '--json',
    ])
    const { ok, models } = JSON.parse(stdout) as {
      ok: boolean
      models: { verdict: string; properties: { verdict: string }[] }[]
    }
    expect([status, ok, models.map(({ verdict }) => verdict)]).toEqual([3, false, ['incomplete']])
    expect(models[0]?.properties.some(({ verdict }) => verdict === 'incomplete')).toBe(true)
    expect(models[0]?.properties.filter(({ verdict }) => verdict === 'holds')).toEqual([])
  })

  it.runIf(isCI)('ends a litmus run: exit 3 (needs CI)', () => {
    const file = join(root, 'slow.litmus')
    const stores = Array.from({ length: 12 }, (_, i) => `WRITE_ONCE(*x, ${i}); WRITE_ONCE(*y, ${i});`).join('\n')
    const threads = [0, 1, 2, 3].map((n) => `P${n}(int *x, int *y) {\n${stores}\n}\n`)
    writeFileSync(file, `C slow\n{}\n${threads.join('')}exists (x=1)\n`)
    expectError(lockstep(['check', file, '--timeout', '1']), 3, /slow.litmus: no answer within 1 s/)
  })
})

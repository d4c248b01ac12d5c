/**
 * Real processes that are told to end, or are killed, while they compute: they end with the code of the signal, and leave
 * neither a process nor a file. A few kills every day; with LOCKSTEP_FULL=1 a hundred at random moments.
 */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { sweepTempDirs } from '../../scripts/node/tempdir.ts'
import { everydayShare, isCI, isFull } from '../effort.ts'
import { gone, until } from './tlc/processes.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'

const toolchain = await findToolchain().catch(() => undefined)
const hasProc = existsSync('/proc/self/environ')
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)

/** Takes the explorer ten seconds and TLC minutes. */
const LARGE = 'flush-inhibit/posted.sc.f2t2'

/** More executions than can be searched: it would take its whole time, and exit with 3. */
const litmusText = (): string => {
  const stores = Array.from({ length: 30 }, (_, i) => `WRITE_ONCE(*x, ${i}); WRITE_ONCE(*y, ${i});`).join('\n')
  const threads = [0, 1, 2, 3].map((n) => `P${n}(int *x, int *y) {\n${stores}\n}\n`)
  return `C large\n{}\n${threads.join('')}exists (x=1)\n`
}

let root: string
let temporary: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearing-test-'))
  temporary = join(root, 'tmp')
  mkdirSync(temporary)
  writeFileSync(join(root, 'large.litmus'), litmusText())
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true })
})

/** Also the mark by which its processes are known. */
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  TMPDIR: temporary,
  LOCKSTEP_CACHE: join(root, 'cache'),
  ...(toolchain === undefined ? {} : { TLA2TOOLS_JAR: toolchain.jar.path }),
})

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [join(packageRoot(), 'bin', 'lockstep.mjs'), ...args], {
    env: environment(),
    stdio: ['ignore', 'ignore', 'ignore'],
  })

interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

const endOf = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) =>
    child.once('exit', (code, signal) => {
      resolve({ code, signal })
    }),
  )

const read = (file: string): string => {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

/** Processor time that a process has used, in hundredths of a second. */
const used = (pid: number | undefined): number => {
  const [, rest = ''] = /^\d+ \(.*\) (.*)/s.exec(read(`/proc/${String(pid)}/stat`)) ?? []
  const fields = rest.split(' ')
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0)
}

/** Processes that work for this test, by their temporary directory, and what they are. */
const working = (): { readonly pid: number; readonly command: string }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(`TMPDIR=${temporary}\0`))
    .map((name) => ({ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll('\0', ' ') }))
    .filter(({ pid, command }) => command !== '' && !gone(pid))

const jvms = (): { readonly pid: number }[] => working().filter(({ command }) => command.includes('tlc2.TLC'))

const nobodyWorks = (): Promise<void> => until(() => working().length === 0, 'all processes are gone', 20_000)

describe.skipIf(!hasProc)('a command that computes', () => {
  const computing: readonly [string, () => string[]][] = [
    ['the explorer', () => ['check', LARGE, '--engine', 'explorer']],
    ['a litmus run', () => ['check', join(root, 'large.litmus')]],
    ['an explanation', () => ['explain', LARGE]],
  ]
  it.each(everydayShare(computing, ([what]) => what === 'the explorer'))(
    '%s hears SIGINT and SIGTERM (more in CI)',
    async (_, args) => {
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        const child = start(args())
        const ended = endOf(child)
        // it has loaded all that it needs long before
        await until(() => used(child.pid) > 120, 'it computes', 60_000)
        child.kill(signal)
        expect(await ended).toEqual({ code, signal: null })
      }
      expect(readdirSync(temporary)).toEqual([])
    },
  )

  it.skipIf(toolchain === undefined).each(
    everydayShare<[NodeJS.Signals, End]>(
      [
        ['SIGTERM', { code: 143, signal: null }],
        ['SIGKILL', { code: null, signal: 'SIGKILL' }],
      ],
      ([signal]) => signal === 'SIGTERM',
    ),
  )('%s leaves no JVM (needs Java) (a share every day, all in CI)', async (signal, expected) => {
    const child = start(['check', LARGE, '--engine', 'tlc', '--no-cache'])
    const ended = endOf(child)
    await until(() => jvms().some(({ pid }) => used(pid) > 50), 'TLC computes', 60_000)
    child.kill(signal)
    expect(await ended).toEqual(expected)
    await nobodyWorks()
  })
})

describe.skipIf(!hasProc)('a command that npm has started', () => {
  /** A package whose start is a command of ours, started as bootstrap.mjs does it. */
  const startNpm = (): ChildProcess => {
    const supervisor = pathToFileURL(join(packageRoot(), 'dist', 'scripts', 'supervisor.js')).href
    const args = toolchain === undefined ? ['--engine', 'explorer'] : ['--engine', 'tlc', '--no-cache']
    const command = JSON.stringify(['check', LARGE, ...args])
    writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts: { start: 'node start.mjs' } }))
    writeFileSync(
      join(root, 'start.mjs'),
      `import { supervise } from ${JSON.stringify(supervisor)}\nsupervise(${command}, { watchParents: true })\n`,
    )
    return spawn('npm', ['start'], { cwd: root, env: environment(), stdio: 'ignore' })
  }

  const ours = (): { readonly pid: number } | undefined =>
    (toolchain === undefined ? working().filter(({ command }) => command.includes('start.mjs')) : jvms()).find(
      ({ pid }) => used(pid) > 50,
    )

  it.each(everydayShare<NodeJS.Signals>(['SIGTERM', 'SIGKILL'], (signal) => signal === 'SIGTERM'))(
    'ends with it: %s (a share every day, all in CI)',
    async (signal) => {
      const npm = startNpm()
      await until(() => ours() !== undefined, 'it computes', 60_000)
      const ended = endOf(npm)
      npm.kill(signal)
      await ended
      await nobodyWorks()
    },
  )
})

/** Numbers from 0 to 1 that come again with the same seed. */
const numbers = (from: number): (() => number) => {
  let state = from >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

describe.skipIf(!hasProc)('killed at any moment', () => {
  const kills = isFull ? 100 : isCI ? 4 : 1

  it(
    `leaves no process, and no directory that is not swept: ${kills} kills (KILL_SEED=${seed})`,
    { timeout: 900_000 },
    async () => {
      vi.stubEnv('TMPDIR', temporary)
      const next = numbers(seed)
      const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T
      const commands = [
        ['check', LARGE, '--engine', 'explorer'],
        ['check', join(root, 'large.litmus')],
        ['check', 'poll-kick', '--engine', 'embedded', '--no-cache'],
        ['ablate', 'flush-inhibit'],
        ...(toolchain === undefined
          ? []
          : [
              ['check', LARGE, '--engine', 'tlc'],
              ['prove', 'poll-kick', '--no-cache'],
            ]),
      ]
      for (let i = 0; i < kills; i++) {
        const args = pick(commands)
        const signal = pick<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGKILL'])
        const child = start(args)
        const ended = endOf(child)
        // the moment is what is tried here
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2500 * next()))])
        child.kill(signal)
        const end = await ended
        const allowed = [130, 143].includes(end.code ?? 0) || end.signal !== null || child.killed
        expect([args, signal, end, allowed]).toEqual([args, signal, end, true])
        await nobodyWorks()
        sweepTempDirs(0)
        expect([args, signal, readdirSync(temporary)]).toEqual([args, signal, []])
      }
    },
  )
})

/** What is no plain file in place of one of the package's own: one clear error that names it, at once, in every place that reads one. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { makeTempDir, removeTempDir } from '../../scripts/node/tempdir.ts'
import { loadArguments } from '../../scripts/mutate/argued.ts'
import { copyTree, ensureBuilt, runIn } from './tree.ts'
import { everydayShare, isCI } from '../effort.ts'
import { protocolNamed } from '../project.ts'

const toolchain = await findToolchain().catch(() => undefined)

const LOG = 'spec/poll-kick/README.md'
const VERIFY = ['verify', 'traces/litmus/sb.tso.certificate.json']
const EMBEDDED = ['check', 'litmus/sb.tso', '--engine', 'embedded', '--no-cache']
const TLC = ['check', 'litmus/sb.tso', '--engine', 'tlc', '--no-cache']

/** A file, and commands that read it; those of TLC need Java. */
const FILES: readonly (readonly [string, readonly (readonly string[])[]])[] = [
  ['spec/litmus/manifest.json', [['list', 'litmus']]],
  ['spec/litmus/sb.tso.cfg', [['list', 'litmus']]],
  ['spec/litmus/LitmusTests.tla', [['explain', 'litmus/sb.tso']]],
  ['spec/litmus/Litmus.tla', [VERIFY, EMBEDDED, TLC, ['prove', 'litmus/sb.tso']]],
  ['spec/lib/Memory.tla', [VERIFY, EMBEDDED, TLC]],
  ['spec/litmus/LitmusOccurs.tla', [EMBEDDED, TLC]],
  ['traces/litmus/sb.tso.certificate.json', [VERIFY]],
  [
    'spec/poll-kick/maps/kvm-tracepoints.json',
    [
      [
        'validate',
        'poll-kick/posted.sc',
        LOG,
        '--format',
        'ftrace',
        '--map',
        'spec/poll-kick/maps/kvm-tracepoints.json',
      ],
    ],
  ],
]

let copy = ''
beforeAll(() => {
  ensureBuilt()
  copy = copyTree('package')
}, 600_000)
afterAll(() => {
  rmSync(copy, { recursive: true, force: true })
})

/** Puts something else in a file's place while `body` runs. */
const inPlaceOf = (path: string, kind: 'fifo' | 'directory', body: () => void): void => {
  const file = join(copy, path)
  renameSync(file, `${file}.before`)
  try {
    if (kind === 'directory') mkdirSync(file)
    else spawnSync('mkfifo', [file])
    expect(existsSync(file)).toBe(true)
    body()
  } finally {
    rmSync(file, { recursive: true })
    renameSync(`${file}.before`, file)
  }
}

const STATEMENTS = ['CONSTRAINT Nope', 'INIT Init', 'CONSTANT Bogus = 3', 'SPECIFICATION NoSuch', 'INVARIANT TypeOK']

describe.skipIf(process.platform === 'win32')('in place of a file of the package', () => {
  const everyday = ['spec/litmus/manifest.json', 'spec/litmus/sb.tso.cfg', 'traces/litmus/sb.tso.certificate.json']
  const share = everydayShare(FILES, ([path]) => everyday.includes(path))
  it.each(share)('%s (a share every day, all in CI)', { timeout: 600_000 }, (path, commands) => {
    for (const args of commands.filter((one) => toolchain !== undefined || (one !== TLC && one[0] !== 'prove'))) {
      for (const kind of args === commands[0] ? (['fifo', 'directory'] as const) : (['fifo'] as const)) {
        inPlaceOf(path, kind, () => {
          const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/lockstep.mjs', ...args], {
            cwd: copy,
            encoding: 'utf8',
            env: { ...process.env, LOCKSTEP_CACHE: join(copy, 'cache') },
            timeout: 120_000,
            killSignal: 'SIGKILL',
          })
          expect([args.join(' '), kind, status, stdout]).toEqual([
            args.join(' '),
            kind,
            expect.toSatisfy((n) => n === 2 || n === 3),
            '',
          ])
          expect(stderr).toContain(path)
          expect(stderr).toMatch(new RegExp(`it is a ${kind}, no plain file`))
          expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
        })
      }
    }
  })

  it.each(everydayShare(STATEMENTS, (statement) => statement === 'CONSTRAINT Nope'))(
    'a configuration with %s more is refused with its line, whatever is asked of its protocol and whoever is to answer (all of them in CI)',
    (statement) => {
      const path = join('spec', 'litmus', 'sb.tso.cfg')
      const before = readFileSync(join(copy, path), 'utf8')
      const line = before.split('\n').length
      writeFileSync(join(copy, path), `${before}${statement}\n`)
      try {
        const explorer = ['check', 'litmus/sb.tso', '--engine', 'explorer', '--no-cache']
        const more = isCI ? [EMBEDDED, ['explain', 'litmus/sb.tso']] : []
        for (const args of [explorer, ...more, ['list', 'litmus']]) {
          const { status, stdout, stderr } = runIn(copy, args)
          expect([args.join(' '), status, stdout]).toEqual([args.join(' '), 2, ''])
          expect(stderr).toContain(`${path}:${line}:`)
        }
        // it says nothing of what another protocol's models are
        expect(runIn(copy, ['list', 'poll-kick']).status).toBe(0)
      } finally {
        writeFileSync(join(copy, path), before)
      }
    },
  )

  it('mutants.json', () => {
    const protocol = protocolNamed('litmus')
    const directory = makeTempDir('own-files')
    const fifo = join(directory, 'mutants.json')
    spawnSync('mkfifo', [fifo])
    for (const file of [fifo, directory]) {
      let thrown: unknown
      try {
        loadArguments(protocol, file)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(LockstepError)
      expect(thrown).toMatchObject({ exit: 2, problem: { code: 'unreadable', file } })
    }
    removeTempDir(directory)
  })
})

/** Nothing is believed of files that were changed: each input of a result, changed by one byte behind the tool's back. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { certificateNow } from '../../scripts/commands/verify.ts'
import { printCertificate } from '../../scripts/workspace/certificate.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { everydayShare, isCI, isFull } from '../effort.ts'
import type { Ran } from './tree.ts'
import { addByte, copyTree, ensureBuilt, rebuildWithByte, runIn } from './tree.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { loadModels } from '../project.ts'

const toolchain = await findToolchain().catch(() => undefined)
const MODEL = 'litmus/sb.tso'
const CERTIFICATE = 'traces/litmus/sb.tso.certificate.json'

interface Fresh {
  staleness: (root: string) => string | undefined
  sourceDigests: (root: string) => Record<string, string>
  unrecorded: (root: string, sources: Record<string, string>, dist: string) => string | undefined
}

let copy = ''

/** A certificate of now: what is checked in may be of another day. */
const writeCertificate = (root: string): void => {
  const certificate = certificateNow(oneModel(loadModels(), MODEL))
  writeFileSync(join(root, CERTIFICATE), printCertificate(certificate))
}

beforeAll(() => {
  ensureBuilt()
  copy = copyTree('package')
  writeCertificate(copy)
}, 600_000)

afterAll(() => {
  rmSync(copy, { recursive: true, force: true })
})

const recorded = (): { sources: string[]; emitted: string[] } => {
  const record = JSON.parse(readFileSync(join(copy, 'dist', 'build.json'), 'utf8')) as {
    sources: Record<string, string>
    emitted: Record<string, string>
  }
  return { sources: Object.keys(record.sources), emitted: Object.keys(record.emitted) }
}

describe('what was not built from the sources beside it', () => {
  it('is found whichever file it is (of more files in CI)', async () => {
    const { staleness } = (await import(pathToFileURL(join(packageRoot(), 'bin', 'fresh.mjs')).href)) as Fresh
    expect(staleness(copy)).toBeUndefined()
    const { sources, emitted } = recorded()
    const files = [...sources.filter((path) => existsSync(join(copy, path))), ...emitted]
    expect(files.length).toBeGreaterThan(200)
    const chosen = isFull
      ? files
      : files.filter((path, i) => i % (isCI ? 12 : 48) === 0 || /Litmus|compile|PollKick/.test(path))
    for (const path of chosen) {
      const undo = addByte(join(copy, path))
      expect([path, staleness(copy)]).toEqual([path, expect.stringContaining(path)])
      undo()
    }
    expect(staleness(copy)).toBeUndefined()
  })

  it.each([
    ['a changed source', 'impl/litmus/Litmus.ts'],
    ['changed JavaScript', 'dist/impl/lib/kernel/machine/compile.js'],
    ['JavaScript of the command line', 'dist/scripts/engines/proof.js'],
  ])('does not run from %s, and says which file it is', (_what, path) => {
    const undo = addByte(join(copy, path))
    const { status, stdout, stderr } = runIn(copy, ['verify', CERTIFICATE])
    const json = runIn(copy, ['list', '--json'])
    undo()
    expect([status, stdout]).toEqual([3, ''])
    expect(stderr).toContain(path)
    expect([json.status, JSON.parse(json.stdout)]).toMatchObject([3, { ok: false, error: { code: 'stale-build' } }])
  })

  it('does not answer through the API', async () => {
    const api = pathToFileURL(join(copy, 'bin', 'api.mjs')).href
    const undo = addByte(join(copy, 'impl', 'litmus', 'Litmus.ts'))
    await expect(import(`${api}?stale`)).rejects.toThrow(/stale.*Litmus\.ts/)
    undo()
  })

  it('is refused by the build where the compiler finds a source that it does not record', async () => {
    const { sourceDigests, unrecorded } = (await import(
      pathToFileURL(join(packageRoot(), 'bin', 'fresh.mjs')).href
    )) as Fresh
    const sources = sourceDigests(packageRoot())
    expect(unrecorded(copy, sources, 'dist')).toBeUndefined()
    // sources behind a link are not listed, what the compiler makes of them is
    const others = Object.entries(sources).filter(([path]) => !path.startsWith('impl/litmus/'))
    expect(unrecorded(copy, Object.fromEntries(others), 'dist')).toMatch(/^dist\/impl\/litmus\//)
    const hidden = join(copy, 'dist', 'impl', '.hidden')
    mkdirSync(hidden)
    writeFileSync(join(hidden, 'module.js'), '')
    expect(unrecorded(copy, sources, 'dist')).toBe('dist/impl/.hidden/module.js')
    rmSync(hidden, { recursive: true })
  })

  it('is refused where the record of the build is gone', () => {
    const record = join(copy, 'dist', 'build.json')
    const before = readFileSync(record)
    rmSync(record)
    const { status, stderr } = runIn(copy, ['list'])
    writeFileSync(record, before)
    expect(status).toBe(3)
    expect(stderr).toContain('dist/build.json')
  })
})

interface Input {
  readonly what: string
  readonly path: string
  /** the commands that must notice */
  readonly certified: boolean
  readonly tlc: boolean
}

const INPUTS: readonly Input[] = [
  { what: 'a module of the specification', path: 'spec/litmus/Litmus.tla', certified: true, tlc: true },
  { what: 'the module of bounds and fairness', path: 'spec/litmus/MCLitmus.tla', certified: true, tlc: true },
  { what: 'the data module', path: 'spec/litmus/LitmusTests.tla', certified: true, tlc: true },
  { what: 'a shared module', path: 'spec/lib/Memory.tla', certified: true, tlc: true },
  { what: 'the configuration', path: 'spec/litmus/sb.tso.cfg', certified: true, tlc: true },
  { what: 'the machine', path: 'impl/litmus/Litmus.ts', certified: true, tlc: false },
  { what: 'what the machine imports', path: 'impl/litmus/tests.ts', certified: true, tlc: false },
  { what: 'the memory', path: 'impl/lib/kernel/memory/memory.ts', certified: true, tlc: false },
  { what: 'the compiler of machines', path: 'impl/lib/kernel/machine/compile.ts', certified: true, tlc: false },
  { what: 'what makes its tables', path: 'impl/lib/kernel/machine/tables.ts', certified: true, tlc: false },
  { what: 'the explorer', path: 'impl/lib/kernel/explore/explore.ts', certified: true, tlc: false },
  { what: 'the comparison of graphs', path: 'impl/lib/prove/compare.ts', certified: false, tlc: false },
  { what: 'the reader of dumps', path: 'impl/lib/tla/dot.ts', certified: false, tlc: false },
  { what: 'the engine TLC', path: 'scripts/engines/tlc.ts', certified: false, tlc: true },
  { what: 'the reader of TLC’s messages', path: 'scripts/tlc/messages.ts', certified: false, tlc: true },
]

const change = (path: string): (() => void) =>
  path.endsWith('.ts') ? rebuildWithByte(copy, path) : addByte(join(copy, path))

const cached = (args: readonly string[], env: NodeJS.ProcessEnv = {}): boolean => {
  const { stdout, stderr } = runIn(copy, [...args, '--json'], env)
  const { models } = JSON.parse(stdout) as { models?: { cached: boolean }[] }
  if (models?.[0] === undefined) throw new Error(stdout + stderr)
  return models[0].cached
}

describe('a certificate', () => {
  const daily = isCI ? /Litmus|sb\.tso|memory|compare/ : /\/Litmus\.tla|compare/
  const chosen = INPUTS.filter(({ path }) => isFull || daily.test(path))

  beforeAll(() => {
    expect(runIn(copy, ['verify', join(copy, CERTIFICATE)]).status).toBe(0)
  })

  it.each(chosen.map((input) => [input.what, input] as const))(
    'and %s, one byte later (more inputs in CI)',
    (_what, { path, certified }) => {
      const undo = change(path)
      const { status, stdout } = runIn(copy, ['verify', join(copy, CERTIFICATE)])
      undo()
      expect([path, status]).toEqual([path, certified ? 1 : 0])
      if (certified) expect(stdout).toContain(`${path} has changed since`)
    },
  )
})

describe.skipIf(toolchain === undefined)('what is kept of a proof and of TLC (needs Java)', () => {
  const prove = ['prove', MODEL]
  const check = ['check', MODEL, '--engine', 'tlc']

  beforeAll(() => {
    runIn(copy, prove)
    runIn(copy, check)
    expect([cached(prove), cached(check)]).toEqual([true, true])
  }, 120_000)

  const everyday = isCI ? /Memory\.tla|Litmus\.ts|check\/tlc\.ts/ : /Litmus\.ts/
  it.each(INPUTS.filter(({ path }) => isFull || everyday.test(path)).map((i) => [i.what, i] as const))(
    'is not taken for that of %s, one byte later (more inputs in CI)',
    (_what, { path, tlc }) => {
      const undo = change(path)
      const found = [cached(prove), cached(check)]
      undo()
      // only the last few results of a model are kept: what it is without the change is one of them again
      if (tlc) runIn(copy, check)
      expect([path, ...found]).toEqual([path, false, !tlc])
    },
  )

  it.runIf(isCI)('is not taken for that of another jar (needs CI)', () => {
    const jar = join(copy, 'tools.jar')
    copyFileSync(toolchain?.jar.path ?? '', jar)
    addByte(jar)
    expect([cached(prove, { TLA2TOOLS_JAR: jar }), cached(check, { TLA2TOOLS_JAR: jar })]).toEqual([false, false])
  })

  it.runIf(isCI)('is not taken for that of another Java (needs CI)', () => {
    const java = join(copy, 'other-java', 'bin', 'java')
    mkdirSync(dirname(java), { recursive: true })
    const version = `case "$*" in -version) echo 'openjdk version "99.0.1"' >&2; exit 0;; esac`
    writeFileSync(java, `#!/bin/sh\n${version}\nexec '${toolchain?.java.path ?? ''}' "$@"\n`)
    chmodSync(java, 0o755)
    const env = { JAVA_HOME: join(copy, 'other-java') }
    expect([cached(prove, env), cached(check, env)]).toEqual([false, false])
    expect([cached(prove, env), cached(check, env)]).toEqual([true, true])
  })

  it.runIf(isCI)('is decided again if it was changed itself (needs CI)', () => {
    const results = join(copy, 'cache', 'results')
    for (const name of readdirSync(results)) {
      const text = readFileSync(join(results, name), 'utf8')
      writeFileSync(join(results, name), text.replace(/34/, '35'))
    }
    expect([cached(prove), cached(check)]).toEqual([false, false])
  })

  it('does not carry over an expected verdict', () => {
    const manifest = join(copy, 'spec', 'litmus', 'manifest.json')
    const before = readFileSync(manifest, 'utf8')
    const at = before.indexOf('sb.tso.cfg')
    writeFileSync(manifest, before.slice(0, at) + before.slice(at).replace('"violated"', '"holds"'))
    const { status } = runIn(copy, check)
    writeFileSync(manifest, before)
    expect(status).toBe(1)
  })
})

describe.runIf(isCI)('what is kept of the embedded engine (needs CI)', () => {
  const check = ['check', MODEL, '--engine', 'embedded']
  const inputs = ['node_modules/tla-checker/package.json', 'scripts/embedded/flatten.ts', 'spec/litmus/Litmus.tla']

  it.each(isFull ? inputs : inputs.slice(0, 1))('is not taken for that of another %s', (path) => {
    runIn(copy, check)
    expect(cached(check)).toBe(true)
    const undo = change(path)
    expect(cached(check)).toBe(false)
    undo()
  })
})

/** Runs a program over the copy's own modules. */
const runProgram = (text: string): Ran => {
  const program = join(copy, 'program.mjs')
  writeFileSync(program, `const at = (path) => './dist/' + path\n${text}`)
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' })
  rmSync(program)
  return { status, stdout, stderr }
}

const WATCH = (path: string): string => `
  import { appendFileSync } from 'node:fs'
  const { openProject } = await import(at('scripts/workspace/project.js'))
  const { watchInputs } = await import(at('scripts/workspace/certificate.js'))
  const { models } = await openProject()
  const model = models.find(({ name }) => name === ${JSON.stringify(MODEL)})
  const unchanged = watchInputs(model)
  unchanged()
  appendFileSync(${JSON.stringify(path)}, '\\n')
  try { unchanged(); console.log('nothing') } catch (error) { console.log(JSON.stringify(error.problem)) }`

describe('what is changed while a command runs', () => {
  it.each(
    everydayShare(
      ['spec/lib/Memory.tla', 'spec/litmus/sb.tso.cfg', 'dist/impl/litmus/Litmus.js', 'impl/litmus/Litmus.ts'],
      (path) => path.endsWith('Memory.tla') || path.endsWith('.ts'),
    ),
  )('is named, and nothing is written: %s (a share every day, all in CI)', (path) => {
    const before = readFileSync(join(copy, path))
    const { stdout, stderr } = runProgram(WATCH(join(copy, path)))
    writeFileSync(join(copy, path), before)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ code: 'changed-since-load' })
    expect(stdout).toContain(path.replace(/^dist\/(.*)\.js$/, '$1.ts'))
  })

  it('ends the worker threads that would run other code', () => {
    const module = join(copy, 'dist', 'scripts', 'commands', 'doctor.js')
    const before = readFileSync(module)
    const { stdout } = runProgram(`
      import { appendFileSync } from 'node:fs'
      const { runEmbeddedWithin } = await import(at('scripts/embedded/run.js'))
      appendFileSync(${JSON.stringify(module)}, '\\n')
      const run = { source: '', cfg: '', maxStates: 1, allowDeadlock: true }
      await runEmbeddedWithin(run, 60_000).then(() => console.log('ran'), (error) => console.log(error.message))`)
    writeFileSync(module, before)
    expect(stdout).toMatch(/not what it is said to be|other code/)
  })
})

describe.skipIf(toolchain === undefined)('evidence (needs Java)', () => {
  const file = (): string => join(copy, CERTIFICATE)

  it.runIf(isCI)('that is damaged is named, treated as absent, and written anew when asked to (needs CI)', () => {
    writeFileSync(file(), '')
    const proof = runIn(copy, ['prove', MODEL])
    expect([proof.status, proof.stdout]).toEqual([0, expect.stringContaining(`${CERTIFICATE} is treated as absent`)])
    expect(proof.stdout).toContain(`prove ${MODEL} --write`)
    expect(runIn(copy, ['check', MODEL]).status).toBe(0)
    expect(runIn(copy, ['prove', MODEL, '--no-cache']).status).toBe(0)
    expect(runIn(copy, ['prove', MODEL, '--write']).status).toBe(0)
    expect(runIn(copy, ['verify', file()]).status).toBe(0)
  })

  it.runIf(isCI)('that says something else is named by the proof, and is not “as checked in” (needs CI)', () => {
    const before = readFileSync(file(), 'utf8')
    expect(runIn(copy, ['prove', MODEL]).stdout).toContain('certificate as checked in')
    try {
      for (const [from, to, said] of [
        ['"verdict": "violated"', '"verdict": "holds"', 'OutcomeForbiddenInv verdict: "violated" in the machine'],
        ['"spec": 34', '"spec": 35', 'states spec: 34, certified 35'],
      ] as const) {
        writeFileSync(file(), before.replace(from, to))
        const { status, stdout } = runIn(copy, ['prove', MODEL])
        expect([status, stdout]).toEqual([0, expect.stringContaining(`${CERTIFICATE} says something else: ${said}`)])
        expect(stdout).not.toContain('as checked in')
        const { models } = JSON.parse(runIn(copy, ['prove', MODEL, '--json']).stdout) as {
          models: { notes: string[] }[]
        }
        expect(models[0]?.notes).toEqual([expect.stringContaining(said)])
      }
    } finally {
      writeFileSync(file(), before)
    }
  })

  it.runIf(isCI)(
    'is named by check if it is a counterexample, and not if it is damaged or another’s (needs CI)',
    () => {
      const trace = join(copy, 'traces', 'litmus', 'sb.tso.OutcomeForbiddenInv.itf.json')
      const whole = readFileSync(trace, 'utf8')
      const named = (text: string): readonly [trace: unknown, notes: unknown] => {
        writeFileSync(trace, text)
        const { status, stdout } = runIn(copy, ['check', MODEL, '--engine', 'explorer', '--json'])
        expect(status).toBe(0)
        const { models } = JSON.parse(stdout) as { models: { properties: { trace: unknown }[]; notes: unknown }[] }
        return [models[0]?.properties[0]?.trace, models[0]?.notes]
      }
      expect(named(whole)).toEqual(['traces/litmus/sb.tso.OutcomeForbiddenInv.itf.json', []])
      for (const text of [whole.slice(0, -40), whole.replace('litmus/sb.tso', 'litmus/sb.pso')]) {
        expect(named(text)).toEqual([null, [expect.stringContaining('is not named as evidence')]])
      }
      writeFileSync(trace, whole)
    },
  )

  it('that is a link is refused before the proof, and what it leads to is left alone', () => {
    const [before, elsewhere] = [readFileSync(file(), 'utf8'), join(copy, 'elsewhere.json')]
    try {
      for (const content of ['not ours', undefined]) {
        rmSync(elsewhere, { force: true })
        if (content !== undefined) writeFileSync(elsewhere, content)
        rmSync(file())
        symlinkSync(elsewhere, file())
        const { status, stdout } = runIn(copy, ['prove', MODEL, '--write', '--json'])
        expect([status, JSON.parse(stdout)]).toMatchObject([2, { ok: false, error: { code: 'unwritable' } }])
        expect(lstatSync(file()).isSymbolicLink()).toBe(true)
        expect(existsSync(elsewhere) ? readFileSync(elsewhere, 'utf8') : undefined).toBe(content)
      }
    } finally {
      rmSync(file(), { force: true })
      rmSync(elsewhere, { force: true })
      writeFileSync(file(), before)
    }
  })

  it('whose directory is a link is not written through it', () => {
    const [traces, elsewhere] = [join(copy, 'traces', 'litmus'), join(copy, 'traces-elsewhere')]
    renameSync(traces, elsewhere)
    symlinkSync(elsewhere, traces)
    try {
      const { status, stdout } = runIn(copy, ['prove', MODEL, '--write', '--json'])
      expect([status, JSON.parse(stdout)]).toMatchObject([
        2,
        { ok: false, error: { code: 'unwritable', file: traces } },
      ])
    } finally {
      rmSync(traces)
      renameSync(elsewhere, traces)
    }
  })

  it.runIf(isCI)('stays whole where the disk takes no more, and the error names the file (needs CI)', () => {
    expect(runIn(copy, ['prove', MODEL, '--write']).status).toBe(0)
    const before = readFileSync(file())
    // the proof is known, so nothing but the evidence is written; a limit of 0 blocks on files is a full disk
    const command = `ulimit -f 0; exec "$0" "$1" prove ${MODEL} --write --json`
    const { status, stdout } = spawnSync('bash', ['-c', command, process.execPath, join(copy, 'bin', 'lockstep.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, LOCKSTEP_CACHE: join(copy, 'cache') },
    })
    expect([status, JSON.parse(stdout)]).toMatchObject([3, { ok: false, error: { code: 'write-failed' } }])
    expect(stdout).toContain('traces/litmus/sb.tso.')
    expect(readFileSync(file())).toEqual(before)
    expect(readdirSync(join(copy, 'traces', 'litmus')).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

// it is built twice, which takes longer than all the other tests of this file
describe.skipIf(toolchain === undefined || !isCI)('a checkout, in CI only (needs Java)', () => {
  it('that is edited shows the difference at once, and certifies nothing', { timeout: 600_000 }, () => {
    const checkout = copyTree('checkout')
    writeCertificate(checkout)
    try {
      expect(runIn(checkout, ['prove', MODEL]).stdout).toContain('equal')
      const machine = join(checkout, 'impl', 'litmus', 'Litmus.ts')
      const text = readFileSync(machine, 'utf8')
      const edited = text.replace("store('store', i.value)", "store('store', 0)")
      expect(edited).not.toBe(text)
      writeFileSync(machine, edited)
      const proof = runIn(checkout, ['prove', MODEL])
      expect([proof.status, proof.stdout]).toEqual([1, expect.stringContaining('DIFFERENT')])
      const certificate = join(checkout, CERTIFICATE)
      const before = readFileSync(certificate)
      const verified = runIn(checkout, ['verify', certificate])
      expect([verified.status, verified.stdout]).toEqual([1, expect.stringContaining('Litmus.ts has changed since')])
      expect(runIn(checkout, ['prove', MODEL, '--write']).status).toBe(1)
      expect(readFileSync(certificate)).toEqual(before)
      expect(readdirSync(checkout).filter((name) => name.startsWith('dist'))).toEqual(['dist'])
    } finally {
      rmSync(checkout, { recursive: true, force: true })
    }
  })
})

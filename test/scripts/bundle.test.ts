/** What runs from a bundle is what the modules say, and is not run where they have changed. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everydayShare } from '../effort.ts'
import type { OptionDefinition } from '../../scripts/cli/options.ts'
import { flagsOf } from '../../scripts/cli/options.ts'
import { COMMANDS } from '../../scripts/cli/commands.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { addByte, copyTree, ensureBuilt, runIn } from './tree.ts'

interface Files {
  FLAGS: string[]
  VALUED: string[]
  kindOf: (argv: readonly string[]) => string | undefined
}

interface Fresh {
  areFreshBundles: (root: string, names: readonly string[]) => boolean
}

const inBin = async (name: string): Promise<unknown> =>
  import(pathToFileURL(join(packageRoot(), 'bin', `${name}.mjs`)).href)

const { FLAGS, VALUED, kindOf } = (await inBin('files')) as Files
const { areFreshBundles } = (await inBin('fresh')) as Fresh

const SAMPLES = join(packageRoot(), 'test', 'lib', 'litmus', 'samples')
/** With some that are not there, and one that is asked for more than once. */
const MANY = readdirSync(SAMPLES)
  .flatMap((name) => [join(SAMPLES, name), join(SAMPLES, 'SB.litmus'), join(SAMPLES, `no-${name}`)])
  .slice(0, 60)
const SB = join(packageRoot(), 'test', 'lib', 'litmus', 'samples', 'SB.litmus')
const SLEEP_WAKE = join(packageRoot(), 'examples', 'sleep-wake.c')

describe('the command lines that go to a bundle', () => {
  it('have options of check, each with a value or without', () => {
    const options: readonly [string, OptionDefinition][] = Object.entries(COMMANDS.check.options)
    const spelt = options.map(([name, option]) => flagsOf(name, option))
    for (const word of FLAGS) expect([word, spelt.some((s) => s.split(', ').includes(word))]).toEqual([word, true])
    for (const word of VALUED)
      expect([word, spelt.some((s) => s.includes(' <') && s.split(/, | </).includes(word))]).toEqual([word, true])
  })

  it.each([
    ['one', ['check', 'a.litmus']],
    ['one', ['check', '--memory', 'sc', 'a.litmus', '--json', '--timeout=5']],
    ['files', ['check', 'a.litmus', 'b.litmus']],
    ['files', ['check', 'a.c', '-DX=1', '-I', 'a.litmus']],
    ['files', ['check', `${packageRoot()}/examples`]],
    ['help', ['--help']],
    ['help', ['check', '-h']],
    ['help', ['help', 'check']],
    ['help', []],
    [undefined, ['check']],
    [undefined, ['check', 'poll-kick', 'a.c']],
    // a protocol may be called so
    [undefined, ['check', 'test']],
    [undefined, ['check', 'no/such']],
    [undefined, ['check', 'a.c/tso']],
    [undefined, ['check', 'a.c', '--engine', 'tlc']],
    [undefined, ['check', 'a.c', '--workspace', 'b.c']],
    [undefined, ['explain', 'a.c']],
    [undefined, ['tlc', '--', '--help']],
  ])('%s: %j', (kind, argv) => {
    expect(kindOf(argv)).toBe(kind)
  })
})

describe('a bundle', () => {
  let copy = ''
  beforeAll(() => {
    ensureBuilt()
    copy = copyTree('package')
  }, 600_000)
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true })
  })

  it('is not run if one of its sources, or it itself, was changed; of others it knows nothing', () => {
    const isFresh = (path: string): boolean => {
      const undo = addByte(join(copy, path))
      const fresh = areFreshBundles(copy, ['quick.cjs'])
      undo()
      return fresh
    }
    expect(areFreshBundles(copy, ['quick.cjs'])).toBe(true)
    expect(isFresh('impl/lib/litmus/run.ts')).toBe(false)
    expect(isFresh('dist/bundle/quick.cjs')).toBe(false)
    expect(isFresh('impl/poll-kick/PollKick.ts')).toBe(true)
    expect(isFresh('dist/bundle/files.cjs')).toBe(true)
  })

  it.each(['impl/lib/litmus/run.ts', 'dist/bundle/quick.cjs'])('answers nothing where %s was changed', (path) => {
    const undo = addByte(join(copy, path))
    const { status, stdout, stderr } = runIn(copy, ['check', SB])
    undo()
    expect([status, stdout]).toEqual([3, ''])
    expect(stderr).toContain(path)
  })

  it.each(
    everydayShare<[string, string[]]>(
      [
        ['a litmus test', [SB]],
        ['a run of it', [SB, '--witness', '--expect']],
        ['runs of it', [SB, '--witness', '--memory', 'all']],
        ['JSON', [SB, '--json']],
        ['several', [SB, SB]],
        ['many, of which a second thread answers some', MANY],
        ['many in JSON', [...MANY, '--memory', 'all', '--json']],
        ['a directory', [SAMPLES]],
        ['many by three threads', [...MANY, '--workers', '3']],
        ['two by two', [SB, SB, '--workers', '2']],
        ['a C file', [SLEEP_WAKE]],
        ['a file that is not there', [`${SB}.litmus`]],
        ['a wrong option', [SB, '--memory', 'x']],
      ],
      ([what]) => ['a litmus test', 'many in JSON', 'a C file', 'a wrong option'].includes(what),
    ),
  )('answers %s as the modules do (a share every day, all in CI)', (_what, args) => {
    // an option that changes nothing, and of which bin/files.mjs does not know
    const [bundled, ordinary] = [runIn(copy, ['check', ...args]), runIn(copy, ['check', ...args, '--engine', 'auto'])]
    const timeless = ({ status, stdout, stderr }: typeof bundled): unknown =>
      JSON.parse(JSON.stringify([status, stdout, stderr]).replaceAll(/\d+(?:\.\d+)?(?: s\b|(?=e-\d))/g, 'T'))
    expect(timeless(bundled)).toEqual(timeless(ordinary))
    expect(bundled.stderr).not.toContain('internal error')
  })

  it('keeps the code that V8 makes of it, and takes none that is of another text or not code at all', () => {
    const code = join(copy, 'dist', 'bundle', `quick.cjs.${process.version}-${process.arch}.code`)
    rmSync(code, { force: true, recursive: true })
    const first = runIn(copy, ['check', SB])
    expect(first.status).toBe(0)
    const kept = readFileSync(code)
    const damaged = Buffer.from(kept)
    damaged.writeUInt8(kept.readUInt8(kept.length >> 1) ^ 1, kept.length >> 1)
    const ofAnother = Buffer.concat([Buffer.alloc(32), kept.subarray(32)])
    for (const other of [damaged, ofAnother, kept.subarray(0, 40), Buffer.alloc(0)]) {
      writeFileSync(code, other)
      expect(runIn(copy, ['check', SB])).toEqual(first)
      const again = readFileSync(code)
      expect(again.equals(other)).toBe(false)
      expect(again.length).toBeGreaterThan(100_000)
    }
    rmSync(code)
    mkdirSync(code)
    expect(runIn(copy, ['check', SB])).toEqual(first)
    const drafts = readdirSync(join(copy, 'dist', 'bundle')).filter((name) => /\.code\.\d/.test(name))
    expect(drafts).toEqual([])
  })

  it('leaves to a thread what is not soon answered', () => {
    const directory = mkdtempSync(join(tmpdir(), 'bundle-'))
    const large = join(directory, 'large.litmus')
    const text = readFileSync(SB, 'utf8').trimEnd()
    writeFileSync(large, `${text}\n(* ${'x'.repeat(20_000)} *)\n`)
    const [small, found] = [runIn(copy, ['check', SB]), runIn(copy, ['check', large])]
    rmSync(directory, { recursive: true })
    expect(found).toEqual(small)
  })
})

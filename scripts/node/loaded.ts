/**
 * The code that runs, as it was when it was loaded: what a certificate or a kept result says of the code that decided is
 * taken from here, never from files as they have become since.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'

/** A module of the package as it was loaded. */
interface Module {
  /** what was loaded: built JavaScript, or TypeScript where the sources themselves run */
  readonly file: string
  readonly text: string
  readonly sha256: string
  /** sha256 of its source, of which the build vouches that it is what was built */
  readonly source: string
}

/** What a build was made of, and what it made; sha256 by path. */
interface BuildRecord {
  readonly sources: Readonly<Record<string, string>>
  readonly emitted: Readonly<Record<string, string>>
}

const isDigests = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every((digest) => typeof digest === 'string')

/** By hand: this runs before every command, and a library of schemas takes longer to load than most of them take. */
const isRecord = (value: unknown): value is BuildRecord =>
  typeof value === 'object' &&
  value !== null &&
  'format' in value &&
  value.format === 'lockstep-build' &&
  'sources' in value &&
  isDigests(value.sources) &&
  'emitted' in value &&
  isDigests(value.emitted)

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** `scripts/node` is two directories below what is loaded: the package itself, or its dist/. */
const base = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const root = EXTENSION === '.ts' ? base : dirname(base)

const stale = (file: string, why: string) =>
  environmentFailure({
    code: 'stale-build',
    message: `the code that runs is not what it is said to be: ${why}`,
    file,
    hint: 'start the command again: a checkout is built anew, an installed package is to be installed again',
  })

const listed = (directory: string): string[] =>
  readdirSync(join(base, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`
    if (entry.isDirectory()) return listed(path)
    return entry.name.endsWith(EXTENSION) ? [path] : []
  })

const readRecord = (): BuildRecord => {
  const file = join(base, 'build.json')
  const damaged = (): Error => stale(file, 'the record of the build is missing or damaged')
  let record: unknown
  try {
    record = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw damaged()
  }
  if (isRecord(record)) return record
  throw damaged()
}

/** A module of the build, whose text is read where it is asked for: by then it must still be what the build wrote. */
class BuiltModule implements Module {
  readonly file: string
  readonly sha256: string
  readonly source: string
  #text: string | undefined

  constructor(name: string, digest: string, source: string) {
    this.file = join(base, name.replace(/\.ts$/, '.js'))
    this.sha256 = digest
    this.source = source
  }

  get text(): string {
    if (this.#text !== undefined) return this.#text
    const text = readBuilt(this.file)
    if (sha256(text) !== this.sha256) throw stale(this.file, 'it is not what the build wrote')
    this.#text = text
    return text
  }
}

const readBuilt = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw stale(file, 'a module is gone')
  }
}

/** All modules of the package by the path of their source, e.g. `impl/lib/kernel/machine/compile.ts`. */
const load = (): ReadonlyMap<string, Module> =>
  new Map(
    [...listed('impl'), ...listed('scripts')].map((path): [string, Module] => {
      const file = join(base, path)
      const text = readFileSync(file, 'utf8')
      const hash = sha256(text)
      return [path, { file, text, sha256: hash, source: hash }]
    }),
  )

/** The same of a build, of which the record was read when it was loaded: every command waits for this, and hardly any asks for texts. */
const loadBuilt = ({ sources, emitted }: BuildRecord): ReadonlyMap<string, Module> =>
  new Map(
    Object.entries(emitted).flatMap(([path, hash]): [string, Module][] => {
      const name = path.replace(/^dist\//, '').replace(/\.js$/, '.ts')
      const source = sources[name]
      return source === undefined ? [] : [[name, new BuiltModule(name, hash, source)]]
    }),
  )

const loaded = EXTENSION === '.ts' ? load() : loadBuilt(readRecord())

// the compiler writes the specifiers that it rewrites in double quotes
const STATEMENT = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"](\.[^'"]+)['"]/gm
/** A specifier that is no path is the name of a package. */
const PACKAGE = /^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?['"]([^'".][^'"]*)['"]/gm
const DYNAMIC = /\b(?:import|new URL)\(['"`](\.[^'"`]+)['"`]/g

/** An `import()` or `require()` of a package, also where it is a type: nobody is harmed by one too many. */
const DYNAMIC_PACKAGE = /\b(?:import|require)\(\s*['"`]([^'"`.][^'"`]*)['"`]/g

/** The packages that a module imports by a statement when it runs. */
export const packagesIn = (text: string): string[] =>
  [...text.matchAll(PACKAGE)].flatMap(([, type, name = '']) => (type === undefined ? [name] : []))

/** The packages that a module may import besides, by `import()` or `require()` of a name that is written out. */
export const dynamicPackagesIn = (text: string): string[] =>
  [...text.matchAll(DYNAMIC_PACKAGE)].map(([, name = '']) => name)

/** The relative paths that a module imports when it runs. */
export const specifiersIn = (text: string): string[] => [
  ...[...text.matchAll(STATEMENT)].flatMap(([, type, path = '']) => (type === undefined ? [path] : [])),
  ...[...text.matchAll(DYNAMIC)].map(([, path = '']) => path),
]

const importsOf = (name: string, { text }: Module): string[] =>
  specifiersIn(text)
    .filter((path) => /\.(?:ts|js|\$\{extension\})$/.test(path))
    .map((path) => posix.join(posix.dirname(name), path).replace(/\.(?:js|\$\{extension\})$/, '.ts'))

/** Modules that run when one of `entries` is imported, except those of `without` and what only they import. */
export const closureOf = (entries: readonly string[], without: readonly string[] = []): string[] => {
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name) || without.includes(name)) return
    const module = loaded.get(name)
    if (module === undefined) throw new RangeError(`${name} is imported and no module of the package`)
    found.add(name)
    for (const next of importsOf(name, module)) visit(next)
  }
  for (const entry of entries) visit(entry)
  return [...found].sort()
}

const moduleOf = (name: string): Module => {
  const module = loaded.get(name)
  if (module === undefined) throw new RangeError(`${name} is no module of the package`)
  return module
}

/** sha256 of the source of each module that runs, by its path in the package. */
export const sourceHashes = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, moduleOf(name).source]))

/** sha256 of what was loaded of each module: of the build where that is what runs. */
export const loadedHashes = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, moduleOf(name).sha256]))

/** One digest of everything that was loaded; worker threads load again, and must find the same. */
export const codeDigest = (): string => sha256(JSON.stringify([...loaded].map(([name, m]) => [name, m.sha256])))

const hashNow = (file: string): string | undefined => {
  try {
    return sha256(readFileSync(file))
  } catch {
    return undefined
  }
}

/**
 * Looks at all modules: a thread that starts late loads what is on disk by then.
 * @throws LockstepError (exit 3) `stale-build`
 */
export const assertAsLoaded = (): void => {
  for (const { file, sha256: then } of loaded.values())
    if (hashNow(file) !== then) throw stale(file, 'it is not what the build wrote')
}

/**
 * Refuses to write down what was found by code that is no longer on disk: nobody could find it again.
 * @throws LockstepError (exit 3) `changed-since-load`
 */
export const assertCodeUnchanged = (names: readonly string[]): void => {
  for (const name of names) {
    const { file, sha256: then, source } = moduleOf(name)
    const original = hashNow(join(root, name))
    // scripts/ is not in the package: there only what was built can change
    const same = hashNow(file) === then && (original === undefined ? EXTENSION === '.js' : original === source)
    if (same) continue
    throw environmentFailure({
      code: 'changed-since-load',
      message: `${relative(root, file).replaceAll('\\', '/')} has changed since it was loaded: what was found is of the former text`,
      file: join(root, name),
      hint: 'run the command again',
    })
  }
}

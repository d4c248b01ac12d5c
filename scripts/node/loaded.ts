/**
 * The code that runs, as it was when it was loaded: what a certificate or a kept result says of the code that decided is
 * taken from here, never from files as they have become since.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
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

const recordSchema = z.object({
  format: z.literal('lockstep-build'),
  sources: z.record(z.string(), z.string()),
  emitted: z.record(z.string(), z.string()),
})

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

const readRecord = (): z.infer<typeof recordSchema> => {
  const file = join(base, 'build.json')
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    throw stale(file, 'the record of the build is missing or damaged')
  }
}

/** All modules of the package by the path of their source, e.g. `impl/lib/kernel/machine/compile.ts`. */
const load = (): ReadonlyMap<string, Module> => {
  const record = EXTENSION === '.ts' ? undefined : readRecord()
  return new Map(
    [...listed('impl'), ...listed('scripts')].flatMap((path): [string, Module][] => {
      const file = join(base, path)
      const text = readFileSync(file, 'utf8')
      const hash = sha256(text)
      if (record === undefined) return [[path, { file, text, sha256: hash, source: hash }]]
      const name = path.replace(/\.js$/, '.ts')
      const source = record.sources[name]
      // left over from a source that is gone, and imported by nothing
      if (source === undefined) return []
      if (record.emitted[`dist/${path}`] !== hash) throw stale(file, 'it is not what the build wrote')
      return [[name, { file, text, sha256: hash, source }]]
    }),
  )
}

const loaded = load()

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

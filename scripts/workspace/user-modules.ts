/**
 * Loads the modules of somebody else's workspace, TypeScript without a build step too, and remembers what was loaded: what a
 * certificate says of a machine is what ran.
 */

import { hash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { createJiti } from 'jiti'
import { badInput, environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import { readPlainText } from '../node/input.ts'
import { near } from '../../impl/lib/text/near.ts'
import { dynamicPackagesIn, packagesIn, specifiersIn } from '../node/loaded.ts'
import type { ApiName } from './api.ts'
import { API_NAMES, isApiName } from './api.ts'
import { apiModule } from './api-modules.ts'

/** A module as it was loaded. */
interface UserModule {
  readonly text: string
  readonly sha256: string
  /** files that it imports */
  readonly imports: readonly string[]
  /** what it imports of the package */
  readonly api: readonly ApiName[]
}

const sha256 = (text: string): string => hash('sha256', text)

/** What a file may be called that is imported without an ending. */
const ENDINGS = ['', '.ts', '.mts', '.js', '.mjs', '.cts', '.cjs', '.json', '/index.ts', '/index.js', '/index.mjs']

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

/** The file that a relative import means; './x.js' may be x.ts. */
export const resolved = (from: string, specifier: string): string | undefined => {
  const path = join(dirname(from), specifier)
  return [...ENDINGS.map((ending) => `${path}${ending}`), path.replace(/\.([cm]?)js$/, '.$1ts')].find(isFile)
}

/** The first place in a message or a stack that is in one of the files, whatever is in their names. */
const placeIn = (text: string, files: Iterable<string>) => {
  const found = [...files].flatMap((file) =>
    [file, pathToFileURL(file).href].flatMap((name) => {
      const at = text.indexOf(`${name}:`)
      const [, line, column] = /^:(\d+):(\d+)/.exec(text.slice(at + name.length)) ?? []
      return at < 0 || line === undefined ? [] : [{ at, file, line: Number(line), column: Number(column) }]
    }),
  )
  const [first] = found.sort((a, b) => a.at - b.at)
  return first
}

/** What was thrown, in one sentence. */
const saying = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const [first = ''] = message.trim().split('\n')
  return first.trim() === '' ? 'it throws' : first.trim()
}

/** Is it the package, or something below it? */
const isOfPackage = (name: string): boolean => name === 'lockstep' || name.startsWith('lockstep/')

/** The names by which a module imports the package. */
const apiIn = (text: string, file: string): readonly ApiName[] => {
  const names = new Set([...packagesIn(text), ...dynamicPackagesIn(text)].filter(isOfPackage))
  return [...names].map((name) => {
    if (isApiName(name)) return name
    const similar = near(name, API_NAMES)
    throw badInput({
      code: 'unknown-import',
      message: `it imports ${name}, which the package does not export`,
      file,
      hint: similar.length > 0 ? `did you mean ${similar.join(', ')}?` : `it exports ${API_NAMES.join(', ')}`,
    })
  })
}

/** The modules of one workspace. */
export class UserModules {
  readonly #modules = new Map<string, UserModule>()
  readonly #ran = new Map<string, string>()
  /** what `import 'lockstep'`, `import 'lockstep/kvm'` and so on give: the very modules that run, never another copy of them */
  readonly #api = new Map<ApiName, Readonly<Record<string, unknown>>>()
  readonly #jiti: Jiti

  /** `root` is the workspace. */
  constructor(root: string) {
    const base = pathToFileURL(join(root, '/')).href
    const options = { fsCache: false, interopDefault: false } as const
    const transformer = createJiti(base, options)
    this.#jiti = createJiti(base, {
      ...options,
      virtualModules: this.#virtualModules(),
      transform: (given) => {
        if (given.filename !== undefined) this.#ran.set(given.filename, given.source)
        // places in stacks are those of the source: counterexamples and errors name them
        return { code: transformer.transform({ ...given, retainLines: true }) }
      },
    })
  }

  /** What stands for the package: each of its names gives what was loaded of it before. */
  #virtualModules(): Readonly<Record<string, unknown>> {
    const get = (name: ApiName): unknown => {
      const found = this.#api.get(name)
      if (found !== undefined) return found
      throw new TypeError(`${name} is imported by a name that is computed: write it out`)
    }
    return Object.defineProperties(
      {},
      Object.fromEntries(API_NAMES.map((name) => [name, { enumerable: true, get: () => get(name) }])),
    )
  }

  /** Loads what the modules import of the package. */
  async #loadApi(): Promise<void> {
    for (const name of new Set([...this.#modules.values()].flatMap(({ api }) => api)))
      if (!this.#api.has(name)) this.#api.set(name, await apiModule(name))
  }

  /** Reads a module and all that it imports by a path. */
  #scan(file: string, within: readonly string[]): void {
    if (within.includes(file)) {
      const circle = [...within.slice(within.indexOf(file)), file]
      throw badInput({
        code: 'circular-import',
        message: `modules import each other in a circle: ${circle.join(' -> ')}`,
        file,
        hint: 'move what both need into a module of its own; a type is imported with `import type`',
      })
    }
    if (this.#modules.has(file)) return
    const text = readPlainText(file, 'module')
    const stranger = [...packagesIn(text), ...dynamicPackagesIn(text)].find(
      (name) => !isOfPackage(name) && !name.startsWith('node:'),
    )
    if (stranger !== undefined) {
      throw badInput({
        code: 'foreign-import',
        message: `it imports the package ${stranger}, whose code no certificate would name`,
        file,
        hint: 'import modules of the workspace and `lockstep`; a type is imported with `import type`',
      })
    }
    const imports = specifiersIn(text).flatMap((specifier) => resolved(file, specifier) ?? [])
    for (const next of imports) this.#scan(next, [...within, file])
    this.#modules.set(file, { text, sha256: sha256(text), imports, api: apiIn(text, file) })
  }

  /**
   * Loads a module; answers what it exports.
   * @throws LockstepError (exit 2) `bad-module` with the place, `circular-import`, `unreadable`
   */
  async load(file: string): Promise<Readonly<Record<string, unknown>>> {
    this.#scan(file, [])
    await this.#loadApi()
    try {
      const exports = await this.#jiti.import<Readonly<Record<string, unknown>>>(file)
      this.#refuseOthers(file)
      return exports
    } catch (error) {
      if (error instanceof LockstepError) throw error
      const stack = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : ''
      const isSyntax = /ParseError|SyntaxError/.test(saying(error)) || error instanceof SyntaxError
      const place = this.placeOf(stack, isSyntax) ?? { file }
      throw badInput({
        code: isSyntax ? 'syntax-error' : 'bad-module',
        message: isSyntax
          ? `it is no TypeScript: ${saying(error).replace(/^\w*Error:\s*/, '')}`
          : `the module cannot be loaded: ${saying(error)}`,
        ...place,
        hint: isSyntax ? 'mend it there' : 'run it by itself to see all that it says',
      })
    }
  }

  /**
   * The first place in a message or a stack that is in one of the modules. Of what runs the line is that of the source and the
   * column is not; a parser counts columns from 0.
   */
  placeOf(text: string, isParser = false): { file: string; line: number; column?: number } | undefined {
    const place = placeIn(text, this.#modules.keys())
    if (place === undefined) return undefined
    const { file, line, column } = place
    return isParser ? { file, line, column: column + 1 } : { file, line }
  }

  /** What ran is what was read before; what ran besides, by a path that was computed, counts as imported by the entry. */
  #refuseOthers(entry: string): void {
    const besides = [...this.#ran].filter(([file]) => !this.#modules.has(file))
    for (const [file, text] of besides)
      this.#modules.set(file, { text, sha256: sha256(text), imports: [], api: apiIn(text, file) })
    const own = this.#modules.get(entry)
    if (own !== undefined)
      this.#modules.set(entry, { ...own, imports: [...own.imports, ...besides.map(([file]) => file)] })
    for (const file of this.closureOf(entry)) {
      const ran = this.#ran.get(file)
      const module = this.#modules.get(file)
      if (ran === undefined || module === undefined || ran === module.text) continue
      throw changed(file)
    }
  }

  /** The files that run when a module is loaded, sorted; those of packages are not among them. */
  closureOf(entry: string): string[] {
    const found = new Set<string>()
    const visit = (file: string): void => {
      if (found.has(file)) return
      found.add(file)
      for (const next of this.#modules.get(file)?.imports ?? []) visit(next)
    }
    visit(entry)
    return [...found].sort()
  }

  /** What the modules that run when one is loaded import of the package, sorted. */
  apiOf(entry: string): readonly ApiName[] {
    return [...new Set(this.closureOf(entry).flatMap((file) => this.#modules.get(file)?.api ?? []))].sort()
  }

  /** sha256 of a module as it was loaded. */
  hashOf(file: string): string {
    const module = this.#modules.get(file)
    if (module === undefined) throw new RangeError(`${file} was not loaded`)
    return module.sha256
  }

  /**
   * Refuses to write down what was found by modules that are no longer on disk.
   * @throws LockstepError (exit 3) `changed-since-load`
   */
  assertUnchanged(files: readonly string[]): void {
    for (const file of files) {
      let now: string | undefined
      try {
        now = sha256(readFileSync(file, 'utf8'))
      } catch {
        // gone is changed
      }
      if (now !== this.hashOf(file)) throw changed(file)
    }
  }
}

const changed = (file: string) =>
  environmentFailure({
    code: 'changed-since-load',
    message: 'the module has changed since it was loaded: what was found is of the former text',
    file,
    hint: 'run the command again',
  })

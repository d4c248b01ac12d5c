/**
 * Loads a protocol with some of its sources changed, without a file being written: the changed modules and those that
 * import them are compiled in memory, all others are the very modules that run.
 */

import { dirname, join, posix } from 'node:path'
import { compileFunction } from 'node:vm'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import { edited } from '../../impl/lib/mutate/mutant.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { readPlainText } from '../node/input.ts'
import { packageRoot } from '../workspace/project.ts'

/** The machinery that protocols share. */
const isShared = (file: string): boolean => /^impl\/lib\/(kvm|kernel\/memory)\/.*\.ts$/.test(file)

/** Sources that may be changed: a protocol's own, and the machinery that protocols share. */
export const isMutable = (file: string, protocol: string): boolean =>
  file.startsWith(`impl/${protocol}/`) || isShared(file)

type Exports = Record<string, unknown>

const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/^(?:import|export) (?!type\b)[^']*?from '(\.[^']+)'/gm)].map(([, path = '']) =>
    posix.join(posix.dirname(file), path),
  )

/** The compiler; where it is missing, undefined. */
export const findTypeScript = async (): Promise<TypeScript | undefined> => {
  try {
    const { default: ts } = await import('typescript')
    return ts
  } catch {
    return undefined
  }
}

/** Text of a source of the package. */
export const readSource = (file: string): string => readPlainText(join(packageRoot(), file), 'source')

/** The sources of a protocol, from that which exports it; each with those that it imports. */
const sourcesFrom = (entry: string): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  const visit = (file: string): void => {
    if (found.has(file)) return
    const imports = importsOf(file, readSource(file))
    found.set(file, imports)
    imports.forEach(visit)
  }
  visit(entry)
  return found
}

const entryOf = (protocol: string): string => `impl/${protocol}/index.ts`

/** Sources that may be changed and that a protocol is made of: its own first. */
export const mutableSources = (protocol: string): readonly string[] =>
  [...sourcesFrom(entryOf(protocol)).keys()]
    .filter((file) => isMutable(file, protocol))
    .sort((a, b) => Number(isShared(a)) - Number(isShared(b)))

/** The modules that a protocol is made of, by their sources. */
export class Loader {
  private readonly ts: TypeScript
  private readonly entry: string
  /** all sources of the protocol: whoever imports a changed one is compiled anew too */
  private readonly imports: ReadonlyMap<string, readonly string[]>
  private readonly real = new Map<string, Exports>()
  private readonly compiled = new Map<string, string>()

  private constructor(ts: TypeScript, protocol: string) {
    this.ts = ts
    this.entry = entryOf(protocol)
    this.imports = sourcesFrom(this.entry)
  }

  /** Finds the sources of a protocol and loads what they import. */
  static async of(ts: TypeScript, protocol: string): Promise<Loader> {
    const loader = new Loader(ts, protocol)
    const own = new URL(import.meta.url)
    for (const file of loader.imports.keys()) {
      const built = own.pathname.endsWith('.ts') ? file : file.replace(/\.ts$/, '.js')
      loader.real.set(file, (await import(new URL(`../../${built}`, own).href)) as Exports)
    }
    return loader
  }

  private depends(file: string, on: string, seen = new Set<string>()): boolean {
    if (file === on) return true
    if (seen.has(file)) return false
    seen.add(file)
    return (this.imports.get(file) ?? []).some((imported) => this.depends(imported, on, seen))
  }

  private compile(text: string): string {
    const { ts } = this
    return ts.transpileModule(text, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, verbatimModuleSyntax: false },
    }).outputText
  }

  private unchanged(file: string): string {
    const known = this.compiled.get(file) ?? this.compile(readSource(file))
    this.compiled.set(file, known)
    return known
  }

  /** The protocol as a mutant has it. */
  mutated({ file, edit }: Pick<Mutant, 'file' | 'edit'>): Protocol {
    return this.load(file, edited(readSource(file), edit))
  }

  /** The protocol with another text for one of its sources. */
  load(changed: string, text: string): Protocol {
    const loaded = new Map<string, Exports>()
    const load = (file: string): Exports => {
      const before = loaded.get(file)
      if (before !== undefined) return before
      const real = this.real.get(file)
      if (real === undefined) throw new RangeError(`${file} is no source of ${this.entry}`)
      if (!this.depends(file, changed)) return real
      const exports: Exports = {}
      loaded.set(file, exports)
      const code = file === changed ? this.compile(text) : this.unchanged(file)
      const run = compileFunction(code, ['exports', 'require'], { filename: file }) as (
        exports: Exports,
        require: (path: string) => Exports,
      ) => void
      run(exports, (path) => load(posix.join(dirname(file), path)))
      return exports
    }
    const found = Object.values(load(this.entry)).find(
      (value): value is Protocol => typeof value === 'object' && value !== null && 'machine' in value,
    )
    if (found === undefined) throw new TypeError(`${this.entry} exports no protocol`)
    return found
  }
}

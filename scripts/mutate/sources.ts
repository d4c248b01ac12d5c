/**
 * The sources of a protocol's machine: their mutants, and how a changed one is loaded and asked for its types. No file is written:
 * the changed modules and those that import them are compiled in memory, all others are the very modules that run.
 */

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join, posix, resolve } from 'node:path'
import { compileFunction } from 'node:vm'
import type ts from 'typescript'
import { faults } from '../../impl/lib/mutate/faults.ts'
import type { Change, Draft, Generated, Mutant, MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { edited, numbered } from '../../impl/lib/mutate/mutant.ts'
import { weakenings } from '../../impl/lib/mutate/properties.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import { Source } from '../../impl/lib/mutate/syntax.ts'
import type { HousedProtocol, Protocol } from '../../impl/lib/protocol/protocol.ts'
import { optionsOf } from '../engines/types.ts'
import { packageRoot } from '../workspace/package.ts'
import type { MachineLoader } from './machine-sources.ts'
import { machineSources } from './machine-sources.ts'
import { entryOf, readSource, sourcesFrom } from './package-sources.ts'
import { UserLoader } from './user-loader.ts'

type Exports = Record<string, unknown>

/** The compiler; where it is missing, undefined. */
export const findTypeScript = async (): Promise<TypeScript | undefined> => {
  try {
    const { default: ts } = await import('typescript')
    return ts
  } catch {
    return undefined
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Mutants

const draftsOf = (ts: TypeScript, file: string, text: string): Draft[] => {
  const source = new Source(ts, file, text)
  weakenings(source)
  faults(source)
  return source.drafts
}

/** Mutants of the machine of a protocol. */
export const machineMutants = (ts: TypeScript, protocol: HousedProtocol, kinds: readonly MutantKind[]): Generated => {
  const { weakened, faulty, read } = machineSources(protocol)
  const texts = new Map((kinds.includes('fault') ? faulty : weakened).map((file) => [file, read(file)]))
  const drafts = [...texts].flatMap(([file, text]) =>
    draftsOf(ts, file, text).filter(
      ({ kind }) => kinds.includes(kind) && (kind === 'fault' || weakened.includes(file)),
    ),
  )
  return numbered(drafts, texts)
}

/** The id of faults that people wrote: `from` stands in `within` exactly once, and `to` takes its place. */
export const BY_HAND = 'hand'

/** The fault that a file describes, among those that are made, or as it was written by hand; undefined where it is none any more. */
export const faultNamed = (
  ts: TypeScript,
  protocol: HousedProtocol,
  made: readonly Mutant[],
  change: Change,
): Mutant | undefined => {
  if (change.id !== BY_HAND) return made.find(({ id }) => id === change.id)
  const { file, within, from, to } = change
  const { faulty, read } = machineSources(protocol)
  if (!faulty.includes(file)) return undefined
  const [place, another] = new Source(ts, file, read(file)).occurrences(within, from)
  if (place === undefined || another !== undefined) return undefined
  const edit = { start: place.start, end: place.start + from.length, text: to }
  const content = JSON.stringify([file, within, from, to])
  const id = hash('sha256', content).slice(0, 10)
  return { id, side: 'machine', file, line: place.line, kind: 'fault', within, from, to, edit }
}

/** A number for a place in a sequence that the seed decides; the same for the same mutant whatever else there is. */
const rank = (seed: number, id: string): number => {
  let h = seed | 0
  for (const c of id) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193) ^ (h >>> 13)
  return Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0
}

/** How many mutants are drawn; all where there is no number. */
export interface Drawing {
  /** at most so many faults */
  readonly sample?: number | undefined
  /** at most so many weakenings of each side and kind */
  readonly weakenings?: number
  readonly seed: number
}

/** The mutants that are drawn, in their order. */
export const sampled = (mutants: readonly Mutant[], { sample, weakenings, seed }: Drawing): readonly Mutant[] => {
  const left = new Map<string, number>()
  const isDrawn = ({ side, kind }: Mutant): boolean => {
    const [group, most] = kind === 'fault' ? ['fault', sample] : [`${side} ${kind}`, weakenings]
    const room = left.get(group) ?? most ?? Infinity
    left.set(group, room - 1)
    return room > 0
  }
  const drawn = new Set([...mutants].sort((a, b) => rank(seed, a.id) - rank(seed, b.id)).filter(isDrawn))
  return mutants.filter((m) => drawn.has(m))
}

// ---------------------------------------------------------------------------------------------------------------------
// A changed source, loaded and asked for its types

/** What loads the mutants of a protocol. */
export const loaderOf = (ts: TypeScript, protocol: HousedProtocol): Promise<MachineLoader> =>
  protocol.home.builtin ? Loader.of(ts, protocol.name) : UserLoader.of(ts, protocol, machineSources(protocol))

/** The modules that a protocol of ours is made of, by their sources. */
export class Loader implements MachineLoader {
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

const ourOptions = (compiler: TypeScript, root: string): ts.CompilerOptions =>
  compiler.parseJsonConfigFileContent(
    compiler.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
    compiler.sys,
    root,
  ).options

/** One type checker for many mutants: what did not change is not looked at again. */
export class TypeCheck {
  private readonly ts: TypeScript
  private readonly service: ts.LanguageService
  private changed: { readonly file: string; readonly text: string } | undefined
  private version = 0
  private readonly root: string
  /** files that have type errors as they are: of these no mutant is refused */
  private readonly untyped = new Map<string, boolean>()

  /** Of ours, or of the workspace in `root`. */
  constructor(compiler: TypeScript, workspace?: string) {
    this.ts = compiler
    const root = workspace ?? packageRoot()
    this.root = root
    const options = workspace === undefined ? ourOptions(compiler, root) : optionsOf(compiler, root)
    const textOf = (file: string): string | undefined =>
      file === this.changed?.file ? this.changed.text : compiler.sys.readFile(file)
    this.service = compiler.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => (this.changed === undefined ? [] : [this.changed.file]),
      getScriptVersion: (file) => (file === this.changed?.file ? String(this.version) : '0'),
      getScriptSnapshot: (file) => {
        const text = textOf(file)
        return text === undefined ? undefined : compiler.ScriptSnapshot.fromString(text)
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (options) => compiler.getDefaultLibFilePath(options),
      fileExists: (file) => compiler.sys.fileExists(file),
      readFile: textOf,
    })
  }

  /** The first error of a mutant, if it has any. */
  errorOf({ file, edit }: Mutant): string | undefined {
    const path = resolve(this.root, file)
    const text = readFileSync(path, 'utf8')
    const isUntyped = this.untyped.get(path) ?? this.errorIn(path, text) !== undefined
    this.untyped.set(path, isUntyped)
    return isUntyped ? undefined : this.errorIn(path, edited(text, edit))
  }

  private errorIn(path: string, text: string): string | undefined {
    this.changed = { file: path, text }
    this.version += 1
    const [first] = [...this.service.getSyntacticDiagnostics(path), ...this.service.getSemanticDiagnostics(path)]
    return first === undefined ? undefined : this.ts.flattenDiagnosticMessageText(first.messageText, ' ')
  }
}

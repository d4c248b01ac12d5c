/**
 * Loads a changed machine of somebody else's workspace. Its own modules are compiled in memory, anew for each change; what they import
 * from `lockstep` is the very modules that run.
 */

import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'
import { completed } from '../../impl/lib/kernel/check.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import { edited } from '../../impl/lib/mutate/mutant.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import type { HousedProtocol, Protocol } from '../../impl/lib/protocol/protocol.ts'
import { resolved } from '../workspace/user-modules.ts'
import { API_NAMES } from '../workspace/api.ts'
import { apiModule } from '../workspace/api-modules.ts'
import type { MachineLoader, MachineSources } from './machine-sources.ts'

type Exports = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isProtocol = (value: unknown): value is Protocol => isObject(value) && typeof value['machine'] === 'function'

/** The protocol of a name in what the entry exports: the protocol itself, or the configuration that has it. */
const protocolIn = (exported: unknown, name: string): Protocol | undefined => {
  if (isProtocol(exported)) return exported
  const entries: readonly unknown[] =
    isObject(exported) && Array.isArray(exported['protocols']) ? exported['protocols'] : []
  return entries
    .map((entry) => (isObject(entry) && 'protocol' in entry ? entry['protocol'] : entry))
    .filter(isProtocol)
    .find((protocol) => protocol.name === name)
}

/** The modules that a protocol of a workspace is made of. */
export class UserLoader implements MachineLoader {
  readonly #ts: TypeScript
  readonly #protocol: HousedProtocol
  readonly #sources: MachineSources
  readonly #api: ReadonlyMap<string, Exports>
  readonly #compiled = new Map<string, string>()

  private constructor(
    ts: TypeScript,
    protocol: HousedProtocol,
    sources: MachineSources,
    api: ReadonlyMap<string, Exports>,
  ) {
    this.#ts = ts
    this.#protocol = protocol
    this.#sources = sources
    this.#api = api
  }

  static async of(ts: TypeScript, protocol: HousedProtocol, sources: MachineSources): Promise<UserLoader> {
    const parts = await Promise.all(API_NAMES.map(async (name) => [name, await apiModule(name)] as const))
    return new UserLoader(ts, protocol, sources, new Map(parts))
  }

  #compile(text: string): string {
    const { ModuleKind, ScriptTarget } = this.#ts
    return this.#ts.transpileModule(text, {
      compilerOptions: { target: ScriptTarget.ES2023, module: ModuleKind.CommonJS, allowJs: true },
    }).outputText
  }

  #unchanged(path: string, text: string): string {
    const known = this.#compiled.get(path) ?? this.#compile(text)
    this.#compiled.set(path, known)
    return known
  }

  mutated({ file, edit }: Pick<Mutant, 'file' | 'edit'>): Protocol {
    return this.load(file, edited(this.#sources.read(file), edit))
  }

  load(changed: string, text: string): Protocol {
    const { name, home } = this.#protocol
    const changedPath = this.#sources.pathOf(changed)
    const loaded = new Map<string, Exports>()
    const load = (path: string): Exports => {
      const before = loaded.get(path)
      if (before !== undefined) return before
      const source = path === changedPath ? text : this.#sources.textAt(path)
      if (path.endsWith('.json')) return { default: JSON.parse(source) as unknown }
      const exports: Record<string, unknown> = {}
      loaded.set(path, exports)
      const code = path === changedPath ? this.#compile(source) : this.#unchanged(path, source)
      const run = compileFunction(code, ['exports', 'require'], { filename: path }) as (
        exports: Exports,
        require: (specifier: string) => unknown,
      ) => void
      run(exports, (specifier) => {
        const part = this.#api.get(specifier)
        if (part !== undefined) return part
        if (!specifier.startsWith('.')) return createRequire(path)(specifier) as unknown
        const target = resolved(path, specifier)
        if (target === undefined) throw new RangeError(`${path} imports ${specifier}, and there is nothing`)
        return load(target)
      })
      return exports
    }
    const found = protocolIn(load(home.entry)['default'], name)
    if (found === undefined)
      throw badInput({
        code: 'no-protocol',
        message: `the module has no default export that is the protocol ${name}`,
        file: home.entry,
        hint: 'write `export default protocol({ name, constants, machine, ... })`',
      })
    // as it is completed where it is loaded to be checked
    return { ...found, machine: (constants, data) => completed(found.machine(constants, data)) }
  }
}

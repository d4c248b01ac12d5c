/** Finds a workspace and reads its configuration: which protocols there are, and where their files are. */

import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { badInput, LockstepError } from '../../impl/lib/kernel/error.ts'
import { completed } from '../../impl/lib/kernel/check.ts'
import type { Machine } from '../../impl/lib/kernel/language/machine.ts'
import type { Config, ProtocolEntry } from '../../impl/lib/protocol/config.ts'
import { isName, pascalCase } from '../../impl/lib/protocol/name.ts'
import type { Workspace } from '../../impl/lib/protocol/project.ts'
import type { HousedProtocol, Protocol } from '../../impl/lib/protocol/protocol.ts'
import { parseJson } from '../../impl/lib/text/json.ts'
import { readPlainText } from '../node/input.ts'
import { ranBy, registerModules } from './machine-code.ts'
import { UserModules } from './user-modules.ts'

/** A protocol that cannot be used, or the configuration itself. */
export interface BrokenPart {
  /** of the protocol as the configuration names it; `workspace` for the configuration */
  readonly name: string
  readonly error: LockstepError
}

/** What a configuration gives. */
export interface Opened {
  readonly protocols: readonly HousedProtocol[]
  readonly broken: readonly BrokenPart[]
}

const NAMES = ['lockstep.config.ts', 'lockstep.config.mts', 'lockstep.config.js', 'lockstep.config.mjs'] as const

const KEY = 'lockstep'

/** The environment variable that names a workspace. */
export const WORKSPACE_VARIABLE = 'LOCKSTEP_WORKSPACE'

const hasKey = (file: string): boolean => {
  if (!existsSync(file)) return false
  try {
    return Object.hasOwn(JSON.parse(readPlainText(file, 'package.json')) as object, KEY)
  } catch {
    // somebody else's package.json is not ours to judge
    return false
  }
}

/** The configuration in a directory, if there is one. */
const configIn = (directory: string): string | undefined => {
  const found = NAMES.map((name) => join(directory, name)).filter((file) => existsSync(file))
  const [first, second] = found
  if (second !== undefined)
    throw badInput({
      code: 'two-configs',
      message: `there are two configurations: ${found.map((file) => basename(file)).join(', ')}`,
      file: directory,
      hint: 'keep one of them',
    })
  const manifest = join(directory, 'package.json')
  return first ?? (hasKey(manifest) ? manifest : undefined)
}

/**
 * The workspace that is meant: the directory that the command line or LOCKSTEP_WORKSPACE names, else the nearest one from `from`
 * upwards that has a configuration; undefined where there is none.
 * @throws LockstepError (exit 2) `no-workspace` where one is named and there is none, `two-configs`
 */
export const findWorkspace = (named: string | undefined, from: string = process.cwd()): Workspace | undefined => {
  const variable = process.env[WORKSPACE_VARIABLE]
  const wanted = named ?? (variable === '' ? undefined : variable)
  if (wanted !== undefined) {
    const root = resolve(from, wanted)
    const config = configIn(root)
    if (config !== undefined) return { config, root }
    const isThere = statSync(root, { throwIfNoEntry: false })?.isDirectory() === true
    throw badInput({
      code: 'no-workspace',
      message: `${named === undefined ? WORKSPACE_VARIABLE : '--workspace'}: ${isThere ? 'the directory has no configuration' : 'there is no such directory'}`,
      file: wanted,
      hint: `give a directory with ${NAMES[0]}; \`lockstep new --workspace\` makes one`,
    })
  }
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const config = configIn(directory)
    if (config !== undefined) return { config, root: directory }
    if (directory === dirname(directory)) return undefined
  }
}

const isProtocol = (value: unknown): value is Protocol =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Protocol>).machine === 'function'

const protocolSchema = z.custom<Protocol>(isProtocol, 'expected a path, or what protocol({...}) returns')

const entrySchema = z.strictObject({
  protocol: z.union([z.string(), protocolSchema]),
  spec: z.string().optional(),
  traces: z.string().optional(),
  entry: z.string().optional(),
})

const configSchema = z.strictObject({
  protocols: z.array(
    z.union([z.string(), protocolSchema, entrySchema], { error: 'expected a path, or what protocol({...}) returns' }),
  ),
})

const FORM = "write `export default defineConfig({ protocols: ['./wake-up'] })`"

const checkedConfig = (value: unknown, file: string): Config => {
  const parsed = configSchema.safeParse(value)
  if (parsed.success) return parsed.data as Config
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  throw badInput({
    code: 'bad-config',
    message: value === undefined ? 'it has no default export' : `${where}${issue?.message ?? 'it is no configuration'}`,
    file,
    hint: FORM,
  })
}

const readConfig = async ({ config }: Workspace, modules: UserModules): Promise<Config> => {
  if (!config.endsWith('.json')) return checkedConfig((await modules.load(config))['default'], config)
  const text = parseJson(readPlainText(config, 'package.json'), { file: config }) as Record<string, unknown>
  return checkedConfig(text[KEY], config)
}

/** The module of a protocol: the path itself, or in a directory index.ts, or one with the directory's name. */
const moduleAt = (path: string, config: string): string => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isFile() === true) return path
  const missing = (message: string, hint: string) => badInput({ code: 'no-protocol', message, file: config, hint })
  if (stats === undefined)
    throw missing(`it names ${path}, and there is nothing`, 'give the directory or the module of a protocol')
  const name = basename(path)
  const wanted = ['index', name, pascalCase(name)].flatMap((stem) =>
    ['ts', 'mts', 'js', 'mjs'].map((ending) => `${stem}.${ending}`),
  )
  const found = wanted.map((file) => join(path, file)).find((file) => existsSync(file))
  if (found !== undefined) return found
  throw missing(
    `${path} has no module of a protocol`,
    `write ${wanted[0] ?? ''}, or ${pascalCase(name)}.ts, with the protocol as its default export`,
  )
}

const exportedBy = async (file: string, modules: UserModules): Promise<Protocol> => {
  const { default: value } = await modules.load(file)
  if (isProtocol(value)) return value
  throw badInput({
    code: 'no-protocol',
    message: value === undefined ? 'the module has no default export' : 'the default export is no protocol',
    file,
    hint: 'write `export default protocol({ name, constants, machine, ... })`',
  })
}

const checkedName = ({ name }: Protocol, file: string): void => {
  if (typeof name === 'string' && isName(name)) return
  throw badInput({
    code: 'bad-name',
    message: `${JSON.stringify(name)} is no name of a protocol`,
    file,
    hint: 'small letters, digits and single hyphens, e.g. wake-up: it is a directory name and is typed on command lines',
  })
}

const isMachine = (value: unknown): value is Machine => {
  const { shared, threads } = (value ?? {}) as Partial<Machine>
  return typeof shared === 'object' && Array.isArray(threads)
}

/** What a protocol gives for a machine must be one; parts that are left out are empty. */
const checkedMachine =
  ({ name, machine }: Protocol, file: string, modules: UserModules): Protocol['machine'] =>
  (constants, data) => {
    const made = ranBy(modules, () => machine(constants, data) as unknown)
    if (isMachine(made)) return completed(made)
    throw badInput({
      code: 'no-machine',
      message: `${name}: what it gives for a machine is none: expected shared variables and threads`,
      file,
      hint: 'write `return machine(state, { programs: { ... } })`',
    })
  }

const labelOf = (entry: Config['protocols'][number]): string =>
  typeof entry === 'string' ? entry : 'machine' in entry ? entry.name : labelOf(entry.protocol)

const asEntry = (entry: Config['protocols'][number]): ProtocolEntry =>
  typeof entry === 'string' || 'machine' in entry ? { protocol: entry } : entry

/** Where the modules of a workspace come from: ours are part of the package, those of others are loaded. */
type Modules = UserModules | 'package'

const openEntry = async (
  { root, config }: Workspace,
  { protocol, spec, traces, entry }: ProtocolEntry,
  modules: Modules,
): Promise<HousedProtocol> => {
  const builtin = modules === 'package'
  if (builtin) {
    if (typeof protocol === 'string' || entry === undefined)
      throw new TypeError('ours are imported, and say from where')
    const home = { root, spec: join(root, spec ?? ''), traces: join(root, traces ?? ''), entry, builtin }
    return { ...protocol, home }
  }
  // what a certificate says of the code is what was loaded, and never what a configuration says
  if (entry !== undefined)
    throw badInput({
      code: 'bad-config',
      message: '`entry` is for the package’s own protocols',
      file: config,
      hint: 'give the path of the module instead of what it exports',
    })
  const file = typeof protocol === 'string' ? moduleAt(resolve(root, protocol), config) : config
  const found = typeof protocol === 'string' ? await exportedBy(file, modules) : protocol
  checkedName(found, file)
  const own = dirname(file)
  const home = {
    root,
    spec: spec === undefined ? own : resolve(root, spec),
    traces: traces === undefined ? join(own, 'traces') : resolve(root, traces),
    entry: file,
    builtin,
  }
  const housed = { ...found, machine: checkedMachine(found, file, modules), home }
  registerModules(housed, modules)
  return housed
}

const asError = (error: unknown, file: string): LockstepError => {
  if (error instanceof LockstepError) return error
  const message = error instanceof Error ? error.message : String(error)
  return badInput({ code: 'bad-module', message: `it cannot be loaded: ${message}`, file, hint: 'mend it first' })
}

const openEntries = async (workspace: Workspace, config: Config, modules: Modules): Promise<Opened> => {
  const opened: HousedProtocol[] = []
  const broken: BrokenPart[] = []
  for (const entry of config.protocols) {
    try {
      opened.push(await openEntry(workspace, asEntry(entry), modules))
    } catch (error) {
      broken.push({ name: labelOf(entry), error: asError(error, workspace.config) })
    }
  }
  const isTwice = ({ name }: HousedProtocol): boolean => opened.filter((other) => other.name === name).length > 1
  for (const { name, home } of opened.filter(
    (one, i) => isTwice(one) && opened.findIndex((o) => o.name === one.name) === i,
  )) {
    const message = `there are two protocols of the name ${name}`
    broken.push({
      name,
      error: badInput({ code: 'two-protocols', message, file: home.entry, hint: 'give one of them another name' }),
    })
  }
  return { protocols: opened.filter((one) => !isTwice(one)), broken }
}

/** Opens a workspace. What is wrong with one protocol is of that one; the others are there. */
export const openWorkspace = async (workspace: Workspace): Promise<Opened> => {
  const modules = new UserModules(workspace.root)
  let config: Config
  try {
    config = await readConfig(workspace, modules)
  } catch (error) {
    return { protocols: [], broken: [{ name: 'workspace', error: asError(error, workspace.config) }] }
  }
  return openEntries(workspace, config, modules)
}

/** Opens the package as the workspace that it is. */
export const openPackage = async (root: string, file: string, config: unknown): Promise<Opened> =>
  openEntries({ root, config: file }, checkedConfig(config, file), 'package')

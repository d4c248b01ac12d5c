/** The modules that a model's machine is made of, as they were loaded: ours, and those of the user's own workspace. */

import { hash } from 'node:crypto'
import { join } from 'node:path'
import { badInput, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { assertCodeUnchanged, closureOf, loadedHashes, sourceHashes } from '../node/loaded.ts'
import { API } from './api.ts'
import { OURS, packageRoot, shownPath } from './package.ts'
import type { UserModules } from './user-modules.ts'

/** What turns a machine into a graph, whoever it is of. */
export const KERNEL = [
  'impl/lib/kernel/machine/compile.ts',
  'impl/lib/kernel/machine/tables.ts',
  'impl/lib/kernel/explore/explore.ts',
  'impl/lib/tla/state-codec.ts',
] as const

/** What a machine of somebody else is written in: all of `lockstep` that runs in one, whatever else it imports by the names of rooms. */
const WRITTEN_IN = ['impl/lib/kernel/design.ts', 'impl/lib/protocol/define.ts', 'impl/lib/blocks/index.ts'] as const

/** The code of a machine. */
export interface MachineCode {
  /** sha256 of each source, by its path as it is shown */
  readonly sources: () => Readonly<Record<string, string>>
  /** sha256 of what was loaded of each: of the build where that is what runs */
  readonly loaded: () => Readonly<Record<string, string>>
  /** the files, for people */
  readonly files: readonly string[]
  /** @throws LockstepError (exit 3) `changed-since-load` */
  readonly assertUnchanged: () => void
}

const ofPackage = (entry: string): MachineCode => {
  const names = closureOf([entry, ...KERNEL])
  return {
    sources: () => sourceHashes(names),
    loaded: () => loadedHashes(names),
    files: names.map((name) => join(packageRoot(), name)),
    assertUnchanged: () => {
      assertCodeUnchanged(names)
    },
  }
}

/** Our own files, as they are named among those of somebody else. */
export const prefixed = (hashes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(hashes).map(([name, hash]) => [`${OURS}${name}`, hash]))

const ofUser = ({ home }: HousedProtocol, modules: UserModules): MachineCode => {
  const parts = modules.apiOf(home.entry).filter((name) => name !== 'lockstep')
  const names = closureOf([...WRITTEN_IN, ...KERNEL, ...parts.map((name) => API[name])])
  const files = modules.closureOf(home.entry)
  const own = Object.fromEntries(files.map((file) => [shownPath(home, file), modules.hashOf(file)]))
  return {
    sources: () => ({ ...prefixed(sourceHashes(names)), ...own }),
    loaded: () => ({ ...prefixed(loadedHashes(names)), ...own }),
    files,
    assertUnchanged: () => {
      assertCodeUnchanged(names)
      modules.assertUnchanged(files)
    },
  }
}

const registered = new WeakMap<HousedProtocol['home'], UserModules>()

/** Tells which modules a protocol of somebody else was loaded with. */
export const registerModules = ({ home }: HousedProtocol, modules: UserModules): void => {
  registered.set(home, modules)
}

const told = new WeakMap<HousedProtocol['home'], MachineCode>()

/** Tells what a machine is made of that is made of no modules. */
export const registerCode = ({ home }: HousedProtocol, code: MachineCode): void => {
  told.set(home, code)
}

/** The innermost frame of a stack that is in a file. */
const innermost = (stack: string): string =>
  stack.split('\n').find((line) => /^\s*at .*[/\\].*:\d+:\d+\)?$/.test(line)) ?? ''

/** An error that one of the modules has thrown while a machine ran, as the bad input that it is. */
const asInput = (modules: UserModules, error: unknown): LockstepError | undefined => {
  if (!(error instanceof Error) || error instanceof LockstepError) return undefined
  const place = modules.placeOf(innermost(error.stack ?? ''))
  if (place === undefined) return undefined
  return badInput({
    code: 'machine-throws',
    message: `the machine throws: ${error.message}`,
    ...place,
    hint: 'mend it there',
  })
}

/** Runs what somebody else's modules give; what they throw is bad input with its place. */
export const ranBy = <R>(modules: UserModules, body: () => R): R => {
  try {
    return body()
  } catch (error) {
    throw asInput(modules, error) ?? error
  }
}

/** The same of an error that came out of a machine as it ran. */
export const thrownByUser = (protocols: readonly HousedProtocol[], error: unknown): LockstepError | undefined => {
  for (const { home } of protocols) {
    const modules = registered.get(home)
    const found = modules === undefined ? undefined : asInput(modules, error)
    if (found !== undefined) return found
  }
  return undefined
}

/** The code of a protocol's machine. */
export const machineCode = (protocol: HousedProtocol): MachineCode => {
  const code = told.get(protocol.home)
  if (code !== undefined) return code
  const modules = registered.get(protocol.home)
  return modules === undefined ? ofPackage(protocol.home.entry) : ofUser(protocol, modules)
}

/** One digest of it: worker threads load it again, and must find the same. */
export const machineDigest = (protocol: HousedProtocol): string =>
  hash('sha256', JSON.stringify(machineCode(protocol).loaded()))

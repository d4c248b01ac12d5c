/** The sources of a machine that may be changed: of ours in the package, of somebody else's in the workspace. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { HousedProtocol, Protocol } from '../../impl/lib/protocol/protocol.ts'
import { readPlainText } from '../node/input.ts'
import { machineCode } from '../workspace/machine-code.ts'
import { packageRoot, shownPath } from '../workspace/package.ts'
import { mutableSources, readSource } from './package-sources.ts'

/** Whoever loads a machine of which one source has another text. */
export interface MachineLoader {
  /** the protocol as a mutant has it */
  readonly mutated: (mutant: Pick<Mutant, 'file' | 'edit'>) => Protocol
  /** the protocol with another text for one of its sources */
  readonly load: (changed: string, text: string) => Protocol
}

/** By the paths that reports and arguments have: from the root of the package, or of the workspace. */
export interface MachineSources {
  /** what paths are relative to */
  readonly root: string
  /** those whose properties and fairness are weakened */
  readonly weakened: readonly string[]
  /** those whose steps are changed: the same, and the machinery of ours that is shared */
  readonly faulty: readonly string[]
  readonly read: (file: string) => string
  readonly pathOf: (file: string) => string
  /** the text of a module of the machine, by its absolute path */
  readonly textAt: (path: string) => string
}

const ofPackage = ({ name, module = '' }: HousedProtocol): MachineSources => {
  const own = `impl/${name}/${module}.ts`
  const root = packageRoot()
  if (!existsSync(join(root, own)))
    throw environmentFailure({
      code: 'no-sources',
      message: `what is changed of ${name} is its sources, and the package as it is installed has none`,
      hint: 'clone the repository, and run `npm ci` in it; protocols of a workspace of your own can be mutated here',
    })
  return {
    root,
    weakened: [own],
    faulty: [own, ...mutableSources(name).filter((file) => file !== own)],
    read: readSource,
    pathOf: (file) => join(root, file),
    textAt: (path) => readPlainText(path, 'source'),
  }
}

const ofWorkspace = (protocol: HousedProtocol): MachineSources => {
  const { files } = machineCode(protocol)
  const paths = new Map(files.map((path) => [shownPath(protocol.home, path), path]))
  const pathOf = (file: string): string => {
    const path = paths.get(file)
    if (path === undefined) throw new RangeError(`${file} is no source of ${protocol.name}`)
    return path
  }
  const textAt = (path: string): string => readPlainText(path, 'module')
  const own = [...paths.keys()].filter((file) => !file.endsWith('.json'))
  return {
    root: protocol.home.root,
    weakened: own,
    faulty: own,
    read: (file) => textAt(pathOf(file)),
    pathOf,
    textAt,
  }
}

/** The sources of a protocol's machine. */
export const machineSources = (protocol: HousedProtocol): MachineSources =>
  protocol.home.builtin ? ofPackage(protocol) : ofWorkspace(protocol)

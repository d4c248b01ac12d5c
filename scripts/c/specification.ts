/** The specification of a C file under a memory model, as a model of its own that TLC, the embedded engine and `prove` take. */

import { hash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import type { CMachine } from '../../impl/lib/c/run/machine.ts'
import type { CSpecification } from '../../impl/lib/c/spec/index.ts'
import { specOf } from '../../impl/lib/c/spec/index.ts'
import { siteOf } from '../../impl/lib/c/protocol/where.ts'
import { MEMORY_CONSTANTS } from '../../impl/lib/kernel/memory/memory.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import type { Cfg } from '../../impl/lib/tla/cfg.ts'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import { assertCodeUnchanged, closureOf, loadedHashes, sourceHashes } from '../node/loaded.ts'
import { KERNEL, prefixed, registerCode } from '../workspace/machine-code.ts'
import { packageJson } from '../workspace/package.ts'
import type { OpenedC } from './open.ts'

/** What a module cannot be called: what TLC has, and what stands beside it. */
const TAKEN: ReadonlySet<string> = new Set(
  'Bags CArithmetic FiniteSets Integers Json Memory Naturals Randomization RealTime Reals Sequences TLC TLCExt Toolbox'.split(
    ' ',
  ),
)

/** The module that a C file becomes: `poll-kick.c` is `PollKick`. */
export const moduleNameOf = (file: string): string => {
  const words = basename(file, '.c')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^[A-Za-z]/.test(name) && !TAKEN.has(name) ? name : `C${name}`
}

/** What turns C into a machine and into a specification. */
const READS_C = ['impl/lib/c/index.ts', 'impl/lib/c/spec/index.ts'] as const

/** The machine of a C file is made of the file, its headers, and what reads them. */
const registerFiles = (protocol: HousedProtocol, { files }: OpenedC): void => {
  const names = closureOf([...READS_C, ...KERNEL])
  const own = (): Record<string, string> => ({
    ...files.hashes,
    ...(files.defines.size === 0 ? {} : { '-D': hash('sha256', JSON.stringify([...files.defines])) }),
  })
  registerCode(protocol, {
    sources: () => ({ ...prefixed(sourceHashes(names)), ...own() }),
    loaded: () => ({ ...prefixed(loadedHashes(names)), ...own() }),
    files: files.ownFiles,
    assertUnchanged: () => {
      assertCodeUnchanged(names)
      files.assertUnchanged()
    },
  })
}

/** What a specification says, and of which machine. */
export interface WrittenC {
  readonly spec: CSpecification
  readonly machine: CMachine
  /** its configuration, with all of its properties */
  readonly cfg: Cfg
  readonly cfgText: string
}

/**
 * The specification of a C file's model.
 * @throws LockstepError (exit 2) where TLC could not check it, or it is not known what the file can do
 */
export const writtenOf = (opened: OpenedC, model: Model, name = moduleNameOf(opened.file)): WrittenC => {
  const machine = opened.machineOf(machineOf(model))
  if (machine === undefined) throw new TypeError('a model of another file')
  const spec = specOf(machine, name, { version: packageJson().version })
  const cfg: Cfg = { ...spec.cfg, checkDeadlock: false, places: new Map() }
  return { spec, machine, cfg, cfgText: printCfg(cfg, cfg) }
}

/**
 * A C file's model with its specification, which is on no disk.
 * @throws LockstepError (exit 2) as {@link writtenOf}
 */
export const specifiedC = (opened: OpenedC, model: Model, name?: string): Model => {
  const { spec, machine, cfg, cfgText } = writtenOf(opened, model, name)
  const directory = resolve(dirname(opened.file))
  const protocol: HousedProtocol = {
    ...model.protocol,
    module: spec.name,
    madeModule: spec.module,
    // which statements are there was decided when the file was read
    constants: MEMORY_CONSTANTS,
    toggles: [],
    machine: () => machine.machine,
    placeOf: (action) => {
      const site = siteOf(machine, action)
      return site === undefined ? undefined : { file: site.file, line: site.line, text: site.text }
    },
    home: { ...model.protocol.home, spec: directory },
  }
  registerFiles(protocol, opened)
  return {
    ...model,
    protocol,
    cfg,
    cfgFile: join(directory, `${spec.name}.cfg`),
    cfgText,
    cfgSha256: hash('sha256', cfgText),
  }
}

/** Opens C files: each becomes a protocol with a model for each memory model, in a project that has the others by their names. */

import { hash } from 'node:crypto'
import { basename, dirname, resolve } from 'node:path'
import { loadCParser, readProgram } from '../../impl/lib/c/index.ts'
import type { CParser, CProgram } from '../../impl/lib/c/index.ts'
import type { CProtocol, Expected, MemoryName } from '../../impl/lib/c/protocol/protocol.ts'
import { cellsOf, cfgOf, cProtocol, MEMORIES } from '../../impl/lib/c/protocol/protocol.ts'
import type { CMachine } from '../../impl/lib/c/run/machine.ts'
import { given } from '../../impl/lib/kernel/given.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import type { Machine } from '../../impl/lib/kernel/language/machine.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { printCfg } from '../../impl/lib/tla/cfg.ts'
import { CFiles } from './files.ts'
import { withHeadersNamed } from './missing-header.ts'

/** How a C file is opened. */
export interface COptions {
  /** macros, and directories of headers */
  readonly define?: readonly string[] | undefined
  readonly include?: readonly string[] | undefined
  readonly slots?: number | undefined
  readonly maxStates?: number | undefined
  /** seconds for one memory model */
  readonly timeout?: number | undefined
}

/** A C file, opened. */
export interface OpenedC {
  readonly file: string
  readonly files: CFiles
  readonly program: CProgram
  readonly protocol: HousedProtocol
  readonly models: readonly Model[]
  readonly machineOf: (machine: Machine) => CMachine | undefined
}

/** A clock that begins when it is first looked at. */
const within = (seconds: number | undefined): (() => boolean) | undefined => {
  if (seconds === undefined) return undefined
  let until: number | undefined
  return () => {
    until ??= performance.now() + seconds * 1000
    return performance.now() > until
  }
}

const designOf = ({ define = [] }: COptions): string =>
  define.length === 0 ? 'default' : define.map((d) => `-D${d}`).join(' ')

const SLOTS = 'StoreBufferSlots'

const modelOf = (
  opened: CProtocol,
  protocol: HousedProtocol,
  memory: MemoryName,
  { options, expected }: { readonly options: COptions; readonly expected: (memory: MemoryName) => Expected },
): Model => {
  const constants = new Map([
    ['Memory', tla.str(memory.toUpperCase())],
    ...protocol.toggles.map((name) => [name, tla.bool(true)] as const),
  ])
  const machine = protocol.machine(new Constants(constants, protocol.name), undefined)
  const slots = opened.machineOf(machine)?.slots ?? 0
  const cells = cellsOf(machine, expected(memory))
  const cfg = cfgOf(opened, memory, slots, cells)
  const cfgText = printCfg(cfg, cfg)
  return {
    name: `${protocol.name}/${memory}`,
    stem: memory,
    protocol,
    design: designOf(options),
    memory,
    tags: memory === 'pso' ? ['full'] : ['fast', 'full'],
    gloss: `${basename(protocol.name)} under ${memory.toUpperCase()}${slots === 0 ? '' : `, ${SLOTS} = ${slots}`}`,
    cfg,
    cfgFile: `${protocol.name}.${memory}.cfg`,
    cfgText,
    cfgSha256: hash('sha256', cfgText),
    data: undefined,
    cells,
    counts: undefined,
  }
}

/** Opens a C file whose parser was loaded. */
const opened = (parser: CParser, file: string, options: COptions, expectedOf: ExpectedOf): OpenedC => {
  const { define = [], include = [], slots, maxStates, timeout } = options
  const files = new CFiles(file, { define, include })
  const c = cProtocol({
    file,
    program: (isOn) => withHeadersNamed(files, () => readProgram(parser, files.main, files, { isOn })),
    // whoever gives --max-states has patience with what grows
    limits: () => given({ maxStates, values: maxStates, expired: within(timeout) }),
    slots,
  })
  const directory = resolve(dirname(file))
  const protocol: HousedProtocol = {
    ...c.protocol,
    home: { root: process.cwd(), spec: directory, traces: directory, entry: file, builtin: false },
  }
  const { invariants, liveness, possibilities = [] } = c.machine('SC').machine
  const known = [...invariants, ...liveness, ...possibilities].map(({ name }) => name)
  const expected = expectedOf(files, known)
  return {
    file,
    files,
    program: c.program,
    protocol,
    models: MEMORIES.map((memory) => modelOf(c, protocol, memory, { options, expected })),
    machineOf: c.machineOf,
  }
}

/** What is expected of the properties of a C file that was read; `known` are their names. */
export type ExpectedOf = (files: CFiles, known: readonly string[]) => (memory: MemoryName) => Expected

const holds: ExpectedOf = () => () => () => 'holds'

/**
 * Opens a C file.
 * @throws LockstepError (exit 2) what is wrong with it, by file, line and column
 */
export const openC = async (file: string, options: COptions, expected: ExpectedOf = holds): Promise<OpenedC> =>
  opened(await loadCParser(), file, options, expected)

/**
 * Reads a C file, and does no more with it.
 * @throws LockstepError (exit 2) what is wrong with it, by file, line and column
 */
export const readC = async (file: string, { define = [], include = [] }: COptions): Promise<CProgram> => {
  const files = new CFiles(file, { define, include })
  const parser = await loadCParser()
  return withHeadersNamed(files, () => readProgram(parser, files.main, files))
}

/** A C file as a protocol: what `check`, `explain`, `live` and the others are told of it, and one model for each memory model. */

import type { DiscoveryLimits } from '../../kernel/explore/discover.ts'
import type { Declaration } from '../../kernel/language/constants.ts'
import { toggling } from '../../kernel/language/constants.ts'
import type { Machine } from '../../kernel/language/machine.ts'
import { tla } from '../../kernel/language/value.ts'
import { MEMORY_CONSTANTS } from '../../kernel/memory/memory.ts'
import type { Cell, CellVerdict } from '../../protocol/cell.ts'
import type { Protocol } from '../../protocol/protocol.ts'
import type { Cfg } from '../../tla/cfg.ts'
import type { CProgram } from '../program/ir.ts'
import type { CMachine } from '../run/machine.ts'
import { machineOf } from '../run/machine.ts'
import { docsOf } from './docs.ts'
import { endingOf } from './ending.ts'
import { labelsNamed } from './named-steps.ts'
import { isUnsaid } from './words.ts'

/** A C file that was read. */
export interface CSource {
  /** as it was named */
  readonly file: string
  /** its program, with these of its LOCKSTEP_OPTIONAL statements */
  readonly program: (isOn: (name: string) => boolean) => CProgram
  /** how far the states of a machine are searched; asked for each by itself */
  readonly limits: () => DiscoveryLimits
  /** stores that a thread can have waiting */
  readonly slots?: number | undefined
}

/** The memory models, as models are named. */
export const MEMORIES = ['sc', 'tso', 'pso'] as const

export type MemoryName = (typeof MEMORIES)[number]

/** A C file's protocol, and its machines with all that is known of them. */
export interface CProtocol {
  readonly protocol: Protocol
  readonly program: CProgram
  /** its machine, with all of its LOCKSTEP_OPTIONAL statements */
  readonly machine: (memory: 'SC' | 'TSO' | 'PSO') => CMachine
  /** what a machine of the protocol was made of */
  readonly machineOf: (machine: Machine) => CMachine | undefined
}

const NO_CONSTANTS: ReadonlySet<string> = new Set(Object.keys(MEMORY_CONSTANTS))

/** Makes each machine once: what is reachable of it is found once. */
class Machines {
  private readonly source: CSource
  private readonly programs = new Map<string, CProgram>()
  private readonly machines = new Map<string, CMachine>()
  private readonly byMachine = new WeakMap<Machine, CMachine>()

  constructor(source: CSource) {
    this.source = source
  }

  program(off: readonly string[] = []): CProgram {
    const key = off.join(' ')
    const program = this.programs.get(key) ?? this.source.program((name) => !off.includes(name))
    this.programs.set(key, program)
    return program
  }

  machine(memory: 'SC' | 'TSO' | 'PSO', off: readonly string[] = []): CMachine {
    const key = [memory, ...off].join(' ')
    const known = this.machines.get(key)
    if (known !== undefined) return known
    const { limits, slots } = this.source
    const made = machineOf(this.program(off), { memory, limits: limits(), ...(slots === undefined ? {} : { slots }) })
    this.machines.set(key, made)
    this.byMachine.set(made.machine, made)
    return made
  }

  of(machine: Machine): CMachine | undefined {
    return this.byMachine.get(machine)
  }
}

/** The protocol of a C file. */
export const cProtocol = (source: CSource): CProtocol => {
  const machines = new Machines(source)
  const program = machines.program()
  const toggles = program.optional
  const constants: Declaration = {
    ...MEMORY_CONSTANTS,
    ...Object.fromEntries(toggles.map((name) => [name, toggling(`${name} is there`, `${name} is left out`)])),
  }
  const declared = { Memory: MEMORY_CONSTANTS.Memory }
  return {
    program,
    machine: (memory) => machines.machine(memory),
    machineOf: (machine) => machines.of(machine),
    protocol: {
      name: source.file,
      constants,
      toggles,
      world: [],
      barriers: {},
      notAblated: {},
      ablation: [],
      docs: docsOf(machines.machine('SC')),
      machine: (given) => {
        const { Memory } = given.read(declared)
        return machines.machine(
          Memory,
          toggles.filter((name) => !given.boolean(name)),
        ).machine
      },
      named: (action) => labelsNamed(program, action),
      isUnsaid,
      ending: (graph, property, path) => {
        const machine = machines.of(graph.kernel.compiled.machine)
        return machine === undefined ? undefined : endingOf(machine, graph, property, path)
      },
    },
  }
}

/** What is expected of a property; undefined where nobody has said it. */
export type Expected = (property: string) => CellVerdict | undefined

/** The cells of a C file's models: its properties in the machine's order. */
export const cellsOf = (machine: Machine, expected: Expected): readonly Cell[] => [
  ...machine.invariants.map(({ name }): Cell => ({ name, kind: 'invariant', expected: expected(name), vacuous: [] })),
  ...machine.liveness.map(({ name }): Cell => ({ name, kind: 'liveness', expected: expected(name), vacuous: [] })),
  ...(machine.possibilities ?? []).map(({ name }): Cell => ({
    name,
    kind: 'possibility',
    expected: expected(name),
    vacuous: [],
  })),
]

/** The constants of a model of a C file. */
export const cfgOf = ({ protocol }: CProtocol, memory: MemoryName, slots: number, cells: readonly Cell[]): Cfg => ({
  specification: cells.some(({ kind }) => kind === 'liveness') ? 'FairSpec' : 'Spec',
  constants: new Map([
    ['Memory', tla.str(memory.toUpperCase())],
    ['StoreBufferSlots', tla.int(slots)],
    ...Object.keys(protocol.constants ?? {})
      .filter((name) => !NO_CONSTANTS.has(name))
      .map((name) => [name, tla.bool(true)] as const),
  ]),
  invariants: cells.filter(({ kind }) => kind === 'invariant').map(({ name }) => name),
  properties: cells.filter(({ kind }) => kind === 'liveness').map(({ name }) => name),
  checkDeadlock: false,
  places: new Map(),
})

/** The steps of a thread of a C program: what each does to memory, and what it may come to. */

import { at } from '../../kernel/at.ts'
import { given } from '../../kernel/given.ts'
import type { Op } from '../../kernel/language/op.ts'
import { Refusal } from '../../kernel/language/op.ts'
import type { Memory } from '../../kernel/memory/memory.ts'
import type { Environment } from '../program/evaluate.ts'
import { evaluate, Fault } from '../program/evaluate.ts'
import type { CProgram, FaultKind, Instruction, Register, Site, Target } from '../program/ir.ts'
import type { Liveness } from '../program/liveness.ts'
import { usesOf } from '../program/liveness.ts'
import type { Value } from '../program/value.ts'
import { UNSET } from '../program/value.ts'
import type { ValueDomain } from './domain.ts'
import type { DirectMemory, Registers } from './immediate.ts'
import { Immediate } from './immediate.ts'
import type { Interruption } from './interrupts.ts'
import type { OwnStores } from './own-stores.ts'
import type { Leaf, Places } from './places.ts'
import { localPlace } from './places.ts'
import { applied } from './updates.ts'

/** An access to a location, for whoever looks for races. */
export interface AccessAt {
  readonly cell: number
  readonly isWrite: boolean
  readonly isPlain: boolean
}

/** What a thread is made of. */
export interface ThreadParts {
  readonly program: CProgram
  readonly places: Places
  readonly memory: Memory
  readonly ownStores: OwnStores
  readonly liveness: Liveness
  /** registers that can be part of a state, by what they are called there */
  readonly kept: ReadonlyMap<Register, string>
  /** its place in the machine's list, and its number, which is that of the thread that it interrupts */
  readonly index: number
  readonly number: number
  /** of all threads, in the machine's order: each stands for its kind */
  readonly names: readonly string[]
  readonly isInterruptible: boolean
  readonly function: string
  /** values of the function's parameters */
  readonly given: readonly Value[]
  /** around each step: of a thread that interrupt handlers can stop */
  readonly guard: (() => void) | undefined
  /** of an interrupt handler: it comes again and again */
  readonly interruption: Interruption | undefined
}

/** Result of a step that has no meaning. */
export interface Faulty {
  readonly fault: FaultKind
  readonly message: string
}

/** Result of a block: the registers that it has set, and where it goes on. */
export type BlockResult = { readonly to: Target; readonly set: readonly (readonly [Register, Value])[] } | Faulty

export const isFaulty = (result: unknown): result is Faulty =>
  typeof result === 'object' && result !== null && 'fault' in result

/** A step that may turn out to have no meaning: then that is its result. */
const orFaulty = <R>(exec: () => R): R | Faulty => {
  try {
    return exec()
  } catch (error) {
    if (error instanceof Fault) return { fault: error.fault, message: error.message }
    throw error
  }
}

/** A part of an instruction of which the thread waits. */
export type Step = Extract<Instruction, { site: Site }>

export const wordsOf = ({ function: name, text }: Site): { readonly function: string; readonly text: string } => ({
  function: name,
  text,
})

/** A step that is never taken. */
export const endOf = (site: Site, what: string): Op => {
  const exec = (): never => {
    throw new Refusal(what)
  }
  return { label: site.label, words: wordsOf(site), kind: 'end', what, choices: [undefined], exec }
}

/** Makes the steps of one thread. */
export class CSteps {
  readonly immediate: Immediate
  private readonly parts: ThreadParts

  constructor(parts: ThreadParts) {
    this.parts = parts
    this.immediate = new Immediate(parts.program, parts.places, (registers) => this.environment(registers))
  }

  private environment(registers: Registers): Environment {
    const { program, places, number, names, memory, isInterruptible } = this.parts
    return {
      get: (register) => registers.get(register) ?? UNSET,
      nameOf: (register) => at(program.registers, register).name,
      self: number,
      count: names.length,
      thread: (name) => (names.includes(name) ? names.indexOf(name) : undefined),
      isInterruptible,
      isDrained: (thread) => memory.isDrained(thread),
      local: (object) => localPlace(object, this.parts.index),
      structAt: (place) => places.structAt(place),
      lengthAt: (place) => places.lengthAt(place),
      at: () => false,
    }
  }

  private guarded(op: Op): Op {
    const { guard } = this.parts
    if (guard === undefined || op.kind === 'end') return op
    const { label, words, kind, what, cell, choices } = op
    return {
      ...{ label, kind, what, choices },
      ...given({ words, cell }),
      exec: (choice) => {
        guard()
        return op.exec(choice)
      },
    }
  }

  /** The step of an instruction, over what the thread has in its registers, and what it is about to access. */
  of(
    instruction: Step,
    target: Target,
    registers: Map<Register, Value>,
  ): { readonly op: Op; readonly access: AccessAt | undefined } {
    const env = this.environment(registers)
    const values = usesOf(instruction).map((pure) => evaluate(pure, env))
    const words = wordsOf(instruction.site)
    const { label, text } = instruction.site
    const base = { label, words, what: text, choices: [undefined] as readonly unknown[] }
    switch (instruction.kind) {
      case 'load':
      case 'store':
      case 'rmw': {
        const leaf = this.parts.places.resolve(at(values, 0), instruction.type)
        const op = this.guarded(this.accessing(instruction, leaf, values.slice(1), base))
        const isPlain = instruction.kind !== 'rmw' && instruction.marking === 'plain'
        return { op, access: { cell: leaf.cell, isWrite: instruction.kind !== 'load', isPlain } }
      }
      case 'fence':
        return { op: this.guarded(this.fence(instruction.fence, base)), access: undefined }
      case 'choose': {
        const choices = Array.from({ length: instruction.count }, (_, i) => i)
        return { op: this.guarded({ ...base, kind: 'atomic', choices, exec: (choice) => choice }), access: undefined }
      }
      case 'block':
        return { op: this.guarded(this.block(target, registers, base)), access: undefined }
      case 'end':
        if (this.parts.interruption !== undefined) {
          const { leave } = this.parts.interruption
          return { op: { ...base, kind: 'barrier', what: 'return from the interrupt', exec: leave }, access: undefined }
        }
        return { op: endOf(instruction.site, 'the thread has ended'), access: undefined }
      case 'fault':
        throw new Fault(instruction.fault, instruction.message)
    }
  }

  private fence(kind: 'mb' | 'wmb' | 'none', base: Pick<Op, 'label' | 'words' | 'what' | 'choices'>): Op {
    const { memory } = this.parts
    if (kind === 'none') return { ...base, kind: 'atomic', exec: () => undefined }
    const access = { op: kind } as const
    const exec = (): void => {
      memory.access(access)
    }
    return { ...base, kind: 'barrier', exec, access }
  }

  private accessing(
    instruction: Extract<Step, { kind: 'load' | 'store' | 'rmw' }>,
    leaf: Leaf & { readonly cell: number },
    values: readonly Value[],
    base: Pick<Op, 'label' | 'words' | 'choices'>,
  ): Op {
    const { memory, places } = this.parts
    const { cell } = leaf
    const domain = places.domainOf(cell)
    const common = { ...base, what: leaf.inC, cell }
    switch (instruction.kind) {
      case 'load': {
        const access = { op: 'load', cell } as const
        return { ...common, kind: 'load', access, exec: () => at(domain.values, memory.access(access)) }
      }
      case 'store': {
        const value = domain.indexOf(at(values, 0))
        const kind = instruction.barrier ? 'xchg' : instruction.marking === 'release' ? 'release' : 'store'
        const access = { op: kind, cell, value } as const
        const exec = (): void => {
          memory.access(access)
        }
        return { ...common, kind: 'store', access, exec, stored: domain.toTla(at(values, 0)) }
      }
      case 'rmw':
        return { ...common, kind: 'rmw', exec: () => orFaulty(() => this.modify(instruction, cell, domain, values)) }
    }
  }

  /**
   * A locked read-modify-write, with the buffer empty. One that can give up (atomic_add_unless()) looks first, with a load, and
   * goes without the locked instruction if there is nothing to do.
   */
  private modify(
    instruction: Extract<Step, { kind: 'rmw' }>,
    cell: number,
    domain: ValueDomain,
    args: readonly Value[],
  ): Value | null {
    const { memory } = this.parts
    const old = at(domain.values, memory.access({ op: 'load', cell }))
    const { written, given } = applied(instruction, old, args)
    if (instruction.update !== 'unless' || written !== undefined) memory.access({ op: 'mb' })
    if (written !== undefined) memory.setVisible(cell, domain.indexOf(written))
    return instruction.register === undefined ? null : given
  }

  /** A block is run on memory itself; its result is what has changed of the registers. */
  private block(
    target: Target,
    registers: ReadonlyMap<Register, Value>,
    base: Pick<Op, 'label' | 'words' | 'what' | 'choices'>,
  ): Op {
    const { memory, places, index, ownStores } = this.parts
    const direct: DirectMemory = {
      get: (cell) => at(places.domainOf(cell).values, memory.access({ op: 'load', cell })),
      set: (cell, value) => {
        memory.setVisible(cell, places.domainOf(cell).indexOf(value))
      },
      isWaiting: (cell) => ownStores.isWaiting(index, cell),
      store: (cell, value, marking) => {
        const op = marking === 'release' ? 'release' : 'store'
        memory.access({ op, cell, value: places.domainOf(cell).indexOf(value) })
      },
      drain: () => {
        memory.access({ op: 'mb' })
      },
    }
    const run = (): BlockResult => {
      const own: Registers = new Map(registers)
      const to = this.immediate.block(target, own, direct)
      const set = [...own].filter(([register, value]) => registers.get(register) !== value)
      for (const register of registers.keys()) if (!own.has(register)) set.push([register, UNSET])
      return { to, set: set.sort(([a], [b]) => a - b) }
    }
    return { ...base, kind: 'atomic', exec: () => orFaulty(run) }
  }
}

/**
 * Instructions that are taken at once: those on registers between two steps, those of a block that is one step, and properties. One
 * interpreter for all three; they differ in what a load and a store mean.
 */

import { at } from '../../kernel/at.ts'
import { Refusal } from '../../kernel/language/op.ts'
import type { Environment } from '../program/evaluate.ts'
import { evaluate, Fault } from '../program/evaluate.ts'
import type { CProgram, Instruction, Marking, Register, Target } from '../program/ir.ts'
import { isTrue, UNSET } from '../program/value.ts'
import type { Value } from '../program/value.ts'
import { applied } from './updates.ts'
import type { Places } from './places.ts'

/** Registers of a thread; those that are not set have {@link UNSET}. */
export type Registers = Map<Register, Value>

/** What is in memory, for whoever is asked at once. */
export interface DirectMemory {
  readonly get: (cell: number) => Value
  readonly set: (cell: number, value: Value) => void
  /** is a store of the thread's own to the location still on its way? */
  readonly isWaiting: (cell: number) => boolean
  /** a store of the thread's own, which others may see later */
  readonly store: (cell: number, value: Value, marking: Marking) => void
  /** waits until the thread's own stores are visible */
  readonly drain: () => void
}

/** Instructions between two steps, above which a program is taken to go on without one. */
const MOST = 100_000

type Access = Extract<Instruction, { kind: 'load' | 'store' | 'rmw' }>
type Store = Extract<Instruction, { kind: 'store' }>

/** In a LOCKSTEP_STEP: a store that others may see later, as anywhere. */
export const isOwnStore = (instruction: Instruction): instruction is Store =>
  instruction.kind === 'store' && instruction.marking !== 'plain' && !instruction.barrier

/** Runs instructions of one thread on its registers. */
export class Immediate {
  readonly program: CProgram
  readonly places: Places
  /** labels of the faults whose conditions were looked at */
  readonly checked = new Set<string>()
  private readonly environmentOf: (registers: Registers) => Environment

  constructor(program: CProgram, places: Places, environmentOf: (registers: Registers) => Environment) {
    this.program = program
    this.places = places
    this.environmentOf = environmentOf
  }

  /** Instructions on registers, up to the next step; the number of that. */
  local(from: Target, registers: Registers): Target {
    const env = this.environmentOf(registers)
    let here = from
    try {
      for (let i = 0; i < MOST; i++) {
        const instruction = at(this.program.instructions, here)
        const next = this.onRegisters(instruction, here, registers, env)
        if (next === undefined) return here
        here = next
      }
      throw new Fault('EndlessLoop', 'it goes on without a step that others could see')
    } catch (error) {
      if (error instanceof Fault) error.target = here
      throw error
    }
  }

  /** Instructions up to the end of the block that begins at `from`; the number of the one behind it. */
  block(from: Target, registers: Registers, memory: DirectMemory): Target {
    const env = this.environmentOf(registers)
    let here = from
    const open: boolean[] = []
    for (let i = 0; i < MOST; i++) {
      const instruction = at(this.program.instructions, here)
      const next = this.onRegisters(instruction, here, registers, env)
      if (next !== undefined) {
        here = next
        continue
      }
      if (instruction.kind === 'block') {
        open.push(instruction.drained)
        if (instruction.drained) memory.drain()
      } else if (instruction.kind === 'leave') open.pop()
      else if (isOwnStore(instruction) && !open.includes(true)) this.ownStore(instruction, memory, env)
      else this.atOnce(instruction, registers, memory, env)
      here += 1
      if (open.length === 0) return here
    }
    throw new Fault('EndlessLoop', 'a step has no end')
  }

  /** The value of a function without parameters that only looks. */
  valueOf(name: string, memory: DirectMemory): Value {
    const f = this.program.functions.get(name)
    if (f === undefined) throw new RangeError(`no function ${name}`)
    const registers: Registers = new Map()
    const env = this.environmentOf(registers)
    let here = f.entry
    for (let i = 0; i < MOST; i++) {
      const instruction = at(this.program.instructions, here)
      if (instruction.kind === 'return' && instruction.link === f.link) return this.result(f.result, registers)
      const next = this.onRegisters(instruction, here, registers, env)
      if (next === undefined && instruction.kind !== 'block' && instruction.kind !== 'leave')
        this.atOnce(instruction, registers, memory, env)
      here = next ?? here + 1
    }
    throw new Fault('EndlessLoop', 'a property has no end')
  }

  private result(register: Register | undefined, registers: Registers): Value {
    return register === undefined ? 0 : (registers.get(register) ?? UNSET)
  }

  /** Where an instruction on registers goes on; undefined for any other. */
  private onRegisters(
    instruction: Instruction,
    here: Target,
    registers: Registers,
    env: Environment,
  ): Target | undefined {
    switch (instruction.kind) {
      case 'set': {
        const { value } = instruction
        registers.set(instruction.register, value.kind === 'constant' ? value.value : evaluate(value, env))
        return here + 1
      }
      case 'fresh':
        for (const register of instruction.registers) registers.delete(register)
        return here + 1
      case 'jump':
        return instruction.to
      case 'branch':
        if (instruction.guards !== undefined) this.checked.add(instruction.guards)
        return isTrue(evaluate(instruction.condition, env)) ? instruction.yes : instruction.no
      case 'call': {
        const values = instruction.arguments.map(([register, value]) => [register, evaluate(value, env)] as const)
        for (const [register, value] of values) registers.set(register, value)
        registers.set(instruction.link, here)
        return this.program.functions.get(instruction.callee)?.entry
      }
      case 'return': {
        const site = registers.get(instruction.link)
        registers.delete(instruction.link)
        if (typeof site === 'number') return site + 1
        throw new RangeError('a function returns that nobody has called')
      }
      default:
        return undefined
    }
  }

  /** WRITE_ONCE() and smp_store_release() in a LOCKSTEP_STEP are stores as anywhere; what it stores plainly is bookkeeping. */
  private ownStore(instruction: Store, memory: DirectMemory, env: Environment): void {
    const { cell } = this.places.resolve(evaluate(instruction.address, env), instruction.type)
    memory.store(cell, evaluate(instruction.value, env), instruction.marking)
  }

  private atOnce(instruction: Instruction, registers: Registers, memory: DirectMemory, env: Environment): void {
    switch (instruction.kind) {
      case 'load':
      case 'store':
      case 'rmw':
        this.access(instruction, registers, memory, env)
        return
      case 'await':
        if (!isTrue(evaluate(instruction.condition, env))) throw new Refusal(instruction.text)
        return
      case 'fence':
        if (instruction.fence === 'mb') memory.drain()
        return
      case 'fault':
        throw new Fault(instruction.fault, instruction.message)
      default:
        throw new TypeError(`${instruction.kind} within a step`)
    }
  }

  private access(instruction: Access, registers: Registers, memory: DirectMemory, env: Environment): void {
    const { cell } = this.places.resolve(evaluate(instruction.address, env), instruction.type)
    // a store does not overtake one of the same thread to the same location: no memory model has that
    const isWaiting = instruction.kind !== 'load' && memory.isWaiting(cell)
    if (instruction.kind === 'store' && !instruction.barrier) {
      const value = evaluate(instruction.value, env)
      if (isWaiting) memory.store(cell, value, 'plain')
      else memory.set(cell, value)
      return
    }
    if (isWaiting) throw new Refusal('the thread’s own store to the location is visible')
    if (instruction.kind === 'store') {
      memory.set(cell, evaluate(instruction.value, env))
      return
    }
    const old = memory.get(cell)
    if (instruction.kind === 'load') {
      registers.set(instruction.register, old)
      return
    }
    const { written, given } = applied(
      instruction,
      old,
      instruction.args.map((arg) => evaluate(arg, env)),
    )
    if (written !== undefined) memory.set(cell, written)
    if (instruction.register !== undefined) registers.set(instruction.register, given)
  }
}

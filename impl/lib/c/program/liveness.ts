/** Which registers are still needed at an instruction: what nobody looks at any more would only multiply states. */

import { at } from '../../kernel/at.ts'
import { partsOf } from './pure.ts'
import type { CFunction, CProgram, Instruction, Pure, Register, Target } from './ir.ts'

type Live = ReadonlySet<Register>

const NONE: Live = new Set()

const registersIn = (pure: Pure, found: Set<Register>): void => {
  if (pure.kind === 'register') found.add(pure.register)
  for (const part of partsOf(pure)) registersIn(part, found)
}

/** The expressions that an instruction looks at. */
export const usesOf = (instruction: Instruction): readonly Pure[] => {
  switch (instruction.kind) {
    case 'set':
      return [instruction.value]
    case 'branch':
    case 'await':
      return [instruction.condition]
    case 'load':
      return [instruction.address]
    case 'store':
      return [instruction.address, instruction.value]
    case 'rmw':
      return [instruction.address, ...instruction.args]
    case 'call':
      return instruction.arguments.map(([, value]) => value)
    default:
      return []
  }
}

/** The register that an instruction sets. */
const definedBy = (instruction: Instruction): Register | undefined =>
  instruction.kind === 'set' ||
  instruction.kind === 'load' ||
  instruction.kind === 'rmw' ||
  instruction.kind === 'choose'
    ? instruction.register
    : undefined

/** Where an instruction goes on, in its own function. */
export const successorsOf = (instruction: Instruction, here: Target): readonly Target[] => {
  switch (instruction.kind) {
    case 'jump':
      return [instruction.to]
    case 'branch':
      return [instruction.yes, instruction.no]
    case 'return':
    case 'end':
    case 'fault':
      return []
    default:
      return [here + 1]
  }
}

/** What is live before each instruction; of a call, only the caller's own. */
export class Liveness {
  private readonly before: (Live | undefined)[] = []
  private readonly program: CProgram
  private readonly resultOf: ReadonlyMap<string, Register | undefined>
  /** what is looked at when a thread has ended */
  private readonly observed: Live

  constructor(program: CProgram, observed: Live = NONE) {
    this.program = program
    this.observed = observed
    this.resultOf = new Map([...program.functions].map(([name, { result }]) => [name, result]))
    // a function may use what is its caller's: the parts of a local that it has the address of
    const functions = [...program.functions.values()]
    while (functions.map((f) => this.solve(f)).includes(true));
  }

  /** Registers of the function that are needed from an instruction on. */
  at(target: Target): Live {
    return this.before[target] ?? NONE
  }

  /** Registers of the caller that are needed behind a call, its result left out. */
  across(call: Target): Live {
    const instruction = at(this.program.instructions, call)
    const live = new Set(this.at(call + 1))
    const result = instruction.kind === 'call' ? this.resultOf.get(instruction.callee) : undefined
    if (result !== undefined) live.delete(result)
    return live
  }

  private solve({ entry, end, result, link }: CFunction): boolean {
    let news = false
    for (let changed = true; changed;) {
      changed = false
      for (let i = end - 1; i >= entry; i--) {
        const live = this.through(i, result, link)
        if (live.size === (this.before[i]?.size ?? -1)) continue
        this.before[i] = live
        changed = true
        news = true
      }
    }
    return news
  }

  /** Registers of others that a function needs when it is called. */
  private borrowedBy(name: string): readonly Register[] {
    const f = this.program.functions.get(name)
    if (f === undefined) return []
    return [...this.at(f.entry)].filter((register) => at(this.program.registers, register).function !== name)
  }

  private through(i: Target, result: Register | undefined, link: Register): Live {
    const instruction = at(this.program.instructions, i)
    const live = new Set<Register>()
    for (const next of successorsOf(instruction, i)) for (const register of this.at(next)) live.add(register)
    if (instruction.kind === 'return') {
      live.add(link)
      if (result !== undefined) live.add(result)
    }
    if (instruction.kind === 'end') for (const register of this.observed) live.add(register)
    if (instruction.kind === 'call') {
      const given = this.resultOf.get(instruction.callee)
      if (given !== undefined) live.delete(given)
      for (const register of this.borrowedBy(instruction.callee)) live.add(register)
    }
    const defined = definedBy(instruction)
    if (defined !== undefined) live.delete(defined)
    if (instruction.kind === 'fresh') for (const register of instruction.registers) live.delete(register)
    const used = new Set<Register>()
    for (const pure of usesOf(instruction)) registersIn(pure, used)
    for (const register of used) live.add(register)
    return live
  }
}

/** Functions that one reaches by calls, itself among them. */
export const reachedFrom = (program: CProgram, name: string): ReadonlySet<string> => {
  const reached = new Set<string>([name])
  // grows while it is gone through
  for (const one of reached) for (const next of program.functions.get(one)?.calls ?? []) reached.add(next)
  return reached
}

/** Which registers can be part of a state: those that are needed at some step. All others are set and looked at between two steps. */

import { at } from '../../kernel/at.ts'
import type { CProgram, Register, Target } from '../program/ir.ts'
import type { Liveness } from '../program/liveness.ts'
import { successorsOf } from '../program/liveness.ts'
import type { Identifiers } from './identifiers.ts'

/** Where threads can be between two instructions, outside of blocks. */
export class Reached {
  readonly steps = new Set<Target>()
  /** instructions that call a function outside of blocks */
  readonly calls = new Set<Target>()
  private readonly program: CProgram
  private readonly seen = new Set<string>()

  constructor(program: CProgram) {
    this.program = program
    for (const { function: name } of program.threads) this.visit(program.functions.get(name)?.entry, 0)
  }

  private visit(from: Target | undefined, depthThere: number): void {
    const left: (readonly [Target, number])[] = from === undefined ? [] : [[from, depthThere]]
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [target, depth] = next
      const key = `${target} ${depth}`
      if (this.seen.has(key)) continue
      this.seen.add(key)
      const instruction = at(this.program.instructions, target)
      if (depth === 0 && 'site' in instruction && instruction.kind !== 'fault') this.steps.add(target)
      if (depth === 0 && instruction.kind === 'call') {
        this.calls.add(target)
        const entry = this.program.functions.get(instruction.callee)?.entry
        if (entry !== undefined) left.push([entry, 0])
      }
      const inside = instruction.kind === 'block' ? depth + 1 : instruction.kind === 'leave' ? depth - 1 : depth
      for (const to of successorsOf(instruction, target)) left.push([to, inside])
    }
  }

  /** Functions within which a thread can be at a step: their own, or one of a function that they call. */
  stepping(): ReadonlySet<string> {
    const found = new Set<string>()
    const has = (
      all: ReadonlySet<Target>,
      { entry, end }: { entry: Target; end: Target },
      ok: (t: Target) => boolean,
    ) => [...all].some((target) => entry <= target && target < end && ok(target))
    const callsOne = (target: Target): boolean => {
      const instruction = at(this.program.instructions, target)
      return instruction.kind === 'call' && found.has(instruction.callee)
    }
    for (let size = -1; size !== found.size;) {
      size = found.size
      for (const f of this.program.functions.values())
        if (has(this.steps, f, () => true) || has(this.calls, f, callsOne)) found.add(f.name)
    }
    return found
  }
}

/** In the order of their numbers, with what the specification calls them. */
export const keptRegisters = (
  program: CProgram,
  liveness: Liveness,
  identifiers: Identifiers,
): ReadonlyMap<Register, string> => {
  const kept = new Set<Register>()
  const reached = new Reached(program)
  const stepping = reached.stepping()
  for (const target of reached.steps) for (const register of liveness.at(target)) kept.add(register)
  for (const target of reached.calls) {
    const instruction = at(program.instructions, target)
    if (instruction.kind !== 'call' || !stepping.has(instruction.callee)) continue
    kept.add(instruction.link)
    for (const register of liveness.across(target)) kept.add(register)
  }
  const inOrder = [...kept].sort((a, b) => a - b)
  return new Map(inOrder.map((register) => [register, identifiers.add(at(program.registers, register).name)]))
}

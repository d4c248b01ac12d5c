/** Which registers can be looked at before anything was assigned to them. */

import { at } from '../../kernel/at.ts'
import type { CFunction, CProgram, Register, Target } from '../program/ir.ts'
import { successorsOf } from '../program/liveness.ts'
import { UNSET } from '../program/value.ts'

/** For each instruction, in its own function: a local that was declared without a value may have none. */
export class MaybeUnset {
  private readonly before = new Map<Target, Set<Register>>()
  private readonly program: CProgram

  constructor(program: CProgram) {
    this.program = program
    for (const f of program.functions.values()) this.solve(f)
  }

  /** At an instruction. */
  has(target: Target, register: Register): boolean {
    return this.before.get(target)?.has(register) ?? false
  }

  private solve({ entry }: CFunction): void {
    const left: Target[] = [entry]
    this.before.set(entry, new Set())
    for (let here = left.pop(); here !== undefined; here = left.pop()) {
      const instruction = at(this.program.instructions, here)
      const after = new Set(this.before.get(here))
      if (instruction.kind === 'set') {
        const { value, register } = instruction
        if (value.kind === 'constant' && value.value === UNSET) after.add(register)
        else after.delete(register)
      } else if (instruction.kind === 'fresh') {
        for (const register of instruction.registers) after.add(register)
      } else if (instruction.kind === 'load' || instruction.kind === 'rmw' || instruction.kind === 'choose') {
        if (instruction.register !== undefined) after.delete(instruction.register)
      }
      for (const next of successorsOf(instruction, here)) {
        const known = this.before.get(next)
        const more = [...after].filter((register) => known?.has(register) !== true)
        if (known !== undefined && more.length === 0) continue
        this.before.set(next, new Set([...(known ?? []), ...after]))
        left.push(next)
      }
    }
  }
}

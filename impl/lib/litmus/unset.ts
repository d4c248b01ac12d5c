/** Registers that a thread may read before anything is assigned to them: 0 for herd, where C leaves them undefined. */

import { at } from '../kernel/at.ts'
import type { CProgram, Register } from '../c/index.ts'
import { Liveness } from '../c/program/liveness.ts'
import { UNSET } from '../c/program/value.ts'

/** A program, and what of it begins as 0. */
export interface Zeroed {
  readonly program: CProgram
  /** as a note names them, e.g. `0:r4` */
  readonly registers: readonly string[]
}

const labelOf = ({ registers }: CProgram, register: Register): string => {
  const { name, function: of } = at(registers, register)
  const own = name.slice(of.length + 1)
  const [, thread] = /^P(\d+)$/.exec(of) ?? []
  return thread === undefined ? `${own} of ${of}()` : `${thread}:${own}`
}

/** The program with those registers 0 where they are declared. */
export const zeroed = (program: CProgram): Zeroed => {
  const liveness = new Liveness(program)
  const found = new Set<Register>()
  // what a function that ends without a value has given is no register of a test
  const isRegister = (register: Register): boolean => at(program.registers, register).kind === 'variable'
  const instructions = program.instructions.map((instruction, i): CProgram['instructions'][number] => {
    if (instruction.kind !== 'set' || instruction.value.kind !== 'constant') return instruction
    const { register } = instruction
    if (instruction.value.value !== UNSET || !isRegister(register) || !liveness.at(i + 1).has(register))
      return instruction
    found.add(register)
    return { ...instruction, value: { kind: 'constant', value: 0 } }
  })
  return { program: { ...program, instructions }, registers: [...found].map((register) => labelOf(program, register)) }
}

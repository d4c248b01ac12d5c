/** Which faults a program could have by its text: of the others nothing is said. */

import type { CProgram, FaultKind, Pure } from '../program/ir.ts'
import { partsOf } from '../program/pure.ts'
import { successorsOf, usesOf } from '../program/liveness.ts'
import { UNSET } from '../program/value.ts'

const faultOf = (pure: Pure): readonly FaultKind[] => {
  if (pure.kind === 'field' || pure.kind === 'decay' || pure.kind === 'container')
    return ['NullPointer', 'WrongPointer']
  if (pure.kind === 'element') return ['OutOfBounds', 'NullPointer']
  if (pure.kind === 'binary' && ['/', '%', '<<', '>>'].includes(pure.operator)) return ['Arithmetic']
  return []
}

const collect = (pure: Pure, found: Set<FaultKind>): void => {
  for (const fault of faultOf(pure)) found.add(fault)
  for (const part of partsOf(pure)) collect(part, found)
}

/** Those that no statement of the program asks for, in a fixed order. */
export const RUNTIME_FAULTS: readonly FaultKind[] = [
  'NullPointer',
  'WrongPointer',
  'OutOfBounds',
  'Uninitialised',
  'Arithmetic',
  'EndlessLoop',
]

/** The faults of which it is worth saying that they do not happen. */
export const possibleFaults = (program: CProgram): ReadonlySet<FaultKind> => {
  const found = new Set<FaultKind>()
  program.instructions.forEach((instruction, i) => {
    for (const pure of usesOf(instruction)) collect(pure, found)
    const isAccess = instruction.kind === 'load' || instruction.kind === 'store' || instruction.kind === 'rmw'
    if (isAccess && instruction.address.kind !== 'constant' && instruction.address.kind !== 'local') {
      found.add('NullPointer')
      found.add('WrongPointer')
    }
    if (instruction.kind === 'set' && instruction.value.kind === 'constant' && instruction.value.value === UNSET)
      found.add('Uninitialised')
    if (
      (instruction.kind === 'jump' || instruction.kind === 'branch') &&
      successorsOf(instruction, i).some((to) => to <= i)
    )
      found.add('EndlessLoop')
  })
  if (program.objects.some(({ inRegisters }) => inRegisters)) found.add('Uninitialised')
  return found
}

/**
 * When the interrupt of a handler comes. A handler whose first statement waits, lockstep_await() or a block with one, is one of an interrupt
 * that comes only then: an IPI that was sent, a device that was asked for something. The two are one step. Any other interrupt can come at
 * any time.
 */

import { at } from '../../kernel/at.ts'
import type { CProgram, CThread, Instruction, Target } from '../program/ir.ts'
import { successorsOf } from '../program/liveness.ts'
import { UNSET } from '../program/value.ts'
import { awaitIn } from './waits.ts'

/** Of a local that has no value yet. */
const isDeclaration = (instruction: Instruction): boolean =>
  instruction.kind === 'fresh' ||
  (instruction.kind === 'set' && instruction.value.kind === 'constant' && instruction.value.value === UNSET)

/** The block that a handler begins with, if it waits; one that is come back to is a wait within the handler. */
export const arrivalOf = (program: CProgram, { kind, function: name }: CThread): Target | undefined => {
  const f = kind === 'interrupt' ? program.functions.get(name) : undefined
  if (f === undefined) return undefined
  let first = f.entry
  while (first < f.end && isDeclaration(at(program.instructions, first))) first += 1
  if (first >= f.end || at(program.instructions, first).kind !== 'block') return undefined
  for (let i = first; i < f.end; i++)
    if (successorsOf(at(program.instructions, i), i).some((to) => to <= first)) return undefined
  return awaitIn(program, first) === undefined ? undefined : first
}

/** The label at which a handler is when it does not run. */
export const idleLabel = (program: CProgram, thread: CThread): string => {
  const arrival = arrivalOf(program, thread)
  const instruction = arrival === undefined ? undefined : at(program.instructions, arrival)
  return instruction !== undefined && 'site' in instruction ? instruction.site.label : `${thread.function}_enter`
}

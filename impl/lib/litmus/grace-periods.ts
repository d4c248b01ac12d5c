/**
 * Grace periods begin and end, and sections end, as soon as they can: without that, each multiplies the states by all moments at
 * which it could.
 *
 * *Sections end.* A section that ends earlier keeps fewer grace periods waiting, none longer, and is nothing else to anybody. So the
 * store that ends one may become visible at once when its turn has come, and the step that ends one of SRCU be taken.
 *
 * *Grace periods.* A grace period notes which sections are open when it begins, and ends when each of these is closed; numbers of
 * sections are never used again. Let a run have it begin later than it could. Had it begun at once, nobody could tell; what it
 * noted would be closed at its end all the same, since every section that was open then is closed when it begins later, or is
 * noted there too. What can end can do so at once: a closed section stays closed. So every run has one of the same end in which
 * grace periods begin and end at once; unless it is the end of one that waits for ever. Hence all sections must be sure to end:
 * in no thread's section anything waits, and it is left on every path.
 */

import type { CMachine, CProgram } from '../c/index.ts'
import type { Instruction, Target } from '../c/program/ir.ts'
import { successorsOf } from '../c/program/liveness.ts'

const isOf = (instruction: Instruction, primitive: RegExp): boolean =>
  instruction.kind === 'block' && instruction.site.within.some((name) => primitive.test(name))

const LOCK = /^s?rcu_read_lock$/
const UNLOCK = /^s?rcu_read_unlock$/
const GRACE_PERIOD = /^synchronize_s?rcu$/

/** Does every section of a function's code end, whatever the others do? */
const leavesSections = ({ instructions }: CProgram, entry: Target): boolean => {
  const depths = new Map<Target, number>([[entry, 0]])
  // grows while it is gone through
  for (const [here, depth] of depths) {
    const instruction = instructions[here]
    if (instruction === undefined) return false
    const { kind } = instruction
    if (depth > 0 && (kind === 'await' || kind === 'call' || kind === 'end' || kind === 'return')) return false
    const after = depth + (isOf(instruction, LOCK) ? 1 : isOf(instruction, UNLOCK) ? -1 : 0)
    for (const next of successorsOf(instruction, here)) {
      if ((depths.get(next) ?? after) !== after) return false
      depths.set(next, after)
    }
  }
  return true
}

const SRCU_UNLOCK = /^srcu_read_unlock$/

/** The steps of a program that may be taken at once. */
export const stepsAtOnce = (program: CProgram): ReadonlySet<Target> => {
  const { instructions, functions } = program
  const steps = (primitive: RegExp): Target[] =>
    instructions.flatMap((instruction, i) => (isOf(instruction, primitive) ? [i] : []))
  const periods = steps(GRACE_PERIOD)
  const isSure = (): boolean => [...functions.values()].every(({ entry }) => leavesSections(program, entry))
  return new Set([...(periods.length > 0 && isSure() ? periods : []), ...steps(SRCU_UNLOCK)])
}

/** The cells of a machine in which a store becomes visible at once: those that end a section of RCU. */
export const visibleAtOnce = ({ places, threads }: CMachine): ReadonlySet<number> =>
  new Set(threads.flatMap((_, thread) => places.cellOf(`__rcu_closed[${thread}]`) ?? []))

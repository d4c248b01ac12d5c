/** How many stores a thread may have waiting: as many as it can make, where it has no loop, so that no buffer is ever full. */

import { at } from '../../kernel/at.ts'
import type { CFunction, CProgram } from '../program/ir.ts'
import { successorsOf } from '../program/liveness.ts'

/** Stores that wait at most, of a program with a loop: see docs/c.md. */
const SLOTS = 4

/** No more than this, however many a thread makes: what it then holds back is said. */
const MOST = 32

/** Stores and write barriers of a function with all that it calls, each of which takes a slot; undefined where it has a loop. */
const storesOf = (program: CProgram, f: CFunction): number | undefined => {
  let stores = 0
  for (let i = f.entry; i < f.end; i++) {
    const instruction = at(program.instructions, i)
    if (successorsOf(instruction, i).some((to) => to <= i)) return undefined
    // a release has a write barrier before it, under PSO
    if (instruction.kind === 'store') stores += instruction.marking === 'release' ? 2 : 1
    if (instruction.kind === 'fence' && instruction.fence === 'wmb') stores += 1
    if (instruction.kind !== 'call') continue
    const callee = program.functions.get(instruction.callee)
    const theirs = callee === undefined ? undefined : storesOf(program, callee)
    if (theirs === undefined) return undefined
    stores += theirs
  }
  return stores
}

/** Slots of each thread's store buffer. */
export const slotsFor = (program: CProgram): number => {
  const counts = program.threads.map(({ function: name }) => {
    const f = program.functions.get(name)
    return f === undefined ? undefined : storesOf(program, f)
  })
  // an interrupt handler comes again and again, with an empty buffer each time
  const most = counts.includes(undefined) ? SLOTS : Math.max(1, ...counts.map((n) => n ?? 0))
  return Math.min(most, MOST)
}

/** What a step waits for that cannot be taken, by the header that makes it wait: the name of the property that says that it does not for ever. */

import { at } from '../../kernel/at.ts'
import type { CProgram, Instruction, Target } from '../program/ir.ts'
import { reachedFrom } from '../program/liveness.ts'

export const WAIT_KINDS = ['LostWakeup', 'LockHeld', 'GracePeriod', 'WaitsForEver'] as const

/** `LostWakeup`: it sleeps. `LockHeld`: it wants a lock. `GracePeriod`: it waits for readers. `WaitsForEver`: a lockstep_await() of the file's own. */
export type WaitKind = (typeof WAIT_KINDS)[number]

const HEADERS: readonly (readonly [WaitKind, RegExp])[] = [
  ['GracePeriod', /(^|\/)(s?rcu\w*)\.h$/],
  ['LockHeld', /(^|\/)(spinlock\w*|mutex|rw_?lock\w*|rwsem|semaphore|seqlock|bit_spinlock|irqflags)\.h$/],
  [
    'LostWakeup',
    /(^|\/)(sched|wait\w*|swait|completion|rcuwait|workqueue|kthread|poll|timer|hrtimer|kvm_host|eventfd)\.h$/,
  ],
]

const kindOf = (file: string): WaitKind => {
  // rcuwait.h is a sleep
  const name = file.replace(/^.*\//, '')
  if (name === 'rcuwait.h') return 'LostWakeup'
  return HEADERS.find(([, pattern]) => pattern.test(file))?.[0] ?? 'WaitsForEver'
}

/** Instructions of a block, from it to its end, without those of what it calls. */
const rangeOf = (program: CProgram, block: Target): readonly Target[] => {
  const range: Target[] = []
  for (let i = block, depth = 0; i < program.instructions.length; i++) {
    const { kind } = at(program.instructions, i)
    if (kind === 'block') depth += 1
    if (kind === 'leave') depth -= 1
    range.push(i)
    if (depth === 0) break
  }
  return range
}

/** The lockstep_await() of the block at a place, in it or in what it calls; undefined for one that never waits. */
export const awaitIn = (program: CProgram, block: Target): Extract<Instruction, { kind: 'await' }> | undefined => {
  const own = rangeOf(program, block)
  const called = own.flatMap((i) => {
    const instruction = at(program.instructions, i)
    return instruction.kind === 'call' ? [...reachedFrom(program, instruction.callee)] : []
  })
  const theirs = called.flatMap((name) => {
    const f = program.functions.get(name)
    return f === undefined ? [] : Array.from({ length: f.end - f.entry }, (_, i) => f.entry + i)
  })
  for (const i of [...own, ...theirs]) {
    const instruction = at(program.instructions, i)
    if (instruction.kind === 'await') return instruction
  }
  return undefined
}

/** What the block at a place waits for; undefined for one that never waits. */
export const waitAt = (program: CProgram, block: Target): WaitKind | undefined => {
  const found = awaitIn(program, block)
  return found === undefined ? undefined : kindOf(found.at.file)
}

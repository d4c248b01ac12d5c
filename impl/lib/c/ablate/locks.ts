/** Which calls take a lock and which give it back, and how those of one function belong together. */

import type { Call, UserFile } from './user-file.ts'

/** Takes, and gives back, by their plain names. */
const PAIRS: ReadonlyMap<string, string> = new Map(
  [
    'spin_lock spin_unlock',
    'raw_spin_lock raw_spin_unlock',
    'read_lock read_unlock',
    'write_lock write_unlock',
    'mutex_lock mutex_unlock',
    'down up',
    'down_read up_read',
    'down_write up_write',
    'rcu_read_lock rcu_read_unlock',
    'srcu_read_lock srcu_read_unlock',
    'kvm_vcpu_srcu_read_lock kvm_vcpu_srcu_read_unlock',
    'write_seqlock write_sequnlock',
    'write_seqcount_begin write_seqcount_end',
    'local_irq_save local_irq_restore',
    'local_irq_disable local_irq_enable',
  ].map((pair): [string, string] => {
    const [take = '', give = ''] = pair.split(' ')
    return [take, give]
  }),
)

const GIVES: ReadonlyMap<string, string> = new Map([...PAIRS].map(([take, give]) => [give, take]))

/** How interrupts are kept out, or signals let in. */
const SUFFIX = /_(irqsave|irqrestore|irq|bh|sched|interruptible|killable|io)$/

/** What a call does to a lock. */
export interface LockCall {
  readonly call: Call
  /** the plain name of what takes it */
  readonly family: string
  readonly takes: boolean
  /** its name without interrupts, where it keeps them out */
  readonly plain: string | undefined
}

/** Families whose calls name no lock. */
const NAMELESS: readonly string[] = ['rcu_read_lock', 'local_irq_save', 'local_irq_disable']

/** The lock of a call, as it is written: `&vcpu->lock`. */
export const lockOf = (file: UserFile, { call, family }: LockCall): string => {
  const [first] = call.args
  return NAMELESS.includes(family) || first === undefined ? '' : file.collapsed(first)
}

/** What a call is to a lock; undefined if it is nothing. */
export const lockCall = (call: Call): LockCall | undefined => {
  const stem = PAIRS.has(call.name) || GIVES.has(call.name) ? call.name : call.name.replace(SUFFIX, '')
  const plain = /_(irqsave|irqrestore|irq)$/.test(call.name) && stem !== call.name ? stem : undefined
  if (PAIRS.has(stem)) return { call, family: stem, takes: true, plain }
  const family = GIVES.get(stem)
  return family === undefined ? undefined : { call, family, takes: false, plain }
}

/** Does the function have another way to take the lock, so that what gives it back is not of this call alone? */
export const isTry = ({ name }: Call): boolean => name.includes('trylock')

/**
 * The calls on one lock in one function, in order, parted into sections: what takes it, and all that may give it back before it is
 * taken again. Where it is taken twice with nothing between, as in two branches, that is one section.
 */
export const sectionsOf = (calls: readonly LockCall[]): LockCall[][] => {
  const sections: LockCall[][] = []
  for (const call of calls) {
    const current = sections.at(-1)
    const isNew = current === undefined || (call.takes && current.some(({ takes }) => !takes))
    if (isNew) sections.push([call])
    else current.push(call)
  }
  return sections.filter((section) => section.some(({ takes }) => takes) && section.some(({ takes }) => !takes))
}

/**
 * The kernel's functions that are known by name, and what each does to memory. One table, so that what is supported is read in one
 * place; linux-kernel.def of the kernel's memory model is herd's counterpart. Whatever else a kernel has is C in include/.
 *
 * What the architecture makes of them is x86's, from which SC and PSO differ in what impl/lib/kernel/memory/buffer.ts says:
 * - every read-modify-write is a locked instruction, so the `_relaxed`, `_acquire` and `_release` forms are as strong as
 *   the plain one, and a cmpxchg() that fails is a full barrier too;
 * - loads are in order in all three models: an acquire is a load, and smp_rmb() and barrier() do nothing;
 * - smp_mb__before_atomic() and its kin order the locked instruction that they stand next to, which drains the store
 *   buffer anyway: they do nothing of their own, as on x86.
 */

import type { IntType } from './types.ts'
import { INT, LONG, LONG_LONG } from './types.ts'

/** How an argument is written. */
export type Argument =
  /** `*p`, `x`, `v->f`: what is accessed is given by name */
  | 'lvalue'
  /** `p` */
  | 'address'
  | 'value'

/** What a read-modify-write makes of the old value. */
export type Update =
  | 'replace'
  /** the second value if the location holds the first */
  | 'compare'
  /** adds the first value unless the location holds the second */
  | 'unless'
  | 'andnot'
  | '+'
  | '-'
  | '&'
  | '|'
  | '^'

/** What a read-modify-write returns; `done`: whether it wrote; `bit`: whether a bit of the last value was set before. */
export type Gives = 'nothing' | 'old' | 'new' | 'is-zero' | 'is-negative' | 'done' | 'bit'

/** The order of a read-modify-write that it is named for. */
export type Order = 'full' | 'acquire' | 'release' | 'relaxed'

export type Effect =
  | { readonly kind: 'load'; readonly marking: 'once' | 'acquire' }
  /** bit of a word */
  | { readonly kind: 'test-bit' }
  | { readonly kind: 'store'; readonly marking: 'once' | 'release'; readonly barrier: boolean }
  | {
      readonly kind: 'rmw'
      readonly update: Update
      readonly gives: Gives
      readonly order: Order
      readonly fixed?: readonly number[]
    }
  /** `set_bit(nr, addr)` and its kin: an update of one bit; `plain`: `__set_bit()`, a load and a store */
  | {
      readonly kind: 'bit'
      readonly update: '|' | 'andnot' | '^'
      readonly gives: 'nothing' | 'bit'
      readonly order: Order
      readonly plain: boolean
    }
  /** try_cmpxchg(ptr, &old, new) */
  | { readonly kind: 'try-cmpxchg'; readonly order: Order }
  | { readonly kind: 'fence'; readonly fence: 'mb' | 'wmb' | 'none' }
  /** its argument, as it is */
  | { readonly kind: 'identity'; readonly isRace: boolean }

export interface Builtin {
  readonly args: readonly Argument[]
  readonly effect: Effect
  /** the field that holds the value, and its type, where the argument points to a struct: `counter` of atomic_t */
  readonly counter: IntType | undefined
}

const table = new Map<string, Builtin>()

const define = (names: string, args: string, effect: Effect, counter?: IntType): void => {
  const list = args.split(' ').filter((a) => a !== '') as Argument[]
  for (const name of names.split(' ')) table.set(name, { args: list, effect, counter })
}

/** A function and its `_relaxed`, `_acquire` and `_release` forms. */
const forms = (
  name: string,
  args: string,
  effect: Omit<Extract<Effect, { kind: 'rmw' }>, 'order' | 'kind'>,
  counter?: IntType,
): void => {
  for (const order of ['full', 'relaxed', 'acquire', 'release'] as const) {
    define(order === 'full' ? name : `${name}_${order}`, args, { kind: 'rmw', ...effect, order }, counter)
  }
}

define(
  'READ_ONCE rcu_dereference rcu_dereference_check rcu_dereference_protected rcu_access_pointer lockless_dereference',
  'lvalue',
  {
    kind: 'load',
    marking: 'once',
  },
)
define('smp_load_acquire', 'address', { kind: 'load', marking: 'acquire' })
define('WRITE_ONCE', 'lvalue value', { kind: 'store', marking: 'once', barrier: false })
define('smp_store_release', 'address value', { kind: 'store', marking: 'release', barrier: false })
define('rcu_assign_pointer', 'lvalue value', { kind: 'store', marking: 'release', barrier: false })
define('smp_store_mb', 'lvalue value', { kind: 'store', marking: 'once', barrier: true })

define('smp_mb mb __sync_synchronize', '', { kind: 'fence', fence: 'mb' })
define('smp_wmb wmb dma_wmb', '', { kind: 'fence', fence: 'wmb' })
define('smp_rmb rmb dma_rmb smp_read_barrier_depends barrier cpu_relax', '', { kind: 'fence', fence: 'none' })
define('smp_mb__before_atomic smp_mb__after_atomic smp_mb__after_spinlock', '', { kind: 'fence', fence: 'none' })
define('smp_mb__after_unlock_lock smp_mb__after_srcu_read_unlock smp_acquire__after_ctrl_dep', '', {
  kind: 'fence',
  fence: 'none',
})

define('likely unlikely', 'value', { kind: 'identity', isRace: false })
define('data_race', 'value', { kind: 'identity', isRace: true })

forms('xchg', 'address value', { update: 'replace', gives: 'old' })
forms('cmpxchg', 'address value value', { update: 'compare', gives: 'old' })
for (const order of ['full', 'relaxed', 'acquire', 'release'] as const) {
  const suffix = order === 'full' ? '' : `_${order}`
  define(`try_cmpxchg${suffix}`, 'address address value', { kind: 'try-cmpxchg', order })
}

const arithmetic: readonly (readonly [string, Update])[] = [
  ['add', '+'],
  ['sub', '-'],
  ['and', '&'],
  ['or', '|'],
  ['xor', '^'],
  ['andnot', 'andnot'],
]

/** All that there is for `atomic_t`, and for its wider kin. */
const atomics = (prefix: string, type: IntType): void => {
  const name = (stem: string): string => `${prefix}_${stem}`
  define(name('read'), 'address', { kind: 'load', marking: 'once' }, type)
  define(name('read_acquire'), 'address', { kind: 'load', marking: 'acquire' }, type)
  define(name('set'), 'address value', { kind: 'store', marking: 'once', barrier: false }, type)
  define(name('set_release'), 'address value', { kind: 'store', marking: 'release', barrier: false }, type)
  forms(name('xchg'), 'address value', { update: 'replace', gives: 'old' }, type)
  forms(name('cmpxchg'), 'address value value', { update: 'compare', gives: 'old' }, type)
  for (const order of ['full', 'relaxed', 'acquire', 'release'] as const) {
    const suffix = order === 'full' ? '' : `_${order}`
    define(`${name('try_cmpxchg')}${suffix}`, 'address address value', { kind: 'try-cmpxchg', order }, type)
  }
  for (const [stem, update] of arithmetic) {
    define(name(stem), 'value address', { kind: 'rmw', update, gives: 'nothing', order: 'relaxed' }, type)
    forms(name(`fetch_${stem}`), 'value address', { update, gives: 'old' }, type)
    if (update !== '+' && update !== '-') continue
    forms(name(`${stem}_return`), 'value address', { update, gives: 'new' }, type)
    const step = name(stem === 'add' ? 'inc' : 'dec')
    const fixed = [1]
    define(step, 'address', { kind: 'rmw', update, gives: 'nothing', order: 'relaxed', fixed }, type)
    forms(name(`fetch_${stem === 'add' ? 'inc' : 'dec'}`), 'address', { update, gives: 'old', fixed }, type)
    forms(`${step}_return`, 'address', { update, gives: 'new', fixed }, type)
    define(`${step}_and_test`, 'address', { kind: 'rmw', update, gives: 'is-zero', order: 'full', fixed }, type)
  }
  define(name('sub_and_test'), 'value address', { kind: 'rmw', update: '-', gives: 'is-zero', order: 'full' }, type)
  forms(name('add_negative'), 'value address', { update: '+', gives: 'is-negative' }, type)
  define(
    name('add_unless'),
    'address value value',
    { kind: 'rmw', update: 'unless', gives: 'done', order: 'full' },
    type,
  )
  define(
    name('fetch_add_unless'),
    'address value value',
    { kind: 'rmw', update: 'unless', gives: 'old', order: 'full' },
    type,
  )
  define(
    name('inc_not_zero'),
    'address',
    { kind: 'rmw', update: 'unless', gives: 'done', order: 'full', fixed: [1, 0] },
    type,
  )
}
atomics('atomic', INT)
atomics('atomic64', LONG_LONG)
atomics('atomic_long', LONG)

const bits: readonly (readonly [string, '|' | 'andnot' | '^'])[] = [
  ['set', '|'],
  ['clear', 'andnot'],
  ['change', '^'],
]
for (const [stem, update] of bits) {
  const bit = { kind: 'bit', update } as const
  define(`${stem}_bit`, 'value address', { ...bit, gives: 'nothing', order: 'relaxed', plain: false })
  define(`test_and_${stem}_bit`, 'value address', { ...bit, gives: 'bit', order: 'full', plain: false })
  define(`__${stem}_bit`, 'value address', { ...bit, gives: 'nothing', order: 'relaxed', plain: true })
  define(`__test_and_${stem}_bit`, 'value address', { ...bit, gives: 'bit', order: 'relaxed', plain: true })
}
define('test_and_set_bit_lock', 'value address', {
  kind: 'bit',
  update: '|',
  gives: 'bit',
  order: 'acquire',
  plain: false,
})
define('clear_bit_unlock', 'value address', {
  kind: 'bit',
  update: 'andnot',
  gives: 'nothing',
  order: 'release',
  plain: false,
})
define('test_bit test_bit_acquire', 'value address', { kind: 'test-bit' })

/** All of them, by name. */
export const BUILTINS: ReadonlyMap<string, Builtin> = table

/** Does a call have a value? */
export const hasValue = ({ effect }: Builtin): boolean => {
  switch (effect.kind) {
    case 'load':
    case 'test-bit':
    case 'try-cmpxchg':
    case 'identity':
      return true
    case 'rmw':
    case 'bit':
      return effect.gives !== 'nothing'
    case 'store':
    case 'fence':
      return false
  }
}

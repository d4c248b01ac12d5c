/**
 * The kernel's functions that a test may call, and what each does to memory. One table, so that what is supported is
 * read in one place; linux-kernel.def of the kernel's memory model is herd's counterpart.
 *
 * What the architecture makes of them is x86's, from which SC and PSO differ in what impl/lib/kernel/memory/buffer.ts says:
 * - every read-modify-write is a locked instruction, so the `_relaxed`, `_acquire` and `_release` forms are as strong as
 *   the plain one, and a cmpxchg() that fails is a full barrier too;
 * - loads are in order in all three models: an acquire is a load, and smp_rmb() and barrier() do nothing;
 * - smp_mb__before_atomic() and its kin order the locked instruction that they stand next to, which drains the store
 *   buffer anyway: they do nothing of their own, as on x86.
 */

/** How an argument is written. */
export type Argument =
  /** `*p`: what is accessed is given by name */
  | 'lvalue'
  /** `p` */
  | 'address'
  | 'value'
  /** a struct srcu_struct, by name: sections are told apart before the run */
  | 'srcu'

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

/** What a read-modify-write returns; `done`: whether it wrote. */
export type Gives = 'nothing' | 'old' | 'new' | 'is-zero' | 'is-negative' | 'done'

/** What is done to a read-side section, or to wait for all; the domain is SRCU's if the call names one, else RCU's. */
export type SectionEffect = 'read-lock' | 'read-unlock' | 'grace-period'

export type Effect =
  /** `is-locked`: is there a lock, or a value other than 0? */
  | { readonly kind: 'load' | 'is-locked' | 'mb' | 'wmb' | 'nothing' | 'lock' | 'unlock' | SectionEffect }
  | { readonly kind: 'store'; readonly order: 'once' | 'release' | 'mb' }
  | { readonly kind: 'rmw'; readonly update: Update; readonly gives: Gives; readonly fixed?: readonly number[] }

export interface Primitive {
  readonly args: readonly Argument[]
  readonly effect: Effect
}

const table = new Map<string, Primitive>()

const define = (names: string, args: string, effect: Effect): void => {
  const list = args.split(' ').filter((a) => a !== '') as Argument[]
  for (const name of names.split(' ')) table.set(name, { args: list, effect })
}

/** A function and its `_relaxed`, `_acquire` and `_release` forms. */
const forms = (name: string): string => [name, `${name}_relaxed`, `${name}_acquire`, `${name}_release`].join(' ')

define('READ_ONCE rcu_dereference', 'lvalue', { kind: 'load' })
define('smp_load_acquire atomic_read atomic_read_acquire', 'address', { kind: 'load' })
define('WRITE_ONCE', 'lvalue value', { kind: 'store', order: 'once' })
define('atomic_set', 'address value', { kind: 'store', order: 'once' })
define('smp_store_release atomic_set_release', 'address value', { kind: 'store', order: 'release' })
define('rcu_assign_pointer', 'lvalue value', { kind: 'store', order: 'release' })
define('smp_store_mb', 'lvalue value', { kind: 'store', order: 'mb' })

define('smp_mb', '', { kind: 'mb' })
define('smp_wmb', '', { kind: 'wmb' })
define('smp_rmb smp_read_barrier_depends barrier', '', { kind: 'nothing' })
define('smp_mb__before_atomic smp_mb__after_atomic smp_mb__after_spinlock', '', { kind: 'nothing' })
define('smp_mb__after_unlock_lock smp_mb__after_srcu_read_unlock', '', { kind: 'nothing' })

for (const prefix of ['', 'atomic_']) {
  define(forms(`${prefix}xchg`), 'address value', { kind: 'rmw', update: 'replace', gives: 'old' })
  define(forms(`${prefix}cmpxchg`), 'address value value', { kind: 'rmw', update: 'compare', gives: 'old' })
}

const arithmetic: readonly (readonly [string, Update])[] = [
  ['add', '+'],
  ['sub', '-'],
  ['and', '&'],
  ['or', '|'],
  ['xor', '^'],
  ['andnot', 'andnot'],
]
for (const [name, update] of arithmetic) {
  define(`atomic_${name}`, 'value address', { kind: 'rmw', update, gives: 'nothing' })
  define(forms(`atomic_fetch_${name}`), 'value address', { kind: 'rmw', update, gives: 'old' })
  if (update !== '+' && update !== '-') continue
  define(forms(`atomic_${name}_return`), 'value address', { kind: 'rmw', update, gives: 'new' })
  define(`atomic_${name}_and_test`, 'value address', { kind: 'rmw', update, gives: 'is-zero' })
  const step = name === 'add' ? 'inc' : 'dec'
  const fixed = [1]
  define(`atomic_${step}`, 'address', { kind: 'rmw', update, gives: 'nothing', fixed })
  define(forms(`atomic_fetch_${step}`), 'address', { kind: 'rmw', update, gives: 'old', fixed })
  define(forms(`atomic_${step}_return`), 'address', { kind: 'rmw', update, gives: 'new', fixed })
  define(`atomic_${step}_and_test`, 'address', { kind: 'rmw', update, gives: 'is-zero', fixed })
}
table.delete('atomic_add_and_test')
define('atomic_add_negative', 'value address', { kind: 'rmw', update: '+', gives: 'is-negative' })
define('atomic_add_unless', 'address value value', { kind: 'rmw', update: 'unless', gives: 'done' })
define('atomic_fetch_add_unless', 'address value value', { kind: 'rmw', update: 'unless', gives: 'old' })
define('atomic_inc_not_zero', 'address', { kind: 'rmw', update: 'unless', gives: 'done', fixed: [1, 0] })

define('spin_lock', 'address', { kind: 'lock' })
define('spin_unlock', 'address', { kind: 'unlock' })
define('spin_trylock', 'address', { kind: 'rmw', update: 'unless', gives: 'done', fixed: [1, 1] })
define('spin_is_locked', 'address', { kind: 'is-locked' })

define('srcu_read_lock', 'srcu', { kind: 'read-lock' })
define('srcu_read_unlock', 'srcu value', { kind: 'read-unlock' })
define('synchronize_srcu synchronize_srcu_expedited', 'srcu', { kind: 'grace-period' })
define('rcu_read_lock', '', { kind: 'read-lock' })
define('rcu_read_unlock', '', { kind: 'read-unlock' })
define('synchronize_rcu synchronize_rcu_expedited', '', { kind: 'grace-period' })

/** All of them, by name. */
export const PRIMITIVES: ReadonlyMap<string, Primitive> = table

/** Does a call have a value? */
export const hasValue = ({ effect, args }: Primitive): boolean =>
  effect.kind === 'load' ||
  effect.kind === 'is-locked' ||
  (effect.kind === 'read-lock' && args.length > 0) ||
  (effect.kind === 'rmw' && effect.gives !== 'nothing')

/**
 * The weaker forms of each function that orders something, in one table with what each no longer orders. What a weaker form is, is
 * what Documentation/memory-barriers.txt and atomic_t.txt say of it, not what x86 makes of it.
 */

import type { Builtin } from '../program/builtins.ts'
import { BUILTINS } from '../program/builtins.ts'
import type { Edit } from './edit.ts'
import type { Order } from './orders.ts'
import { ALL_ORDERS } from './orders.ts'
import { addressed, dereferenced, plainLoad, plainStore, removed, renamed } from './rewrite.ts'
import type { Form, ToggleKind } from './toggle.ts'
import type { Call, UserFile } from './user-file.ts'

/** A weaker form before its text is known. */
export type Weaker = Omit<Form, 'text'>

type Rule = (file: UserFile, call: Call) => readonly Weaker[]

interface Rules {
  readonly kind: ToggleKind
  readonly weaker: Rule
}

/** Orders that are lost, and are told by the models that can show one of them. */
const losing = (edits: readonly Edit[], lost: readonly Order[], own: Form['own'] = 'none'): Weaker => ({
  edits,
  lost,
  own,
  told: 'by order',
})

/** What no model here tells from what is written. */
const untold = (edits: readonly Edit[], lost: readonly Order[]): Weaker => ({ edits, lost, own: 'none', told: 'none' })

const nothing = (file: UserFile, call: Call): Edit[] => [removed(file, call, '(void)0')]

/** The lock or the pointer that a call is given first. */
const pointedTo = (file: UserFile, { args: [first] }: Call): Edit[] =>
  first === undefined ? [] : dereferenced(file, first)

const FENCES: Readonly<Record<string, Rule>> = Object.fromEntries([
  ...(['smp_', ''] as const).map((prefix): [string, Rule] => [
    `${prefix}mb`,
    (file, call) => [
      losing([renamed(file, call, `${prefix}wmb`)], ['WR', 'RR', 'RW']),
      losing(nothing(file, call), ALL_ORDERS),
    ],
  ]),
  ['__sync_synchronize', (file, call) => [losing(nothing(file, call), ALL_ORDERS)]],
  ...['smp_wmb', 'wmb', 'dma_wmb'].map((name): [string, Rule] => [
    name,
    (file, call) => [losing(nothing(file, call), ['WW'])],
  ]),
  ...['smp_rmb', 'rmb', 'dma_rmb', 'smp_read_barrier_depends'].map((name): [string, Rule] => [
    name,
    (file, call) => [losing(nothing(file, call), ['RR'])],
  ]),
  ['smp_acquire__after_ctrl_dep', (file, call) => [losing(nothing(file, call), ['RR', 'RW'])]],
  // these stand beside a locked instruction, or only say something to the compiler
  ...['smp_mb__before_atomic', 'smp_mb__after_atomic', 'smp_mb__after_spinlock'].map((name): [string, Rule] => [
    name,
    (file, call) => [untold(nothing(file, call), ALL_ORDERS)],
  ]),
  ...['smp_mb__after_unlock_lock', 'smp_mb__after_srcu_read_unlock'].map((name): [string, Rule] => [
    name,
    (file, call) => [untold(nothing(file, call), ALL_ORDERS)],
  ]),
  ['barrier', (file, call) => [untold(nothing(file, call), [])]],
])

const ACQUIRED: readonly Order[] = ['RR', 'RW']
const RELEASED: readonly Order[] = ['RW', 'WW']

const ORDERED: Readonly<Record<string, Rule>> = {
  smp_load_acquire: (file, call) => [losing([renamed(file, call, 'READ_ONCE'), ...pointedTo(file, call)], ACQUIRED)],
  smp_store_release: (file, call) => [
    losing([renamed(file, call, 'WRITE_ONCE'), ...pointedTo(file, call)], RELEASED, 'behind'),
  ],
  rcu_assign_pointer: (file, call) => [losing([renamed(file, call, 'WRITE_ONCE')], RELEASED, 'behind')],
  smp_store_mb: (file, call) => {
    const [first] = call.args
    const target = first === undefined ? [] : addressed(file, first)
    return [
      losing([renamed(file, call, 'smp_store_release'), ...target], ALL_ORDERS, 'before'),
      losing([renamed(file, call, 'WRITE_ONCE')], ALL_ORDERS, 'before'),
    ]
  },
  // macros of our headers, which are a store and a barrier, or a barrier and a load
  set_current_state: (file, call) => [losing([renamed(file, call, '__set_current_state')], ALL_ORDERS, 'before')],
  wq_has_sleeper: (file, call) => [losing([renamed(file, call, 'waitqueue_active')], ALL_ORDERS)],
  clear_bit_unlock: (file, call) => [untold([renamed(file, call, 'clear_bit')], RELEASED)],
  test_bit_acquire: (file, call) => [losing([renamed(file, call, 'test_bit')], ACQUIRED)],
}

const ONCE: Readonly<Record<string, Rule>> = {
  READ_ONCE: (file, call) => [{ edits: plainLoad(file, call), lost: [], own: 'none', told: 'all' }],
  WRITE_ONCE: (file, call) => [{ edits: plainStore(file, call), lost: [], own: 'none', told: 'all' }],
}

const SUFFIX = /_(acquire|release)$/

/** The order that a name ends in, taken off: atomic_set_release(), xchg_acquire(), and the full forms of what has a relaxed one. */
const suffixed = (name: string, { effect }: Builtin): Rule | undefined => {
  const order = SUFFIX.exec(name)?.[1]
  const stem = name.replace(SUFFIX, '')
  if (effect.kind === 'load' && order === 'acquire' && BUILTINS.has(stem))
    return (file, call) => [losing([renamed(file, call, stem)], ACQUIRED)]
  if (effect.kind === 'store' && order === 'release' && BUILTINS.has(stem))
    return (file, call) => [losing([renamed(file, call, stem)], RELEASED, 'behind')]
  if (effect.kind !== 'rmw' && effect.kind !== 'try-cmpxchg') return undefined
  if (order !== undefined) {
    const lost = order === 'acquire' ? ACQUIRED : RELEASED
    return (file, call) => [untold([renamed(file, call, `${stem}_relaxed`)], lost)]
  }
  if (!BUILTINS.has(`${name}_relaxed`)) return undefined
  return (file, call) =>
    ['acquire', 'release', 'relaxed'].map((weaker) => untold([renamed(file, call, `${name}_${weaker}`)], ALL_ORDERS))
}

const own = (table: Readonly<Record<string, Rule>>, name: string): Rule | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** What can be weakened of a function, by its name. */
export const rulesFor = (name: string): Rules | undefined => {
  for (const [kind, table] of [
    ['barrier', FENCES],
    ['order', ORDERED],
    ['once', ONCE],
  ] as const) {
    const weaker = own(table, name)
    if (weaker !== undefined) return { kind, weaker }
  }
  const builtin = BUILTINS.get(name)
  const weaker = builtin === undefined ? undefined : suffixed(name, builtin)
  return weaker === undefined ? undefined : { kind: 'order', weaker }
}

/** Random litmus tests: conditions, for reading and printing; and small tests that run, for the memory models. */

import fc from 'fast-check'
import type { Literal, Prop, Subject } from '../../../impl/lib/litmus/condition.ts'

const at = 0
const LOCATIONS = ['x', 'y', 'z', 'a[1]'] as const

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({
    kind: fc.constant('register'),
    thread: fc.nat(2),
    name: fc.constantFrom('r0', 'r1'),
    at: fc.constant(at),
  }),
  fc.record({ kind: fc.constant('location'), name: fc.constantFrom(...LOCATIONS), at: fc.constant(at) }),
)

const literal: fc.Arbitrary<Literal> = fc.oneof(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer()).map((value): Literal => ({ kind: 'int', value })),
  fc.constantFrom(...LOCATIONS).map((name): Literal => ({ kind: 'address', name, at })),
)

/** Chains lean to the left, as they are read. */
const leaning = (kind: 'and' | 'or', left: Prop, right: Prop): Prop =>
  right.kind === kind ? leaning(kind, leaning(kind, left, right.left), right.right) : { kind, left, right }

/** Any proposition that can be written down. */
export const proposition = fc.letrec<{ prop: Prop }>((tie) => {
  const prop = tie('prop')
  return {
    prop: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.record({ kind: fc.constant('equals'), subject, value: fc.oneof(literal, subject) }),
      fc.boolean().map((value) => ({ kind: 'constant', value })),
      prop.map((operand) => ({ kind: 'not', operand })),
      fc.tuple(fc.constantFrom('and', 'or'), prop, prop).map(([kind, l, r]) => leaning(kind, l, r)),
      fc.record({ kind: fc.constant('implies'), left: prop, right: prop }),
    ) as fc.Arbitrary<Prop>,
  }
}).prop

/** One access or barrier of a small test: `r` and `v` are filled in with a register and a value of its own. */
const ACCESSES = [
  'r = READ_ONCE(*l);',
  'r = READ_ONCE(*l);',
  'WRITE_ONCE(*l, v);',
  'WRITE_ONCE(*l, v);',
  'r = smp_load_acquire(l);',
  'smp_store_release(l, v);',
  'r = xchg_relaxed(l, v);',
  'r = cmpxchg(l, 0, v);',
  'r = atomic_add_unless(l, v, 1);',
  'if (READ_ONCE(*l)) WRITE_ONCE(*y, v);',
] as const
const BARRIERS = ['smp_mb();', 'smp_wmb();', 'smp_rmb();'] as const

export interface Small {
  /** the statements of each thread */
  readonly threads: readonly (readonly string[])[]
}

const statement = fc
  .tuple(fc.constantFrom(...ACCESSES, ...BARRIERS), fc.constantFrom('x', 'y'))
  .map(([text, l]) => text.replace(/\bl\b/, l))

/** Two or three threads of a few accesses to two locations. */
export const smallTest: fc.Arbitrary<Small> = fc.record({
  threads: fc.array(fc.array(statement, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 3 }),
})

/** Sections and grace periods: also sections that never end, that wait, or that somebody may never come to. */
const SECTIONS = [
  'synchronize_rcu();',
  'synchronize_rcu();',
  'synchronize_srcu(s);',
  'rcu_read_lock(); r = READ_ONCE(*l); WRITE_ONCE(*l, v); rcu_read_unlock();',
  'rcu_read_lock(); r = READ_ONCE(*l); r9 = READ_ONCE(*y); rcu_read_unlock();',
  'k = srcu_read_lock(s); r = READ_ONCE(*l); WRITE_ONCE(*y, v); srcu_read_unlock(s, k);',
  'if (READ_ONCE(*l)) { rcu_read_lock(); WRITE_ONCE(*l, v); rcu_read_unlock(); }',
  'if (READ_ONCE(*l)) { rcu_read_lock(); spin_lock(m); spin_unlock(m); rcu_read_unlock(); }',
  'spin_lock(m); WRITE_ONCE(*l, v); synchronize_rcu(); spin_unlock(m);',
  'rcu_read_lock(); if (READ_ONCE(*l)) rcu_read_unlock();',
] as const

const sectionStatement = fc
  .tuple(fc.constantFrom(...SECTIONS, 'r = READ_ONCE(*l);', 'WRITE_ONCE(*l, v);'), fc.constantFrom('x', 'y'))
  .map(([text, l]) => text.replaceAll(/\bl\b/g, l))

/** Two or three threads with sections and grace periods. */
export const sectionTest: fc.Arbitrary<Small> = fc.record({
  threads: fc.array(fc.array(sectionStatement, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
})

/** The test as text; every store has a value of its own, every load a register. `between` stands after each access. */
export const smallText = ({ threads }: Small, between = ''): string => {
  let value = 0
  const shown: string[] = []
  const bodies = threads.map((body, t) => {
    const lines = body.map((line, i) => {
      const name = `r${i}`
      if (/\br\b/.test(line)) shown.push(`${t}:${name}`)
      value += 1
      return `  ${line.replace(/\br\b/, `int ${name}`).replace(/\bv\b/, String(value))} ${between}`
    })
    const more = /\(m\)|\(s[),]/.test(lines.join('')) ? ', spinlock_t *m, struct srcu_struct *s' : ''
    return `P${t}(int *x, int *y${more})\n{\n${lines.join('\n')}\n}\n`
  })
  return `C small\n{}\n${bodies.join('\n')}\nlocations [${['x', 'y', ...shown].join('; ')}]\n`
}

/** Random litmus tests: any notation, for reading and printing; and small ones that run, for the memory models. */

import fc from 'fast-check'
import type { Call, Expr, Literal, Prop, Stmt, Subject, Test } from '../../../impl/lib/litmus/ast.ts'
import { PRECEDENCE } from '../../../impl/lib/litmus/ast.ts'
import { hasValue, PRIMITIVES } from '../../../impl/lib/litmus/primitives.ts'

const at = 0
const LOCATIONS = ['x', 'y', 'z'] as const
const REGISTERS = ['r0', 'r1'] as const

const int32 = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer())
const operators = fc.constantFrom(...PRECEDENCE.flat())
const nameExpr: fc.Arbitrary<Expr> = fc
  .constantFrom(...LOCATIONS, ...REGISTERS)
  .map((name) => ({ kind: 'name', name, at }))

const primitives = [...PRIMITIVES.entries()]

const callOf = (names: readonly string[], expr: fc.Arbitrary<Expr>): fc.Arbitrary<Call> =>
  fc.constantFrom(...names).chain((name) => {
    const kinds = PRIMITIVES.get(name)?.args ?? []
    const args = kinds.map((kind) => (kind === 'srcu' ? nameExpr : expr))
    return fc.tuple(...args).map((list): Call => ({ kind: 'call', name, args: list, at }))
  })

const expression = fc.letrec<{ expr: Expr }>((tie) => {
  const expr = tie('expr')
  return {
    expr: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(
        int32.map((value): Expr => ({ kind: 'int', value, at })),
        nameExpr,
      ),
      fc.record({
        kind: fc.constant('unary'),
        operator: fc.constantFrom('-', '!', '~'),
        operand: expr,
        at: fc.constant(at),
      }),
      fc.record({ kind: fc.constant('binary'), operator: operators, left: expr, right: expr, at: fc.constant(at) }),
      fc.record({ kind: fc.constant('choice'), condition: expr, yes: expr, no: expr, at: fc.constant(at) }),
      fc.record({ kind: fc.constant('plain'), address: expr, at: fc.constant(at) }),
      callOf(
        primitives.filter(([, p]) => hasValue(p)).map(([name]) => name),
        expr,
      ),
    ),
  }
}).expr

const register = fc.constantFrom(...REGISTERS)

const statements = fc.letrec<{ body: Stmt[] }>((tie) => {
  const body = tie('body')
  const stmt = fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.record({ kind: fc.constant('assign'), name: register, value: expression, at: fc.constant(at) }),
    fc.record({ kind: fc.constant('declare'), name: register, stars: fc.nat(2), at: fc.constant(at) }),
    fc.record({
      kind: fc.constant('declare'),
      name: register,
      stars: fc.nat(1),
      value: expression,
      at: fc.constant(at),
    }),
    fc.record({ kind: fc.constant('plain-store'), address: expression, value: expression, at: fc.constant(at) }),
    callOf(
      primitives.map(([name]) => name),
      expression,
    ).map((call) => ({ kind: 'call', call, at })),
    fc.record({ kind: fc.constant('if'), condition: expression, yes: body, no: body, at: fc.constant(at) }),
    fc.record({ kind: fc.constant('block'), body, at: fc.constant(at) }),
  ) as fc.Arbitrary<Stmt>
  return { body: fc.array(stmt, { maxLength: 3 }) }
}).body

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({ kind: fc.constant('register'), thread: fc.nat(2), name: register, at: fc.constant(at) }),
  fc.record({ kind: fc.constant('location'), name: fc.constantFrom(...LOCATIONS), at: fc.constant(at) }),
)

const literal: fc.Arbitrary<Literal> = fc.oneof(
  int32.map((value): Literal => ({ kind: 'int', value })),
  fc.constantFrom(...LOCATIONS).map((name): Literal => ({ kind: 'address', name, at })),
)

/** Chains lean to the left, as they are read. */
const leaning = (kind: 'and' | 'or', left: Prop, right: Prop): Prop =>
  right.kind === kind ? leaning(kind, leaning(kind, left, right.left), right.right) : { kind, left, right }

const proposition = fc.letrec<{ prop: Prop }>((tie) => {
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

const type = fc.constantFrom('int', 'atomic_t', 'spinlock_t', 'struct srcu_struct')

/** Any test that can be written down, with a meaning or without. */
export const anyTest: fc.Arbitrary<Test> = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9+._-]{0,8}$/),
    init: fc.array(
      fc.record({ subject, type, stars: fc.nat(2), value: literal }, { requiredKeys: ['subject', 'stars', 'value'] }),
      {
        maxLength: 3,
      },
    ),
    threads: fc.array(
      fc.record({
        parameters: fc.array(
          fc.record({
            type,
            stars: fc.integer({ min: 1, max: 2 }),
            name: fc.constantFrom(...LOCATIONS),
            at: fc.constant(at),
          }),
          { maxLength: 3 },
        ),
        body: statements,
        at: fc.constant(at),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    locations: fc.array(subject, { maxLength: 3 }),
    filter: proposition,
    condition: fc.record({ quantifier: fc.constantFrom('exists', '~exists', 'forall'), prop: proposition }),
    conditionAt: fc.constant(at),
  },
  { requiredKeys: ['name', 'init', 'threads', 'locations', 'condition', 'conditionAt'] },
)

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
    return `P${t}(int *x, int *y)\n{\n${lines.join('\n')}\n}\n`
  })
  return `C small\n{}\n${bodies.join('\n')}\nlocations [${['x', 'y', ...shown].join('; ')}]\n`
}

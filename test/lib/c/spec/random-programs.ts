/** Small concurrent C programs: two threads, integers of several widths, pointers, calls, loops, atomics, blocks. */

import fc from 'fast-check'

const variable = fc.constantFrom(
  'x',
  'y',
  'c',
  'd',
  'arr[1]',
  'arr[a & 1]',
  's1.v',
  's2.w',
  '*p',
  'q->v',
  'q->n->w',
  'a',
  'b',
)
const shared = fc.constantFrom('x', 'y', 'c', 'd', 'arr[0]', 'arr[b & 1]', 's1.v', 's2.w', '*p', 'q->v')
const integer = fc.constantFrom('x', 'y', 'arr[0]', 's1.v', '*p')
const literal = fc.integer({ min: -2, max: 5 }).map((n) => (n < 0 ? `(${n})` : String(n)))

const { pure } = fc.letrec<{ pure: string }>((tie) => ({
  pure: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    variable,
    fc
      .tuple(fc.constantFrom('+', '-', '*', '&', '|', '^', '<', '<=', '==', '!=', '&&', '||'), tie('pure'), tie('pure'))
      .map(([op, l, r]) => `(${l} ${op} ${r})`),
    fc.tuple(fc.constantFrom('/', '%'), tie('pure'), tie('pure')).map(([op, l, r]) => `(${l} ${op} ${r})`),
    fc.tuple(fc.constantFrom('<<', '>>'), tie('pure'), tie('pure')).map(([op, l, r]) => `(${l} ${op} (${r} & 3))`),
    fc.tuple(fc.constantFrom('-', '~', '!'), tie('pure')).map(([op, e]) => `${op}(${e})`),
    fc
      .tuple(fc.constantFrom('u8', 's8', 'u16', 's16', 'bool', 'long', 'unsigned'), tie('pure'))
      .map(([type, e]) => `(${type})(${e})`),
    fc.tuple(tie('pure'), tie('pure'), tie('pure')).map(([c, y, n]) => `(${c} ? ${y} : ${n})`),
    tie('pure').map((e) => `twice(${e})`),
  ),
}))

/** Values that stay small, so that graphs do. */
const small = pure.map((e) => `((${e}) & 3)`)

const simple = fc.oneof(
  fc.tuple(shared, small).map(([v, e]) => `${v} = ${e};`),
  fc.tuple(fc.constantFrom('a', 'b'), pure).map(([v, e]) => `${v} = ${e};`),
  fc.tuple(fc.constantFrom('a', 'b'), shared).map(([v, e]) => `${v} = READ_ONCE(${e});`),
  fc.tuple(shared, literal).map(([v, e]) => `WRITE_ONCE(${v}, ${e});`),
  fc.tuple(shared, fc.constantFrom('+=', '-=', '^='), literal).map(([v, op, e]) => `${v} ${op} ${e}; ${v} &= 7;`),
  fc.tuple(integer, small).map(([v, e]) => `a = xchg(&${v}, ${e});`),
  fc.tuple(integer, literal, small).map(([v, o, e]) => `b = cmpxchg(&${v}, ${o}, ${e});`),
  fc.constantFrom(
    'smp_mb();',
    'smp_wmb();',
    'a = lockstep_choose(2);',
    'p = &arr[a & 1];',
    'p = b ? &x : &y;',
    'p = (int *)0;',
    'p = arr + (b & 1) + 1;',
    'q = READ_ONCE(q)->n;',
    'q = &s2;',
    's1.n = q == &s1 ? 0 : &s1;',
    'set(&s2.w, a);',
    'a = atomic_fetch_add(1, &at); atomic_and(3, &at);',
    'if (atomic_add_unless(&at, 1, 2)) b = 1;',
    'if (atomic_dec_and_test(&at)) a = 4;',
    'smp_store_release(&x, 1);',
    'b = smp_load_acquire(&y);',
    'smp_store_mb(y, 2);',
    'if (p) a = *p;',
    'a = p == &x;',
    'q->n = &s1; a = q->n->v;',
    'int u; if (a) u = b; b = u;',
  ),
)

const { statement } = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    simple,
    simple,
    fc.tuple(pure, tie('statement'), tie('statement')).map(([c, y, n]) => `if (${c}) { ${y} } else { ${n} }`),
    tie('statement').map((s) => `for (int i = 0; i < 2; i++) { ${s} if (a == 3) continue; b ^= i; }`),
    fc
      .tuple(pure, tie('statement'), simple)
      .map(([e, s, t]) => `switch (${e}) { case 0: ${s} case 1: ${t} break; default: b = 2; }`),
    simple
      .filter((s) => !s.includes('choose'))
      .chain((s) => fc.constantFrom(`LOCKSTEP_ATOMIC { ${s} x ^= 1; }`, `LOCKSTEP_STEP { ${s} if (y == 1) y = 0; }`)),
    fc.constantFrom(
      'for (int i = 0, k = a & 3; i < k; i++) b = (b + i) & 3;',
      'LOCKSTEP_ATOMIC { for (int i = 0; i < 2; i++) { arr[i] ^= i + 1; if (arr[i] == x) break; } }',
      'LOCKSTEP_ATOMIC { struct s *r; for (r = q; r && r != &s2; r = r->n) { r->v = (r->v + 1) & 3; } }',
      'lockstep_await(x || y);',
      'b = both(&x);',
    ),
  ),
}))

const body = fc.array(statement, { minLength: 1, maxLength: 3 }).map((list) => list.join('\n\t'))

/** Programs of two threads. */
export const concurrentProgram: fc.Arbitrary<string> = fc.tuple(body, body).map(
  ([one, two]) => `#include <lockstep.h>
#include <linux/types.h>
struct s { int v; struct s *n; u8 w; };
static int x, y, arr[2], *p = &x;
static u8 c; static s16 d; static atomic_t at = ATOMIC_INIT(1);
static struct s s1, s2 = { 1, &s1, 2 }, *q = &s2;
static int twice(int e) { if (e > 1000 || e < -1000) return 7; e += e; return e; }
static void set(u8 *where, int what) { *where = what; }
static int both(int *where) { int r = READ_ONCE(*where); return r + READ_ONCE(*where); }
LOCKSTEP_THREAD(one)
{
	int a = 1, b = 0;
	${one}
	x = (a + b) & 1;
}
LOCKSTEP_THREAD(two)
{
	int a = 2, b = 1;
	${two}
	y = (a ^ b) & 1;
}
`,
)

/** Sequential C programs for comparison with gcc: every operation that they make has a meaning in C (signed overflow with -fwrapv). */

import fc from 'fast-check'

export const TYPES = [
  'bool',
  'char',
  'signed char',
  'unsigned char',
  'short',
  'u16',
  'int',
  'u32',
  'long',
  'u64',
  's64',
] as const

/** Globals of the programs, each of another type. */
export const GLOBALS = TYPES.map((type, i) => ({ type, name: `g${i}` }))

const name = fc.constantFrom(
  ...GLOBALS.map((g) => g.name),
  'a',
  'b',
  'arr[1]',
  's.x',
  's.in.y',
  'p->in.y',
  '(*q)',
  'arr[a & 3]',
)

const literal = fc.oneof(
  fc.integer({ min: -3, max: 300 }).map((n) => (n < 0 ? `(${n})` : String(n))),
  fc.constantFrom(
    '0x7fffffff',
    '0x80000000',
    '0xffffffffu',
    '4000000000',
    '1ul << 40',
    '-1l',
    '0x7fffffffffffffffl',
    "'a'",
    '255u',
    'RED',
    'BLUE',
  ),
)

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal.map((l) => `(${l})`),
    name,
    fc
      .tuple(
        fc.constantFrom('+', '-', '*', '&', '|', '^', '<', '<=', '>', '>=', '==', '!=', '&&', '||'),
        tie('expression'),
        tie('expression'),
      )
      .map(([op, l, r]) => `(${l} ${op} ${r})`),
    fc
      .tuple(fc.constantFrom('/', '%'), tie('expression'), tie('expression'))
      .map(([op, l, r]) => `DIV(${l}, ${op}, ${r})`),
    fc
      .tuple(fc.constantFrom('<<', '>>'), tie('expression'), tie('expression'))
      .map(([op, l, r]) => `(${l} ${op} (${r} & 7))`),
    fc.tuple(fc.constantFrom('-', '~', '!', '+'), tie('expression')).map(([op, e]) => `${op}(${e})`),
    fc.tuple(fc.constantFrom(...TYPES), tie('expression')).map(([type, e]) => `(${type})(${e})`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([c, y, n]) => `(${c} ? ${y} : ${n})`),
    tie('expression').map((e) => `twice(${e})`),
    tie('expression').map((e) => `moved(s, ${e}).in.y`),
    tie('expression').map((e) => `((struct outer){ 1, { ${e} } }.in.y)`),
    tie('expression').map((e) => `({ int v = ${e}; v += 2; v; })`),
    fc.tuple(tie('expression'), tie('expression')).map(([l, r]) => `(${l}, ${r})`),
    fc.tuple(tie('expression'), tie('expression')).map(([l, r]) => `(${l} ?: ${r})`),
    fc.tuple(tie('expression'), fc.constantFrom('s', 't')).map(([e, v]) => `(${e} ? ${v} : *p).x`),
    tie('expression').map((e) => `((enum colour)(${e}) < 0)`),
    fc.constantFrom(
      '(q && *q)',
      '!q',
      '(q == &g6)',
      '(p != &s)',
      '(((a & 1) ? q : 0) == 0)',
      '(&arr[a & 3] - arr)',
      '(&arr[3] - &arr[a & 3])',
      'sizeof arr',
      'sizeof(arr) / sizeof(arr[0])',
      'sizeof(struct outer)',
      "'\\377'",
      "'\\x7f'",
      "'\\0'",
      '017',
      'HUGE_ONE',
      '-NEGATIVE',
    ),
    tie('expression').map((e) => `sizeof(${e})`),
  ),
}))

const { statement } = fc.letrec<{ statement: string }>((tie) => ({
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(name, fc.constantFrom('=', '+=', '-=', '*=', '&=', '|=', '^='), expression)
      .map(([n, op, e]) => `${n} ${op} ${e};`),
    fc.tuple(name, fc.constantFrom('<<=', '>>='), expression).map(([n, op, e]) => `${n} ${op} (${e}) & 3;`),
    fc.tuple(name, fc.constantFrom('++', '--')).map(([n, op]) => `${n}${op};`),
    fc
      .tuple(fc.constantFrom('a', 'b', 'g6'), fc.constantFrom('++', '--'), name)
      // C leaves open what `arr[a] = a++` means
      .map(([n, op, m]) => `${m} = ${m === n || m.includes(`[${n}`) ? '3' : `${n}${op}`};`),
    fc.tuple(expression, tie('statement'), tie('statement')).map(([c, y, n]) => `if (${c}) { ${y} } else { ${n} }`),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), tie('statement'))
      .map(([n, s]) => `for (int i = 0; i < ${n}; i++) { if (g5 == 7) continue; ${s} if (g3 == 9) break; }`),
    fc
      .tuple(expression, tie('statement'), tie('statement'))
      .map(
        ([e, x, y]) =>
          `switch ((${e}) & 3) { case 0: ${x} case RED: ${y} break; case 3: { ${x} } break; default: a = 5; }`,
      ),
    tie('statement').map((s) => `{ int b = 2; ${s} g6 += b; }`),
    fc
      .tuple(fc.integer({ min: 0, max: 3 }), tie('statement'))
      .map(([n, s]) => `{ int k = 0; do { if (k == 1) continue; ${s} } while (k++ < ${n}); }`),
    fc
      .tuple(name, tie('statement'), tie('statement'))
      .map(([n, x, y]) => `switch (${n}) { case -1: { ${x} case 1: a++; } break; default: { case 7: ${y} } }`),
    tie('statement').map((s) => `for (int i = 0, j = 3; i < j; i++, j--) { int i = 1; ${s} b += i; }`),
    fc
      .tuple(expression, expression)
      .map(
        ([e, d]) =>
          `{ struct outer l[2] = { [1].in.y = ${e}, [0] = { 5 } }; s = l[1]; t = l[0]; arr[2] = (${d}) + l[1].x; }`,
      ),
    expression.map(
      (e) => `{ int l[2][2] = { 1, ${e}, [1] = { [1] = 4 } }; int *e = l[1]; arr[0] += l[0][1] + e[1] + e[0]; }`,
    ),
    expression.map((e) => `{ struct outer l = s, *o = &l; o->in.y = ${e}; t = *o; }`),
    expression.map((e) => `{ enum colour c = ${e}; enum signs d = ${e}; arr[3] = (c > -1) + 2 * (d > -1); }`),
    fc.constantFrom(
      'q = &arr[a & 3];',
      'q = &g6;',
      'p = &s;',
      'p = &t;',
      'q = &p->in.y;',
      't = s;',
      's = *p;',
      'set(&g7, a);',
      's = moved(t, a);',
      't = moved(moved(s, 1), 2);',
      'p = a ? &s : &t;',
      'a = count(b); b += count(a);',
      'a ? set(&g7, 1) : (void)0;',
      'SWAP(g0, g5);',
      '{ int c = 4, *d = &c, e[2] = { c }; *d += e[0]; a = c; }',
      'for (q = arr; q != arr + 3; q++) arr[0] += *q; q = &g6;',
      'b = (a = 3, a + 1);',
      'goto out;',
      'lab: a ^= 1; if (++rounds < 3) goto lab;',
    ),
  ),
}))

/** Bodies of functions. A label may be there once. */
export const body = fc.array(statement, { minLength: 1, maxLength: 8 }).map((statements) => {
  let labels = 0
  return statements
    .map((s) =>
      s.replaceAll(/lab: ([^;]*;) if \(\+\+rounds < 3\) goto lab;/g, (_, inner: string) => {
        labels += 1
        return `lab${labels}: ${inner} if (++rounds < 3) goto lab${labels};`
      }),
    )
    .join('\n  ')
})

/** What is around them. */
export const PRELUDE = `
enum colour { GREEN, RED, BLUE = 7 };
struct inner { int y; };
struct outer { short x; struct inner in; };
enum signs { MINUS = -1, PLUS };
enum wide { NEGATIVE = -3, HUGE_ONE = 0x1ffffffff };
#define SWAP(x, y) do { __typeof__(x) tmp_ = x; if (x == y) break; x = y; y = tmp_; } while (0)
#define DIV(l, op, r) ((r) == 0 ? 1 : (l) op ((r) == -1 ? 2 : (r)))
`

export const FUNCTIONS = `
static struct outer s, t;
static int arr[4];
static int a, rounds;
static int *q;
static struct outer *p;
static int twice(int x) { if (x > 1000) return 7; x += x; return x; }
static int count(int by) { static int n; if (by == 12345) return n = 0; static const int limit = 50; n += by & 7; if (n > limit) n = 0; return n; }
static struct outer moved(struct outer o, int by) { o.x += by; o.in.y ^= by; return o; }
static void set(u32 *where, int what) { *where = what; }
`

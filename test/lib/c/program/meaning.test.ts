/** What is taken means what C says: each program's assertions hold, or it ends in the fault that C leaves to us. */

import { describe, expect, test } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import { check } from '../../../../impl/lib/kernel/check.ts'
import { programOf } from '../program-of.ts'

const violatedBy = async (text: string): Promise<readonly string[]> => {
  const { machine } = machineOf(await programOf(`#include <lockstep.h>\n${text}\n`), { memory: 'SC' })
  const { properties, complete } = check(machine)
  expect(complete).toBe(true)
  return properties.filter(({ verdict }) => verdict === 'violated').map(({ name }) => name)
}

const thread = (body: string): string => `LOCKSTEP_THREAD(t) { ${body} }`

const STRUCTS = 'struct in { int y, z; }; struct s { short x; struct in in[2]; int last; };'

const RIGHT: readonly (readonly [what: string, text: string])[] = [
  // unions and members without a name
  [
    'one field of a union',
    `union u { int a; long b; }; static union u x; ${thread('x.a = 1; assert(x.a == 1 && sizeof x == 8);')}`,
  ],
  [
    'the first member of a union without a name is initialised',
    `static struct { union { int a; int b; }; int c; } x = { 1, 2 }; ${thread('assert(x.a == 1 && x.c == 2 && sizeof x == 8);')}`,
  ],
  [
    'one struct of a union without a name',
    `static struct { union { struct { int a, b; }; long c; }; } x = { { { 1, 2 } } }; ${thread('assert(x.a == 1 && x.b == 2);')}`,
  ],
  // structs as values
  [
    'a parameter is a copy',
    `${STRUCTS} static struct s g = { 1 }; static int f(struct s v) { v.x++; v.in[1].z = 7; return v.x; } ${thread('assert(f(g) == 2); assert(g.x == 1 && g.in[1].z == 0);')}`,
  ],
  [
    'a result is a copy',
    `${STRUCTS} static struct s f(int n) { struct s r = { n }; return r; } static int sum(struct s a, struct s b) { return 10 * a.x + b.x; } ${thread('assert(sum(f(1), f(2)) == 12); assert(f(3).x == 3);')}`,
  ],
  [
    'a result is what was there when it returned',
    `struct s { int a; }; static struct s g = { 1 }; static struct s take(void) { struct s old = g; g.a = 5; return old; } ${thread('struct s got = take(); assert(got.a == 1 && g.a == 5);')}`,
  ],
  [
    'of a primitive too',
    `struct s { int a, b; }; static struct s g; LOCKSTEP_PRIMITIVE struct s swap(struct s v) { struct s r = { v.b, v.a }; return r; } ${thread('g = swap(swap(swap((struct s){ 1, 2 }))); assert(g.a == 2 && g.b == 1);')}`,
  ],
  [
    'structs with a condition, a statement expression, an assignment',
    `struct s { int a; }; static struct s x = { 1 }, y = { 2 }, z; ${thread('z = x.a == 1 ? y : x; assert(z.a == 2); z = ({ struct s l = { 3 }; l; }); assert(z.a == 3); x = y = z; assert(x.a == 3 && y.a == 3); assert((x.a ? z : y).a == 3);')}`,
  ],
  [
    'a compound literal is a variable',
    `struct s { int a, b; }; static int f(struct s *p) { p->a++; return p->a + p->b; } ${thread('assert(f(&(struct s){ .b = 4 }) == 5); int *q = (int[]){ 1, 2, 3 }; assert(q[2] == 3); assert((struct s){ 7 }.a == 7);')}`,
  ],
  // initialisers
  [
    'braces may be left out',
    `${STRUCTS} static struct s g = { 1, 2, 3, 4, 5, 6 }; ${thread('struct s l = { 1, 2, 3, 4, 5, 6 }; assert(g.in[1].z == 5 && g.last == 6 && l.in[1].z == 5 && l.last == 6);')}`,
  ],
  [
    'what follows a named part goes on behind it',
    `${STRUCTS} static struct s g = { .in[0].z = 2, 3, 4, 5 }; ${thread('struct s l = { .in[0].z = 2, 3, 4, 5 }; assert(g.in[0].y == 0 && g.in[1].y == 3 && g.in[1].z == 4 && g.last == 5); assert(l.in[0].y == 0 && l.in[1].y == 3 && l.in[1].z == 4 && l.last == 5);')}`,
  ],
  [
    'the last value of a part counts',
    `${STRUCTS} static struct s g = { .in = { { 1, 2 } }, .in[0].y = 3, .x = 1, .x = 4 }, h = { .in[0].y = 3, .in = { { .z = 1 } } }; ${thread('assert(g.in[0].y == 3 && g.in[0].z == 2 && g.x == 4 && h.in[0].y == 0 && h.in[0].z == 1);')}`,
  ],
  [
    'the length of an array is that of its list',
    `static int a[] = { 1, [3] = 4, 5 }, b[][2] = { 1, 2, 3 }, c[][2] = { { 1 }, {} }; ${thread('assert(sizeof a == 20 && a[2] == 0 && a[4] == 5 && sizeof b == 16 && b[1][0] == 3 && sizeof c == 16);')}`,
  ],
  [
    'structs within a list of a local',
    `${STRUCTS} ${thread('struct in i = { 1, 2 }; struct s l = { 5, { i, { .z = 3 } } }; assert(l.in[0].z == 2 && l.in[1].y == 0 && l.in[1].z == 3 && l.last == 0);')}`,
  ],
  // integers
  [
    'an enum is unsigned, unless',
    `enum e { A, B }; enum n { M = -1, N }; ${thread('enum e x = -1; enum n y = -1; assert(x > 0 && y < 0 && -1 < A);')}`,
  ],
  [
    'an enum is as wide as its values',
    `enum e { A = 0xffffffff }; enum w { V = 0x1ffffffff, W, X = 1 }; ${thread('assert(A > 0 && sizeof A == 4 && A + 1 == 0 && W == 0x200000000 && sizeof W == 8 && sizeof X == 4 && sizeof(enum w) == 8);')}`,
  ],
  [
    'a case is of the type that is switched on',
    thread(
      'int x = 0; switch (4294967295u) { case -1: x = 1; } switch ((unsigned char)255) { case -1: x = 2; } assert(x == 1);',
    ),
  ],
  [
    'a case and a label in what a constant leaves out',
    thread(
      'int x = 1; switch (x) { if (0) { case 1: x = 2; } } assert(x == 2); goto in; if (0) { in: x = 3; } assert(x == 3);',
    ),
  ],
  [
    'a switch falls into a block',
    thread(
      'int x = 1, y = 0; switch (x) { case 0: y = 9; { case 1: y++; while (y < 3) { default: y++; } } } assert(y == 3);',
    ),
  ],
  [
    'values of arguments come before the call',
    `static int f(int x) { return x; } ${thread('int i = 0; i = f(i++); assert(i == 0); i = (i++, i + 5); assert(i == 6);')}`,
  ],
  [
    'both arms are void',
    `static int x; static void f(void) { x = 1; } static void g(void) { x = 2; } ${thread('x ? f() : g(); assert(x == 2); x == 2 ? f() : (void)0; assert(x == 1);')}`,
  ],
  // names
  [
    'a static of a primitive is there once',
    `LOCKSTEP_PRIMITIVE int p(void) { static int n; return ++n; } ${thread('p(); assert(p() == 2);')}`,
  ],
  [
    'extern in a block is the variable of the file',
    `static int x = 3; ${thread('int x = 1; { extern int x; assert(x == 3); } assert(x == 1);')}`,
  ],
  [
    'names that shadow, in blocks and loops',
    `static int i = 5; ${thread('for (int i = 0; i < 2; i++) { int i = 7; i++; } assert(i == 5); { int i = i = 1; } do { int i = 3; if (i) continue; } while (i++ < 5); assert(i == 6);')}`,
  ],
]

const FAULTY: readonly (readonly [what: string, fault: string, text: string])[] = [
  [
    'a function that ends without a value',
    'Uninitialised',
    `static int f(int a) { if (a) return 1; } ${thread('int x = f(1); x = f(0); assert(x == 1);')}`,
  ],
  [
    'a local of a loop that begins with what it was a turn ago',
    'Uninitialised',
    thread('for (int i = 0; i < 2; i++) { int r = i ? r : 5; assert(r == 5); }'),
  ],
  ['INT_MIN / -1', 'Arithmetic', thread('int m = -2147483647 - 1; m = m / -1;')],
  ['a division by a constant 0', 'Arithmetic', thread('int m = 1 / 0;')],
  ['a negative constant index', 'OutOfBounds', `static int a[2]; ${thread('a[-1] = 1;')}`],
  [
    'an address in an int, by way of a long',
    'WrongPointer',
    `static int v; ${thread('int p = (int)(long)&v; v = p;')}`,
  ],
  [
    'an int as an unsigned, by way of void *',
    'WrongPointer',
    `static int v; ${thread('void *p = &v; unsigned *q = p; *q = 4000000000u;')}`,
  ],
  [
    'a struct compared with its first field',
    'WrongPointer',
    `struct s { int a; }; static struct s v; ${thread('assert((void *)&v == (void *)&v.a);')}`,
  ],
]

describe('C that is taken', () => {
  test.each(RIGHT)('%s', async (_, text) => {
    expect(await violatedBy(text)).toEqual([])
  })

  test.each(FAULTY)('%s: %s', async (_, fault, text) => {
    expect(await violatedBy(text)).toEqual([fault])
  })

  test('volatile accesses do not race, plain ones do', async () => {
    const both = (body: string): string => `LOCKSTEP_THREAD(a) { ${body} } LOCKSTEP_THREAD(b) { ${body} }`
    expect(await violatedBy(`static volatile int x; ${both('x = 1;')}`)).toEqual([])
    expect(await violatedBy(`static struct { volatile int x[2]; } s; ${both('s.x[1]++;')}`)).toEqual([])
    expect(await violatedBy(`static int x; ${both('*(volatile int *)&x = 1;')}`)).toEqual([])
    expect(await violatedBy(`static int x; ${both('x = 1;')}`)).toEqual(['DataRace'])
  })
})

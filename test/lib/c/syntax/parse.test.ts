import { describe, expect, it } from 'vitest'
import { bodyOf, linesOf } from './reading.ts'

describe('declarations', () => {
  it.each([
    ['int x;', ['x: int;']],
    ['unsigned long int a = 1UL, *b = &a;', ['a: unsigned long = 1ul;', 'b: pointer(unsigned long) = (&a);']],
    ['long unsigned const static x;', ['static x: unsigned long;']],
    [
      'signed char c; char d; _Bool e; short int f; long long int g; unsigned h;',
      ['c: signed char;', 'd: char;', 'e: _Bool;', 'f: short;', 'g: long long;', 'h: unsigned int;'],
    ],
    [
      'extern int x; volatile int y; int *volatile z;',
      ['extern x: int;', 'y: volatile int;', 'z: volatile pointer(int);'],
    ],
    [
      'int a[2][3], *b[4], (*c)[5];',
      ['a: array(array(int, 3), 2);', 'b: array(pointer(int), 4);', 'c: pointer(array(int, 5));'],
    ],
    ['int a[] = { 1, [3] = 4, };', ['a: array(int, ) = {1, [3] = 4};']],
    [
      'struct s { int a; struct { int b, c : 3; }; int : 2; union { int d; } e; };',
      ['struct s {a: int, _: struct {b: int, c: int bits 3}, _: int bits 2, e: union {d: int}};'],
    ],
    [
      'struct s { int a; } x = { .a = 1 }, y[2] = { { 1 }, [1].a = 2, [0] = { .a = 3 } };',
      ['x: struct s {a: int} = {.a = 1};', 'y: array(struct s {a: int}, 2) = {{1}, [1].a = 2, [0] = {.a = 3}};'],
    ],
    ['struct s;', ['struct s;']],
    ['enum e { A, B = A + 2, C, }; enum e x;', ['enum e {A, B = (A + 2), C};', 'x: enum e;']],
    [
      'typedef struct { int counter; } atomic_t, *ap;',
      ['typedef atomic_t = struct {counter: int};', 'typedef ap = pointer(struct {counter: int});'],
    ],
    [
      'typedef int (*fn)(int a, void *); fn g;',
      ['typedef fn = pointer(function(a: int, _: pointer(void)) int);', 'g: fn;'],
    ],
    ['typedef void worker(int); worker w;', ['typedef worker = function(_: int) void;', 'w: worker;']],
    [
      'int f(void); int g(); static inline int *h(int a, char b[]) { return 0; }',
      ['f(): int;', 'g(): int;', 'static h(a: int, b: array(char, )): pointer(int) {return 0;}'],
    ],
    ['int (*f(int a))(long);', ['f(a: int): pointer(function(_: long) int);']],
    [
      '__attribute__((annotate("lockstep " "thread"), noinline)) static void t(void) { }',
      ['[lockstep thread] static t(): void {}'],
    ],
    [
      'struct __attribute__((packed)) s { int a __attribute__((aligned(8))); } __attribute__((unused)) x;',
      ['x: struct s {a: int};'],
    ],
    [
      'static void f(int x __attribute__((unused))) __attribute__((noinline)); _Noreturn void g(void);',
      ['static f(x: int): void;', 'g(): void;'],
    ],
    ['P0(int *x, atomic_t *y) { }', ['P0(x: pointer(int), y: pointer(atomic_t)): void {}']],
    [';; int x;', ['x: int;']],
    ['int f(void) { } int g(void) { }', ['f(): int {}', 'g(): int {}']],
    ['int x = ({ 1; }); struct s { int a; } f(void) { }', ['x: int = ({1;});', 'f(): struct s {a: int} {}']],
    ['__extension__ typedef int t; extern __inline__ __const t f(void);', ['typedef t = int;', 'f(): t;']],
    ['char *s = "a\\n" "b\\x41\\101";', ['s: pointer(char) = "a\\nbAA";']],
  ])('%s', (text, lines) => {
    expect(
      linesOf(text.includes('atomic_t *') ? `typedef int atomic_t; ${text}` : text).slice(
        text.includes('atomic_t *') ? 1 : 0,
      ),
    ).toEqual(lines)
  })
})

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3 - 4;', '((1 + (2 * 3)) - 4);'],
    ['a = b = c += 1;', '(a = (b = (c += 1)));'],
    ['a <<= 1, b >>= 2, c ^= 3, d |= 4, e &= 5;', '((a <<= 1), ((b >>= 2), ((c ^= 3), ((d |= 4), (e &= 5)))));'],
    [
      'a || b && c | d ^ e & f == g < h << i + j % k;',
      '(a || (b && (c | (d ^ (e & (f == (g < (h << (i + (j % k))))))))));',
    ],
    ['a ? b : c ? d, e : f;', '(a ? b : (c ? (d, e) : f));'],
    ['a ?: b;', '(a ?  : b);'],
    ['-a + !b - ~c + +d;', '((((-a) + (!b)) - (~c)) + (+d));'],
    ['*p++ + ++*p - (*p)--;', '(((*(p++)) + (++(*p))) - ((*p)--));'],
    ['&a[1].b->c;', '(&a[1].b->c);'],
    ['&*p, **q, - -a, !!a;', '((&(*p)), ((*(*q)), ((-(-a)), (!(!a)))));'],
    ['f(), g(1, h(2))(3);', '(f(), g(1, h(2))(3));'],
    [
      '(void)a; (unsigned long)b + 1; (struct s *)p; (char)c;',
      '<void>a; (<unsigned long>b + 1); <pointer(struct s)>p; <char>c;',
    ],
    ['(int (*)(int))p;', '<pointer(function(_: int) int)>p;'],
    [
      'sizeof(int) + sizeof(struct s *) + sizeof a + sizeof(a) + sizeof(int[3]);',
      '((((sizeof<int> + sizeof<pointer(struct s)>) + sizeof(a)) + sizeof(a)) + sizeof<array(int, 3)>);',
    ],
    ['sizeof(int) * a;', '(sizeof<int> * a);'],
    ['(struct s){ .a = 1, 2 }.a;', '<struct s>{.a = 1, 2}.a;'],
    ['f(&(struct s){ 0 });', 'f((&<struct s>{0}));'],
    ['({ int a = 1; a; }) + 1;', '(({a: int = 1; a;}) + 1);'],
    ["'a' + '\\n' + '\\0' + '\\'' + '\\x7f' + '\\377';", "((((('97' + '10') + '0') + '39') + '127') + '-1');"],
    ['0x1F + 017 + 0b101 + 10UL + 3llu + 0;', '(((((31 + 15) + 5) + 10ul) + 3ull) + 0);'],
    ['18446744073709551615u;', '18446744073709551615u;'],
    ['"a\\"b" "c";', '"a\\"bc";'],
    ['NULL; true; offsetof(a, b); bool2;', 'NULL; true; offsetof(a, b); bool2;'],
    ['a . b; a -> b;', 'a.b; a->b;'],
    ['p + 0 == &a [ 1 ];', '((p + 0) == (&a[1]));'],
  ])('%s', (text, tree) => {
    expect(bodyOf(text)).toBe(tree)
  })
})

describe('statements', () => {
  it.each([
    ['if (a) b; else if (c) d; else e;', 'if a b; else if c d; else e;'],
    ['if (a) if (b) c; else d;', 'if a if b c; else d;'],
    ['while (a) { b; continue; } do c; while (d);', 'while a {b; continue;} do c; while d;'],
    [
      'for (;;) break; for (int i = 0, j = 1; i < j; i++, j--) ; for (a = 0; ; ) { }',
      'for (; ; ) break; for (i: int = 0; j: int = 1; (i < j); ((i++), (j--))) ; for ((a = 0); ; ) {}',
    ],
    ['switch (a) { case 1: case 2: b; break; default: c; }', 'switch a {case 1: case 2: b; break; default: c;}'],
    ['switch (a) { case A + 1: { b; } int c = 1; d; }', 'switch a {case (A + 1): {b;} c: int = 1; d;}'],
    ['again: a; goto again; out: ; end: }  void g(void) { x: y: z; w:', ''],
    ['if (a) out: b;', 'if a {out: b;}'],
    ['return; return a, b;', 'return; return (a, b);'],
    [
      'int a, *b = &a; static int c; extern int d; struct s { int x; } e; enum { Q }; typedef int t; t f;',
      'a: int; b: pointer(int) = (&a); static c: int; extern d: int; e: struct s {x: int}; enum _ {Q}; typedef t = int; f: t;',
    ],
    ['; {} {;}', '; {} {;}'],
    ['int f2(int a); int (*g)(int) = f2;', 'f2(a: int): int; g: pointer(function(_: int) int) = f2;'],
    ['a; { b; { c; } }', 'a; {b; {c;}}'],
  ])('%s', (text, tree) => {
    if (tree === '')
      expect(linesOf(`void f(void) { ${text} }`)).toEqual([
        'f(): void {again: a; goto again; out: ; end:}',
        'g(): void {x: y: z; w:}',
      ])
    else expect(bodyOf(text)).toBe(tree)
  })
})

describe('names of types', () => {
  it.each([
    // by what is known the same words mean two things
    ['a * b;', '', '(a * b);'],
    ['a * b;', 'typedef int a;', 'b: pointer(a);'],
    ['(a)(b);', '', 'a(b);'],
    ['(a)(b);', 'typedef int a;', '<a>b;'],
    ['(a) * b; (a) & b; (a) - b; (a) + b;', '', '(a * b); (a & b); (a - b); (a + b);'],
    ['(a) * b; (a) & b; (a) - b; (a) + b;', 'typedef int a;', '<a>(*b); <a>(&b); <a>(-b); <a>(+b);'],
    ['sizeof(a); sizeof(a) * b; sizeof(a *);', 'typedef int a;', 'sizeof<a>; (sizeof<a> * b); sizeof<pointer(a)>;'],
    ['sizeof(a); sizeof(a) * b;', '', 'sizeof(a); (sizeof(a) * b);'],
    ['(a[1]) * b; (a(c)) - b; ((a)) * b;', '', '(a[1] * b); (a(c) - b); (a * b);'],
    ['a(b); a[b]; a(b)(c); a(b)[c];', '', 'a(b); a[b]; a(b)(c); a(b)[c];'],
    ['a(*b); a(&b); a((b)); a((b) * c);', '', 'a((*b)); a((&b)); a(b); a((b * c));'],
    [
      'if (x) a * b; else a * b; do a * b; while (0); l: a * b; { a * b; }',
      '',
      'if x (a * b); else (a * b); do (a * b); while 0; l: (a * b); {(a * b);}',
    ],
    ['for (a * b; (a) * b; (a) * b) ;', '', 'for ((a * b); (a * b); (a * b)) ;'],
    ['for (a *b = 0; ; ) ;', 'typedef int a;', 'for (b: pointer(a) = 0; ; ) ;'],
    ['return (a) * b;', '', 'return (a * b);'],
    ['x = (a) * b + c[(a) * b];', '', '(x = ((a * b) + c[(a * b)]));'],
    // hidden by what is declared within
    ['int a = 1; a * a; (a)(a);', 'typedef int a;', 'a: int = 1; (a * a); a(a);'],
    ['{ int a = 1; a * b; } a * b;', 'typedef int a;', '{a: int = 1; (a * b);} b: pointer(a);'],
    [
      'struct s { a a; a *b; } x; x.a; x.b->a; a c;',
      'typedef int a;',
      'x: struct s {a: a, b: pointer(a)}; x.a; x.b->a; c: a;',
    ],
    ['a *p, *a; a * p;', 'typedef int a;', 'p: pointer(a); a: pointer(a); (a * p);'],
    ['int x, a; a * x;', 'typedef int a;', 'x: int; a: int; (a * x);'],
    ['struct a y; enum a z; goto a; a: ; a x;', 'typedef int a;', 'y: struct a; z: enum a; goto a; a: ; x: a;'],
    [
      'const a x; a const *y; static a z; unsigned a;',
      'typedef int a;',
      'x: a; y: pointer(a); static z: a; a: unsigned int;',
    ],
    [
      '(const a *)p; (a *)p; (a **)&p; f((a *)p, (a)x);',
      'typedef int a;',
      '<pointer(a)>p; <pointer(a)>p; <pointer(pointer(a))>(&p); f(<pointer(a)>p, <a>x);',
    ],
    [
      '(a){ 1 }; (a[]){ 1, 2 }; (a *[2]){ 0 };',
      'typedef int a;',
      '<a>{1}; <array(a, )>{1, 2}; <array(pointer(a), 2)>{0};',
    ],
    [
      'typedef int l; l * x; { typedef long *m, n[2]; m y; n z; } m * n;',
      '',
      'typedef l = int; x: pointer(l); {typedef m = pointer(long); typedef n = array(long, 2); y: m; z: n;} (m * n);',
    ],
    [
      'u64 x = (u64)1; size_t *n; bool b; (bool)x; (s32)(x);',
      '',
      'x: u64 = <u64>1; n: pointer(size_t); b: bool; <bool>x; <s32>x;',
    ],
    ['int u8 = 1; u8 * 2;', '', 'u8: int = 1; (u8 * 2);'],
    [
      'typeof(x) y; typeof(*x) *z; __typeof__(int *) w; (typeof(x))v; sizeof(typeof(x));',
      '',
      'y: typeof(x); z: pointer(typeof((*x))); w: pointer(int); <typeof(x)>v; sizeof<typeof(x)>;',
    ],
    ['typeof(a) y; typeof(typeof(x)) z;', 'typedef int a;', 'y: a; z: typeof(x);'],
  ])('%s after "%s"', (text, before, tree) => {
    expect(bodyOf(text, before)).toBe(tree)
  })

  it.each([
    ['typedef int a; int f(a a) { return (a) * a; }', 'f(a: a): int {return (a * a);}'],
    ['typedef int a; int f(a, int); ', 'f(_: a, _: int): int;'],
    ['typedef int a; int f(int a, int b) { a * b; } a g(a *p) { a * b; }', 'g(p: pointer(a)): a {b: pointer(a);}'],
    ['typedef int a; typedef int a; a x;', 'x: a;'],
    ['typedef struct a a; struct a { a *next; } ; a x;', 'x: a;'],
    ['typedef int a; enum { b = (a)1, c = (b) - 1 };', 'enum _ {b = <a>1, c = (b - 1)};'],
    ['int b; int x[(b) * 2], y = (b) * 2, z[] = { (b) * 2, (b)(2) };', 'z: array(int, ) = {(b * 2), b(2)};'],
    ['typedef int a; int x[sizeof(a) * 2] = { [(a)1] = (a)2 };', 'x: array(int, (sizeof<a> * 2)) = {[<a>1] = <a>2};'],
    [
      'typedef int a; struct s { a b : 3; a : 2; a *c, d[(2) * 3]; int (*e)(a, a *); };',
      'struct s {b: a bits 3, _: a bits 2, c: pointer(a), d: array(a, (2 * 3)), e: pointer(function(_: a, _: pointer(a)) int)};',
    ],
  ])('at file scope: %s', (text, last) => {
    expect(linesOf(text).at(-1)).toBe(last)
  })
})

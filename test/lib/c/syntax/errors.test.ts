import { describe, expect, it } from 'vitest'
import { linesOf, problemOf, read } from './reading.ts'

describe('C that is refused', () => {
  it.each([
    // brackets
    [
      'int f(void) {\n  if (a) {\n}\n',
      1,
      13,
      'c-syntax',
      /^'\{' is not closed: the file ends where '\}' was expected$/,
    ],
    ['int f(void) { g(a; }', 1, 18, 'c-syntax', /^'\)' is missing before ';': '\(' of line 1, column 16 is open$/],
    ['int f(void) { g(a }', 1, 19, 'c-syntax', /^'\}' where '\)' was expected: '\(' of line 1, column 16 is open$/],
    ['int f(void) { } }', 1, 17, 'c-syntax', /^'\}' where no bracket is open$/],
    ['int a[2;', 1, 8, 'c-syntax', /^'\]' is missing before ';'/],
    // semicolons
    ['int x', 1, 5, 'c-syntax', /^The file ends where ';' was expected behind 'x'$/],
    ['int f(void)\n{\n  int x = 1\n  int y;\n}', 4, 3, 'c-syntax', /^'int' where ';' was expected behind '1'$/],
    ['int f(void)\n{\n  a = 1\n  b = 2;\n}', 4, 3, 'c-syntax', /^'b' .*behind '1'$/],
    ['int f(void)\n{\n  return 1\n}', 4, 1, 'c-syntax', /^'\}' where ';' was expected behind '1'$/],
    ['struct s { int a };', 1, 18, 'c-syntax', /^'\}' where ';' was expected behind 'a'$/],
    // what stands in a wrong place
    ['int f(void) { a = ; }', 1, 19, 'c-syntax', /^';' was not expected here behind '='$/],
    ['int f(void) { a + * b +; }', 1, 24, 'c-syntax', /^';' .*behind '\+'$/],
    ['int f(void) { else x; }', 1, 15, 'c-syntax', /^'else' was not expected here behind '\{'$/],
    ['int f(void) { 1 = 2; }', 1, 17, 'c-syntax', /^'=' was not expected here behind '1'$/],
    ['int f(void) { if a; }', 1, 18, 'c-syntax', /^'a' .*behind 'if'$/],
    ['int f(void) { g(a, ); }', 1, 20, 'c-syntax', /^'\)' .*behind ','$/],
    ['int f(void) { g(int); }', 1, 17, 'c-syntax', /^'int' .*behind '\('$/],
    ['int 3x;', 1, 5, 'c-syntax', /^'3x' /],
    ['x = 1;', 1, 1, 'c-syntax', /^'x' where a declaration was expected; statements stand in functions$/],
    ['module_init(x);', 1, 1, 'c-syntax', /^'module_init' where a declaration was expected/],
    ['if (x) { }', 1, 1, 'c-syntax', /^'if' where a declaration was expected$/],
    ['int;', 1, 1, 'c-syntax', /declares nothing/],
    ['{ }', 1, 1, 'c-syntax', /^'\{' where a declaration was expected$/],
    ['int f(void) { int; }', 1, 15, 'c-syntax', /declares nothing/],
    ['f(int a) { }', 1, 1, 'c-syntax', /^The function f has no type$/],
    ['int f { }', 1, 9, 'c-syntax', /^The file ends where ';' was expected behind '\}'$/],
    ['int f { } int x;', 1, 7, 'c-syntax', /^'\{' where ';' was expected$/],
    ['int if; ', 1, 5, 'c-syntax', /^'if' was not expected here behind 'int'$/],
    ['int x = sizeof;', 1, 15, 'c-syntax', /^';' /],
    ['int x = while;', 1, 9, 'c-syntax', /^'while' was not expected here behind '='$/],
    ['struct int x;', 1, 8, 'c-syntax', /^'int' was not expected here behind 'struct'$/],
    ['int f(void) { x.int = 1; }', 1, 17, 'c-syntax', /^'int' was not expected here behind '\.'$/],
    ['enum { if };', 1, 8, 'c-syntax', /^'if' was not expected here behind '\{'$/],
    ['int f(void) { goto int; }', 1, 20, 'c-syntax', /^'int' was not expected here behind 'goto'$/],
    ['long char x;', 1, 1, 'c-syntax', /^'long char' is no type of C$/],
    // tokens
    ['int x = @;', 1, 9, 'c-syntax', /^'@' is no token of C$/],
    ['int x = `;', 1, 9, 'c-syntax', /^'`' is no token of C$/],
    ['char *s = "abc;\n', 1, 11, 'c-syntax', /^'"' is a quote that is not closed on its line$/],
    ["char s = 'a;\n", 1, 10, 'c-syntax', /^''' is a quote that is not closed on its line$/],
    ['int x = 1 # 2;', 1, 11, 'c-syntax', /^'#' outside of a directive$/],
    ['int x = 09;', 1, 9, 'c-syntax', /^'09' is no number of C$/],
    ['int x = 1lul;', 1, 9, 'c-syntax', /^'1lul' is no number of C$/],
    ['int x = 18446744073709551616;', 1, 9, 'c-syntax', /does not fit into 64 bits/],
    ["int x = '\\q';", 1, 9, 'c-syntax', /has an escape that C does not have/],
    ["int x = 'ab';", 1, 9, 'c-unsupported', /not one character/],
    ["int x = L'a';", 1, 9, 'c-unsupported', /wide/],
    ['\u202eint x;', 1, 1, 'c-syntax', /^'\\u202e' is no token of C$/],
    // types
    ['foo_t x;', 1, 1, 'c-syntax', /^There is no type foo_t$/],
    ['int f(void) { foo_t x; }', 1, 15, 'c-syntax', /^There is no type foo_t$/],
    ['int f(foo_t *x);', 1, 7, 'c-syntax', /^There is no type foo_t$/],
    // what tree-sitter takes for macros
    ['int f(void) b { }', 1, 13, 'c-syntax', /^'b' was not expected here behind '\)'$/],
    ['int f(void) return { }', 1, 13, 'c-syntax', /^'return' was not expected here behind '\)'$/],
    ['int f(void) g(1) { }', 1, 13, 'c-syntax', /^'g' was not expected here behind '\)'$/],
    ['__attribute__(packed) int x;', 1, 15, 'c-syntax', /^'packed' where '\(' was expected/],
    // what is C and not taken
    ['int f(a) int a; { }', 1, 10, 'c-unsupported', /^A type behind the names of parameters/],
    ['double x;', 1, 1, 'c-unsupported', /^'double' is a floating type/],
    ['int x = 1.5;', 1, 9, 'c-unsupported', /^'1.5' is a floating constant/],
    ['int x = 1e3f;', 1, 9, 'c-unsupported', /^'1e3f' is a floating constant/],
    ['int x = 0x1p3;', 1, 9, 'c-unsupported', /^'0x1p3' is a floating constant/],
    ['int f(void) { asm volatile("nop"); }', 1, 15, 'c-unsupported', /^'asm' is inline assembly/],
    ['int f(void) { __asm__ ("nop" ::: "memory"); }', 1, 15, 'c-unsupported', /^'__asm__' is inline assembly/],
    ['int x = _Generic(1, int: 2);', 1, 9, 'c-unsupported', /^'_Generic' is a choice by type/],
    ['_Atomic int x;', 1, 1, 'c-unsupported', /^'_Atomic'/],
    ['_Static_assert(1, "a");', 1, 1, 'c-unsupported', /^'_Static_assert'/],
    ['int f(int a, ...);', 1, 14, 'c-unsupported', /variable arguments/],
    ['int f(void) { switch (a) { case 1 ... 3: ; } }', 1, 35, 'c-unsupported', /^A range of cases/],
    ['int a[] = { [0 ... 3] = 1 };', 1, 13, 'c-unsupported', /^A range of indices/],
    ['int f(void) { if (a) case 1: b; }', 1, 22, 'c-unsupported', /^A case that is no statement of a block/],
    ['int f(void) { goto *p; }', 1, 20, 'c-syntax', /^'\*' /],
    ['int f(void) { p = &&l; l: ; }', 1, 19, 'c-unsupported', /^The address of a label/],
    ['int f(void) { int g(void) { } }', 1, 15, 'c-unsupported', /^A function within a function/],
    ['int f(int a[*]);', 1, 11, 'c-unsupported', /^An array of a length that is not said/],
    ['int f(void) { return _Alignof(int); }', 1, 22, 'c-unsupported', /^'_Alignof'/],
  ])('%j', (text, line, column, code, message) => {
    const problem = problemOf(text)
    expect([problem.message, problem.file, problem.line, problem.column, problem.code]).toEqual([
      problem.message,
      'a.c',
      line,
      column,
      code,
    ])
    expect(problem.message).toMatch(message)
    expect(problem.hint).toMatch(/[.?]$/)
  })

  it('tells where a macro is used that is wrong, and that it is the macro', () => {
    const problem = problemOf('#define BAD(x) x +\n\nint f(void)\n{\n  y = BAD(1);\n}')
    expect(problem).toMatchObject({ line: 5, column: 13, message: "';' was not expected here behind '+'" })
    expect(problemOf('#define BAD(x) = x\nint f(void)\n{\n  y BAD(+) ;\n}')).toMatchObject({ line: 4, column: 12 })
    const { line, column, message } = problemOf('#define BAD(x) = * ] x\nint f(void)\n{\n  y BAD(1);\n}')
    expect([line, column]).toEqual([4, 5])
    expect(message).toMatch(/^'\]' where .*, in what the macro BAD stands for$/)
  })

  it('names types that are near, and the place in the whole file of a part', () => {
    const problem = problemOf('typedef int spinlock_t;\nspinlok_t x;', {}, { firstLine: 10, firstColumn: 5 })
    expect(problem).toMatchObject({ line: 11, column: 1, hint: 'Did you mean spinlock_t?' })
    expect(problemOf('foo x;', {}, { firstLine: 10, firstColumn: 5 })).toMatchObject({ line: 10, column: 5 })
  })
})

describe('depth and size', () => {
  const value = (expression: string): string => `int f(void) { x = ${expression}; }`

  it.each([
    ['parentheses', value(`${'('.repeat(30_000)}1${')'.repeat(30_000)}`)],
    ['braces', `int f(void) ${'{'.repeat(30_000)}${'}'.repeat(30_000)}`],
    ['brackets', value(`a${'['.repeat(30_000)}${']'.repeat(30_000)}`)],
    ['unary operators', value(`${'! '.repeat(30_000)}1`)],
    ['pointers', `int ${'*'.repeat(30_000)}x;`],
    ['sums', value(`${'1 + '.repeat(30_000)}1`)],
    ['conditions', value(`${'a ? b : '.repeat(20_000)}1`)],
    ['assignments', value(`${'a = '.repeat(20_000)}1`)],
    ['casts', value(`${'(int)'.repeat(20_000)}1`)],
    ['fields', value(`a${'.a'.repeat(30_000)}`)],
    ['calls', value(`a${'()'.repeat(30_000)}`)],
    ['else if', `int f(void) { ${'if (a) b; else '.repeat(20_000)}; }`],
    ['labels', `int f(void) { ${'a: '.repeat(20_000)}; }`],
    ['statements', `int f(void) { ${'while (1) '.repeat(20_000)}; }`],
    ['arrays', `int a${'[1]'.repeat(20_000)};`],
    ['typeof', `${'typeof('.repeat(20_000)}int${')'.repeat(20_000)} x;`],
    ['commas', value(`(${'a, '.repeat(20_000)}1)`)],
  ])('refuses %s beyond what a person writes', (_, text) => {
    expect(problemOf(text)).toMatchObject({ code: 'c-too-large', line: 1 })
  })

  it('takes what is long and not deep', () => {
    expect(linesOf(`int a[] = { ${'1, '.repeat(10_000)} };`)).toHaveLength(1)
    expect(linesOf(`int f(void) { ${'g(a, b); '.repeat(5_000)} }`)).toHaveLength(1)
    expect(linesOf('int x;\n'.repeat(5_000))).toHaveLength(5_000)
    expect(linesOf(`enum e { ${Array.from({ length: 5_000 }, (_, i) => `E${i}`).join(', ')} };`)).toHaveLength(1)
  })

  it('takes chains that are as deep as a person writes', () => {
    expect(linesOf(value(`${'1 + '.repeat(300)}1`))).toHaveLength(1)
    expect(linesOf(value(`${'('.repeat(150)}1${')'.repeat(150)}`))).toHaveLength(1)
    expect(linesOf(`int f(void) { ${'if (a) b; else '.repeat(100)}; }`)).toHaveLength(1)
  })
})

describe('headers that all programs include', () => {
  const headers = {
    'a.h':
      '#pragma once\n#include "b.h"\ntypedef struct { int v; } lock_t;\n#define LOCK(x) lock(&(x))\nstatic inline void lock(lock_t *l) { l->v = __COUNTER__; }\n',
    'b.h': '#ifdef WIDE\ntypedef long word;\n#else\ntypedef int word;\n#endif\n',
  }
  const text = '#include <a.h>\nlock_t l; word w; int c = __COUNTER__; void f(void) { LOCK(l); word * p; }'

  it('are read once: their trees are the same ones', () => {
    const [first, second] = [read(text, { headers }), read(text, { headers })]
    expect(first.length).toBe(7)
    for (let i = 0; i < 3; i++) expect(second[i]).toBe(first[i])
    expect(second[3]).not.toBe(first[3])
    expect(linesOf(text, { headers })).toEqual([
      'typedef word = int;',
      'typedef lock_t = struct {v: int};',
      'static lock(l: pointer(lock_t)): void {(l->v = 0);}',
      'l: lock_t;',
      'w: word;',
      'c: int = 1;',
      'f(): void {lock((&l)); p: pointer(word);}',
    ])
  })

  it('are read again where they, what they include or what is defined before is something else', () => {
    expect(linesOf(text, { headers, defines: { WIDE: '1' } })[0]).toBe('typedef word = long;')
    expect(linesOf(`#define WIDE\n${text}`, { headers })[0]).toBe('typedef word = long;')
    expect(linesOf(`int before;\n${text}`, { headers }).slice(0, 2)).toEqual(['before: int;', 'typedef word = int;'])
    expect(linesOf(text, { headers: { ...headers, 'b.h': 'typedef short word;' } })[0]).toBe('typedef word = short;')
    expect(linesOf(text, { headers: { ...headers, 'a.h': `${headers['a.h']}int more;` } })).toContain('more: int;')
    expect(linesOf(text, { headers })[0]).toBe('typedef word = int;')
  })

  it('may begin in the middle of a declaration', () => {
    const items = { 'items.h': '1, 2,\n' }
    expect(linesOf('int a[] = {\n#include "items.h"\n};\nint b;', { headers: items })).toEqual([
      'a: array(int, ) = {1, 2};',
      'b: int;',
    ])
    expect(linesOf('int a[] = {\n#include "items.h"\n};\nint b;', { headers: items })).toHaveLength(2)
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Around } from './reading.ts'
import { problemOf, tokensOf } from './reading.ts'
import { lex } from '../../../../impl/lib/c/syntax/lex.ts'
import { SourceText } from '../../../../impl/lib/c/syntax/text.ts'

const words = (text: string, around: Around = {}): string =>
  tokensOf(text, around)
    .map((t) => t.text)
    .join(' ')

/** Programs for the preprocessor, and what is left of each. */
const PROGRAMS: Readonly<Record<string, string>> = {
  objects: '#define A 1\n#define B A + C\n#define C (A)\nA B C D /* A */ // A\n"A" \'A\' A1 1A\n#undef A\nA B\n',
  functions:
    '#define F(a, b) a-b b\n#define G() g\n#define H(x) [x]\nF(1, 2) F((1, 2), [3]) G() G ( ) H() H(H(1)) F\nF (\n1,\n2) F(,)\n',
  strings:
    '#define S(x) #x\n#define T(x) S(x)\n#define N 3\nS( a  b /* c */ "d\\n" \'\\0\' + N ) T(N) S() S(@) T(S(N)) S(a\n  b) S("\\\\" L\'"\')\n',
  pasting:
    '#define P(a, b) a ## b\n#define Q(a) P(a, a) x##a##y a##1\n#define E(a, b, c) [a##b##c]\nP(x, y) P(1, 2) P(, z) P(z,) P(,) P(<, <) P(-, >) Q(w) E(,,) E(a,,) E(,b,) E(,,c) E(a,,c) P(a b, c d)\n',
  chain:
    '#define A B\n#define B C\n#define C A\n#define f(x) f(x + f)\n#define g f\nA B C f(1) f(f(2)) g(3) f f\n(4)\n',
  tails:
    '#define f(a) a*g\n#define g(a) f(a)\nf(2)(9) f(1)(2)(3)\n#define NIL(x) x\n#define h NIL(h_) h\n#define t(x, y, z) x ## y ## z\nNIL(f)(5) NIL(NIL)(NIL)(6) h\n#define LP (\n#define q() 7\nq LP ) q ()\n',
  standard:
    '#define x 3\n#define f(a) f(x * (a))\n#undef x\n#define x 2\n#define g f\n#define z z[0]\n#define h g(~\n#define m(a) a(w)\n#define w 0,1\n#define t(a) a\n#define p() int\n#define q(x) x\n#define r(x,y) x ## y\n#define str(x) # x\nf(y+1) + f(f(z)) % t(t(g)(0) + t)(1);\ng(x+(3,4)-w) | h 5) & m\n(f)^m(m);\np() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };\nchar c[2][6] = { str(hello), str() };\n',
  standard2:
    '#define str(s) # s\n#define xstr(s) str(s)\n#define debug(s, t) printf("x" # s "= %d, x" # t "= %s", \\\n  x ## s, x ## t)\n#define INCFILE(n) vers ## n\n#define glue(a, b) a ## b\n#define xglue(a, b) glue(a, b)\n#define HIGHLOW "hello"\n#define LOW LOW ", world"\ndebug(1, 2);\nfputs(str(strncmp("abc\\0d", "abc", \'\\4\') == 0) str(: @\\n), s);\nxstr(INCFILE(2).h)\nglue(HIGH, LOW);\nxglue(HIGH, LOW)\n',
  standard3:
    '#define t(x,y,z) x ## y ## z\nint j[] = { t(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), t(,,12), t(,,) };\n',
  standard4:
    '#define hash_hash # ## #\n#define mkstr(a) # a\n#define in_between(a) mkstr(a)\n#define join(c, d) in_between(c hash_hash d)\nchar p[] = join(x, y);\n',
  variadic:
    '#define V(...) [__VA_ARGS__]\n#define W(a, ...) a: __VA_ARGS__;\n#define X(f, ...) p(f, ##__VA_ARGS__)\n#define Y(f, rest...) p(f, ## rest)\n#define Z(...) s(#__VA_ARGS__)\n#define ONLY(...) o(0, ##__VA_ARGS__)\nV() V(1) V(1, 2, (3, 4)) W(1, 2, 3) W(1,) X(1) X(1,) X(1, 2, 3) Y(1) Y(1, 2) Z(a, b  ,c) ONLY() ONLY(1) X(V(1), V(2))\n',
  conditions:
    "#define A 1\n#define B\n#if A == 1 && defined(B) && !defined C\n1\n#elif 1\n2\n#else\n3\n#endif\n#ifdef B\n4\n#ifndef A\n5\n#else\n6\n#endif\n#endif\n#if 0\n#if 1\n7\n#else\n8\n#endif\n#bogus '\n#elif defined A\n9\n#else\n10\n#endif\n#if defined A || (1/0)\n11\n#endif\n#if UNKNOWN\n12\n#endif\n",
  arithmetic: [
    '1 + 2 * 3 == 7',
    '(1 + 2) * 3 == 9',
    '-1 < 0',
    '-1 < 0u',
    '1 ? 2 : 0',
    '0 ? 2 : 0',
    '1 << 3 == 8',
    '-8 >> 1 == -4',
    '~0 == -1',
    '~0u == 0xffffffffffffffff',
    '5 % 3 == 2',
    '-5 / 2 == -2',
    '-5 % 2 == -1',
    '1 || 1 / 0',
    '0 && 1 / 0',
    '1 ? 1 : 1 / 0',
    "'a' == 97",
    "'\\n' == 10",
    "'\\377' < 0",
    '0x10 == 16',
    '010 == 8',
    '0b11 == 3',
    '1 == 1 == 1',
    '3 & 1 | 4 ^ 4',
    '9223372036854775807 + 1 < 0',
    '18446744073709551615u == -1',
    '0xffffffffffffffff > 0',
    '2 - 1 - 1',
    '!(1 > 2) >= 1',
    '1L == 1ull',
    '(2 || 0) == 1',
    '10 >= 10 && 10 <= 10 && 9 != 10',
    '1 ? 0 : 1 ? 1 : 1',
    '(0 ? -1 : 0u) - 1 > 0',
    '+1 - -1 == 2',
    '!!5 == 1',
  ]
    .map((condition, i) => `#if ${condition}\nyes${i}\n#else\nno${i}\n#endif\n`)
    .join(''),
  splices:
    'int a\\\nb = "c\\\nd"; // e \\\nf\n#define G(x) x \\\n  + x\nG(1) /\\\n* no *\\\n/ H\\   \nI\n#def\\\nine J 2\nJ\n',
  digraphs: '%:define A <: 1 :> <% %>\nA\n#define P(a, b) a%:%:b\nP(x, y)\n',
  numbers: '0x1p+3 1e-5 1.5e+10f .5 0xe+1 1..2 3a_b 08 ...\n',
  operators: 'a+++b a-- -b a<<=b>>=c->d...e&&f||g a%=b^=c|=d&=e!=f==g<=h>=i\n',
  lines:
    '__LINE__\n\n#define L __LINE__\nL L\n#define M(x) x __LINE__\nM(\n__LINE__\n)\n__COUNTER__ __COUNTER__\n#define CAT(a, b) a##b\n#define XCAT(a, b) CAT(a, b)\nXCAT(id, __COUNTER__) XCAT(id, __COUNTER__)\n',
  includes:
    '#include "a.h"\n#include <b.h>\n#include "a.h"\n#define H "b.h"\n#include H\n#define I <b.h>\n#include I\nend\n',
  null: '#\n# \n#define EMPTY\nEMPTY x EMPTY\n# 7 "f"\n',
  nested:
    '#define MAX(a, b) ((a) > (b) ? (a) : (b))\nMAX(MAX(1, MAX(2, 3)), MAX(MAX(4, 5), 6))\n#define LIST(X) X(1) X(2)\n#define ONE(n) v##n,\nLIST(ONE)\n#define D2(x) x x\n#define D4(x) D2(D2(x))\nD4(D4(a))\n',
}

const HEADERS = {
  'a.h': '#ifndef A_H\n#define A_H\nint from_a;\n#include "b.h"\n#endif\n',
  'b.h': '#pragma once\n#include "a.h"\nint from_b;\n',
}

const gcc = spawnSync('gcc', ['--version']).status === 0

describe('what is left of a program', () => {
  it.skipIf(!gcc)('is what gcc -E leaves (skipped where there is no gcc)', () => {
    const directory = mkdtempSync(join(tmpdir(), 'preprocess-'))
    try {
      for (const [name, text] of Object.entries(HEADERS)) writeFileSync(join(directory, name), text)
      for (const [name, text] of Object.entries(PROGRAMS)) {
        writeFileSync(join(directory, 'p.c'), text)
        const args = ['-E', '-P', '-w', '-std=gnu11', '-I.', 'p.c']
        const { stdout, stderr, status } = spawnSync('gcc', args, { cwd: directory, encoding: 'utf8' })
        expect([name, status, stderr]).toEqual([name, 0, ''])
        const theirs = lex(new SourceText({ name: 'gcc', text: stdout })).map((t) => t.text)
        const ours = tokensOf(text, { headers: HEADERS }).map((t) => t.text)
        expect([name, ours.join(' ')]).toEqual([name, theirs.join(' ')])
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  })

  it('follows from -D and from what is there before', () => {
    expect(words('A F(2) __LOCKSTEP__ __FILE__', { defines: { A: '1', 'F(x)': '[x]' } })).toBe('1 [ 2 ] 1 "a.c"')
    expect(
      words(
        '#ifdef __GNUC__\n__attribute__\n#endif\n#if __STDC_VERSION__ >= 201112L && __SIZEOF_LONG__ == 8\nok\n#endif',
      ),
    ).toBe('__attribute__ ok')
  })
})

describe('a preprocessor that is refused', () => {
  it.each([
    ['x\n  #error no  way "a"\n', 2, 4, 'c-preprocessor', /^#error no way "a"$/],
    ['#if 1\n#if 0\n#endif\n', 1, 2, 'c-preprocessor', /^#if without #endif/],
    ['\n#endif\n', 2, 2, 'c-preprocessor', /^#endif without #if/],
    ['#if 1\n#else\n#else\n#endif', 3, 2, 'c-preprocessor', /^#else without #if/],
    ['#elif 1\n', 1, 2, 'c-preprocessor', /^#elif without #if/],
    ['#if\n#endif', 1, 2, 'c-preprocessor', /ends where a value was expected/],
    ['#if 1 +\n#endif', 1, 2, 'c-preprocessor', /ends where a value was expected/],
    ['#if (1\n#endif', 1, 2, 'c-preprocessor', /ends where '\)' was expected/],
    ['#if 1 2\n#endif', 1, 7, 'c-preprocessor', /'2' where the condition should have ended/],
    ['#if 1 / (1 - 1)\n#endif', 1, 7, 'c-preprocessor', /divides by zero/],
    ['#if 1.5\n#endif', 1, 5, 'c-unsupported', /floating/],
    ['#if "a"\n#endif', 1, 5, 'c-preprocessor', /'"a"' where a value was expected/],
    ['#if defined\n#endif', 1, 2, 'c-preprocessor', /where a name was expected behind 'defined'/],
    ['#ifdef\n#endif', 1, 2, 'c-preprocessor', /#ifdef takes one name/],
    ['#ifdef A B\n#endif', 1, 10, 'c-preprocessor', /#ifdef takes one name/],
    ['#frob x\n', 1, 1, 'c-preprocessor', /#frob is no directive/],
    ['#define\n', 1, 2, 'c-preprocessor', /names no macro/],
    ['#define 1 2\n', 1, 9, 'c-preprocessor', /'1' is no name/],
    ['#define F(a, a) a\n', 1, 14, 'c-preprocessor', /a is there twice/],
    ['#define F(a b) a\n', 1, 13, 'c-preprocessor', /'b' where ',' or '\)'/],
    ['#define F(a\n', 1, 9, 'c-preprocessor', /do not end/],
    ['#define F(..., a) a\n', 1, 11, 'c-preprocessor', /not the last/],
    ['#define F(a) #b\n', 1, 14, 'c-preprocessor', /no parameter/],
    ['#define F ## a\n', 1, 11, 'c-preprocessor', /nothing to join/],
    ['#define F a ##\n', 1, 13, 'c-preprocessor', /nothing to join/],
    ['#define A 1\n#define A 2\n', 2, 9, 'c-preprocessor', /A is defined already/],
    ['#undef\n', 1, 2, 'c-preprocessor', /takes one name/],
    ['#define F(a, b) a\nx\n  F(1)\n', 3, 3, 'c-preprocessor', /is given 1 argument, it has 2/],
    ['#define F(a, b) a\nF(1, 2, 3)\n', 2, 1, 'c-preprocessor', /is given 3 arguments, it has 2/],
    ['#define F() a\nF(1)\n', 2, 1, 'c-preprocessor', /is given 1 argument, it has 0/],
    ['#define F(a) a\nx F(1,\n', 2, 3, 'c-preprocessor', /do not end/],
    ['#define F(a) a\nF(\n#define B\n1)\n', 2, 1, 'c-preprocessor', /do not end/],
    ['#define F(a, b) a##b\n F(+, 1)\n', 2, 2, 'c-preprocessor', /makes \+1 of '\+' and '1', which is not one token/],
    ['a /* b\n', 1, 3, 'c-preprocessor', /comment does not end/],
    ['#include "none.h"\n', 1, 10, 'c-include', /no file "none.h"/],
    ['#include <none.h>\n', 1, 10, 'c-include', /no file <none.h>/],
    ['#include\n', 1, 2, 'c-preprocessor', /names no file/],
    ['#include none\n', 1, 10, 'c-preprocessor', /'none' names no file/],
  ])('%j', (text, line, column, code, message) => {
    const problem = problemOf(text)
    expect([problem.file, problem.line, problem.column, problem.code]).toEqual(['a.c', line, column, code])
    expect(problem.message).toMatch(message)
    expect(problem.hint).toMatch(/\.$/)
  })

  it('tells the chain of files that include each other', () => {
    const headers = { 'a.h': '\n#include "b.h"\n', 'b.h': '#include "a.h"\n' }
    expect(problemOf('#include "a.h"\n', { headers })).toMatchObject({
      code: 'c-include',
      message: 'b.h includes itself without end: b.h -> a.h -> b.h',
      file: 'a.h',
      line: 2,
      column: 2,
    })
    const own = problemOf('#include "a.c"\n', { headers: { 'a.c': '#include "a.c"\n' } })
    expect(own.message).toBe('a.c includes itself without end: a.c -> a.c')
  })

  it('names the place in the header that is wrong', () => {
    const headers = { 'a.h': 'int x;\n\n  #error here\n' }
    expect(problemOf('#include "a.h"\n', { headers })).toMatchObject({ file: 'a.h', line: 3, column: 4 })
  })
})

describe('limits', () => {
  const grow = Array.from({ length: 40 }, (_, i) => `#define A${i + 1} A${i} A${i}\n`).join('')

  it('refuses macros that stand for too much, whatever is left of them', () => {
    expect(problemOf(`#define A0 x\n${grow}\n  A40\n`)).toMatchObject({ code: 'c-too-large', line: 43, column: 3 })
    expect(problemOf(`#define A0\n${grow}\nA40\n`)).toMatchObject({ code: 'c-too-large', line: 43, column: 1 })
    expect(problemOf(`#define A0 1\n${grow}\n#if A40\n#endif\n`)).toMatchObject({ code: 'c-too-large', line: 43 })
  })

  it('refuses arguments within arguments without end', () => {
    const depth = 5_000
    const text = `#define F(x) x\n${'F('.repeat(depth)}1${')'.repeat(depth)}\n`
    expect(problemOf(text)).toMatchObject({ code: 'c-too-large', line: 2 })
    expect(words(`#define F(x) x\n${'F('.repeat(100)}1${')'.repeat(100)}\n`)).toBe('1')
  })

  it('refuses conditions that are too deep, and long ones are fine', () => {
    expect(problemOf(`#if ${'('.repeat(50_000)}1\n#endif\n`)).toMatchObject({ code: 'c-too-large', line: 1 })
    expect(problemOf(`#if ${'1 ? '.repeat(50_000)}1\n#endif\n`)).toMatchObject({ code: 'c-too-large', line: 1 })
    expect(words(`#if ${'!'.repeat(50_000)}0\nyes\n#endif\n`)).toBe('')
    expect(words(`#if ${'1 + '.repeat(50_000)}0 == 50000\nyes\n#endif\n`)).toBe('yes')
  })

  it('follows long chains of macros', () => {
    const chain = Array.from({ length: 5_000 }, (_, i) => `#define B${i + 1} B${i}\n`).join('')
    expect(words(`#define B0 end\n${chain}B5000\n`)).toBe('end')
    const calls = Array.from({ length: 500 }, (_, i) => `#define B${i + 1}(x) B${i}(x)\n`).join('')
    expect(words(`#define B0(x) [x]\n${calls}B500(1)\n`)).toBe('[ 1 ]')
  })

  it('refuses files that are too large, one by one and together', () => {
    expect(problemOf('int x;\n'.repeat(1_500_000))).toMatchObject({ code: 'c-too-large', line: 1, column: 1 })
    const headers = { 'a.h': '/* */ '.repeat(100_000) }
    expect(problemOf('#include "a.h"\n'.repeat(10), { headers })).toMatchObject({ code: 'c-too-large', line: 7 })
  })

  it('refuses files that include others without end', () => {
    const headers = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`${i}.h`, `#include "${i + 1}.h"\n#include "${i + 1}.h"\n`]),
    )
    expect(problemOf('#include "0.h"\n', { headers })).toMatchObject({ code: 'c-too-large', file: '62.h' })
    const twice = Object.fromEntries(
      Array.from({ length: 50 }, (_, i) => [`${i}.h`, `#include "${i + 1}.h"\n#include "${i + 1}.h"\n`]),
    )
    expect(problemOf('#include "0.h"\n', { headers: { ...twice, '50.h': '' } })).toMatchObject({ code: 'c-too-large' })
  })
})

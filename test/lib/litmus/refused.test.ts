/** What is refused, by name and at its place. In a text, `§` stands before what the error must point at. */

import { describe, expect, it } from 'vitest'
import type { Problem } from '../../../impl/lib/kernel/error.ts'
import { loadLitmus } from '../../../impl/lib/litmus/index.ts'
import { problemOf } from '../fixture.ts'

const litmus = await loadLitmus()

const place = (marked: string): { line: number; column: number } => {
  const before = marked.slice(0, marked.indexOf('§')).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 }
}

const refusal = (marked: string): Problem => problemOf(() => litmus.check(marked.replace('§', ''), 'TSO', 't.litmus'))

const expectRefused = (marked: string, code: string, words: RegExp): void => {
  const problem = refusal(marked)
  expect({ code: problem.code, file: problem.file, line: problem.line, column: problem.column }).toEqual({
    code,
    file: 't.litmus',
    ...place(marked),
  })
  expect(problem.message).toMatch(words)
}

/** A test with this body. */
const inBody = (body: string): string =>
  `C t\n\n{}\n\nP0(int *x, int *y)\n{\n  int r0;\n  int r1;\n\n  ${body}\n}\n\nexists (0:r0=0 /\\ x=1)\n`

const UNSUPPORTED = 'litmus-unsupported'
const SYNTAX = 'litmus-syntax'
const UNKNOWN = 'litmus-unknown'
const UNDEFINED = 'litmus-undefined'
const NOTHING = 'litmus-over-nothing'

describe('in a thread', () => {
  it.each<[string, string, RegExp]>([
    ['§while (r0 == 0) r0 = READ_ONCE(*x);', UNSUPPORTED, /^a loop \(while\) is outside of the subset/],
    ['r0 = 1;\n  §for (r0 = 0; r0 < 3; r0++) ;', UNSUPPORTED, /a loop \(for\)/],
    ['§do { r0 = 1; } while (r0);', UNSUPPORTED, /a loop \(do\)/],
    ['§goto out;', UNSUPPORTED, /a loop \(goto\)/],
    ['§call_rcu(x);', 'c-unknown', /there is no function call_rcu/],
    ['§printk(1);', 'c-unsupported', /printk.*text that is printed|text that is printed.*printk/],
    ['r0 = §x->next;', 'c-type', /x is no struct/],
    ['§x = 1;', UNSUPPORTED, /x is a parameter/],
    ['synchronize_srcu(§x);', 'c-type', /a pointer to int is made one to struct srcu_struct/],
    ['r0 = READ_ONCE(§x);', 'c-type', /x is no place/],
    ['§WRITE_ONCE(*x);', 'c-type', /WRITE_ONCE is called with 1 arguments/],
    ['§r0 = smp_mb();', 'c-type', /a void where a int is wanted/],
    ['r0 = 1\n  §r1 = 2;', 'c-syntax', /'r1' was not expected here/],
    ['r0 = §;', 'c-syntax', /';' was not expected here/],
    ['r0 = 1 §@ 2;', 'c-syntax', /'@' is no token of C/],
    ['r0 = §"a";', 'c-unsupported', /a string/],
    ['§/* no end', SYNTAX, /the comment that begins here has no end/],
    ['§continue = 1;', UNSUPPORTED, /the register continue has a keyword of C for its name/],
    ['WRITE_ONCE(*§z, 1);', UNKNOWN, /z is no register and no parameter of P0/],
    ['r0 = §r2;', UNKNOWN, /r2 is no register/],
    ['srcu_read_unlock(§ss, 0);', UNKNOWN, /ss is no register and no parameter/],
    ['§int r0;', 'litmus-duplicate', /the register r0 is declared twice/],
    ['§int x;', 'litmus-duplicate', /x is a parameter of P0 already/],
    ['r0 = READ_ONCE(*x);\n  §r1 = 4 / r0;', UNDEFINED, /a division by zero/],
    ['r0 = READ_ONCE(*x);\n  §r1 = 4 % r0;', UNDEFINED, /a remainder by zero/],
    ['§r0 = 1 << 32;', UNDEFINED, /a shift of 32 bits by 32/],
    ['r0 = READ_ONCE(*x);\n  r1 = §READ_ONCE(*r0);', UNDEFINED, /NULL is dereferenced/],
    ['§r0 = x + 1;', UNDEFINED, /x is no element of an array, and 1 is added to its address/],
    ['§rcu_read_unlock();', UNDEFINED, /rcu_read_unlock\(\) without an open section/],
  ])('%s', (body, code, words) => {
    expectRefused(inBody(body), code, words)
  })

  it('what a function has not returned is no register that begins as 0', () => {
    const text = `C t\n{}\nint f(int a) { if (a) return 1; }\nP0(int *x) {\n  int r0 = READ_ONCE(*x);\n  WRITE_ONCE(*x, §f(r0));\n}\nexists (x=1)\n`
    expectRefused(text, UNDEFINED, /is read before anything is assigned/)
  })

  it('in text that ends too early', () => {
    const text = inBody('r0 = READ_ONCE(*x);').split('\n}')[0] ?? ''
    expectRefused(text.replace('{\n', '§{\n'), SYNTAX, /the \{ that opens here is not closed/)
  })

  it.each([
    `r0 = ${'('.repeat(100_000)}1${')'.repeat(100_000)};`,
    `r0 = ${'- '.repeat(100_000)}1;`,
    `${'{'.repeat(100_000)}${'}'.repeat(100_000)}`,
    `r0 = ${'READ_ONCE(*'.repeat(100_000)}x${')'.repeat(100_000)};`,
  ])('nesting that would exhaust the stack: %.20s', (body) => {
    expect(refusal(inBody(body)).code).toBe('c-too-large')
  })

  it('an unknown function, with the near one', () => {
    expect(refusal(inBody('r0 = smp_load_aquire(x);')).hint).toMatch(/did you mean smp_load_acquire/)
  })

  it('a location that is not among the parameters, with what to do', () => {
    const text = 'C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nP1(int *y) { WRITE_ONCE(*x, 1); }\nexists (x=1)\n'
    expect(refusal(text).hint).toBe('x is shared: add it to the parameters of P1, int *x')
  })
})

const whole = (parts: { head?: string; init?: string; threads?: string; end?: string }): string =>
  [
    parts.head ?? 'C t',
    parts.init ?? '{}',
    parts.threads ?? 'P0(int *x) { int r0; r0 = READ_ONCE(*x); }\nP1(int *x) { WRITE_ONCE(*x, 1); }',
    parts.end ?? 'exists (0:r0=1)',
    '',
  ].join('\n')

describe('around the threads', () => {
  it.each<[string, string, string, RegExp]>([
    ['assembler', whole({ head: '§X86 SB' }), SYNTAX, /expected C and the name of the test, found X86/],
    ['no name', 'C§\n{}\n', SYNTAX, /expected the name of the test/],
    ['nothing', '§', SYNTAX, /found the end of the text/],
    ['no initial state', 'C t\n§', SYNTAX, /expected \{ and the initial state, found none/],
    ['an open comment', 'C t\n§(* what\n{}\n', SYNTAX, /the comment that begins here has no end/],
    ['a thread left out', whole({ threads: '§P1(int *x) { }' }), SYNTAX, /expected the thread P0, found 'P1'/],
    ['no thread', whole({ threads: '' }).replace('exists', '§exists'), SYNTAX, /expected the thread P0, found none/],
    ['a value as parameter', whole({ threads: 'P0(§int x) { }' }), UNSUPPORTED, /the parameter x is no pointer/],
    ['a location of a type that is not there', whole({ init: '{ §u65 x; }' }), UNSUPPORTED, /the type u65/],
    ['a parameter twice', whole({ threads: 'P0(int *x, §int *x) { }' }), 'litmus-duplicate', /two parameters x/],
    ['an array without a type', whole({ init: '{ §x[2] = {1, 2}; }' }), UNSUPPORTED, /no array of a type/],
    [
      'an element that there is not',
      whole({ init: '{ int y[2]; }', end: 'exists (§y[2]=0)' }),
      UNKNOWN,
      /there is no location y\[2\]/,
    ],
    ['an initial register of no thread', whole({ init: '{ §7:r0 = 1; }' }), UNKNOWN, /there is no thread P7/],
    ['a location initialised twice', whole({ init: '{ x = 1; §x = 2; }' }), 'litmus-duplicate', /initialised twice/],
    ['no ; in the initial state', whole({ init: '{ x = 1 §y = 2; }' }), SYNTAX, /expected ;, found 'y'/],
    ['an unknown thread', whole({ end: 'exists (0:r0=1 /\\ §5:r0=1)' }), UNKNOWN, /there is no thread P5/],
    ['an unknown register', whole({ end: 'exists (§0:r9=1)' }), UNKNOWN, /P0 has no register r9/],
    ['an unknown location', whole({ end: 'exists (§r0=1)' }), UNKNOWN, /there is no location r0/],
    ['an unknown address', whole({ end: 'exists (0:r0=§q)' }), UNKNOWN, /there is no location q/],
    ['an unknown name in locations', whole({ end: 'locations [x; §q;]' }), UNKNOWN, /there is no location q/],
    ['an unknown name in the filter', whole({ end: 'filter (§q=1)\nexists (x=1)' }), UNKNOWN, /there is no location q/],
    ['no condition', `${whole({ end: '' })}§`, NOTHING, /the outcome is over nothing/],
    ['an empty condition', whole({ end: 'exists (§)' }), NOTHING, /the condition is over nothing/],
    ['a condition over no value', whole({ end: '§exists (true)' }), NOTHING, /no value is looked at/],
    ['empty locations', `${whole({ end: 'locations []' })}§`, NOTHING, /over nothing/],
    ['no comparison', whole({ end: 'exists (0:r0 §< 1)' }), SYNTAX, /expected =, == or !=, found '<'/],
    ['no value', whole({ end: 'exists (0:r0=§)' }), SYNTAX, /expected a value, found '\)'/],
    ['an open parenthesis', `${whole({ end: 'exists (0:r0=1' })}§`, SYNTAX, /expected \), found the end/],
    ['more after the condition', whole({ end: 'exists (0:r0=1) §exists' }), SYNTAX, /expected the end of the text/],
    ['herd’s other final', whole({ end: '§observed 0:r0=1;' }), UNSUPPORTED, /observed/],
    ['a fault', whole({ end: 'exists (§fault(P0))' }), UNSUPPORTED, /fault/],
  ])('%s', (_, text, code, words) => {
    expectRefused(text, code, words)
  })

  it('more threads than any test has', () => {
    const threads = Array.from({ length: 33 }, (_, i) => `P${i}(int *x) { int r0; r0 = READ_ONCE(*x); }`).join('\n')
    expectRefused(whole({ threads: threads.replace('P32', '§P32') }), UNSUPPORTED, /P32 is one thread too many/)
  })

  it('deep nesting in the condition', () => {
    expect(refusal(whole({ end: `exists ${'('.repeat(100_000)}` })).message).toMatch(/nested deeper/)
    expect(refusal(whole({ end: `exists ${'~'.repeat(100_000)}x=1` })).message).toMatch(/nested deeper/)
  })
})

describe('what stands around a test and is read over', () => {
  it('descriptions, comments of both kinds, a byte order mark, Windows line ends', () => {
    const text = [
      '\uFEFFC t (* { *)',
      '"a { description"',
      'Prefetch=1:x=F',
      '(* outer (* inner *) still { out *)',
      '{ x = 0; (* } *) }',
      '// between the threads { }',
      'P0(int *x) /* ( */ { // (* no comment in C',
      '  int r0 = 1;',
      '  if (r0) WRITE_ONCE(*x, (*x) + 2); /* } */',
      '}',
      '(* before *) exists (* within *) (x=2) (* after *)',
    ].join('\r\n')
    expect(litmus.check(text, 'SC').observation).toBe('Always')
  })

  it('spellings of the condition', () => {
    const always = (end: string): void => {
      expect([end, litmus.check(whole({ end }), 'SC').observation]).toEqual([end, 'Always'])
    }
    always('exists x=1')
    always('exists ([x]=1);')
    always('(x == 1)')
    always('final (x = 1)')
    always('forall (x!=0 /\\ not (x<>1))')
    always('exists (x=0 \\/ x=1 /\\ ~false)')
    always('exists (x=0 => false)')
    always('exists (P0:r0=0:r0 /\\ [x]=[x])')
    always('locations [x; 0:r0 int;] exists (x=1)')
  })
})

describe('what is too large', () => {
  const many = (n: number, text: string, between = ''): string => Array.from({ length: n }, () => text).join(between)

  it.each<[string, string, RegExp]>([
    ['terms of a condition', `C t\n{}\nP0(int *x) { }\nexists (${many(999, 'x=1', ' /\\ ')} /\\ §x=1)\n`, /1000 terms/],
    ['initial values', `C t\n{ ${many(1000, 'x=1;')} §y=1; }\nP0(int *x) { }\nexists (x=1)\n`, /1000 initial values/],
  ])('%s: at its place, before memory or stack is gone', (_, text, words) => {
    expectRefused(text, UNSUPPORTED, words)
  })

  it('what is just small enough is run, however deep it becomes', () => {
    const text = `C t\n{}\nP0(int *x) { int r0 = ${many(490, '1', ' + ')}; }\nexists (${many(490, '0:r0=490', ' /\\ ')})\n`
    expect(litmus.check(text, 'TSO').verdict).toBe('Ok')
  })

  it('a search ends when it is told to', () => {
    const body = (n: number): string => many(12, `WRITE_ONCE(*x, ${n}); WRITE_ONCE(*y, ${n});`)
    const text = `C t\n{}\nP0(int *x, int *y) { ${body(1)} }\nP1(int *x, int *y) { ${body(2)} }\nexists (x=1)\n`
    const tick = (): void => {
      throw new RangeError('time is up')
    }
    expect(() => litmus.check(text, 'TSO', undefined, { tick })).toThrow('time is up')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_DEPTH, parseState, parseValue } from '../../../impl/lib/tla/parse-value.ts'
import { printState, printValue } from '../../../impl/lib/kernel/language/print-value.ts'
import { key, tla } from '../../../impl/lib/kernel/language/value.ts'
import { problemOf, tlcFixture } from '../fixture.ts'
import { anyValue } from './arbitrary.ts'

const { int, str, model, set, interval, seq, record, fun } = tla

/** The text in its letters and symbols only, in alphabetical order: what is left once order does not count. */
const multiset = (text: string): string =>
  text
    .match(/\w+|[^\w\s]/g)
    ?.sort()
    .join(' ') ?? ''

describe('parseValue', () => {
  it('reads back what printValue writes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(key(parseValue(printValue(value)))).toBe(key(value))
      }),
    )
  })

  it('prints what it has read as it was, once canonical', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const canonical = printValue(parseValue(printValue(value)))
        expect(printValue(parseValue(canonical))).toBe(canonical)
      }),
    )
  })

  it('reads back a record with names that are no identifiers', () => {
    const odd = record([['b c', int(1)], ['', int(2)]]) // prettier-ignore
    expect(printValue(odd)).toBe('("b c" :> 1 @@ "" :> 2)')
    expect(key(parseValue(printValue(odd)))).toBe(key(odd))
  })

  it('does not mind spaces and line breaks between tokens', () => {
    fc.assert(
      fc.property(anyValue, fc.constantFrom(' ', '\n  ', '\r\n\t'), (value, gap) => {
        const tokens = printValue(value).match(/"(?:[^"\\]|\\.)*"|\|->|:>|@@|\.\.|<<|>>|\w+|[-[\]{}(),]/g) ?? []
        expect(key(parseValue(gap + tokens.join(gap) + gap))).toBe(key(value))
      }),
    )
  })

  it.each(tlcFixture('values.txt').trimEnd().split('\n'))('reads what TLC prints: %s', (text) => {
    expect(multiset(printValue(parseValue(text)))).toBe(multiset(text))
  })

  it.each([
    ['-5', int(-5)],
    ['123456789012345678901234567890', int(123456789012345678901234567890n)],
    ['"\\" \\\\ \\t\\n\\f\\r é"', str('" \\ \t\n\f\r é')],
    ['2PC', model('2PC')],
    ['-2..1', interval(-2n, 1n)],
    ['<< >>', seq([])],
    ['((1))', int(1)],
    ['{2, 1, 1}', set([int(1), int(2)])],
    ['[a |-> 1, B |-> {}]', record([['a', int(1)], ['B', set([])]])], // prettier-ignore
    ['(<<a, 1>> :> -3 @@ 0 :> {1..2})', fun([[seq([model('a'), int(1)]), int(-3)], [int(0), set([interval(1n, 2n)])]])], // prettier-ignore
    ['1 :> 2', fun([[int(1), int(2)]])],
  ])('reads %s', (text, value) => {
    expect(parseValue(text)).toEqual(value)
  })

  it('keeps a large interval as its bounds', () => {
    expect(parseValue('0..999999999999')).toEqual(interval(0n, 999999999999n))
  })

  it.each([
    ['', 1, 1],
    ['1 2', 1, 3],
    ['{1,\n 2', 2, 3],
    ['<<1, 2>', 1, 7],
    ['<1>', 1, 1],
    ['"abc', 1, 1],
    ['"a\\x"', 1, 4],
    ['"a\u0000b"', 1, 3],
    ['\u0000', 1, 1],
    ['{a, \u0000}', 1, 5],
    ['[a |-> 1, a |-> 2]', 1, 11],
    ['[{a} -> {1}]', 1, 2],
    ['[a: {1}]', 1, 3],
    ['(1 :> 2 @@ 3)', 1, 13],
    ['1..a', 1, 4],
    ['-x', 1, 2],
    ['- -1', 1, 3],
    ['_', 1, 1],
    ['{x \\in S : TRUE}', 1, 4],
    ['/\\ x = 1', 1, 1],
  ])('refuses %j at line %i, column %i', (text, line, column) => {
    expect(problemOf(() => parseValue(text))).toMatchObject({ code: 'tla-syntax', line, column })
  })

  it.each(['Nat', 'STRING', 'Seq({1})', 'SUBSET {1, 2}', '{1} \\X Nat'])(
    'refuses %s, which is not evaluated',
    (text) => {
      const { code, line, hint } = problemOf(() => parseValue(text))
      expect(['tla-unevaluated', 'tla-syntax']).toContain(code)
      expect(line).toBe(1)
      expect(hint).toMatch(/evaluated|enumerate/)
    },
  )

  it('names the character it cannot read', () => {
    expect(problemOf(() => parseValue('{1, \u0000}')).message).toBe('expected a value, found the character U+0000')
  })

  it('points into the file that the text came from', () => {
    const from = { file: 'out.txt', line: 7, column: 11 }
    expect(problemOf(() => parseValue('{,', from))).toMatchObject({ file: 'out.txt', line: 7, column: 12 })
    expect(problemOf(() => parseValue('{\n,', from))).toMatchObject({ file: 'out.txt', line: 8, column: 1 })
  })

  it.each(['{', '<<', '(', '[a |-> ', '(1 :> ', '{1, {'])('refuses 100,000 levels of %s', (open) => {
    expect(problemOf(() => parseValue(open.repeat(100_000))).code).toBe('tla-too-deep')
  })

  it('takes the deepest value it allows', () => {
    const depth = MAX_DEPTH - 1
    expect(key(parseValue('{'.repeat(depth) + '}'.repeat(depth)))).toHaveLength(2 * depth)
  })
})

describe('parseState', () => {
  it('reads back what printState writes', () => {
    const names = fc.uniqueArray(fc.constantFrom('pc', 'x', 'kicked', 'y_1'), { minLength: 1 })
    const states = names.chain((ns) => fc.tuple(...ns.map((n) => fc.tuple(fc.constant(n), anyValue))))
    fc.assert(
      fc.property(states, (entries) => {
        const read = parseState(printState(new Map(entries)))
        expect([...read].map(([n, v]) => [n, key(v)])).toEqual(entries.map(([n, v]) => [n, key(v)]))
      }),
    )
  })

  it.each([
    ['/\\ x = 1\n/\\ y = {a,\n  b}\n\n', ['x', 'y']],
    ['x = <<>>', ['x']],
    ['\n\n/\\ x = 1', ['x']],
  ])('reads %j', (text, names) => {
    expect([...parseState(text).keys()]).toEqual(names)
  })

  it.each([
    ['', 1, 1],
    ['/\\ x = 1\n/\\ x = 2', 2, 4],
    ['/\\ x = 1\ny = 2', 2, 1],
    ['x = 1\n/\\ y = 2', 2, 1],
    ['/\\ x 1', 1, 6],
    ['/\\ x =', 1, 7],
    ['/\\ = 1', 1, 4],
  ])('refuses %j at line %i, column %i', (text, line, column) => {
    expect(problemOf(() => parseState(text))).toMatchObject({ code: 'tla-syntax', line, column })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseItf, printItf } from '../../../../impl/lib/tla/trace/itf.ts'
import type { Trace } from '../../../../impl/lib/tla/trace/itf.ts'
import { printValue } from '../../../../impl/lib/kernel/language/print-value.ts'
import type { TlaValue } from '../../../../impl/lib/kernel/language/value.ts'
import { key, tla } from '../../../../impl/lib/kernel/language/value.ts'
import { problemOf } from '../../fixture.ts'
import { anyValue } from '../arbitrary.ts'

const word = fc.constantFrom('model', 'property', 'format-description', 'thread', 'cpu')
const words = fc.dictionary(word, fc.string(), { noNullPrototype: true, maxKeys: 3 })

const stateOf = (vars: readonly string[]): fc.Arbitrary<Trace['states'][number]> =>
  fc
    .record({
      action: fc.option(fc.string(), { nil: undefined }),
      args: fc.option(words, { nil: undefined }),
      values: fc
        .tuple(...vars.map(() => anyValue))
        .map((vs) => new Map(vars.map((name, i) => [name, vs[i] ?? tla.int(0)]))),
    })
    .map(({ action, args, values }) => ({
      ...(action === undefined ? {} : { action }),
      ...(args === undefined || Object.keys(args).length === 0 ? {} : { args }),
      values,
    }))

const trace: fc.Arbitrary<Trace> = fc
  .uniqueArray(fc.constantFrom('pc', 'x', 'kicked', 'y_1'), { minLength: 1 })
  .chain((vars) =>
    fc.record({
      meta: words,
      vars: fc.constant(vars),
      states: fc.array(stateOf(vars), { minLength: 1, maxLength: 4 }),
    }),
  )
  .chain((t) => fc.option(fc.nat(t.states.length - 1)).map((loop) => (loop === null ? t : { ...t, loop })))

/** A trace with keys in place of values, so that two can be compared. */
const comparable = (t: Trace): unknown => ({
  ...t,
  states: t.states.map((s) => ({ ...s, values: [...s.values].map(([name, v]) => [name, key(v)]) })),
})

/** A document of one state with `x` as given, in JSON. */
const withX = (json: string): string => `{"vars": ["x"], "states": [{"x": ${json}}]}`
const x = (json: string): TlaValue => parseItf(withX(json)).states[0]?.values.get('x') ?? tla.str('missing')
const written = (value: TlaValue): unknown => {
  const text = printItf({ meta: {}, vars: ['x'], states: [{ values: new Map([['x', value]]) }] })
  return (JSON.parse(text) as { states: { x: unknown }[] }).states[0]?.x
}

describe('ITF', () => {
  it('reads back what it writes', () => {
    fc.assert(
      fc.property(trace, (t) => {
        expect(comparable(parseItf(printItf(t)))).toEqual(comparable(t))
      }),
    )
  })

  it('writes what Apalache describes', () => {
    const t: Trace = {
      meta: { model: 'poll-kick/posted.sc' },
      vars: ['x'],
      states: [
        { values: new Map([['x', tla.int(0)]]) },
        { action: 'kick', args: { thread: '1' }, values: new Map([['x', tla.int(1)]]) },
      ],
      loop: 0,
    }
    expect(JSON.parse(printItf(t))).toEqual({
      '#meta': { format: 'ITF', model: 'poll-kick/posted.sc' },
      vars: ['x'],
      loop: 0,
      states: [
        { '#meta': { index: 0 }, x: 0 },
        { '#meta': { index: 1, action: 'kick', thread: '1' }, x: 1 },
      ],
    })
  })

  it('writes one state a line', () => {
    const values = new Map([['x', tla.seq([tla.int(1)])]])
    const lines = printItf({ meta: {}, vars: ['x'], states: [{ values }, { values }] }).split('\n')
    expect(lines.filter((line) => line.includes('"index"'))).toHaveLength(2)
  })

  it.each([
    ['1', '1'],
    ['-9007199254740991', '-9007199254740991'],
    ['{"#bigint": "9007199254740993"}', '9007199254740993'],
    ['{"#bigint": "-5"}', '-5'],
    ['true', 'TRUE'],
    ['"a\\nb"', '"a\\nb"'],
    ['"NULL_OF_MODEL_VALUE"', 'NULL'],
    ['"1_OF_A"', '"1_OF_A"'],
    ['[1, [2]]', '<<1, <<2>>>>'],
    ['{"#tup": [1, "a"]}', '<<1, "a">>'],
    ['{"#set": [2, 1, 2]}', '{1, 2}'],
    ['{"#map": [[{"#tup": [1]}, false], [2, true]]}', '(2 :> TRUE @@ <<1>> :> FALSE)'],
    ['{"#map": []}', '<<>>'],
    ['{"a": 1, "b": {"c": []}}', '[a |-> 1, b |-> [c |-> <<>>]]'],
    ['{}', '<<>>'],
  ])('reads %s as %s', (json, text) => {
    expect(printValue(x(json))).toBe(text)
  })

  it('keeps numbers exact', () => {
    expect(written(tla.int(2n ** 53n - 1n))).toBe(Number.MAX_SAFE_INTEGER)
    expect(written(tla.int(2n ** 53n))).toEqual({ '#bigint': '9007199254740992' })
    expect(written(tla.int(-(2n ** 53n)))).toEqual({ '#bigint': '-9007199254740992' })
  })

  it('writes a record with names that ITF reserves as the equal function', () => {
    const record = tla.record([['#set', tla.int(1)], ['__proto__', tla.int(2)]]) // prettier-ignore
    expect(written(record)).toEqual({ '#map': [['#set', 1], ['__proto__', 2]] }) // prettier-ignore
    expect(key(x(JSON.stringify(written(record))))).toBe(key(record))
  })

  it.each([
    ['a string that looks like a model value', tla.str('a_OF_MODEL_VALUE')],
    ['an interval too large to list', tla.interval(0n, 2n ** 64n)],
  ])('does not write %s', (_, value) => {
    expect(problemOf(() => written(value)).code).toBe('itf-not-expressible')
  })

  it('does not write a variable with a reserved name', () => {
    const t = { meta: {}, vars: ['#meta'], states: [{ values: new Map([['#meta', tla.int(1)]]) }] }
    expect(problemOf(() => printItf(t)).code).toBe('itf-not-expressible')
  })

  it('keeps scalars of #meta as text and drops the rest', () => {
    const text = `{"#meta": {"format": "ITF", "varTypes": {"x": "Int"}, "timestamp": 7, "a": "b"}, "params": ["N"], "vars": ["x"],
      "states": [{"#meta": {"index": 0, "thread": 2}, "N": 3, "x": 1}]}`
    const read = parseItf(text)
    expect(read.meta).toEqual({ timestamp: '7', a: 'b' })
    expect(read.states[0]?.args).toEqual({ thread: '2' })
    expect([...(read.states[0]?.values.keys() ?? [])]).toEqual(['x'])
  })
})

describe('refused ITF', () => {
  it.each([
    [withX('{"#unserializable": "Nat"}'), 'states[0].x.#unserializable'],
    [withX('{"#new": 1}'), 'states[0].x.#new'],
    [withX('{"#set": [1], "a": 2}'), 'states[0].x'],
    [withX('{"#bigint": 5}'), 'states[0].x.#bigint'],
    [withX('{"#bigint": "0x10"}'), 'states[0].x.#bigint'],
    [withX('{"#set": {"a": 1}}'), 'states[0].x.#set'],
    [withX('{"#map": [[1]]}'), 'states[0].x.#map[0]'],
    [withX('{"#map": [[1, 2], [1, 3]]}'), 'states[0].x.#map'],
    [withX('1.5'), 'states[0].x'],
    [withX('9007199254740993'), 'states[0].x'],
    [withX('null'), 'states[0].x'],
    [withX('"a\\u0000"'), 'states[0].x'],
    [withX('"a b_OF_MODEL_VALUE"'), 'states[0].x'],
    [withX('{"__proto__": {"polluted": true}}'), 'states[0].x'],
    [withX('{"a": [1, {"b": null}]}'), 'states[0].x.a[1].b'],
    ['{"vars": ["x"], "states": [{"x": 1}, {"x": 2, "y": 3}]}', 'states[1]'],
    ['{"vars": ["x", "y"], "states": [{"x": 1}]}', 'states[0]'],
    ['{"vars": ["x"], "states": []}', 'states'],
    ['{"vars": ["x"]}', 'states'],
    ['{"vars": ["x", "x"], "states": [{"x": 1}]}', 'vars'],
    ['{"vars": ["__proto__"], "states": []}', 'vars[0]'],
    ['{"vars": [1], "states": []}', 'vars[0]'],
    ['{"states": []}', 'vars'],
    ['{"__proto__": 1, "vars": [], "states": []}', 'the document'],
    ['{"vars": ["x"], "states": [{"x": 1}], "loop": 1}', 'loop'],
    ['{"vars": ["x"], "states": [{"x": 1}], "loop": "0"}', 'loop'],
    ['[]', 'the document'],
    ['3', 'the document'],
  ])('%s', (text, path) => {
    const problem = problemOf(() => parseItf(text, { file: 'a.itf.json' }))
    expect(problem).toMatchObject({ code: 'bad-itf', file: 'a.itf.json' })
    expect(problem.message.split(': ')[0]).toBe(path)
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it.each([
    ['', 1, 1],
    ['   ', 1, 4],
    ['{"vars": ["x"],\n "states": [', 2, 13],
    ['{"vars":\n  ["x" "y"]}', 2, 8],
    ['{"a": "b\u0000"}', 1, 9],
    ['\u0000', 1, 1],
    ['{"a": "\\x"}', 1, 8],
    ['{"a": "abc', 1, 11],
    ['{"a": "x\ny"}', 1, 9],
    ['1, 2', 1, 2],
    ['{"a": 1,}', 1, 9],
    ['[1,]', 1, 4],
    ['{"a"; 1}', 1, 5],
    ['{} {}', 1, 4],
    ['{a: 1}', 1, 2],
    ['[1}', 1, 3],
    ['nul', 1, 1],
    ["{'a': 1}", 1, 2],
    ['---- MODULE M ----', 1, 1],
  ])('not JSON: %j', (text, line, column) => {
    expect(problemOf(() => parseItf(text, { file: 'a.json' }))).toMatchObject({
      code: 'not-json',
      file: 'a.json',
      line,
      column,
    })
  })

  it('finds the place in any document that lost its end', () => {
    fc.assert(
      fc.property(trace, fc.nat(), (t, n) => {
        const text = printItf(t).trimEnd()
        const cut = text.slice(0, n % text.length)
        expect(problemOf(() => parseItf(cut))).toMatchObject({ code: 'not-json', line: cut.split('\n').length })
      }),
    )
  })

  it.each([
    ['[', ']'],
    ['{"#set": [', ']}'],
    ['{"a": ', '}'],
  ])('100,000 levels of %s', (open, close) => {
    const text = withX(`${open.repeat(100_000)}1${close.repeat(100_000)}`)
    const { code, message } = problemOf(() => parseItf(text))
    expect(code).toBe('bad-itf')
    expect(message).toMatch(/nested deeper than 1000 levels/)
    expect(message.length).toBeLessThan(200)
  })

  it('a document larger than allowed, before it is parsed', () => {
    expect(problemOf(() => parseItf(`{"${'é'.repeat(60)}`, { maxBytes: 100 })).code).toBe('too-large')
    expect(problemOf(() => parseItf('x'.repeat(64 * 1024 * 1024 + 1))).code).toBe('too-large')
    expect(problemOf(() => parseItf('x'.repeat(100), { maxBytes: 100 })).code).toBe('not-json')
  })
})

import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logPrefix } from '../../../../impl/lib/tla/trace/log-prefix.ts'
import { printValue } from '../../../../impl/lib/kernel/language/print-value.ts'
import { parsePlainTraces, parseSimulationTrace, parseToolTraces } from '../../../../impl/lib/tla/trace/tlc-trace.ts'
import { key } from '../../../../impl/lib/kernel/language/value.ts'
import type { Trace } from '../../../../impl/lib/tla/trace/trace.ts'
import { problemOf, tlcFixture } from '../../fixture.ts'

/** One variable of every state, as TLC prints it. */
const valuesOf = (trace: Trace | undefined, name: string): string[] =>
  trace?.states.map((s) => printValue(s.values.get(name) ?? { kind: 'str', value: 'missing' })) ?? []

const actionsOf = (trace: Trace | undefined): (string | undefined)[] => trace?.states.map((s) => s.action) ?? []

const message = (code: number, body: string): string =>
  `@!@!@STARTMSG ${code}:4 @!@!@\n${body}\n@!@!@ENDMSG ${code} @!@!@\n`

describe('parseToolTraces', () => {
  it('reads a violated invariant, with values over several lines', () => {
    const traces = parseToolTraces(tlcFixture('invariant.tool.txt'))
    expect(traces).toHaveLength(1)
    const [trace] = traces
    expect(trace?.meta).toEqual({ finding: 'Invariant Inv is violated.', property: 'Inv' })
    expect(trace?.vars).toEqual(['str', 'long', 'tup', 'emp', 'rec', 'f', 'g', 'n', 's'])
    expect(actionsOf(trace)).toEqual([undefined, 'Big'])
    expect(trace && 'loop' in trace).toBe(false)
    expect(valuesOf(trace, 'n').at(-1)).toBe('2000000000')
    expect(valuesOf(trace, 'emp')).toEqual(['<<{}, <<>>, "", 1..3, {1..2, 5..6}>>', '<<1..1000>>'])
    expect(valuesOf(trace, 'long')[0]).toContain('5 :> [kind |-> "message number", body |-> <<5, 25, {5, 6}>>]')
    expect(trace?.states[0]?.values.get('str')).toEqual({
      kind: 'str',
      value: 'he said "hi" \\ back /\\ tab\t nl\n end',
    })
  })

  it('reads the way back to a state as a loop', () => {
    const [trace] = parseToolTraces(tlcFixture('back-to-state.tool.txt'))
    expect(valuesOf(trace, 'x')).toEqual(['0', '1', '2', '3'])
    expect(actionsOf(trace)).toEqual([undefined, 'Inc', 'Inc', 'Inc'])
    expect(trace?.loop).toBe(1)
    expect(trace?.meta).toEqual({ finding: 'Temporal properties were violated.', 'loop-action': 'Back' })
  })

  it('reads stuttering as a loop on the last state', () => {
    const [trace] = parseToolTraces(tlcFixture('stuttering.tool.txt'))
    expect(trace?.states).toHaveLength(4)
    expect(trace?.loop).toBe(3)
    expect(trace?.meta).not.toHaveProperty('loop-action')
  })

  it('reads a violation by an initial state', () => {
    const [trace] = parseToolTraces(tlcFixture('initial.tool.txt'))
    expect(trace?.meta['property']).toBe('Inv')
    expect(valuesOf(trace, 'y')).toEqual(['"q"'])
  })

  it('reads every trace of a run with -continue', () => {
    const traces = parseToolTraces(tlcFixture('continue.tool.txt'))
    expect(traces.map((t) => [t.meta['property'], t.states.length])).toEqual([['Nev', 3], ['Nev', 4], ['Deadlock', 4]]) // prettier-ignore
  })

  it('begins a new trace with every state 1, whatever came before it', () => {
    const state = message(2217, '1: <Initial predicate>\nx = 1\n')
    expect(parseToolTraces(state + message(2121, 'The behavior up to this point is:') + state)).toHaveLength(2)
  })

  it('reads the arguments that a newer TLC gives', () => {
    const text = message(2217, '1: <Initial predicate>\nx = 1\n') + message(2217, '2: <M!go(a, 1) line 5, col 9 to line 6, col 1 of module M>\nx = 2\n') // prettier-ignore
    expect(parseToolTraces(text)[0]?.states[1]).toMatchObject({ action: 'M!go', args: { args: 'a, 1' } })
  })

  it('reads output with the line ends of Windows', () => {
    const text = tlcFixture('back-to-state.tool.txt').replaceAll('\n', '\r\n')
    expect(parseToolTraces(text)[0]).toEqual(parseToolTraces(tlcFixture('back-to-state.tool.txt'))[0])
  })

  it('finds no trace where TLC found nothing', () => {
    expect(parseToolTraces(message(2193, 'Model checking completed. No error has been found.'))).toEqual([])
    expect(parseToolTraces(message(2193, '').replace('\n\n', '\n'))).toEqual([])
  })

  it.each([
    ['empty', '', 1, /no message/],
    ['foreign', 'hello\nworld\n', 1, /no message/],
    ['cut in a message', tlcFixture('invariant.tool.txt').slice(0, 900), 16, /has no end/],
    ['a state lost', message(2217, '1: <Initial predicate>\nx = 1\n') + message(2217, '3: <A line 1>\nx = 2\n'), 7, /expected state 2, found state 3/], // prettier-ignore
    ['a variable that state 1 has not', message(2217, '1: <Initial predicate>\nx = 1\n') + message(2217, '2: <A line 1>\ny = 2\n'), 7, /a variable y/], // prettier-ignore
    ['an end mark alone', '@!@!@ENDMSG 2217 @!@!@\n', 1, /does not begin/],
    ['a start mark that is damaged', `x\n${message(2217, '1: <Initial predicate>\nx = 1\n').replace('@!@!@START', '@!@START')}`, 2, /without the marks/], // prettier-ignore
    ['a state whose marks are gone', `${message(2217, '1: <Initial predicate>\nx = 1\n')}2: <A line 1, col 1 to line 1, col 2 of module M>\nx = 2\n`, 6, /without the marks/], // prettier-ignore
    ['a state inside of another', message(2217, `1: <Initial predicate>\nx = 1\n${message(2217, '2: <A line 1>\nx = 2\n')}`), 1, /has no end/], // prettier-ignore
    ['a run that did not finish', message(2185, 'Starting...') + message(2217, '1: <Initial predicate>\nx = 1\n'), 9, /did not finish/], // prettier-ignore
    ['a temporal property without its end', message(2116, 'Temporal properties were violated.') + message(2217, '1: <Initial predicate>\nx = 1\n'), 5, /its end is missing/], // prettier-ignore
    ['back to nowhere', message(2122, '2: Back to state'), 2, /does not have/],
    ['back to a state to come', message(2217, '1: <Initial predicate>\nx = 1\n') + message(2122, '2: Back to state'), 7, /does not have/], // prettier-ignore
    ['stuttering alone', message(2218, '1: Stuttering'), 2, /no state before/],
    ['no header', message(2217, 'x = 1'), 2, /expected `N: <action>`/],
    ['no target', message(2122, 'Back'), 2, /Back to state/],
    ['no initial state', message(2107, 'Invariant I is violated by the initial state:'), 2, /initial state/],
  ])('refuses %s', (_, text, line, expected) => {
    const problem = problemOf(() => parseToolTraces(text, { file: 'tlc.out' }))
    expect(problem).toMatchObject({ code: 'bad-tlc-trace', file: 'tlc.out', line })
    expect(problem.message).toMatch(expected)
  })

  it('points at a bad value within the whole output', () => {
    const text = `noise\n${message(2217, '1: <Initial predicate>\n/\\ x = 1\n/\\ y = {1,, 2}\n')}`
    expect(problemOf(() => parseToolTraces(text))).toMatchObject({ code: 'tla-syntax', line: 5, column: 11 })
  })

  it('refuses the output cut at any place within the trace', () => {
    const text = tlcFixture('back-to-state.tool.txt')
    const whole = JSON.stringify(parseToolTraces(text).map((t) => t.states.length))
    for (let n = 1; n < text.length; n += 7) {
      const cut = text.slice(0, n)
      // a cut between two messages can not be seen; one within a message must be
      const within =
        (cut.match(/@!@!@STARTMSG \d+:\d @!@!@\n/g)?.length ?? 0) > (cut.match(/@!@!@ENDMSG \d+ @!@!@/g)?.length ?? 0)
      if (within) expect(problemOf(() => parseToolTraces(cut)).code).toBe('bad-tlc-trace')
    }
    expect(whole).toBe('[4]')
  })
})

/** Everything a trace says of its states, as text. */
const contentOf = (traces: readonly Trace[]): string =>
  JSON.stringify(
    traces.map(({ states, loop }) => [
      loop,
      states.map(({ action, values }) => [action, [...values].map(([name, value]) => [name, key(value)])]),
    ]),
  )

describe('marks anywhere in a line', () => {
  const state = (n: number): string => `${n}: <A line 1, col 1 to line 1, col 2 of module M>\nx = ${n}`
  const opened = (n: number): string => `@!@!@STARTMSG 2217:4 @!@!@\n${state(n)}\n`

  it('reads a state whose start mark follows what an operator printed', () => {
    const text = `${message(2217, state(1))}printed without a line break${message(2217, state(2))}`
    expect(valuesOf(parseToolTraces(text)[0], 'x')).toEqual(['1', '2'])
  })

  it('reads two marks in one line, and an end mark at the end of a line of text', () => {
    const text = `${opened(1)}@!@!@ENDMSG 2217 @!@!@${opened(2).replace(/\n$/, '')}@!@!@ENDMSG 2217 @!@!@`
    expect(valuesOf(parseToolTraces(text)[0], 'x')).toEqual(['1', '2'])
    expect(valuesOf(parseToolTraces(`${opened(1).trimEnd()}@!@!@ENDMSG 2217 @!@!@\n`)[0], 'x')).toEqual(['1'])
  })

  it('reads -difftrace: what is left out is as before', () => {
    expect(valuesOf(parseToolTraces(tlcFixture('difftrace.tool.txt'))[0], 'y')).toEqual(['"q"', '"q"', '"q"'])
  })
})

const PLAIN = ['invariant', 'back', 'difftrace', 'stuttering', 'initial'].map((name) => `plain-${name}.txt`)

describe('parsePlainTraces', () => {
  it('reads an invariant’s counterexample with its actions', () => {
    const [trace, ...more] = parsePlainTraces(tlcFixture('plain-invariant.txt'))
    expect(more).toEqual([])
    expect(trace?.meta).toEqual({ finding: 'Invariant Inv is violated.', property: 'Inv' })
    expect(actionsOf(trace)).toEqual([undefined, 'Inc', 'Inc', 'Inc'])
    expect(valuesOf(trace, 'x')).toEqual(['0', '1', '2', '3'])
  })

  it('reads the way back to a state, with and without -difftrace alike', () => {
    const whole = parsePlainTraces(tlcFixture('plain-back.txt'))
    expect(whole[0]?.loop).toBe(1)
    expect(whole[0]?.meta['loop-action']).toBe('Back')
    expect(contentOf(parsePlainTraces(tlcFixture('plain-difftrace.txt')))).toBe(contentOf(whole))
  })

  it('reads stuttering, and a violation by an initial state', () => {
    expect(parsePlainTraces(tlcFixture('plain-stuttering.txt'))[0]?.loop).toBe(1)
    expect(valuesOf(parsePlainTraces(tlcFixture('plain-initial.txt'))[0], 'y')).toEqual(['5'])
  })

  it.each([
    ['a header gone', (t: string) => t.replace(/^State 4: .*\n/m, ''), /State N/],
    ['a header damaged', (t: string) => t.replace('State 4: <', 'State 4 <'), /State N/],
    ['a state gone', (t: string) => t.replace(/^State 3: [^]*?\n\n/m, ''), /expected state 3, found state 4/],
    ['its end gone', (t: string) => t.replace(/^Finished in .*\n/m, ''), /did not finish/],
  ])('refuses the output with %s', (_, damage, expected) => {
    const text = tlcFixture('plain-invariant.txt')
    const damaged = damage(text)
    expect(damaged).not.toBe(text)
    expect(problemOf(() => parsePlainTraces(damaged)).message).toMatch(expected)
  })
})

describe('damaged output', () => {
  const cases: readonly (readonly [string, (text: string) => Trace[]])[] = [
    ...['invariant', 'back-to-state', 'stuttering', 'continue'].map((n) => [`${n}.tool.txt`, parseToolTraces] as const),
    ...PLAIN.map((name) => [name, parsePlainTraces] as const),
  ]
  const isMark = (line: string): boolean => /@!@!@|^State \d|^Back to|^\d+: |is violated by/.test(line)

  it.each(cases)('%s: a mark that is dropped, cut or doubled gives an error or the same states', (name, parse) => {
    const lines = tlcFixture(name).split('\n')
    const whole = contentOf(parse(lines.join('\n')))
    const marks = lines.flatMap((line, i) => (isMark(line) ? [i] : []))
    const damage = fc.record({
      at: fc.constantFrom(...marks),
      how: fc.constantFrom('drop', 'cut', 'garble', 'join', 'noise'),
      column: fc.nat(60),
    })
    fc.assert(
      fc.property(damage, ({ at, how, column }) => {
        const line = lines[at] ?? ''
        const c = column % Math.max(1, line.length)
        const next = `${line}${lines[at + 1] ?? ''}`
        const changed = { drop: [], cut: [line.slice(0, c)], garble: [`${line.slice(0, c)}?${line.slice(c + 1)}`], join: [next], noise: [`noise ${line}`] }[how] // prettier-ignore
        const text = [...lines.slice(0, at), ...changed, ...lines.slice(at + (how === 'join' ? 2 : 1))].join('\n')
        let found
        try {
          found = contentOf(parse(text))
        } catch (error) {
          expect(error).toHaveProperty('exit', 2)
          return
        }
        expect(statesIn(found)).toBe(statesIn(whole))
      }),
      { numRuns: 300 },
    )
  })
})

/** The values of all states, without the names of actions: a garbled name of one is found when it is replayed. */
const statesIn = (content: string): string =>
  JSON.stringify(
    (JSON.parse(content) as [unknown, [unknown, unknown][]][]).map(([, states]) => states.map(([, v]) => v)),
  )

describe('logPrefix', () => {
  const text = tlcFixture('plain-invariant.txt')
  it.each([
    ['GitHub Actions', '2024-05-06T07:08:09.1234567Z '],
    ['gh run view', 'build\tRun TLC\t2024-05-06T07:08:09.1234567Z '],
    ['GitLab', '2024-05-06T07:08:09.123456Z 00O '],
    ['Jenkins', '[2024-05-06T07:08:09.123Z] '],
    ['Jenkins', '07:08:09  '],
  ])('names the log of %s, and its command makes the output readable', (name, prefix) => {
    const copied = text.replace(/^/gm, prefix)
    const problem = logPrefix(copied, { file: 'log' })?.problem
    expect(problem?.message).toContain(name)
    expect(problem).toMatchObject({ code: 'log-prefix', file: 'log', line: 1, column: prefix.length + 1 })
    const sed = /sed -E '(s\/.*\/\/)'/.exec(problem?.hint ?? '')?.[1] ?? ''
    const stripped = execFileSync('sed', ['-E', sed], { input: copied, encoding: 'utf8' })
    expect(contentOf(parsePlainTraces(stripped))).toBe(contentOf(parsePlainTraces(text)))
  })

  it('says nothing of output as it is', () => {
    for (const name of [...PLAIN, 'invariant.tool.txt']) expect(logPrefix(tlcFixture(name))).toBeUndefined()
  })
})

describe('parseSimulationTrace', () => {
  it('reads what -simulate file=X writes', () => {
    const trace = parseSimulationTrace(tlcFixture('simulation.txt'))
    expect(trace.vars).toEqual(['n', 'pc'])
    expect(valuesOf(trace, 'n')).toEqual(['0', '0', '1', '1'])
    expect(valuesOf(trace, 'pc')[1]).toBe('(a :> "idle" @@ b :> "b\\\\c \\"q\\"")')
  })

  it('reads the action in a comment above a state', () => {
    const text =
      '---- MODULE M ----\nSTATE_1 == \nx = 1\n\n\\* <go line 5, col 9 to line 6, col 1 of module M>\nSTATE_2 == \nx = 2\n\n====\n'
    expect(parseSimulationTrace(text).states.map((s) => s.action)).toEqual([undefined, 'go'])
  })

  it.each([
    ['empty', '', 1, 'bad-tlc-trace'],
    ['foreign', 'hello', 1, 'bad-tlc-trace'],
    ['cut', tlcFixture('simulation.txt').slice(0, 200), 14, 'bad-tlc-trace'],
    ['without states', '---- MODULE M ----\n====\n', 1, 'bad-tlc-trace'],
    ['a state lost', tlcFixture('simulation.txt').replace('STATE_2 ', 'STATE_3 '), 7, 'bad-tlc-trace'],
    ['with a bad value', tlcFixture('simulation.txt').replace('n = 1', 'n = ?'), 13, 'tla-syntax'],
  ])('refuses a file that is %s', (_, text, line, code) => {
    expect(problemOf(() => parseSimulationTrace(text))).toMatchObject({ code, line })
  })
})

import { describe, expect, it } from 'vitest'
import { printValue } from '../../../impl/lib/trace/print.ts'
import { parseSimulationTrace, parseToolTraces } from '../../../impl/lib/trace/tlc-trace.ts'
import type { Trace } from '../../../impl/lib/trace/trace.ts'
import { problemOf, tlcFixture } from '../fixture.ts'

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
    ['-difftrace', tlcFixture('difftrace.tool.txt'), 23, /other variables/],
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

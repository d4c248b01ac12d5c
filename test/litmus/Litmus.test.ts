import { describe, expect, it } from 'vitest'
import { readTests } from '../../impl/litmus/tests.ts'
import { LockstepError } from '../../impl/lib/kernel/error.ts'
import { protocolSuite } from '../suite.ts'

protocolSuite('litmus', {
  actions: 7,
  // the threads end: what they do then is nothing
  never: ['done'],
  scheduled: ['litmus/sb.tso', 'litmus/sb+rmw+po.tso', 'litmus/2+2w+wmbs.pso', 'litmus/iriw.sc'],
})

const HEAD = '---- MODULE LitmusTests ----\n(* about *)\nTests == <<\n'
const module = (test: string): string => `${HEAD}${test}\n>>\n====\n`

/** The error's message and place, for a module with one test. */
const refusal = (test: string): string => {
  try {
    readTests({ file: 'LitmusTests.tla', text: module(test) })
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error
    const { line, column, message } = error.problem
    return `${line ?? '?'}:${column ?? '?'} ${message}`
  }
  return 'accepted'
}

const test = (threads: string, outcome = '<< <<0, "r0", 0>> >>'): string =>
  `[name |-> "t",\n threads |-> << << ${threads} >> >>,\n outcome |-> ${outcome}]`

describe('litmus data', () => {
  it('that says what the machine can do is read', () => {
    expect(refusal(test('<<"W", "x", 1>>, <<"R", "y", "r0">>'))).toBe('accepted')
  })

  it.each([
    ['an unknown location', test('<<"R", "w", "r0">>'), '5:27 unknown location w; there are x, y, z'],
    ['an unknown register', test('<<"R", "x", "r7">>'), '5:32 unknown register r7; there are r0, r1'],
    ['an unknown thread', test('<<"R", "x", "r0">>', '<< <<1, "r0", 0>> >>'), '6:19 expected a thread from 0 to 0'],
    ['a register that is never set', test('<<"R", "x", "r0">>', '<< <<0, "r1", 0>> >>'), '6:17 thread 0 never sets r1'],
    ['an outcome over nothing', test('<<"R", "x", "r0">>', '<< >>'), '6:14 expected an outcome over something'],
    ['a loop', test('<<"goto", 0>>'), '5:20 unknown step; there are W, R, X, mb and wmb: no loops, no branches'],
    ['a value out of range', test('<<"W", "x", 9>>'), '5:32 expected a value from 0 to 2'],
    ['a step with too few arguments', test('<<"W", "x">>'), '5:20 expected 2 arguments, found 1'],
    [
      'a thread without steps',
      '[name |-> "t", threads |-> << << >> >>, outcome |-> << <<"x", 0>> >>]',
      '4:31 expected at least one step',
    ],
    [
      'no outcome',
      '[name |-> "t", threads |-> << << <<"mb">> >> >>]',
      '4:1 expected a record with name, threads and outcome: no outcome',
    ],
  ])('%s is refused, with its place', (_what, text, expected) => {
    expect(refusal(text)).toBe(expected)
  })

  it('a test that is given twice is refused', () => {
    const one = test('<<"R", "x", "r0">>')
    expect(refusal(`${one},\n${one}`)).toBe('7:1 the test t is given twice')
  })
})

/** `lockstep check FILE.litmus`: a user's own litmus test, under one memory model. */

import { environmentFailure, EXIT } from '../../impl/lib/kernel/error.ts'
import type { MemoryModel } from '../../impl/lib/kernel/memory/buffer.ts'
import type { Expectation } from '../../impl/lib/litmus/expected.ts'
import { expectationOf } from '../../impl/lib/litmus/expected.ts'
import { loadLitmus } from '../../impl/lib/litmus/index.ts'
import { answerJson, answerText } from '../../impl/lib/litmus/print.ts'
import type { Answer } from '../../impl/lib/litmus/run.ts'
import { LitmusRun } from '../../impl/lib/litmus/run.ts'
import { readText } from '../node/input.ts'

/** Ends a search that takes longer than this many seconds. */
const within = (seconds: number, file: string): (() => void) => {
  const until = performance.now() + seconds * 1000
  return () => {
    if (performance.now() <= until) return
    throw environmentFailure({
      code: 'timeout',
      message: `no answer within ${seconds} s`,
      file,
      hint: 'give more time with --timeout, or make the test smaller',
    })
  }
}

/** What is asked of a test. */
export interface LitmusOptions {
  readonly timeout: number
  readonly maxStates?: number | undefined
  /** is a run to be shown? */
  readonly witness?: boolean | undefined
  /** is the test's `Result:` comment to be held against the answer? */
  readonly expect?: boolean | undefined
  /** called while it is searched */
  readonly tick?: (() => void) | undefined
}

/** A test that was answered, under one memory model. */
export interface LitmusAnswer {
  readonly file: string
  readonly answer: Answer
  /** a run to a state that satisfies the condition; null if there is none, undefined if none was asked for */
  readonly witness: string | null | undefined
  /** undefined if it was not asked for, or the test says nothing */
  readonly expected: Expectation | undefined
}

/** A run that the condition is about: one that it forbids or asks for; of a `forall` one that is otherwise. */
const witnessOf = async (run: LitmusRun, { test }: Answer): Promise<string | null> => {
  const witness = run.witness(test.condition.quantifier !== 'forall')
  if (witness === undefined) return null
  const { witnessText } = await import('../../impl/lib/litmus/witness.ts')
  return witnessText(test, witness)
}

/**
 * Runs a test.
 * @throws LockstepError (exit 2) what is wrong with it, (exit 3) `timeout`, `litmus-too-many-states`
 */
export const answerLitmus = async (
  file: string,
  memory: MemoryModel,
  { timeout, maxStates, witness, expect, tick }: LitmusOptions,
): Promise<LitmusAnswer> => {
  // the parser is made ready while the file is read
  const [litmus, text] = await Promise.all([loadLitmus(), readText(file, 'litmus test')])
  const states = maxStates === undefined ? {} : { states: maxStates }
  const inTime = within(timeout, file)
  const ticks = (): void => {
    tick?.()
    inTime()
  }
  const run = new LitmusRun(litmus.read(text, file), memory, { tick: ticks, ...states })
  const answer = run.answer()
  return {
    file,
    answer,
    witness: witness === true ? await witnessOf(run, answer) : undefined,
    expected: expect === true ? expectationOf(answer) : undefined,
  }
}

/** Exit code of an answer: 1 where it contradicts what the test says of itself. */
export const litmusCode = ({ expected }: LitmusAnswer): number =>
  expected?.contradicts === true ? EXIT.finding : EXIT.ok

/** As `--json` has it. */
export const litmusJson = ({ file, answer, witness, expected }: LitmusAnswer): object => ({
  file,
  ...answerJson(answer),
  ...(witness === undefined ? {} : { witness }),
  ...(expected === undefined ? {} : { expected }),
})

const expectationText = ({ said, found, contradicts }: Expectation): string => {
  if (contradicts) return `UNEXPECTED: the test says ${said}, and it is ${found}`
  return said === found
    ? `as the test says: ${said}`
    : `the test says ${said} of all architectures; here ${found}, which is no contradiction`
}

/** An answer as it is said: plain values. */
export interface LitmusRow {
  readonly code: number
  readonly json: object
  readonly text: string
}

/**
 * Runs a test, and says it.
 * @throws LockstepError as {@link answerLitmus}
 */
export const litmusRow = async (file: string, memory: MemoryModel, options: LitmusOptions): Promise<LitmusRow> => {
  const answer = await answerLitmus(file, memory, options)
  return { code: litmusCode(answer), json: litmusJson(answer), text: litmusText(answer) }
}

/** For people. */
export const litmusText = ({ answer, witness, expected }: LitmusAnswer): string =>
  [
    answerText(answer),
    ...(expected === undefined ? [] : [expectationText(expected)]),
    ...(witness === undefined ? [] : ['', witness ?? 'no run ends so']),
  ].join('\n')

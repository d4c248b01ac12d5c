/** Real output of TLC 2.18, cut down to what a test needs; and how a bad input is expected to be refused. */

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Problem } from '../../impl/lib/kernel/error.ts'
import { LockstepError } from '../../impl/lib/kernel/error.ts'

export const tlcFixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/tlc/${name}`, import.meta.url), 'utf8')

const refusal = (thrown: unknown): Problem => {
  expect(thrown).toBeInstanceOf(LockstepError)
  if (!(thrown instanceof LockstepError)) throw thrown
  expect(thrown.exit).toBe(2)
  expect(thrown.problem.hint).toBeTruthy()
  return thrown.problem
}

/** The problem that a call reports as bad input (exit code 2, with a hint). */
export const problemOf = (run: () => unknown): Problem => {
  let value: unknown
  try {
    value = run()
  } catch (thrown) {
    return refusal(thrown)
  }
  throw new Error(`accepted, with the result ${String(value)}`)
}

/** `problemOf` for a promise. */
export const problemOfAsync = async (promise: Promise<unknown>): Promise<Problem> => {
  let value: unknown
  try {
    value = await promise
  } catch (thrown) {
    return refusal(thrown)
  }
  throw new Error(`accepted, with the result ${JSON.stringify(value)}`)
}

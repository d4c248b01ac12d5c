/**
 * Litmus tests of a command that has many, answered ahead of their turn by a second thread: the first begins at the front, the second at the
 * end, and each test is taken by one of them. What is said, and in what order, is as without it.
 */

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Problem } from '../impl/lib/kernel/error.ts'
import { LockstepError } from '../impl/lib/kernel/error.ts'
import type { AskedTest } from './commands/check-files.ts'
import type { LitmusOptions, LitmusRow } from './commands/litmus.ts'

/** Answers tests, or knows the answers. */
export type AnswerTest = (index: number) => Promise<LitmusRow>

/** What the second thread is told. */
export interface AheadStart {
  readonly asked: readonly AskedTest[]
  readonly options: Omit<LitmusOptions, 'tick'>
  /** of each test: was it taken? */
  readonly taken: SharedArrayBuffer
}

/** What it says of a test: the answer, or what the test was refused for. */
export type Told = { readonly index: number } & (
  { readonly row: LitmusRow } | { readonly problem: Problem; readonly exit: LockstepError['exit'] }
)

/** Fewer are answered before a thread has loaded what it needs. */
const WORTH_IT = 24

/** Takes a test, if nobody has. */
export const takes = (taken: Int32Array, index: number): boolean => Atomics.compareExchange(taken, index, 0, 1) === 0

/** What the second thread has said, or will say. */
class Answers {
  private readonly promises: readonly Promise<LitmusRow>[]
  private readonly settle: ((row: LitmusRow) => void)[] = []
  private readonly refuse: ((error: Error) => void)[] = []

  constructor(count: number, worker: Worker) {
    this.promises = Array.from({ length: count }, () => {
      const promise = new Promise<LitmusRow>((resolve, reject) => {
        this.settle.push(resolve)
        this.refuse.push(reject)
      })
      // nobody waits for those of which nothing is asked any more
      promise.catch(() => undefined)
      return promise
    })
    worker.on('message', (told: Told) => {
      if ('row' in told) this.settle[told.index]?.(told.row)
      else this.refuse[told.index]?.(new LockstepError(told.problem, told.exit))
    })
    const end = (error: Error): void => {
      for (const refuse of this.refuse) refuse(error)
    }
    worker.once('error', end)
    worker.once('exit', () => {
      end(new Error('the second thread has ended'))
    })
  }

  of(index: number): Promise<LitmusRow> {
    const promise = this.promises[index]
    if (promise === undefined) throw new RangeError(`no test ${index}`)
    return promise
  }
}

/** How they are answered: those that are not asked for by then by another thread. */
export const answeredAhead = (
  asked: readonly AskedTest[],
  options: AheadStart['options'],
  here: (test: AskedTest) => Promise<LitmusRow>,
  {
    start = (workerData) => new Worker(new URL('./ahead-thread.mjs', import.meta.url), { workerData }),
  }: {
    readonly start?: (workerData: AheadStart) => Worker
  } = {},
): AnswerTest => {
  const one = (index: number): Promise<LitmusRow> => {
    const test = asked[index]
    if (test === undefined) throw new RangeError(`no test ${index}`)
    return here(test)
  }
  if (asked.length < WORTH_IT || availableParallelism() === 1) return one
  const buffer = new SharedArrayBuffer(4 * asked.length)
  const taken = new Int32Array(buffer)
  const answers = new Answers(asked.length, start({ asked, options, taken: buffer }))
  return (index) => (takes(taken, index) ? one(index) : answers.of(index))
}

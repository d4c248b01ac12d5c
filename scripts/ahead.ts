/**
 * Litmus tests of a command that has many, answered ahead of their turn by other threads: the first begins at the front, the others at the
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

/** What another thread is told. */
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

/** Threads that are worth it, this one among them, unless somebody says how many. */
const threadsFor = (count: number): number => (count < WORTH_IT ? 1 : Math.min(2, availableParallelism()))

/** Takes a test, if nobody has. */
export const takes = (taken: Int32Array, index: number): boolean => Atomics.compareExchange(taken, index, 0, 1) === 0

/** What the other threads have said, or will say. */
class Answers {
  private readonly promises: readonly Promise<LitmusRow>[]
  private readonly settle: ((row: LitmusRow) => void)[] = []
  private readonly refuse: ((error: Error) => void)[] = []

  constructor(count: number, workers: readonly Worker[]) {
    this.promises = Array.from({ length: count }, () => {
      const promise = new Promise<LitmusRow>((resolve, reject) => {
        this.settle.push(resolve)
        this.refuse.push(reject)
      })
      // nobody waits for those of which nothing is asked any more
      promise.catch(() => undefined)
      return promise
    })
    let running = workers.length
    const end = (error: Error): void => {
      for (const refuse of this.refuse) refuse(error)
    }
    for (const worker of workers) {
      worker.on('message', (told: Told) => {
        if ('row' in told) this.settle[told.index]?.(told.row)
        else this.refuse[told.index]?.(new LockstepError(told.problem, told.exit))
      })
      worker.once('error', end)
      worker.once('exit', () => {
        running -= 1
        if (running === 0) end(new Error('the other threads have ended'))
      })
    }
  }

  of(index: number): Promise<LitmusRow> {
    const promise = this.promises[index]
    if (promise === undefined) throw new RangeError(`no test ${index}`)
    return promise
  }
}

/** How they are answered: those that are not asked for by then by another thread; `workers`: threads, this one among them. */
export const answeredAhead = (
  asked: readonly AskedTest[],
  options: AheadStart['options'],
  here: (test: AskedTest) => Promise<LitmusRow>,
  workers: number = threadsFor(asked.length),
): AnswerTest => {
  const one = (index: number): Promise<LitmusRow> => {
    const test = asked[index]
    if (test === undefined) throw new RangeError(`no test ${index}`)
    return here(test)
  }
  const others = Math.min(workers, asked.length) - 1
  if (others < 1) return one
  const buffer = new SharedArrayBuffer(4 * asked.length)
  const taken = new Int32Array(buffer)
  const workerData: AheadStart = { asked, options, taken: buffer }
  const start = (): Worker => new Worker(new URL('./ahead-thread.mjs', import.meta.url), { workerData })
  const answers = new Answers(asked.length, Array.from({ length: others }, start))
  return (index) => (takes(taken, index) ? one(index) : answers.of(index))
}

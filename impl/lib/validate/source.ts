/**
 * The lines of a log in batches, since one `await` a line would cost more than all else, as long as somebody is willing to
 * wait for the next one.
 */

/** Lines that follow each other, without their ends. */
export interface Lines {
  /** number of the first one, from 1 */
  readonly firstLine: number
  readonly lines: readonly string[]
  /** the same as UTF-8 with line ends between them, `\n` or `\r\n`, and none after the last; where that is how they came */
  readonly bytes?: Uint8Array
}

/** Batches, which may come at once or when there are some. */
export type Batches = AsyncIterable<Lines> | Iterable<Lines>

/** The longest that a timer of Node waits, in milliseconds; one that is set to longer ends at once. */
const LONGEST_TIMER = 2 ** 31 - 1

async function* each(batches: Batches): AsyncGenerator<Lines> {
  yield* batches
}

/** A promise, or `late` if it takes longer than so many milliseconds. */
const within = <T>(promise: Promise<T>, ms: number): Promise<T | 'late'> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, Math.min(LONGEST_TIMER, Math.max(0, ms)), 'late')
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer)
    })
  })

/** Reads batches one by one. */
export class Source {
  private readonly iterator: AsyncIterator<Lines>
  private readonly stop: (() => void) | undefined

  /** `stop` ends a read that waits for input. */
  constructor(batches: Batches, stop?: () => void) {
    this.iterator = each(batches)[Symbol.asyncIterator]()
    this.stop = stop
  }

  /** The next batch, `end` if there is none, `late` if there is none before `until`, a time of performance.now(). */
  async next(until: number): Promise<Lines | 'end' | 'late'> {
    const next = this.iterator.next()
    const result = until === Infinity ? await next : await within(next, until - performance.now())
    if (result === 'late') return 'late'
    return result.done === true ? 'end' : result.value
  }

  /** No more is wanted; a read that is under way is not waited for. */
  close(): void {
    this.stop?.()
    this.iterator.return?.().catch(() => undefined)
  }
}

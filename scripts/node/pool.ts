/** Runs tasks a few at a time, results in order. */

/** At most `size` tasks at once; the first failure stops new ones and is thrown. */
export const pool = async <T, R>(items: readonly T[], size: number, task: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++
      results[i] = await task(items[i] as T)
    }
  }
  await Promise.all(Array.from({ length: Math.min(size, items.length) }, worker))
  return results
}

/** Lets a few run at a time; the others wait for their turn, first come, first served. */
export class Slots {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(size: number) {
    this.free = size
  }

  async run<R>(task: () => Promise<R>): Promise<R> {
    if (this.free > 0) this.free -= 1
    // whoever ends hands its slot on, so that nobody gets in between
    else await new Promise<void>((resolve) => this.waiting.push(resolve))
    try {
      return await task()
    } finally {
      const next = this.waiting.shift()
      if (next === undefined) this.free += 1
      else next()
    }
  }
}

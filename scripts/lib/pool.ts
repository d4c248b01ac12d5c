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

/** A log that is held against several designs: read once, and kept. */

import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Lines } from '../../impl/lib/validate/source.ts'
import { Source } from '../../impl/lib/validate/source.ts'
import { openLog } from './lines.ts'

/** Most characters of a log that is held against several designs: it has to be kept. */
const MOST_KEPT = 256 * 2 ** 20

/** What was read of a log. */
export interface Kept {
  readonly batches: readonly Lines[]
  readonly lines: number
  /** why it is not the whole log */
  readonly cut?: 'timeout' | 'signal'
}

/**
 * Reads a log to its end, for at most `timeout` seconds.
 * @throws LockstepError (exit 2) `too-large`, or what is wrong with the file
 */
export const keep = async (file: string, signal: AbortSignal, timeout: number): Promise<Kept> => {
  const log = openLog(file, signal)
  const source = new Source(log.batches, log.stop)
  const until = performance.now() + timeout * 1000
  const batches: Lines[] = []
  let [size, lines] = [0, 0]
  try {
    for (;;) {
      const batch = await source.next(until)
      if (signal.aborted) return { batches, lines, cut: 'signal' }
      if (batch === 'end') return { batches, lines }
      if (batch === 'late' || performance.now() > until) return { batches, lines, cut: 'timeout' }
      batches.push(batch)
      lines += batch.lines.length
      size += batch.lines.reduce((n, line) => n + line.length + 1, 0)
      if (size > MOST_KEPT) {
        throw badInput({
          code: 'too-large',
          message: `--design any keeps the log, and this one has more than ${MOST_KEPT / 2 ** 20} MiB`,
          file,
          hint: 'validate a part of it, or name the design',
        })
      }
    }
  } finally {
    source.close()
  }
}

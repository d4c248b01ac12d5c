/** Threads of machines that are small enough to be decided by hand. */

import type { Program, Thread } from '../../../../impl/lib/kernel/design.ts'
import { thread } from '../../../../impl/lib/kernel/design.ts'

/** A thread without locals. */
export const cpu = (id: number, program: () => Program): Thread =>
  thread({ id: ['cpu', id], frame: {}, initial: {}, program })

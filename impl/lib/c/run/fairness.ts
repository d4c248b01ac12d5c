/**
 * What is promised of a C program's scheduler: every thread goes on as long as it can, and its stores become visible. That an
 * interrupt comes is not, unless it waits for something that is there: its handler goes on once it runs. Linux's spin
 * locks are queued and its mutexes hand over, so that others who come and go keep nobody out of one for ever: that is strong fairness.
 */

import type { EnvironmentAction, Fairness } from '../../kernel/language/machine.ts'
import { weakFairness } from '../../kernel/memory/machine.ts'
import type { CThreadCode, RunningThread } from './thread.ts'

/** Some labels, of which not each need be reached: it names none of them by itself, so that none is looked for. */
class Among extends Set<string> {
  private readonly labels: ReadonlySet<string>

  constructor(labels: Iterable<string>) {
    super()
    this.labels = new Set(labels)
  }

  override has(label: string): boolean {
    return this.labels.has(label)
  }
}

/** What an interrupt's coming is to fairness: an action of the world, unless something has asked for it. */
const arrivals = ({ id, source, code }: RunningThread): EnvironmentAction[] =>
  source.kind === 'interrupt' && code.arrival === undefined
    ? [{ label: code.first.label, thread: id, what: 'an interrupt', exec: () => undefined }]
    : []

/** Labels of the steps of a thread that wait for a lock. */
export const fairWaits = (code: CThreadCode): readonly string[] => code.waitsFor('LockHeld')

/** Of all threads of a program. */
export const fairnessOf = (
  threads: readonly RunningThread[],
  environment: readonly EnvironmentAction[],
): Fairness[] => [
  ...weakFairness(
    threads.map(({ id }) => id),
    [...environment, ...threads.flatMap(arrivals)],
  ),
  ...threads.flatMap(({ id, code }): Fairness[] => {
    const labels = new Among(fairWaits(code))
    return code.canWait('LockHeld') ? [{ thread: id, labels, strong: true }] : []
  }),
]

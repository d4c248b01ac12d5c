/** Programs as threads that are asked for a step where some interleaving gets there: each is run again from its start. */

import type { LazyNode, LazyThread } from '../../../../impl/lib/kernel/explore/lazy-thread.ts'
import type { Machine } from '../../../../impl/lib/kernel/language/machine.ts'
import { DEFAULT_LIMITS, Replayer } from '../../../../impl/lib/kernel/machine/replay.ts'

class ReplayedThread implements LazyThread {
  private readonly replayer: Replayer
  /** results that led to each node */
  private readonly histories = new Map<LazyNode, readonly unknown[]>()
  readonly first: LazyNode

  constructor(machine: Machine, index: number) {
    const thread = machine.threads[index]
    if (thread === undefined) throw new RangeError(`no thread ${index}`)
    this.replayer = new Replayer(thread, index, DEFAULT_LIMITS)
    this.first = this.node([])
  }

  get fields(): readonly string[] {
    return this.replayer.fields
  }

  get domains(): LazyThread['domains'] {
    return this.replayer.domains
  }

  readonly next = (node: LazyNode, result: unknown): LazyNode =>
    this.node([...(this.histories.get(node) ?? []), result])

  private node(history: readonly unknown[]): LazyNode {
    const { op, frame } = this.replayer.replay(history)
    const node = { label: op.label, op, frame }
    this.histories.set(node, history)
    return node
  }
}

/** The threads of a machine, for a discovery. */
export const replayedThreads = (machine: Machine): LazyThread[] =>
  machine.threads.map((_, i) => new ReplayedThread(machine, i))

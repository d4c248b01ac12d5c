/**
 * A thread of a machine as a live run needs it: the automaton that the compiler made of its program, and at each node
 * the op that the program yields there, which has the access as data. Nothing is written twice: the ops come from running
 * the program itself.
 */

import type { Automaton, Compiled } from '../kernel/machine/automaton.ts'
import type { Op, Thread } from '../kernel/language/program.ts'
import { threadName } from '../kernel/language/program.ts'
import type { Decision, LiveScenario } from './scenario.ts'
import { outcomesOf } from '../kernel/machine/step-tree.ts'
import { resultKey } from '../kernel/machine/step-tree.ts'

/** One thread of a scenario. */
export interface LiveThread {
  readonly name: string
  /** index into the machine's threads */
  readonly thread: number
  readonly automaton: Automaton
  /** the op at each node */
  readonly ops: readonly Op[]
  /** it stops when it comes to one of these labels */
  readonly stops: ReadonlySet<string>
  readonly decide: Readonly<Record<string, Decision>>
  /** cells that are history and not in memory */
  readonly history: ReadonlySet<number>
}

/** All the results that a step can have, in the order of the automaton; a log entry is a place in it, from 1. */
export const alternatives = ({ automaton }: LiveThread, node: number): readonly string[] => [
  ...(automaton.nodes[node]?.next.keys() ?? []),
]

const replayed = (thread: Thread, history: readonly unknown[]): Op => {
  const program = thread.program({ ...thread.initial })
  const turn = history.reduce((_, result) => program.next(result), program.next())
  if ((turn as { done?: boolean }).done === true) throw new Error(`${threadName(thread.id)}: the program ends`)
  return (turn as { value: Op }).value
}

/** The op at each node, from running the program along one way that leads there. */
const opsOf = (thread: Thread, { nodes }: Automaton): Op[] => {
  const histories: (readonly unknown[] | undefined)[] = nodes.map(() => undefined)
  histories[0] = []
  const queue = [0]
  for (const id of queue) {
    const node = nodes[id]
    if (node === undefined) continue
    for (const outcome of outcomesOf(node.tree)) {
      const next = node.next.get(resultKey(outcome.result)) ?? -1
      if (histories[next] !== undefined) continue
      histories[next] = [...(histories[id] ?? []), outcome.result]
      queue.push(next)
    }
  }
  return nodes.map(({ label }, id) => {
    const op = replayed(thread, histories[id] ?? [])
    if (op.label !== label) throw new Error(`${threadName(thread.id)} at ${label}: the program is at ${op.label}`)
    return op
  })
}

/** A thread of a compiled machine, by its name. The machine must be one without store buffers: the hardware has them. */
export const liveThread = ({ machine, automata }: Compiled, scenario: LiveScenario, name: string): LiveThread => {
  const thread = machine.threads.findIndex(({ id }) => threadName(id) === name)
  const [definition, automaton] = [machine.threads[thread], automata[thread]]
  if (definition === undefined || automaton === undefined) throw new RangeError(`no thread ${name}`)
  const { stops, decide } = scenario
  const { cells } = machine.shared
  const history = new Set(cells.flatMap(({ variable }, i) => (scenario.history.has(variable) ? [i] : [])))
  return { name, thread, automaton, ops: opsOf(definition, automaton), stops, decide, history }
}

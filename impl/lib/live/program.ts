/**
 * A thread of a machine as a live run needs it: the automaton that the compiler made of its program, whose nodes have the ops
 * that the program yields, which have the accesses as data. Nothing is written twice.
 */

import type { Automaton, Compiled } from '../kernel/machine/automaton.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { Decision, LiveScenario } from '../protocol/live-scenario.ts'

/** One thread of a scenario. */
export interface LiveThread {
  readonly name: string
  /** index into the machine's threads */
  readonly thread: number
  readonly automaton: Automaton
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

/** A thread of a compiled machine, by its name. The machine must be one without store buffers: the hardware has them. */
export const liveThread = ({ machine, automata }: Compiled, scenario: LiveScenario, name: string): LiveThread => {
  const thread = machine.threads.findIndex(({ id }) => threadName(id) === name)
  const automaton = automata[thread]
  if (automaton === undefined) throw new RangeError(`no thread ${name}`)
  const { stops, decide = {} } = scenario
  const { cells } = machine.shared
  const history = new Set(cells.flatMap(({ variable }, i) => (scenario.history?.has(variable) === true ? [i] : [])))
  return { name, thread, automaton, stops, decide, history }
}

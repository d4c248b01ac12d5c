/** Where a thread of a C program is in a state: its next step, and the calls that it is in. */

import { at } from '../../kernel/at.ts'
import type { ProgramNode } from '../../kernel/machine/automaton.ts'
import type { Graph } from '../../kernel/explore/graph.ts'
import { StateSchema } from '../../kernel/machine/state-schema.ts'
import type { CProgram, Site, Target } from '../program/ir.ts'
import type { Place } from '../syntax/source.ts'
import type { CMachine } from '../run/machine.ts'
import type { RunningThread } from '../run/thread.ts'

/** A thread at a node of its automaton. */
export interface Standing {
  readonly index: number
  readonly thread: RunningThread
  readonly node: ProgramNode
  /** its locals */
  readonly frame: Readonly<Record<string, unknown>>
}

/** Where the threads of a machine are in a state of its graph. */
export const standingsIn = ({ threads }: CMachine, graph: Graph, state: number): readonly Standing[] => {
  const schema = new StateSchema(graph.kernel)
  return threads.map((thread, index): Standing => {
    const node = schema.nodeOf(graph.states, state * graph.kernel.layout.words, index)
    const { fields, domains } = at(graph.kernel.compiled.automata, index)
    const frame = Object.fromEntries(fields.map((field, i) => [field, at(domains, i).values[at(node.frame, i)]]))
    return { index, thread, node, frame }
  })
}

/** The step that a label stands for. */
export const siteOf = ({ program }: CMachine, label: string): Site | undefined => {
  const found = program.instructions.find((i) => 'site' in i && i.site.label === label)
  return found !== undefined && 'site' in found ? found.site : undefined
}

const functionAt = ({ functions }: CProgram, target: Target): string | undefined =>
  [...functions.values()].find(({ entry, end }) => entry <= target && target < end)?.name

/** The calls that a thread is in, the innermost first. */
export const callersOf = (
  { program }: CMachine,
  { frame }: Standing,
  from: string,
): readonly { readonly function: string; readonly at: Place }[] => {
  const calls: { function: string; at: Place }[] = []
  for (let name = from; calls.length < program.functions.size;) {
    const link = program.functions.get(name)?.link
    const call = link === undefined ? undefined : frame[at(program.registers, link).name]
    const instruction = typeof call === 'number' ? program.instructions[call] : undefined
    const caller = typeof call === 'number' ? functionAt(program, call) : undefined
    if (instruction?.kind !== 'call' || caller === undefined) break
    calls.push({ function: caller, at: instruction.at })
    name = caller
  }
  return calls
}

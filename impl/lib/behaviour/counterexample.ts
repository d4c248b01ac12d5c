/** A behaviour as people and files have it: steps with who took them, what they accessed, and the state after. */

import type { StepInfo } from '../kernel/machine/tables.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { pathTo } from '../kernel/explore/graph.ts'
import type { Lasso } from '../kernel/explore/liveness.ts'
import type { Access, OpKind, StepWords } from '../kernel/language/op.ts'
import type { Machine, ThreadId } from '../kernel/language/machine.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { key } from '../kernel/language/value.ts'
import type { View } from '../tla/state-codec.ts'

/** A location as the specification has it: a shared variable, or an element of one. */
export interface SpecLocation {
  readonly variable: string
  readonly argument: TlaValue | undefined
}

/** How C writes the shared variables, by name and by the key of the argument (empty for none); plain data, fit to be sent. */
export type NamesInC = ReadonlyMap<string, ReadonlyMap<string, string>>

/** One step of a behaviour. */
export interface BehaviourStep {
  /** action of the specification, named for the C function and its step */
  readonly action: string
  /** whose step it is; for an environment action whom it happens to */
  readonly thread: ThreadId
  /** true for a step of the world */
  readonly environment: boolean
  readonly kind: OpKind
  /** what is accessed, in C, e.g. `f0->suspended` */
  readonly what: string
  readonly words: StepWords | undefined
  /** what it does to memory; undefined for a step of one's own */
  readonly access: Access['op'] | undefined
  /** the location that it accesses, if it is one */
  readonly location: SpecLocation | undefined
  /** what a store or a locked store puts there */
  readonly stored: TlaValue | undefined
  /** what a cmpxchg() compares with */
  readonly compared: TlaValue | undefined
  /** what the access returned; undefined where it returns nothing */
  readonly result: unknown
  /** the state after the step */
  readonly state: ReadonlyMap<string, TlaValue>
}

/** A behaviour from an initial state. */
export interface Behaviour {
  readonly initial: ReadonlyMap<string, TlaValue>
  readonly steps: readonly BehaviourStep[]
  /**
   * index into the states (0 is the initial one) that follows the last one; the last index itself for stuttering;
   * undefined for a finite behaviour
   */
  readonly loop: number | undefined
  /** of the variables that the C code has */
  readonly names: NamesInC
}

/** Packed states of a machine, of a graph or of one path. */
type States = Pick<Graph, 'kernel' | 'states'>

const stepOf = (graph: States, info: StepInfo, state: ReadonlyMap<string, TlaValue>): BehaviourStep => {
  const { actions, compiled } = graph.kernel
  const thread = compiled.machine.threads[info.thread]
  if (thread === undefined) throw new RangeError('step of no thread')
  const { kind, what, words, access, cell, stored, compared, result } = info
  const location = cell === undefined ? undefined : compiled.machine.shared.cells[cell]
  return {
    action: actions[info.action] ?? '',
    thread: thread.id,
    environment: info.environment >= 0,
    kind,
    what,
    words,
    access,
    location: location && { variable: location.variable, argument: location.argument },
    stored,
    compared,
    result,
    state,
  }
}

/** How C writes the variables of a machine. */
export const namesInC = ({ cells }: Machine['shared']): NamesInC => {
  const names = new Map<string, Map<string, string>>()
  for (const { variable, argument, inC } of cells) {
    if (inC === undefined) continue
    const of = names.get(variable) ?? new Map<string, string>()
    names.set(variable, of.set(argument === undefined ? '' : key(argument), inC))
  }
  return names
}

/** A path through a graph as a behaviour; the first element has step -1. */
export const behaviourOf = (
  graph: States,
  view: View,
  path: readonly { readonly state: number; readonly step: number }[],
  loop?: number,
): Behaviour => {
  const states = path.map(({ state }) => view.decode(graph.states, state * graph.kernel.layout.words))
  const steps = path.slice(1).map(({ step }, i) => {
    const info = graph.kernel.steps[step]
    const state = states[i + 1]
    if (info === undefined || state === undefined) throw new RangeError('path with an unknown step')
    return stepOf(graph, info, state)
  })
  const names = namesInC(graph.kernel.compiled.machine.shared)
  return { initial: states[0] ?? new Map<string, TlaValue>(), steps, loop, names }
}

/** The shortest behaviour that ends in a state. */
export const shortestTo = (graph: Graph, view: View, state: number): Behaviour =>
  behaviourOf(graph, view, pathTo(graph, state))

/** A behaviour that goes on for ever. The state after the loop's last step is `loop` again. */
export const lassoBehaviour = (graph: Graph, view: View, lasso: Lasso): Behaviour =>
  behaviourOf(graph, view, lasso.path, lasso.loop)

/** What is wrong in the last state, where there is more to say than the property's name. */
export interface Ending {
  /** e.g. `stuck` */
  readonly title: string
  /** threads that cannot go on */
  readonly blocked: readonly ThreadId[]
  /** paragraphs */
  readonly lines: readonly string[]
}

/** What a counterexample is a counterexample to. */
export interface Counterexample {
  readonly model: string
  readonly property: string
  readonly kind: 'invariant' | 'liveness' | 'deadlock' | 'possibility'
  readonly behaviour: Behaviour
  /** toggles each of which, switched in this model, makes the property hold; empty if none does */
  readonly preventedBy: readonly string[]
  readonly ending?: Ending | undefined
}

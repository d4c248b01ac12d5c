/** A behaviour as people and files have it: steps with who took them, what they accessed, and the state after. */

import type { StepInfo } from '../kernel/machine/tables.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { pathTo } from '../kernel/explore/graph.ts'
import type { Lasso } from '../kernel/explore/liveness.ts'
import type { OpKind } from '../kernel/language/op.ts'
import type { ThreadId } from '../kernel/language/machine.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import type { View } from '../tla/state-codec.ts'

/** One step of a behaviour. */
export interface BehaviourStep {
  /** action of the specification, named for the C function and its step */
  readonly action: string
  /** whose step it is; for an environment action whom it happens to */
  readonly thread: ThreadId
  /** true for a step of the world */
  readonly environment: boolean
  readonly kind: OpKind
  /** what is accessed, e.g. `suspended[0]` */
  readonly what: string
  /** what a store or a locked store puts there */
  readonly stored: TlaValue | undefined
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
}

const stepOf = (graph: Graph, info: StepInfo, state: ReadonlyMap<string, TlaValue>): BehaviourStep => {
  const { actions, compiled } = graph.kernel
  const thread = compiled.machine.threads[info.thread]
  if (thread === undefined) throw new RangeError('step of no thread')
  const { kind, what, stored, result } = info
  return {
    action: actions[info.action] ?? '',
    thread: thread.id,
    environment: info.environment >= 0,
    kind,
    what,
    stored,
    result,
    state,
  }
}

/** A path through a graph as a behaviour; the first element has step -1. */
export const behaviourOf = (
  graph: Graph,
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
  return { initial: states[0] ?? new Map<string, TlaValue>(), steps, loop }
}

/** The shortest behaviour that ends in a state. */
export const shortestTo = (graph: Graph, view: View, state: number): Behaviour =>
  behaviourOf(graph, view, pathTo(graph, state))

/** A behaviour that goes on for ever. The state after the loop's last step is `loop` again. */
export const lassoBehaviour = (graph: Graph, view: View, lasso: Lasso): Behaviour =>
  behaviourOf(graph, view, lasso.path, lasso.loop)

/** What a counterexample is a counterexample to. */
export interface Counterexample {
  readonly model: string
  readonly property: string
  readonly kind: 'invariant' | 'liveness' | 'deadlock'
  readonly behaviour: Behaviour
  /** toggles each of which, switched in this model, makes the property hold; empty if none does */
  readonly preventedBy: readonly string[]
}

/**
 * Does a behaviour that goes on for ever (a lasso) break a property, as a trace claims that it does? Asked of the machine. The
 * lassos that liveness.ts finds are checked here too, so the two share nothing but how a graph's edges are kept.
 */

import { compilePredicate, evaluate } from '../kernel/machine/predicate.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import type { Fairness, LeadsTo } from '../kernel/language/machine.ts'
import { sameThread, threadName } from '../kernel/language/machine.ts'
import type { Successor } from './replay.ts'
import { successors } from './replay.ts'

/** States of a graph, the action that led to each if it is known, and where the cycle begins; the last index to stay there for ever. */
export interface Going {
  readonly states: readonly number[]
  readonly actions: readonly (string | undefined)[]
  readonly loop: number
}

/** Steps that change the state: fairness speaks of no others. */
const changesFrom = (graph: Graph, state: number): Successor[] =>
  successors(graph, state, 'a verdict on a behaviour').filter((step) => step.state !== state)

/** The cycle: its states, and the steps that may have been taken in it. A last state that repeats the first is the first. */
const cycleOf = (graph: Graph, { states, actions, loop }: Going): { round: readonly number[]; taken: Successor[] } => {
  const tail = states.slice(loop)
  const repeats = tail.length > 1 && tail.at(-1) === tail[0]
  const round = repeats ? tail.slice(0, -1) : tail
  const taken = round.flatMap((state, i) => {
    const next = round[(i + 1) % round.length]
    // the step back to the first has a name where the state is there again
    const action = i + 1 < round.length || repeats ? actions[loop + i + 1] : undefined
    return changesFrom(graph, state).filter(
      (edge) => edge.state === next && (action === undefined || action === '' || edge.action === action),
    )
  })
  return { round, taken }
}

/** A fairness condition that the cycle does not meet. */
const unmet = (graph: Graph, going: Going): Fairness | undefined => {
  const { threads, fairness } = graph.kernel.compiled.machine
  const { round, taken } = cycleOf(graph, going)
  const steps = round.map((state) => changesFrom(graph, state))
  return fairness.find(({ thread, labels, strong }) => {
    const isOf = (edge: Successor): boolean => {
      const id = threads[edge.thread]?.id
      return id !== undefined && sameThread(id, thread) && labels.has(edge.action)
    }
    if (taken.some(isOf)) return false
    const enabled = steps.map((edges) => edges.some(isOf))
    return strong === true ? enabled.includes(true) : !enabled.includes(false)
  })
}

/** Is the property's `to` avoided for good after a state where its `from` holds, in one of its instances? */
const avoids = (graph: Graph, { instances }: LeadsTo, { states, loop }: Going): boolean => {
  const { kernel } = graph
  const W = kernel.layout.words
  return instances.some(({ from, to, eventuallyAlways }) => {
    const holds = (condition: typeof from): ((state: number) => boolean) => {
      const predicate = compilePredicate(kernel, condition)
      return (state) => evaluate(predicate, graph.states, state * W)
    }
    const reached = holds(to)
    const last = states.findLastIndex((state) => reached(state))
    if (last >= loop || !states.slice(last + 1).some(holds(from))) return false
    return eventuallyAlways === undefined || states.slice(loop).every(holds(eventuallyAlways))
  })
}

/** Why a behaviour of the machine does not break a property; undefined if it does. */
export const whyNotBroken = (graph: Graph, property: LeadsTo, going: Going): string | undefined => {
  if (!avoids(graph, property, going))
    return `${property.name} is not broken by what goes on for ever: what it promises happens, or was never due`
  const fair = unmet(graph, going)
  if (fair === undefined) return undefined
  const often = fair.strong === true ? 'again and again' : 'all the time'
  return `what goes on for ever is not fair: ${[...fair.labels].join(' or ')} of ${threadName(fair.thread)} is possible ${often} and never happens`
}

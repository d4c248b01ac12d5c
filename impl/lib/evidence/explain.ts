/** Counterexamples of models, from the explorer: which model of a target violates a property, and by which behaviour. */

import { given } from '../kernel/given.ts'
import type { Behaviour, Counterexample } from '../behaviour/counterexample.ts'
import { behaviourOf } from '../behaviour/counterexample.ts'
import { graphOf } from '../check/explorer.ts'
import type { LockstepError } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { explore } from '../kernel/explore/explore.ts'
import { lostOf } from '../kernel/explore/possibility.ts'
import { vacuityOf } from '../kernel/explore/vacuity.ts'
import type { Way } from '../kernel/explore/violations.ts'
import { DEADLOCK, livenessOf, waysOf } from '../kernel/explore/violations.ts'
import { tla } from '../kernel/language/value.ts'
import { compile } from '../kernel/machine/compile.ts'
import { assemble } from '../kernel/machine/tables.ts'
import type { Model } from '../protocol/model.ts'
import { machineOf } from '../protocol/model.ts'
import { propertyNamed } from '../protocol/target.ts'
import { View } from '../tla/state-codec.ts'
import type { Trace } from '../tla/trace/trace.ts'

/** All violated cells of a graph with their behaviours. */
export const violationsOf = (graph: Graph, view: View): Map<string, Behaviour> =>
  new Map([...violatedWays(graph)].map(([name, { path, loop }]) => [name, behaviourOf(graph, view, path, loop)]))

/** The ways to what is violated; of a graph that is not complete those that were found. */
const violatedWays = (graph: Graph): Map<string, Way> =>
  graph.complete ? waysOf(graph, livenessOf(graph), lostOf(graph)) : waysOf(graph)

/** Is a property violated in the model with other constants? */
const violatedWith = (model: Model, toggle: string, property: string): boolean => {
  const value = model.cfg.constants.get(toggle)
  if (value?.kind !== 'bool') return true
  const constants = new Map(model.cfg.constants).set(toggle, tla.bool(!value.value))
  const machine = machineOf(model, constants)
  const graph = explore(assemble(compile(machine)), { edges: true })
  if (property === DEADLOCK) return graph.deadlock !== undefined
  return graph.violations.has(property) || lostOf(graph).has(property) || livenessOf(graph).has(property)
}

/** Toggles each of which, switched alone, makes the property hold. */
const preventing = (model: Model, property: string): string[] =>
  model.protocol.toggles.filter((toggle) => !violatedWith(model, toggle, property))

/** Counterexamples to all violated cells of a model, without the toggles that would prevent them. */
export const counterexamples = (model: Model): Map<string, Counterexample> => counterexamplesIn(model, graphOf(model))

/** The same of a graph that was explored already. */
export const counterexamplesIn = (model: Model, graph: Graph): Map<string, Counterexample> => {
  const view = new View(graph.kernel)
  const found = violatedWays(graph)
  return new Map(
    model.cells.flatMap(({ name, kind }): [string, Counterexample][] => {
      const way = found.get(name)
      if (way === undefined) return []
      const behaviour = behaviourOf(graph, view, way.path, way.loop)
      const ending = model.protocol.ending?.(graph, name, way.path)
      return [[name, { model: model.name, property: name, kind, behaviour, preventedBy: [], ...given({ ending }) }]]
    }),
  )
}

/** What a model says to a question for a counterexample. */
interface Look {
  readonly model: Model
  /** to the property, or to the first that the model violates */
  readonly cx: Counterexample | undefined
  /** all that it violates */
  readonly violated: readonly string[]
  /** where there is no counterexample: properties that hold because nothing occurs that they speak of */
  readonly vacuous: readonly string[]
}

/** Properties of a model of which no instance has anything to speak of. */
const vacuousIn = (model: Model, graph: Graph): string[] => {
  const instances = vacuityOf(graph)
  return model.cells.flatMap(({ name }) => {
    const own = instances.get(name)
    if (model.protocol.isUnsaid?.(name) === true) return []
    return own !== undefined && own.vacuous.length === own.all.length ? [name] : []
  })
}

const lookAt = (model: Model, property: string | undefined): Look => {
  const graph = graphOf(model)
  const found = counterexamplesIn(model, graph)
  const violated = [...found.keys()]
  const chosen = found.get(property ?? violated[0] ?? '')
  const cx = chosen === undefined ? undefined : { ...chosen, preventedBy: preventing(model, chosen.property) }
  return { model, cx, violated, vacuous: cx === undefined ? vacuousIn(model, graph) : [] }
}

/** `a, b and c` */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

const says = ({ vacuous }: Look, property: string | undefined): boolean =>
  property === undefined ? vacuous.length === 0 : !vacuous.includes(property)

/** What no counterexample means: that it holds, or that nothing occurs that it speaks of. */
const noCounterexample = (looks: readonly Look[], property: string | undefined): string => {
  const where = (some: readonly Look[]): string => listed(some.map(({ model }) => model.name))
  const holding = looks.filter((look) => says(look, property))
  const silent = looks.filter((look) => !says(look, property))
  const parts = [
    ...(holding.length > 0 ? [`${property ?? 'every property'} holds in ${where(holding)}`] : []),
    ...(silent.length > 0
      ? [
          property === undefined
            ? `no property is violated in ${where(silent)}`
            : `${property} is vacuous in ${where(silent)}, where nothing occurs that it speaks of`,
        ]
      : []),
  ]
  return parts.join('; ')
}

const nothingToExplain = (
  looks: readonly Look[],
  property: string | undefined,
  left: readonly Model[],
): LockstepError => {
  const others = [...new Set(looks.flatMap(({ violated }) => violated))]
  const silent = property === undefined ? [...new Set(looks.flatMap(({ vacuous }) => vacuous))] : []
  const hints = [
    ...(silent.length > 0 ? [`vacuous, so that they hold for nothing: ${silent.join(', ')}`] : []),
    others.length > 0 ? `violated there: ${others.join(', ')}` : '`lockstep list` shows which designs break what',
    ...(left.length > 0 ? [`not looked at, being tagged full: ${left.map((m) => m.name).join(', ')}`] : []),
  ]
  return badInput({
    code: 'nothing-to-explain',
    message: `${noCounterexample(looks, property)}: there is no counterexample`,
    hint: hints.join('; '),
  })
}

/** The counterexample of the first of some models that violates a property. */
export interface Explained {
  readonly model: Model
  readonly cx: Counterexample
  /** models before it in which it holds */
  readonly holds: readonly Model[]
  /** models before it in which it is vacuous; where any property is meant, in which one is */
  readonly vacuous: readonly Model[]
}

/**
 * Looks through models, in their order, for the first that violates `property`, or any property. `left` are models of
 * the same target that are not looked at.
 * @throws LockstepError (exit 2) `unknown-property`, or `nothing-to-explain` if it holds in all of them
 */
export const firstCounterexample = (
  models: readonly Model[],
  wanted: string | undefined,
  { target, left = [], onLook }: { target: string; left?: readonly Model[]; onLook?: (model: Model) => void },
): Explained => {
  const known = [...new Set(models.flatMap(({ cells }) => cells.map(({ name }) => name)))]
  const property = wanted === undefined ? undefined : propertyNamed(wanted, known, target)
  const about = models.filter(({ cells }) => property === undefined || cells.some(({ name }) => name === property))
  const looks: Look[] = []
  for (const model of about) {
    onLook?.(model)
    const look = lookAt(model, property)
    if (look.cx !== undefined) {
      const before = (speaking: boolean): Model[] =>
        looks.filter((l) => says(l, property) === speaking).map((l) => l.model)
      return { model, cx: look.cx, holds: before(true), vacuous: before(false) }
    }
    looks.push(look)
  }
  throw nothingToExplain(looks, property, left)
}

/** The counterexample to a property of a model: `property`, or the first violated cell. */
export const counterexample = (model: Model, property: string | undefined): Counterexample =>
  firstCounterexample([model], property, { target: model.name }).cx

/** A behaviour as a trace file has it. */
export const traceOf = (cx: Counterexample): Trace => {
  const { initial, steps, loop } = cx.behaviour
  return {
    meta: { model: cx.model, property: cx.property },
    vars: [...initial.keys()],
    states: [
      { values: initial },
      ...steps.map(({ action, thread, state }) => ({
        action,
        args: { thread: `${thread[0]}${thread[1]}` },
        values: state,
      })),
    ],
    ...given({ loop }),
  }
}

/** The value of a model's toggle, for diagrams; undefined for what is no toggle. */
export const toggleOf =
  (model: Model) =>
  (name: string): boolean | undefined => {
    const value = model.cfg.constants.get(name)
    return value?.kind === 'bool' ? value.value : undefined
  }

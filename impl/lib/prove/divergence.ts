/** The shortest distinguishing trace, as people and `--json` have it. */

import type { Kernel } from '../compile.ts'
import { readSlot } from '../compile.ts'
import type { Graph } from '../explore.ts'
import type { BehaviourStep } from '../counterexample.ts'
import { behaviourOf } from '../counterexample.ts'
import { printValue } from '../trace/print.ts'
import type { TlaValue } from '../trace/value.ts'
import { equal } from '../trace/value.ts'
import type { View } from '../view.ts'
import type { Blame, SourceText } from './blame.ts'
import { falseGuards, findAction, programLine, refusalLine, updatesOf, wholeAction } from './blame.ts'
import type { Difference } from './compare.ts'

type State = ReadonlyMap<string, TlaValue>

/** Values of some variables, in TLA+. */
export type Fields = Readonly<Record<string, string>>

/** Where the two graphs part, and who is to blame. */
export interface Divergence {
  /** the common path to the state where they part; empty if that is the initial state */
  readonly prefix: readonly {
    readonly action: string
    readonly args: Readonly<Record<string, string>>
    readonly state: Fields
  }[]
  /** the side that has a step (or initial state) that the other lacks */
  readonly side: 'spec' | 'impl'
  readonly action: string | null
  /** the state where they part; null for a difference of initial states */
  readonly source: Fields | null
  /** what the specification has: values of the fields that differ, null if it has no such step */
  readonly expected: Fields | null
  /** what the machine has: likewise */
  readonly actual: Fields | null
  readonly blame: readonly Blame[]
}

const fields = (state: State): Fields =>
  Object.fromEntries([...state].map(([name, value]) => [name, printValue(value)]))

/** A state with one entry per element of its functions, e.g. `pc[<<"vcpu", 0>>]`: what differs is then seen at once. */
const elements = (state: State): State =>
  new Map(
    [...state].flatMap(([name, value]): (readonly [string, TlaValue])[] =>
      value.kind === 'fun'
        ? value.entries.map(([argument, v]) => [`${name}[${printValue(argument)}]`, v] as const)
        : [[name, value]],
    ),
  )

/** The variable that an element belongs to. */
const variableOf = (element: string): string => element.replace(/\[.*$/s, '')

/** What a divergence is worked out from. */
export interface DivergenceContext {
  readonly graph: Graph
  readonly view: View
  readonly specSources: readonly SourceText[]
  readonly implSources: readonly SourceText[]
  /** evaluates a predicate of the specification in a state */
  readonly evaluate: (state: State, predicate: string) => boolean | undefined
}

const differing = (a: State, b: State): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((name) => {
    const [x, y] = [a.get(name), b.get(name)]
    return x === undefined || y === undefined || !equal(x, y)
  })

const pick = (state: State, names: readonly string[]): Fields =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = state.get(name)
      return value === undefined ? [] : [[name, printValue(value)]]
    }),
  )

/** Threads of the machine that could take the action, by where they are; and why they refuse. */
export const refusalsIn = (
  kernel: Kernel,
  states: Int32Array,
  base: number,
  action: string,
): { thread: number; label: string; reasons: readonly string[] }[] =>
  kernel.compiled.automata.flatMap((automaton, thread) => {
    if (!automaton.nodes.some(({ label }) => label === action)) return []
    const slot = kernel.layout.threads[thread]
    const id = slot === undefined ? -1 : readSlot(states, base, slot)
    const label = automaton.nodes[id]?.label ?? ''
    let position = kernel.roots[thread]?.[id] ?? -1
    while (position >= 0) {
      const word = kernel.tree[position] ?? 0
      const raw = ((states[base + word] ?? 0) >>> (kernel.tree[position + 1] ?? 0)) & (kernel.tree[position + 2] ?? 0)
      position = kernel.tree[position + 3 + raw] ?? -1
    }
    return [{ thread, label, reasons: label === action ? (kernel.refusals[~position] ?? []) : [] }]
  })

/** What an action may be given for the threads that take it, or for one of them: their ids, or the threads themselves. */
const argumentsOf = (kernel: Kernel, action: string, thread?: number): string[] => {
  const { machine, automata } = kernel.compiled
  const programs = machine.threads
    .filter((_, t) => automata[t]?.nodes.some(({ label }) => label === action))
    .map(({ id }) => id)
  const environment = machine.environment.filter(({ label }) => label === action).map(({ thread: id }) => id)
  const only = thread === undefined ? undefined : machine.threads[thread]?.id
  const all = [...programs, ...environment].filter(
    ([kind, id]) => only === undefined || (kind === only[0] && id === only[1]),
  )
  return all.flatMap(([kind, id]) => [String(id), `<<"${kind}", ${id}>>`])
}

/** What blame needs to know. */
export type BlameContext = Pick<DivergenceContext, 'specSources' | 'implSources' | 'evaluate'> & {
  readonly kernel: Kernel
}

/** The guards of the specification that keep an action, of one thread or of all, from being taken in a state. */
export const blameSpec = (context: BlameContext, action: string, source: State, thread?: number): Blame[] => {
  const definition = findAction(context.specSources, action)
  if (definition === undefined) {
    return [
      { side: 'spec', file: context.specSources.at(-1)?.file ?? '', line: 1, text: `no action ${action} is defined` },
    ]
  }
  const evaluate = (predicate: string): boolean | undefined => context.evaluate(source, predicate)
  const guards = argumentsOf(context.kernel, action, thread).flatMap((argument) =>
    falseGuards(context.specSources, definition, definition.parameters.length === 0 ? [] : [argument], evaluate),
  )
  const unique = guards.filter((g, i) => guards.findIndex((h) => h.line === g.line && h.file === g.file) === i)
  return unique.length > 0 ? unique : [wholeAction(definition, action)]
}

/** The lines of the machine that keep an action, of one thread or of all, from being taken in a packed state. */
export const blameImpl = (
  context: BlameContext,
  action: string,
  states: Int32Array,
  base: number,
  only?: number,
): Blame[] => {
  const candidates = refusalsIn(context.kernel, states, base, action).filter(
    ({ thread }) => only === undefined || thread === only,
  )
  const reasons = [...new Set(candidates.flatMap((c) => c.reasons))]
  const refused = reasons.map((why) => refusalLine(context.implSources, why)).filter((b) => b !== undefined)
  if (refused.length > 0) return refused
  const line = programLine(context.implSources, action)
  if (line !== undefined) return [line]
  const at = candidates.map((c) => programLine(context.implSources, c.label)).filter((b) => b !== undefined)
  return at.length > 0
    ? at
    : [{ side: 'impl', file: context.implSources.at(-1)?.file ?? '', line: 1, text: `no step ${action}` }]
}

/** Blames both for an action that they take differently. */
export const blameUpdate = (
  context: Pick<BlameContext, 'specSources' | 'implSources'>,
  action: string,
  names: readonly string[],
): Blame[] => {
  const definition = findAction(context.specSources, action)
  const updates = definition === undefined ? [] : updatesOf(context.specSources, definition, names)
  const spec = updates.length > 0 || definition === undefined ? updates : [wholeAction(definition, action)]
  const impl = programLine(context.implSources, action)
  return [...spec, ...(impl === undefined ? [] : [impl])]
}

const prefixStep = (step: BehaviourStep): Divergence['prefix'][number] => ({
  action: step.action,
  args: { thread: `${step.thread[0]}${step.thread[1]}` },
  state: fields(step.state),
})

/** The pair of targets, one of each side, that differ in the fewest fields; targets that both sides have are left out. */
const nearest = (
  spec: readonly State[],
  impl: readonly State[],
): { spec: State; impl: State; names: string[] } | undefined => {
  const foreignSpec = spec.filter((s) => !impl.some((i) => differing(s, i).length === 0))
  const foreignImpl = impl.filter((i) => !spec.some((s) => differing(s, i).length === 0))
  const pairs = (foreignSpec.length > 0 ? foreignSpec : spec).flatMap((s) =>
    (foreignImpl.length > 0 ? foreignImpl : impl).map((i) => ({ spec: s, impl: i, names: differing(s, i) })),
  )
  return pairs.sort((a, b) => a.names.length - b.names.length)[0]
}

/** Works out where and why two graphs part. */
export const divergenceOf = (context: DivergenceContext, difference: Difference): Divergence => {
  const { graph, view } = context
  const spec = difference.targets.spec.map(elements)
  const impl = difference.targets.impl.map(elements)
  const { side } = difference
  if (difference.action === undefined) {
    const pair = nearest(spec, impl)
    const init = findAction(context.specSources, 'Init')
    const names = (pair?.names ?? []).map(variableOf)
    const blame = init === undefined ? [] : updatesOf(context.specSources, init, names)
    const inInit = (init?.conjuncts ?? [])
      .filter(({ text }) => names.some((name) => text.startsWith(`${name} `)))
      .map(({ line, text }): Blame => ({ side: 'spec', file: init?.file ?? '', line, text }))
    const whole = init === undefined ? [] : [wholeAction(init, 'Init')]
    return {
      prefix: [],
      side,
      action: null,
      source: null,
      expected: pair === undefined ? null : pick(pair.spec, pair.names),
      actual: pair === undefined ? null : pick(pair.impl, pair.names),
      blame: [...inInit, ...blame].length > 0 ? [...inInit, ...blame] : whole,
    }
  }
  const { action } = difference
  const behaviour = behaviourOf(graph, view, difference.path)
  const sourceIndex = difference.path.at(-1)?.state ?? 0
  const base = sourceIndex * graph.kernel.layout.words
  const source = view.decode(graph.states, base)
  const blaming = { ...context, kernel: graph.kernel }
  const common = { prefix: behaviour.steps.map(prefixStep), side, action, source: fields(source) }
  const pair = nearest(spec, impl)
  if (pair !== undefined) {
    const blame = blameUpdate(context, action, pair.names.map(variableOf))
    return { ...common, expected: pick(pair.spec, pair.names), actual: pick(pair.impl, pair.names), blame }
  }
  const taken = side === 'spec' ? spec[0] : impl[0]
  const changes = taken === undefined ? null : pick(taken, differing(elements(source), taken))
  const definition = findAction(context.specSources, action)
  const taker =
    side === 'spec' ? definition && wholeAction(definition, action) : programLine(context.implSources, action)
  const other = taker === undefined ? [] : [taker]
  return side === 'spec'
    ? {
        ...common,
        expected: changes,
        actual: null,
        blame: [...blameImpl(blaming, action, graph.states, base), ...other],
      }
    : { ...common, expected: null, actual: changes, blame: [...blameSpec(blaming, action, source), ...other] }
}

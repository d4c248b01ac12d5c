/** The shortest distinguishing trace, as people and `--json` have it. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import type { BehaviourStep } from '../behaviour/counterexample.ts'
import { behaviourOf } from '../behaviour/counterexample.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { entriesOf, equal } from '../kernel/language/value.ts'
import type { View } from '../tla/state-codec.ts'
import type { Blame, SourceText } from './blame.ts'
import { aboutOf, falseGuards, findAction, unique, updatesOf, wholeAction } from './blame.ts'
import type { Locate, Packed, SourceLine } from './machine.ts'
import { declarationsOf, MachineBlame } from './machine.ts'
import type { Difference } from './compare.ts'
import { Stepper } from '../kernel/machine/stepper.ts'
import { at } from '../kernel/at.ts'

/** A state of the specification: its variables. */
export type State = ReadonlyMap<string, TlaValue>

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
    [...state].flatMap(([name, value]): (readonly [string, TlaValue])[] => {
      const entries = entriesOf(value) ?? []
      // an empty function has nothing that could be listed, but it is not nothing
      if (entries.length === 0) return [[name, value]]
      return entries.map(([argument, v]) => [`${name}[${printValue(argument)}]`, v] as const)
    }),
  )

/** The variable that an element belongs to. */
const variableOf = (element: string): string => element.replace(/\[.*$/s, '')

/** What a divergence is worked out from. */
export interface DivergenceContext {
  readonly graph: Graph
  readonly view: View
  readonly specSources: readonly SourceText[]
  readonly implSources: readonly SourceText[]
  /** finds the source of a statement that ran */
  readonly locate: Locate
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
): { thread: number; label: string; reasons: readonly string[] }[] => {
  const stepper = new Stepper(kernel)
  return kernel.compiled.automata.flatMap(({ nodes }, thread) => {
    if (!nodes.some(({ label }) => label === action)) return []
    const { label } = at(nodes, readSlot(states, base, at(kernel.layout.threads, thread)))
    const reasons = label === action ? at(kernel.refusals, stepper.leafOf(states, base, thread)) : []
    return [{ thread, label, reasons }]
  })
}

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
export type BlameContext = Pick<DivergenceContext, 'specSources' | 'implSources' | 'locate' | 'evaluate'> & {
  readonly kernel: Kernel
}

/** The guards of the specification that keep an action, of one thread or of all, from being taken in a state. */
export const blameSpec = (context: BlameContext, action: string, source: State, thread?: number): Blame[] => {
  const definition = findAction(context.specSources, action)
  if (definition === undefined) {
    const file = context.specSources.at(-1)?.file ?? ''
    return [{ side: 'spec', file, line: 1, text: `no action ${action} is defined` }]
  }
  const evaluate = (predicate: string): boolean | undefined => context.evaluate(source, predicate)
  const guards = argumentsOf(context.kernel, action, thread).flatMap((argument) =>
    falseGuards(context.specSources, definition, definition.parameters.length === 0 ? [] : [argument], evaluate),
  )
  return guards.length > 0 ? unique(guards) : [wholeAction(definition, action)]
}

/** For want of a statement: the file of the machine, and that there is none. */
const nowhere = (context: Pick<BlameContext, 'implSources'>, action: string): Blame => {
  const own = context.implSources.find(({ file }) => !file.includes('impl/lib/'))
  return { side: 'impl', file: own?.file ?? '', line: 1, text: `no step ${action}` }
}

const machineOf = ({ kernel, locate, implSources }: BlameContext): MachineBlame =>
  new MachineBlame(kernel, locate, implSources)

/** The lines of the machine that keep an action, of one thread or of all, from being taken in a packed state. */
export const blameImpl = (
  context: BlameContext,
  action: string,
  states: Int32Array,
  base: number,
  only?: number,
): Blame[] => {
  const { blame } = machineOf(context).refusals(action, { states, base }, only)
  return blame.length > 0 ? blame : [nowhere(context, action)]
}

/** Blames both for an action that they take differently from a packed state; `target` is where the machine comes to. */
export const blameUpdate = (
  context: BlameContext,
  action: string,
  names: readonly string[],
  source: Packed,
  target?: Int32Array,
): Blame[] => {
  const definition = findAction(context.specSources, action)
  const updates = definition === undefined ? [] : updatesOf(context.specSources, definition, names)
  const spec = updates.length > 0 || definition === undefined ? updates : [wholeAction(definition, action)]
  return [...spec, ...machineOf(context).updates(action, source, names, target)]
}

/** The machine refuses what the specification takes: why, and the conjuncts that should have refused as well. */
const blameSpecTakes = (context: BlameContext, action: string, source: Packed): Blame[] => {
  const { blame, variables } = machineOf(context).refusals(action, source)
  const definition = findAction(context.specSources, action)
  const impl = blame.length > 0 ? blame : [nowhere(context, action)]
  if (definition === undefined) return impl
  return [...impl, wholeAction(definition, action), ...aboutOf(context.specSources, definition, variables)]
}

const prefixStep = (step: BehaviourStep): Divergence['prefix'][number] => ({
  action: step.action,
  args: { thread: `${step.thread[0]}${step.thread[1]}` },
  state: fields(step.state),
})

/** The pair of targets, one of each side, that differ in the fewest fields; targets that both sides have are left out. */
const nearest = (specs: readonly State[], impls: readonly State[]) => {
  const apart = (states: readonly State[]) => states.map((state) => ({ state, parts: elements(state) }))
  const [spec, impl] = [apart(specs), apart(impls)]
  const own = (side: typeof spec, other: typeof spec): typeof spec => {
    const foreign = side.filter((a) => !other.some((b) => differing(a.parts, b.parts).length === 0))
    return foreign.length > 0 ? foreign : side
  }
  const pairs = own(spec, impl).flatMap((s) =>
    own(impl, spec).map((i) => ({ spec: s.parts, impl: i.parts, target: i.state, names: differing(s.parts, i.parts) })),
  )
  return pairs.sort((a, b) => a.names.length - b.names.length)[0]
}

/** Two states that differ, as a divergence has them. */
const sidesOf = (pair: ReturnType<typeof nearest>): Pick<Divergence, 'expected' | 'actual'> => ({
  expected: pair === undefined ? null : pick(pair.spec, pair.names),
  actual: pair === undefined ? null : pick(pair.impl, pair.names),
})

/** The initial states differ: who says what the variables begin with. */
const initialDivergence = (context: DivergenceContext, { side, targets }: Difference): Divergence => {
  const pair = nearest(targets.spec, targets.impl)
  const init = findAction(context.specSources, 'Init')
  const names = (pair?.names ?? []).map(variableOf)
  const blame = init === undefined ? [] : aboutOf(context.specSources, init, names)
  const whole = init === undefined ? [] : [wholeAction(init, 'Init')]
  const lines = [...(blame.length > 0 ? blame : whole), ...declarationsOf(context.implSources, names)]
  return { prefix: [], side, action: null, source: null, ...sidesOf(pair), blame: lines }
}

/** The same of a machine that is not written in TypeScript: the statement of the step is to blame, not what interprets it. */
export const inSource = (divergence: Divergence, placeOf: (action: string) => SourceLine | undefined): Divergence => {
  const { action, blame } = divergence
  const place = action === null ? undefined : placeOf(action)
  const own: readonly Blame[] = place === undefined ? [] : [{ side: 'impl', ...place }]
  return { ...divergence, blame: [...blame.filter(({ side }) => side === 'spec'), ...own] }
}

/** Works out where and why two graphs part. */
export const divergenceOf = (context: DivergenceContext, difference: Difference): Divergence => {
  const { graph, view } = context
  const { action, side, targets } = difference
  if (action === undefined) return initialDivergence(context, difference)
  const behaviour = behaviourOf(graph, view, difference.path)
  const base = (difference.path.at(-1)?.state ?? 0) * graph.kernel.layout.words
  const at: Packed = { states: graph.states, base }
  const source = view.decode(graph.states, base)
  const blaming = { ...context, kernel: graph.kernel }
  const common = { prefix: behaviour.steps.map(prefixStep), side, action, source: fields(source) }
  const pair = nearest(targets.spec, targets.impl)
  if (pair !== undefined) {
    const encoded = view.encode(pair.target)
    const target = 'words' in encoded ? encoded.words : undefined
    const blame = blameUpdate(blaming, action, [...new Set(pair.names.map(variableOf))], at, target)
    return { ...common, ...sidesOf(pair), blame }
  }
  const taken = side === 'spec' ? targets.spec[0] : targets.impl[0]
  const changed = taken === undefined ? undefined : elements(taken)
  const changes = changed === undefined ? null : pick(changed, differing(elements(source), changed))
  if (side === 'spec') {
    return { ...common, expected: changes, actual: null, blame: blameSpecTakes(blaming, action, at) }
  }
  const blame = [...blameSpec(blaming, action, source), ...machineOf(blaming).taken(action, at)]
  return { ...common, expected: null, actual: changes, blame }
}

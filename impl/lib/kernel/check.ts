/** The front door of the kernel: from a machine to verdicts and counterexamples in one call. */

import { at } from './at.ts'
import { badInput } from './error.ts'
import { explore } from './explore/explore.ts'
import type { Edges, Graph } from './explore/graph.ts'
import { depthOf, edgesOf, pathTo } from './explore/graph.ts'
import { askedLabels, labelsByKind } from './explore/labels.ts'
import type { Decided, Way } from './explore/violations.ts'
import { DEADLOCK, decideProperties, waysOf } from './explore/violations.ts'
import type { Plain } from './language/plain.ts'
import type { Machine } from './language/machine.ts'
import { threadName } from './language/machine.ts'
import { compile } from './machine/compile.ts'
import { StateSchema } from './machine/state-schema.ts'
import type { Kernel } from './machine/tables.ts'
import { assemble } from './machine/tables.ts'
import { COMMIT } from './memory/memory.ts'
import { near } from './near.ts'

/** A machine of which only variables and threads are asked for: what is left out is empty. */
export type CheckedMachine = Pick<Machine, 'shared' | 'threads'> & Partial<Machine>

/** Limits of a check, and what it cannot know by itself. */
export interface CheckOptions {
  /** stop when there are more states than this; what is not decided by then is `incomplete` */
  readonly maxStates?: number
  /** asked now and then, of the search and of what follows it: is time up? What is not decided by then is `incomplete` */
  readonly expired?: () => boolean
  /**
   * Labels that properties and fairness may ask for although no step of this machine has them, because another machine of the
   * protocol does: one with another toggle. `labelsOf(other)` gives them; what is in neither is refused.
   */
  readonly knownLabels?: Iterable<string>
  /** properties and fairness are made of what the programs have, so that no label can be mistyped: they are not compiled to see that */
  readonly trustsLabels?: boolean
}

/**
 * What is known of a property. Only `holds` is a pass.
 *
 * - `holds`: in all states, or all fair behaviours, and what it speaks of does occur.
 * - `violated`: there is a counterexample.
 * - `vacuous`: there is none, but no reachable state has what any of its instances speaks of, so it says nothing.
 * - `incomplete`: not decided before a limit was reached.
 */
export type PropertyVerdict = 'holds' | 'violated' | 'vacuous' | 'incomplete'

/** A property and what is known of it. */
export interface CheckedProperty {
  readonly name: string
  readonly kind: 'invariant' | 'liveness' | 'possibility'
  readonly verdict: PropertyVerdict
  /** the instances that say nothing, by name, of a property that holds or is vacuous: look at them where others hold */
  readonly vacuous: readonly string[]
}

/** A state: each variable, `pc` and locals included, with its value, or with those of its elements, e.g. `pc.cpu0`. */
export type PlainState = Readonly<Record<string, Plain>>

/** One step of a counterexample. */
export interface CounterexampleStep {
  /** whose step it is, e.g. `cpu0`; for a step of the environment whom it happens to */
  readonly thread: string
  readonly label: string
  /** what is accessed, in words */
  readonly what: string
  /** the state after it */
  readonly state: PlainState
}

/** A behaviour that breaks a property: the shortest one that was found. */
export interface PlainCounterexample {
  readonly initial: PlainState
  readonly steps: readonly CounterexampleStep[]
  /**
   * Where a behaviour that goes on for ever goes on: the number of the state (0 is the initial one, n the one after step
   * n) that the last one is again; the last one's own where nothing happens any more. Undefined where it ends.
   */
  readonly loop: number | undefined
}

/** What a check found. */
export interface CheckResult {
  /** true only for a whole graph on which every property holds and nothing deadlocks */
  readonly ok: boolean
  /** were all states explored? The counts are so far where they were not */
  readonly complete: boolean
  readonly states: number
  readonly transitions: number
  /** states on the longest of the shortest paths from the initial one */
  readonly depth: number
  /** invariants first, then liveness, then possibilities, each in the machine's order */
  readonly properties: readonly CheckedProperty[]
  /** is there a state in which nobody can take a step and some thread has not ended? Its counterexample is `Deadlock`'s */
  readonly deadlock: 'none' | 'reached' | 'incomplete'
  /**
   * The counterexample to a property, or to `Deadlock`; undefined where none was found.
   *
   * @throws LockstepError `unknown-property` for a name that the machine does not have
   */
  readonly counterexample: (property: string) => PlainCounterexample | undefined
}

/** The machine with nothing where something was left out. */
export const completed = (machine: CheckedMachine): Machine => ({
  environment: [],
  invariants: [],
  liveness: [],
  fairness: [],
  ...machine,
})

/**
 * The labels of a machine's steps, in no order that means something.
 *
 * @throws LockstepError (exit 2) as `check` does, for a machine that cannot be compiled
 */
export const labelsOf = (machine: CheckedMachine): ReadonlySet<string> =>
  new Set([...labelsByKind(compile(completed(machine))).values()].flatMap((labels) => [...labels]))

/** A label that no step has is mistyped, unless somebody says that he knows it. */
const refuseLabels = (kernel: Kernel, knownLabels: Iterable<string>): void => {
  const labels = labelsByKind(kernel.compiled)
  const elsewhere = new Set([COMMIT, ...knownLabels])
  for (const { label, kind, by } of askedLabels(kernel)) {
    const own = labels.get(kind) ?? new Set<string>()
    if (own.has(label) || elsewhere.has(label)) continue
    const all = [...own, ...elsewhere].filter((name) => name !== COMMIT)
    const similar = near(label, all)
    throw badInput({
      code: 'unknown-name',
      message: `${by} asks for ${label}, and no thread of the kind ${kind} has a step of that name`,
      hint: `${similar.length > 0 ? `did you mean ${similar.join(', ')}?` : `there are ${all.join(', ')};`} what only a machine with other toggles has goes into \`knownLabels\``,
    })
  }
}

/** The first state without a step in which some thread has not ended. */
const deadlockOf = (graph: Graph, { start }: Edges): number | undefined => {
  if (graph.deadlock === undefined) return undefined
  const schema = new StateSchema(graph.kernel)
  const { layout, compiled } = graph.kernel
  const hasEnded = (state: number): boolean =>
    compiled.automata.every((_, t) => schema.nodeOf(graph.states, state * layout.words, t).op.kind === 'end')
  // the state at which a search was ended has not all of its edges
  const explored = graph.complete ? graph.count : start.length - 2
  for (let state = graph.deadlock.state; state < explored; state++) {
    if (at(start, state) === at(start, state + 1) && !hasEnded(state)) return state
  }
  return undefined
}

const propertiesOf = (machine: Machine, violated: ReadonlyMap<string, Way>, decided: Decided): CheckedProperty[] => {
  const checked = (name: string, kind: CheckedProperty['kind']): CheckedProperty => {
    if (violated.has(name)) return { name, kind, verdict: 'violated', vacuous: [] }
    const { vacuity, lassos, lost } = decided
    const open = (kind === 'liveness' && lassos === undefined) || (kind === 'possibility' && lost === undefined)
    if (vacuity === undefined || open) return { name, kind, verdict: 'incomplete', vacuous: [] }
    // a property without instances says nothing
    const { all, vacuous } = vacuity.get(name) ?? { all: [], vacuous: [] }
    return { name, kind, verdict: vacuous.length === all.length ? 'vacuous' : 'holds', vacuous }
  }
  return [
    ...machine.invariants.map(({ name }) => checked(name, 'invariant')),
    ...machine.liveness.map(({ name }) => checked(name, 'liveness')),
    ...(machine.possibilities ?? []).map(({ name }) => checked(name, 'possibility')),
  ]
}

const plainCounterexample = (graph: Graph, { path, loop }: Way): PlainCounterexample => {
  const { kernel, states } = graph
  const schema = new StateSchema(kernel)
  const stateOf = (state: number): PlainState => schema.read(states, state * kernel.layout.words)
  const steps = path.slice(1).map(({ state, step }): CounterexampleStep => {
    const { thread, action, what } = at(kernel.steps, step)
    const { id } = at(kernel.compiled.machine.threads, thread)
    return { thread: threadName(id), label: at(kernel.actions, action), what, state: stateOf(state) }
  })
  return { initial: stateOf(at(path, 0).state), steps, loop }
}

/**
 * Explores every interleaving of a machine's threads and decides its properties: invariants in all reachable states,
 * liveness on all behaviours that are fair as the machine's `fairness` says, and deadlock. A thread with a last step ends in
 * `ended`, which is no deadlock.
 *
 * ```ts
 * const shared = new Shared()
 * const threads = [['cpu', 0], ['cpu', 1]] as const
 * const memory = new Memory(shared, 'TSO', 1, threads)
 * const flag = memory.map('flag', [0, 1], bool, false)
 * const enter = (me: number) =>
 *   thread<{ busy: boolean }>({
 *     id: ['cpu', me], frame: { busy: bool }, initial: { busy: false },
 *     *program(f) {
 *       yield* flag.at(me).store('raise', true)
 *       f.busy = yield* flag.at(1 - me).load('look')
 *       yield* ended('done')
 *     },
 *   })
 * const [a, b] = [new Observer<{ busy: boolean }>(shared, 0), new Observer<{ busy: boolean }>(shared, 1)]
 * const both = () => a.at('done') && b.at('done')
 * const holds = () => !both() || a.get('busy') || b.get('busy')
 * const result = check({
 *   shared, threads: [enter(0), enter(1)], environment: memory.commits(),
 *   invariants: [{ name: 'OneSeesInv', instances: [{ name: '', occurs: both, holds }] }],
 * })
 * result.properties // [{ name: 'OneSeesInv', verdict: 'violated', ... }]: both stores were still buffered
 * result.counterexample('OneSeesInv')?.steps.map(({ thread, label }) => `${thread} ${label}`)
 * ```
 *
 * @throws LockstepError (exit 2) for a machine that cannot be checked: a program that depends on more than its label and
 *   frame, a value outside of its domain, buffered stores that never become visible, a property or fairness that asks for a label
 *   which no step has and nobody knows (`unknown-name`)
 */
export const check = (machine: CheckedMachine, options: CheckOptions = {}): CheckResult => {
  const whole = completed(machine)
  const { invariants, liveness, possibilities = [] } = whole
  const names = [DEADLOCK, ...[...invariants, ...liveness, ...possibilities].map(({ name }) => name)]
  const kernel = assemble(compile(whole))
  if (options.trustsLabels !== true) refuseLabels(kernel, options.knownLabels ?? [])
  const graph = explore(kernel, { ...options, edges: true })
  const deadlock = deadlockOf(graph, edgesOf(graph, 'a deadlock'))
  const decided = decideProperties(graph, options.expired ?? (() => false))
  const ways = waysOf(graph, decided.lassos, decided.lost)
  // all threads that have ended are no deadlock
  if (deadlock === undefined) ways.delete(DEADLOCK)
  else ways.set(DEADLOCK, { path: pathTo(graph, deadlock) })
  const properties = propertiesOf(whole, ways, decided)
  return {
    ok: graph.complete && deadlock === undefined && properties.every(({ verdict }) => verdict === 'holds'),
    complete: graph.complete,
    states: graph.count,
    transitions: graph.generated - 1,
    depth: depthOf(graph),
    properties,
    deadlock: deadlock !== undefined ? 'reached' : graph.complete ? 'none' : 'incomplete',
    counterexample: (property) => {
      if (!names.includes(property)) {
        throw badInput({
          code: 'unknown-property',
          message: `the machine has no property ${property}`,
          hint: `it has ${names.join(', ')}`,
        })
      }
      const way = ways.get(property)
      return way === undefined ? undefined : plainCounterexample(graph, way)
    },
  }
}

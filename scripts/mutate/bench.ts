/**
 * Graphs in which mutants are tried: those of the models, and those of machines with a seeded fault. Weakened properties and
 * fairness change no step, so one graph serves all of them, and a condition that was evaluated once is not evaluated again.
 */

import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { compilePredicate, evaluate } from '../../impl/lib/kernel/machine/predicate.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { brokenRegion, checkLeadsTo, marksOf } from '../../impl/lib/kernel/explore/liveness.ts'
import { violatedDepths } from '../../impl/lib/kernel/explore/violations.ts'
import type { Fairness, Invariant, LeadsTo, LeadsToInstance, Machine } from '../../impl/lib/kernel/language/machine.ts'
import { threadName } from '../../impl/lib/kernel/language/machine.ts'
import { withFaultIn } from '../../impl/lib/mutate/seeded.ts'
import type { State } from '../../impl/lib/mutate/states.ts'
import type { Killer, Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { graphOf } from '../../impl/lib/check/explorer.ts'
import type { Cell, Model } from '../../impl/lib/protocol/model.ts'
import { asIn, machineOf, sizeOf } from '../../impl/lib/protocol/model.ts'
import type { Verdict } from './argued.ts'

/** What a model says of a mutant. */
export interface Opinion {
  readonly killer: Killer | undefined
  /** does the model have anything that the mutant changes? */
  readonly differs: boolean
}

/** What each property comes to, as text: equal texts have equal verdicts. */
type Keys = ReadonlyMap<string, readonly string[]>

/** A model with a graph, and the verdicts that properties have in it. */
export class Bench {
  readonly model: Model
  readonly graph: Graph
  /** the model, and the fault if it has one */
  readonly name: string
  private readonly view: View
  private readonly verdicts = new Map<string, boolean>()
  private ownKeys: Keys | undefined

  constructor(model: Model, graph: Graph = graphOf(model), name = model.name) {
    this.model = model
    this.graph = graph
    this.name = name
    this.view = new View(graph.kernel)
  }

  /** Has the machine a fault? */
  get isFaulty(): boolean {
    return this.name !== this.model.name
  }

  private get own(): Machine {
    return this.graph.kernel.compiled.machine
  }

  /** The graph with other properties, or other fairness. */
  private graphWith(machine: Machine): Graph {
    const { kernel } = this.graph
    return { ...this.graph, kernel: { ...kernel, compiled: { ...kernel.compiled, machine } } }
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Weakened properties and fairness of a machine

  private mutated(protocol: Protocol): Machine {
    const machine = machineOf(asIn(this.model, protocol))
    machine.shared.growing.forEach((domain, i) => {
      domain.fill(this.own.shared.growing[i]?.content ?? [])
    })
    return machine
  }

  private fairnessKey({ fairness }: Machine): string {
    const { actions } = this.graph.kernel
    const entries = fairness.map(({ thread, labels, strong }) => ({
      labels: actions.filter((a) => labels.has(a)),
      thread,
      strong: strong === true,
    }))
    return JSON.stringify(entries.filter(({ labels }) => labels.length > 0))
  }

  private keysOf(machine: Machine): Keys {
    const { kernel } = this.graphWith(machine)
    const fairness = this.fairnessKey(machine)
    const codeOf = (holds: () => boolean): string => {
      const { code, root } = compilePredicate(kernel, holds)
      return `${root}:${code.join(',')}`
    }
    const leadsTo = ({ from, to, eventuallyAlways }: LeadsToInstance): string =>
      [fairness, codeOf(from), codeOf(to), eventuallyAlways === undefined ? '' : codeOf(eventuallyAlways)].join(' ')
    return new Map([
      ...machine.invariants.map((p) => [p.name, p.instances.map(({ holds }) => codeOf(holds))] as const),
      ...machine.liveness.map((p) => [p.name, p.instances.map(leadsTo)] as const),
    ])
  }

  private get keys(): Keys {
    return (this.ownKeys ??= this.keysOf(this.own))
  }

  private once(key: string, decide: () => boolean): boolean {
    const verdict = this.verdicts.get(key) ?? decide()
    this.verdicts.set(key, verdict)
    return verdict
  }

  private isEverywhere(kernel: Kernel, holds: () => boolean): boolean {
    const predicate = compilePredicate(kernel, holds)
    const { states, count } = this.graph
    const W = kernel.layout.words
    for (let s = 0; s < count; s++) if (!evaluate(predicate, states, s * W)) return false
    return true
  }

  private holdsIn(machine: Machine, name: string, keys: readonly string[]): boolean | undefined {
    const graph = this.graphWith(machine)
    const invariant = machine.invariants.find((property) => property.name === name)
    const property = machine.liveness.find((p) => p.name === name)
    return (
      invariant?.instances.every((instance, i) =>
        this.once(keys[i] ?? '', () => this.isEverywhere(graph.kernel, instance.holds)),
      ) ??
      property?.instances.every((instance, i) =>
        this.once(keys[i] ?? '', () => checkLeadsTo(graph, { name, instances: [instance] }) === undefined),
      )
    )
  }

  /** Cells whose verdict is not the manifest's, with the machine's own properties. */
  broken(): readonly string[] {
    return this.decide(this.own, this.keys, new Map())
  }

  private decide(machine: Machine, keys: Keys, same: Keys): string[] {
    return this.model.cells.flatMap(({ name, kind, expected }) => {
      const own = keys.get(name) ?? []
      if (kind === 'deadlock' || own.join() === same.get(name)?.join()) return []
      const holds = this.holdsIn(machine, name, own)
      return holds === undefined || holds === (expected === 'violated') ? [name] : []
    })
  }

  /** The verdicts with the properties and the fairness of a mutant. */
  opinion(protocol: Protocol): Opinion {
    const killer = (cell: string): Killer => ({ kind: 'cell', name: `${this.model.name} ${cell}` })
    try {
      const machine = this.mutated(protocol)
      const keys = this.keysOf(machine)
      const differs = [...keys].some(([name, own]) => own.join() !== this.keys.get(name)?.join())
      const [cell] = differs ? this.decide(machine, keys, this.keys) : []
      return { differs, killer: cell === undefined ? undefined : killer(cell) }
    } catch (error) {
      // what ends `check` with an error is noticed by every cell of the model
      const message = error instanceof Error ? error.message : String(error)
      return { differs: true, killer: killer(`error: ${message}`) }
    }
  }

  /** A cell that a mutant gives another verdict, as it is without the mutant; what ends in an error has none. */
  verdictChangedBy(protocol: Protocol): { readonly name: string; readonly verdict: Verdict } | undefined {
    try {
      const machine = this.mutated(protocol)
      const [changed] = this.decide(machine, this.keysOf(machine), this.keys)
      return changed === undefined ? undefined : { name: changed, verdict: this.verdictOf(changed) }
    } catch {
      return undefined
    }
  }

  /** What a property comes to without a mutant. */
  verdictOf(name: string): Verdict {
    return this.model.cells.find((cell) => cell.name === name)?.expected === 'violated' ? 'violated' : 'holds'
  }

  // -------------------------------------------------------------------------------------------------------------------
  // In which states, or on which ways, a property is broken: TLC evaluates the specification there

  /** Names of the properties of a kind that have this verdict. */
  named(kind: Cell['kind'], expected: Verdict): string[] {
    const asked = this.model.cells.filter((cell) => cell.kind === kind && this.verdictOf(cell.name) === expected)
    return asked.map(({ name }) => name)
  }

  private leadsTo(name: string): LeadsTo | undefined {
    return this.own.liveness.find((property) => property.name === name)
  }

  /** Whether an invariant of the machine holds, state by state. */
  holds(name: string): (state: number) => boolean {
    const { kernel, states } = this.graph
    const invariant: Invariant | undefined = this.own.invariants.find((property) => property.name === name)
    const predicates = (invariant?.instances ?? []).map(({ holds }) => compilePredicate(kernel, holds))
    return (state) => predicates.every((predicate) => evaluate(predicate, states, state * kernel.layout.words))
  }

  /** The states in which an invariant of the machine is violated. */
  violating(name: string): number[] {
    const holds = this.holds(name)
    return Array.from({ length: this.graph.count }, (_, state) => state).filter((state) => !holds(state))
  }

  private marksOf(name: string): Uint8Array[] {
    return (this.leadsTo(name)?.instances ?? []).map((instance) => marksOf(this.graph, instance))
  }

  /** The states on the ways on which a temporal property of the machine is broken. */
  region(name: string): readonly number[] {
    return [...new Set(this.marksOf(name).flatMap((own) => brokenRegion(this.graph, own)))]
  }

  /** The marks of each instance of a temporal property of the machine, in these states. */
  marks(name: string, states: readonly number[]): string[] {
    return this.marksOf(name).map((marks) => states.map((state) => marks[state] ?? 0).join(''))
  }

  /** Does a temporal property of the machine hold under another fairness? */
  holdsUnder(name: string, fairness: readonly Fairness[]): boolean {
    const property = this.leadsTo(name)
    return property === undefined || checkLeadsTo(this.graphWith({ ...this.own, fairness }), property) === undefined
  }

  /** A state as TLA+ has it. */
  state(index: number): State {
    return this.view.decode(this.graph.states, index * this.graph.kernel.layout.words)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Machines with a fault: in one of them the original property has another verdict than the weakened one

/** A graph with a fault may be larger than its model's, but not by this. */
const limitOf = (model: Model): number => 3 * sizeOf(model) + 2000

/** The compiled machines as they are, by model. */
const originals = new Map<string, Compiled>()

const originalOf = (model: Model): Compiled => {
  const compiled = originals.get(model.name) ?? compile(machineOf(model))
  originals.set(model.name, compiled)
  return compiled
}

/** All properties of the machine, with the verdicts that they have in a graph. */
const cellsOf = (graph: Graph): Cell[] => {
  const violated = violatedDepths(graph)
  const { invariants, liveness } = graph.kernel.compiled.machine
  const cell = (kind: Cell['kind'], name: string): Cell => ({
    name,
    kind,
    expected: violated.has(name) ? 'violated' : 'holds',
    vacuous: [],
  })
  return [
    ...invariants.map(({ name }) => cell('invariant', name)),
    ...liveness.map(({ name }) => cell('liveness', name)),
  ]
}

/** What `make` gives; undefined where it throws: a machine that does not compile, or has no answer in some state, says nothing. */
export const attempt = <T>(make: () => T): T | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

/** A model with a fault in it. Its cells hold or are violated: whether anything occurs is not asked. */
export interface Seeded {
  /** the thread whose program has the fault; null if all that run it do */
  readonly thread: string | null
  readonly bench: Bench
}

/** A model with the fault that `protocol` has: in all threads, then in each thread by itself; or in the one that is named. */
export function* seeded(
  model: Model,
  protocol: Protocol,
  { id, within }: Mutant,
  only?: string | null,
): Generator<Seeded> {
  const faulty = attempt(() => compile(machineOf(asIn(model, protocol))))
  if (faulty === undefined) return
  const machine = originalOf(model)
  const threads = [null, ...machine.machine.threads.map(({ id }) => threadName(id))]
  for (const thread of threads) {
    if (only !== undefined && only !== thread) continue
    const compiled = withFaultIn(machine, faulty, thread === null ? undefined : threads.indexOf(thread) - 1)
    if (compiled === undefined) continue
    const bench = attempt(() => {
      const graph = explore(assemble(compiled), { edges: true, maxStates: limitOf(model) })
      const name = `${model.name} with fault ${id} in ${within}${thread === null ? '' : ` of ${thread}`}`
      return graph.complete ? new Bench({ ...model, cells: cellsOf(graph) }, graph, name) : undefined
    })
    if (bench !== undefined) yield { thread, bench }
  }
}

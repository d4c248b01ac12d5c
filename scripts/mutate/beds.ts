/**
 * Graphs in which weakened properties of a specification are tried: those of the models, and those of machines with a seeded fault.
 * The machine says in which states, or on which ways, a property is broken; TLC evaluates the specification there.
 */

import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { compilePredicate, evaluate } from '../../impl/lib/kernel/machine/predicate.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { brokenRegion, checkLeadsTo, marksOf } from '../../impl/lib/kernel/explore/liveness.ts'
import { edited } from '../../impl/lib/mutate/mutant.ts'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { State } from '../../impl/lib/mutate/states.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import type { Fairness, Invariant, LeadsTo } from '../../impl/lib/kernel/language/machine.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { graphOf } from '../../impl/lib/check/explorer.ts'
import type { Cell, Model } from '../../impl/lib/protocol/model.ts'
import type { Seed } from './argued.ts'
import { Loader, readSource } from './load.ts'
import { seeded } from './seed.ts'

/** A graph, with the verdicts that the properties have in it. */
export class Bed {
  readonly model: Model
  /** the model, and the fault if it has one */
  readonly name: string
  readonly cells: readonly Cell[]
  readonly graph: Graph
  private readonly view: View
  private readonly regions = new Map<string, readonly number[]>()

  constructor(model: Model, graph: Graph, cells = model.cells, name = model.name) {
    this.model = model
    this.graph = graph
    this.cells = cells
    this.name = name
    this.view = new View(graph.kernel)
  }

  /** Has the machine a fault? */
  get isFaulty(): boolean {
    return this.name !== this.model.name
  }

  /** Names of the properties of a kind that have this verdict. */
  named(kind: Cell['kind'], expected: 'holds' | 'violated'): string[] {
    const isViolated = expected === 'violated'
    return this.cells
      .filter((c) => c.kind === kind && (c.expected === 'violated') === isViolated)
      .map(({ name }) => name)
  }

  private get kernel(): Kernel {
    return this.graph.kernel
  }

  private invariant(name: string): Invariant | undefined {
    return this.kernel.compiled.machine.invariants.find((property) => property.name === name)
  }

  private leadsTo(name: string): LeadsTo | undefined {
    return this.kernel.compiled.machine.liveness.find((property) => property.name === name)
  }

  /** Whether an invariant of the machine holds, state by state. */
  holds(name: string): (state: number) => boolean {
    const predicates = (this.invariant(name)?.instances ?? []).map(({ holds }) => compilePredicate(this.kernel, holds))
    const W = this.kernel.layout.words
    return (state) => predicates.every((predicate) => evaluate(predicate, this.graph.states, state * W))
  }

  /** The states in which an invariant of the machine is violated. */
  violating(name: string): number[] {
    const holds = this.holds(name)
    return Array.from({ length: this.graph.count }, (_, state) => state).filter((state) => !holds(state))
  }

  /** The states on the ways on which a temporal property of the machine is broken. */
  region(name: string): readonly number[] {
    const known = this.regions.get(name)
    if (known !== undefined) return known
    const marks = (this.leadsTo(name)?.instances ?? []).map((instance) => marksOf(this.graph, instance))
    const found = [...new Set(marks.flatMap((own) => brokenRegion(this.graph, own)))]
    this.regions.set(name, found)
    return found
  }

  /** The marks of each instance of a temporal property of the machine, in these states. */
  marks(name: string, states: readonly number[]): string[] {
    return (this.leadsTo(name)?.instances ?? []).map((instance) => {
      const marks = marksOf(this.graph, instance)
      return states.map((state) => marks[state] ?? 0).join('')
    })
  }

  /** Does a temporal property of the machine hold under another fairness? */
  holdsUnder(name: string, fairness: readonly Fairness[]): boolean {
    const { kernel } = this
    const { compiled } = kernel
    const machine = { ...compiled.machine, fairness }
    const property = this.leadsTo(name)
    const graph = { ...this.graph, kernel: { ...kernel, compiled: { ...compiled, machine } } }
    return property === undefined || checkLeadsTo(graph, property) === undefined
  }

  /** A state as TLA+ has it. */
  state(index: number): State {
    return this.view.decode(this.graph.states, index * this.kernel.layout.words)
  }
}

/** The bed of a model as it is. */
export const ownBed = (model: Model): Bed => new Bed(model, graphOf(model))

/** The machines with the faults that are on record, by model; what is on record twice is one. */
export const seededBeds = async (
  ts: TypeScript,
  protocol: Protocol,
  models: readonly Model[],
  seeds: readonly Seed[],
  faultOf: (fault: Seed['fault']) => Mutant | undefined,
): Promise<ReadonlyMap<Model, () => Bed[]>> => {
  const loader = await Loader.of(ts, protocol.name)
  const distinct = new Map(
    seeds.map(({ fault, thread, model }) => [JSON.stringify([fault, thread, model]), { fault, thread, model }]),
  )
  const bedOf = (model: Model, { fault, thread }: Pick<Seed, 'fault' | 'thread'>): Bed[] => {
    const change = faultOf(fault)
    if (change === undefined) return []
    const faulty = loader.load(change.file, edited(readSource(change.file), change.edit))
    const where = thread === null ? '' : ` of ${thread}`
    return [...seeded(model, faulty, thread)].map(
      ({ bench }) =>
        new Bed(
          model,
          bench.graph,
          bench.model.cells,
          `${model.name} with fault ${change.id} in ${change.within}${where}`,
        ),
    )
  }
  return new Map(
    models.flatMap((model) => {
      const own = [...distinct.values()].filter((seed) => seed.model === model.name)
      return own.length === 0 ? [] : [[model, () => own.flatMap((seed) => bedOf(model, seed))] as const]
    }),
  )
}

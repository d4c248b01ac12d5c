/**
 * Judges weakened properties and fairness on one model. They change no step, so the graph of the machine as it is serves
 * all of them, and a condition that was evaluated once is not evaluated again.
 */

import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { compilePredicate, evaluate } from '../../impl/lib/kernel/machine/predicate.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { checkLeadsTo } from '../../impl/lib/kernel/explore/liveness.ts'
import type { Killer } from '../../impl/lib/mutate/verdict.ts'
import type { Invariant, LeadsTo, Machine } from '../../impl/lib/kernel/language/machine.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { graphOf } from '../../impl/lib/check/explorer.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Verdict } from './argued.ts'

/** What a model says of a mutant. */
export interface Opinion {
  readonly killer: Killer | undefined
  /** does the model have anything that the mutant changes? */
  readonly differs: boolean
}

type Instance = LeadsTo['instances'][number]

/** The condition of an instance of an invariant. */
const conditionOf = (instance: Invariant['instances'][number] | { readonly holds: () => boolean }): (() => boolean) =>
  typeof instance === 'function' ? instance : instance.holds

/** A model with its graph, and the verdicts that are known on it. */
export class Bench {
  readonly model: Model
  readonly graph: Graph
  private readonly invariants = new Map<string, boolean>()
  private readonly liveness = new Map<string, boolean>()
  private readonly own: ReadonlyMap<string, readonly string[]>

  constructor(model: Model, graph: Graph = graphOf(model)) {
    this.model = model
    this.graph = graph
    this.own = this.keysOf(this.graph.kernel.compiled.machine)
  }

  private machine(protocol: Protocol): Machine {
    const machine = protocol.machine(new Constants(this.model.cfg.constants, this.model.name), this.model.data)
    const grown = this.graph.kernel.compiled.machine.shared.growing
    machine.shared.growing.forEach((domain, i) => {
      domain.fill(grown[i]?.content ?? [])
    })
    return machine
  }

  private kernel(machine: Machine): Kernel {
    const { kernel } = this.graph
    return { ...kernel, compiled: { ...kernel.compiled, machine } }
  }

  private codeOf(kernel: Kernel, holds: () => boolean): string {
    const { code, root } = compilePredicate(kernel, holds)
    return `${root}:${code.join(',')}`
  }

  private fairnessKey({ fairness }: Machine): string {
    const { actions } = this.graph.kernel
    return JSON.stringify(
      fairness
        .map(({ thread, labels, strong }) => [thread, actions.filter((a) => labels.has(a)), strong === true])
        .filter(([, labels]) => (labels as string[]).length > 0),
    )
  }

  private leadsToKey(kernel: Kernel, { from, to, eventuallyAlways }: Instance): string {
    const always = eventuallyAlways === undefined ? '' : this.codeOf(kernel, eventuallyAlways)
    return [this.codeOf(kernel, from), this.codeOf(kernel, to), always].join(' ')
  }

  /** What each property comes to, as text: equal texts have equal verdicts. */
  private keysOf(machine: Machine): Map<string, readonly string[]> {
    const kernel = this.kernel(machine)
    const fairness = this.fairnessKey(machine)
    return new Map([
      ...machine.invariants.map(({ name, instances }): [string, string[]] => [
        name,
        instances.map((instance) => this.codeOf(kernel, conditionOf(instance))),
      ]),
      ...machine.liveness.map(({ name, instances }): [string, string[]] => [
        name,
        instances.map((instance) => `${fairness} ${this.leadsToKey(kernel, instance)}`),
      ]),
    ])
  }

  private invariantHolds(kernel: Kernel, key: string, holds: () => boolean): boolean {
    const known = this.invariants.get(key)
    if (known !== undefined) return known
    const predicate = compilePredicate(kernel, holds)
    const { states, count } = this.graph
    const W = kernel.layout.words
    let verdict = true
    for (let s = 0; s < count && verdict; s++) verdict = evaluate(predicate, states, s * W)
    this.invariants.set(key, verdict)
    return verdict
  }

  private leadsToHolds(kernel: Kernel, key: string, name: string, instance: Instance): boolean {
    const known = this.liveness.get(key)
    if (known !== undefined) return known
    const verdict = checkLeadsTo({ ...this.graph, kernel }, { name, instances: [instance] }) === undefined
    this.liveness.set(key, verdict)
    return verdict
  }

  private holds(machine: Machine, name: string, keys: readonly string[]): boolean | undefined {
    const kernel = this.kernel(machine)
    const invariant = machine.invariants.find((property) => property.name === name)
    if (invariant !== undefined)
      return invariant.instances.every((i, at) => this.invariantHolds(kernel, keys[at] ?? '', conditionOf(i)))
    const property = machine.liveness.find((p) => p.name === name)
    return property?.instances.every((i, at) => this.leadsToHolds(kernel, keys[at] ?? '', name, i))
  }

  /** Cells whose verdict is not the manifest's, with the machine's own properties. */
  broken(): readonly string[] {
    return this.decide(this.graph.kernel.compiled.machine, this.own, new Map())
  }

  private decide(
    machine: Machine,
    keys: ReadonlyMap<string, readonly string[]>,
    same: ReadonlyMap<string, readonly string[]>,
  ): string[] {
    return this.model.cells.flatMap(({ name, kind, expected }) => {
      const own = keys.get(name) ?? []
      if (kind === 'deadlock' || own.join() === same.get(name)?.join()) return []
      const holds = this.holds(machine, name, own)
      return holds === undefined || holds === (expected === 'violated') ? [name] : []
    })
  }

  /** The verdicts with the properties and the fairness of a mutant. */
  opinion(protocol: Protocol): Opinion {
    try {
      const machine = this.machine(protocol)
      const keys = this.keysOf(machine)
      const differs = [...keys].some(([name, own]) => own.join() !== this.own.get(name)?.join())
      const [cell] = differs ? this.decide(machine, keys, this.own) : []
      return { differs, killer: cell === undefined ? undefined : this.killer(cell) }
    } catch (error) {
      // what ends `check` with an error is noticed by every cell of the model
      const message = error instanceof Error ? error.message : String(error)
      return { differs: true, killer: this.killer(`error: ${message}`) }
    }
  }

  /** A cell that a mutant gives another verdict, as it is without the mutant; what ends in an error has none. */
  verdictChangedBy(protocol: Protocol): { readonly name: string; readonly verdict: Verdict } | undefined {
    try {
      const machine = this.machine(protocol)
      const [changed] = this.decide(machine, this.keysOf(machine), this.own)
      return changed === undefined ? undefined : { name: changed, verdict: this.verdictOf(changed) }
    } catch {
      return undefined
    }
  }

  /** What a property comes to without a mutant. */
  verdictOf(name: string): Verdict {
    return this.model.cells.find((cell) => cell.name === name)?.expected === 'violated' ? 'violated' : 'holds'
  }

  private killer(cell: string): Killer {
    return { kind: 'cell', name: `${this.model.name} ${cell}` }
  }
}

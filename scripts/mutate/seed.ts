/**
 * Weakened properties that no design tells from the original are tried on machines with a fault: in one of them the original
 * has another verdict than the weakened one, or nothing in the programs could ever make a difference.
 */

import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { withFaultIn } from '../../impl/lib/mutate/seeded.ts'
import { threadName } from '../../impl/lib/kernel/language/machine.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { violatedDepths } from '../../impl/lib/kernel/explore/violations.ts'
import type { Cell, Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { Bench } from './judge.ts'

/** A graph with a fault may be larger than its model's, but not by this. */
const limitOf = (model: Model): number => 3 * model.distinctStates + 2000

/** A model with a fault in it. Its cells hold or are violated: whether anything occurs is not asked. */
export interface Seeded {
  /** the thread whose program has the fault; null if all that run it do */
  readonly thread: string | null
  readonly bench: Bench
}

/** The compiled machines as they are, by model. */
const own = new Map<string, Compiled>()

const ownOf = (model: Model): Compiled => {
  const compiled = own.get(model.name) ?? compile(machineOf(model))
  own.set(model.name, compiled)
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

/** The model with the compiled machine; undefined where the graph is too large, or a property has no answer in some state. */
const benchOf = (model: Model, compiled: Compiled): Bench | undefined => {
  try {
    const graph = explore(assemble(compiled), { edges: true, maxStates: limitOf(model) })
    return graph.complete ? new Bench({ ...model, cells: cellsOf(graph) }, graph) : undefined
  } catch {
    return undefined
  }
}

/** Compiles the machine with the fault; undefined where it does not compile: that says nothing of a property. */
const faultyOf = (model: Model, protocol: Protocol): Compiled | undefined => {
  try {
    return compile(protocol.machine(new Constants(model.cfg.constants, model.name), model.data))
  } catch {
    return undefined
  }
}

/** A model with the fault that `protocol` has: in all threads, then in each thread by itself; or in the one that is named. */
export function* seeded(model: Model, protocol: Protocol, only?: string | null): Generator<Seeded> {
  const faulty = faultyOf(model, protocol)
  if (faulty === undefined) return
  const machine = ownOf(model)
  const threads = [null, ...machine.machine.threads.map(({ id }) => threadName(id))]
  for (const thread of threads) {
    if (only !== undefined && only !== thread) continue
    const at = thread === null ? undefined : threads.indexOf(thread) - 1
    const compiled = withFaultIn(machine, faulty, at)
    if (compiled === undefined) continue
    const bench = benchOf(model, compiled)
    if (bench !== undefined) yield { thread, bench }
  }
}

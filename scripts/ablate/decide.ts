/** One subset of the toggles decided by the explorer: the same pass as `check --engine explorer`. */

import { createHash } from 'node:crypto'
import type { Kernel, Predicate } from '../../impl/lib/compile.ts'
import { assemble, compile, compilePredicate } from '../../impl/lib/compile.ts'
import { Constants } from '../../impl/lib/constants.ts'
import type { Graph } from '../../impl/lib/explore.ts'
import { explore } from '../../impl/lib/explore.ts'
import type { LeadsTo, Machine } from '../../impl/lib/program.ts'
import { reduce } from '../../impl/lib/reduce.ts'
import type { Protocol } from '../../impl/lib/protocol.ts'
import type { TlaValue } from '../../impl/lib/trace/value.ts'
import { violatedDepths } from '../check/explorer.ts'
import { dataOf } from '../lib/project.ts'

/** A graph with more states than this is not explored to its end: the memory of two workers is bounded by it. */
export const MOST_STATES = 4_000_000

/** What the explorer says of one subset in one base. */
export interface Outcome {
  readonly states: number
  readonly generated: number
  /** violated properties with the states of their counterexamples */
  readonly violated: ReadonlyMap<string, number>
  /** false if there are more states than {@link MOST_STATES}; nothing is then said of any property */
  readonly complete: boolean
}

/** A machine that is ready to be explored. */
export interface Prepared {
  readonly kernel: Kernel
  /** equal for machines that have the same graph and properties */
  readonly digest: string
}

/** The machine with the properties that are asked for, only. */
const restricted = (machine: Machine, properties: ReadonlySet<string>): Machine => ({
  ...machine,
  invariants: machine.invariants.filter(({ name }) => properties.has(name)),
  liveness: machine.liveness.filter(({ name }) => properties.has(name)),
})

/** Compiles the machine for some constants; `onRead` is told of every constant that the machine depends on. */
export const prepare = (
  protocol: Protocol,
  constants: ReadonlyMap<string, TlaValue>,
  properties: ReadonlySet<string>,
  onRead?: (name: string) => void,
): Prepared => {
  const machine = protocol.machine(new Constants(constants, protocol.name, onRead), dataOf(protocol))
  const kernel = assemble(reduce(compile(restricted(machine, properties))))
  return { kernel, digest: digestOf(kernel) }
}

/** The whole graph of the machine as it is, for counterexamples: with every step that it takes. */
export const wholeGraph = (
  protocol: Protocol,
  constants: ReadonlyMap<string, TlaValue>,
  properties: ReadonlySet<string>,
): Graph => {
  const machine = protocol.machine(new Constants(constants, protocol.name), dataOf(protocol))
  return graphOf(assemble(compile(restricted(machine, properties))), 0)
}

const predicatesOf = ({ from, to, eventuallyAlways }: LeadsTo['instances'][number]): (() => boolean)[] => [
  from,
  to,
  ...(eventuallyAlways === undefined ? [] : [eventuallyAlways]),
]

/**
 * Everything that the search and the properties look at, and nothing else. Two kernels with the same digest have the
 * same packed states in the same order, so every verdict and depth is the same.
 */
const digestOf = (kernel: Kernel): string => {
  const { machine } = kernel.compiled
  const hash = createHash('sha256')
  const numbers = (name: string, ...tables: readonly Int32Array[]): void => {
    for (const table of tables) hash.update(`${name} ${table.length}:`).update(table)
  }
  const predicate = (name: string, holds: () => boolean): void => {
    const { code, root }: Predicate = compilePredicate(kernel, holds)
    numbers(`${name} ${root}`, code)
  }
  const plain = {
    layout: kernel.layout,
    actions: kernel.actions,
    steps: kernel.steps.map(({ thread, action, environment }) => [thread, action, environment]),
    threads: machine.threads.map(({ id }) => id),
    fairness: machine.fairness.map(({ thread, labels, strong }) => [thread, [...labels], strong === true]),
  }
  hash.update(JSON.stringify(plain))
  numbers('tables', kernel.tree, kernel.leafStart, kernel.and, kernel.or, kernel.initial)
  numbers('roots', kernel.environmentRoots, ...kernel.roots)
  for (const { name, instances } of machine.invariants)
    instances.forEach((holds) => {
      predicate(name, holds)
    })
  for (const { name, instances } of machine.liveness) {
    for (const instance of instances)
      predicatesOf(instance).forEach((holds, i) => {
        predicate(`${name} ${i}`, holds)
      })
  }
  return hash.digest('hex')
}

const graphOf = (kernel: Kernel, expectedStates: number): Graph =>
  explore(kernel, { edges: true, expectedStates, maxStates: MOST_STATES })

/** Decides a prepared machine. */
export const decide = (prepared: Prepared, expectedStates = 0): Outcome => {
  const graph = graphOf(prepared.kernel, expectedStates)
  return {
    states: graph.count,
    generated: graph.generated,
    violated: graph.complete ? violatedDepths(graph) : new Map<string, number>(),
    complete: graph.complete,
  }
}

/** One subset of the toggles decided by the explorer: the same pass as `check --engine explorer`. */

import { createHash } from 'node:crypto'
import type { Predicate } from '../kernel/machine/predicate.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import type { Automaton, Compiled } from '../kernel/machine/automaton.ts'
import { given } from '../kernel/given.ts'
import { compile } from '../kernel/machine/compile.ts'
import { DEFAULT_LIMITS } from '../kernel/machine/replay.ts'
import { compilePredicate } from '../kernel/machine/predicate.ts'
import { assemble } from '../kernel/machine/tables.ts'
import { Constants } from '../kernel/language/constants.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { explore } from '../kernel/explore/explore.ts'
import type { Machine } from '../kernel/language/machine.ts'
import { reduce } from '../kernel/machine/drop-idle-steps.ts'
import type { Model } from '../protocol/model.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { DEADLOCK, violatedDepths } from '../kernel/explore/violations.ts'
import { predicatesOf } from '../kernel/language/machine.ts'

/** A graph with more states than this is not explored to its end: the memory of two workers is bounded by it. */
const MOST_STATES = 4_000_000

/** Whose machines are made. */
type MachineSource = Pick<Model, 'protocol' | 'data'>

/** What the explorer says of the properties that it was asked for. */
export interface Decision {
  /** states that were looked at: all, unless everything that was asked for is a violation that was found before */
  readonly states: number
  /** violated properties with the states of their counterexamples */
  readonly violated: ReadonlyMap<string, number>
  /** false if there are more states than {@link MOST_STATES}; nothing is then said of any property */
  readonly complete: boolean
}

/** A machine that is ready to be explored. */
export interface Prepared {
  readonly kernel: Kernel
  /** the machine with all of its steps */
  readonly compiled: Compiled
  /** equal for machines that have the same graph and properties */
  readonly digest: string
}

/** The machine with the properties that are asked for, only. */
const restricted = (machine: Machine, properties: ReadonlySet<string>): Machine => ({
  ...machine,
  invariants: machine.invariants.filter(({ name }) => properties.has(name)),
  liveness: machine.liveness.filter(({ name }) => properties.has(name)),
  ...given({ possibilities: machine.possibilities?.filter(({ name }) => properties.has(name)) }),
})

/** What a program was compiled to, and what its thread's domain had grown to. */
interface CompiledThread {
  readonly automaton: Automaton
  readonly content: readonly unknown[] | undefined
  /** the constants that it depends on */
  readonly names: readonly string[]
}

/**
 * The programs of the machines of one base. A thread's program is a function of the constants that were read when the
 * machine was made, and of those that were read when the thread was compiled; of the toggles most programs read few.
 */
export class CompiledThreads {
  /** per thread, by the names of the constants that it depends on, then by their values */
  private readonly known = new Map<number, Map<string, Map<string, CompiledThread>>>()

  find(thread: number, valueOf: (name: string) => string): CompiledThread | undefined {
    for (const programs of this.known.get(thread)?.values() ?? []) {
      const [[, { names } = { names: [] }] = []] = programs
      const program = programs.get(names.map(valueOf).join(' '))
      if (program !== undefined) return program
    }
    return undefined
  }

  add(thread: number, valueOf: (name: string) => string, program: CompiledThread): void {
    const own = this.known.get(thread) ?? new Map<string, Map<string, CompiledThread>>()
    const key = program.names.join(' ')
    const programs = own.get(key) ?? new Map<string, CompiledThread>()
    this.known.set(thread, own.set(key, programs.set(program.names.map(valueOf).join(' '), program)))
  }
}

/** Compiles the machine for some constants; `onRead` is told of every constant that the machine depends on. */
export const prepare = (
  { protocol, data }: MachineSource,
  constants: ReadonlyMap<string, TlaValue>,
  properties: ReadonlySet<string>,
  onRead?: (name: string) => void,
  programs = new CompiledThreads(),
): Prepared => {
  const shared = new Set<string>()
  let reader = shared
  const read = (name: string): void => {
    reader.add(name)
    onRead?.(name)
  }
  const valueOf = (name: string): string => {
    const value = constants.get(name)
    return value === undefined ? '' : printValue(value)
  }
  const machine = protocol.machine(new Constants(constants, protocol.name, read), data)
  const { growing } = machine.shared
  const own = machine.threads.map(() => new Set<string>())
  const compiled = compile(restricted(machine, properties), DEFAULT_LIMITS, {
    find: (thread) => {
      const program = programs.find(thread, valueOf)
      if (program === undefined) return undefined
      if (program.content !== undefined) growing[thread]?.fill(program.content)
      for (const name of program.names) onRead?.(name)
      return program.automaton
    },
    within: (thread, body) => {
      reader = own[thread] ?? shared
      try {
        return body()
      } finally {
        reader = new Set()
      }
    },
    add: (thread, automaton) => {
      const names = [...new Set([...shared, ...(own[thread] ?? [])])].sort()
      programs.add(thread, valueOf, { automaton, content: growing[thread]?.content, names })
    },
  })
  const kernel = assemble(reduce(compiled))
  return { kernel, compiled, digest: digestOf(kernel) }
}

/** The whole graph of the machine as it is, for counterexamples: with every step that it takes. */
export const wholeGraph = (
  { protocol, data }: MachineSource,
  constants: ReadonlyMap<string, TlaValue>,
  properties: ReadonlySet<string>,
): Graph => {
  const machine = protocol.machine(new Constants(constants, protocol.name), data)
  return explore(assemble(compile(restricted(machine, properties))), { edges: true, maxStates: MOST_STATES })
}

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
  for (const { name, instances } of machine.invariants) for (const { holds } of instances) predicate(name, holds)
  for (const { name, instances } of [...machine.liveness, ...(machine.possibilities ?? [])]) {
    for (const instance of instances)
      predicatesOf(instance).forEach((holds, i) => {
        predicate(`${name} ${i}`, holds)
      })
  }
  return hash.digest('hex')
}

/** The kernel with some of its properties: the same states in the same order. */
const asking = (kernel: Kernel, properties: ReadonlySet<string>): Kernel => ({
  ...kernel,
  compiled: { ...kernel.compiled, machine: restricted(kernel.compiled.machine, properties) },
})

/**
 * Decides some properties of a prepared machine. Edges are kept only where liveness or a possibility is asked for. An invariant is
 * violated when one state violates it: if that is so of all that is asked for, the rest is not looked at.
 */
export const decide = ({ kernel }: Prepared, asked: readonly string[], expectedStates = 0): Decision => {
  const wanted = new Set(asked)
  const own = asking(kernel, wanted)
  const { invariants, liveness, possibilities = [] } = own.compiled.machine
  const edges = liveness.length + possibilities.length > 0
  const safety = [...invariants.map(({ name }) => name), ...(wanted.has(DEADLOCK) ? [DEADLOCK] : [])]
  let ended = false
  const graph = explore(own, {
    edges,
    expectedStates,
    maxStates: MOST_STATES,
    enough: (violations, deadlock) =>
      (ended = !edges && safety.every((name) => (name === DEADLOCK ? deadlock : violations.get(name)) !== undefined)),
  })
  const complete = graph.complete || ended
  const depths = complete ? violatedDepths(graph) : new Map<string, number>()
  return { states: graph.count, violated: new Map([...depths].filter(([name]) => wanted.has(name))), complete }
}

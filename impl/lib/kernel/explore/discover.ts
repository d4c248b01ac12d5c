/**
 * A joint search of all threads that finds what is reachable of them: nodes, values of domains that grow, and the branches of
 * each step's decision tree. What comes of it is compiled like any other machine, and is explored again by whoever wants its
 * graph.
 *
 * A step is taken as a program once for each combination of the values that it really reads; from then on it runs on packed
 * states, as in `explore`. How wide a field must be is guessed. Where an index does not fit, all fields are laid out anew, with
 * room to spare, and the states that are there are packed again: that costs a pass over the states, where beginning again
 * would cost one over all their steps; and nothing that was done is done twice but for the state at hand.
 */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Domain } from '../language/domain.ts'
import { bitsFor } from '../language/domain.ts'
import type { Machine } from '../language/machine.ts'
import { threadName } from '../language/machine.ts'
import { withoutTraces } from '../machine/ambient.ts'
import type { Compiled } from '../machine/automaton.ts'
import type { Layout, Slot } from '../machine/layout.ts'
import { placed, readSlot } from '../machine/layout.ts'
import { FlatTrees } from './flat-trees.ts'
import type { Grown } from './known-steps.ts'
import { KnownSteps } from './known-steps.ts'
import type { LazyThread } from './lazy-thread.ts'
import { StateSet } from './state-set.ts'

/** How far a discovery goes. */
export interface DiscoveryLimits {
  readonly maxStates?: number
  /** values of one domain that grows; not of a store buffer's, which grows with the values that are stored */
  readonly values?: number
  /** nodes of one thread */
  readonly nodes?: number
  /** asked now and then: is time up? */
  readonly expired?: () => boolean
  /** called now and then, from inside the search */
  readonly onProgress?: (states: number, queue: number) => void
}

const DEFAULTS = { values: 4096, nodes: 50_000 }

/** The limit at which a discovery was ended. */
export interface Stopped {
  readonly kind: 'states' | 'time' | 'values' | 'nodes'
  /** what has grown, in words: a variable, or a thread with the label at which it has most of its nodes */
  readonly what: string
  /** the cell of a variable */
  readonly cell?: number
  /** index of a thread, the label, and its local that has most values there */
  readonly thread?: number
  readonly label?: string
  readonly field?: string
}

/** What is reachable of a machine. */
export interface Discovery {
  /** with the nodes that are reached; where no reachable state leads, a tree has a leaf without outcomes that says so */
  readonly compiled: Compiled
  /** false if a limit was reached */
  readonly complete: boolean
  readonly stopped: Stopped | undefined
  readonly states: number
}

/** Steps that are taken as programs, and states, between two looks at the clock, less one; powers of two. */
const STEPS = 2 ** 6 - 1
const CLOCK = 2 ** 12 - 1
const REPORT = 2 ** 18 - 1

/** A domain that grows, and whose it is. */
interface Watched {
  readonly domain: Domain<unknown>
  readonly who: Omit<Stopped, 'kind'>
}

const grows = ({ freeze }: Domain<unknown>): boolean => freeze !== undefined

/** The domains that grow by what programs do, each with the first variable or local that has it. */
const watchedIn = ({ shared, threads }: Machine, lazy: readonly LazyThread[]): Watched[] => {
  const buffers = new Set<unknown>(shared.growing)
  const cells = shared.cells.map(({ domain, variable, argument, inC }, cell): Watched => {
    const { name } = domain
    return { domain, who: { what: inC ?? (argument === undefined ? variable : `${variable} (${name})`), cell } }
  })
  const locals = lazy.flatMap(({ fields, domains }, thread) =>
    domains.map((domain, i): Watched => {
      const field = at(fields, i)
      return { domain, who: { what: `${threadName(at(threads, thread).id)}: local ${field}`, thread, field } }
    }),
  )
  return [...cells, ...locals].filter(({ domain }) => grows(domain) && !buffers.has(domain))
}

/** A field whose number of values is not known from the start has room for this many at first. */
const GUESS = 4

/** Bits of each field, with room to spare where it has grown. */
class Widths {
  readonly cells: number[]
  readonly threads: number[]
  private readonly machine: Machine
  private readonly steps: KnownSteps

  constructor(machine: Machine, steps: KnownSteps) {
    this.machine = machine
    this.steps = steps
    this.cells = machine.shared.cells.map(({ domain }) => bitsFor(domain.values.length))
    this.threads = machine.threads.map(() => bitsFor(GUESS))
  }

  /** Do the values that a leaf puts somewhere, and its nodes, fit the fields? */
  hold({ leaf }: Grown, source: number): boolean {
    const own = this.threads[source]
    return (
      leaf.outcomes.every(({ writes }) => writes.every(([cell, index]) => index < 2 ** at(this.cells, cell))) &&
      (own === undefined || leaf.targets.every((node) => node < 2 ** own))
    )
  }

  /** Makes room for everything that is known, and as much again where a field was too narrow. */
  widen(): void {
    const wider = (bits: number, size: number): number => {
      const needed = bitsFor(size)
      return needed > bits ? needed + 1 : bits
    }
    const before = this.total()
    this.machine.shared.cells.forEach(({ domain }, i) => {
      this.cells[i] = wider(at(this.cells, i), domain.values.length)
    })
    this.steps.threads.forEach(({ nodes }, i) => {
      this.threads[i] = wider(at(this.threads, i), nodes.length)
    })
    if (this.total() === before)
      throw new RangeError('a step stores an index that the domain of its cell does not have')
  }

  private total(): number {
    return [...this.cells, ...this.threads].reduce((sum, bits) => sum + bits, 0)
  }

  layout(): Layout {
    return placed(this.cells, this.threads)
  }
}

/** The states of a set in another layout, in the same order. */
const repacked = (set: StateSet, from: Layout, to: Layout): StateSet => {
  const fields = (layout: Layout): Slot[] => [...layout.cells, ...layout.threads]
  const [old, wide] = [fields(from), fields(to)]
  const packed = new StateSet(to.words, { expected: set.count })
  const row = new Int32Array(to.words)
  for (let state = 0; state < set.count; state++) {
    row.fill(0)
    for (let i = 0; i < old.length; i++) {
      const { word, shift } = wide[i] as Slot
      row[word] = (row[word] as number) | (readSlot(set.rows, state * from.words, old[i] as Slot) << shift)
    }
    packed.add(row, 0, -1, -1)
  }
  return packed
}

/** A discovery, and what it has come to. */
class Discoverer {
  private readonly machine: Machine
  private readonly limits: DiscoveryLimits
  private readonly steps: KnownSteps
  private readonly watched: readonly Watched[]
  private readonly widths: Widths
  private flat: FlatTrees
  private set: StateSet
  private stopped: Stopped | undefined
  private taken = 0

  constructor(machine: Machine, lazy: readonly LazyThread[], limits: DiscoveryLimits) {
    this.machine = machine
    this.limits = limits
    this.steps = new KnownSteps(machine, lazy)
    this.watched = watchedIn(machine, lazy)
    this.widths = new Widths(machine, this.steps)
    this.flat = this.tables()
    this.set = new StateSet(this.flat.layout.words)
  }

  /** Everything that is known, laid out as wide as is known to be needed. */
  private tables(): FlatTrees {
    const flat = new FlatTrees(this.widths.layout(), this.machine.environment.length)
    this.steps.threads.forEach(({ nodes }, thread) => {
      flat.fillNodes(
        thread,
        nodes.map(({ tree }) => tree),
      )
    })
    flat.fillEnvironment(this.steps.environment)
    return flat
  }

  run(): Discovery {
    this.begin()
    let state = 0
    while (state < this.set.count && this.stopped === undefined) state = this.pass(state)
    const { machine, stopped, steps } = this
    for (const { domain } of machine.shared.cells) domain.freeze?.()
    for (const { lazy } of steps.threads) for (const domain of lazy.domains) domain.freeze?.()
    const compiled = steps.compiled()
    return {
      compiled: stopped === undefined ? compiled : { ...compiled, known: state },
      complete: stopped === undefined,
      stopped,
      states: this.set.count,
    }
  }

  private begin(): void {
    const { layout } = this.flat
    const initial = new Int32Array(layout.words)
    this.machine.shared.cells.forEach(({ initial: index }, i) => {
      const { word, shift } = at(layout.cells, i)
      initial[word] = at(initial, word) | (index << shift)
    })
    this.set.add(initial, 0, -1, -1)
  }

  /**
   * Goes through the states from one on, as far as they stay packed as they are; the state to go on with. In its inner loop
   * indices are in range by construction, which is what the `as number` stand for.
   */
  private pass(first: number): number {
    const { set, flat } = this
    const { layout, leafStart, and, or } = flat
    const { words } = layout
    const sources = layout.threads.length + this.machine.environment.length
    const { maxStates = 2 ** 31 / Math.max(words, 2) - 2 } = this.limits
    const next = new Int32Array(words)
    for (let state = first; state < set.count; state++) {
      const base = state * words
      for (let source = 0; source < sources; source++) {
        let leaf = flat.leafOf(set.rows, base, source)
        if (leaf < 0) {
          if (!this.grow(source, state)) return state
          leaf = flat.leafOf(set.rows, base, source)
        }
        const last = leafStart[leaf + 1] as number
        for (let step = leafStart[leaf] as number; step < last; step++) {
          const patch = step * words
          for (let w = 0; w < words; w++) {
            next[w] = ((set.rows[base + w] as number) & (and[patch + w] as number)) | (or[patch + w] as number)
          }
          if (set.count >= maxStates && set.find(next, 0) < 0) {
            this.stopped = { kind: 'states', what: `${maxStates} states` }
            return state
          }
          set.add(next, 0, -1, -1)
        }
      }
      this.look(state)
      if (this.stopped !== undefined) return state + 1
    }
    return set.count
  }

  /** Looks at the clock now and then, and reports. */
  private look(state: number): void {
    const { onProgress } = this.limits
    if ((state & CLOCK) === CLOCK) this.lookAtClock()
    if ((state & REPORT) === 0) onProgress?.(this.set.count, this.set.count - state)
  }

  private lookAtClock(): void {
    if (this.limits.expired?.() === true) this.stopped = { kind: 'time', what: 'time is up' }
  }

  /** Takes the step of a source in a state, where its tree has nothing yet. False: the state is to be gone through again. */
  private grow(source: number, state: number): boolean {
    const { set, flat, steps } = this
    const { layout } = flat
    const base = state * layout.words
    const own = layout.threads[source]
    const node = own === undefined ? -1 : readSlot(set.rows, base, own)
    const before = steps.threads[source]?.nodes.length ?? 0
    const valueOf = (cell: number): number => readSlot(set.rows, base, at(layout.cells, cell))
    const grown = steps.grow(source, node, valueOf)
    this.taken += 1
    if ((this.taken & STEPS) === STEPS) this.lookAtClock()
    this.refuseGrowth(source)
    if (this.stopped !== undefined) return false
    if (!this.widths.hold(grown, source)) {
      this.relayOut()
      return false
    }
    for (let i = before; i < (steps.threads[source]?.nodes.length ?? 0); i++) flat.addNode(source)
    flat.extend(source, node, grown.tree, grown.path)
    return true
  }

  private relayOut(): void {
    const from = this.flat.layout
    this.widths.widen()
    this.flat = this.tables()
    this.set = repacked(this.set, from, this.flat.layout)
  }

  /** Ends the search where something has grown too much. */
  private refuseGrowth(source: number): void {
    const { values = DEFAULTS.values, nodes = DEFAULTS.nodes } = this.limits
    const large = this.watched.find(({ domain }) => domain.values.length > values)
    if (large !== undefined) this.stopped = { kind: 'values', ...large.who }
    else if ((this.steps.threads[source]?.nodes.length ?? 0) > nodes) {
      const { label, field } = this.steps.crowded(source)
      const name = threadName(at(this.machine.threads, source).id)
      const what = `${name} at ${label}${field === undefined ? '' : `, local ${field}`}`
      this.stopped = { kind: 'nodes', what, thread: source, label, ...(field === undefined ? {} : { field }) }
    }
  }
}

/**
 * Finds what is reachable of a machine whose threads are these, in the order of the machine's. After it the domains of the machine
 * and of the threads do not grow any more.
 *
 * @throws LockstepError (exit 2) what a step throws, with thread and label
 */
export const discover = (machine: Machine, threads: readonly LazyThread[], limits: DiscoveryLimits = {}): Discovery => {
  if (threads.length !== machine.threads.length)
    throw badInput({
      code: 'thread-order',
      message: `the machine has ${machine.threads.length} threads, and ${threads.length} are to be run`,
    })
  return withoutTraces(() => new Discoverer(machine, threads, limits).run())
}

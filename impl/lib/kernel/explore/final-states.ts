/**
 * All states in which a machine without loops can end, by a search of those interleavings that can make a difference.
 *
 * *Which steps are left out.* In a state, a step may be taken alone, before all others, if nothing that the others can ever
 * do has to do with it: it reads nothing that they can still write, and writes nothing that they can still read or write. More
 * generally, the steps of some threads are enough if no thread outside of them can still do something that has to do with one of
 * these steps; a step that cannot be taken yet counts among them, with what it looked at, so that whoever can make it
 * possible is among the threads too. This is a persistent set (Godefroid: "Partial-Order Methods for the Verification of Concurrent Systems",
 * LNCS 1032, 1996, chapter 4), and by theorem 4.3 there a search that takes in each state the steps of one finds every state without steps:
 * let a run end. While it takes no step of the set, what it takes has to do with none of them, so that they stay possible; the run
 * ends, so it takes one at last; and that one could have been taken first, with the same end.
 * A thread's stores that wait in its buffer are steps of their own, which become visible when they like; the others see them, the
 * thread itself sees the same right before and right after. So a thread's own step and its stores' becoming visible can be taken in either order,
 * unless the step asks for the buffer itself or writes in memory what still waits there: then both are taken together. A load that finds its
 * value in the buffer counts as one of memory: once the store is visible, it would be. Of some steps it is known, for other
 * reasons, that a run in which they are taken as soon as they can be comes to the same end ({@link EndingThread.isAtOnce}).
 *
 * *What a state is.* A value that is only to be known in the end is no part of a state. What can come of a state is a set
 * of outcomes; a step that sets such a value sets it in those of the state behind it that do not set it again. So a
 * state is gone through once, whatever was read before it, and without loops there is always a state that is to be done first.
 */

import { at } from '../at.ts'
import type { Machine } from '../language/machine.ts'
import type { CellValue } from '../machine/record-step.ts'
import { withoutTraces } from '../machine/ambient.ts'
import type { GrownTree } from './grown-tree.ts'
import { KnownSteps } from './known-steps.ts'
import type { LazyNode, LazyThread } from './lazy-thread.ts'
import type { Given } from './outcome-sets.ts'
import { BLANK, NONE, OutcomeSets } from './outcome-sets.ts'
import { StateSet } from './state-set.ts'

/** Cells that are read and written, as sets of bits; two cells may share a bit. */
export interface Footprint {
  readonly reads: number
  readonly writes: number
}

/** The bits of cells, in the order in which they are asked for: the first ones share none. */
export class CellBits {
  private readonly bits = new Map<number, number>()

  of(cell: number): number {
    const known = this.bits.get(cell)
    if (known !== undefined) return known
    const bit = 1 << (this.bits.size % 31)
    this.bits.set(cell, bit)
    return bit
  }
}

/** A thread without loops whose end is of interest. */
export interface EndingThread extends LazyThread {
  /** what the thread can touch from a node on, stores that wait in its buffer left out */
  readonly future: (node: LazyNode) => Footprint
  /** cells that the step of a node reads, in memory or in the thread's own buffer */
  readonly reads: (node: LazyNode) => number
  /** false for a step that asks whether the thread's own stores are visible */
  readonly isBlindToBuffer: (node: LazyNode) => boolean
  /** Is the step of a node one that may be taken before all others, wherever it can be? Whoever says so knows that no end is lost. */
  readonly isAtOnce: (node: LazyNode) => boolean
  /** what the thread has set before its first step, and by a step: variables that are looked at in the end */
  readonly givenFirst: readonly Given[]
  readonly given: (node: LazyNode, result: unknown) => readonly Given[]
}

/** Where a thread's stores wait: the cell of its buffer, and the cells that they go to, by the value of that cell. */
export interface Buffer {
  readonly cell: number
  readonly stores: (index: number) => readonly number[]
}

export interface FinalLimits {
  readonly maxStates?: number
  /** cells to which stores may become visible before all other steps, wherever they can; see {@link EndingThread.isAtOnce} */
  readonly visibleAtOnce?: ReadonlySet<number>
  /** all interleavings, for whoever wants to see that those that are left out make no difference */
  readonly isWhole?: boolean
  /** called now and then; what it throws ends the search */
  readonly tick?: () => void
}

/** A search that had to be given up. */
export class TooManyStates extends Error {}

/** A step on the way to a final state. */
export interface FinalStep {
  /** a thread by its index, or behind them an action of the environment */
  readonly source: number
  /** where the thread was */
  readonly node: LazyNode | undefined
  readonly result: unknown
  /** indices of the cells' values after it, and behind them the threads' nodes */
  readonly after: Int32Array
}

/** What is known of a thread at a node. */
interface Situation {
  readonly future: Footprint
  readonly isAtOnce: boolean
  readonly isBlindToBuffer: boolean
}

/** One outcome of a step on a state. */
interface Move {
  readonly writes: readonly CellValue[]
  /** node of the thread; -1 for the environment */
  readonly target: number
  readonly given: readonly Given[]
  readonly result: unknown
}

/** A step as the search has it. */
interface Leaf extends Footprint {
  readonly moves: readonly Move[]
}

/** A source with the step that it has in a state. */
interface Active {
  readonly source: number
  /** index of the thread whose step it is, or whose store becomes visible */
  readonly thread: number
  readonly leaf: Leaf
}

/** Steps of one run, which has no loops. */
const MOST_STEPS = 1_000_000

const STEPS_BETWEEN_TICKS = 2 ** 9 - 1

/** The search for the final states of one machine. */
export class FinalStates {
  readonly sets = new OutcomeSets()
  /** threads that cannot go on in some state in which nobody can, each with where */
  readonly stuck = new Map<string, { readonly thread: number; readonly node: LazyNode }>()
  private readonly machine: Machine
  private readonly threads: readonly EndingThread[]
  private readonly buffers: readonly Buffer[]
  private readonly bufferOf: ReadonlyMap<number, number>
  private readonly limits: FinalLimits
  private readonly bits: CellBits
  private readonly steps: KnownSteps
  private readonly cells: number
  private readonly states: StateSet
  /** by the numbers of grown leaves */
  private readonly leaves: (Leaf | undefined)[] = []
  private readonly situations: (Situation | undefined)[][]
  private readonly waiting: (number | undefined)[][]
  /** variables that are set from memory when all has ended */
  private readonly ends: (row: Int32Array) => readonly Given[]
  private ticks = 0
  private readonly sources: readonly (readonly number[])[]
  /** what each thread can still touch in the state that is looked at */
  private readonly reads: Int32Array
  private readonly writes: Int32Array

  constructor(
    machine: Machine,
    threads: readonly EndingThread[],
    buffers: readonly Buffer[],
    ends: (row: Int32Array) => readonly Given[],
    bits: CellBits,
    limits: FinalLimits = {},
  ) {
    this.machine = machine
    this.threads = threads
    this.buffers = buffers
    this.bufferOf = new Map(buffers.map(({ cell }, thread) => [cell, thread]))
    this.bits = bits
    this.limits = limits
    this.ends = ends
    this.steps = new KnownSteps(machine, threads)
    this.cells = machine.shared.cells.length
    this.states = new StateSet(this.cells + threads.length, { rows: 'apart' })
    this.situations = threads.map(() => [])
    this.waiting = threads.map(() => [])
    this.sources = this.sourcesOfThreads()
    this.reads = new Int32Array(threads.length)
    this.writes = new Int32Array(threads.length)
  }

  get explored(): number {
    return this.states.count
  }

  private first(): { readonly row: Int32Array; readonly given: readonly Given[] } {
    const row = new Int32Array(this.cells + this.threads.length)
    this.machine.shared.cells.forEach(({ initial }, i) => {
      row[i] = initial
    })
    return { row, given: this.threads.flatMap(({ givenFirst }) => givenFirst) }
  }

  /** The outcomes that there are. */
  run(): number {
    return withoutTraces(() => {
      const { row, given } = this.first()
      return this.among(this.outcomesFrom(row, given), [])
    })
  }

  // ------------------------------------------------------------------------------------------------ steps of a state

  private nodeOf(row: Int32Array, thread: number): number {
    return row[this.cells + thread] as number
  }

  private lazyNode(row: Int32Array, thread: number): LazyNode {
    return at(at(this.steps.threads, thread).nodes, this.nodeOf(row, thread)).node
  }

  /** The step of a source in a state; its tree grows where nothing is known yet. */
  private leafOf(row: Int32Array, source: number): Leaf {
    const thread = this.steps.threads[source]
    let tree: GrownTree | undefined =
      thread === undefined
        ? this.steps.environment[source - this.threads.length]
        : at(thread.nodes, this.nodeOf(row, source)).tree
    while (tree !== undefined && 'cell' in tree) tree = tree.children[row[tree.cell] as number]
    const known = tree === undefined ? undefined : this.leaves[tree.id]
    return known ?? this.grow(row, source)
  }

  private grow(row: Int32Array, source: number): Leaf {
    const isThread = source < this.threads.length
    const id = isThread ? this.nodeOf(row, source) : -1
    const { path, leaf } = this.steps.grow(source, id, (cell) => row[cell] as number)
    const node = isThread ? this.lazyNode(row, source) : undefined
    let [reads, writes] = [node === undefined ? 0 : at(this.threads, source).reads(node), 0]
    const isMemory = (cell: number): boolean => !this.bufferOf.has(cell)
    for (const [cell] of path) if (isMemory(cell)) reads |= this.bits.of(cell)
    const moves = leaf.outcomes.map((outcome, i): Move => {
      for (const [cell] of outcome.writes) if (isMemory(cell)) writes |= this.bits.of(cell)
      const given = node === undefined ? [] : at(this.threads, source).given(node, outcome.result)
      return { writes: outcome.writes, target: leaf.targets[i] ?? -1, given, result: outcome.result }
    })
    const made: Leaf = { reads, writes, moves }
    this.leaves[leaf.id] = made
    return made
  }

  private situation(row: Int32Array, thread: number): Situation {
    const known = this.situations[thread] as (Situation | undefined)[]
    return (known[this.nodeOf(row, thread)] ??= this.arrived(thread, this.lazyNode(row, thread)))
  }

  private arrived(index: number, node: LazyNode): Situation {
    const thread = at(this.threads, index)
    return {
      future: thread.future(node),
      isAtOnce: thread.isAtOnce(node),
      isBlindToBuffer: thread.isBlindToBuffer(node),
    }
  }

  private waitingOf(row: Int32Array, thread: number): number {
    const { cell, stores } = this.buffers[thread] as Buffer
    const known = this.waiting[thread] as (number | undefined)[]
    const index = row[cell] as number
    return (known[index] ??= stores(index).reduce((bits, store) => bits | this.bits.of(store), 0))
  }

  /** Sources of each thread: its own, and the commits of its stores. */
  private sourcesOfThreads(): number[][] {
    const { machine, threads } = this
    const sources = threads.map((_, thread) => [thread])
    machine.environment.forEach(({ thread: [kind, id] }, i) => {
      const thread = machine.threads.findIndex((one) => one.id[0] === kind && one.id[1] === id)
      at(sources, thread).push(threads.length + i)
    })
    return sources
  }

  // --------------------------------------------------------------------------------------------------- persistent sets

  /** Looks at what a thread can still do in a state, its waiting stores among it. */
  private look(row: Int32Array, thread: number): void {
    const { reads, writes } = this.situation(row, thread).future
    this.reads[thread] = reads
    this.writes[thread] = writes | this.waitingOf(row, thread)
  }

  /** Can a thread other than its own still have to do with a step? */
  private isShared(step: Footprint, thread: number): boolean {
    for (let other = 0; other < this.threads.length; other++)
      if (other !== thread && this.concerns(step, other)) return true
    return false
  }

  private concerns({ reads, writes }: Footprint, thread: number): boolean {
    const [theirReads, theirWrites] = [this.reads[thread] as number, this.writes[thread] as number]
    return (writes & (theirReads | theirWrites)) !== 0 || (reads & theirWrites) !== 0
  }

  /**
   * Steps that are enough, of those that can be taken in a state that was looked at; none where nothing can be. The thread that
   * has just gone on is tried first: it is likely to be able to go on alone.
   */
  private chosen(row: Int32Array, last: number): readonly Active[] {
    if (this.limits.isWhole === true) return this.activeIn(row).filter(({ leaf }) => leaf.moves.length > 0)
    const { length } = this.threads
    for (let thread = 0; thread < length; thread++) {
      const first = this.atOnceOf(row, thread)
      if (first !== undefined) return [first]
    }
    for (let i = 0; i < length; i++) {
      const alone = this.aloneOf(row, (last + i) % length)
      if (alone !== undefined) return [alone]
    }
    return this.smallest(row)
  }

  /** A step of a thread, or of its stores, that may be taken before all others. */
  private atOnceOf(row: Int32Array, thread: number): Active | undefined {
    if (this.situation(row, thread).isAtOnce) {
      const leaf = this.leafOf(row, thread)
      if (leaf.moves.length > 0) return { source: thread, thread, leaf }
    }
    const { visibleAtOnce } = this.limits
    if (visibleAtOnce === undefined || this.waitingOf(row, thread) === 0) return undefined
    for (const source of this.sources[thread] as readonly number[]) {
      if (source === thread) continue
      const leaf = this.leafOf(row, source)
      const [move] = leaf.moves
      if (move?.writes.every(([cell]) => this.bufferOf.has(cell) || visibleAtOnce.has(cell)) === true)
        return { source, thread, leaf }
    }
    return undefined
  }

  /** A step of a thread with which nobody else has to do, and the rest of its own thread neither. */
  private aloneOf(row: Int32Array, thread: number): Active | undefined {
    const sources = this.sources[thread] as readonly number[]
    const waiting = this.waitingOf(row, thread)
    if (waiting === 0) {
      const leaf = this.leafOf(row, thread)
      return leaf.moves.length > 0 && !this.isShared(leaf, thread) ? { source: thread, thread, leaf } : undefined
    }
    if (!this.situation(row, thread).isBlindToBuffer) return undefined
    if ((this.leafOf(row, thread).writes & waiting) !== 0) return undefined
    for (const source of sources) {
      const leaf = this.leafOf(row, source)
      if (leaf.moves.length > 0 && !this.isShared(leaf, thread)) return { source, thread, leaf }
    }
    return undefined
  }

  /** The steps of all sources, those that cannot be taken now among them. */
  private activeIn(row: Int32Array): Active[] {
    const active: Active[] = []
    this.sources.forEach((sources, thread) => {
      const isEmpty = row[at(this.buffers, thread).cell] === 0
      for (const source of sources) {
        if (source !== thread && isEmpty) break
        const leaf = this.leafOf(row, source)
        if (source === thread || leaf.moves.length > 0) active.push({ source, thread, leaf })
      }
    })
    return active
  }

  private smallest(row: Int32Array): readonly Active[] {
    const active = this.activeIn(row)
    const enabled = active.filter(({ leaf }) => leaf.moves.length > 0)
    let best = enabled
    const tried = new Set<number>()
    for (const { thread } of enabled) {
      if (tried.has(thread)) continue
      tried.add(thread)
      const members = this.closure(thread, active)
      if (members === undefined) continue
      const own = enabled.filter((step) => members[step.thread] === 1)
      if (own.length > 0 && own.length < best.length) best = own
    }
    return best
  }

  /** A thread with all that can have to do with the next steps of one that is among them, by 1; undefined where these are all. */
  private closure(thread: number, active: readonly Active[]): Uint8Array | undefined {
    const { length } = this.threads
    const members = new Uint8Array(length)
    members[thread] = 1
    const found = [thread]
    // grows while it is gone through
    for (const member of found)
      for (const { thread: owner, leaf } of active) {
        if (owner !== member) continue
        for (let other = 0; other < length; other++)
          if (members[other] === 0 && this.concerns(leaf, other)) {
            members[other] = 1
            found.push(other)
          }
        if (found.length === length) return undefined
      }
    return members
  }

  // ------------------------------------------------------------------------------------------------------- the search

  /** Takes a step in a state, which becomes the one after it. */
  private take(row: Int32Array, { thread, source }: Active, { writes, target }: Move): void {
    for (const [cell, index] of writes) row[cell] = index
    if (source === thread && target >= 0) row[this.cells + thread] = target
  }

  private after(row: Int32Array, step: Active, move: Move): Int32Array {
    const next = row.slice()
    this.take(next, step, move)
    return next
  }

  /** Goes on in a state while there is one thing to do only; what is set on the way, latest last. */
  private advance(row: Int32Array, given: Given[], seen?: (step: FinalStep) => void): readonly Active[] {
    let last = 0
    for (let thread = 0; thread < this.threads.length; thread++) this.look(row, thread)
    for (;;) {
      this.ticks += 1
      if ((this.ticks & STEPS_BETWEEN_TICKS) === 0) this.limits.tick?.()
      const chosen = this.chosen(row, last)
      const [only] = chosen
      const move = only?.leaf.moves[0]
      if (chosen.length !== 1 || only === undefined || move === undefined || only.leaf.moves.length > 1) return chosen
      last = only.thread
      for (const one of move.given) given.push(one)
      if (seen === undefined) this.take(row, only, move)
      else this.show(row, only, move, seen)
      // a step changes nothing of where other threads are, or of what waits in their buffers
      this.look(row, last)
    }
  }

  private show(row: Int32Array, step: Active, move: Move, seen: (step: FinalStep) => void): void {
    const node = step.source < this.threads.length ? this.lazyNode(row, step.source) : undefined
    this.take(row, step, move)
    seen({ source: step.source, node, result: move.result, after: row.slice() })
  }

  private among(set: number, given: readonly Given[]): number {
    return given.reduceRight((outcomes, one) => this.sets.given(outcomes, one), set)
  }

  /** What can come of a state, which is gone on from: it becomes another. */
  private outcomesFrom(row: Int32Array, before: readonly Given[]): number {
    const given = [...before]
    const chosen = this.advance(row, given)
    const { states } = this
    const known = states.find(row, 0)
    if (known >= 0) return this.among(states.via[known] as number, given)
    const { maxStates = Infinity } = this.limits
    if (states.count >= maxStates) throw new TooManyStates()
    const state = states.add(row, 0, -1, NONE)
    let outcomes = chosen.length === 0 ? this.ended(row) : NONE
    for (const step of chosen)
      for (const move of step.leaf.moves)
        outcomes = this.sets.union(outcomes, this.outcomesFrom(this.after(row, step, move), move.given))
    states.via[state] = outcomes
    return this.among(outcomes, given)
  }

  /** What a state is in which nothing can be done: an end, or a place where somebody waits for ever. */
  private ended(row: Int32Array): number {
    const waiting = this.threads.flatMap((_, thread) => {
      const node = this.lazyNode(row, thread)
      return node.op.kind === 'end' ? [] : [{ thread, node }]
    })
    for (const one of waiting) this.stuck.set(`${one.thread}:${one.node.label}`, one)
    return waiting.length === 0 ? this.among(BLANK, this.ends(row)) : NONE
  }

  // -------------------------------------------------------------------------------------------------------- a witness

  /** One run to a final state with these values, which there is: its steps. */
  runTo(wanted: ReadonlyMap<number, number>): FinalStep[] {
    const path: FinalStep[] = []
    const { row, given } = this.first()
    const so = new Map<number, number>()
    let before: readonly Given[] = given
    for (let i = 0; i < MOST_STEPS; i++) {
      const set: Given[] = [...before]
      const chosen = this.advance(row, set, (step) => path.push(step))
      for (const [variable, value] of set) so.set(variable, value)
      if (chosen.length === 0) return path
      const next = this.towards(row, chosen, wanted, so)
      if (next === undefined) throw new RangeError('no run ends so')
      this.show(row, next[0], next[1], (step) => path.push(step))
      before = next[1].given
    }
    throw new RangeError('a run that does not end')
  }

  private towards(
    row: Int32Array,
    chosen: readonly Active[],
    wanted: ReadonlyMap<number, number>,
    so: ReadonlyMap<number, number>,
  ): readonly [Active, Move] | undefined {
    for (const step of chosen)
      for (const move of step.leaf.moves) {
        const set = this.outcomesFrom(this.after(row, step, move), move.given)
        if (this.sets.has(set, wanted, so)) return [step, move]
      }
    return undefined
  }
}

/** What a round has ended in: which properties of the file are broken in its last state. */

import { at } from '../../kernel/at.ts'
import type { Invariant, Possibility } from '../../kernel/language/machine.ts'
import type { Slot } from '../../kernel/machine/layout.ts'
import type { Predicate } from '../../kernel/machine/predicate.ts'
import { compilePredicate, evaluate } from '../../kernel/machine/predicate.ts'
import type { Kernel } from '../../kernel/machine/tables.ts'
import type { LivePlan } from './plan.ts'
import type { CRound } from './record.ts'
import { finalState } from './record.ts'
import type { LiveTree } from './tree.ts'
import { bufferCells } from './tree.ts'

/** States that are looked at beyond the last one for a way on. */
const MOST_AHEAD = 5_000

/** What speaks of threads that are about to do something says nothing of those that have stopped. */
const ABOUT_TO = 'DataRace'

interface JudgedInvariant {
  readonly name: string
  readonly holds: readonly Predicate[]
}

/** Of two conditions where the one is, and what it leads to, or what must stay possible there. */
interface JudgedPair {
  readonly name: string
  readonly instances: readonly { readonly from: Predicate; readonly to: Predicate }[]
}

/** Where the played threads are, and what memory holds. */
interface Situation {
  readonly cells: readonly number[]
  readonly nodes: readonly number[]
}

/** Judges rounds of one plan. */
export class RoundJudge {
  /** properties that a round can be judged by */
  readonly judged: readonly string[]
  /** those that cannot be, since they look at what is not in memory, or at what threads are about to do */
  readonly left: readonly string[]
  private readonly plan: LivePlan
  private readonly kernel: Kernel
  private readonly invariants: readonly JudgedInvariant[]
  private readonly possibilities: readonly JudgedPair[]
  private readonly leadsTo: readonly JudgedPair[]
  private readonly lost = new Map<string, readonly string[]>()

  constructor(plan: LivePlan, kernel: Kernel) {
    this.plan = plan
    this.kernel = kernel
    const { invariants, possibilities = [], liveness } = plan.compiled.machine
    this.invariants = invariants.flatMap((invariant) => (invariant.name === ABOUT_TO ? [] : this.invariant(invariant)))
    this.possibilities = possibilities.map((possibility) => this.pair(possibility))
    this.leadsTo = liveness
      .map((leadsTo) => this.pair(leadsTo))
      .filter(({ instances }) => instances.every(({ from, to }) => this.isInMemory(from) && this.isInMemory(to)))
    this.judged = [...this.invariants, ...this.possibilities, ...this.leadsTo].map(({ name }) => name)
    this.left = [...invariants, ...liveness].flatMap(({ name }) => (this.judged.includes(name) ? [] : [name]))
  }

  private invariant({ name, instances }: Invariant): readonly JudgedInvariant[] {
    const holds = instances.map((instance) => compilePredicate(this.kernel, instance.holds))
    return holds.every((predicate) => this.isInMemory(predicate)) ? [{ name, holds }] : []
  }

  private pair({ name, instances }: Pick<Possibility, 'name' | 'instances'>): JudgedPair {
    const of = (condition: () => boolean): Predicate => compilePredicate(this.kernel, condition)
    return { name, instances: instances.map(({ from, to }) => ({ from: of(from), to: of(to) })) }
  }

  /** Does a predicate look only at what is in memory, and at where threads are? */
  private isInMemory({ support }: Predicate): boolean {
    const { layout, compiled } = this.kernel
    const isSeen = ({ word, shift, mask }: Slot): boolean => ((support[word] ?? 0) & (mask << shift)) !== 0
    const buffers = bufferCells(compiled.machine)
    return layout.cells.every((slot, cell) => this.plan.kept.has(cell) || buffers.includes(cell) || !isSeen(slot))
  }

  /** The names of what is broken in the end of a round. */
  broken(round: CRound): readonly string[] {
    const state = finalState(this.kernel, round)
    const key = state.join()
    const known = this.lost.get(key)
    if (known !== undefined) return known
    const found = [
      ...this.invariants.filter(({ holds }) => !holds.every((predicate) => evaluate(predicate, state, 0))),
      // what can come no more does not come
      ...[...this.possibilities, ...this.leadsTo].filter(({ instances }) =>
        instances.some(({ from, to }) => evaluate(from, state, 0) && this.isLost(round, to)),
      ),
    ].map(({ name }) => name)
    this.lost.set(key, found)
    return found
  }

  // ------------------------------------------------------------------------------------------------- what can still come

  private situationOf({ cells, nodes }: CRound): Situation {
    const { shared } = this.plan.compiled.machine
    return {
      cells: shared.cells.map(({ initial }, cell) => cells[cell] ?? initial),
      nodes: this.plan.threads.map(({ index }) => at(nodes, index)),
    }
  }

  private isTrue(predicate: Predicate, { cells, nodes }: Situation, round: CRound): boolean {
    const all = round.nodes.map((node, thread) => {
      const played = this.plan.threads.findIndex(({ index }) => index === thread)
      return played < 0 ? node : at(nodes, played)
    })
    return evaluate(predicate, finalState(this.kernel, { ...round, cells, nodes: all }), 0)
  }

  /**
   * Is there no way from a round's end to where a condition holds? Stores are taken to be visible at once here. Where one is made that
   * need not be, more might be possible than is looked at: then nothing is said to be lost. So it is where there is too much to look at.
   */
  private isLost(round: CRound, to: Predicate): boolean {
    const queue = [this.situationOf(round)]
    const seen = new Set(queue.map((situation) => JSON.stringify(situation)))
    for (const situation of queue) {
      if (this.isTrue(to, situation, round)) return false
      const next = this.nextOf(situation)
      if (next === undefined || seen.size > MOST_AHEAD) return false
      for (const one of next) {
        const text = JSON.stringify(one)
        if (seen.has(text)) continue
        seen.add(text)
        queue.push(one)
      }
    }
    return true
  }

  /** What can come next; undefined where a store need not be visible at once, or the model knows of no way. */
  private nextOf({ cells, nodes }: Situation): readonly Situation[] | undefined {
    const all: Situation[] = []
    for (const [i, { steps }] of this.plan.threads.entries()) {
      let tree: LiveTree = at(steps, at(nodes, i)).tree
      while ('cell' in tree) tree = at(tree.children, at(cells, tree.cell))
      if (tree.isUnknown) return undefined
      for (const { buffered, visible, next } of tree.outcomes) {
        if (buffered.length > 0) return undefined
        const after = [...cells]
        for (const [cell, value] of visible) after[cell] = value
        all.push({ cells: after, nodes: nodes.map((node, j) => (j === i ? next : node)) })
      }
    }
    return all
  }
}

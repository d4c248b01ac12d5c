/**
 * A planned thread as one array of numbers, which a worker thread is sent and walks: see player.ts.
 *
 * A step is `[flags, root]`; its tree's branch is `[cell, child...]` with a position for each value of the cell; a leaf is
 * `[WAITS]`, `[UNKNOWN]` or `[TAKEN, outcomes, position...]`; an outcome is `[entry, next, stores, (cell, value)..., at once,
 * (cell, value)...]`. The entry is what the record has of it: a place in the step's list of alternatives, from 1.
 */

import { at } from '../../kernel/at.ts'
import type { LivePlan, PlannedStep, PlannedThread, Way } from './plan.ts'
import { liveOutcomes } from './tree.ts'
import type { LiveOutcome, LiveTree } from './tree.ts'

/** A thread as numbers. */
export interface ThreadCode {
  readonly code: Int32Array
  /** position of each step, by its node */
  readonly heads: Int32Array
}

/** What is in `flags`. */
export const WAYS: Readonly<Record<Way, number>> = { end: 0, plain: 1, snapshot: 2, exchange: 3, locked: 4 }
export const WAY_MASK = 7
/** it waits until the thread's stores are visible */
export const DRAINS = 8
/** it may change what others see */
export const EFFECT = 16
/** some way leads back here */
export const HEAD = 32

export const WAITS = -1
export const UNKNOWN = -2
export const TAKEN = -3

/** One thing that a step may come to, as a record has it. */
export interface Alternative {
  readonly result: string
  readonly next: number
}

const sameAlternative = (a: Alternative, b: Alternative): boolean => a.result === b.result && a.next === b.next

/** What a step may come to; a record's entry is a place in it, from 1. */
export const alternativesOf = ({ tree }: Pick<PlannedStep, 'tree'>): readonly Alternative[] => {
  const all: Alternative[] = []
  for (const { result, next } of liveOutcomes(tree))
    if (!all.some((known) => sameAlternative(known, { result, next }))) all.push({ result, next })
  return all
}

/** Nodes to which a way leads back that leads from them. */
const headsOf = (steps: readonly PlannedStep[]): ReadonlySet<number> => {
  const heads = new Set<number>()
  const state = new Map<number, 'open' | 'done'>()
  const open: { node: number; rest: number[] }[] = []
  const enter = (node: number): void => {
    state.set(node, 'open')
    open.push({ node, rest: [...new Set(liveOutcomes(at(steps, node).tree).map(({ next }) => next))] })
  }
  enter(0)
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.rest.pop()
    if (next === undefined) {
      state.set(top.node, 'done')
      open.pop()
    } else if (state.get(next) === 'open') heads.add(next)
    else if (!state.has(next)) enter(next)
  }
  return heads
}

class Writer {
  readonly code: number[] = []
  private readonly thread: PlannedThread

  constructor(thread: PlannedThread) {
    this.thread = thread
  }

  private outcome(outcome: LiveOutcome, entries: readonly Alternative[]): number {
    const position = this.code.length
    const { own } = this.thread
    const plain = [...outcome.visible.filter(([cell]) => own.has(cell)), ...outcome.buffered]
    const visible = outcome.visible.filter(([cell]) => !own.has(cell))
    const entry = entries.findIndex((known) => sameAlternative(known, outcome)) + 1
    this.code.push(entry, outcome.next, plain.length, ...plain.flat(), visible.length, ...visible.flat())
    return position
  }

  private tree(tree: LiveTree, entries: readonly Alternative[]): number {
    if ('cell' in tree) {
      const children = tree.children.map((child) => this.tree(child, entries))
      return this.code.push(tree.cell, ...children) - children.length - 1
    }
    const { outcomes, isUnknown } = tree
    if (outcomes.length === 0) return this.code.push(isUnknown ? UNKNOWN : WAITS) - 1
    const positions = outcomes.map((outcome) => this.outcome(outcome, entries))
    return this.code.push(TAKEN, positions.length, ...positions) - positions.length - 2
  }

  step(step: PlannedStep, isHead: boolean): number {
    const root = this.tree(step.tree, alternativesOf(step))
    const hasEffect = liveOutcomes(step.tree).some((o) => o.buffered.length + o.visible.length > 0)
    const flags = WAYS[step.way] | (step.drains ? DRAINS : 0) | (hasEffect ? EFFECT : 0) | (isHead ? HEAD : 0)
    return this.code.push(flags, root) - 2
  }
}

/** The threads of a plan as numbers. */
export const codeOf = ({ threads }: LivePlan): readonly ThreadCode[] =>
  threads.map((thread) => {
    const writer = new Writer(thread)
    const loops = headsOf(thread.steps)
    const heads = thread.steps.map((step, node) => writer.step(step, loops.has(node)))
    return { code: Int32Array.from(writer.code), heads: Int32Array.from(heads) }
  })

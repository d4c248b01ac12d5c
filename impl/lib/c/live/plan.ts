/**
 * What of a C file is played on real threads, and how: which variables are in memory, and what each step must do at once.
 *
 * The model takes a step of any size at once; hardware does so with one location. Two things keep what is played true to it. First,
 * what no thread looks at is left out where it would cost a locked instruction that the program does not have: notes that the file
 * takes for its properties (`LOCKSTEP_STEP { WRITE_ONCE(kicked, false); now.since_clear = false; }` is a plain store of `kicked`).
 * Second, what is left of a step is told apart by what others can see of it:
 *
 * - nothing that is visible at once: loads and plain stores, as they are; of several locations that others write the loads are
 *   repeated until they are of one moment (`snapshot`);
 * - one location: a locked compare-and-exchange, repeated until it succeeds;
 * - several: all of them at once or not at all (player.ts), with a lock. That drains the store buffer even where the model does
 *   not: fewer things can happen than in the model, never more.
 */

import { at } from '../../kernel/at.ts'
import type { Compiled } from '../../kernel/machine/automaton.ts'
import { resultKey } from '../../kernel/machine/step-tree.ts'
import { Liveness } from '../program/liveness.ts'
import type { CMachine } from '../run/machine.ts'
import type { BlockResult } from '../run/steps.ts'
import { bufferCells, liveOutcomes, projected, readsOf, Unbuffered } from './tree.ts'
import type { LiveStep, LiveTree, Seen } from './tree.ts'

/** How a step is taken. */
export type Way = 'end' | 'plain' | 'snapshot' | 'exchange' | 'locked'

/** A step of a thread. */
export interface PlannedStep extends LiveStep {
  readonly way: Way
}

/** A thread that is played. */
export interface PlannedThread {
  /** its place in the machine's list */
  readonly index: number
  readonly steps: readonly PlannedStep[]
  /** cells that no other thread that is played looks at or writes */
  readonly own: ReadonlySet<number>
}

/** All that is played. */
export interface LivePlan {
  readonly compiled: Compiled
  readonly threads: readonly PlannedThread[]
  /** cells that are in memory, store buffers not among them */
  readonly kept: ReadonlySet<number>
}

/** What a thread does, as trees. */
interface Trees {
  readonly index: number
  readonly steps: readonly LiveStep[]
}

const writesIn = (tree: LiveTree): ReadonlySet<number> =>
  new Set(liveOutcomes(tree).flatMap(({ buffered, visible }) => [...buffered, ...visible].map(([cell]) => cell)))

const visibleIn = (tree: LiveTree): ReadonlySet<number> =>
  new Set(liveOutcomes(tree).flatMap(({ visible }) => visible.map(([cell]) => cell)))

/** The steps of the threads that are played; what none of them writes has one value. */
const treesOf = ({ machine, automata }: Compiled, played: readonly number[], seen: Seen): readonly Trees[] => {
  const take = (constant: ReadonlyMap<number, number>): Trees[] =>
    played.map((index) => {
      const unbuffered = new Unbuffered(machine, index, constant, seen)
      return { index, steps: at(automata, index).nodes.map((node) => unbuffered.of(node)) }
    })
  const written = new Set(take(new Map()).flatMap(({ steps }) => steps.flatMap(({ tree }) => [...writesIn(tree)])))
  return take(
    new Map(machine.shared.cells.flatMap(({ initial }, cell) => (written.has(cell) ? [] : [[cell, initial]]))),
  )
}

/** The cells on which it depends what some thread does next, or what it puts into such a cell. */
const neededIn = (steps: readonly LiveStep[]): Set<number> => {
  const needed = new Set<number>()
  for (let before = -1; before < needed.size;) {
    before = needed.size
    for (const { tree } of steps)
      readsOf(
        projected(tree, (cell) => needed.has(cell)),
        needed,
      )
  }
  return needed
}

/** Which threads look at each cell or write it. */
const usersOf = (threads: readonly Trees[], of: (tree: LiveTree) => Iterable<number>): Map<number, Set<number>> => {
  const users = new Map<number, Set<number>>()
  for (const { index, steps } of threads)
    for (const { tree } of steps)
      for (const cell of of(tree)) users.set(cell, (users.get(cell) ?? new Set<number>()).add(index))
  return users
}

/** Can a cell that no thread needs be in memory, without a step doing more at once than it does without? */
const isKept = (cell: number, threads: readonly Trees[], needed: ReadonlySet<number>): boolean => {
  const only = (c: number): boolean => needed.has(c)
  const more = (c: number): boolean => c === cell || needed.has(c)
  const writers = threads.map(({ steps }) => steps.filter(({ tree }) => writesIn(tree).has(cell)))
  const isOwn = writers.filter((steps) => steps.length > 0).length <= 1
  return writers.flat().every(({ tree }) => {
    const without = projected(tree, only)
    const reads = readsOf(without)
    const whole = projected(tree, more)
    if ([...readsOf(whole)].some((c) => c !== cell && !reads.has(c))) return false
    return isOwn || !visibleIn(whole).has(cell) || (reads.size === 0 && writesIn(without).size === 0)
  })
}

/** How a step of a thread is taken, by what of it others can see. */
const wayOf = (
  tree: LiveTree,
  thread: number,
  users: ReadonlyMap<number, ReadonlySet<number>>,
  writers: ReadonlyMap<number, ReadonlySet<number>>,
): Way => {
  const outcomes = liveOutcomes(tree)
  if (!('cell' in tree) && outcomes.length === 0 && !tree.isUnknown) return 'end'
  const isShared = (cell: number): boolean => (users.get(cell)?.size ?? 0) > 1
  const changes = [...readsOf(tree)].filter(
    (cell) => isShared(cell) && [...(writers.get(cell) ?? [])].some((writer) => writer !== thread),
  )
  const visible = [...visibleIn(tree)].filter(isShared)
  if (visible.length === 0) return changes.length <= 1 ? 'plain' : 'snapshot'
  const isOne = visible.length === 1 && changes.every((cell) => cell === visible[0])
  return isOne && outcomes.every(({ buffered }) => buffered.length === 0) ? 'exchange' : 'locked'
}

/** Of a block's result those registers that are looked at behind it: others it has used for itself. */
const seenIn = ({ program }: CMachine): Seen => {
  const liveness = new Liveness(program)
  return (result) => {
    if (typeof result !== 'object' || result === null || !('to' in result)) return resultKey(result)
    const { to, set } = result as Exclude<BlockResult, { fault: unknown }>
    return JSON.stringify({ to, set: set.filter(([register]) => liveness.at(to).has(register)) })
  }
}

/** What is played of a machine under TSO, which `compiled` is of: all that these threads do. */
export const livePlan = (machine: CMachine, compiled: Compiled, played: readonly number[]): LivePlan => {
  const all = treesOf(compiled, played, seenIn(machine))
  const steps = all.flatMap((thread) => thread.steps)
  const needed = neededIn(steps)
  const buffers = new Set(bufferCells(compiled.machine))
  const others = compiled.machine.shared.cells.flatMap((_, cell) =>
    needed.has(cell) || buffers.has(cell) ? [] : [cell],
  )
  const kept = new Set([...needed, ...others.filter((cell) => isKept(cell, all, needed))])
  const threads = all.map(({ index, steps: own }): Trees => ({
    index,
    steps: own.map((step) => ({ ...step, tree: projected(step.tree, (cell) => kept.has(cell)) })),
  }))
  const writers = usersOf(threads, writesIn)
  const users = usersOf(threads, (tree) => [...writesIn(tree), ...readsOf(tree)])
  return {
    compiled,
    kept,
    threads: threads.map(({ index, steps: own }) => ({
      index,
      steps: own.map((step) => ({ ...step, way: wayOf(step.tree, index, users, writers) })),
      own: new Set([...users].flatMap(([cell, by]) => (by.size === 1 && by.has(index) ? [cell] : []))),
    })),
  }
}

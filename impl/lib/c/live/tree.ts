/**
 * A step of a C thread as it is taken on real memory: its decision tree where its store buffer is empty. What the thread has
 * stored and others do not see yet, it sees by itself, on hardware as in the model; so that branch says of each value that the
 * thread can see what it does. A store into the buffer is a plain one here, and the hardware has the buffer.
 */

import { at } from '../../kernel/at.ts'
import type { ProgramNode } from '../../kernel/machine/automaton.ts'
import { leavesOf, resultKey } from '../../kernel/machine/step-tree.ts'
import type { StepLeaf, StepTree } from '../../kernel/machine/step-tree.ts'
import type { Machine } from '../../kernel/language/machine.ts'

/** A cell, and the index of the value that is put there. */
export type Put = readonly [cell: number, value: number]

/** What a step does where it can be taken. */
export interface LiveOutcome {
  /** stores into the buffer, in order */
  readonly buffered: readonly Put[]
  /** what all threads see at once */
  readonly visible: readonly Put[]
  /** JSON of what the program sees; `undefined` where that is nothing */
  readonly result: string
  /** where it goes on */
  readonly next: number
}

/** Is a result told in logs? A block's is what has changed of the registers, by their numbers: it is of us and not of the file. */
export const isTold = (result: string): boolean => result !== 'undefined' && !result.startsWith('{')

/** What a step does in some states; `unknown`: the model knows of no way there. */
export interface LiveLeaf {
  readonly outcomes: readonly LiveOutcome[]
  readonly isUnknown: boolean
}

export interface LiveBranch {
  readonly cell: number
  /** for each value of the cell */
  readonly children: readonly LiveTree[]
}

export type LiveTree = LiveBranch | LiveLeaf

/** A step, and whether it waits until what the thread has stored before is visible. */
export interface LiveStep {
  readonly label: string
  readonly tree: LiveTree
  readonly drains: boolean
}

/** As impl/lib/kernel/memory/memory.ts words it. */
const LOCKED = 'the thread’s store buffer is empty'

/** As impl/lib/kernel/explore/grown-tree.ts words it. */
const UNREACHED = 'no reachable state has these values'

/** The variable of the store buffers, which has an element for each thread, in their order. */
export const BUFFERS = 'store_buffer'

/** The cell of each thread's store buffer. */
export const bufferCells = ({ shared }: Machine): readonly number[] =>
  shared.cells.flatMap(({ variable }, cell) => (variable === BUFFERS ? [cell] : []))

/** A buffered store, as impl/lib/kernel/memory has it: there are no barriers among them under TSO. */
interface Stored {
  readonly location: number
  readonly value: number
}

/** JSON of what of a result somebody looks at. */
export type Seen = (result: unknown) => string

/** Takes the trees of one thread. */
export class Unbuffered {
  private readonly machine: Machine
  private readonly own: number
  /** cells that have the same value for ever */
  private readonly constant: ReadonlyMap<number, number>
  private readonly seen: Seen

  constructor(machine: Machine, thread: number, constant: ReadonlyMap<number, number>, seen: Seen) {
    this.machine = machine
    this.seen = seen
    this.own = at(bufferCells(machine), thread)
    this.constant = constant
  }

  of(node: ProgramNode): LiveStep {
    const tree = this.tree(node, node.tree)
    return { label: node.label, tree, drains: this.isLocked(node.tree) }
  }

  /** Is there a store of its own for which the step waits? */
  private isLocked(tree: StepTree): boolean {
    return leavesOf(tree).some(({ refusals }) => refusals.includes(LOCKED))
  }

  private tree(node: ProgramNode, tree: StepTree): LiveTree {
    if (!('cell' in tree)) return this.leaf(node, tree)
    const { cell, children } = tree
    const known = cell === this.own ? 0 : this.constant.get(cell)
    if (known !== undefined) return this.tree(node, at(children, known))
    return { cell, children: children.map((child) => this.tree(node, child)) }
  }

  private leaf({ next }: ProgramNode, { outcomes, refusals }: StepLeaf): LiveLeaf {
    return {
      isUnknown: refusals.includes(UNREACHED),
      outcomes: outcomes.map(({ writes, result }): LiveOutcome => {
        const key = resultKey(result)
        return {
          buffered: writes.flatMap(([cell, index]) => (cell === this.own ? this.stores(index) : [])),
          visible: writes.filter(([cell]) => cell !== this.own),
          result: this.seen(result),
          next: next.get(key) ?? -1,
        }
      }),
    }
  }

  /** The stores of a buffer that was empty before. */
  private stores(index: number): readonly Put[] {
    const buffer = at(at(this.machine.shared.cells, this.own).domain.values, index) as readonly Stored[]
    return buffer.map(({ location, value }): Put => [location, value])
  }
}

/** The cells that a tree tells values of apart. */
export const readsOf = (tree: LiveTree, into = new Set<number>()): Set<number> => {
  if (!('cell' in tree)) return into
  into.add(tree.cell)
  for (const child of tree.children) readsOf(child, into)
  return into
}

/** The leaves of a tree, from left to right. */
export const liveLeaves = (tree: LiveTree): readonly LiveLeaf[] =>
  'cell' in tree ? tree.children.flatMap(liveLeaves) : [tree]

/** All that a step may do. */
export const liveOutcomes = (tree: LiveTree): readonly LiveOutcome[] =>
  liveLeaves(tree).flatMap(({ outcomes }) => outcomes)

const isUnknown = (tree: LiveTree): boolean => !('cell' in tree) && tree.isUnknown

/** What a step does to some cells, as if there were no others: a branch that makes no difference to them is none. */
export const projected = (tree: LiveTree, isThere: (cell: number) => boolean): LiveTree => {
  const has = ([cell]: Put): boolean => isThere(cell)
  if (!('cell' in tree)) {
    const outcomes = tree.outcomes.map(({ buffered, visible, ...rest }) => ({
      buffered: buffered.filter(has),
      visible: visible.filter(has),
      ...rest,
    }))
    return { ...tree, outcomes }
  }
  const children = tree.children.map((child) => projected(child, isThere))
  const known = children.filter((child) => !isUnknown(child))
  const [first = children[0], ...others] = known
  if (first === undefined) throw new RangeError('a branch without children')
  const text = JSON.stringify(first)
  return others.every((child) => JSON.stringify(child) === text) ? first : { cell: tree.cell, children }
}

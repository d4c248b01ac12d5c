/**
 * Trees that grow, as flat tables for one layout: what a search walks. As in a `Kernel`, a branch is `[word, shift, mask,
 * child...]` with a child for each value that the field has room for, leaf l has the steps `leafStart[l] .. leafStart[l + 1]`,
 * and step o turns word w of a state into `(s[w] & and[o * words + w]) | or[o * words + w]`.
 *
 * The tables are arrays, not typed ones: they grow in place, and V8 keeps small integers in them as they are. Indices are in
 * range by construction, which is what the `as number` stand for.
 */

import { at } from '../at.ts'
import type { CellValue } from '../machine/record-step.ts'
import type { Layout, Slot } from '../machine/layout.ts'
import type { GrownLeaf, GrownTree } from './grown-tree.ts'

/** A child that is not there yet. */
export const MISSING = -(2 ** 31)

/** The tables of all sources: first the threads, then the actions of the environment. */
export class FlatTrees {
  readonly layout: Layout
  readonly tree: number[] = []
  readonly leafStart: number[] = [0]
  readonly and: number[] = []
  readonly or: number[] = []
  /** for each thread the root of each of its nodes */
  private readonly roots: readonly number[][]
  private readonly environmentRoots: number[]
  private readonly words: number
  private readonly threads: number
  /** places of the threads' nodes */
  private readonly word: Int32Array
  private readonly shift: Int32Array
  private readonly mask: Int32Array
  private steps = 0

  constructor(layout: Layout, environment: number) {
    const places = (pick: (slot: Slot) => number): Int32Array => Int32Array.from(layout.threads, pick)
    this.word = places(({ word }) => word)
    this.shift = places(({ shift }) => shift)
    this.mask = places(({ mask }) => mask)
    this.layout = layout
    this.words = layout.words
    this.threads = layout.threads.length
    this.roots = layout.threads.map(() => [])
    this.environmentRoots = Array.from({ length: environment }, () => MISSING)
  }

  /** The leaf that a source has in the packed state at `base`; negative where it is not there yet. */
  leafOf(states: Int32Array, base: number, source: number): number {
    const { tree } = this
    let position = this.rootOf(states, base, source)
    while (position >= 0) {
      const word = states[base + (tree[position] as number)] as number
      const value = (word >>> (tree[position + 1] as number)) & (tree[position + 2] as number)
      position = tree[position + 3 + value] as number
    }
    return position === MISSING ? -1 : ~position
  }

  private rootOf(states: Int32Array, base: number, source: number): number {
    if (source >= this.threads) return this.environmentRoots[source - this.threads] as number
    const word = states[base + (this.word[source] as number)] as number
    const node = (word >>> (this.shift[source] as number)) & (this.mask[source] as number)
    return (this.roots[source] as number[])[node] as number
  }

  /** A thread has a new node. */
  addNode(thread: number): void {
    at(this.roots, thread).push(MISSING)
  }

  /** Puts the trees of a thread's nodes here, as far as they are known; nothing of the thread was here before. */
  fillNodes(thread: number, trees: readonly (GrownTree | undefined)[]): void {
    const slot = at(this.layout.threads, thread)
    at(this.roots, thread).push(...trees.map((tree) => (tree === undefined ? MISSING : this.emit(tree, slot))))
  }

  /** The same for the actions of the environment. */
  fillEnvironment(trees: readonly (GrownTree | undefined)[]): void {
    trees.forEach((tree, i) => {
      if (tree !== undefined) this.environmentRoots[i] = this.emit(tree, undefined)
    })
  }

  /** Puts the part of a source's tree here that `path` leads to and that is not here yet. */
  extend(source: number, node: number, whole: GrownTree, path: readonly CellValue[]): void {
    const own = source < this.threads
    const roots = own ? at(this.roots, source) : this.environmentRoots
    const i = own ? node : source - this.threads
    const moved = own ? at(this.layout.threads, source) : undefined
    let position = at(roots, i)
    if (position === MISSING) {
      roots[i] = this.emit(whole, moved)
      return
    }
    let tree = whole
    for (const [, index] of path) {
      if (!('cell' in tree)) break
      const below = tree.children[index]
      if (below === undefined) break
      const child = position + 3 + index
      position = at(this.tree, child)
      if (position === MISSING) {
        this.tree[child] = this.emit(below, moved)
        return
      }
      tree = below
    }
    throw new TypeError('a tree that has nothing new')
  }

  /** Adds a tree; the position of its root. `moved` is where its thread's node is. */
  private emit(tree: GrownTree, moved: Slot | undefined): number {
    if (!('cell' in tree)) return this.emitLeaf(tree, moved)
    const { word, shift, mask } = at(this.layout.cells, tree.cell)
    const position = this.tree.length
    this.tree.push(word, shift, mask)
    for (let i = 0; i <= mask; i++) this.tree.push(MISSING)
    tree.children.forEach((child, index) => {
      if (child !== undefined) this.tree[position + 3 + index] = this.emit(child, moved)
    })
    return position
  }

  private emitLeaf({ outcomes, targets }: GrownLeaf, moved: Slot | undefined): number {
    const { words, layout } = this
    outcomes.forEach(({ writes }, o) => {
      const and = new Int32Array(words).fill(-1)
      const or = new Int32Array(words)
      const put = ({ word, shift, mask }: Slot, value: number): void => {
        and[word] = at(and, word) & ~(mask << shift)
        or[word] = at(or, word) | (value << shift)
      }
      for (const [cell, index] of writes) put(at(layout.cells, cell), index)
      if (moved !== undefined) put(moved, at(targets, o))
      this.and.push(...and)
      this.or.push(...or)
      this.steps += 1
    })
    this.leafStart.push(this.steps)
    return ~(this.leafStart.length - 2)
  }
}

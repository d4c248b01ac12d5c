/** The steps that a machine can take from a packed state: the one walk over the decision trees of its tables. */

import type { Slot } from './layout.ts'
import type { Kernel } from './tables.ts'

/**
 * Takes steps, one state at a time. Whose step it is is a source: first the threads by their index, then the environment's
 * actions.
 *
 * Explorer and validator spend their time here: indices are in range by construction and are not checked, which is what the
 * `as number` stand for.
 */
export class Stepper {
  readonly kernel: Kernel
  /** threads and environment actions */
  readonly sources: number
  /** the state after the step that was taken last; written anew by the next one */
  readonly next: Int32Array
  private readonly words: number
  private readonly threads: number
  private readonly threadWord: Int32Array
  private readonly threadShift: Int32Array
  private readonly threadMask: Int32Array

  constructor(kernel: Kernel) {
    const { layout, environmentRoots } = kernel
    const places = (pick: (slot: Slot) => number): Int32Array => Int32Array.from(layout.threads, pick)
    this.kernel = kernel
    this.words = layout.words
    this.threads = layout.threads.length
    this.sources = this.threads + environmentRoots.length
    this.next = new Int32Array(layout.words)
    this.threadWord = places(({ word }) => word)
    this.threadShift = places(({ shift }) => shift)
    this.threadMask = places(({ mask }) => mask)
  }

  /** Where the tree of a source begins in the packed state at `base`. */
  private rootOf(states: Int32Array, base: number, source: number): number {
    const { roots, environmentRoots } = this.kernel
    if (source >= this.threads) return environmentRoots[source - this.threads] as number
    const word = states[base + (this.threadWord[source] as number)] as number
    const node = (word >>> (this.threadShift[source] as number)) & (this.threadMask[source] as number)
    return (roots[source] as Int32Array)[node] as number
  }

  /** The leaf that a source has in the packed state at `base`: its steps are `leafStart[leaf] .. leafStart[leaf + 1]`. */
  leafOf(states: Int32Array, base: number, source: number): number {
    const { tree } = this.kernel
    let position = this.rootOf(states, base, source)
    while (position >= 0) {
      const word = states[base + (tree[position] as number)] as number
      const value = (word >>> (tree[position + 1] as number)) & (tree[position + 2] as number)
      position = tree[position + 3 + value] as number
    }
    return ~position
  }

  /** Takes a step of the leaf that its source has in the packed state at `base`: what comes of it is in `next`. */
  take(step: number, states: Int32Array, base: number): void {
    const { and, or } = this.kernel
    const { next, words } = this
    const patch = step * words
    for (let w = 0; w < words; w++) {
      next[w] = ((states[base + w] as number) & (and[patch + w] as number)) | (or[patch + w] as number)
    }
  }

  /** The wanted steps of a thread, or of all for -1, and of the environment. `next` is written anew by each of them. */
  each(
    thread: number,
    states: Int32Array,
    base: number,
    wanted: (step: number) => boolean,
    taken: (step: number, next: Int32Array) => void,
  ): void {
    const first = thread < 0 ? 0 : thread
    const last = thread < 0 ? this.threads : thread + 1
    for (let source = first; source < last; source++) this.eachOf(source, states, base, wanted, taken)
    for (let source = this.threads; source < this.sources; source++) this.eachOf(source, states, base, wanted, taken)
  }

  private eachOf(
    source: number,
    states: Int32Array,
    base: number,
    wanted: (step: number) => boolean,
    taken: (step: number, next: Int32Array) => void,
  ): void {
    const { leafStart } = this.kernel
    const leaf = this.leafOf(states, base, source)
    const last = leafStart[leaf + 1] as number
    for (let step = leafStart[leaf] as number; step < last; step++) {
      if (!wanted(step)) continue
      this.take(step, states, base)
      taken(step, this.next)
    }
  }
}

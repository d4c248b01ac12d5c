/** Where everything is in a packed state: all shared variables and the node of each thread, bit by bit. */

import { bitsFor } from '../language/domain.ts'
import type { Compiled } from './automaton.ts'

/** Where a field is in a packed state. */
export interface Slot {
  readonly word: number
  readonly shift: number
  readonly mask: number
}

/** Places of all the cells and of each thread's node in a state of `words` 32-bit words. */
export interface Layout {
  readonly words: number
  readonly cells: readonly Slot[]
  readonly threads: readonly Slot[]
}

/** Places fields of so many bits one after the other; none straddles a word. */
export const placed = (cells: readonly number[], threads: readonly number[]): Layout => {
  let word = 0
  let used = 0
  const place = (bits: number): Slot => {
    if (used + bits > 32) {
      word += 1
      used = 0
    }
    const slot = { word, shift: used, mask: bits === 32 ? -1 : (1 << bits) - 1 }
    used += bits
    return slot
  }
  // in this order: the cells come first
  const slots = { cells: cells.map(place), threads: threads.map(place) }
  return { words: word + 1, ...slots }
}

/** The layout of a compiled machine: each field has just the bits that it needs. */
export const layOut = ({ machine, automata }: Compiled): Layout =>
  placed(
    machine.shared.cells.map(({ domain }) => bitsFor(domain.values.length)),
    automata.map(({ nodes }) => bitsFor(nodes.length)),
  )

/** Reads one field of the packed state that starts at `base`, which is in range: asked for in inner loops. */
export const readSlot = (states: Int32Array, base: number, { word, shift, mask }: Slot): number =>
  ((states[base + word] as number) >>> shift) & mask

/**
 * Can the model do what a round did? A log says what each thread saw, in its own order; it says nothing of how the
 * threads' steps lie to each other, or of when a store became visible. So all the ways are tried that the model has, under
 * its memory model: is there one in which each thread takes its logged steps with the logged results, and which ends in
 * the memory that was there in the end?
 */

import type { Kernel } from '../lib/compile.ts'
import { readSlot } from '../lib/compile.ts'
import { keyOf } from '../lib/reduce.ts'
import type { LoggedStep } from './log.ts'

/** What one thread did. */
export interface Lane {
  /** index into the machine's threads */
  readonly thread: number
  readonly steps: readonly LoggedStep[]
  /** did it start when those before it in the list had ended, and their stores were visible? */
  readonly after: boolean
}

/** What a round did. */
export interface Observation {
  readonly lanes: readonly Lane[]
  /** the final value of each cell, as an index; undefined for what is not in memory */
  readonly final: readonly (number | undefined)[]
}

export type Explanation =
  | { readonly explained: true; readonly states: number }
  | {
      readonly explained: false
      readonly states: number
      /** how many steps of each lane the model can follow, as far as it gets */
      readonly longest: readonly number[]
      /** all steps are explained, but not the memory in the end */
      readonly finalDiffers: boolean
    }

interface Here {
  readonly positions: readonly number[]
  readonly state: Int32Array
}

/** Finds explanations in one model. */
export class Explainer {
  private readonly kernel: Kernel
  /** cells that hold store buffers */
  private readonly buffers: readonly number[]

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.buffers = kernel.compiled.machine.shared.variables.find(({ name }) => name === 'store_buffer')?.cells ?? []
  }

  private cell(state: Int32Array, cell: number): number {
    const slot = this.kernel.layout.cells[cell]
    return slot === undefined ? -1 : readSlot(state, 0, slot)
  }

  private drained(state: Int32Array): boolean {
    return this.buffers.every((cell) => this.cell(state, cell) === 0)
  }

  /** The steps that a tree allows in a state, each with the state after it. */
  private *steps(root: number, state: Int32Array): Generator<{ step: number; state: Int32Array }> {
    const { tree, leafStart, and, or, layout } = this.kernel
    let position = root
    while (position >= 0) {
      const raw = ((state[tree[position] ?? 0] ?? 0) >>> (tree[position + 1] ?? 0)) & (tree[position + 2] ?? 0)
      position = tree[position + 3 + raw] ?? 0
    }
    const last = leafStart[~position + 1] ?? 0
    for (let step = leafStart[~position] ?? 0; step < last; step++) {
      const base = step * layout.words
      yield { step, state: state.map((word, w) => (word & (and[base + w] ?? 0)) | (or[base + w] ?? 0)) }
    }
  }

  private *laneSteps({ lanes }: Observation, { positions, state }: Here): Generator<Here> {
    const { kernel } = this
    for (const [i, lane] of lanes.entries()) {
      const wanted = lane.steps[positions[i] ?? 0]
      const slot = kernel.layout.threads[lane.thread]
      if (wanted === undefined || slot === undefined || (lane.after && !this.ended(lanes, positions, i, state)))
        continue
      for (const { step, state: next } of this.steps(
        kernel.roots[lane.thread]?.[readSlot(state, 0, slot)] ?? 0,
        state,
      )) {
        const info = kernel.steps[step]
        if (info === undefined || kernel.actions[info.action] !== wanted.label) continue
        if (keyOf({ writes: [], result: info.result }) !== wanted.result) continue
        yield { positions: positions.map((p, j) => (j === i ? p + 1 : p)), state: next }
      }
    }
  }

  /** Have all lanes before this one ended, and is everything visible? */
  private ended(lanes: readonly Lane[], positions: readonly number[], i: number, state: Int32Array): boolean {
    return this.drained(state) && lanes.slice(0, i).every(({ steps }, j) => positions[j] === steps.length)
  }

  private *successors(seen: Observation, here: Here): Generator<Here> {
    yield* this.laneSteps(seen, here)
    for (const root of this.kernel.environmentRoots) {
      for (const { state } of this.steps(root, here.state)) yield { positions: here.positions, state }
    }
  }

  /** Searches all the ways, each state with each set of positions once. */
  explain(seen: Observation): Explanation {
    const start: Here = { positions: seen.lanes.map(() => 0), state: this.kernel.initial }
    const keyAt = ({ positions, state }: Here): string => `${positions.join()}|${state.join()}`
    const known = new Set([keyAt(start)])
    const stack = [start]
    let longest = start.positions
    let finalDiffers = false
    const sum = (positions: readonly number[]): number => positions.reduce((a, b) => a + b, 0)
    for (let here = stack.pop(); here !== undefined; here = stack.pop()) {
      if (sum(here.positions) > sum(longest)) longest = here.positions
      if (this.ended(seen.lanes, here.positions, seen.lanes.length, here.state)) {
        const { state } = here
        if (seen.final.every((value, cell) => value === undefined || value === this.cell(state, cell))) {
          return { explained: true, states: known.size }
        }
        finalDiffers = true
      }
      for (const next of this.successors(seen, here)) {
        const key = keyAt(next)
        if (known.has(key)) continue
        known.add(key)
        stack.push(next)
      }
    }
    return { explained: false, states: known.size, longest, finalDiffers }
  }
}

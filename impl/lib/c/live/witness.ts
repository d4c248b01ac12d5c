/**
 * How a round may have gone: an order of its steps, and of its stores becoming visible, in which each step has the result that it had
 * and memory ends as it did. It is for people: whether there is one is what `validate` says.
 */

import { at } from '../../kernel/at.ts'
import { readSlot } from '../../kernel/machine/layout.ts'
import { resultKey } from '../../kernel/machine/step-tree.ts'
import { Stepper } from '../../kernel/machine/stepper.ts'
import type { Kernel } from '../../kernel/machine/tables.ts'
import type { Behaviour } from '../../behaviour/counterexample.ts'
import { behaviourOf } from '../../behaviour/counterexample.ts'
import { View } from '../../tla/state-codec.ts'
import type { CRound, TakenStep } from './record.ts'
import { bufferCells, isTold } from './tree.ts'

/** Places that are looked at, at most. */
const MOST = 200_000

/** What a thread did in one part, as far as it goes. */
interface Lane {
  readonly thread: number
  readonly steps: readonly TakenStep[]
}

/** A place in the search: a state, how far each lane of the part is, and how it was reached. */
interface Point {
  readonly state: Int32Array
  readonly part: number
  readonly done: readonly number[]
  readonly step: number
  readonly before: Point | undefined
}

class Search {
  private readonly kernel: Kernel
  private readonly stepper: Stepper
  private readonly round: CRound
  private readonly parts: readonly (readonly Lane[])[]
  private readonly buffers: readonly number[]

  constructor(kernel: Kernel, round: CRound) {
    this.kernel = kernel
    this.stepper = new Stepper(kernel)
    this.round = round
    this.buffers = bufferCells(kernel.compiled.machine)
    const numbers = [...new Set(round.parts.map(({ number }) => number))]
    this.parts = numbers.map((number) => round.parts.filter((part) => part.number === number))
  }

  /** The first order that is found; of stores those that become visible early are tried first. */
  find(): readonly Point[] | undefined {
    const first: Point = { state: this.kernel.initial, part: 0, done: this.begun(0), step: -1, before: undefined }
    const open = [first]
    const seen = new Set<string>()
    for (let point = open.pop(); point !== undefined && seen.size < MOST; point = open.pop()) {
      if (this.isEnd(point)) return wayTo(point)
      const key = `${point.part} ${point.done.join()} ${point.state.join()}`
      if (seen.has(key)) continue
      seen.add(key)
      open.push(...this.after(point))
    }
    return undefined
  }

  private begun(part: number): readonly number[] {
    return (this.parts[part] ?? []).map(() => 0)
  }

  private areDrained({ state }: Point): boolean {
    return this.buffers.every((cell) => readSlot(state, 0, at(this.kernel.layout.cells, cell)) === 0)
  }

  private isEnd(point: Point): boolean {
    const { layout } = this.kernel
    return (
      point.part === this.parts.length &&
      this.areDrained(point) &&
      this.round.cells.every(
        (value, cell) => value === undefined || readSlot(point.state, 0, at(layout.cells, cell)) === value,
      )
    )
  }

  /** What may come next, the best last. */
  private after(point: Point): Point[] {
    const { part, done } = point
    const lanes = this.parts[part]
    if (lanes === undefined) return this.commits(point)
    if (lanes.every(({ steps }, i) => done[i] === steps.length)) {
      // the threads meet
      if (this.areDrained(point)) return [{ ...point, part: part + 1, done: this.begun(part + 1) }]
      return this.commits(point)
    }
    return [...lanes.flatMap((lane, i) => this.taken(point, lane, i)), ...this.commits(point)]
  }

  private taken(point: Point, { thread, steps }: Lane, i: number): Point[] {
    const { kernel, stepper } = this
    const wanted = steps[at(point.done, i)]
    if (wanted === undefined) return []
    const found: Point[] = []
    const slot = at(kernel.layout.threads, thread)
    const leaf = stepper.leafOf(point.state, 0, thread)
    for (let step = at(kernel.leafStart, leaf); step < at(kernel.leafStart, leaf + 1); step++) {
      const { action, result } = at(kernel.steps, step)
      if (at(kernel.actions, action) !== wanted.label) continue
      if (isTold(wanted.result) && resultKey(result) !== wanted.result) continue
      stepper.take(step, point.state, 0)
      if (readSlot(stepper.next, 0, slot) !== wanted.next) continue
      const done = point.done.map((count, j) => (j === i ? count + 1 : count))
      found.push({ state: stepper.next.slice(), part: point.part, done, step, before: point })
    }
    return found
  }

  private commits(point: Point): Point[] {
    const { kernel, stepper } = this
    const found: Point[] = []
    for (let source = kernel.layout.threads.length; source < stepper.sources; source++) {
      const leaf = stepper.leafOf(point.state, 0, source)
      for (let step = at(kernel.leafStart, leaf); step < at(kernel.leafStart, leaf + 1); step++) {
        stepper.take(step, point.state, 0)
        found.push({ ...point, state: stepper.next.slice(), step, before: point })
      }
    }
    return found
  }
}

const wayTo = (point: Point): readonly Point[] => {
  const way: Point[] = []
  for (let here: Point | undefined = point; here !== undefined; here = here.before) way.unshift(here)
  // where the threads meet nothing is done
  return way
}

/** One way in which a round may have gone; undefined where none was found. */
export const witnessOf = (kernel: Kernel, round: CRound): Behaviour | undefined => {
  const way = new Search(kernel, round).find()
  if (way === undefined) return undefined
  const { words } = kernel.layout
  const states = new Int32Array(way.length * words)
  way.forEach(({ state }, i) => {
    states.set(state, i * words)
  })
  const path = way.map(({ step }, state) => ({ state, step }))
  return behaviourOf({ kernel, states }, new View(kernel), path)
}

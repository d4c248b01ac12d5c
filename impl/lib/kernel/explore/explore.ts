/** Breadth-first search over packed states: whole graph, shortest counterexamples, invariants, deadlock. */

import { at } from '../at.ts'
import { Growing } from '../int-list.ts'
import { Stepper } from '../machine/stepper.ts'
import type { Kernel } from '../machine/tables.ts'
import type { Enough } from './findings.ts'
import { Findings } from './findings.ts'
import type { Graph } from './graph.ts'
import { StateSet } from './state-set.ts'

/** Options of a search. */
export interface ExploreOptions {
  /** keep every edge; liveness and proof need them */
  readonly edges?: boolean
  /** check the machine's invariants; default yes */
  readonly invariants?: boolean
  /** about how many states there will be, if that is known: saves growing */
  readonly expectedStates?: number
  /** stop when there are more states than this; the graph is then not complete */
  readonly maxStates?: number
  /** asked when something was found: is that all that is wanted? The graph is then not complete */
  readonly enough?: Enough
  /** asked every few thousand states: is time up? The graph is then not complete */
  readonly expired?: () => boolean
  /** called now and then, from inside the search */
  readonly onProgress?: (states: number, queue: number) => void
}

/** States between two looks at the clock, and between two reports, less one; powers of two. */
const CLOCK = 2 ** 12 - 1
const REPORT = 2 ** 18 - 1

/** Edges in the order in which they are found, by the state that they begin in. */
class EdgeLists {
  readonly start = new Growing()
  readonly target = new Growing()
  readonly step = new Growing()

  /** From here on edges begin in the next state; or, at the end, in none. */
  next(): void {
    this.start.push(this.target.length)
  }

  add(target: number, step: number): void {
    this.target.push(target)
    this.step.push(step)
  }
}

/** A search, and what it has come to. */
class Search {
  private readonly kernel: Kernel
  private readonly options: ExploreOptions
  private readonly set: StateSet
  private readonly findings: Findings
  private readonly edges: EdgeLists | undefined
  /** first state of each level */
  private readonly levels: number[] = []
  /** how often each step was taken: more often than an Int32Array can tell */
  private readonly taken: Float64Array

  constructor(kernel: Kernel, options: ExploreOptions) {
    this.kernel = kernel
    this.options = options
    this.set = new StateSet(kernel.layout.words, { expected: options.expectedStates ?? 0 })
    this.findings = new Findings(kernel, options.invariants ?? true, options.enough ?? (() => false))
    this.edges = options.edges === true ? new EdgeLists() : undefined
    this.taken = new Float64Array(kernel.steps.length)
  }

  /** Goes through all states; false if it was ended before. In its inner loop indices are in range by construction. */
  run(): boolean {
    const { kernel, set, findings, edges, levels, taken } = this
    const { words } = kernel.layout
    const { leafStart } = kernel
    const { maxStates = 2 ** 31 / Math.max(words, 2) - 2 } = this.options
    const { known: explored = Infinity } = kernel.compiled
    const stepper = new Stepper(kernel)
    const { sources, next } = stepper
    set.add(kernel.initial, 0, -1, -1)
    findings.begin(set.rows)
    let frontier = 0
    for (let state = 0; state < set.count; state++) {
      if (state >= explored) return false
      if (state === frontier) {
        levels.push(state)
        frontier = set.count
      }
      edges?.next()
      const base = state * words
      let stuck = true
      for (let source = 0; source < sources; source++) {
        const leaf = stepper.leafOf(set.rows, base, source)
        const last = leafStart[leaf + 1] as number
        for (let step = leafStart[leaf] as number; step < last; step++) {
          stuck = false
          taken[step] = (taken[step] as number) + 1
          stepper.take(step, set.rows, base)
          const known = set.count
          if (known >= maxStates && set.find(next, 0) < 0) return false
          const target = set.add(next, 0, state, step)
          if (target === known) {
            findings.check(step, set.rows, target, levels.length + 1)
            if (findings.isEnough()) return false
          }
          edges?.add(target, step)
        }
      }
      if (stuck) findings.stuck(state, levels.length)
      if (findings.isEnough() || this.isExpired(state)) return false
    }
    return true
  }

  /** Is time up? Reports now and then. */
  private isExpired(state: number): boolean {
    const { expired, onProgress } = this.options
    if ((state & CLOCK) === CLOCK && expired?.() === true) return true
    if ((state & REPORT) === 0) onProgress?.(this.set.count, this.set.count - state)
    return false
  }

  /** What was found, after `run`. */
  graph(complete: boolean): Graph {
    const { kernel, set, edges, findings } = this
    edges?.next()
    const taken = kernel.actions.map(() => 0)
    this.taken.forEach((times, step) => {
      const { action } = at(kernel.steps, step)
      taken[action] = at(taken, action) + times
    })
    const wanted = new Int32Array(kernel.layout.words)
    return {
      kernel,
      complete,
      count: set.count,
      states: set.rows,
      parent: set.from,
      via: set.via,
      levels: [...this.levels, set.count],
      generated: this.taken.reduce((sum, times) => sum + times, 1),
      edgeStart: edges?.start.done(),
      edgeTarget: edges?.target.done(),
      edgeStep: edges?.step.done(),
      taken,
      violations: findings.violations,
      deadlock: findings.deadlock,
      find: (words) => {
        wanted.set(words)
        return set.find(wanted, 0)
      },
    }
  }
}

/** Explores the reachable states of a machine. Deterministic: the same machine gives the same numbering. */
export const explore = (kernel: Kernel, options: ExploreOptions = {}): Graph => {
  const search = new Search(kernel, options)
  const complete = search.run()
  return search.graph(complete)
}

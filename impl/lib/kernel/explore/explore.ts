/** Breadth-first search over packed states: whole graph, shortest counterexamples, invariants, deadlock. */

import type { Kernel, Predicate } from '../machine/compile.ts'
import { compilePredicate, evaluate } from '../machine/compile.ts'
import { Growing } from '../int-list.ts'
import { bitsFor } from '../language/domain.ts'

/** A violated invariant or a deadlock, at the first state in breadth-first order. */
export interface Finding {
  readonly state: number
  /** states on the shortest path to it, the initial one included */
  readonly depth: number
}

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
  readonly enough?: (violations: ReadonlyMap<string, Finding>, deadlock: Finding | undefined) => boolean
  /** asked every few thousand states: is time up? The graph is then not complete */
  readonly expired?: () => boolean
  /** called now and then, from inside the search */
  readonly onProgress?: (states: number, queue: number) => void
}

/** The reachable states in breadth-first order, and what was found on them. */
export interface Graph {
  readonly kernel: Kernel
  /** false if `maxStates`, `enough` or `expired` ended the search */
  readonly complete: boolean
  readonly count: number
  /** packed states, `kernel.layout.words` words each */
  readonly states: Int32Array
  /** state from which each state was first reached; -1 for the initial one */
  readonly parent: Int32Array
  /** the step by which it was reached: index into `kernel.steps` */
  readonly via: Int32Array
  /** first state of each level, and the number of states at the end */
  readonly levels: readonly number[]
  /** initial states and steps taken, as TLC counts generated states */
  readonly generated: number
  /** with `edges`: edges of state i are `edgeStart[i] .. edgeStart[i + 1]` */
  readonly edgeStart: Int32Array | undefined
  readonly edgeTarget: Int32Array | undefined
  readonly edgeStep: Int32Array | undefined
  /** how often each action was taken, in the order of `kernel.actions` */
  readonly taken: readonly number[]
  /** first violation of each invariant; absent where it holds */
  readonly violations: ReadonlyMap<string, Finding>
  readonly deadlock: Finding | undefined
  /** index of a packed state, or -1 */
  readonly find: (words: ArrayLike<number>) => number
}

/** Number of levels, as TLC reports depth. */
export const depthOf = (graph: Graph): number => graph.levels.length - 1

/** Level of a state, counted from 1 as TLC does. */
export const levelOf = (graph: Graph, state: number): number => {
  let low = 0
  let high = graph.levels.length - 1
  while (low + 1 < high) {
    const middle = (low + high) >> 1
    if ((graph.levels[middle] ?? 0) <= state) low = middle
    else high = middle
  }
  return low + 1
}

interface Check {
  readonly name: string
  readonly predicate: Predicate
}

/**
 * For each step the checks that it can falsify. A check that looks at no field that a step writes has the same answer
 * before and after it, and before it the answer was yes: a check is dropped at its first violation.
 */
const checksByStep = (kernel: Kernel, checks: readonly Check[]): (readonly Check[])[] => {
  const W = kernel.layout.words
  const touches = (step: number, { support }: Predicate): boolean => {
    for (let w = 0; w < W; w++) if ((~(kernel.and[step * W + w] ?? 0) & (support[w] ?? 0)) !== 0) return true
    return false
  }
  return kernel.steps.map((_, step) => checks.filter(({ predicate }) => touches(step, predicate)))
}

/** Explores the reachable states of a machine. Deterministic: the same machine gives the same numbering. */
export const explore = (kernel: Kernel, options: ExploreOptions = {}): Graph => {
  const { layout, tree, leafStart, and, or, roots, environmentRoots } = kernel
  const W = layout.words
  const maxStates = options.maxStates ?? 2 ** 31 / Math.max(W, 2) - 2
  const keepEdges = options.edges ?? false

  // a power of two
  let capacity = 1 << Math.min(24, Math.max(10, bitsFor(1 + (options.expectedStates ?? 0))))
  let states = new Int32Array(capacity * W)
  let parent = new Int32Array(capacity)
  let via = new Int32Array(capacity)
  let count = 0
  // Open addressing; a slot holds index + 1 and the state itself, so that a look-up touches one cache line, not two.
  const stride = 1 << bitsFor(W + 1)
  let slots = 2 * capacity
  let table = new Int32Array(slots * stride)
  const edgeStart = new Growing()
  const edgeTarget = new Growing()
  const edgeStep = new Growing()
  const next = new Int32Array(W)

  const hashAt = (data: Int32Array, base: number): number => {
    let h = 0x9e3779b9
    for (let w = 0; w < W; w++) {
      h = Math.imul(h ^ (data[base + w] as number), 0x85ebca6b)
      h ^= h >>> 15
    }
    h = Math.imul(h, 0xc2b2ae35)
    return h ^ (h >>> 16)
  }
  const enlarged = (from: Int32Array, size: number): Int32Array<ArrayBuffer> => {
    const to = new Int32Array(size)
    to.set(from)
    return to
  }
  const grow = (): void => {
    capacity *= 2
    states = enlarged(states, capacity * W)
    parent = enlarged(parent, capacity)
    via = enlarged(via, capacity)
    // at most half full
    slots = 2 * capacity
    table = new Int32Array(slots * stride)
    for (let i = 0; i < count; i++) {
      let slot = hashAt(states, i * W) & (slots - 1)
      while (table[slot * stride] !== 0) slot = (slot + 1) & (slots - 1)
      put(slot * stride, i)
    }
  }
  /** Writes state `id` into a slot of the table. */
  const put = (at: number, id: number): void => {
    const base = id * W
    table[at] = id + 1
    for (let w = 0; w < W; w++) table[at + 1 + w] = states[base + w] as number
  }
  /** Index of the state in `next`, or -1 - place where it would go. */
  const lookUp = (): number => {
    let slot = hashAt(next, 0) & (slots - 1)
    for (;;) {
      const at = slot * stride
      const id = table[at] as number
      if (id === 0) return -1 - at
      let w = 0
      while (w < W && table[at + 1 + w] === next[w]) w++
      if (w === W) return id - 1
      slot = (slot + 1) & (slots - 1)
    }
  }
  const add = (at: number, from: number, step: number): number => {
    const id = count++
    const base = id * W
    for (let w = 0; w < W; w++) states[base + w] = next[w] as number
    parent[id] = from
    via[id] = step
    put(at, id)
    if (count === capacity) grow()
    return id
  }

  let checks: Check[] =
    options.invariants === false
      ? []
      : kernel.compiled.machine.invariants.flatMap(({ name, instances }) =>
          instances.map(({ holds }) => ({ name, predicate: compilePredicate(kernel, holds) })),
        )
  const violations = new Map<string, Finding>()
  let deadlock: Finding | undefined
  const levels = [0]
  const stepTaken = new Float64Array(kernel.steps.length)
  let generated = 1
  let complete = true

  let byStep = checksByStep(kernel, checks)
  const check = (relevant: readonly Check[], state: number, level: number): void => {
    for (const { name, predicate } of relevant) {
      if (violations.has(name) || evaluate(predicate, states, state * W)) continue
      violations.set(name, { state, depth: level })
      checks = checks.filter((c) => c.name !== name)
      byStep = checksByStep(kernel, checks)
    }
  }

  let reported = 0
  /** Was something found since this was asked last, and is it enough? */
  const isEnough = (): boolean => {
    const found = violations.size + (deadlock === undefined ? 0 : 1)
    if (found === reported) return false
    reported = found
    return options.enough?.(violations, deadlock) ?? false
  }

  next.set(kernel.initial)
  add(-1 - lookUp(), -1, -1)
  check(checks, 0, 1)

  const threads = layout.threads
  const T = threads.length
  const threadWord = Int32Array.from(threads, ({ word }) => word)
  const threadShift = Int32Array.from(threads, ({ shift }) => shift)
  const threadMask = Int32Array.from(threads, ({ mask }) => mask)
  const sources = T + environmentRoots.length
  let frontier = 1

  search: for (let state = 0; state < count; state++) {
    if (state === frontier) {
      levels.push(state)
      frontier = count
    }
    if (keepEdges) edgeStart.push(edgeTarget.length)
    const before = generated
    for (let source = 0; source < sources; source++) {
      const base = state * W
      let position: number
      if (source < T) {
        const node =
          ((states[base + (threadWord[source] as number)] as number) >>> (threadShift[source] as number)) &
          (threadMask[source] as number)
        position = (roots[source] as Int32Array)[node] as number
      } else {
        position = environmentRoots[source - T] as number
      }
      while (position >= 0) {
        const raw =
          ((states[base + (tree[position] as number)] as number) >>> (tree[position + 1] as number)) &
          (tree[position + 2] as number)
        position = tree[position + 3 + raw] as number
      }
      const leaf = ~position
      const last = leafStart[leaf + 1] as number
      for (let step = leafStart[leaf] as number; step < last; step++) {
        generated++
        stepTaken[step] = (stepTaken[step] as number) + 1
        const patch = step * W
        const from = state * W
        for (let w = 0; w < W; w++) {
          next[w] = ((states[from + w] as number) & (and[patch + w] as number)) | (or[patch + w] as number)
        }
        let target = lookUp()
        if (target < 0) {
          if (count >= maxStates) {
            complete = false
            break search
          }
          target = add(-1 - target, state, step)
          if (checks.length > 0) check(byStep[step] as readonly Check[], target, levels.length + 1)
          if (isEnough()) {
            complete = false
            break search
          }
        }
        if (keepEdges) {
          edgeTarget.push(target)
          edgeStep.push(step)
        }
      }
    }
    if (generated === before && deadlock === undefined) deadlock = { state, depth: levels.length }
    if (isEnough()) {
      complete = false
      break
    }
    if ((state & 0xfff) === 0xfff && options.expired?.() === true) {
      complete = false
      break
    }
    if ((state & 0x3ffff) === 0) options.onProgress?.(count, count - state)
  }
  levels.push(count)
  if (keepEdges) edgeStart.push(edgeTarget.length)

  const taken = kernel.actions.map(() => 0)
  stepTaken.forEach((times, step) => {
    const action = kernel.steps[step]?.action ?? 0
    taken[action] = (taken[action] ?? 0) + times
  })
  return {
    kernel,
    complete,
    count,
    states,
    parent,
    via,
    levels,
    generated,
    edgeStart: keepEdges ? edgeStart.done() : undefined,
    edgeTarget: keepEdges ? edgeTarget.done() : undefined,
    edgeStep: keepEdges ? edgeStep.done() : undefined,
    taken,
    violations,
    deadlock,
    find: (words) => {
      next.set(words)
      const i = lookUp()
      return i < 0 ? -1 : i
    },
  }
}

/** States from the initial one to `state`, each with the step that led to it (-1 for the first). */
export const pathTo = (graph: Graph, state: number): { readonly state: number; readonly step: number }[] => {
  const path: { state: number; step: number }[] = []
  for (let s = state; s >= 0; s = graph.parent[s] ?? -1) path.push({ state: s, step: graph.via[s] ?? -1 })
  return path.reverse()
}

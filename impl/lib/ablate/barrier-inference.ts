/**
 * Verdicts that follow from other verdicts, because a barrier only takes behaviours away.
 *
 * Let M be a machine and B the same machine with one more barrier. Every behaviour of B, less the barrier's own steps, is
 * one of M. So a property that holds in M holds in B, and one that is violated in B is violated in M. What has to be true
 * of a property for this depends on what the toggle does when it is switched on ({@link BarrierKind}):
 *
 * - `step`, smp_mb(): a step that changes only the thread's own store buffer. A thread at the barrier is in M already past
 *   it, so the property must not tell the one from the other, nor look at what the step writes. For liveness the step
 *   has to be fair, or a thread might stay at it for ever.
 * - `locked`: a store and its becoming visible are one step. Every state of B is one of M: nothing is asked of an
 *   invariant. Liveness must see nothing in the state between the two that it does not see before or after: it does not
 *   look at what is written, or does not tell where the thread is while only the location is written.
 * - `drained`: a step waits until the thread's stores are visible, which is fair. Nothing is asked.
 * - `wait`, synchronize_srcu(): steps that may wait for ever, and write only what nothing but they wait for. As `step` for
 *   an invariant; liveness and Deadlock are not inferred.
 *
 * Deadlock: in a state of B without a next step all stores are visible, so nobody is at a barrier of the first three
 * kinds, and M has no next step there either.
 *
 * What is asked of a property is checked on the compiled property, what is asked of the steps on the compiled programs.
 * That the machines differ in the barrier only is how programs are written (`if (c.Toggle) yield* smp_mb(label)`); a test
 * compares them. docs/soundness.md has the argument in full.
 */

import type { Subset } from './subsets.ts'
import { hasToggle, membersOf } from './subsets.ts'
import type { Layout, Slot } from '../kernel/machine/layout.ts'
import type { Automaton, Compiled, ProgramNode } from '../kernel/machine/automaton.ts'
import type { Predicate } from '../kernel/machine/predicate.ts'
import { layOut } from '../kernel/machine/layout.ts'
import { DEADLOCK } from '../kernel/explore/violations.ts'
import { compilePredicate } from '../kernel/machine/predicate.ts'
import type { BarrierKind, Barriers } from '../protocol/barriers.ts'
import { outcomesOf } from '../kernel/machine/step-tree.ts'
import { predicatesOf, sameThread } from '../kernel/language/machine.ts'

// ---------------------------------------------------------------------------------------------------------------------
// What a property looks at

/** The cells that each outcome of a step writes. */
const writesOf = ({ tree }: ProgramNode): number[][] =>
  outcomesOf(tree).map(({ writes }) => writes.map(([cell]) => cell))

const isIn = (slot: Slot, word: number, shift: number): boolean => slot.word === word && slot.shift === shift

/** May the property tell a thread at one node from the same thread at another? Yes, where that is not clear. */
const tells = (
  { code, root }: Predicate,
  compiled: Compiled,
  layout: Layout,
  thread: number,
  n: number,
  m: number,
): boolean => {
  const seen = new Set<number>()
  const visit = (position: number): boolean => {
    if (position < 0 || seen.has(position)) return false
    seen.add(position)
    const [word = 0, shift = 0, , table = -1] = code.subarray(position, position + 4)
    const child = (i: number): number => code[position + 4 + i] ?? -1
    if (table < 0) {
      const cell = layout.cells.findIndex((slot) => isIn(slot, word, shift))
      const size = compiled.machine.shared.cells[cell]?.domain.values.length ?? 0
      return Array.from({ length: size }, (_, i) => child(i)).some(visit)
    }
    const at = layout.threads.findIndex((slot) => isIn(slot, word, shift))
    const group = (node: number): number => code[table + node] ?? 0
    if (at === thread && child(group(n)) !== child(group(m))) return true
    const groups = new Set((compiled.automata[at]?.nodes ?? []).map((_, node) => group(node)))
    return [...groups].map(child).some(visit)
  }
  return visit(root)
}

const looksAt = ({ support }: Predicate, layout: Layout, cells: readonly number[]): boolean =>
  cells.some((cell) => {
    const slot = layout.cells[cell]
    return slot !== undefined && ((support[slot.word] ?? 0) & (slot.mask << slot.shift)) !== 0
  })

// ---------------------------------------------------------------------------------------------------------------------
// Which toggles a property is monotone in

interface Site {
  readonly thread: number
  readonly node: number
  readonly program: ProgramNode
  /** the nodes after it, on past other barriers that may be missing too */
  readonly after: readonly number[]
}

/** Nodes that a step at one of `labels` may be followed by, with and without other barriers' steps. */
const nodesAfter = (automaton: Automaton, node: number, added: ReadonlySet<string>): number[] => {
  const found = new Set<number>()
  const visit = (from: number): void => {
    for (const next of automaton.nodes[from]?.next.values() ?? []) {
      if (found.has(next)) continue
      found.add(next)
      if (added.has(automaton.nodes[next]?.label ?? '')) visit(next)
    }
  }
  visit(node)
  return [...found]
}

const sitesOf = ({ automata }: Compiled, labels: readonly string[], added: ReadonlySet<string>): Site[] =>
  automata.flatMap((automaton, thread) =>
    automaton.nodes.flatMap((program, node) =>
      labels.includes(program.label) ? [{ thread, node, program, after: nodesAfter(automaton, node, added) }] : [],
    ),
  )

const isFair = ({ machine }: Compiled, { thread, program }: Site): boolean => {
  const id = machine.threads[thread]?.id
  return machine.fairness.some(
    (f) => f.strong !== true && id !== undefined && sameThread(f.thread, id) && f.labels.has(program.label),
  )
}

/** One property as the argument sees it: an instance is monotone by itself, and its predicates only together. */
interface Seen {
  readonly name: string
  readonly live: boolean
  readonly instances: readonly (readonly Predicate[])[]
}

const seenOf = (compiled: Compiled, layout: Layout): Seen[] => {
  const { invariants, liveness } = compiled.machine
  const predicate = (holds: () => boolean): Predicate => compilePredicate({ compiled, layout }, holds)
  return [
    ...invariants.map(({ name, instances }) => ({
      name,
      live: false,
      instances: [instances.map(({ holds }) => predicate(holds))],
    })),
    ...liveness.map(({ name, instances }) => ({
      name,
      live: true,
      instances: instances.map((instance) => predicatesOf(instance).map(predicate)),
    })),
  ]
}

/**
 * For each property the toggles that it is monotone in, as bits. `top` is the machine with every one of the barriers
 * on, so that every step of one is in it; the toggles that are none have the values of the machines in question.
 */
export const monotoneIn = (
  top: Compiled,
  toggles: readonly string[],
  barriers: Barriers,
): ReadonlyMap<string, Subset> => {
  const layout = layOut(top)
  const own = toggles.flatMap((name, toggle) => {
    const barrier = barriers[name]
    return barrier === undefined ? [] : [{ toggle, ...barrier }]
  })
  const added = new Set(own.flatMap(({ kind, labels }) => (kind === 'step' || kind === 'wait' ? labels : [])))
  const sites = own.map(({ labels }) => sitesOf(top, labels, added))
  const blind = (predicates: readonly Predicate[], { thread, node, after }: Site): boolean =>
    predicates.every((p) => after.every((next) => !tells(p, top, layout, thread, node, next)))
  const unread = (predicates: readonly Predicate[], { program }: Site): boolean =>
    predicates.every((p) => !looksAt(p, layout, writesOf(program).flat()))
  const allows = (kind: BarrierKind, { live, instances }: Seen, site: Site): boolean => {
    switch (kind) {
      case 'step':
        return (
          site.program.op.kind === 'barrier' &&
          (!live || isFair(top, site)) &&
          instances.every((predicates) => blind(predicates, site) && unread(predicates, site))
        )
      case 'locked':
        return (
          !live ||
          instances.every(
            (predicates) =>
              unread(predicates, site) ||
              (blind(predicates, site) && writesOf(site.program).every((cells) => cells.length <= 1)),
          )
        )
      case 'drained':
        return true
      case 'wait':
        return !live && instances.every((predicates) => blind(predicates, site) && unread(predicates, site))
    }
  }
  const bits = (wanted: (kind: BarrierKind, own: readonly Site[]) => boolean): Subset =>
    own.reduce((set, { toggle, kind }, i) => (wanted(kind, sites[i] ?? []) ? set | (1 << toggle) : set), 0)
  return new Map([
    ...seenOf(top, layout).map((seen): [string, Subset] => [
      seen.name,
      bits((kind, at) => !(seen.live && kind === 'wait') && at.every((site) => allows(kind, seen, site))),
    ]),
    [DEADLOCK, bits((kind) => kind !== 'wait')],
  ])
}

// ---------------------------------------------------------------------------------------------------------------------
// Inference

/** Verdicts of one property in the subsets of some toggles, those that were decided and those that follow from them. */
export class Verdicts {
  private readonly monotone: Subset
  private readonly known: (boolean | undefined)[]

  /** `toggles` toggles; the property is monotone in those that are bits of `monotone` */
  constructor(toggles: number, monotone: Subset) {
    this.monotone = monotone
    this.known = Array.from({ length: 2 ** toggles }, () => undefined)
  }

  verdict(subset: Subset): boolean | undefined {
    return this.known[subset]
  }

  /** Does a verdict in one subset follow from the same verdict in the other? */
  private follows(subset: Subset, from: Subset, holds: boolean): boolean {
    const differ = subset ^ from
    return (differ & ~this.monotone) === 0 && (holds ? (from & ~subset) === 0 : (subset & ~from) === 0)
  }

  /** Enters a verdict, and what follows from it. */
  learn(subset: Subset, holds: boolean): void {
    this.known.forEach((before, other) => {
      if (!this.follows(other, subset, holds)) return
      if (before === !holds) throw new RangeError(`not monotone: ${subset} and ${other} contradict each other`)
      this.known[other] = holds
    })
  }

  /** How many verdicts are missing that would follow if the property held in the subset, or did not. */
  gain(subset: Subset, holds: boolean): number {
    let gain = 0
    this.known.forEach((before, other) => {
      if (before === undefined && this.follows(other, subset, holds)) gain += 1
    })
    return gain
  }

  get missing(): number {
    return this.known.filter((verdict) => verdict === undefined).length
  }
}

/**
 * The subset to decide next, of those in which a verdict is missing: all toggles, then the one from which most follows
 * in the mean of both verdicts; of equal ones the largest, whose graph is the smallest. Undefined when nothing is missing.
 */
export const nextSubset = (toggles: number, all: Iterable<Verdicts>): Subset | undefined => {
  const open = [...all].filter(({ missing }) => missing > 0)
  const top = 2 ** toggles - 1
  if (open.some((v) => v.verdict(top) === undefined)) return top
  let best: Subset | undefined
  let most = 0
  for (let subset = top; subset >= 0; subset--) {
    const missing = open.filter((v) => v.verdict(subset) === undefined)
    const gain = missing.reduce((sum, v) => sum + v.gain(subset, true) + v.gain(subset, false), 0)
    if (gain > most) {
      best = subset
      most = gain
    }
  }
  return best
}

/** The bits of a subset that are in a mask, moved together: a number of as many bits as the mask has. */
export const packed = (subset: Subset, mask: Subset): Subset =>
  membersOf(mask).reduce((set, bit, place) => (hasToggle(subset, bit) ? set | (1 << place) : set), 0)

/** The inverse of {@link packed}. */
export const spread = (value: number, mask: Subset): Subset =>
  membersOf(mask).reduce((set, bit, place) => (hasToggle(value, place) ? set | (1 << bit) : set), 0)

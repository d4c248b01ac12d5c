/**
 * What a barrier orders, and which of that a memory model can show. SC, TSO and PSO keep loads in order, among themselves and with
 * the stores behind them: that an order of those is not needed is not for them to say, only for the kernel's own model (LKMM).
 */

import { at } from '../../kernel/at.ts'
import type { MemoryModel } from '../../kernel/memory/buffer.ts'
import type { Automaton } from '../../kernel/machine/automaton.ts'
import type { Op } from '../../kernel/language/op.ts'
import type { StepTree } from '../../kernel/machine/step-tree.ts'
import { leavesOf } from '../../kernel/machine/step-tree.ts'

/** An access before and one behind: `WR`, a store that is to be visible before a load. */
export type Order = 'WR' | 'WW' | 'RR' | 'RW'

export const ALL_ORDERS: readonly Order[] = ['WR', 'WW', 'RR', 'RW']

/** The orders that accesses have under a model only where something gives them. */
export const SHOWN: Readonly<Record<MemoryModel, readonly Order[]>> = { SC: [], TSO: ['WR'], PSO: ['WR', 'WW'] }

export const ORDER_WORDS: Readonly<Record<Order, string>> = {
  WR: 'loads behind stores',
  WW: 'stores behind stores',
  RR: 'loads behind loads',
  RW: 'stores behind loads',
}

/** Orders of which none of the models can say whether they are needed. */
export const unshown = (orders: readonly Order[], models: readonly MemoryModel[]): Order[] =>
  orders.filter((order) => !models.some((model) => SHOWN[model].includes(order)))

interface Accesses {
  readonly loads: boolean
  readonly stores: boolean
}

const cellsIn = (tree: StepTree): boolean =>
  'cell' in tree || leavesOf(tree).some(({ outcomes }) => outcomes.some(({ writes }) => writes.length > 0))

const accessesOf = ({ kind }: Op, tree: StepTree): Accesses => {
  switch (kind) {
    case 'load':
    case 'wait':
      return { loads: true, stores: false }
    case 'store':
      return { loads: false, stores: true }
    case 'rmw':
      return { loads: true, stores: true }
    case 'atomic': {
      // a choice of the world is no access
      const is = cellsIn(tree)
      return { loads: is, stores: is }
    }
    case 'barrier':
    case 'end':
      return { loads: false, stores: false }
  }
}

/** Nodes that can be reached from some, by at least one step. */
const reached = (from: readonly number[], edges: readonly (readonly number[])[]): Set<number> => {
  const found = new Set<number>()
  const queue = from.flatMap((node) => edges[node] ?? [])
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (found.has(node)) continue
    found.add(node)
    queue.push(...(edges[node] ?? []))
  }
  return found
}

/** What a thread can access before and behind some of its steps, those left out; undefined where it has none of them. */
interface Sides {
  readonly before: Accesses
  readonly behind: Accesses
}

const sidesOf = ({ nodes }: Automaton, labels: ReadonlySet<string>): Sides | undefined => {
  const own = nodes.flatMap(({ label }, i) => (labels.has(label) ? [i] : []))
  if (own.length === 0) return undefined
  const forward = nodes.map(({ next }) => [...next.values()])
  const backward: number[][] = nodes.map(() => [])
  forward.forEach((targets, node) => {
    for (const target of targets) backward[target]?.push(node)
  })
  const all = (edges: readonly (readonly number[])[]): Accesses => {
    const accesses = [...reached(own, edges)].map((i) => accessesOf(at(nodes, i).op, at(nodes, i).tree))
    return { loads: accesses.some(({ loads }) => loads), stores: accesses.some(({ stores }) => stores) }
  }
  return { before: all(backward), behind: all(forward) }
}

/** How a step that orders others takes part itself: as the store behind (a release), or as one before (smp_store_mb). */
export type Own = 'none' | 'behind' | 'before'

/**
 * Of the orders that something gives in general those that it can give at the steps of these labels: a barrier that has no load
 * before it orders nothing behind loads. All of them, where no thread has such a step that could be looked at.
 */
export const ordersAt = (
  automata: readonly Automaton[],
  labels: ReadonlySet<string>,
  orders: readonly Order[],
  own: Own,
): Order[] => {
  const sides = automata.flatMap((automaton) => sidesOf(automaton, labels) ?? [])
  if (sides.length === 0) return [...orders]
  const has = ({ loads, stores }: Accesses, isLoad: boolean): boolean => (isLoad ? loads : stores)
  return orders.filter((order) => {
    const [first, second] = [order.startsWith('R'), order.endsWith('R')]
    return sides.some(({ before, behind }) => {
      const isBefore = has(before, first) || (own === 'before' && !first)
      const isBehind = has(behind, second) || (own === 'behind' && !second)
      return isBefore && isBehind
    })
  })
}

/**
 * A smaller machine with the same verdicts: steps that do nothing are taken out. A barrier under sequential consistency
 * is one. Only verdicts survive: there are fewer states, and counterexamples may be shorter.
 *
 * Taken out is a node n of a program whose only step is always possible, writes nothing, and leads to a node m with the
 * same locals, if no property tells n from m. A state at n and the same state at m then satisfy the same properties. No
 * thread but its own can see where a program is, so whatever others do at n they can do at m. At n nobody is stuck, since
 * its step is possible; whoever is stuck at m was going to be. For liveness n's step has to be a fair one: then no fair behaviour stays at n.
 *
 * Besides, a step that branches on a cell only to overwrite it does not branch on it: `xchg` whose result is not used.
 * docs/soundness.md has the argument in full.
 */

import { at, entryOf } from '../at.ts'
import type { Automaton, Compiled, ProgramNode } from './automaton.ts'
import type { StepTree } from './step-tree.ts'
import { resultKey } from './step-tree.ts'
import type { Kernel } from './tables.ts'
import { layOut } from './layout.ts'
import { compilePredicate } from './predicate.ts'
import type { Machine } from '../language/machine.ts'
import { predicatesOf, sameThread } from '../language/machine.ts'

/** What a child of a branch on `cell` at value `index` leaves behind, with the cell's value in any case. */
const effectOf = (child: StepTree, cell: number, index: number, next: ProgramNode['next']): string | undefined => {
  if ('cell' in child || child.refusals.length > 0 || child.outcomes.length !== 1) return undefined
  const [outcome] = child.outcomes
  if (outcome === undefined) return undefined
  const writes = new Map([[cell, index], ...outcome.writes])
  return JSON.stringify([[...writes].sort(([a], [b]) => a - b), next.get(resultKey(outcome.result))])
}

/** The tree without branches on what is overwritten whatever it was. */
const withoutIdleBranches = (tree: StepTree, next: ProgramNode['next']): StepTree => {
  if (!('cell' in tree)) return tree
  const children = tree.children.map((child) => withoutIdleBranches(child, next))
  const effects = new Set(children.map((child, i) => effectOf(child, tree.cell, i, next)))
  const [effect] = effects
  // the child that had to write says what is written
  const writer = children.find(
    (child) => !('cell' in child) && child.outcomes.some((o) => o.writes.some(([c]) => c === tree.cell)),
  )
  if (effects.size > 1 || effect === undefined || writer === undefined) return { cell: tree.cell, children }
  return writer
}

const isIdle = ({ tree, frame, next }: ProgramNode, automaton: Automaton): boolean => {
  if ('cell' in tree || tree.refusals.length > 0 || tree.outcomes.length !== 1) return false
  const [outcome] = tree.outcomes
  if (outcome === undefined || outcome.writes.length > 0) return false
  const follower = at(automaton.nodes, entryOf(next, resultKey(outcome.result)))
  return follower.frame.every((value, i) => value === frame[i])
}

/** The only node after an idle one. */
const after = (node: ProgramNode): number => at([...node.next.values()], 0)

/** Labels whose every node, in every thread, is idle and fair. */
const idleLabels = ({ machine, automata }: Compiled): string[] => {
  const all = new Map<string, boolean>()
  automata.forEach((automaton, thread) => {
    const id = machine.threads[thread]?.id
    automaton.nodes.forEach((node, i) => {
      const fair =
        machine.liveness.length === 0 ||
        machine.fairness.some((f) => id !== undefined && sameThread(f.thread, id) && f.labels.has(node.label))
      const idle = i > 0 && fair && isIdle(node, automaton)
      all.set(node.label, idle && all.get(node.label) !== false)
    })
  })
  return [...all].filter(([, idle]) => idle).map(([label]) => label)
}

/** The first node from `start` on that does not have one of the labels; undefined if there is none. */
const resolve = (nodes: readonly ProgramNode[], start: number, labels: ReadonlySet<string>): number | undefined => {
  let id = start
  for (let steps = 0; steps <= nodes.length; steps++) {
    const node = nodes[id]
    if (node === undefined || !labels.has(node.label)) return id
    id = after(node)
  }
  return undefined
}

const predicates = ({ invariants, liveness, possibilities = [] }: Machine): (() => boolean)[] => [
  ...invariants.flatMap(({ instances }) => instances.map(({ holds }) => holds)),
  ...[...liveness, ...possibilities].flatMap(({ instances }) => instances.flatMap(predicatesOf)),
]

const codeOf = (kernel: Pick<Kernel, 'compiled' | 'layout'>): string =>
  JSON.stringify(
    predicates(kernel.compiled.machine).map((holds) => {
      const { code, root } = compilePredicate(kernel, holds)
      return [root, [...code]]
    }),
  )

/** The automata with each node of a label called like the node after it: what a property would see without it. */
const renamed = (automata: readonly Automaton[], label: string): Automaton[] =>
  automata.map((automaton) => ({
    ...automaton,
    nodes: automaton.nodes.map((node) => {
      // only an idle node has one after it for certain: a thread may end
      return node.label === label ? { ...node, label: at(automaton.nodes, after(node)).label } : node
    }),
  }))

/** Of some idle labels those that no property tells from what comes after them. */
const unseen = (compiled: Compiled, labels: readonly string[]): string[] => {
  if (labels.length === 0) return []
  const layout = layOut(compiled)
  const seen = codeOf({ compiled, layout })
  return labels.filter(
    (label) => codeOf({ compiled: { ...compiled, automata: renamed(compiled.automata, label) }, layout }) === seen,
  )
}

/** The nodes that are still reached, numbered breadth first as the compiler numbers them. */
const withoutLabels = (automaton: Automaton, labels: ReadonlySet<string>): Automaton => {
  const { nodes } = automaton
  const numbers = new Map([[0, 0]])
  const order = [0]
  const number = (old: number): number => {
    const target = resolve(nodes, old, labels) ?? old
    const known = numbers.get(target)
    if (known !== undefined) return known
    numbers.set(target, order.length)
    return order.push(target) - 1
  }
  const kept: ProgramNode[] = []
  // grows while it is gone through
  for (const old of order) {
    const node = nodes[old]
    if (node === undefined) continue
    const next = new Map([...node.next].map(([key, target]) => [key, number(target)]))
    kept.push({ ...node, next, tree: withoutIdleBranches(node.tree, next) })
  }
  return { ...automaton, nodes: kept }
}

/** The machine without steps that do nothing; every property has the same verdict in it. */
export const reduce = (compiled: Compiled): Compiled => {
  // which states' steps are known is said by their number in the whole machine
  if (compiled.known !== undefined) return compiled
  const labels = new Set(unseen(compiled, idleLabels(compiled)))
  return { ...compiled, automata: compiled.automata.map((automaton) => withoutLabels(automaton, labels)) }
}

/** A compiled machine as flat tables of integers: what the explorer runs. */

import { at, entryOf } from '../at.ts'
import type { Access, Op, StepWords } from '../language/op.ts'
import { sameThread } from '../language/machine.ts'
import type { TlaValue } from '../language/value.ts'
import type { Compiled } from './automaton.ts'
import type { Layout, Slot } from './layout.ts'
import { layOut } from './layout.ts'
import type { StepOutcome, StepTree } from './step-tree.ts'
import { resultKey } from './step-tree.ts'

/** One possible step out of a node: who takes it and what it is called. */
export interface StepInfo {
  /** index into the machine's threads; for an environment action the thread that it happens to */
  readonly thread: number
  /** index into `actions` */
  readonly action: number
  /** the environment action's index, or -1 */
  readonly environment: number
  readonly kind: Op['kind']
  readonly what: string
  readonly words: StepWords | undefined
  /** what it does to memory; undefined for a step of one's own */
  readonly access: Access['op'] | undefined
  /** the cell that it accesses, if it is one */
  readonly cell: number | undefined
  readonly stored: TlaValue | undefined
  readonly compared: TlaValue | undefined
  readonly result: unknown
}

/**
 * All steps of a machine as flat tables. A branch of a tree is `[word, shift, mask, child...]` at its position in
 * `tree`; a child is the position of a branch, or `~leaf`. Leaf l has outcomes `leafStart[l] .. leafStart[l + 1]`;
 * outcome o turns word w of the state into `(s[w] & and[o * words + w]) | or[o * words + w]`.
 */
export interface Kernel {
  readonly compiled: Compiled
  readonly layout: Layout
  readonly actions: readonly string[]
  readonly tree: Int32Array
  readonly leafStart: Int32Array
  readonly and: Int32Array
  readonly or: Int32Array
  /** per thread, root of each node's tree */
  readonly roots: readonly Int32Array[]
  /** roots of the environment actions */
  readonly environmentRoots: Int32Array
  readonly steps: readonly StepInfo[]
  readonly refusals: readonly (readonly string[])[]
  readonly initial: Int32Array
}

/** What people read of a step. */
const accessOf = (
  op: Pick<Op, 'kind' | 'what' | 'words' | 'access' | 'cell' | 'stored' | 'compared'>,
): Omit<StepInfo, 'thread' | 'action' | 'environment' | 'result'> => {
  const { kind, what, words, access, cell, stored, compared } = op
  return { kind, what, words, access: access?.op, cell, stored, compared }
}

/** Collects the flat tables. */
class Assembler {
  readonly layout: Layout
  readonly tree: number[] = []
  readonly leafStart: number[] = [0]
  readonly and: number[] = []
  readonly or: number[] = []
  readonly steps: StepInfo[] = []
  readonly refusals: (readonly string[])[] = []

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** Adds a tree and returns its root. */
  add(
    tree: StepTree,
    info: (outcome: StepOutcome) => StepInfo,
    next: (outcome: StepOutcome) => readonly [Slot, number] | undefined,
  ): number {
    if ('cell' in tree) {
      const slot = at(this.layout.cells, tree.cell)
      const position = this.tree.length
      this.tree.push(slot.word, slot.shift, slot.mask, ...tree.children.map(() => 0))
      tree.children.forEach((child, i) => {
        const target = this.add(child, info, next)
        this.tree[position + 3 + i] = target
      })
      return position
    }
    for (const outcome of tree.outcomes) {
      const and = new Int32Array(this.layout.words).fill(-1)
      const or = new Int32Array(this.layout.words)
      const put = ({ word, shift, mask }: Slot, value: number): void => {
        and[word] = at(and, word) & ~(mask << shift)
        or[word] = at(or, word) | (value << shift)
      }
      for (const [cell, index] of outcome.writes) {
        put(at(this.layout.cells, cell), index)
      }
      const moved = next(outcome)
      if (moved !== undefined) put(...moved)
      this.and.push(...and)
      this.or.push(...or)
      this.steps.push(info(outcome))
    }
    this.leafStart.push(this.steps.length)
    this.refusals.push(tree.refusals)
    return ~(this.leafStart.length - 2)
  }
}

/** Lays a compiled machine out for exploration. */
export const assemble = (compiled: Compiled): Kernel => {
  const { machine, automata, environment } = compiled
  const layout = layOut(compiled)
  const labels = automata.flatMap(({ nodes }) => nodes.map(({ label }) => label))
  const actions = [...new Set([...labels, ...machine.environment.map(({ label }) => label)])].sort()
  const actionOf = new Map(actions.map((name, i) => [name, i]))
  const out = new Assembler(layout)
  const roots = automata.map(({ nodes }, thread) => {
    const slot = at(layout.threads, thread)
    return Int32Array.from(nodes, (node) =>
      out.add(
        node.tree,
        ({ result }) => ({
          thread,
          action: entryOf(actionOf, node.label),
          environment: -1,
          ...accessOf(node.op),
          result,
        }),
        ({ result }) => [slot, entryOf(node.next, resultKey(result))],
      ),
    )
  })
  const environmentRoots = Int32Array.from(environment, (tree, i) => {
    const action = at(machine.environment, i)
    const info: StepInfo = {
      thread: machine.threads.findIndex(({ id }) => sameThread(id, action.thread)),
      action: entryOf(actionOf, action.label),
      environment: i,
      ...accessOf({ kind: 'atomic', what: action.what }),
      result: undefined,
    }
    return out.add(
      tree,
      () => info,
      () => undefined,
    )
  })
  const initial = new Int32Array(layout.words)
  machine.shared.cells.forEach((cell, i) => {
    const { word, shift } = at(layout.cells, i)
    initial[word] = at(initial, word) | (cell.initial << shift)
  })
  return {
    compiled,
    layout,
    actions,
    tree: Int32Array.from(out.tree),
    leafStart: Int32Array.from(out.leafStart),
    and: Int32Array.from(out.and),
    or: Int32Array.from(out.or),
    roots,
    environmentRoots,
    steps: out.steps,
    refusals: out.refusals,
    initial,
  }
}

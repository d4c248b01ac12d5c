/** What is known of the steps of a machine's threads and environment: the nodes that are reached, and their trees so far. */

import { at } from '../at.ts'
import type { Machine, Thread } from '../language/machine.ts'
import type { Automaton, Compiled, ProgramNode } from '../machine/automaton.ts'
import type { CellValue } from '../machine/record-step.ts'
import { recordStep } from '../machine/record-step.ts'
import { placedError } from '../machine/replay.ts'
import { resultKey } from '../machine/step-tree.ts'
import type { GrownLeaf, GrownTree } from './grown-tree.ts'
import { finished, grown } from './grown-tree.ts'
import type { LazyNode, LazyThread } from './lazy-thread.ts'

/** A node that is reached. */
export interface KnownNode {
  readonly node: LazyNode
  readonly next: Map<string, number>
  /** undefined until a state is gone through in which the thread is at it */
  tree: GrownTree | undefined
}

/** The nodes of one thread. */
class ThreadNodes {
  readonly nodes: KnownNode[] = []
  readonly lazy: LazyThread
  private readonly thread: Thread
  private readonly byKey = new Map<string, number>()

  constructor(thread: Thread, lazy: LazyThread) {
    this.thread = thread
    this.lazy = lazy
    this.intern(lazy.first)
  }

  private intern(node: LazyNode): number {
    const key = `${node.label}|${node.frame.join()}`
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    const id = this.nodes.push({ node, next: new Map(), tree: undefined }) - 1
    this.byKey.set(key, id)
    return id
  }

  /** The node after the step of a node had this result. */
  after(id: number, result: unknown): number {
    const { node, next } = at(this.nodes, id)
    const key = resultKey(result)
    const known = next.get(key)
    if (known !== undefined) return known
    try {
      const target = this.intern(this.lazy.next(node, result))
      next.set(key, target)
      return target
    } catch (error) {
      throw placedError(this.thread, node.label, error)
    }
  }

  /** Takes the step of a node on one state: where that leads to in its tree, and what is there, known as `leafId`. */
  record(machine: Machine, index: number, id: number, valueOf: (cell: number) => number, leafId: number): Way {
    const { node } = at(this.nodes, id)
    try {
      const { reads, leaf } = recordStep(machine, index, node.op.exec, node.op.choices, valueOf)
      const targets = leaf.outcomes.map(({ result }) => this.after(id, result))
      return { path: reads, leaf: { ...leaf, id: leafId, targets } }
    } catch (error) {
      throw placedError(this.thread, node.label, error)
    }
  }

  automaton(machine: Machine): Automaton {
    const nodes = this.nodes.map(({ node: { label, op, frame }, tree, next }): ProgramNode => ({
      label,
      op,
      frame,
      tree: finished(machine, tree),
      next,
    }))
    return { fields: this.lazy.fields, domains: this.lazy.domains, nodes }
  }
}

/** Where one state leads to in a tree, and what is there. */
interface Way {
  readonly path: readonly CellValue[]
  readonly leaf: GrownLeaf
}

/** A tree that has grown, and where: along these values. */
export interface Grown {
  readonly tree: GrownTree
  readonly path: readonly CellValue[]
  readonly leaf: GrownLeaf
}

/** A source is a thread by its index, or after them an action of the environment. */
export class KnownSteps {
  readonly threads: readonly ThreadNodes[]
  readonly environment: (GrownTree | undefined)[]
  private readonly machine: Machine
  private leaves = 0

  constructor(machine: Machine, threads: readonly LazyThread[]) {
    this.machine = machine
    this.threads = machine.threads.map((thread, i) => new ThreadNodes(thread, at(threads, i)))
    this.environment = machine.environment.map(() => undefined)
  }

  /** Takes the step that a source has in one state, where its tree has nothing yet; `node` is where its thread is. */
  grow(source: number, node: number, valueOf: (cell: number) => number): Grown {
    const thread = this.threads[source]
    if (thread === undefined) return this.growAction(source - this.threads.length, valueOf)
    const { path, leaf } = thread.record(this.machine, source, node, valueOf, this.leaves++)
    const known = at(thread.nodes, node)
    known.tree = grown(known.tree, path, leaf)
    return { tree: known.tree, path, leaf }
  }

  private growAction(i: number, valueOf: (cell: number) => number): Grown {
    const { exec } = at(this.machine.environment, i)
    const { reads: path, leaf: step } = recordStep(this.machine, -1, exec, [undefined], valueOf)
    const leaf = { ...step, id: this.leaves++, targets: [] }
    const tree = grown(this.environment[i], path, leaf)
    this.environment[i] = tree
    return { tree, path, leaf }
  }

  /** The machine as far as it is known. Its domains must have all the values that they will ever have. */
  compiled(): Compiled {
    const { machine } = this
    return {
      machine,
      automata: this.threads.map((thread) => thread.automaton(machine)),
      environment: this.environment.map((tree) => finished(machine, tree)),
    }
  }

  /** The label at which a thread has most of its nodes, and the local that has most values there. */
  crowded(thread: number): { readonly label: string; readonly field: string | undefined } {
    const { nodes, lazy } = at(this.threads, thread)
    const byLabel = new Map<string, KnownNode[]>()
    for (const known of nodes) {
      const own = byLabel.get(known.node.label)
      if (own === undefined) byLabel.set(known.node.label, [known])
      else own.push(known)
    }
    const [label, most] = [...byLabel].reduce((a, b) => (b[1].length > a[1].length ? b : a))
    const values = lazy.fields.map((_, i) => new Set(most.map(({ node }) => at(node.frame, i))).size)
    return { label, field: lazy.fields[values.indexOf(Math.max(...values))] }
  }
}

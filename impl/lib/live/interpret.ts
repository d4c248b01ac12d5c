/**
 * The general interpreter: runs a machine's generator functions as they are, each access on real memory. It is what the
 * generated code is compared with, and too slow to show every race: see generate.ts.
 */

import type { Access, Op } from '../kernel/language/op.ts'
import type { Machine } from '../kernel/language/machine.ts'
import type { Store } from '../kernel/language/shared.ts'
import { Refusal } from '../kernel/language/op.ts'
import { resultKey } from '../kernel/machine/step-tree.ts'
import { valueAt } from '../kernel/language/domain.ts'
import type { Runner } from './generate.ts'
import { ballast, STRIDE, STUCK, TOO_LONG } from './generate.ts'
import type { LiveThread } from './program.ts'
import { alternatives } from './program.ts'

/** Real memory for a step of one's own: each read and write is atomic. */
class LiveStore implements Store {
  readonly thread: number
  memory: Int32Array = new Int32Array(0)

  constructor(thread: number) {
    this.thread = thread
  }

  get(cell: number): number {
    return Atomics.load(this.memory, cell * STRIDE)
  }

  set(cell: number, index: number): void {
    Atomics.store(this.memory, cell * STRIDE, index)
  }

  local(): never {
    throw new Error('a step reads a local of a thread')
  }
}

/** Takes an access; the result is an index, -1 where it has none, undefined where it has to wait. */
const take = (m: Int32Array, access: Access, fence: number): number | undefined => {
  switch (access.op) {
    case 'load':
      return m[access.cell * STRIDE] ?? -1
    case 'store':
    case 'release':
      m[access.cell * STRIDE] = access.value
      return -1
    case 'update':
      m[access.cell * STRIDE] = access.map[m[access.cell * STRIDE] ?? -1] ?? -1
      return -1
    case 'xchg':
      return Atomics.exchange(m, access.cell * STRIDE, access.value)
    case 'cmpxchg':
      return Atomics.compareExchange(m, access.cell * STRIDE, access.old, access.value)
    case 'await': {
      const old = Atomics.load(m, access.cell * STRIDE)
      const taken =
        access.ready.includes(old) && Atomics.compareExchange(m, access.cell * STRIDE, old, access.value) === old
      return taken ? -1 : undefined
    }
    case 'mb':
      Atomics.exchange(m, fence, 0)
      return -1
    case 'wmb':
      return -1
  }
}

/** Steps that have to wait are tried as often as this. */
const PATIENCE = 2 ** 26

/** What a run works on; see `Runner`. */
interface Work {
  readonly m: Int32Array
  readonly b: Int32Array
  readonly k: number
  w: number
}

/** One run of one thread. */
class Run {
  private readonly machine: Machine
  private readonly thread: LiveThread
  private readonly store: LiveStore
  private readonly work: Work

  constructor(machine: Machine, thread: LiveThread, store: LiveStore, work: Work) {
    this.machine = machine
    this.thread = thread
    this.store = store
    this.work = work
  }

  /** What the scenario wants first, then whatever else is possible. */
  private ordered({ label, choices }: Op): readonly unknown[] {
    if (choices.length === 1) return choices
    const decision = this.thread.decide[label] ?? 'random'
    if (decision !== 'random') return [decision.always, ...choices]
    this.work.w = (Math.imul(this.work.w, 1664525) + 1013904223) | 0
    const first = (this.work.w >>> 16) % choices.length
    return [...choices.slice(first), ...choices.slice(0, first)]
  }

  private own(op: Op): { readonly result: unknown } | undefined {
    for (const choice of this.ordered(op)) {
      try {
        return { result: this.machine.shared.with(this.store, () => op.exec(choice)) }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
      }
    }
    return undefined
  }

  /** Takes a step, or not yet. */
  step(op: Op): { readonly result: unknown } | undefined {
    const { access } = op
    if (access === undefined) return this.own(op)
    const { m, b, k, w } = this.work
    if (op.kind === 'store' && access.op !== 'xchg') this.work.w = ballast(b, k, w)
    const index = take(m, access, (this.machine.shared.cells.length + this.thread.thread) * STRIDE)
    if (index === undefined) return undefined
    const hasResult = 'cell' in access && (op.kind === 'load' || op.kind === 'rmw')
    const domain = hasResult ? this.machine.shared.cells[access.cell]?.domain : undefined
    return { result: domain === undefined ? undefined : valueAt(domain, index) }
  }
}

/** A `Runner` that replays nothing and generates nothing: it drives the program. */
export const interpreterOf = (machine: Machine, thread: LiveThread): Runner => {
  const definition = machine.threads[thread.thread]
  if (definition === undefined) throw new RangeError(`no thread ${thread.name}`)
  const { nodes } = thread.automaton
  const store = new LiveStore(thread.thread)
  return (m, g, start, e, w, b, k) => {
    store.memory = m
    const run = new Run(machine, thread, store, { m, w, b, k })
    const program = definition.program({ ...definition.initial })
    let turn = program.next()
    let [node, p, patience] = [0, start, PATIENCE]
    while (turn.done !== true) {
      const taken = run.step(turn.value)
      if (taken === undefined) {
        if (--patience < 0) return STUCK
        continue
      }
      const key = resultKey(taken.result)
      const next = nodes[node]?.next
      if (next !== undefined && next.size > 1) g[p++] = alternatives(thread, node).indexOf(key) + 1
      node = next?.get(key) ?? -1
      turn = program.next(taken.result)
      if (thread.stops.has(nodes[node]?.label ?? '')) return node
      if (p > e) return TOO_LONG
    }
    throw new Error(`the program of ${thread.name} ends`)
  }
}

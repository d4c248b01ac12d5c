/**
 * How far threads are from their next logged events, by their programs alone: what other threads do is left out, so a way
 * may be longer than this says, and never shorter.
 */

import type { Kernel } from '../kernel/machine/tables.ts'
import type { Decoded } from './decode.ts'
import { nodeResult } from './returns.ts'

/** Farther than any way in a program: there is none. */
export const UNREACHABLE = 255

/** The graph of each thread's program. */
export class ThreadGraphs {
  private readonly kernel: Kernel
  /** per thread and node, the nodes before it */
  private readonly before: readonly (readonly (readonly number[])[])[]
  private readonly after: readonly (readonly (readonly number[])[])[]
  private readonly memo = new Map<string, Uint8Array>()

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.before = kernel.compiled.automata.map(({ nodes }) => {
      const before = nodes.map((): number[] => [])
      nodes.forEach(({ next }, from) => {
        for (const to of next.values()) before[to]?.push(from)
      })
      return before
    })
    this.after = kernel.compiled.automata.map(({ nodes }) => nodes.map(({ next }) => [...next.values()]))
  }

  /** Nodes of a thread before and after an event, as far as its program and what the log says of the thread tell. */
  around(
    thread: number,
    { action, result, state }: Pick<Decoded, 'action' | 'result' | 'state'>,
  ): { readonly from: Uint8Array; readonly to: Uint8Array } {
    const { compiled, actions, layout } = this.kernel
    const nodes = compiled.automata[thread]?.nodes ?? []
    const slot = layout.threads[thread]
    const allowed = state?.nodes.find((n) => n.slot === slot)?.allowed
    const label = actions[action]
    const own = nodes.some((node) => node.label === label)
    const from = new Uint8Array(nodes.length)
    const to = new Uint8Array(nodes.length)
    nodes.forEach((node, i) => {
      // a look, or something that happens to the thread, leaves it where it is
      const next = own ? (node.label === label ? node.next : []) : [[result, i] as const]
      for (const [key, target] of next) {
        if (own && result !== undefined && (key === undefined || nodeResult(key) !== result)) continue
        if (allowed !== undefined && allowed[target] !== 1) continue
        from[i] = 1
        to[target] = 1
      }
    })
    return { from, to }
  }

  /** Steps from each node of a thread to the nearest of some nodes, or the other way round. */
  distances(thread: number, goals: Uint8Array, way: 'to' | 'from' = 'to'): Uint8Array {
    const edges = (way === 'to' ? this.before : this.after)[thread]
    const key = `${way} ${thread} ${goals.join('')}`
    const known = this.memo.get(key)
    if (known !== undefined) return known
    const distance = new Uint8Array(goals.length).fill(UNREACHABLE)
    let layer: number[] = []
    goals.forEach((goal, node) => {
      if (goal === 1) {
        distance[node] = 0
        layer.push(node)
      }
    })
    for (let steps = 1; layer.length > 0 && steps < UNREACHABLE; steps++) {
      const next: number[] = []
      for (const node of layer) {
        for (const from of edges?.[node] ?? []) {
          if (distance[from] !== UNREACHABLE) continue
          distance[from] = steps
          next.push(from)
        }
      }
      layer = next
    }
    this.memo.set(key, distance)
    return distance
  }
}

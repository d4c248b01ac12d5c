/**
 * Are two graphs the same to whoever sees some of their steps? Branching bisimulation by refinement of signatures (Blom and Orzan): states
 * are told apart by the steps that are seen from them, or from where steps lead that are not seen and stay among states alike.
 */

import { at } from '../../../../impl/lib/kernel/at.ts'
import type { Graph } from '../../../../impl/lib/kernel/explore/graph.ts'
import { edgesOf } from '../../../../impl/lib/kernel/explore/graph.ts'

/** A graph with names for its edges; undefined for one that is not seen. */
export interface Labelled {
  readonly count: number
  readonly edges: readonly (readonly (readonly [name: string | undefined, to: number])[])[]
}

/** The graph with the names that `nameOf` gives to a thread's kind and label. */
export const labelled = (graph: Graph, nameOf: (kind: string, label: string) => string | undefined): Labelled => {
  const { kernel, count } = graph
  const { machine } = kernel.compiled
  const { start, target, step } = edgesOf(graph, 'a comparison')
  const names = kernel.steps.map(({ thread, action }) => {
    const [kind, key] = at(machine.threads, thread).id
    // threads of a kind are told apart by their order: what they are called is nobody's business
    const rank = machine.threads.filter(({ id }) => id[0] === kind && id[1] < key).length
    const name = nameOf(kind, at(kernel.actions, action))
    return name === undefined ? undefined : `${name}@${rank}`
  })
  const edges = Array.from({ length: count }, (_, s) =>
    Array.from({ length: (start[s + 1] ?? 0) - (start[s] ?? 0) }, (_x, i): readonly [string | undefined, number] => {
      const edge = (start[s] ?? 0) + i
      return [names[step[edge] ?? 0], target[edge] ?? 0]
    }),
  )
  return { count, edges }
}

/** What is seen from each state, block by block, and through steps that are not seen and stay in the block. */
const signatures = ({ count, edges }: Labelled, block: readonly number[]): readonly ReadonlySet<string>[] => {
  const found = Array.from({ length: count }, () => new Set<string>())
  const before: number[][] = Array.from({ length: count }, () => [])
  const open: number[] = []
  edges.forEach((list, s) => {
    for (const [name, to] of list) {
      if (name === undefined && block[to] === block[s]) before[to]?.push(s)
      else found[s]?.add(`${name ?? ''}>${block[to]}`)
    }
    open.push(s)
  })
  for (let s = open.pop(); s !== undefined; s = open.pop()) {
    for (const earlier of at(before, s)) {
      const own = at(found, earlier)
      const size = own.size
      for (const one of at(found, s)) own.add(one)
      if (own.size > size) open.push(earlier)
    }
  }
  return found
}

const union = (a: Labelled, b: Labelled): Labelled => ({
  count: a.count + b.count,
  edges: [...a.edges, ...b.edges.map((list) => list.map(([name, to]) => [name, to + a.count] as const))],
})

/** What tells the initial states apart: what is seen first that the other has not; undefined if nothing does. */
export const difference = (a: Labelled, b: Labelled): string | undefined => {
  const all = union(a, b)
  let block: number[] = Array.from({ length: all.count }, () => 0)
  for (let blocks = 1; ;) {
    const found = signatures(all, block)
    const numbers = new Map<string, number>()
    const next = found.map((signature, s) => {
      const key = `${block[s]}|${[...signature].sort().join(' ')}`
      const number = numbers.get(key) ?? numbers.size
      numbers.set(key, number)
      return number
    })
    if (next[0] !== next[a.count]) {
      const [left, right] = [at(found, 0), at(found, a.count)]
      const only = (x: ReadonlySet<string>, y: ReadonlySet<string>): string => [...x].filter((n) => !y.has(n)).join(' ')
      return `after ${blocks} blocks only one has ${only(left, right)}, only the other ${only(right, left)}`
    }
    if (numbers.size === blocks) return undefined
    blocks = numbers.size
    block = next
  }
}

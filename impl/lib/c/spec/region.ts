/**
 * The instructions on registers between two steps: where ways meet again, or come round again, what follows is an operator of its
 * own in the specification, or there would be as many branches as ways.
 */

import type { Register, Target } from '../program/ir.ts'
import { successorsOf } from '../program/liveness.ts'
import type { SpecContext } from './context.ts'

/** Where one is, with all that decides where one can go. */
export interface Point {
  readonly target: Target
  /** functions that were called on the way: where their links lead to */
  readonly links: ReadonlyMap<Register, Target>
  /** blocks that are open */
  readonly depth: number
  /** calls that were returned to, of functions that were called before the step */
  readonly returned: readonly Target[]
}

export const keyOf = ({ target, links, depth, returned }: Point): string =>
  `${target} ${[...links].map((link) => link.join('>')).join(',')} ${depth} ${returned.join(',')}`

/** Ways above which they are not written out. */
const MOST_WAYS = 8

interface Node {
  readonly point: Point
  readonly next: readonly string[]
  entries: number
  /** ways from it to an end; more than are written out, where it comes round again */
  ways: number
}

/** What can be reached from a point without a step. */
export class Region {
  private readonly context: SpecContext
  private readonly nodes = new Map<string, Node>()
  private readonly start: string
  private readonly isProperty: boolean

  constructor(context: SpecContext, start: Point, isProperty: boolean) {
    this.context = context
    this.isProperty = isProperty
    this.start = keyOf(start)
    const left = [start]
    for (let point = left.pop(); point !== undefined; point = left.pop()) {
      const key = keyOf(point)
      if (this.nodes.has(key)) continue
      const next = this.successors(point)
      this.nodes.set(key, { point, next: next.map(keyOf), entries: 0, ways: 0 })
      left.push(...next)
    }
    for (const { next } of this.nodes.values())
      for (const key of next) {
        const node = this.nodes.get(key)
        if (node !== undefined) node.entries += 1
      }
    this.count(this.start, new Set())
  }

  /** Is what follows an operator of its own? */
  isJoin(point: Point): boolean {
    const key = keyOf(point)
    const start = this.nodes.get(this.start)
    const node = this.nodes.get(key)
    if (start === undefined || node === undefined || start.ways <= MOST_WAYS) return false
    return node.entries > 1 && node.ways > 2
  }

  private count(key: string, above: Set<string>): number {
    const node = this.nodes.get(key)
    if (node === undefined) return 1
    if (above.has(key)) return 1000
    if (node.ways > 0) return node.ways
    above.add(key)
    let ways = 0
    for (const next of node.next) ways += this.count(next, above)
    above.delete(key)
    node.ways = Math.min(Math.max(ways, 1), 1_000_000)
    return node.ways
  }

  private successors(point: Point): Point[] {
    const { target, links, depth } = point
    const instruction = this.context.instruction(target)
    if (depth === 0 && 'site' in instruction && !this.isProperty) return []
    const to = (next: Target, more: Partial<Point> = {}): Point => ({ ...point, target: next, ...more })
    switch (instruction.kind) {
      case 'block':
        return [to(target + 1, { depth: depth + 1 })]
      case 'leave':
        return [to(target + 1, { depth: depth - 1 })]
      case 'call': {
        const entry = this.context.program.functions.get(instruction.callee)?.entry ?? target + 1
        return [to(entry, { links: new Map([...links, [instruction.link, target]]) })]
      }
      case 'return': {
        const site = links.get(instruction.link)
        if (site !== undefined) {
          const rest = new Map(links)
          rest.delete(instruction.link)
          return [to(site + 1, { links: rest })]
        }
        if (this.isProperty || !this.context.isCalled(target)) return []
        return this.context
          .callSites(this.context.function(target))
          .map((call) => to(call + 1, { returned: [...point.returned, call] }))
      }
      default:
        return successorsOf(instruction, target).map((next) => to(next))
    }
  }
}

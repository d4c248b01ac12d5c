/**
 * Sets of outcomes: which values some variables can have in the end. A set is a decision diagram over the variables in their order,
 * shared where parts of it are alike, so that threads that read independently of each other add up and do not multiply.
 *
 * A set is known by a number. {@link NONE} has no outcome, {@link BLANK} the one in which nothing is set.
 */

import { at } from '../at.ts'

export const NONE = 0
export const BLANK = 1

/** What stands for a variable that is not set. */
const UNSET = -1

/** A variable that is set to a value, both by their numbers. */
export type Given = readonly [variable: number, value: number]

interface Node {
  readonly variable: number
  /** values in ascending order, each with what goes on from it */
  readonly children: readonly (readonly [value: number, set: number])[]
}

const ascending = (children: ReadonlyMap<number, number>): Node['children'] =>
  children.size === 1 ? [...children] : [...children].sort(([x], [y]) => x - y)

/** Behind all variables. */
const LAST = Number.MAX_SAFE_INTEGER

export class OutcomeSets {
  private readonly nodes: Node[] = [
    { variable: LAST, children: [] },
    { variable: LAST, children: [] },
  ]
  private readonly known = new Map<string, number>()
  private readonly unions = new Map<number, Map<number, number>>()
  /** by variable and value, what became of each set */
  private readonly settings = new Map<number, Map<number, Map<number, number>>>()

  private of(variable: number, children: Node['children']): number {
    const some = children.some(([, set]) => set === NONE) ? children.filter(([, set]) => set !== NONE) : children
    const [only] = some
    if (only === undefined) return NONE
    if (some.length === 1 && only[0] === UNSET) return only[1]
    let key = `${variable}`
    for (const [value, set] of some) key += `:${value},${set}`
    const before = this.known.get(key)
    if (before !== undefined) return before
    const set = this.nodes.push({ variable, children: some }) - 1
    this.known.set(key, set)
    return set
  }

  /** What there is for each value of a variable that no part of the set is behind. */
  private childrenAt(variable: number, set: number): Node['children'] {
    const node = at(this.nodes, set)
    return node.variable === variable ? node.children : [[UNSET, set]]
  }

  union(a: number, b: number): number {
    if (a === b || b === NONE) return a
    if (a === NONE) return b
    if (a > b) return this.union(b, a)
    let row = this.unions.get(a)
    if (row === undefined) this.unions.set(a, (row = new Map<number, number>()))
    const before = row.get(b)
    if (before !== undefined) return before
    const variable = Math.min(at(this.nodes, a).variable, at(this.nodes, b).variable)
    const merged = new Map(this.childrenAt(variable, a))
    for (const [value, set] of this.childrenAt(variable, b))
      merged.set(value, this.union(merged.get(value) ?? NONE, set))
    const result = this.of(variable, ascending(merged))
    row.set(b, result)
    return result
  }

  private settingsOf(variable: number, value: number): Map<number, number> {
    let byValue = this.settings.get(variable)
    if (byValue === undefined) this.settings.set(variable, (byValue = new Map<number, Map<number, number>>()))
    let known = byValue.get(value)
    if (known === undefined) byValue.set(value, (known = new Map<number, number>()))
    return known
  }

  /** The outcomes of a set, with a variable set in those in which it is not. */
  given(set: number, [variable, value]: Given): number {
    if (set === NONE) return NONE
    const known = this.settingsOf(variable, value)
    const before = known.get(set)
    if (before !== undefined) return before
    const node = at(this.nodes, set)
    let result: number
    if (node.variable < variable) {
      const children = node.children.map(([v, child]) => [v, this.given(child, [variable, value])] as const)
      result = this.of(node.variable, children)
    } else {
      const merged = new Map(this.childrenAt(variable, set))
      const blank = merged.get(UNSET) ?? NONE
      merged.delete(UNSET)
      if (blank !== NONE) merged.set(value, this.union(merged.get(value) ?? NONE, blank))
      result = this.of(variable, ascending(merged))
    }
    known.set(set, result)
    return result
  }

  /** Every outcome by itself: the values of variables that are set, by variable. */
  *outcomes(set: number, so: ReadonlyMap<number, number> = new Map()): Generator<ReadonlyMap<number, number>> {
    if (set === NONE) return
    if (set === BLANK) {
      yield so
      return
    }
    const { variable, children } = at(this.nodes, set)
    for (const [value, child] of children)
      yield* this.outcomes(child, value === UNSET ? so : new Map([...so, [variable, value]]))
  }

  /** Does the set have an outcome that comes to `wanted` where `before` is what was set already? */
  has(set: number, wanted: ReadonlyMap<number, number>, before: ReadonlyMap<number, number>): boolean {
    const isLeft = (variable: number, value: number): boolean => wanted.get(variable) === value
    const blankFits = (from: number, to: number): boolean =>
      [...wanted].every(([variable, value]) => variable <= from || variable >= to || before.get(variable) === value)
    const search = (here: number, from: number): boolean => {
      if (here === NONE) return false
      const { variable, children } = at(this.nodes, here)
      if (!blankFits(from, variable)) return false
      if (here === BLANK) return true
      return children.some(([value, child]) => {
        const now = value === UNSET ? before.get(variable) : value
        const fits = now === undefined ? !wanted.has(variable) : isLeft(variable, now)
        return fits && search(child, variable)
      })
    }
    return search(set, -1)
  }
}

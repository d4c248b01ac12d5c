/**
 * Expressions that C gives no meaning, since they change a variable and look at it, or change it again, in no order: `i = i++`, `i + i++`.
 * What is told apart are names; what a pointer leads to, or a function does, is not looked into.
 */

import type { Expr } from '../syntax/ast.ts'

/** Names that an expression looks at, and that it changes. */
interface Effects {
  readonly reads: ReadonlySet<string>
  readonly writes: ReadonlySet<string>
  /** of the changes those that may come after the value is there: not those of arguments, which come before the call */
  readonly late: ReadonlySet<string>
}

const NONE: Effects = { reads: new Set(), writes: new Set(), late: new Set() }

const both = (a: Effects, b: Effects): Effects => ({
  reads: new Set([...a.reads, ...b.reads]),
  writes: new Set([...a.writes, ...b.writes]),
  late: new Set([...a.late, ...b.late]),
})

/** One before the other, as `&&` and the comma have it. */
const oneByOne = (a: Effects, b: Effects): Effects => ({ ...both(a, b), late: b.late })

/** Expressions that were looked at, with those that they are in. */
const seen = new WeakSet<Expr>()

const clashOf = (a: Effects, b: Effects): string | undefined =>
  [...a.writes].find((name) => b.reads.has(name) || b.writes.has(name)) ??
  [...b.writes].find((name) => a.reads.has(name))

/** Finds the first clash, from the inside out. */
class Search {
  clash: string | undefined

  private apart(a: Effects, b: Effects): Effects {
    this.clash ??= clashOf(a, b)
    return both(a, b)
  }

  private all(exprs: readonly Expr[]): Effects {
    return exprs.map((expr) => this.of(expr)).reduce((a, b) => this.apart(a, b), NONE)
  }

  /** The place that is assigned to: finding it may look at variables, but not at what is there. */
  private target(expr: Expr): { readonly place: Effects; readonly name: string | undefined } {
    if (expr.kind === 'name') return { place: NONE, name: expr.name }
    if (expr.kind === 'member' && !expr.arrow) return this.target(expr.object)
    return { place: this.of(expr), name: undefined }
  }

  private assigned(target: Expr, value: Effects, isUpdate: boolean): Effects {
    const { place, name } = this.target(target)
    const before = this.apart(place, value)
    if (name === undefined) return before
    // the value is there before it is stored; but not a change of the same variable on the way
    if (before.late.has(name)) this.clash ??= name
    const [own, none] = [new Set([name]), new Set<string>()]
    const after: Effects = { reads: isUpdate ? own : none, writes: own, late: own }
    return both(before, after)
  }

  of(expr: Expr): Effects {
    seen.add(expr)
    switch (expr.kind) {
      case 'name':
        return { ...NONE, reads: new Set([expr.name]) }
      case 'binary':
        return this.apart(this.of(expr.left), this.of(expr.right))
      case 'index':
        return this.apart(this.of(expr.array), this.of(expr.index))
      case 'call':
        return { ...this.all(expr.args), late: NONE.late }
      case 'assign':
        return this.assigned(expr.target, this.of(expr.value), expr.operator !== undefined)
      case 'step':
        return this.assigned(expr.target, NONE, true)
      case 'logical':
      case 'comma':
        return oneByOne(this.of(expr.left), this.of(expr.right))
      case 'conditional': {
        const arms = both(expr.yes === undefined ? NONE : this.of(expr.yes), this.of(expr.no))
        return oneByOne(this.of(expr.condition), arms)
      }
      case 'unary':
      case 'cast':
        return this.of(expr.operand)
      case 'dereference':
        return this.of(expr.pointer)
      case 'member':
        return this.of(expr.object)
      case 'address':
        return this.target(expr.operand).place
      // what stands in them has an order of its own, and often names of its own
      case 'statements':
      case 'compound':
      case 'number':
      case 'char':
      case 'string':
      case 'sizeof':
      case 'sizeof-value':
        return NONE
    }
  }
}

/** A variable that the expression changes and looks at, or changes twice, in no order. */
export const unsequencedIn = (expr: Expr): string | undefined => {
  if (seen.has(expr)) return undefined
  const search = new Search()
  search.of(expr)
  return search.clash
}

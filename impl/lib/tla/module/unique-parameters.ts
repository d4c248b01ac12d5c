/**
 * A module in which no two parameters have the same name. For readers that put arguments in one after the other: of `F(a, x) == a < x`
 * they take `F(x, 2)` for `2 < 2`. Names that are bound otherwise keep theirs, which TLA+ forbids to be a parameter's, and so do those of LAMBDA.
 */

import type { Expr, Module } from './ast.ts'
import { leftSide } from './fragment.ts'

/** What parameters are called now. */
type Scope = ReadonlyMap<string, string>

/** Gives each parameter a number of its own. */
class Renamer {
  private count = 0

  /** Parameters, and what is said of them. */
  definition(parameters: readonly string[], body: Expr, scope: Scope): readonly [parameters: string[], body: Expr] {
    const own = parameters.map((name) => `${name}__${(this.count += 1)}`)
    return [own, this.expr(body, new Map([...scope, ...parameters.map((name, i) => [name, own[i] ?? name] as const)]))]
  }

  expr(e: Expr, scope: Scope): Expr {
    const [body] = e.parts
    const [, name = '', list] = (e.kind === 'definition' ? /^(\w+)\((.*)\)$/.exec(e.text) : undefined) ?? []
    if (list !== undefined && body !== undefined) {
      const [parameters, renamed] = this.definition(list.split(', '), body, scope)
      return { ...e, text: leftSide(name, parameters), parts: [renamed] }
    }
    const text = e.kind === 'name' || e.kind === 'apply' ? (scope.get(e.text) ?? e.text) : e.text
    return { ...e, text, parts: e.parts.map((part) => this.expr(part, scope)) }
  }
}

/** The module with every parameter its own name; whatever else has a name keeps it. */
export const withUniqueParameters = (module: Module): Module => {
  const renamer = new Renamer()
  return {
    ...module,
    units: module.units.map((unit) => {
      if (unit.kind !== 'definition') return unit
      const [parameters, body] = renamer.definition(unit.parameters, unit.body, new Map())
      return { ...unit, parameters, body }
    }),
  }
}

/**
 * A module in which no two parameters of its definitions have the same name. For readers that put arguments in one after the other:
 * of `F(a, x) == a < x` they take `F(x, 2)` for `2 < 2`. Names that are bound inside keep theirs, which TLA+ forbids to be a parameter's.
 */

import type { Expr, Module } from './ast.ts'

const renamed = (e: Expr, names: ReadonlyMap<string, string>): Expr => ({
  ...e,
  text: e.kind === 'name' || e.kind === 'apply' ? (names.get(e.text) ?? e.text) : e.text,
  parts: e.parts.map((part) => renamed(part, names)),
})

/** The module with a number of its own behind each parameter; whatever else has a name keeps it. */
export const withUniqueParameters = (module: Module): Module => {
  let count = 0
  return {
    ...module,
    units: module.units.map((unit) => {
      if (unit.kind !== 'definition') return unit
      const names = new Map(unit.parameters.map((name) => [name, `${name}__${(count += 1)}`]))
      return { ...unit, parameters: [...names.values()], body: renamed(unit.body, names) }
    }),
  }
}

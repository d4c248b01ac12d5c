/**
 * A module in which no bound name is that of another: parameters, bounds, local definitions. For readers that put an argument into the
 * place of a parameter without looking at what the argument's own names are bound to there.
 */

import type { Expr, Module } from './ast.ts'
import { leftSide } from './fragment.ts'

/** What bound names are called now. */
type Scope = ReadonlyMap<string, string>

/** Gives each bound name a number of its own. */
class Renamer {
  private count = 0

  private fresh(names: readonly string[], scope: Scope): Scope {
    return new Map([...scope, ...names.map((name) => [name, `${name}__${(this.count += 1)}`] as const)])
  }

  /** Parameters, and what is said of them. */
  definition(parameters: readonly string[], body: Expr, scope: Scope): readonly [parameters: string[], body: Expr] {
    const inner = this.fresh(parameters, scope)
    return [parameters.map((name) => inner.get(name) ?? name), this.expr(body, inner)]
  }

  /** Bounds, whose sets are outside of what they bind, and what is inside. */
  private bounded(bounds: readonly Expr[], inside: readonly Expr[], scope: Scope): readonly [Expr[], Expr[]] {
    const inner = this.fresh(
      bounds.flatMap(({ text }) => text.split(', ')),
      scope,
    )
    const renamed = bounds.map((bound) => ({
      ...bound,
      text: bound.text
        .split(', ')
        .map((name) => inner.get(name) ?? name)
        .join(', '),
      parts: bound.parts.map((set) => this.expr(set, scope)),
    }))
    return [renamed, inside.map((e) => this.expr(e, inner))]
  }

  private local(e: Expr, scope: Scope): Expr {
    const definitions = e.parts.slice(0, -1)
    const heads = definitions.map(({ text }) => /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [text, text])
    const inner = this.fresh(
      heads.map(([, name = '']) => name),
      scope,
    )
    const parts = definitions.map((definition, i): Expr => {
      const [, name = '', list = ''] = heads[i] ?? []
      const [body = definition] = definition.parts
      const [parameters, renamed] = this.definition(list === '' ? [] : list.split(', '), body, inner)
      return { ...definition, text: leftSide(inner.get(name) ?? name, parameters), parts: [renamed] }
    })
    return { ...e, parts: [...parts, ...e.parts.slice(-1).map((body) => this.expr(body, inner))] }
  }

  expr(e: Expr, scope: Scope): Expr {
    const isBound = (part: Expr): boolean => part.kind === 'bound'
    switch (e.kind) {
      case 'name':
        return { ...e, text: scope.get(e.text) ?? e.text }
      case 'apply':
        return { ...e, text: scope.get(e.text) ?? e.text, parts: e.parts.map((part) => this.expr(part, scope)) }
      case 'quantifier':
      case 'choose':
      case 'function':
      case 'filter': {
        const [bounds, inside] = this.bounded(e.parts.slice(0, -1), e.parts.slice(-1), scope)
        return { ...e, parts: [...bounds, ...inside] }
      }
      case 'image': {
        const [bounds, inside] = this.bounded(e.parts.filter(isBound), e.parts.slice(0, 1), scope)
        return { ...e, parts: [...inside, ...bounds] }
      }
      case 'lambda': {
        const [body = e] = e.parts
        const [parameters, renamed] = this.definition(e.text.split(', '), body, scope)
        return { ...e, text: parameters.join(', '), parts: [renamed] }
      }
      case 'let':
        return this.local(e, scope)
      default:
        return { ...e, parts: e.parts.map((part) => this.expr(part, scope)) }
    }
  }
}

/** The module with every bound name its own; what is defined at its top keeps its name. */
export const withUniqueNames = (module: Module): Module => {
  const renamer = new Renamer()
  return {
    ...module,
    units: module.units.map((unit) => {
      if (unit.kind === 'declare') return unit
      if (unit.kind === 'assume') return { ...unit, body: renamer.expr(unit.body, new Map()) }
      const [parameters, body] = renamer.definition(unit.parameters, unit.body, new Map())
      return { ...unit, parameters, body }
    }),
  }
}

/** What is asked of trees of TLA+ modules: definitions by name, what they are made of, names exchanged for expressions. */

import type { Expr, Module, Unit } from './ast.ts'

/** A definition at the top of a module. */
export type Definition = Extract<Unit, { kind: 'definition' }>

/** Definitions by name. */
export type Definitions = ReadonlyMap<string, Definition>

/** Every node below, the node itself first. */
export const nodesOf = (e: Expr): Expr[] => [e, ...e.parts.flatMap(nodesOf)]

/** The definitions of a module, in order. */
export const definitionsOf = ({ units }: Module): Definition[] =>
  units.flatMap((u) => (u.kind === 'definition' ? [u] : []))

/** Names that occur in an expression, bound ones too. */
const namesIn = (e: Expr): string[] =>
  nodesOf(e).flatMap(({ kind, text }) => (kind === 'name' || kind === 'apply' ? [text] : []))

/** Which definitions a definition is made of, itself among them. */
export const reachOf = (name: string, byName: Definitions, seen = new Set<string>()): ReadonlySet<string> => {
  const definition = byName.get(name)
  if (definition === undefined || seen.has(name)) return seen
  seen.add(name)
  for (const text of namesIn(definition.body)) reachOf(text, byName, seen)
  return seen
}

/** Which definitions a definition is part of, itself among them. */
export const usersOf = (name: string, byName: Definitions): ReadonlySet<string> => {
  const users = new Map<string, string[]>()
  for (const [user, { body }] of byName) {
    for (const used of new Set(namesIn(body))) {
      const known = users.get(used)
      if (known === undefined) users.set(used, [user])
      else known.push(user)
    }
  }
  const found = new Set([name])
  for (const one of found) for (const user of users.get(one) ?? []) found.add(user)
  return found
}

/** Names that are bound somewhere in an expression. */
const boundIn = (e: Expr): string[] =>
  nodesOf(e).flatMap(({ kind, text }) => {
    if (kind === 'bound' || kind === 'lambda') return text.split(', ')
    return kind === 'definition' ? [text.replace(/\(.*/, '')] : []
  })

const substituted = (e: Expr, by: ReadonlyMap<string, Expr>): Expr => {
  const own = e.kind === 'name' ? by.get(e.text) : undefined
  return own ?? { ...e, parts: e.parts.map((part) => substituted(part, by)) }
}

/**
 * What a name or an application stands for, with its arguments in the parameters' places. Undefined where it is no definition
 * of ours, or where an argument would come under a quantifier of the same name.
 */
export const expanded = (e: Expr, byName: Definitions): Expr | undefined => {
  const definition = e.kind === 'name' || e.kind === 'apply' ? byName.get(e.text) : undefined
  if (definition?.parameters.length !== e.parts.length) return undefined
  const bound = new Set(boundIn(definition.body))
  if (e.parts.flatMap(namesIn).some((name) => bound.has(name))) return undefined
  return substituted(definition.body, new Map(definition.parameters.map((p, i) => [p, e.parts[i] ?? e])))
}

/** Which locals of a function have their address taken: those are objects in memory, all others are registers. */

import type { BlockStatement, Expr } from '../syntax/ast.ts'
import { BUILTINS } from './builtins.ts'

/** The variable of which something is a part. */
const rootOf = (expr: Expr): string | undefined => {
  if (expr.kind === 'name') return expr.name
  if (expr.kind === 'member' && !expr.arrow) return rootOf(expr.object)
  return expr.kind === 'index' ? rootOf(expr.array) : undefined
}

const isNode = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** An argument `&old` of a function that is known by name: it is used at once, and nobody keeps it. */
const isUsedAtOnce = (callee: Expr, arg: Expr): boolean =>
  callee.kind === 'name' && BUILTINS.has(callee.name) && arg.kind === 'address' && arg.operand.kind === 'name'

const walk = (node: unknown, found: Set<string>): void => {
  if (Array.isArray(node)) {
    for (const item of node) walk(item, found)
    return
  }
  if (!isNode(node)) return
  if (node['kind'] === 'call') {
    const call = node as unknown as Extract<Expr, { kind: 'call' }>
    walk(call.callee, found)
    for (const arg of call.args) if (!isUsedAtOnce(call.callee, arg)) walk(arg, found)
    return
  }
  if (node['kind'] === 'address') {
    const root = rootOf((node as unknown as Extract<Expr, { kind: 'address' }>).operand)
    if (root !== undefined) found.add(root)
  }
  for (const key of Object.keys(node)) if (key !== 'span') walk(node[key], found)
}

/** Names of which the body takes the address somewhere. */
export const addressedIn = (body: BlockStatement): ReadonlySet<string> => {
  const found = new Set<string>()
  walk(body, found)
  return found
}

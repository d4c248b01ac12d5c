/** Functions whose calls have an order against other accesses: those that make an access which the compiler may not touch. */

import type { FunctionDefinition } from '../syntax/ast.ts'
import { BUILTINS } from './builtins.ts'
import type { Scope } from './scope.ts'

/** Of the model's own calls those that are steps. */
const STEPS: readonly string[] = ['__lockstep_atomic', '__lockstep_step', '__lockstep_await', '__lockstep_choose']

const callsIn = (node: unknown, found: Set<string>): void => {
  if (Array.isArray(node)) {
    for (const item of node) callsIn(item, found)
    return
  }
  if (typeof node !== 'object' || node === null) return
  const { kind, callee } = node as { kind?: unknown; callee?: { kind?: unknown; name?: unknown } }
  if (kind === 'call' && typeof callee?.name === 'string') found.add(callee.name)
  for (const [key, value] of Object.entries(node)) if (key !== 'span') callsIn(value, found)
}

const known = new WeakMap<FunctionDefinition, boolean>()

/** Does a call of the function make an access that is marked? */
export const isMarked = (definition: FunctionDefinition, scope: Scope): boolean => {
  const before = known.get(definition)
  if (before !== undefined) return before
  // of a function that calls itself, which is refused elsewhere
  known.set(definition, false)
  const calls = new Set<string>()
  callsIn(definition.body, calls)
  const marked = [...calls].some((name) => {
    if (STEPS.includes(name)) return true
    const binding = scope.find(name)
    if (binding?.kind === 'function') return isMarked(binding.definition, scope)
    const builtin = BUILTINS.get(name)
    return builtin !== undefined && builtin.effect.kind !== 'identity'
  })
  known.set(definition, marked)
  return marked
}

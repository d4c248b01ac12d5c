/** Types and constants where C asks for them in an expression: nothing of what finding them out writes down stays. */

import type { Expr, TypeSyntax } from '../syntax/ast.ts'
import type { FunctionContext } from './context.ts'
import { lvalue, rvalue } from './context.ts'
import { folded } from './evaluate.ts'
import { refused } from './refused.ts'
import type { CType } from './types.ts'
import { resolveType } from './types-of.ts'
import { integerOf, isPointer } from './value.ts'

const PLACES: readonly Expr['kind'][] = ['name', 'member', 'index', 'dereference', 'compound']

/** Has it the form of what can be assigned to, and is none of the names that can not? */
export const isPlace = (f: FunctionContext, expr: Expr): boolean => {
  const kind = expr.kind === 'name' ? f.scope.find(expr.name)?.kind : undefined
  return PLACES.includes(expr.kind) && kind !== 'constant' && kind !== 'function'
}

/** Each is lowered once more for each that is around it. */
const MOST_TRIALS = 10

/** The type of an expression that is not evaluated: an array stays one. */
export const typeOfExpr = (f: FunctionContext, expr: Expr): CType => {
  if (f.emitter.trials > MOST_TRIALS)
    throw refused(
      'c-unsupported',
      expr.span,
      `types that depend on each other more than ${MOST_TRIALS} deep`,
      'declare a variable for a part of it',
    )
  return f.emitter.trial(() => (isPlace(f, expr) ? lvalue(f, expr).type : rvalue(f, expr).type))
}

/** The value of a constant expression. */
export const constantOf = (f: FunctionContext, expr: Expr): bigint => {
  const value = f.emitter.trial(() => {
    const { here } = f.emitter
    const typed = rvalue(f, expr)
    return f.emitter.here === here ? folded(typed.value) : undefined
  })
  if (value?.kind === 'constant' && !isPointer(value.value)) return integerOf(value.value)
  throw refused(
    'c-constant',
    expr.span,
    `${expr.span.text} is no constant`,
    'write a number, an enum constant or a macro',
  )
}

/** The type that is written. */
export const typeOfSyntax = (f: FunctionContext, syntax: TypeSyntax): CType =>
  resolveType(syntax, f.scope, {
    constant: (expr, scope) => within(f, scope, () => constantOf(f, expr)),
    typeOf: (expr, scope) => within(f, scope, () => typeOfExpr(f, expr)),
  })

const within = <R>(f: FunctionContext, scope: FunctionContext['scope'], body: () => R): R => {
  const outer = f.scope
  f.scope = scope
  try {
    return body()
  } finally {
    f.scope = outer
  }
}

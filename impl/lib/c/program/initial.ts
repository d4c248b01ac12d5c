/** What variables of the file begin with: constants, by the place of each in its variable. */

import type { Initialiser } from '../syntax/ast.ts'
import type { FunctionContext } from './context.ts'
import { rvalue } from './context.ts'
import { folded } from './evaluate.ts'
import type { InitialPart } from './initialisers.ts'
import { initialParts } from './initialisers.ts'
import { refused } from './refused.ts'
import type { CType } from './types.ts'
import { isScalar } from './types.ts'
import type { Value } from './value.ts'
import { converted } from './values.ts'

const constantPart = (f: FunctionContext, path: string, { type, value: expr }: InitialPart): [string, Value][] => {
  // GNU C: { } of a type's own, as in `spinlock_t lock = (spinlock_t){ 0 }`
  if (expr.kind === 'compound' && !isScalar(type))
    return [...initialLeaves(f, type, expr.value)].map(([inner, value]) => [path + inner, value])
  const value = f.emitter.trial(() => {
    const { here } = f.emitter
    const pure = isScalar(type) ? folded(converted(rvalue(f, expr), type, expr.span)) : undefined
    return f.emitter.here === here ? pure : undefined
  })
  if (value?.kind === 'constant') return [[path, value.value]]
  throw refused(
    'c-constant',
    expr.span,
    `${expr.span.text} is no constant`,
    'a variable of the file begins with a constant or an address',
  )
}

/** The values of an initialiser, by the path behind the variable's name, e.g. `.lock.locked`, `[2]`. */
export const initialLeaves = (f: FunctionContext, type: CType, initial: Initialiser): ReadonlyMap<string, Value> =>
  new Map([...initialParts(f, type, initial)].flatMap(([path, part]) => constantPart(f, path, part)))

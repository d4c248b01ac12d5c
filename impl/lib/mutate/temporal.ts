/**
 * The shapes of what a specification says of behaviours: steps that it may take, fairness, and `~>` between two conditions of
 * states. Conditions, sets and arguments stay as they are written: TLC evaluates them, in states that it is given.
 */

import type { Expr } from '../tla/module/ast.ts'
import { printExpr } from '../tla/module/print.ts'
import type { Definitions } from '../tla/module/tree.ts'
import { expanded, nodesOf } from '../tla/module/tree.ts'

/** `name \in set`, of a quantifier around. */
export interface Bound {
  readonly name: string
  readonly set: string
}

/** One step of a specification, for all values of what is bound around it. */
export interface Step {
  readonly bounds: readonly Bound[]
  readonly action: string
  readonly arguments: readonly string[]
}

/** `from ~> to` for all values of what is bound around it, where `always` holds for good in the end. */
export interface Response {
  readonly bounds: readonly Bound[]
  readonly from: string
  readonly to: string
  readonly always: string
}

/** A fairness assumption, for each value of what is bound around it. */
export interface Fair {
  readonly bounds: readonly Bound[]
  readonly strong: boolean
  readonly steps: readonly Step[]
}

/** What a quantifier, a label, a LET or an arm is about. */
export const last = (e: Expr): Expr => e.parts[e.parts.length - 1] ?? e

/** Does the expression stand for what a definition may say? */
export const isCall = ({ kind }: Expr): boolean => kind === 'name' || kind === 'apply'

/** The bounds of a quantifier, one for each name. */
const boundsOf = (e: Expr): Bound[] =>
  e.parts
    .slice(0, -1)
    .flatMap(({ text, parts: [set] }) =>
      text.split(', ').map((name) => ({ name, set: set === undefined ? '' : printExpr(set) })),
    )

/** Does the expression itself, and not what it calls, say anything of the next state? */
const hasPrimes = (e: Expr): boolean =>
  nodesOf(e).some(({ kind, text }) => kind === 'prime' || (kind === 'prefix' && text === 'UNCHANGED'))

/** Is the expression made of steps only? */
export const isChoice = (e: Expr): boolean => {
  if (hasPrimes(e)) return false
  const inner = e.kind === 'label' ? last(e) : e
  return (inner.kind === 'junction' && inner.text === '\\/') || (inner.kind === 'quantifier' && inner.text === '\\E')
}

/** `Constant /\\ Step`, with nothing said of the next state but by the step: its condition and the step. */
const conditional = (e: Expr, byName: Definitions): readonly [Expr, Expr] | undefined => {
  const [condition, step, ...others] = e.parts
  if (e.kind !== 'junction' || e.text !== '/\\' || condition === undefined || step === undefined) return undefined
  const isOurs = others.length === 0 && condition.kind === 'name' && !byName.has(condition.text)
  return isOurs && byName.has(step.text) && !hasPrimes(e) ? [condition, step] : undefined
}

/** What is there under a condition only, as what is bound to one value or to none. */
const when = (condition: Expr): Bound => ({
  name: 'lockstep_when',
  set: `{lockstep_x \\in {TRUE} : ${printExpr(condition)}}`,
})

/** The steps of `Next`, or of a part of it. */
export const stepsOf = (e: Expr, byName: Definitions, bounds: readonly Bound[] = []): readonly Step[] => {
  if (e.kind === 'name' && e.text === 'FALSE') return []
  if (e.kind === 'junction' && e.text === '\\/') return e.parts.flatMap((part) => stepsOf(part, byName, bounds))
  if (e.kind === 'label') return stepsOf(last(e), byName, bounds)
  if (e.kind === 'quantifier' && e.text === '\\E') return stepsOf(last(e), byName, [...bounds, ...boundsOf(e)])
  const given = conditional(e, byName)
  if (given !== undefined) {
    const [condition, step] = given
    return stepsOf(step, byName, [...bounds, when(condition)])
  }
  const body = expanded(e, byName)
  if (body !== undefined && (isChoice(body) || conditional(body, byName) !== undefined)) {
    return stepsOf(body, byName, bounds)
  }
  return [{ bounds, action: e.text, arguments: e.parts.map(printExpr) }]
}

/** A shape that nobody here knows. */
export class UnknownShape extends Error {
  override readonly name = 'UnknownShape'
}

const unknown = (e: Expr): UnknownShape => new UnknownShape(`${printExpr(e)} is none of the shapes that are known`)

/** Goes through conjunctions, universal quantifiers and definitions; `leaf` has the rest, or `undefined` where it is not known. */
const through = <T>(
  e: Expr,
  byName: Definitions,
  bounds: readonly Bound[],
  leaf: (e: Expr, bounds: readonly Bound[]) => readonly T[] | undefined,
): readonly T[] => {
  const go = (part: Expr, more: readonly Bound[] = []): readonly T[] =>
    through(part, byName, [...bounds, ...more], leaf)
  if (e.kind === 'name' && e.text === 'TRUE') return []
  if (e.kind === 'junction' && e.text === '/\\') return e.parts.flatMap((part) => go(part))
  if (e.kind === 'label') return go(last(e))
  if (e.kind === 'quantifier' && e.text === '\\A') return go(last(e), boundsOf(e))
  const found = leaf(e, bounds)
  if (found !== undefined) return found
  const body = expanded(e, byName)
  if (body === undefined) throw unknown(e)
  return go(body)
}

/** The condition of `<>[]condition`. */
const forGood = ({ kind, text, parts: [inner] }: Expr): Expr | undefined =>
  kind === 'prefix' && text === '<>' && inner?.kind === 'prefix' && inner.text === '[]' ? inner.parts[0] : undefined

/**
 * The responses that a temporal property asks for.
 *
 * @throws UnknownShape
 */
export const responsesOf = (e: Expr, byName: Definitions, always = 'TRUE'): readonly Response[] => {
  const at = (part: Expr, outer: readonly Bound[], condition: string): readonly Response[] =>
    through(part, byName, outer, (inner, bounds) => {
      const [left, right] = inner.parts
      if (inner.kind !== 'infix' || left === undefined || right === undefined) return undefined
      if (inner.text === '~>') {
        return [{ bounds, from: printExpr(left), to: printExpr(right), always: condition }]
      }
      const settled = inner.text === '=>' ? forGood(left) : undefined
      if (settled === undefined) return undefined
      return at(right, bounds, condition === 'TRUE' ? printExpr(settled) : `(${condition}) /\\ (${printExpr(settled)})`)
    })
  return at(e, [], always)
}

/**
 * The assumptions that `Fairness` is made of.
 *
 * @throws UnknownShape
 */
export const fairnessOf = (e: Expr, byName: Definitions, outer: readonly Bound[] = []): readonly Fair[] =>
  through(e, byName, outer, (inner, bounds): readonly Fair[] | undefined => {
    const [steps, assumed] = inner.parts
    if (inner.kind === 'infix' && inner.text === '=>' && steps !== undefined && assumed !== undefined) {
      return fairnessOf(assumed, byName, [...bounds, when(steps)])
    }
    if (inner.kind !== 'apply' || !/^[SW]F_/.test(inner.text) || steps === undefined) return undefined
    return [{ bounds, strong: inner.text.startsWith('S'), steps: stepsOf(steps, byName) }]
  })

/** `element` for all values of what is bound, as a set. */
const setOver = (bounds: readonly Bound[], element: string): string =>
  [...bounds].reverse().reduce((set, { name, set: over }) => `UNION {${set} : ${name} \\in ${over}}`, `{${element}}`)

const tuple = (items: readonly string[]): string => `<<${items.join(', ')}>>`

const valuesOf = (bounds: readonly Bound[]): string => tuple(bounds.map(({ name }) => name))

/** In TLA+, for each response the set of its instances: what is bound, and what its conditions are. */
export const responseTable = (responses: readonly Response[]): string =>
  tuple(
    responses.map(({ bounds, from, to, always }) =>
      setOver(bounds, tuple([valuesOf(bounds), `(${from})`, `(${to})`, `(${always})`])),
    ),
  )

/** In TLA+, for each assumption and each of its steps, the set of what is bound around the assumption with the step's arguments. */
export const fairnessTable = (fair: readonly Fair[]): string =>
  tuple(
    fair.map(({ bounds, steps }) =>
      tuple(
        steps.map((step) => setOver([...bounds, ...step.bounds], tuple([valuesOf(bounds), tuple(step.arguments)]))),
      ),
    ),
  )

/** A step for some values of what is bound around it. */
export const printStep = ({ bounds, action, arguments: args }: Step, as = action): string => {
  const call = args.length === 0 ? as : `${as}(${args.join(', ')})`
  return bounds.reduceRight((inner, { name, set }) => `\\E ${name} \\in ${set} : (${inner})`, call)
}

/** A TLA+ tree as text. Every operator gets its parentheses, so that reading it again gives the same tree. */

import { match } from 'ts-pattern'
import type { Expr, Module, Unit } from './ast.ts'
import { leftSide } from './fragment.ts'

const SIMPLE = new Set<Expr['kind']>([
  'name',
  'number',
  'string',
  'apply',
  'index',
  'field',
  'function',
  'functionSet',
  'record',
  'recordSet',
  'except',
  'set',
  'filter',
  'image',
  'tuple',
  'prime',
])

const operand = (e: Expr): string => (SIMPLE.has(e.kind) ? printExpr(e) : `(${printExpr(e)})`)

const all = (parts: readonly Expr[]): string => parts.map(printExpr).join(', ')

const spread = ({ parts }: Expr): { readonly first: Expr; readonly middle: readonly Expr[]; readonly last: Expr } => {
  const [first] = parts
  const last = parts[parts.length - 1]
  if (first === undefined || last === undefined) throw new RangeError('a node without its parts')
  return { first, middle: parts.slice(1), last }
}

/** All parts but the last, and the last. */
const upToLast = (e: Expr): readonly [string, string] => [all(e.parts.slice(0, -1)), printExpr(spread(e).last)]

const cases = ({ parts }: Expr): string => {
  const arms = parts.map((arm) =>
    arm.kind === 'arm' ? arm.parts.map(operand).join(' -> ') : `OTHER -> ${operand(arm)}`,
  )
  return `CASE ${arms.join(' [] ')}`
}

const selector = ({ text, parts }: Expr): string => (text === '' ? `[${all(parts)}]` : `.${text}`)

const update = (e: Expr): string => `!${e.parts.slice(0, -1).map(selector).join('')} = ${printExpr(spread(e).last)}`

/** `[][A]_v` is what some readers know, and not with a space or parentheses in it. */
const prefixed = (e: Expr): string => {
  const { first } = spread(e)
  return first.kind === 'action' ? `${e.text}${printExpr(first)}` : `${e.text} ${operand(first)}`
}

/** An expression on one line. */
export const printExpr = (e: Expr): string =>
  match(e.kind)
    .with('name', 'number', 'string', () => e.text)
    .with('junction', () => e.parts.map(operand).join(` ${e.text} `))
    .with('infix', () => e.parts.map(operand).join(` ${e.text} `))
    .with('prefix', () => prefixed(e))
    .with('prime', () => `${operand(spread(e).first)}'`)
    .with('apply', () => `${e.text}(${all(e.parts)})`)
    .with('index', () => `${operand(spread(e).first)}[${all(spread(e).middle)}]`)
    .with('field', () => `${operand(spread(e).first)}.${e.text}`)
    .with('quantifier', () => `${e.text} ${upToLast(e).join(' : ')}`)
    .with('lambda', () => `LAMBDA ${e.text} : ${operand(spread(e).first)}`)
    .with('choose', () => `CHOOSE ${upToLast(e).join(' : ')}`)
    .with('bound', () => `${e.text} \\in ${operand(spread(e).first)}`)
    .with('if', () => {
      const [condition = '', then = '', otherwise = ''] = e.parts.map(operand)
      return `IF ${condition} THEN ${then} ELSE ${otherwise}`
    })
    .with('case', () => cases(e))
    .with('arm', () => e.parts.map(operand).join(' -> '))
    .with('let', () => `LET ${e.parts.slice(0, -1).map(printExpr).join(' ')} IN ${printExpr(spread(e).last)}`)
    .with('definition', () => `${e.text} == ${operand(spread(e).first)}`)
    .with('function', () => `[${upToLast(e).join(' |-> ')}]`)
    .with('functionSet', () => `[${e.parts.map(operand).join(' -> ')}]`)
    .with('record', () => `[${e.parts.map(({ text, parts }) => `${text} |-> ${all(parts)}`).join(', ')}]`)
    .with('recordSet', () => `[${e.parts.map(({ text, parts }) => `${text} : ${all(parts)}`).join(', ')}]`)
    .with('entry', () => all(e.parts))
    .with('except', () => `[${operand(spread(e).first)} EXCEPT ${spread(e).middle.map(update).join(', ')}]`)
    .with('update', () => update(e))
    .with('selector', () => selector(e))
    .with('action', () => `[${printExpr(spread(e).first)}]_${e.text}`)
    .with('set', () => `{${all(e.parts)}}`)
    .with('filter', () => `{${upToLast(e).join(' : ')}}`)
    .with('image', () => `{${printExpr(spread(e).first)} : ${all(spread(e).middle)}}`)
    .with('tuple', () => `<<${all(e.parts)}>>`)
    .with('label', () => `${e.text}:: ${operand(spread(e).first)}`)
    .exhaustive()

/** A definition, an assumption or a declaration on one line. */
export const printUnit = (unit: Unit): string =>
  match(unit)
    .with({ kind: 'definition' }, ({ name, parameters, body }) => `${leftSide(name, parameters)} == ${printExpr(body)}`)
    .with({ kind: 'assume' }, ({ body }) => `ASSUME ${printExpr(body)}`)
    .with({ kind: 'declare' }, ({ keyword, names }) => `${keyword} ${names.join(', ')}`)
    .exhaustive()

/** A module, one line a definition. */
export const printModule = ({ name, extended, units }: Module): string =>
  [
    `---- MODULE ${name} ----`,
    ...(extended.length === 0 ? [] : [`EXTENDS ${extended.join(', ')}`]),
    ...units.map(printUnit),
    '====',
    '',
  ].join('\n')

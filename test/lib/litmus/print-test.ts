/** Prints a test as herd reads it, to see that it is read back as it was. */

import { match } from 'ts-pattern'
import type { BinaryOperator, Expr, InitItem, Literal, Stmt, Test, ThreadAst } from '../../../impl/lib/litmus/ast.ts'
import { PRECEDENCE } from '../../../impl/lib/litmus/ast.ts'
import { PRIMITIVES } from '../../../impl/lib/litmus/primitives.ts'
import { conditionText, parenthesised, propText, subjectText } from '../../../impl/lib/litmus/print.ts'

const literalText = (value: Literal): string => (value.kind === 'int' ? String(value.value) : `&${value.name}`)

const initText = ({ subject, type, stars, value }: InitItem): string => {
  const name = subject.kind === 'register' ? subjectText(subject) : subject.name
  return `  ${type === undefined ? '' : `${type} `}${'*'.repeat(stars)}${name} = ${literalText(value)};`
}

const levelOf = (operator: BinaryOperator): number =>
  PRECEDENCE.findIndex((level) => (level as readonly string[]).includes(operator))

/** Tighter than every binary operator. */
const UNARY = PRECEDENCE.length

const levelOfExpr = (expr: Expr): number =>
  expr.kind === 'choice' ? -1 : expr.kind === 'binary' ? levelOf(expr.operator) : UNARY

const exprText = (expr: Expr, level: number): string =>
  parenthesised(
    levelOfExpr(expr) < level,
    match(expr)
      .with({ kind: 'int' }, ({ value }) => String(value))
      .with({ kind: 'name' }, ({ name }) => name)
      // a minus before an integer would be read as part of it
      .with({ kind: 'unary' }, ({ operator, operand }) =>
        operand.kind === 'int' ? `${operator}(${operand.value})` : `${operator} ${exprText(operand, UNARY)}`,
      )
      .with({ kind: 'binary' }, ({ operator, left, right }) => {
        const own = levelOf(operator)
        return `${exprText(left, own)} ${operator} ${exprText(right, own + 1)}`
      })
      .with({ kind: 'choice' }, ({ condition, yes, no }) =>
        [exprText(condition, 0), '?', exprText(yes, -1), ':', exprText(no, -1)].join(' '),
      )
      .with({ kind: 'plain' }, ({ address }) => `*${exprText(address, UNARY)}`)
      .with({ kind: 'call' }, ({ name, args }) => {
        const kinds = PRIMITIVES.get(name)?.args ?? []
        return `${name}(${args.map((a, i) => (kinds[i] === 'lvalue' ? `*${exprText(a, UNARY)}` : exprText(a, -1))).join(', ')})`
      })
      .exhaustive(),
  )

const bodyText = (body: readonly Stmt[], indent: string): string =>
  `{\n${body.map((s) => stmtText(s, `${indent}  `)).join('')}${indent}}\n`

const stmtText = (stmt: Stmt, indent: string): string =>
  indent +
  match(stmt)
    .with({ kind: 'declare' }, ({ name, stars, value }) => {
      const assigned = value === undefined ? '' : ` = ${exprText(value, -1)}`
      return `int ${'*'.repeat(stars)}${name}${assigned};\n`
    })
    .with({ kind: 'assign' }, ({ name, value }) => `${name} = ${exprText(value, -1)};\n`)
    .with({ kind: 'plain-store' }, (s) => `*${exprText(s.address, UNARY)} = ${exprText(s.value, -1)};\n`)
    .with({ kind: 'call' }, ({ call }) => `${exprText(call, -1)};\n`)
    .with({ kind: 'if' }, ({ condition, yes, no }) => {
      const otherwise = no.length === 0 ? '' : `${indent}else ${bodyText(no, indent)}`
      return `if (${exprText(condition, -1)}) ${bodyText(yes, indent)}${otherwise}`
    })
    .with({ kind: 'block' }, ({ body }) => bodyText(body, indent))
    .exhaustive()

const threadText = ({ parameters, body }: ThreadAst, i: number): string => {
  const list = parameters.map((p) => `${p.type} ${'*'.repeat(p.stars)}${p.name}`).join(', ')
  return `P${i}(${list})\n${bodyText(body, '')}`
}

/** A test in herd's C syntax. */
export const testText = ({ name, init, threads, locations, filter, condition }: Test): string =>
  [
    `C ${name}\n`,
    ['{', ...init.map(initText), '}\n'].join('\n'),
    ...threads.map(threadText),
    [
      ...(locations.length === 0
        ? []
        : [`locations [${locations.map((l) => `${subjectText(l).replace(/[[\]]/g, '')};`).join(' ')}]`]),
      ...(filter === undefined ? [] : [`filter (${propText(filter)})`]),
      conditionText(condition),
      '',
    ].join('\n'),
  ].join('\n')

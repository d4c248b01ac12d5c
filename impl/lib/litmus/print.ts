/** Prints a test as herd reads it, and the answer as herd prints it. */

import { match } from 'ts-pattern'
import type { BinaryOperator, Condition, Expr, InitItem, Literal, Prop, Stmt, Subject, Test, ThreadAst } from './ast.ts'
import { PRECEDENCE } from './ast.ts'
import { PRIMITIVES } from './primitives.ts'
import type { Answer, FinalState } from './run.ts'

// ------------------------------------------------------------------------------------------------------- condition

const subjectText = (subject: Subject): string =>
  subject.kind === 'register' ? `${subject.thread}:${subject.name}` : `[${subject.name}]`

const comparandText = (value: Literal | Subject): string =>
  match(value)
    .with({ kind: 'int' }, ({ value: n }) => String(n))
    .with({ kind: 'address' }, ({ name }) => name)
    .with({ kind: 'register' }, { kind: 'location' }, subjectText)
    .exhaustive()

const parenthesised = (wanted: boolean, text: string): string => (wanted ? `(${text})` : text)

/** Where herd puts parentheses: around what binds looser than what is around it, and around any implication. */
const propText = (prop: Prop, above: 'top' | 'or' | 'and' | 'implies'): string =>
  match(prop)
    .with({ kind: 'constant' }, ({ value }) => String(value))
    .with({ kind: 'equals' }, ({ subject, value }) => `${subjectText(subject)}=${comparandText(value)}`)
    .with({ kind: 'not' }, ({ operand }) => `not (${propText(operand, 'top')})`)
    .with({ kind: 'and' }, ({ left, right }) =>
      parenthesised(above === 'implies', `${propText(left, 'and')} /\\ ${propText(right, 'and')}`),
    )
    .with({ kind: 'or' }, ({ left, right }) =>
      parenthesised(above === 'and' || above === 'implies', `${propText(left, 'or')} \\/ ${propText(right, 'or')}`),
    )
    .with({ kind: 'implies' }, ({ left, right }) => {
      // one on the left needs them to be read back as it was
      const premise = parenthesised(left.kind === 'implies', propText(left, 'implies'))
      return parenthesised(above === 'or' || above === 'and', `${premise} => ${propText(right, 'implies')}`)
    })
    .exhaustive()

export const conditionText = ({ quantifier, prop }: Condition): string => `${quantifier} (${propText(prop, 'top')})`

// ------------------------------------------------------------------------------------------------------- the answer

const KIND = { exists: 'Allowed', '~exists': 'Forbidden', forall: 'Required' } as const

const outcomeText = ({ values }: FinalState, shown: readonly string[]): string =>
  shown.map((name, i) => `${name}=${values[i] ?? 0};`).join(' ')

/** Remarks that herd does not make, below what it says. */
const remarks = ({ program, outcomes, stuck }: Answer): readonly string[] => [
  ...stuck.map(
    (s) => `P${s.thread} waits for ever in ${s.operation} (line ${s.line}) in some execution, which has no final state`,
  ),
  ...(outcomes.length > 0
    ? []
    : [
        program.filter === undefined
          ? 'no execution ends: there is no final state'
          : 'no execution that ends satisfies the filter',
      ]),
  ...program.notes,
]

/** Herd's numbers of witnesses: what a `~exists` asks for is that the proposition does not hold. */
export const witnesses = ({ program, satisfying, others }: Answer): { positive: number; negative: number } =>
  program.quantifier === '~exists'
    ? { positive: others, negative: satisfying }
    : { positive: satisfying, negative: others }

/** The answer in herd's form. The numbers are of final states, where herd counts executions. */
export const answerText = (answer: Answer): string => {
  const { program, outcomes, verdict, observation, satisfying, others } = answer
  const { positive, negative } = witnesses(answer)
  const shown = program.observed.map((o) => o.shown)
  return [
    `Test ${program.name} ${KIND[program.quantifier]}`,
    `States ${outcomes.length}`,
    ...outcomes.map((o) => outcomeText(o, shown)),
    verdict,
    'Witnesses',
    `Positive: ${positive} Negative: ${negative}`,
    `Condition ${conditionText(program)}`,
    `Observation ${program.name} ${observation} ${satisfying} ${others}`,
    ...remarks(answer).map((remark) => `Note: ${remark}`),
  ].join('\n')
}

/** The answer as one JSON value. */
export const answerJson = (answer: Answer): object => {
  const { program, model, outcomes, verdict, observation, stuck, explored } = answer
  return {
    test: program.name,
    memory: model.toLowerCase(),
    kind: KIND[program.quantifier],
    condition: conditionText(program),
    states: outcomes.map(({ values, satisfies }) => ({
      outcome: Object.fromEntries(program.observed.map((o, i) => [o.label, values[i] ?? 0])),
      satisfies,
    })),
    verdict,
    ...witnesses(answer),
    observation,
    stuck,
    notes: remarks(answer),
    explored,
  }
}

// --------------------------------------------------------------------------------------------------------- the test

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
      ...(filter === undefined ? [] : [`filter (${propText(filter, 'top')})`]),
      conditionText(condition),
      '',
    ].join('\n'),
  ].join('\n')

/** Prints the answer to a test as herd does. */

import { match } from 'ts-pattern'
import type { Condition, Literal, Prop, Subject } from './condition.ts'
import type { Answer, FinalState } from './run.ts'

// ------------------------------------------------------------------------------------------------------- condition

/** As herd prints it: a location is in brackets. */
export const subjectText = (subject: Subject): string =>
  subject.kind === 'register' ? `${subject.thread}:${subject.name}` : `[${subject.name}]`

const comparandText = (value: Literal | Subject): string =>
  match(value)
    .with({ kind: 'int' }, ({ value: n }) => String(n))
    .with({ kind: 'address' }, ({ name }) => name)
    .with({ kind: 'register' }, { kind: 'location' }, subjectText)
    .exhaustive()

/** A text, in parentheses where they are wanted. */
export const parenthesised = (wanted: boolean, text: string): string => (wanted ? `(${text})` : text)

/** Where herd puts parentheses: around what binds looser than what is around it, and around any implication. */
export const propText = (prop: Prop, above: 'top' | 'or' | 'and' | 'implies' = 'top'): string =>
  match(prop)
    .with({ kind: 'constant' }, ({ value }) => String(value))
    .with({ kind: 'equals' }, ({ subject, value }) => `${subjectText(subject)}=${comparandText(value)}`)
    .with({ kind: 'not' }, ({ operand }) => `not (${propText(operand)})`)
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

export const conditionText = ({ quantifier, prop }: Condition): string => `${quantifier} (${propText(prop)})`

// ------------------------------------------------------------------------------------------------------- the answer

const KIND = { exists: 'Allowed', '~exists': 'Forbidden', forall: 'Required' } as const

const outcomeText = ({ values }: FinalState, shown: readonly string[]): string =>
  shown.map((name, i) => `${name}=${values[i] ?? 0};`).join(' ')

/** Remarks that herd does not make, below what it says. */
const remarks = ({ test, outcomes, stuck }: Answer): readonly string[] => [
  ...stuck.map(
    (s) => `P${s.thread} waits for ever in ${s.operation} (line ${s.line}) in some execution, which has no final state`,
  ),
  ...(outcomes.length > 0
    ? []
    : [
        test.filter === undefined
          ? 'no execution ends: there is no final state'
          : 'no execution that ends satisfies the filter',
      ]),
  ...test.notes,
]

/** Herd's numbers of witnesses: what a `~exists` asks for is that the proposition does not hold. */
export const witnesses = ({ test, satisfying, others }: Answer): { positive: number; negative: number } =>
  test.condition.quantifier === '~exists'
    ? { positive: others, negative: satisfying }
    : { positive: satisfying, negative: others }

/** The answer in herd's form. The numbers are of final states, where herd counts executions. */
export const answerText = (answer: Answer): string => {
  const { test, outcomes, verdict, observation, satisfying, others } = answer
  const { positive, negative } = witnesses(answer)
  const shown = test.observed.map((o) => o.shown)
  return [
    `Test ${test.name} ${KIND[test.condition.quantifier]}`,
    `States ${outcomes.length}`,
    ...outcomes.map((o) => outcomeText(o, shown)),
    verdict,
    'Witnesses',
    `Positive: ${positive} Negative: ${negative}`,
    `Condition ${conditionText(test.condition)}`,
    `Observation ${test.name} ${observation} ${satisfying} ${others}`,
    ...remarks(answer).map((remark) => `Note: ${remark}`),
  ].join('\n')
}

/** The answer as one JSON value. */
export const answerJson = (answer: Answer): object => {
  const { test, model, outcomes, verdict, observation, stuck, explored } = answer
  return {
    test: test.name,
    memory: model.toLowerCase(),
    kind: KIND[test.condition.quantifier],
    condition: conditionText(test.condition),
    states: outcomes.map(({ values, satisfies }) => ({
      outcome: Object.fromEntries(test.observed.map((o, i) => [o.label, values[i] ?? 0])),
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

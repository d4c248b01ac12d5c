/** What a litmus test says about its final states. */

import type { At } from './source.ts'

/** A value that the initial state or the condition writes down. */
export type Literal =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'address'; readonly name: string; readonly at: At }

/** What the condition can look at; an element of an array has its index in the name, `a[1]`. */
export type Subject =
  | { readonly kind: 'register'; readonly thread: number; readonly name: string; readonly at: At }
  | { readonly kind: 'location'; readonly name: string; readonly at: At }

/** A proposition of a condition, over registers and locations. */
export type Prop =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'equals'; readonly subject: Subject; readonly value: Literal | Subject }
  | { readonly kind: 'not'; readonly operand: Prop }
  | { readonly kind: 'and' | 'or' | 'implies'; readonly left: Prop; readonly right: Prop }

/** What is claimed of the final states: some, none or all of them have the proposition. */
export type Quantifier = 'exists' | '~exists' | 'forall'

export interface Condition {
  readonly quantifier: Quantifier
  readonly prop: Prop
}

export type Equation = Extract<Prop, { kind: 'equals' }>

/** What a condition is made of. */
export const equationsIn = (prop: Prop): readonly Equation[] => {
  switch (prop.kind) {
    case 'constant':
      return []
    case 'equals':
      return [prop]
    case 'not':
      return equationsIn(prop.operand)
    case 'and':
    case 'or':
    case 'implies':
      return [...equationsIn(prop.left), ...equationsIn(prop.right)]
  }
}

/** Everything that an equation looks at. */
export const subjectsOf = ({ subject, value }: Equation): readonly Subject[] =>
  value.kind === 'register' || value.kind === 'location' ? [subject, value] : [subject]

/** As the test writes it. */
export const labelOf = (subject: Subject): string =>
  subject.kind === 'register' ? `${subject.thread}:${subject.name}` : subject.name

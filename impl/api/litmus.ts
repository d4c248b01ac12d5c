/**
 * `lockstep/litmus`: litmus tests in herd's C syntax, from text to answer.
 *
 * @module lockstep/litmus
 */

export { checkLitmus } from '../lib/litmus/index.ts'
export type { Answer, FinalState, Limits, Stuck, Value as LitmusValue } from '../lib/litmus/run.ts'
export { answerJson, answerText } from '../lib/litmus/print.ts'
export type { AnsweredTest, Observed } from '../lib/litmus/test.ts'
export type { Condition, Literal, Prop, Quantifier, Subject } from '../lib/litmus/condition.ts'
export type { At } from '../lib/litmus/source.ts'

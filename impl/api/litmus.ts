/**
 * `lockstep/litmus`: litmus tests in herd's C syntax, from text to answer.
 *
 * @module lockstep/litmus
 */

export { checkLitmus } from '../lib/litmus/index.ts'
export type { Answer, FinalState, Limits, Stuck } from '../lib/litmus/run.ts'
export { answerJson, answerText } from '../lib/litmus/print.ts'
export type {
  Address,
  Eval,
  LitmusProgram,
  LitmusThread,
  Location,
  Observed,
  Op,
  OpKind,
  Registers,
  Slot,
  Target,
} from '../lib/litmus/program.ts'
export type { Gives, Update } from '../lib/litmus/primitives.ts'
export type { Literal, Prop, Quantifier, Subject } from '../lib/litmus/ast.ts'
export type { At, LitmusCode, Source } from '../lib/litmus/source.ts'
export type { Value as LitmusValue } from '../lib/litmus/value.ts'

/**
 * `lockstep/prove`: the graph of a machine held against that of a specification, as TLC dumps it.
 *
 * @module lockstep/prove
 */

export type { Comparison, Difference, Sides } from '../lib/prove/compare.ts'
export { GraphComparison, graphDigest, machineSide } from '../lib/prove/compare.ts'
export type {
  Divergence,
  DivergenceContext,
  Fields as StateFields,
  State as SpecState,
} from '../lib/prove/divergence.ts'
export { divergenceOf } from '../lib/prove/divergence.ts'
export type { Blame, SourceText } from '../lib/prove/blame.ts'
export type { Locate, SourceLine } from '../lib/prove/machine.ts'
export type { Frame as StackFrame } from '../lib/prove/statements.ts'
export { kernelDigest } from '../lib/prove/machine-digest.ts'

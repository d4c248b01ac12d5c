/**
 * `lockstep/kernel`: from a machine as it is written to its graph and its verdicts, one stage after the other.
 *
 * @module lockstep/kernel
 */

export * from '../lib/kernel/design.ts'
export type {
  CheckedMachine,
  CheckedProperty,
  CheckOptions,
  CheckResult,
  CounterexampleStep,
  PlainCounterexample,
  PlainState,
  PropertyVerdict,
} from '../lib/kernel/check.ts'
export { check, completed, labelsOf } from '../lib/kernel/check.ts'
export type { Place, Problem } from '../lib/kernel/error.ts'
export { badInput, environmentFailure, EXIT, LockstepError } from '../lib/kernel/error.ts'
export type { Plain } from '../lib/kernel/language/plain.ts'
export type { TlaValue } from '../lib/kernel/language/value.ts'
export { equal, key } from '../lib/kernel/language/value.ts'
export { printState, printValue } from '../lib/kernel/language/print-value.ts'
export type { Pick as Choose } from '../lib/kernel/language/interpret.ts'
export { Interpreter } from '../lib/kernel/language/interpret.ts'
export type { Automaton, Compiled, ProgramNode } from '../lib/kernel/machine/automaton.ts'
export type { Reuse } from '../lib/kernel/machine/compile.ts'
export { compile } from '../lib/kernel/machine/compile.ts'
export type { Layout, Slot } from '../lib/kernel/machine/layout.ts'
export type { CompileLimits } from '../lib/kernel/machine/replay.ts'
export type { Place as StatePlace, StateElement, StateVariable } from '../lib/kernel/machine/state-schema.ts'
export { StateSchema } from '../lib/kernel/machine/state-schema.ts'
export type { StepBranch, StepLeaf, StepOutcome, StepTree } from '../lib/kernel/machine/step-tree.ts'
export type { Kernel, StepInfo } from '../lib/kernel/machine/tables.ts'
export { assemble } from '../lib/kernel/machine/tables.ts'
export { requireWellFormed } from '../lib/kernel/machine/well-formed.ts'
export type { ExploreOptions } from '../lib/kernel/explore/explore.ts'
export { explore } from '../lib/kernel/explore/explore.ts'
export type { Enough } from '../lib/kernel/explore/findings.ts'
export type { Edges, Finding, Graph } from '../lib/kernel/explore/graph.ts'
export { depthOf, edgesOf, pathTo } from '../lib/kernel/explore/graph.ts'
export type { Lasso, Tick } from '../lib/kernel/explore/liveness.ts'
export { checkLeadsTo } from '../lib/kernel/explore/liveness.ts'
export type { Instances } from '../lib/kernel/explore/vacuity.ts'
export { vacuityOf } from '../lib/kernel/explore/vacuity.ts'
export type { Decided, Way } from '../lib/kernel/explore/violations.ts'
export { DEADLOCK, decideProperties, livenessOf, waysOf } from '../lib/kernel/explore/violations.ts'

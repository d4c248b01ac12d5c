/** What the package exports: machines, the explorer, proofs, traces. */

export * from './lib/kernel/design.ts'
export type { Config, ProtocolEntry } from './lib/protocol/config.ts'
export { defineConfig } from './lib/protocol/config.ts'
export type { ProtocolDefinition } from './lib/protocol/define.ts'
export { protocol } from './lib/protocol/define.ts'
export type {
  Bindings,
  ConstantValue,
  DesignDeclaration,
  ExpectedCell,
  ModelsDeclaration,
} from './lib/protocol/declaration.ts'
export type { Cfg, CfgSelection } from './lib/tla/cfg.ts'
export { parseCfg, printCfg } from './lib/tla/cfg.ts'
export type { Automaton, Compiled } from './lib/kernel/machine/automaton.ts'
export type { Kernel } from './lib/kernel/machine/tables.ts'
export { compile } from './lib/kernel/machine/compile.ts'
export { assemble } from './lib/kernel/machine/tables.ts'
export type {
  CheckedMachine,
  CheckedProperty,
  CheckOptions,
  CheckResult,
  CounterexampleStep,
  PlainCounterexample,
  PlainState,
  PropertyVerdict,
} from './lib/kernel/check.ts'
export { check } from './lib/kernel/check.ts'
export { DEADLOCK } from './lib/kernel/explore/violations.ts'
export type { Plain } from './lib/kernel/language/plain.ts'
export type { Behaviour, BehaviourStep, Counterexample } from './lib/behaviour/counterexample.ts'
export { lassoBehaviour, shortestTo } from './lib/behaviour/counterexample.ts'
export type { Problem } from './lib/kernel/error.ts'
export { LockstepError } from './lib/kernel/error.ts'
export type { ExploreOptions } from './lib/kernel/explore/explore.ts'
export type { Finding, Graph } from './lib/kernel/explore/graph.ts'
export { explore } from './lib/kernel/explore/explore.ts'
export { depthOf } from './lib/kernel/explore/graph.ts'
export { Interpreter } from './lib/kernel/language/interpret.ts'
export type { Lasso } from './lib/kernel/explore/liveness.ts'
export { checkLeadsTo } from './lib/kernel/explore/liveness.ts'
export type { Protocol } from './lib/protocol/protocol.ts'
export type { Comparison, Difference } from './lib/prove/compare.ts'
export { GraphComparison, graphDigest } from './lib/prove/compare.ts'
export { readDot } from './lib/tla/dot.ts'
export { replay } from './lib/behaviour/replay.ts'
export { lanes } from './lib/report/lanes.ts'
export { mermaid } from './lib/report/mermaid.ts'
export { parseItf, printItf } from './lib/tla/trace/itf.ts'
export { parseState, parseValue } from './lib/tla/parse-value.ts'
export { printState, printValue } from './lib/kernel/language/print-value.ts'
export { parseSimulationTrace, parseToolTraces } from './lib/tla/trace/tlc-trace.ts'
export type { Trace, TraceState } from './lib/tla/trace/trace.ts'
export type { TlaValue } from './lib/kernel/language/value.ts'
export { equal, key } from './lib/kernel/language/value.ts'
export { View } from './lib/tla/state-codec.ts'
export type { LogDivergence, Validation } from './lib/validate/result.ts'
export type { LogSubject } from './lib/validate/subject.ts'
export type { ValidateLogOptions } from './lib/validate/validate-log.ts'
export { validateLog } from './lib/validate/validate-log.ts'
export * from './lib/blocks/index.ts'

/**
 * What the package exports: machines, the explorer, proofs, traces.
 *
 * @module lockstep
 */

export * from './lib/kernel/design.ts'
export type { Config, ProtocolEntry } from './lib/protocol/config.ts'
export { defineConfig } from './lib/protocol/config.ts'
export type { ProtocolDefinition } from './lib/protocol/define.ts'
export { protocol } from './lib/protocol/define.ts'
export type { Barrier, BarrierKind, Barriers } from './lib/protocol/barriers.ts'
export type { CellVerdict } from './lib/protocol/cell.ts'
export type { ActionDoc, ActionDocs, Statement, StepContext, ToggleDoc, Wording, Words } from './lib/protocol/docs.ts'
export type { Decision, LiveDesign, LiveScenario } from './lib/protocol/live-scenario.ts'
export { COMMIT_DOC } from './lib/protocol/memory-docs.ts'
export type { StateReader } from './lib/behaviour/state-reader.ts'
export type {
  Bindings,
  ConstantValue,
  DesignDeclaration,
  ExpectedCell,
  ModelsDeclaration,
} from './lib/protocol/declaration.ts'
export type { Cfg, CfgSelection } from './lib/tla/cfg.ts'
export { parseCfg, printCfg } from './lib/tla/cfg.ts'
export type { Automaton, Compiled, CompiledPrograms, ProgramNode } from './lib/kernel/machine/automaton.ts'
export type { Layout, Slot } from './lib/kernel/machine/layout.ts'
export type { CompileLimits } from './lib/kernel/machine/replay.ts'
export type { StepBranch, StepLeaf, StepOutcome, StepTree } from './lib/kernel/machine/step-tree.ts'
export type { Kernel, StepInfo } from './lib/kernel/machine/tables.ts'
export type { Reuse } from './lib/kernel/machine/compile.ts'
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
export { check, labelsOf } from './lib/kernel/check.ts'
export { DEADLOCK } from './lib/kernel/explore/violations.ts'
export type { Plain } from './lib/kernel/language/plain.ts'
export type {
  Behaviour,
  BehaviourStep,
  Counterexample,
  Ending,
  NamesInC,
  SpecLocation,
} from './lib/behaviour/counterexample.ts'
export { lassoBehaviour, shortestTo } from './lib/behaviour/counterexample.ts'
export type { Place, Problem } from './lib/kernel/error.ts'
export { LockstepError } from './lib/kernel/error.ts'
export type { ExploreOptions } from './lib/kernel/explore/explore.ts'
export type { Enough } from './lib/kernel/explore/findings.ts'
export type { Finding, Graph } from './lib/kernel/explore/graph.ts'
export { explore } from './lib/kernel/explore/explore.ts'
export { depthOf } from './lib/kernel/explore/graph.ts'
export type { Pick as Choose } from './lib/kernel/language/interpret.ts'
export { Interpreter } from './lib/kernel/language/interpret.ts'
export type { Lasso, Tick } from './lib/kernel/explore/liveness.ts'
export { checkLeadsTo } from './lib/kernel/explore/liveness.ts'
export type { AblationBase, DataModule, Protocol } from './lib/protocol/protocol.ts'
export type { Blame } from './lib/prove/blame.ts'
export type { Comparison, Difference, Sides } from './lib/prove/compare.ts'
export { GraphComparison, graphDigest } from './lib/prove/compare.ts'
export type { DotCounts, DotOptions, DotSink } from './lib/tla/dot.ts'
export { readDot } from './lib/tla/dot.ts'
export type { FieldDifference, Replay, ReplayDivergence } from './lib/behaviour/replay.ts'
export { replay } from './lib/behaviour/replay.ts'
export type { StoryOptions } from './lib/report/story.ts'
export { lanes } from './lib/report/lanes.ts'
export { mermaid } from './lib/report/mermaid.ts'
export type { JsonOptions } from './lib/text/json.ts'
export { parseItf, printItf } from './lib/tla/trace/itf.ts'
export { parseState, parseValue } from './lib/tla/parse-value.ts'
export { printState, printValue } from './lib/kernel/language/print-value.ts'
export { parseSimulationTrace, parseToolTraces } from './lib/tla/trace/tlc-trace.ts'
export type { Trace, TraceState } from './lib/tla/trace/trace.ts'
export type { TlaValue } from './lib/kernel/language/value.ts'
export { equal, key } from './lib/kernel/language/value.ts'
export type { Encoded, Mismatch, Piece } from './lib/tla/state-codec.ts'
export { View } from './lib/tla/state-codec.ts'
export type { Order } from './lib/validate/event.ts'
export type { Json } from './lib/validate/json-codec.ts'
export type {
  AllowedStep,
  Candidate,
  DesignVerdict,
  LogDivergence,
  Opinion,
  Refusal,
  Repair,
  SeenEvent,
  Validation,
} from './lib/validate/result.ts'
export type { BlameSources, Elsewhere, LogSubject } from './lib/validate/subject.ts'
export type { ValidateLogOptions } from './lib/validate/validate-log.ts'
export { validateLog } from './lib/validate/validate-log.ts'
export * from './lib/blocks/index.ts'

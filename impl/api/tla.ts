/**
 * `lockstep/tla`: whatever reads or writes TLA+ and what its tools print.
 *
 * @module lockstep/tla
 */

export type { Cfg, CfgSelection } from '../lib/tla/cfg.ts'
export { parseCfg, printCfg } from '../lib/tla/cfg.ts'
export type { ModuleNames } from '../lib/tla/module/names.ts'
export { namesOf } from '../lib/tla/module/names.ts'
export type { TextRange } from '../lib/tla/module/lex.ts'
export type { Head as DefinitionHead, ModuleDefinition, ModuleText } from '../lib/tla/module/read.ts'
export { readModule } from '../lib/tla/module/read.ts'
export type { DotCounts, DotOptions, DotSink } from '../lib/tla/dot.ts'
export { readDot } from '../lib/tla/dot.ts'
export { parseItf, printItf } from '../lib/tla/trace/itf.ts'
export { parseSimulationTrace, parseToolTraces } from '../lib/tla/trace/tlc-trace.ts'
export type { Trace, TraceState } from '../lib/tla/trace/trace.ts'
export { parseState, parseValue } from '../lib/tla/parse-value.ts'
export type { Encoded, Mismatch, Piece } from '../lib/tla/state-codec.ts'
export { View } from '../lib/tla/state-codec.ts'
export type { TlaValue } from '../lib/kernel/language/value.ts'
export { equal, key, tla } from '../lib/kernel/language/value.ts'
export { printState, printValue } from '../lib/kernel/language/print-value.ts'
export type { JsonOptions } from '../lib/text/json.ts'

/**
 * `lockstep/validate`: logs of real systems held against a machine.
 *
 * @module lockstep/validate
 */

export type { ValidateLogOptions } from '../lib/validate/validate-log.ts'
export { validateLog } from '../lib/validate/validate-log.ts'
export type { Format, LogListener, LogOptions } from '../lib/validate/validator.ts'
export { Validator } from '../lib/validate/validator.ts'
export type { BlameSources, Elsewhere, LogSubject } from '../lib/validate/subject.ts'
export { machineSubject } from '../lib/validate/subject.ts'
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
} from '../lib/validate/result.ts'
export type { BadLine, LogEvent, LogHeader, Order, WrittenEvent } from '../lib/validate/event.ts'
export { isBadLine, ORDERS, parseEvent, parseLine } from '../lib/validate/event.ts'
export type { MapAction, TraceMap } from '../lib/validate/map.ts'
export { parseMap } from '../lib/validate/map.ts'
export type { SampleEvent, SampleOptions } from '../lib/validate/sample.ts'
export { logLines, sampleEvents } from '../lib/validate/sample.ts'
export type { Asked, Constraint, Fact, Field, Json, Said, UnknownField } from '../lib/validate/json-codec.ts'
export { Fields } from '../lib/validate/json-codec.ts'
export type { Mapped, Mapper, TraceLine } from '../lib/validate/ftrace.ts'
export type { ReaderOptions } from '../lib/validate/reader.ts'
export type { Batches, Lines } from '../lib/validate/source.ts'
export type { BlameContext } from '../lib/prove/divergence.ts'

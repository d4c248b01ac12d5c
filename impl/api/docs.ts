/**
 * `lockstep/docs`: the phrases that a protocol's words about its steps, fields and properties are made of.
 *
 * @module lockstep/docs
 */

export type {
  ActionDoc,
  ActionDocs,
  FieldDoc,
  Statement,
  StepContext,
  ToggleDoc,
  Wording,
} from '../lib/protocol/docs.ts'
export { meaningOf } from '../lib/protocol/docs.ts'
export { action, field, ifSet, members, nextLabel, ofVcpu, says, vcpus } from '../lib/protocol/phrases.ts'
export { commitDoc, isBuffered } from '../lib/protocol/memory-docs.ts'
export type { StateReader } from '../lib/behaviour/state-reader.ts'
export { labelOf, valueText } from '../lib/behaviour/state-reader.ts'

/**
 * `lockstep/docs`: the phrases that a protocol's words about its steps and properties are made of.
 *
 * @module lockstep/docs
 */

export type { ActionDoc, ActionDocs, Statement, StepContext, ToggleDoc, Wording, Words } from '../lib/protocol/docs.ts'
export { meaningOf } from '../lib/protocol/docs.ts'
export { action, ifSet, members, nextLabel, says, vcpus } from '../lib/protocol/phrases.ts'
export { COMMIT_DOC, isBuffered, nameInC, seenAfter } from '../lib/protocol/memory-docs.ts'
export type { StateReader } from '../lib/behaviour/state-reader.ts'
export { labelOf, valueText } from '../lib/behaviour/state-reader.ts'

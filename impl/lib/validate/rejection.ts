/** What is said of a rejected event, whatever the order of the log. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { Diagnosis, ToldStep } from './diagnose.ts'
import { diagnose, stepLanes } from './diagnose.ts'
import type { Fields } from './json-codec.ts'
import type { LogDivergence, Repair } from './result.ts'
import type { View } from '../tla/state-codec.ts'
import type { BlameSources, LogSubject } from './subject.ts'
import type { Entry } from './reader.ts'
import { seenEvent } from './reader.ts'

/** A subject and everything that talking of its states needs. */
export interface ReadSubject {
  readonly subject: LogSubject
  readonly kernel: Kernel
  readonly fields: Fields
  readonly view: View
}

/** Nothing that could be blamed. */
const NO_SOURCES: BlameSources = {
  specSources: [],
  implSources: [],
  locate: () => undefined,
  evaluate: () => undefined,
}

const blameless = (found: Diagnosis): Diagnosis => ({
  ...found,
  blame: [],
  candidates: found.candidates.map((candidate) => ({ ...candidate, blame: [] })),
})

/** Steps in the diagram. */
const SHOWN = 24

/** Repairs that are shown. */
export const MOST_REPAIRS = 3

/** An event that none of the states explains, what would mend the log, and the way to the first of the states. */
export interface Rejection {
  readonly entry: Entry
  /** packed states, one after the other */
  readonly states: Int32Array
  readonly count: number
  /** were there more, which nobody kept? */
  readonly cut?: boolean
  readonly repairs: readonly Repair[]
  readonly way: readonly ToldStep[]
}

/** Says why an event is rejected. */
export const divergenceOf = (
  { subject, kernel, fields, view }: ReadSubject,
  { entry, states, count, cut = false, repairs, way }: Rejection,
): LogDivergence => {
  const event = seenEvent(entry)
  const sources = subject.sources?.()
  const found = diagnose({
    kernel,
    fields,
    view,
    states,
    count,
    event: entry.decoded,
    action: event.action,
    said: event.state,
    sources: sources ?? NO_SOURCES,
  })
  const thread = kernel.compiled.machine.threads[entry.decoded.thread]
  const rejected: ToldStep = {
    action: event.action ?? '(state)',
    thread: thread === undefined ? '' : threadName(thread.id),
    ...(event.result === undefined ? {} : { result: JSON.stringify(event.result) }),
    unlogged: false,
  }
  return {
    line: entry.line,
    column: 1,
    event,
    ...(sources === undefined ? blameless(found) : found),
    ...(cut ? { candidatesCut: true } : {}),
    repairs,
    lanes: stepLanes(way.slice(-SHOWN), rejected),
  }
}

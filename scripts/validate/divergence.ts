/** What is said of a rejected event, whatever the order of the log. */

import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { threadName } from '../../impl/lib/kernel/language/program.ts'
import type { ToldStep } from '../../impl/lib/validate/diagnose.ts'
import { diagnose, stepLanes } from '../../impl/lib/validate/diagnose.ts'
import type { Fields } from '../../impl/lib/validate/json-codec.ts'
import type { LogDivergence, Repair } from '../../impl/lib/validate/result.ts'
import type { View } from '../../impl/lib/tla/state-codec.ts'
import type { Model } from '../lib/project.ts'
import { blameSources } from '../prove/run.ts'
import type { Entry } from './entries.ts'
import { seenEvent } from './entries.ts'

/** A model and everything that talking of its states needs. */
export interface Subject {
  readonly model: Model
  readonly kernel: Kernel
  readonly fields: Fields
  readonly view: View
}

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
  { model, kernel, fields, view }: Subject,
  { entry, states, count, cut = false, repairs, way }: Rejection,
): LogDivergence => {
  const event = seenEvent(entry)
  const { observed } = entry.decoded
  const found = diagnose({
    kernel,
    fields,
    view,
    states,
    count,
    event: observed,
    action: event.action,
    said: event.state,
    sources: blameSources(model),
  })
  const thread = kernel.compiled.machine.threads[observed.thread]
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
    ...found,
    ...(cut ? { candidatesCut: true } : {}),
    repairs,
    lanes: stepLanes(way.slice(-SHOWN), rejected),
  }
}

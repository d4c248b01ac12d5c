/** Events of a log in a machine's terms, and what orders them. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { BadLine, LogEvent } from './event.ts'
import type { Constraint, Fields } from './json-codec.ts'
import { isConstraint, isEmpty } from './json-codec.ts'
import { Returns } from './returns.ts'
import type { LogSubject } from './subject.ts'

/** An event in the machine's terms, with what orders it. */
export interface Decoded {
  /** index into the kernel's actions; -1: nothing was done, the state was looked at */
  readonly action: number
  /** index into the machine's threads; -1 where the log does not say whose step it was */
  readonly thread: number
  /** the step's result as `resultText` has it, where the log has it */
  readonly result: string | undefined
  /** what is known of the state after it */
  readonly state: Constraint | undefined
  readonly lane: string | undefined
  readonly seq: number | undefined
  readonly time: number | undefined
  readonly end: number | undefined
  /** events were lost here: anything may have happened */
  readonly lost: number | undefined
}

type Refused = BadLine & { readonly path: string }

const foreign = (line: number, path: string, message: string, hint?: string): Refused => ({
  line,
  column: 1,
  path,
  code: 'not-of-the-model',
  message,
  ...(hint === undefined ? {} : { hint }),
})

/** Results that an error lists. */
const MOST_RESULTS = 8

/** Decodes the events of logs for one machine. */
export class Decoder {
  private readonly fields: Fields
  private readonly subject: Pick<LogSubject, 'hint' | 'elsewhere' | 'named'>
  private readonly returns: Returns
  private readonly actions: ReadonlyMap<string, number>
  private readonly threads: ReadonlyMap<string, number>

  constructor(subject: Pick<LogSubject, 'hint' | 'elsewhere' | 'named'>, kernel: Kernel, fields: Fields) {
    this.subject = subject
    this.returns = new Returns(kernel)
    this.fields = fields
    this.actions = new Map(kernel.actions.map((name, i) => [name, i]))
    this.threads = new Map(kernel.compiled.machine.threads.map(({ id }, i) => [threadName(id), i]))
  }

  /** What an event means to the machine; `text` is the line that it was read from, for the column of what is wrong. */
  decode(event: LogEvent, text = ''): Decoded | BadLine {
    const decoded = this.event(event)
    return 'message' in decoded ? { ...decoded, column: placeOf(text, decoded.path) } : decoded
  }

  /** An event that C has printed: 0 and 1 are false and true wherever the machine has these, and no numbers. */
  fromC(event: LogEvent): LogEvent {
    const { action, result, state } = event
    return {
      ...event,
      ...(result === undefined
        ? {}
        : { result: this.returns.withBooleans(this.actions.get(action ?? '') ?? -1, result) }),
      ...(state === undefined ? {} : { state: this.fields.withBooleans(state) }),
    }
  }

  private event(event: LogEvent): Decoded | Refused {
    const { line, thread, lane, seq, time, end, lost } = event
    // a log of another protocol is better known by its actions than by its states
    const action = this.actionOf(event)
    if (typeof action !== 'number') return action
    const state = this.stateOf(event)
    if (state !== undefined && 'message' in state) return state
    const threadId = thread === undefined ? -1 : this.threads.get(thread)
    if (threadId === undefined) {
      const hint = `its threads are ${[...this.threads.keys()].join(', ')}`
      return foreign(line, 'thread', `the model has no thread ${JSON.stringify(thread)}`, hint)
    }
    if (action < 0 && state === undefined && lost === undefined) {
      const hint = 'name the action, or what is known of the state'
      return { line, column: 1, path: '', message: 'the event says nothing: it has neither action nor state', hint }
    }
    const result = event.result === undefined ? undefined : this.returns.textOf(event.result)
    const wrong = result === undefined ? undefined : this.neverReturned(event, action, result)
    return wrong ?? { action, thread: threadId, result, state, lane: lane ?? thread, seq, time, end, lost }
  }

  /** What is known of the state after an event, if it says anything. */
  private stateOf({ line, action, state }: LogEvent): Constraint | Refused | undefined {
    if (state === undefined) return undefined
    const compiled = this.fields.compile(state)
    if (!isConstraint(compiled)) {
      const message = `${compiled.path} is ${compiled.found}, expected ${compiled.expected}`
      const name = compiled.path.replace(/^state\./, '').replace(/\[.*$/, '')
      return foreign(line, name, message, name === 'pc' ? this.labelHint(compiled.found) : undefined)
    }
    // `{"pc": []}` is a state of which nothing is known
    const says = !isEmpty(compiled) || action !== undefined || this.fields.said(state).length > 0
    return says ? compiled : undefined
  }

  /** Where a thread is said to be is an action too: one that nobody here has is of another protocol, or misspelt. */
  private labelHint(found: string): string | undefined {
    const label = /^"(.*)"$/.exec(found)?.[1]
    const isKnown = label === undefined || this.actions.has(label) || this.subject.elsewhere.hasAction(label)
    return isKnown ? undefined : this.unknown(label)
  }

  private unknown(action: string): string {
    return this.subject.hint(action, [...this.actions.keys()], 'log')
  }

  /** The number of an event's action; -1 where it names none. */
  private actionOf({ line, action }: LogEvent): number | Refused {
    if (action === undefined) return -1
    const own = this.actions.get(action)
    if (own !== undefined) return own
    const meant = this.subject.named?.(action) ?? []
    const [only, ...others] = meant.filter((label) => this.actions.has(label))
    if (others.length > 0)
      return foreign(
        line,
        'action',
        `${JSON.stringify(action)} is ${others.length + 1} steps of the model`,
        `name the one that is meant: ${[only, ...others].join(', ')}`,
      )
    if (only !== undefined) return this.actions.get(only) ?? -1
    // a step of another design of the protocol is none that this one takes, which is a finding and not bad input
    if (this.subject.elsewhere.hasAction(action)) return this.actions.size
    return foreign(line, 'action', `the model has no action ${JSON.stringify(action)}`, this.unknown(action))
  }

  /** A result that the action has in no state: what is wrong with it, unless another design's step returns it. */
  private neverReturned({ line, action = '' }: LogEvent, id: number, text: string): Refused | undefined {
    if (id >= this.actions.size || this.returns.of(id).has(text)) return undefined
    if (this.subject.elsewhere.returns(action, text)) return undefined
    const all = [...this.returns.of(id)]
    const more = all.length > MOST_RESULTS ? `, ... (${all.length} in all)` : ''
    const expected =
      all.length === 0
        ? 'none: it returns nothing'
        : `${all.length === 1 ? '' : 'one of '}${all.slice(0, MOST_RESULTS).join(', ')}${more}`
    return foreign(
      line,
      'result',
      `result is ${text}, which ${action} never returns, expected ${expected}`,
      all.length === 0 ? 'leave the result out' : 'write the result as the machine has it, or leave it out',
    )
  }
}

/** Column of a name in a line. */
const placeOf = (text: string, name: string): number => {
  const at = name === '' ? -1 : text.indexOf(JSON.stringify(name))
  return at < 0 ? 1 : at + 1
}

/** Which lane's value ran backwards, if any did. */
export class Clocks {
  private readonly seqs = new Map<string, number>()
  private readonly times = new Map<string, number>()
  private readonly total: boolean

  constructor(total: boolean) {
    this.total = total
  }

  /** What is wrong with the order of an event; undefined if nothing is. */
  check({ lane = '', seq, time, end }: Decoded): string | undefined {
    if (seq !== undefined) {
      const before = this.seqs.get(lane)
      if (before === seq) return `sequence number ${seq} of lane ${JSON.stringify(lane)} was there before`
      if (before !== undefined && before > seq)
        return `sequence number ${seq} comes after ${before} in lane ${JSON.stringify(lane)}`
      this.seqs.set(lane, seq)
    }
    if (time !== undefined) {
      const clock = this.total ? '' : lane
      const before = this.times.get(clock)
      if (before !== undefined && before > time) return `the clock runs backwards: ${time} comes after ${before}`
      this.times.set(clock, time)
      if (end !== undefined && end < time) return `the event ends (${end}) before it begins (${time})`
    }
    return undefined
  }
}

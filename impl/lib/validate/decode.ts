/**
 * Lines of a log in a machine's terms. A line that was there before, but for its numbers, is not parsed again, nor is a state
 * that is written like one that was: logs of one system repeat themselves, and reading JSON is most of what validating a
 * complete log costs.
 */

import type { Kernel } from '../kernel/machine/tables.ts'
import { threadName } from '../kernel/language/program.ts'
import type { BadLine, LogEvent } from './event.ts'
import type { Constraint, Fields } from './json-codec.ts'
import { isConstraint, isEmpty } from './json-codec.ts'
import { StateReader } from './piece-cache.ts'
import type { Known, Same } from './line-cache.ts'
import { Recogniser } from './line-cache.ts'
import { Returns } from './returns.ts'
import type { Observed } from './state-tracker.ts'

/** An event in the machine's terms, with what orders it. */
export interface Decoded {
  readonly observed: Observed
  readonly lane: string | undefined
  readonly seq: number | undefined
  readonly time: number | undefined
  readonly end: number | undefined
  /** events were lost here: anything may have happened */
  readonly lost: number | undefined
}

/** Bytes of a line without its state. */
const MOST_FRAME = 2048

/** How to go on with an action that is not among those known; from the caller, who knows the other protocols. */
export type UnknownAction = (action: string, known: readonly string[]) => string

const ITS_SPECIFICATION: UnknownAction = () => 'the model’s actions are those of its spec'

const STATE = '"state":'
const NO_STATE = '{}'

const encoder = new TextEncoder()
const STATE_BYTES = encoder.encode(`${STATE}{`)
const NO_STATE_BYTES = encoder.encode(NO_STATE)

/** Where the first object behind `"state":` begins; -1 if there is none. */
const stateIn = (bytes: Uint8Array, from: number, to: number): number => {
  const last = STATE_BYTES.length - 1
  for (let at = from; at + last < to; at++) {
    let i = 0
    while (i <= last && bytes[at + i] === STATE_BYTES[i]) i += 1
    if (i > last) return at + last
  }
  return -1
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

/** What the other designs of a machine's protocol can do that it cannot. */
export interface Elsewhere {
  readonly hasAction: (action: string) => boolean
  /** does a step of the action return this in one of them? `text` is that of `resultText` */
  readonly returns: (action: string, text: string) => boolean
}

/** There are no other designs. */
export const NOWHERE: Elsewhere = { hasAction: () => false, returns: () => false }

/** Results that an error lists. */
const MOST_RESULTS = 8

/** Decodes the lines of logs for one machine. */
export class Decoder {
  private readonly fields: Fields
  private readonly unknownAction: UnknownAction
  private readonly elsewhere: Elsewhere
  private readonly returns: Returns
  private readonly actions: ReadonlyMap<string, number>
  private readonly threads: ReadonlyMap<string, number>
  private readonly lines: Recogniser<Decoded>
  /** lines with an empty state in place of theirs */
  private readonly frames: Recogniser<Decoded>
  private readonly states: StateReader
  private readonly frame = new Uint8Array(MOST_FRAME)
  private readonly parse: (text: string, line: number) => LogEvent | BadLine

  constructor(
    kernel: Kernel,
    fields: Fields,
    parse: (text: string, line: number) => LogEvent | BadLine,
    unknownAction: UnknownAction = ITS_SPECIFICATION,
    elsewhere: Elsewhere = NOWHERE,
    same?: Same,
  ) {
    this.lines = new Recogniser(same)
    this.frames = new Recogniser(same)
    this.states = new StateReader(fields)
    this.elsewhere = elsewhere
    this.returns = new Returns(kernel)
    this.fields = fields
    this.unknownAction = unknownAction
    this.parse = parse
    this.actions = new Map(kernel.actions.map((name, i) => [name, i]))
    this.threads = new Map(kernel.compiled.machine.threads.map(({ id }, i) => [threadName(id), i]))
  }

  /** Decodes one line that is an event. */
  decode(text: string, line: number): Decoded | BadLine {
    return this.decodeAnd(text, line)
  }

  /** Decodes the line from one place to another, and learns what there is to recognise others by. */
  read(bytes: Uint8Array, from: number, to: number, text: string, line: number): Decoded | BadLine {
    const decoded =
      this.patched(bytes, from, to) ??
      this.decodeAnd(text, line, (event, found) => {
        this.learnParts(text, event, found)
      })
    if (!('message' in decoded)) this.lines.learn(bytes, from, to, decoded)
    return decoded
  }

  private decodeAnd(
    text: string,
    line: number,
    learn?: (event: LogEvent, decoded: Decoded) => void,
  ): Decoded | BadLine {
    const event = this.parse(text, line)
    if ('message' in event) return event
    const decoded = this.event(event)
    if ('message' in decoded) return { ...decoded, column: placeOf(text, decoded.path) }
    learn?.(event, decoded)
    return decoded
  }

  /** What is known of the line that begins at `from`: one that differs in its numbers only was decoded before. */
  recognise(bytes: Uint8Array, from: number, limit: number): Known<Decoded> | undefined {
    return this.lines.find(bytes, from, limit)
  }

  /**
   * The event of the line from one place to another, if its state is written like one that was parsed, and the rest of it
   * was parsed before but for its numbers.
   */
  patched(bytes: Uint8Array, from: number, to: number): Decoded | undefined {
    const begin = stateIn(bytes, from, to)
    const state = begin < 0 ? undefined : this.states.read(bytes, begin)
    if (state === undefined) return undefined
    const { end } = this.states
    const length = begin - from + NO_STATE.length + to - end
    if (end > to || length > MOST_FRAME) return undefined
    // the text of a state is known, so what is before it and behind it is what may yet be unknown
    const { frame } = this
    frame.set(bytes.subarray(from, begin))
    frame.set(NO_STATE_BYTES, begin - from)
    frame.set(bytes.subarray(end, to), begin - from + NO_STATE.length)
    const known = this.frames.find(frame, 0, length)
    if (known === undefined) return undefined
    const decoded = this.again(known, this.frames)
    // whether it says anything is for the parser to see
    if (decoded.observed.action < 0 && isEmpty(state)) return undefined
    return { ...decoded, observed: { ...decoded.observed, state } }
  }

  /** Learns what is in a line beside its state, and how the state is written. */
  private learnParts(text: string, event: LogEvent, decoded: Decoded): void {
    const { state } = event
    if (state === undefined) return
    const begin = text.indexOf(`${STATE}{`) + STATE.length
    const own = JSON.stringify(state)
    if (begin < STATE.length || !text.startsWith(own, begin)) return
    const frame = `${text.slice(0, begin)}${NO_STATE}${text.slice(begin + own.length)}`
    const parsed = this.parse(frame, event.line)
    // it was the event's own state only if that is what went away
    if ('message' in parsed || parsed.state === undefined || JSON.stringify(parsed.state) !== NO_STATE) return
    this.states.learn(own, state, this.fields.said(state))
    const bytes = encoder.encode(frame)
    if (bytes.length > MOST_FRAME || this.frames.find(bytes, 0, bytes.length) !== undefined) return
    this.frames.learn(bytes, 0, bytes.length, decoded)
  }

  /** The event of the line that was recognised last. */
  again({ value }: Known<Decoded>, { numbers }: Pick<Recogniser<Decoded>, 'numbers'> = this.lines): Decoded {
    const seq = numbers[0] ?? -1
    const time = numbers[1] ?? -1
    const end = numbers[2] ?? -1
    return {
      observed: value.observed,
      lane: value.lane,
      seq: seq < 0 ? value.seq : seq,
      time: time < 0 ? value.time : time,
      end: end < 0 ? value.end : end,
      lost: value.lost,
    }
  }

  /** Where the line that was recognised last ends. */
  get lineEnd(): number {
    return this.lines.end
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

  /** The same for an event that another format has. */
  event(event: LogEvent): Decoded | Refused {
    const { line, state } = event
    // a log of another protocol is better known by its actions than by its states
    const action = this.actionOf(event)
    if (typeof action !== 'number') return action
    let constraint: Constraint | undefined
    if (state !== undefined) {
      const compiled = this.fields.compile(state)
      if (!isConstraint(compiled)) {
        const message = `${compiled.path} is ${compiled.found}, expected ${compiled.expected}`
        const name = compiled.path.replace(/^state\./, '').replace(/\[.*$/, '')
        return foreign(line, name, message, name === 'pc' ? this.labelHint(compiled.found) : undefined)
      }
      // `{"pc": []}` is a state of which nothing is known
      if (!isEmpty(compiled) || this.fields.said(state).length > 0 || event.action !== undefined) constraint = compiled
    }
    return this.head(event, action, constraint)
  }

  /** Where a thread is said to be is an action too: one that nobody here has is of another protocol, or misspelt. */
  private labelHint(found: string): string | undefined {
    const label = /^"(.*)"$/.exec(found)?.[1]
    if (label === undefined || this.actions.has(label) || this.elsewhere.hasAction(label)) return undefined
    return this.unknownAction(label, [...this.actions.keys()])
  }

  /** The number of an event's action; -1 where it names none. */
  private actionOf({ line, action }: Pick<LogEvent, 'line' | 'action'>): number | Refused {
    if (action === undefined) return -1
    const own = this.actions.get(action)
    if (own !== undefined) return own
    // a step of another design of the protocol is none that this one takes, which is a finding and not bad input
    if (this.elsewhere.hasAction(action)) return this.actions.size
    const hint = this.unknownAction(action, [...this.actions.keys()])
    return foreign(line, 'action', `the model has no action ${JSON.stringify(action)}`, hint)
  }

  private head(event: Omit<LogEvent, 'state'>, actionId: number, state: Constraint | undefined): Decoded | Refused {
    const { line, action, thread, result, lane, seq, time, end, lost } = event
    const threadId = thread === undefined ? -1 : this.threads.get(thread)
    if (threadId === undefined) {
      const hint = `its threads are ${[...this.threads.keys()].join(', ')}`
      return foreign(line, 'thread', `the model has no thread ${JSON.stringify(thread)}`, hint)
    }
    if (actionId < 0 && state === undefined && lost === undefined) {
      return {
        line,
        column: 1,
        path: '',
        message: 'the event says nothing: it has neither action nor state',
        hint: 'name the action, or what is known of the state',
      }
    }
    const returned = result === undefined ? undefined : this.returns.textOf(result)
    if (returned !== undefined && actionId < this.actions.size && !this.returns.of(actionId).has(returned)) {
      const wrong = this.neverReturned(line, action ?? '', actionId, returned)
      if (wrong !== undefined) return wrong
    }
    return {
      observed: {
        action: actionId,
        thread: threadId,
        ...(returned === undefined ? {} : { result: returned }),
        ...(state === undefined ? {} : { state }),
      },
      lane: lane ?? thread,
      seq,
      time,
      end,
      lost,
    }
  }

  /** A result that the action has in no state: what is wrong with it, unless another design's step returns it. */
  private neverReturned(line: number, action: string, id: number, text: string): Refused | undefined {
    if (this.elsewhere.returns(action, text)) return undefined
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

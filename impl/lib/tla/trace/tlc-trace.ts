/**
 * Traces as TLC writes them: the messages of `-tool` mode, what it prints without, and the files of `-simulate file=X`.
 * Nothing that may be a part of a trace is passed over: a mark, a header or a state that cannot be read is an error.
 */

import { given } from '../../kernel/given.ts'
import type { LockstepError, Place } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'
import { parseState } from '../parse-value.ts'
import { placeAt } from '../../text/place.ts'
import type { Trace, TraceState } from './trace.ts'
import type { TlaValue } from '../../kernel/language/value.ts'

/** Message codes, as tlaplus `tlc2/output/EC.java` defines them; `MP.java` has their texts. */
const CODE = {
  invariantViolatedInitial: 2107,
  propertyViolatedInitial: 2108,
  invariantViolated: 2110,
  actionPropertyViolated: 2112,
  deadlock: 2114,
  temporalPropertyViolated: 2116,
  backToState: 2122,
  starting: 2185,
  finished: 2186,
  stateWithoutAction: 2216,
  state: 2217,
  stuttering: 2218,
} as const

/** Messages that are parts of traces: they have no others inside, and are inside no others. */
const PARTS: ReadonlySet<number> = new Set([CODE.stateWithoutAction, CODE.state, CODE.stuttering, CODE.backToState])

const FINDINGS: ReadonlySet<number> = new Set([
  CODE.invariantViolated,
  CODE.actionPropertyViolated,
  CODE.deadlock,
  CODE.temporalPropertyViolated,
])

interface Message {
  readonly code: number
  readonly body: string
  /** offset of the body in the output */
  readonly at: number
}

const TRUNCATED = 'the output is truncated: run TLC again and keep all of it'

/** One text with its name, so that every error can tell where. */
class Source {
  readonly text: string
  readonly #from: Place

  constructor(text: string, from: Place) {
    this.text = text
    this.#from = from
  }

  place(at: number): Place {
    return placeAt(this.text, at, this.#from)
  }

  error(at: number, message: string, hint: string): LockstepError {
    return badInput({ code: 'bad-tlc-trace', message, hint, ...this.place(at) })
  }

  state(body: string, at: number): Map<string, TlaValue> {
    return parseState(body, this.place(at))
  }
}

/** A mark stands anywhere in a line: what the specification prints before it need not end its line. */
const MARK = /@!@!@(?:STARTMSG (-?\d+):\d+|ENDMSG (-?\d+)) @!@!@/g

/** What is left of a mark or of a part of a trace where none should be. */
const REMAINS =
  /@!@!@|\b(?:STARTMSG|ENDMSG)\b|^[ \t]*\d+: (?:<.* of module |<Initial predicate|Stuttering|Back to state)/m

const noRemains = (source: Source, from: number, to: number): void => {
  const found = REMAINS.exec(source.text.slice(from, to))
  if (found === null) return
  const message = 'a part of a message of TLC, without the marks that belong to it'
  throw source.error(from + found.index, message, DAMAGED)
}

const DAMAGED = 'the output is damaged: give it as TLC wrote it'

interface Open {
  readonly code: number
  /** offset of the mark */
  readonly at: number
  readonly body: number
}

/** The messages that are in no other one, and a look at everything between them. */
function* messages(source: Source): Generator<Message> {
  const { text } = source
  const open: Open[] = []
  let outside = 0
  const unended = ({ code, at }: Open): LockstepError =>
    source.error(at, `the message ${code} that begins here has no end`, TRUNCATED)
  for (const mark of text.matchAll(MARK)) {
    const end = mark.index + mark[0].length
    const top = open.at(-1)
    if (mark[1] !== undefined) {
      const code = Number(mark[1])
      if (top === undefined) noRemains(source, outside, mark.index)
      else if (PARTS.has(code) || PARTS.has(top.code)) throw unended(top)
      open.push({ code, at: mark.index, body: end + (/^\r?\n/.exec(text.slice(end, end + 2))?.[0].length ?? 0) })
      continue
    }
    if (top === undefined) {
      noRemains(source, outside, mark.index)
      throw source.error(mark.index, `a message ${mark[2] ?? ''} ends here that does not begin`, DAMAGED)
    }
    if (top.code !== Number(mark[2])) throw unended(top)
    open.pop()
    if (open.length > 0) continue
    outside = end
    const body = text.slice(top.body, Math.max(mark.index, top.body)).replace(/\r?\n$/, '')
    yield { code: top.code, body, at: top.body }
  }
  const [unfinished] = open
  if (unfinished !== undefined) throw unended(unfinished)
  noRemains(source, outside, text.length)
}

/** Name and arguments out of `name line 3, col 5 to line 4, col 9 of module M` or `name(args) line ...`. */
const stepOf = (location: string): Pick<TraceState, 'action' | 'args'> => {
  const found = /^(\S+?)(?:\((.*)\))? line \d+, col \d+ to line \d+, col \d+ of module /.exec(location)
  if (found?.[1] === undefined) return {}
  return given({ action: found[1], args: found[2] === undefined ? undefined : { args: found[2] } })
}

const TEMPORAL = 'Temporal properties were violated'

const propertyOf = (message: string): { property?: string } => {
  const name = /^(?:Invariant|Action property|Property) (\S+) is violated/.exec(message)?.[1]
  if (name !== undefined) return { property: name }
  return message.startsWith('Deadlock') ? { property: 'Deadlock' } : {}
}

/** Puts traces together from messages in the order in which TLC sends them. */
class TraceBuilder {
  readonly #source: Source
  readonly traces: Trace[] = []
  #meta: Record<string, string> = {}
  #states: TraceState[] = []
  #vars: readonly string[] = []
  /** offset of the last state */
  #last = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** Ends the trace that is under way, if one is. */
  finish(end: { loop?: number; action?: string } = {}): void {
    if (this.#states.length === 0) return
    if (end.loop === undefined && this.#meta['finding']?.startsWith(TEMPORAL) === true) {
      const message = 'the counterexample to a temporal property does not say how it goes on: its end is missing'
      throw this.#source.error(this.#last, message, TRUNCATED)
    }
    const closing = end.action === undefined ? {} : { 'loop-action': end.action }
    const loop = end.loop === undefined ? {} : { loop: end.loop }
    this.traces.push({ meta: { ...this.#meta, ...closing }, vars: this.#vars, states: this.#states, ...loop })
    this.#states = []
  }

  finding(text: string): void {
    this.finish()
    const finding = text.split('\n', 1).join('').trim()
    this.#meta = { finding, ...propertyOf(finding) }
  }

  state(number: number, step: Pick<TraceState, 'action' | 'args'>, values: Map<string, TlaValue>, at: number): void {
    if (number === 1) this.finish()
    const expected = this.#states.length + 1
    if (number !== expected) {
      const message = `expected state ${expected}, found state ${number}`
      throw this.#source.error(at, message, 'a part of the trace is missing')
    }
    if (number === 1) this.#vars = [...values.keys()]
    const foreign = [...values.keys()].find((name) => !this.#vars.includes(name))
    if (foreign !== undefined) {
      const message = `state ${number} has a variable ${foreign}, which state 1 has not`
      throw this.#source.error(at, message, DAMAGED)
    }
    // with -difftrace TLC leaves out what is as before
    const before = this.#states.at(-1)?.values
    const whole = new Map(
      this.#vars.flatMap((name) => {
        const value = values.get(name) ?? before?.get(name)
        return value === undefined ? [] : [[name, value] as const]
      }),
    )
    this.#last = at
    this.#states.push({ ...step, values: whole })
  }

  /** The trace goes back to the state of this number. */
  loop(number: number, action: string | undefined, at: number): void {
    if (number < 1 || number > this.#states.length) {
      throw this.#source.error(at, `the trace goes back to state ${number}, which it does not have`, TRUNCATED)
    }
    this.finish(given({ loop: number - 1, action }))
  }

  stutter(at: number): void {
    if (this.#states.length === 0) throw this.#source.error(at, 'stuttering, but no state before it', TRUNCATED)
    this.finish({ loop: this.#states.length - 1 })
  }
}

const onState = (source: Source, builder: TraceBuilder, { body, at }: Message): void => {
  const header = /^\s*(\d+):(?: <(.*)>)?[ \t\r]*(?:\n|$)/.exec(body)
  if (!header) throw source.error(at, 'expected `N: <action>` and the state', 'this is not the output of TLC')
  const skipped = header[0].length
  const values = stateOrNothing(source, body.slice(skipped), at + skipped)
  builder.state(Number(header[1]), stepOf(header[2] ?? ''), values, at)
}

/** With -difftrace a state in which nothing changed is empty. */
const stateOrNothing = (source: Source, body: string, at: number): Map<string, TlaValue> =>
  body.trim() === '' ? new Map<string, TlaValue>() : source.state(body, at)

const onBackToState = (source: Source, builder: TraceBuilder, { body, at }: Message): void => {
  const found = /^\s*(\d+): Back to state(?:: <(.*)>)?/.exec(body)
  if (!found) throw source.error(at, 'expected `N: Back to state`', 'this is not the output of TLC')
  builder.loop(Number(found[1]), stepOf(found[2] ?? '').action, at)
}

/** `X is violated by the initial state:` and the state, in one message. */
const onInitialViolation = (source: Source, builder: TraceBuilder, { body, at }: Message): void => {
  const lineEnd = body.indexOf('\n')
  if (lineEnd < 0) throw source.error(at, 'expected the initial state after this line', TRUNCATED)
  builder.finding(body)
  builder.state(1, {}, source.state(body.slice(lineEnd), at + lineEnd), at)
  builder.finish()
}

const onMessage = (source: Source, builder: TraceBuilder, message: Message): void => {
  const { code, at } = message
  if (code === CODE.state || code === CODE.stateWithoutAction) onState(source, builder, message)
  else if (code === CODE.stuttering) builder.stutter(at)
  else if (code === CODE.backToState) onBackToState(source, builder, message)
  else if (code === CODE.invariantViolatedInitial || code === CODE.propertyViolatedInitial) {
    onInitialViolation(source, builder, message)
  } else if (FINDINGS.has(code)) builder.finding(message.body)
}

const unfinished = (source: Source): LockstepError => {
  const message = 'TLC began and did not finish, so that a part of the trace may be missing'
  return source.error(source.text.length, message, TRUNCATED)
}

/**
 * All traces in the output of `tlc2.TLC -tool`, in order; none if TLC found nothing, several with `-continue`. What the
 * specification prints between messages is passed over.
 * @param from where the text begins in its file
 * @throws LockstepError (exit 2) `bad-tlc-trace` for text that holds no message or is cut off, `tla-*` for a bad value
 */
export const parseToolTraces = (text: string, from: Place = {}): Trace[] => {
  const source = new Source(text, from)
  const builder = new TraceBuilder(source)
  const codes = new Set<number>()
  for (const message of messages(source)) {
    onMessage(source, builder, message)
    codes.add(message.code)
  }
  if (codes.size === 0) {
    throw source.error(0, 'the text holds no message of TLC', 'give the output of a run with -tool')
  }
  builder.finish()
  if (codes.has(CODE.starting) && !codes.has(CODE.finished)) throw unfinished(source)
  return builder.traces
}

/** A line of what TLC prints without `-tool`, and where it begins. */
interface Line {
  readonly text: string
  readonly at: number
}

const linesOf = (text: string): Line[] => {
  let at = 0
  return text.split('\n').map((line) => {
    const found = { text: line.replace(/\r$/, ''), at }
    at += line.length + 1
    return found
  })
}

/** Lines that only a part of a trace has. */
const PLAIN_REMAINS =
  /^\s*\/\\ \w+ = |\bState \d|\bStuttering\b|\bBack to state\b|: <.* of module \w+>\s*$|<Initial predicate>/

/** Reads what TLC prints without `-tool`, a line at a time. */
class PlainReader {
  readonly #source: Source
  readonly #builder: TraceBuilder
  readonly #lines: readonly Line[]
  #next = 0
  #variables: ReadonlySet<string> = new Set()

  constructor(source: Source, builder: TraceBuilder) {
    this.#source = source
    this.#builder = builder
    this.#lines = linesOf(source.text)
  }

  read(): void {
    for (let line = this.#lines[this.#next]; line !== undefined; line = this.#lines[this.#next]) {
      this.#next += 1
      this.#line(line)
    }
  }

  /** The state that begins at the next line, up to an empty one. */
  #state(): { values: Map<string, TlaValue>; at: number } {
    const first = this.#next
    while ((this.#lines[this.#next]?.text.trim() ?? '') !== '' && !this.#isHeader()) this.#next += 1
    const at = this.#lines[first]?.at ?? this.#source.text.length
    const end = this.#lines[this.#next]?.at ?? this.#source.text.length
    const values = stateOrNothing(this.#source, this.#source.text.slice(at, end), at)
    this.#variables = new Set([...this.#variables, ...values.keys()])
    return { values, at }
  }

  #isHeader(): boolean {
    return /^(?:State \d+: |Back to state |Error: |Finished )/.test(this.#lines[this.#next]?.text ?? '')
  }

  #line({ text, at }: Line): void {
    const [, number, step] = /^State (\d+): (?:<(.*)>|Stuttering)\s*$/.exec(text) ?? []
    const [, back, action = ''] = /^Back to state (\d+)(?:: <(.*)>)?\s*$/.exec(text) ?? []
    const error = /^Error: (.*)$/.exec(text)?.[1]
    if (number !== undefined && step !== undefined) {
      this.#builder.state(Number(number), stepOf(step), this.#state().values, at)
    } else if (number !== undefined) this.#builder.stutter(at)
    else if (back !== undefined) this.#builder.loop(Number(back), stepOf(action).action, at)
    else if (error !== undefined) this.#error(error, at)
    else this.#elsewhere(text, at)
  }

  #error(message: string, at: number): void {
    if (/ is violated by the initial state:\s*$/.test(message)) {
      this.#builder.finding(message)
      const { values, at: begins } = this.#state()
      if (values.size === 0) throw this.#source.error(at, 'expected the initial state after this line', TRUNCATED)
      this.#builder.state(1, {}, values, begins)
      this.#builder.finish()
    } else if (/ is violated\.|^Deadlock reached|^Temporal properties were violated/.test(message)) {
      this.#builder.finding(message)
    }
  }

  #elsewhere(text: string, at: number): void {
    const variable = /^(\w+) = /.exec(text)?.[1]
    if (!PLAIN_REMAINS.test(text) && (variable === undefined || !this.#variables.has(variable))) return
    const message = 'a part of a trace, but not after the line `State N: <action>` that belongs to it'
    throw this.#source.error(at, message, DAMAGED)
  }
}

/** Does a text look like what TLC prints without `-tool`? */
export const isPlainOutput = (text: string): boolean =>
  /^TLC2 Version |\bState \d+: |^Error: .* is violated by the initial state:/m.test(text)

/**
 * All traces in what `tlc2.TLC` prints without `-tool`, also with `-difftrace`, in order.
 * @param from where the text begins in its file
 * @throws LockstepError (exit 2) `bad-tlc-trace` for a part of a trace that is not understood or cut off, `tla-*` for a bad value
 */
export const parsePlainTraces = (text: string, from: Place = {}): Trace[] => {
  const source = new Source(text, from)
  const builder = new TraceBuilder(source)
  new PlainReader(source, builder).read()
  builder.finish()
  if (/^(?:TLC2 Version |Starting\.\.\. )/m.test(text) && !/^Finished in /m.test(text)) throw unfinished(source)
  return builder.traces
}

/** A block `STATE_n == ...` and the comment before it, if there is one. */
interface Block {
  readonly number: number
  readonly comment: string
  readonly body: string
  readonly at: number
}

const BLOCK = /^(?:\\\*[ \t]*(?<comment>.*)\r?\n)?STATE_(?<number>\d+) ==/gm

const blocks = (source: Source, end: number): Block[] => {
  const heads = [...source.text.slice(0, end).matchAll(BLOCK)]
  return heads.map((head, i) => {
    const at = head.index + head[0].length
    const body = source.text.slice(at, heads[i + 1]?.index ?? end)
    return { number: Number(head.groups?.['number']), comment: head.groups?.['comment'] ?? '', body, at }
  })
}

/**
 * The trace in a file that `tlc2.TLC -simulate file=X` wrote. TLC 2.18 does not write action names there; where a newer one
 * leaves `\* <name line ...>` above a state, they are read.
 * @param from where the text begins in its file
 * @throws LockstepError (exit 2) `bad-tlc-trace` for text of another kind or cut off, `tla-*` for a bad value
 */
export const parseSimulationTrace = (text: string, from: Place = {}): Trace => {
  const source = new Source(text, from)
  if (!/^\s*-{4,} *MODULE .*-{4,}/.test(text)) {
    throw source.error(0, 'expected a MODULE line', 'give a file that TLC wrote with -simulate file=NAME')
  }
  const end = text.search(/^={4,}/m)
  if (end < 0) throw source.error(text.length, 'the module has no ==== line at its end', TRUNCATED)
  const builder = new TraceBuilder(source)
  for (const { number, comment, body, at } of blocks(source, end)) {
    builder.state(number, stepOf(/^<(.*)>/.exec(comment)?.[1] ?? ''), source.state(body, at), at)
  }
  builder.finish()
  const [trace] = builder.traces
  if (!trace)
    throw source.error(0, 'the module holds no STATE_1', 'give a file that TLC wrote with -simulate file=NAME')
  return trace
}

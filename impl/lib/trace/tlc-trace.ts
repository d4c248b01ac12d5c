/** Traces as TLC writes them: the messages of `-tool` mode, and the files of `-simulate file=X`. */

import type { LockstepError, Place } from '../error.ts'
import { badInput } from '../error.ts'
import { parseState } from './parse.ts'
import { placeAt } from './place.ts'
import type { Trace, TraceState } from './trace.ts'
import type { TlaValue } from './value.ts'

/** Message codes, as tlaplus `tlc2/output/EC.java` defines them; `MP.java` has their texts. */
const CODE = {
  invariantViolatedInitial: 2107,
  propertyViolatedInitial: 2108,
  invariantViolated: 2110,
  actionPropertyViolated: 2112,
  deadlock: 2114,
  temporalPropertyViolated: 2116,
  backToState: 2122,
  state: 2217,
  stuttering: 2218,
} as const

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

function* messages(source: Source): Generator<Message> {
  const { text } = source
  const start = /^@!@!@STARTMSG (\d+):\d+ @!@!@\r?\n/gm
  for (let found = start.exec(text); found; found = start.exec(text)) {
    const code = found[1] ?? ''
    // the line break before the end mark is found too when the body is empty
    const end = text.indexOf(`\n@!@!@ENDMSG ${code} @!@!@`, start.lastIndex - 1)
    if (end < 0) throw source.error(found.index, `the message ${code} that begins here has no end`, TRUNCATED)
    yield { code: Number(code), body: text.slice(start.lastIndex, Math.max(end, start.lastIndex)), at: start.lastIndex }
    start.lastIndex = end
  }
}

/** Name and arguments out of `name line 3, col 5 to line 4, col 9 of module M` or `name(args) line ...`. */
const stepOf = (location: string): Pick<TraceState, 'action' | 'args'> => {
  const found = /^(\S+?)(?:\((.*)\))? line \d+, col \d+ to line \d+, col \d+ of module /.exec(location)
  if (found?.[1] === undefined) return {}
  return { action: found[1], ...(found[2] === undefined ? {} : { args: { args: found[2] } }) }
}

const propertyOf = (message: string): { property?: string } => {
  const name = /^(?:Invariant|Action property|Property) (\S+) is violated/.exec(message)?.[1]
  if (name !== undefined) return { property: name }
  return message.startsWith('Deadlock') ? { property: 'Deadlock' } : {}
}

const sameVariables = (values: ReadonlyMap<string, TlaValue>, vars: readonly string[]): boolean =>
  values.size === vars.length && vars.every((name) => values.has(name))

/** Puts traces together from messages in the order in which TLC sends them. */
class TraceBuilder {
  readonly #source: Source
  readonly traces: Trace[] = []
  #meta: Record<string, string> = {}
  #states: TraceState[] = []
  #vars: readonly string[] = []

  constructor(source: Source) {
    this.#source = source
  }

  /** Ends the trace that is under way, if one is. */
  finish(end: { loop?: number; action?: string } = {}): void {
    if (this.#states.length === 0) return
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
      throw this.#source.error(
        at,
        `expected state ${expected}, found state ${number}`,
        'a part of the trace is missing',
      )
    }
    if (number === 1) this.#vars = [...values.keys()]
    if (!sameVariables(values, this.#vars)) {
      const message = `state ${number} has other variables than state 1`
      throw this.#source.error(at, message, 'run TLC without -difftrace: every state has to be complete')
    }
    this.#states.push({ ...step, values })
  }

  /** The trace goes back to the state of this number. */
  loop(number: number, action: string | undefined, at: number): void {
    if (number < 1 || number > this.#states.length) {
      throw this.#source.error(at, `the trace goes back to state ${number}, which it does not have`, TRUNCATED)
    }
    this.finish({ loop: number - 1, ...(action === undefined ? {} : { action }) })
  }

  stutter(at: number): void {
    if (this.#states.length === 0) throw this.#source.error(at, 'stuttering, but no state before it', TRUNCATED)
    this.finish({ loop: this.#states.length - 1 })
  }
}

const onState = (source: Source, builder: TraceBuilder, { body, at }: Message): void => {
  const header = /^\s*(\d+): <(.*)>[ \t\r]*(?:\n|$)/.exec(body)
  if (!header) throw source.error(at, 'expected `N: <action>` and the state', 'this is not the output of TLC')
  const skipped = header[0].length
  const values = source.state(body.slice(skipped), at + skipped)
  builder.state(Number(header[1]), stepOf(header[2] ?? ''), values, at)
}

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
  switch (message.code) {
    case CODE.state:
      onState(source, builder, message)
      return
    case CODE.stuttering:
      builder.stutter(message.at)
      return
    case CODE.backToState:
      onBackToState(source, builder, message)
      return
    case CODE.invariantViolatedInitial:
    case CODE.propertyViolatedInitial:
      onInitialViolation(source, builder, message)
      return
    default:
      if (FINDINGS.has(message.code)) builder.finding(message.body)
  }
}

/**
 * All traces in the output of `tlc2.TLC -tool`, in order; none if TLC found nothing, several with `-continue`. Text outside
 * of messages is passed over.
 * @param from where the text begins in its file
 * @throws LockstepError (exit 2) `bad-tlc-trace` for text that holds no message or is cut off, `tla-*` for a bad value
 */
export const parseToolTraces = (text: string, from: Place = {}): Trace[] => {
  const source = new Source(text, from)
  const builder = new TraceBuilder(source)
  let count = 0
  for (const message of messages(source)) {
    onMessage(source, builder, message)
    count += 1
  }
  if (count === 0) {
    throw source.error(0, 'the text holds no message of TLC', 'give the output of a run with -tool')
  }
  builder.finish()
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

/**
 * One event of a log as it was written, whatever the format: NDJSON, version 1, is described in docs/log-format.md; ftrace
 * text becomes the same. Nothing of a model is known here.
 */

import { z } from 'zod'
import type { Json } from './json-codec.ts'
import { keyTwice } from '../text/json.ts'
import type { Order } from './orders.ts'
import { ORDERS } from './orders.ts'

export type { Order } from './orders.ts'
export { ORDERS } from './orders.ts'

/** Linux has no more CPUs (NR_CPUS). */
export const MAX_CPU = 4095

const safeValue = z.number().refine((n) => Math.abs(n) <= Number.MAX_SAFE_INTEGER, 'a number beyond 2^53 is not exact')

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.boolean(), safeValue, z.string(), z.null(), z.array(json), z.record(z.string(), json)]),
)

const safe = z.number().refine((n) => Math.abs(n) <= Number.MAX_SAFE_INTEGER, 'is beyond 2^53: write it as seconds')

const text = z.string().min(1)

const eventFields = z.strictObject({
  /** an action of the model; absent: the state was looked at */
  action: text.exactOptional(),
  /** whose step it was, e.g. `vcpu0` */
  thread: text.exactOptional(),
  /** what the step's access returned */
  result: json.exactOptional(),
  /** what is known of the state after it */
  state: z.record(z.string(), json).exactOptional(),
  cpu: z.int().min(0).max(MAX_CPU).exactOptional(),
  /** the lane whose own order is trusted: a CPU, a thread */
  lane: text.exactOptional(),
  seq: z.int().min(0).exactOptional(),
  /** in the log's own unit */
  time: safe.exactOptional(),
  /** when it ended, for events that took time; `time` is when it began */
  end: safe.exactOptional(),
  /** events that were lost before the next one, as ftrace says so; nothing else is then there */
  lost: z.int().positive().exactOptional(),
})

/** An event as a line has it: what `eventFields` reads. */
export interface WrittenEvent {
  /** an action of the model; absent: the state was looked at */
  readonly action?: string
  /** whose step it was, e.g. `vcpu0` */
  readonly thread?: string
  /** what the step's access returned */
  readonly result?: Json
  /** what is known of the state after it */
  readonly state?: Readonly<Record<string, Json>>
  readonly cpu?: number
  /** the lane whose own order is trusted: a CPU, a thread */
  readonly lane?: string
  readonly seq?: number
  /** in the log's own unit */
  readonly time?: number
  /** when it ended, for events that took time, in the same unit; `time` is when it began */
  readonly end?: number
  /** events that were lost before the next one; nothing else is then there */
  readonly lost?: number
}

/** Something that a log says; `line` counts from 1. A `cpu` is its `lane`. */
export type LogEvent = Omit<WrittenEvent, 'cpu'> & { readonly line: number }

const LOST_ALONE = 'nothing can be claimed where events were lost: a line of its own for each'
const RESULT_ALONE = 'the result of which action? name it'

/** Claims that do not go together: one of them would be dropped without a word. */
export const eventSchema = eventFields
  .refine(({ lost, action, result, state }) => lost === undefined || (action ?? result ?? state) === undefined, {
    path: ['lost'],
    message: LOST_ALONE,
  })
  .refine(({ action, result }) => result === undefined || action !== undefined, {
    path: ['result'],
    message: RESULT_ALONE,
  })
  // refinements are not in a JSON schema by themselves
  .meta({
    dependentRequired: { result: ['action'] },
    dependentSchemas: { lost: { properties: { action: false, result: false, state: false } } },
  })

const headerSchema = z.strictObject({
  lockstep: z.literal('log'),
  version: z.literal(1),
  /** the model or design that it is thought to be a log of */
  model: z.string().exactOptional(),
  order: z.enum(ORDERS).exactOptional(),
  /** actions that may have happened without being in the log; `any` of them */
  unlogged: z.union([z.literal('any'), z.array(z.string())]).exactOptional(),
})

/** What the first line of an NDJSON log may say about the others. */
export interface LogHeader {
  readonly lockstep: 'log'
  readonly version: 1
  /** the model or design that it is thought to be a log of */
  readonly model?: string
  readonly order?: Order
  /** actions that may have happened without being in the log; `any` of them */
  readonly unlogged?: 'any' | readonly string[]
}

/** A line that is not an event. */
export interface BadLine {
  readonly line: number
  readonly column: number
  readonly message: string
  readonly hint?: string
  /** the line itself, where a reader has to see it; whoever prints it escapes it */
  readonly quoted?: string
  /** the line is an event, but none that the model can have; else the line itself is wrong */
  readonly code?: 'not-of-the-model'
}

/** Is a line, or what it was taken for, wrong? */
export const isBadLine = (item: object): item is BadLine => 'message' in item && 'column' in item

/** JSON schema of a line, for documents and editors. */
export const lineJsonSchema = (): unknown =>
  z.toJSONSchema(z.union([headerSchema, eventSchema]), { target: 'draft-2020-12' })

const KEYS = new Set(Object.keys(eventFields.shape))

const isText = (value: unknown): boolean => value === undefined || (typeof value === 'string' && value !== '')
const isCount = (value: unknown, from: number, to = Number.MAX_SAFE_INTEGER): boolean =>
  value === undefined || (Number.isInteger(value) && (value as number) >= from && (value as number) <= to)
const isTime = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER)

/** Are all the numbers in a value exact? */
export const isExact = (value: unknown): boolean =>
  typeof value === 'number'
    ? isTime(value)
    : typeof value !== 'object' || value === null || Object.values(value).every(isExact)

/** No value of a model is nested half as deeply. */
const DEEPEST = 64
/** Lines that are shorter cannot be nested more deeply: each level takes two characters. */
const LONG = 2 * DEEPEST

const [OPEN_LIST, OPEN] = [91, 123] as const

/** Has a text so many brackets that it may be nested too deeply? It costs far less than to look at the value. */
const mayBeDeep = (text: string): boolean => {
  if (text.length <= LONG) return false
  let opened = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === OPEN || code === OPEN_LIST) opened += 1
  }
  return opened > DEEPEST
}

/**
 * Is a value nested too deeply? It does not look further than that: what calls itself for every level ends the process at
 * some thousand of them.
 */
export const isDeep = (value: unknown, left = DEEPEST): boolean => {
  if (left < 0) return true
  if (typeof value !== 'object' || value === null) return false
  for (const key in value) if (isDeep((value as Record<string, unknown>)[key], left - 1)) return true
  return false
}

/** What is said of a value that is. */
export const TOO_DEEP = `nested more than ${DEEPEST} deep`

/**
 * The schema again, for what JSON.parse has made: what passes here passes there (a test compares them). A hundred thousand
 * events a second cannot each wait for an error message that nobody needs.
 */
export const isEvent = (value: unknown): value is WrittenEvent => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  for (const key in value) if (!KEYS.has(key)) return false
  const { action, thread, result, state, cpu, lane, seq, time, end, lost } = value as Record<string, unknown>
  return (
    isText(action) &&
    isText(thread) &&
    isText(lane) &&
    isCount(cpu, 0, MAX_CPU) &&
    isCount(seq, 0) &&
    isCount(lost, 1) &&
    isTime(time) &&
    isTime(end) &&
    isExact(result) &&
    isExact(state) &&
    (result === undefined || action !== undefined) &&
    (lost === undefined || (action === undefined && state === undefined)) &&
    (state === undefined || (typeof state === 'object' && state !== null && !Array.isArray(state)))
  )
}

const whyNotJson = (text: string): string | undefined => {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const TOKEN = 'Unexpected token'

/**
 * Where a line stops being JSON. V8 gives no position with an unexpected token, but a piece of the line: the token is the end
 * of the shortest beginning that has one too.
 */
const notJson = (text: string, why: string): { readonly column: number; readonly message: string } => {
  const [, position] = /position (\d+)/.exec(why) ?? []
  const at = position === undefined ? text.length : Number(position)
  if (!why.startsWith(TOKEN)) {
    const message = at >= text.length ? 'the line ends in the middle of its JSON' : `not JSON: ${why}`
    return { column: at + 1, message }
  }
  let [low, high] = [0, text.length]
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if (whyNotJson(text.slice(0, middle))?.startsWith(TOKEN) === true) high = middle
    else low = middle
  }
  return { column: high, message: `not JSON: unexpected ${JSON.stringify(text.charAt(high - 1))}` }
}

/** Place of a key in a line, for an error about it; JSON itself says only that it is there. */
const columnOf = (text: string, path: readonly PropertyKey[]): number => {
  let at = 0
  for (const key of path) {
    const next = typeof key === 'number' ? at : text.indexOf(JSON.stringify(key), at)
    if (next < 0) break
    at = next
  }
  return at + 1
}

const asEvent = ({ cpu, ...event }: WrittenEvent, line: number): LogEvent =>
  cpu === undefined || event.lane !== undefined ? { line, ...event } : { line, ...event, lane: `cpu${cpu}` }

const lateHeader = (line: number): BadLine => ({
  line,
  column: 1,
  message: 'a header after the first line',
  hint: 'validate one log at a time',
})

/** Parses one line of NDJSON: the header, if it is the first one, or an event. */
export const parseLine = (text: string, line: number): LogEvent | { readonly header: LogHeader } | BadLine => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { line, ...notJson(text, why), hint: 'one JSON object a line; docs/log-format.md' }
  }
  if (mayBeDeep(text) && isDeep(value)) {
    return { line, column: 1, message: TOO_DEEP, hint: 'docs/log-format.md has the format' }
  }
  const twice = keyTwice(text, value)
  if (twice !== undefined) {
    const { at, message } = twice
    return { line, column: at + 1, message, hint: 'write each key once: which of the two is meant?' }
  }
  if (isEvent(value)) return asEvent(value, line)
  const isHeader = typeof value === 'object' && value !== null && Object.hasOwn(value, 'lockstep')
  const parsed = (isHeader ? headerSchema : eventSchema).safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue?.path ?? []
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : []
    const where = [...path, ...unknown.slice(0, 1)]
    return {
      line,
      column: columnOf(text, where),
      message: `${where.length === 0 ? 'the line' : where.map(String).join('.')}: ${issue?.message ?? 'not an event'}`,
      hint: 'docs/log-format.md has the format',
    }
  }
  if ('lockstep' in parsed.data) {
    return line === 1 ? { header: parsed.data } : lateHeader(line)
  }
  return asEvent(parsed.data, line)
}

/** Parses one line of NDJSON that is not the first one. */
export const parseEvent = (text: string, line: number): LogEvent | BadLine => {
  const parsed = parseLine(text, line)
  return 'header' in parsed ? lateHeader(line) : parsed
}

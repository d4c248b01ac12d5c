/**
 * The text that tracers print, a line at a time: `trace` and `trace_pipe` of ftrace, `trace-cmd report`, `perf script`.
 * Markers, which a developer adds to the code, are events as they are; what a tracepoint means is for a map to say.
 * docs/log-format.md has the format for people.
 */

import type { BadLine, LogEvent } from './event.ts'
import { isBadLine, isDeep, isExact, MAX_CPU, TOO_DEEP } from './event.ts'
import type { Json } from './json-codec.ts'
import { keyTwice } from '../text/json.ts'

/** A tracepoint's line, taken apart. */
export interface TraceLine {
  readonly line: number
  /** name of the task, e.g. `CPU 0/KVM`; empty if it is not printed */
  readonly task: string
  /** of the task; absent if it is not printed */
  readonly pid?: number
  readonly cpu: number
  /** nanoseconds; where the trace clock has no seconds, what it counts */
  readonly time: number
  /** without its system: `kvm_entry` */
  readonly event: string
  readonly payload: string
}

/** What a map makes of a tracepoint. */
export type Mapped =
  { readonly ignored: true } | Pick<LogEvent, 'action' | 'thread' | 'result' | 'state'> | BadLine | undefined

/** What a map makes of a line. */
export type Mapper = (trace: TraceLine) => Mapped

/** A line that is no event: one that was not understood or that no map has, or one that says nothing of the model. */
export type Skipped =
  | { readonly unmapped: string | undefined }
  /** the tracepoint that a map leaves out; `undefined` for comments, headers and empty lines */
  | { readonly ignored: string | undefined }

export type FtraceItem = LogEvent | Skipped | BadLine

export const isSkipped = (item: FtraceItem): item is Skipped => 'unmapped' in item || 'ignored' in item

/** Nothing before an event is longer; it bounds what the patterns below can do to a long line. */
const MAX_PREFIX = 160

/** CPU, irq flags if there are any, and time: the part that all formats have, after the task and before the event. */
const STAMP = /\[(\d{1,9})\]\s+(?:([.#A-Za-z0-9]{4,8})\s+)?(\d+)(?:\.(\d{1,9}))?:\s/
/** Task and pid, joined by `-` in ftrace, apart in perf; `pid/tid`; a TGID column; flags, where they stand before the CPU. */
const TASK = /^\s*(?:(.*?)[-\s]\s*)?(\d+)(?:\/\d+)?\s*(?:\(\s*[-\d]+\)\s*)?(?:(?=\d*[^\d\s])[.#A-Za-z0-9]{4,8}\s*)?$/
/** The period that perf may print, and the event with or without its system. */
const EVENT = /^\s*(?:\d+\s+)?(?:([\w.-]+):)?([\w.-]+):(?:\s+|$)/
/**
 * A marker after up to three names that end in a colon: function, perhaps `[kvm]`, `bpf_trace_printk`, `tracing_mark_write`, event;
 * and the raw fields of `print`.
 */
const MARKER =
  /^\s*(?:\d+\s+)?(?:[^\s:]*(?::[^\s:]+)?(?: \[[\w-]+\])?:\s+){0,3}(?:ip=0x[\da-f]+ buf=)?lockstep:(?:\s+|$)/

/** What somebody meant as a marker, wherever it is and however it is written: whatever has that must be one, or nothing is read. */
const MEANT = /lockstep\s*:/i
/** More than what of it may be in one line, and the rest in the next. */
const MEANT_LENGTH = 9

/** Lines of an event in which something is missing or added that makes a lane, a time or an event unknown. */
interface Variant {
  readonly pattern: RegExp
  readonly what: string
  readonly instead: string
}

const VARIANTS: readonly Variant[] = [
  {
    pattern: /^\s*\S.{0,60}?[-\s]\d+\s+\d+[.#a-zA-Z0-9]{4,6}\s+\d+(?:\.\d+)?(?:us)?\s*[+!#*@$]?\s*:/,
    what: 'a line of the latency format',
    instead: 'trace-cmd report without -l; for the tracer, echo 0 > options/latency-format',
  },
  {
    pattern: /^\s*(?:\S.{0,80}\s)?\[\d{1,9}\]\s+(?:[.#A-Za-z0-9]{4,8}\s+)?\d+(?:\.\d+)?:?\s*\(\+\d+\)/,
    what: 'a line with the difference to the one before',
    instead: 'trace-cmd report without --ts-diff',
  },
  {
    pattern: /^\s*\S.{0,60}?\s\[\d{1,9}\]\s+(?:[.#A-Za-z0-9]{4,8}\s+)?\d+\.\d+:\s+(?:[\w.-]+:)?[\w.-]+:/,
    what: 'a line without the pid of its task',
    instead: 'trace-cmd report, or perf script -F comm,tid,cpu,time,event,trace',
  },
  {
    pattern: /^\s*\S.{0,60}?[-\s]\d+\s+(?:[.#A-Za-z0-9]{4,8}\s+)?\d+\.\d+:\s+(?:\d+\s+)?(?:[\w.-]+:)?[\w.-]+:/,
    what: 'a line without its CPU',
    instead: 'trace-cmd report, or perf script -F comm,tid,cpu,time,event,trace',
  },
]

/** Keys that only a marker has, at the beginning of a line or after others. */
const CONTINUATION = /^[>\s]*(?:thread|result|seq|time|state\.[^\s=]+)=/

/** Lines that tracers print by themselves: stacks, and the function graph. */
const OWN_LINES = /^\s*(?:=>|\d+\)|<)/

const LOST = /^\s*CPU:(\d{1,9}) \[(?:LOST (?:(\d+) )?EVENTS|(?:(\d+) )?EVENTS DROPPED)\]/
const PERF_LOST = /^\s*(?:\S+:\s+){0,2}PERF_RECORD_LOST(?:_SAMPLES)? lost (\d+)/
const PERF_LOST_SHORT = /^LOST (\d+) events!/
/** What ftrace says when a CPU's first events were overwritten. */
const BUFFER_STARTED = /^#+ CPU (\d{1,9}) buffer started #+/
const BUFFER_ENTRIES = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)\b/
/** Headers of trace-cmd. */
const HEADER = /^(?:cpus=\d+|version = \d+|CPU \d+ is empty|trace\.dat version .*)\s*$/

const bad = (line: number, column: number, message: string, hint = 'docs/log-format.md has the format'): BadLine => ({
  line,
  column,
  message,
  hint,
})

const CPU_HINT = 'is the line damaged? Mend it, or take it out'

const UNSTAMPED_HINT =
  'mend the line or take it out; trace without latency-format, perf script with -F comm,tid,cpu,time,event,trace'
const MARKER_HINT = 'mend the line or take it out; docs/log-format.md, Markers'

/** What is to be before a marker. */
const UNSTAMPED = 'TASK-PID [CPU] SECONDS: EVENT:'
const NAMES = 'at most three names that end in a colon'
const ALONE = `a line of its own and nothing but ${UNSTAMPED}`

/** A marker that is not where one is looked for: what it says would be dropped, and the log would pass without it. */
const stray = (text: string, line: number, from: number, expected: string, hint: string): BadLine | undefined => {
  const found = MEANT.exec(text.slice(from))
  if (found === null) return undefined
  const [written] = found
  const at = from + found.index
  const refused = (message: string): BadLine => bad(line, at + 1, message, hint)
  if (written !== 'lockstep:') {
    const word = JSON.stringify(written.replace(/\s+/, ' '))
    return refused(`a marker that is not understood: ${word} is no "lockstep:"`)
  }
  const behind = text.charAt(at + written.length)
  if (behind.trim() !== '') return refused('a marker that is not understood: a blank expected behind "lockstep:"')
  return refused(`a marker in a line that is not understood: ${expected} expected before it`)
}

/** A count that JavaScript has exactly. */
const exact = (digits: string): number | undefined => {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : undefined
}

const lost = (line: number, count: string | undefined, cpu?: string): FtraceItem => {
  if (Number(cpu) > MAX_CPU) return bad(line, 1, `CPU ${cpu ?? ''} is beyond ${MAX_CPU}`, CPU_HINT)
  // without a count, at least one
  const number = count === undefined ? 1 : exact(count)
  if (number === undefined) return bad(line, 1, 'the number of lost events is beyond 2^53')
  if (number === 0) return { ignored: undefined }
  return { line, ...(cpu === undefined ? {} : { lane: `cpu${Number(cpu)}` }), lost: number }
}

/** Lost events, in any of the formats; `undefined` if the line is not about them. */
const lostIn = (text: string, line: number): FtraceItem | undefined => {
  const dropped = LOST.exec(text)
  if (dropped !== null) return lost(line, dropped[2] ?? dropped[3], dropped[1])
  const started = BUFFER_STARTED.exec(text)
  if (started !== null) return lost(line, undefined, started[1])
  const entries = BUFFER_ENTRIES.exec(text)
  if (entries !== null) return lost(line, String(Math.max(0, Number(entries[2]) - Number(entries[1]))))
  const short = PERF_LOST_SHORT.exec(text)
  return short === null ? undefined : lost(line, short[1])
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/

/** A value of a marker or of a map's substitution that is a bare word. `undefined`: an integer beyond 2^53. */
export const scalar = (word: string): Json | undefined => {
  if (word === 'true') return true
  if (word === 'false') return false
  if (word === 'null') return null
  return INTEGER.test(word) ? exact(word) : word
}

/** End of the value that begins at `at`: the closing quote, or the next blank. */
const valueEnd = (text: string, at: number): number => {
  const quote = text[at]
  if (quote === "'") {
    const end = text.indexOf("'", at + 1)
    return end < 0 ? text.length : end + 1
  }
  let end = at
  if (quote === '"') {
    for (end = at + 1; end < text.length && text[end] !== '"'; end++) if (text[end] === '\\') end += 1
    return Math.min(end + 1, text.length)
  }
  while (end < text.length && text[end] !== ' ' && text[end] !== '\t') end += 1
  return end
}

/** A value as it is written, e.g. `1`, `IN_GUEST_MODE`, `"a b"`, `'[1, 2]'`; a text if it is wrong. */
const valueOf = (raw: string): { readonly value: Json } | string => {
  const quoted = raw.startsWith("'")
  if (quoted && (raw.length < 2 || !raw.endsWith("'"))) return 'the quote does not end'
  const text = quoted ? raw.slice(1, -1) : raw
  if (!quoted && !/^["[{]/.test(raw)) {
    const value = scalar(raw)
    return value === undefined ? 'the number is beyond 2^53' : { value }
  }
  try {
    const value = JSON.parse(text) as Json
    if (isDeep(value)) return `it is ${TOO_DEEP}`
    return keyTwice(text, value)?.message ?? (isExact(value) ? { value } : 'a number is beyond 2^53')
  } catch {
    return 'it is not JSON'
  }
}

interface Pair {
  readonly key: string
  readonly value: Json
  /** of the key, from 0 */
  readonly at: number
}

/** `key=value` until the end of the text; where it is wrong, the place from 0. */
const pairsIn = (text: string, from: number): readonly Pair[] | { readonly at: number; readonly message: string } => {
  const pairs: Pair[] = []
  const seen = new Set<string>()
  for (let at = from; ;) {
    while (text[at] === ' ' || text[at] === '\t') at += 1
    if (at >= text.length) return pairs
    let equals = at
    while (equals < text.length && !' \t='.includes(text.charAt(equals))) equals += 1
    const key = text.slice(at, equals)
    if (text[equals] !== '=' || key === '')
      return { at, message: `${key === '' ? 'a value' : key}: key=value expected` }
    if (seen.has(key)) return { at, message: `${key}: it is there twice` }
    seen.add(key)
    const end = valueEnd(text, equals + 1)
    const parsed = valueOf(text.slice(equals + 1, end))
    if (typeof parsed === 'string') return { at: equals + 1, message: `${key}: ${parsed}` }
    pairs.push({ key, value: parsed.value, at })
    at = end
    if (at < text.length && text[at] !== ' ' && text[at] !== '\t') return { at, message: `${key}: a blank expected` }
  }
}

/** The reserved keys: what the value must be, in words, and whether it is. */
const RESERVED = new Map<string, { readonly expected: string; readonly fits: (value: Json) => boolean }>([
  ['thread', { expected: 'a name such as vcpu0', fits: (v) => typeof v === 'string' && v !== '' }],
  ['result', { expected: 'a value', fits: () => true }],
  ['seq', { expected: 'a number from 0', fits: (v) => Number.isSafeInteger(v) && Number(v) >= 0 }],
  ['time', { expected: 'an integer', fits: (v) => Number.isSafeInteger(v) }],
])

/** `ACTION key=value ...`, or only pairs: then the state was looked at. */
const marker = (text: string, start: number, stamp: Pick<LogEvent, 'line' | 'lane' | 'time'>): FtraceItem => {
  const { line } = stamp
  const [, action, rest] = /^([^\s=]+)(?=\s|$)()/.exec(text.slice(start)) ?? []
  const from = action === undefined || rest === undefined ? start : start + action.length
  const pairs = pairsIn(text, from)
  if ('message' in pairs) return bad(line, pairs.at + 1, pairs.message)
  const state: [string, Json][] = []
  const own: [string, Json][] = []
  for (const { key, value, at } of pairs) {
    const reserved = RESERVED.get(key)
    if (reserved?.fits(value) === false) return bad(line, at + 1, `${key}: ${reserved.expected} expected`)
    if (reserved !== undefined) own.push([key, value])
    else if (key.startsWith('state.') && key.length > 6) state.push([key.slice(6), value])
    else return bad(line, at + 1, `${key}: unknown key`, `thread, result, seq, time, or state.${key}`)
  }
  if (action === undefined && state.length === 0) return bad(line, start + 1, 'a marker without an action or a state')
  const alone = action === undefined ? pairs.find(({ key }) => key === 'result') : undefined
  if (alone !== undefined) return bad(line, alone.at + 1, 'result: the result of which action? name it')
  return {
    ...stamp,
    ...(action === undefined ? {} : { action }),
    // fromEntries defines the keys and does not assign them: `__proto__` is one as any other
    ...Object.fromEntries(own),
    ...(state.length === 0 ? {} : { state: Object.fromEntries(state) }),
  }
}

const NS = 1e9
/** Beyond half of what is exact, about 52 days, times count from the second of the first event. */
const LATE = Number.MAX_SAFE_INTEGER / 2

/** Reads the times of one log, in nanoseconds; `undefined` for one that cannot be had exactly. */
const newClock = (): ((stamp: Stamped) => number | undefined) => {
  let origin: number | undefined
  return ({ seconds, fraction }) => {
    const whole = exact(seconds)
    // a clock that counts, such as x86-tsc, has no fraction
    if (whole === undefined || fraction === undefined) return whole
    origin ??= whole * NS > LATE ? whole : 0
    const time = (whole - origin) * NS + Number(fraction.padEnd(9, '0'))
    return Number.isSafeInteger(time) ? time : undefined
  }
}

/** What a line says before its event. */
interface Stamped {
  readonly task: string
  readonly pid: string | undefined
  readonly cpu: number
  readonly seconds: string
  readonly fraction: string | undefined
  /** where the time begins, and what is after it */
  readonly timeAt: number
  /** where the CPU's number is */
  readonly cpuAt: number
  readonly restAt: number
}

const stampOf = (text: string): Stamped | undefined => {
  const found = STAMP.exec(text.slice(0, MAX_PREFIX))
  if (found === null) return undefined
  const [whole, cpu = '', , seconds = '', fraction] = found
  const head = text.slice(0, found.index)
  const [, task = '', pid] = TASK.exec(head) ?? []
  if (pid === undefined && head.trim() !== '') return undefined
  const timeAt = found.index + whole.lastIndexOf(seconds + (fraction === undefined ? '' : `.${fraction}`))
  const restAt = found.index + whole.length
  return { task: task.trim(), pid, cpu: Number(cpu), seconds, fraction, timeAt, cpuAt: found.index + 1, restAt }
}

const traced = (
  text: string,
  line: number,
  { task, pid, cpu, restAt }: Stamped,
  time: number,
  mapper: Mapper | undefined,
): FtraceItem => {
  const rest = text.slice(restAt)
  const found = EVENT.exec(rest)
  const event = found?.[2]
  if (found === null || event === undefined) return { unmapped: undefined }
  const id = pid === undefined ? undefined : exact(pid)
  const payload = rest.slice(found[0].length).trimEnd()
  const mapped = mapper?.({ line, task, ...(id === undefined ? {} : { pid: id }), cpu, time, event, payload })
  if (mapped === undefined) return { unmapped: event }
  if ('ignored' in mapped) return { ignored: event }
  // a map knows columns of the payload
  if ('message' in mapped) return { ...mapped, column: restAt + found[0].length + mapped.column }
  return { line, lane: `cpu${cpu}`, time, ...mapped }
}

const WRAPPED_HINT = 'join it to the line before, or send logs as attachments: mail programs wrap lines'

/** What a line that is not understood is all the same: a part of a marker, or an event in a format that says too little. */
const unlike = (text: string, line: number, afterMarker = false): BadLine | undefined => {
  if (CONTINUATION.test(text) || (afterMarker && !OWN_LINES.test(text))) {
    return { ...bad(line, 1, 'a part of a marker without its beginning', WRAPPED_HINT), quoted: text }
  }
  const prefix = text.slice(0, MAX_PREFIX)
  const variant = VARIANTS.find(({ pattern }) => pattern.test(prefix))
  return variant && { ...bad(line, 1, variant.what, `run instead: ${variant.instead}`), quoted: text }
}

/** What the tracer prints for a task whose name it has lost. */
const NAMELESS = '<...>'

const MOST_TASKS = 10_000

/** Names tasks by pid: from a map, and from other lines of the log. */
const newTasks = (given: ReadonlyMap<string, string>): ((stamp: Stamped) => Stamped) => {
  const names = new Map(given)
  return (stamp) => {
    const { task, pid } = stamp
    if (pid === undefined) return stamp
    if (task === NAMELESS || task === '') return { ...stamp, task: names.get(pid) ?? task }
    // a log can name anything: what is kept of it must not grow for ever
    if (names.size < MOST_TASKS || names.has(pid)) names.set(pid, task)
    return stamp
  }
}

/**
 * A reader of one log: times may count from its first event. Without a map, only markers are events.
 * @param tasks names of tasks by pid, for those that the log does not name
 */
export const ftraceReader = (
  mapper?: Mapper,
  tasks: ReadonlyMap<string, string> = new Map(),
): ((text: string, line: number) => FtraceItem) => {
  const timeOf = newClock()
  const named = newTasks(tasks)
  // of the line before: what comes after a marker and is nothing else is the rest of it
  let markedAt = -1
  // the end of the line before, where a marker may begin
  let tail = ''
  const read = (text: string, line: number): FtraceItem => {
    const missing = lostIn(text, line)
    if (missing !== undefined) return missing
    const found = stampOf(text)
    // what looks like an event may be one, of a task with such a name
    if (text.startsWith('#')) return found === undefined ? { ignored: undefined } : { unmapped: undefined }
    if (text.trim() === '' || HEADER.test(text)) return { ignored: undefined }
    const stamp = found && named(found)
    const perf = PERF_LOST.exec(stamp === undefined ? text : text.slice(stamp.restAt))
    if (perf !== null) return lost(line, perf[1], stamp === undefined ? undefined : String(stamp.cpu))
    if (stamp === undefined) {
      const wrong = stray(text, line, 0, UNSTAMPED, UNSTAMPED_HINT) ?? unlike(text, line, markedAt === line - 1)
      return wrong ?? { unmapped: undefined }
    }
    if (stamp.cpu > MAX_CPU) {
      return bad(line, stamp.cpuAt + 1, `CPU ${stamp.cpu} is beyond ${MAX_CPU}`, CPU_HINT)
    }
    const time = timeOf(stamp)
    if (time === undefined) return bad(line, stamp.timeAt + 1, 'the time is beyond 2^53 ns')
    const marked = MARKER.exec(text.slice(stamp.restAt))
    if (marked === null) {
      const item = traced(text, line, stamp, time, mapper)
      // what a map knows may have that text in it
      if (!isSkipped(item) || 'ignored' in item) return item
      const wrong = stray(text, line, stamp.restAt, NAMES, MARKER_HINT)
      return wrong ?? (item.unmapped === undefined ? unlike(text, line) : undefined) ?? item
    }
    markedAt = line
    return marker(text, stamp.restAt + marked[0].length, { line, lane: `cpu${stamp.cpu}`, time })
  }
  return (text, line) => {
    const item = read(text, line)
    const head = text.replace(/^[>\s]+/, '').slice(0, MEANT_LENGTH)
    const wrapped = tail !== '' && !MEANT.test(head) && MEANT.test(tail + head)
    tail = text.trimEnd().slice(-MEANT_LENGTH)
    // the marker that ends a line was seen there
    if (MEANT.test(tail)) tail = ''
    if (isBadLine(item)) return item
    if (wrapped) return { ...bad(line, 1, 'a part of a marker without its beginning', WRAPPED_HINT), quoted: text }
    const meant = MEANT.exec(text)
    if (meant === null) return item
    // left out of a line in which something else was found: a marker is never a part of that
    if (markedAt !== line) return stray(text, line, 0, ALONE, MARKER_HINT) ?? item
    const second = MEANT.exec(text.slice(meant.index + meant[0].length))
    if (second === null) return item
    const column = meant.index + meant[0].length + second.index + 1
    return bad(line, column, 'a second marker in the line', MARKER_HINT)
  }
}

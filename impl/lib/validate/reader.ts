/** From lines to events of a model, in whatever format they are: the one place that knows what is wrong with a line. */

import { given } from '../kernel/given.ts'
import { badInput } from '../kernel/error.ts'
import type { Decoded } from './decode.ts'
import { Clocks } from './decode.ts'
import type { Decoder } from './decode.ts'
import type { BadLine, LogEvent, LogHeader, Order } from './event.ts'
import { isBadLine, parseEvent, parseLine } from './event.ts'
import { firstOf, shown } from '../text/shown.ts'
import { ftraceReader, isSkipped } from './ftrace.ts'
import type { TraceMap } from './map.ts'
import type { Known } from './line-cache.ts'
import { textLike } from './line-cache.ts'
import type { LineReader } from './line-reader.ts'
import { isBlank } from './line-reader.ts'
import type { SeenEvent } from './result.ts'
import type { Lines } from './source.ts'

/** How a log is written: events as JSON, one a line, or the text of a tracer. */
export type Format = 'ndjson' | 'ftrace'

/** How lines are to be read. */
export interface ReaderOptions {
  /** name of the log, for errors */
  readonly file: string
  readonly order?: Order | undefined
  /** told by how the log begins, unless given */
  readonly format?: Format | undefined
  /** what tracepoints mean, for ftrace text */
  readonly map?: TraceMap | undefined
  /** told of the header, and of each event as it was understood, lost ones too */
  readonly listener?: LogListener | undefined
}

/** Who wants to know what the log says. */
export interface LogListener {
  /** called once, before any event, where the log has a header */
  readonly header: (header: LogHeader) => void
  /** called for each event, in the order of the lines */
  readonly event: (event: LogEvent) => void
}

/** An event and where it is. */
export interface Entry {
  readonly line: number
  readonly decoded: Decoded
  /** what it was read from: a line of NDJSON, one that differs in its numbers only, or the event that another format has */
  readonly source: string | Known<Decoded> | LogEvent
  /** events were lost since the one before it: in its lane, or in the log where that is in total order */
  readonly afterGap: boolean
}

/** Names of events that are counted one by one, and that a note has. */
const MOST_NAMES = 100
const MOST_NAMED = 5

const ORDER_HINT = 'sort the log, or --order per-cpu: then only the order within each lane counts'

/** Refuses a line. */
export const refuse = (
  file: string,
  { line, column, message: what, hint, quoted, code: own }: BadLine,
  code = own ?? 'bad-log',
): never => {
  const message = quoted === undefined ? what : `${what}: ${shown(quoted.trim())}`
  throw badInput({ code, message, file, line, column, hint: hint ?? 'docs/log-format.md has the format' })
}

/** The event that a line was understood as, read once more if its text is all that was kept. */
const eventOf = (source: Entry['source'], line: number): LogEvent => {
  if (typeof source !== 'string' && !('bytes' in source)) return source
  const parsed = parseEvent(typeof source === 'string' ? source : textLike(source), line)
  if (isBadLine(parsed)) throw new RangeError(`line ${line} is an event no more`)
  return parsed
}

/** What an entry's line says. */
export const seenEvent = ({ source, line }: Entry): SeenEvent => {
  const { action, thread, lane, result, state } = eventOf(source, line)
  return {
    line,
    action: action ?? null,
    thread: thread ?? null,
    lane: lane ?? null,
    ...given({ result, state }),
  }
}

/** In which lanes events were lost since the last that is there. */
export class Gaps {
  /** lanes with an open gap; after one that names no lane, those without */
  private readonly lanes = new Set<string>()
  private everywhere = false
  /** lanes that a gap has named: they exist, even if nothing else of them is there */
  private readonly mentioned = new Set<string>()

  open(lane: string | undefined): void {
    if (lane !== undefined) this.mentioned.add(lane)
    if (lane === undefined) {
      this.everywhere = true
      this.lanes.clear()
    } else if (this.everywhere) this.lanes.delete(lane)
    else this.lanes.add(lane)
  }

  /** Lanes of which perhaps nothing else is there. */
  get named(): readonly string[] {
    return [...this.mentioned]
  }

  /** Was there a gap before what comes now in the lane? It ends there. */
  close(lane: string): boolean {
    const open = this.lanes.has(lane) !== this.everywhere
    if (this.everywhere) this.lanes.add(lane)
    else this.lanes.delete(lane)
    return open
  }
}

/** Lines that mean nothing to the model, by the event's name. */
class Unmapped {
  private readonly names = new Map<string, number>()

  add(name = 'other lines'): void {
    const before = this.names.get(name)
    // a log can name anything: what is kept of it must not grow for ever
    if (before === undefined && this.names.size >= MOST_NAMES) this.add('other events')
    else this.names.set(name, (before ?? 0) + 1)
  }

  get count(): number {
    return [...this.names.values()].reduce((a, b) => a + b, 0)
  }

  get notes(): string[] {
    if (this.names.size === 0) return []
    const all = [...this.names].sort(([, a], [, b]) => b - a).map(([name, times]) => `${name} (${times})`)
    return [`not mapped: ${firstOf(all, MOST_NAMED).join(', ')}`]
  }
}

/** Told of each event; false: no more of them are wanted; `pause`: not at once. */
export type Take = (entry: Entry) => boolean | 'pause'

/** Reads the lines of one log. */
export class EntryReader {
  header: LogHeader | undefined
  readonly gaps = new Gaps()
  /** places where the log says that events were lost */
  gapCount = 0
  readonly unmapped = new Unmapped()
  private readonly decoder: Decoder
  private readonly lines: LineReader
  private readonly options: ReaderOptions
  private begun = false
  private ftrace: ReturnType<typeof ftraceReader> | undefined
  private clocks: Clocks | undefined
  /** in total order: were events lost since the last one? */
  private lost = false

  constructor(decoder: Decoder, lines: LineReader, options: ReaderOptions) {
    this.decoder = decoder
    this.lines = lines
    this.options = options
  }

  get order(): Order {
    return this.options.order ?? this.header?.order ?? 'total'
  }

  /**
   * Reads a batch; false if no more is wanted, and what is left of the batch if it is not wanted at once.
   * @throws LockstepError (exit 2) `bad-log`, `bad-order` or `not-of-the-model`, with the line, after the events before it
   */
  read(batch: Lines, take: Take): boolean | Lines {
    // how the log begins says what it is; what is no JSON is read as text, and what somebody wants to hear of is parsed
    const asText = !this.begun || this.ftrace !== undefined || this.options.listener !== undefined
    if (asText || batch.bytes === undefined) return this.readLines(batch, take)
    return this.readBytes(batch.firstLine, batch.bytes, take)
  }

  private readLines({ firstLine, lines }: Lines, take: Take): boolean | Lines {
    for (let i = 0; i < lines.length; i++) {
      const more = this.readText(lines[i] ?? '', firstLine + i, take)
      if (more === 'pause') return { firstLine: firstLine + i + 1, lines: lines.slice(i + 1) }
      if (!more) return false
    }
    return true
  }

  private readBytes(firstLine: number, bytes: Uint8Array, take: Take): boolean | Lines {
    for (let at = 0, line = firstLine; at <= bytes.length; line++) {
      const { decoded, end, source } = this.lines.read(bytes, at, line)
      at = end + 1
      if (decoded === undefined) continue
      const more = this.event(this.sound(decoded), source, line, take)
      if (more === false) return false
      if (more === 'pause') return at > bytes.length || { firstLine: line + 1, lines: [], bytes: bytes.subarray(at) }
    }
    return true
  }

  private readText(text: string, line: number, take: Take): ReturnType<Take> {
    if (isBlank(text)) return true
    if (!this.begun && this.begin(text, line)) return true
    const item = this.ftrace?.(text, line)
    if (item === undefined) return this.event(this.decoded(parseEvent(text, line), text), text, line, take)
    if (isSkipped(item)) {
      if ('unmapped' in item) this.unmapped.add(item.unmapped)
      return true
    }
    if (isBadLine(item)) return refuse(this.options.file, item)
    const event = this.decoder.fromC(item)
    return this.event(this.decoded(event), event, line, take)
  }

  private decoded(event: LogEvent | BadLine, text?: string): Decoded {
    return this.sound(isBadLine(event) ? event : this.decoder.decode(event, text))
  }

  private sound(decoded: Decoded | BadLine): Decoded {
    if (!isBadLine(decoded)) return decoded
    const claimed = this.header?.model
    const hint = decoded.hint ?? (claimed === undefined ? undefined : `the log says that it is of ${shown(claimed)}`)
    const foreign = decoded.code === 'not-of-the-model' && hint !== undefined
    return refuse(this.options.file, foreign ? { ...decoded, hint } : decoded)
  }

  /** The first line that is not empty; true if it is a header. */
  private begin(text: string, line: number): boolean {
    this.begun = true
    const { format = /^\s*\{/.test(text) ? 'ndjson' : 'ftrace', map } = this.options
    if (format === 'ftrace') {
      this.ftrace = ftraceReader(map?.apply, map?.tasks)
      return false
    }
    const parsed = parseLine(text, line)
    if (!('header' in parsed)) return false
    this.header = parsed.header
    this.options.listener?.header(parsed.header)
    return true
  }

  private event(decoded: Decoded, source: Entry['source'], line: number, take: Take): ReturnType<Take> {
    const total = this.order === 'total'
    this.clocks ??= new Clocks(total)
    const disorder = this.clocks.check(decoded)
    if (disorder !== undefined) {
      return refuse(this.options.file, { line, column: 1, message: disorder, hint: ORDER_HINT }, 'bad-order')
    }
    this.options.listener?.event(eventOf(source, line))
    if (decoded.lost !== undefined) {
      this.gapCount += 1
      this.lost = true
      this.gaps.open(decoded.lane)
      return true
    }
    const afterGap = total ? this.lost : this.gaps.close(this.laneOf(decoded, line))
    this.lost = false
    return take({ line, decoded, source, afterGap })
  }

  private laneOf({ lane }: Decoded, line: number): string {
    if (lane !== undefined) return lane
    const message = `an event without a lane: ${this.order} order needs cpu, lane or thread`
    return refuse(this.options.file, { line, column: 1, message })
  }
}

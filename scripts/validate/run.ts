/** Holds one log against one model. */

import type { Kernel } from '../../impl/lib/compile.ts'
import { assemble, compile } from '../../impl/lib/compile.ts'
import { badInput } from '../../impl/lib/error.ts'
import { COMMIT } from '../../impl/lib/memory/memory.ts'
import { threadName } from '../../impl/lib/program.ts'
import { View } from '../../impl/lib/view.ts'
import type { Decoded } from '../../impl/lib/validate/decode.ts'
import { Clocks, Decoder } from '../../impl/lib/validate/decode.ts'
import type { ToldStep } from '../../impl/lib/validate/diagnose.ts'
import { diagnose, stepLanes, told } from '../../impl/lib/validate/diagnose.ts'
import type { BadLine, LogEvent, LogHeader, Order } from '../../impl/lib/validate/event.ts'
import { parseLine } from '../../impl/lib/validate/event.ts'
import { Fields } from '../../impl/lib/validate/fields.ts'
import { ftraceReader, isBadLine, isSkipped } from '../../impl/lib/validate/ftrace.ts'
import type { TraceMap } from '../../impl/lib/validate/map.ts'
import type { LogDivergence, Repair, SeenEvent, Validation } from '../../impl/lib/validate/result.ts'
import type { LaneEvent, SearchOptions } from '../../impl/lib/validate/search.ts'
import { search } from '../../impl/lib/validate/search.ts'
import type { Layer, TrackerOptions } from '../../impl/lib/validate/tracker.ts'
import { MAX_STATES, silentStep, Tracker } from '../../impl/lib/validate/tracker.ts'
import type { Model } from '../lib/project.ts'
import { machineOf, near } from '../lib/project.ts'
import { blameSources } from '../prove/run.ts'
import type { Lines } from './lines.ts'

/** How a log is to be read. */
export interface LogOptions {
  /** name of the log, for errors */
  readonly file: string
  readonly order?: Order
  /** actions that may have happened without being in the log; `any` of them */
  readonly unlogged?: 'any' | readonly string[]
  readonly maxStates?: number
  /** ends the validation as incomplete */
  readonly signal?: AbortSignal
  /** seconds */
  readonly timeout?: number
  /** told by how the log begins, unless given */
  readonly format?: Format
  /** what tracepoints mean, for ftrace text */
  readonly map?: TraceMap
  /** told of the header, and of each event as it was understood, lost ones too */
  readonly listener?: LogListener
}

/** Who wants to know what the log says. */
export interface LogListener {
  readonly header: (header: LogHeader) => void
  readonly event: (event: LogEvent) => void
}

export type Format = 'ndjson' | 'ftrace'

/** An event, its text and where it is. */
interface Entry {
  readonly line: number
  readonly text: string
  readonly decoded: Decoded
  /** what the line says, where its text is not NDJSON */
  readonly event?: LogEvent
}

/** The last events are kept for diagnosis, with the states before each. */
const REMEMBERED = 32
/** Events after a rejected one that a repair is tried on. */
const FOLLOWING = 10_000
/** Events before the rejected one that may be at fault. */
const SUSPECTS = 8
const MOST_REPAIRS = 3
/** Names of events that are counted one by one. */
const MOST_NAMES = 100
/** Steps in the diagram. */
const SHOWN = 12

const ORDER_HINT = 'sort the log, or --order per-cpu: then only the order within each lane counts'

const isBad = (value: object): value is BadLine => 'message' in value && 'column' in value

const refuse = (file: string, { line, column, message, hint, code: own }: BadLine, code = own ?? 'bad-log'): never => {
  throw badInput({ code, message, file, line, column, hint: hint ?? 'docs/log-format.md has the format' })
}

/** Reads the event of a line that was understood before. */
const eventOf = (text: string, line: number): LogEvent => {
  const parsed = parseLine(text, line)
  if ('header' in parsed || isBad(parsed)) throw new RangeError(`line ${line} is an event no more`)
  return parsed
}

/** Reads an event, once more if its text is all that was kept. */
const seenEvent = (entry: Entry): SeenEvent => {
  const parsed = entry.event ?? parseLine(entry.text, entry.line)
  const event: Partial<LogEvent> = 'line' in parsed && !isBad(parsed) ? parsed : {}
  return {
    line: entry.line,
    action: event.action ?? null,
    thread: event.thread ?? null,
    lane: event.lane ?? null,
    ...(event.result === undefined ? {} : { result: event.result }),
    ...(event.state === undefined ? {} : { state: event.state }),
  }
}

/** A machine and everything that reading its logs needs; made once for many logs. */
export class Validator {
  readonly model: Model
  private readonly kernel: Kernel
  private readonly fields: Fields
  private readonly view: View
  private readonly decoder: Decoder

  constructor(model: Model) {
    this.model = model
    this.kernel = assemble(compile(machineOf(model)))
    this.fields = new Fields(this.kernel)
    this.view = new View(this.kernel)
    this.decoder = new Decoder(
      this.kernel,
      this.fields,
      (text, line) => {
        const parsed = parseLine(text, line)
        return 'header' in parsed ? { line, column: 1, message: 'a header after the first line' } : parsed
      },
      near,
      (action) => Object.hasOwn(model.protocol.docs.actions, action),
    )
  }

  /** Actions that a log may leave out, as numbers. */
  silentOf({ unlogged: asked, file }: LogOptions, header: LogHeader | undefined): Uint8Array {
    const { actions } = this.kernel
    const silent = new Uint8Array(actions.length)
    // a store buffer drains when it likes, and no system can log it
    const commit = actions.indexOf(COMMIT)
    if (commit >= 0) silent[commit] = 1
    const unlogged = asked ?? header?.unlogged
    if (unlogged === 'any') return silent.fill(1)
    for (const name of unlogged ?? []) {
      const i = actions.indexOf(name)
      // what the header says of steps of another design does not concern this one
      const elsewhere = Object.hasOwn(this.model.protocol.docs.actions, name)
      if (i < 0 && elsewhere && asked === undefined) continue
      if (i < 0) {
        const candidates = near(name, actions)
        throw badInput({
          code: 'unknown-action',
          message: `unlogged: ${this.model.name} has no action ${JSON.stringify(name)}`,
          file,
          hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : 'name actions of the specification',
        })
      }
      silent[i] = 1
    }
    return silent
  }

  /** Validates one log. */
  async validate(batches: AsyncIterable<Lines> | Iterable<Lines>, options: LogOptions): Promise<Validation> {
    const run = new Run(this, this.kernel, this.fields, this.view, this.decoder, options)
    return run.all(batches)
  }
}

/** In which lanes events were lost since the last that is there. */
class Gaps {
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

class Run {
  private readonly validator: Validator
  private readonly kernel: Kernel
  private readonly fields: Fields
  private readonly view: View
  private readonly decoder: Decoder
  private readonly options: LogOptions
  private readonly start = performance.now()
  private header: LogHeader | undefined
  private events = 0
  private gaps = 0
  private explained = 0
  private ftrace: ReturnType<typeof ftraceReader> | undefined
  /** lines that mean nothing to the model, by the event's name */
  private readonly unmapped = new Map<string, number>()

  constructor(validator: Validator, kernel: Kernel, fields: Fields, view: View, decoder: Decoder, options: LogOptions) {
    this.validator = validator
    this.kernel = kernel
    this.fields = fields
    this.view = view
    this.decoder = decoder
    this.options = options
  }

  private get order(): Order {
    return this.options.order ?? this.header?.order ?? 'total'
  }

  private get late(): boolean {
    const { timeout, signal } = this.options
    return signal?.aborted === true || (timeout !== undefined && performance.now() - this.start > timeout * 1000)
  }

  async all(batches: AsyncIterable<Lines> | Iterable<Lines>): Promise<Validation> {
    let tracker: Tracker | undefined
    let clocks: Clocks | undefined
    const lanes = new Map<string, (Entry & { afterGap: boolean })[]>()
    const recent: Entry[] = []
    let rejected: Entry | undefined
    const following: Entry[] = []
    let last: number | undefined
    const gaps = new Gaps()
    let first = true
    outer: for await (const { firstLine, lines } of batches) {
      for (let i = 0; i < lines.length; i++) {
        const text = lines[i] ?? ''
        if (text === '' || /^\s*$/.test(text)) continue
        const line = firstLine + i
        if (first) {
          first = false
          const format = this.options.format ?? (/^\s*\{/.test(text) ? 'ndjson' : 'ftrace')
          const parsed = format === 'ndjson' ? parseLine(text, line) : undefined
          if (format === 'ftrace') this.ftrace = ftraceReader(this.options.map?.apply)
          if (parsed !== undefined && 'header' in parsed) {
            this.header = parsed.header
            this.options.listener?.header(parsed.header)
            continue
          }
        }
        if (tracker === undefined || clocks === undefined) {
          clocks = new Clocks(this.order === 'total')
          tracker = new Tracker(this.kernel, this.trackerOptions())
        }
        const item = this.ftrace?.(text, line)
        if (item !== undefined && isSkipped(item)) {
          if ('unmapped' in item) this.skip(item.unmapped)
          continue
        }
        if (item !== undefined && isBadLine(item)) return refuse(this.options.file, item)
        const decoded = item === undefined ? this.decoder.decode(text, line) : this.decoder.event(item)
        if (isBad(decoded)) return refuse(this.options.file, decoded)
        const disorder = clocks.check(decoded)
        if (disorder !== undefined)
          return refuse(this.options.file, { line, column: 1, message: disorder, hint: ORDER_HINT }, 'bad-order')
        if (this.options.listener !== undefined) this.options.listener.event(item ?? eventOf(text, line))
        if (decoded.lost !== undefined) {
          this.gaps += 1
          tracker.lose()
          gaps.open(decoded.lane)
          continue
        }
        const entry: Entry = { line, text, decoded, ...(item === undefined ? {} : { event: item }) }
        if (rejected !== undefined) {
          following.push(entry)
          if (following.length >= FOLLOWING) {
            last = line
            break outer
          }
          continue
        }
        this.events += 1
        if (this.order !== 'total') {
          const name = decoded.lane
          if (name === undefined) {
            const message = `an event without a lane: ${this.order} order needs cpu, lane or thread`
            return refuse(this.options.file, { line, column: 1, message })
          }
          const lane = lanes.get(name) ?? []
          lane.push({ ...entry, afterGap: gaps.close(name) })
          lanes.set(name, lane)
          continue
        }
        const taken = tracker.take(decoded.observed)
        if (taken === 'explained') {
          if (recent.length >= REMEMBERED) recent.shift()
          recent.push(entry)
          continue
        }
        if (taken === 'limit') {
          this.explained = tracker.explained
          return this.finish('incomplete', null, [
            `more than ${this.options.maxStates ?? MAX_STATES} states at line ${line}`,
          ])
        }
        rejected = entry
      }
      if (this.late && rejected === undefined) {
        this.explained = tracker?.explained ?? 0
        return this.finish('incomplete', null, [`stopped after ${this.events} events`])
      }
    }
    // what ends the reading ends it without an error, and what was not read is not known to be allowed
    if (this.options.signal?.aborted === true && rejected === undefined) {
      this.explained = tracker?.explained ?? 0
      return this.finish('incomplete', null, [`stopped after ${this.events} events`])
    }
    if (this.events === 0 && this.unmapped.size > 0) {
      throw badInput({
        code: 'empty-log',
        message: `nothing in the log means anything to the model, ${this.unmappedNote().join()}`,
        file: this.options.file,
        hint: '--map says what tracepoints mean (spec/PROTOCOL/maps has those of KVM), --format what the log is',
      })
    }
    if (this.events === 0) {
      throw badInput({
        code: 'empty-log',
        message: 'the log has no events: nothing would be validated',
        file: this.options.file,
        hint: 'is it the right file, and was logging on?',
      })
    }
    if (this.order !== 'total') {
      // a lane that lost all its events has none but the gap
      for (const name of gaps.named) if (!lanes.has(name)) lanes.set(name, [])
      return this.partial(lanes, gaps)
    }
    this.explained = tracker?.explained ?? 0
    if (rejected === undefined || tracker === undefined) return this.finish('accepted', null)
    return this.finish('rejected', this.totalDivergence(tracker, rejected, recent, following, last))
  }

  private skip(name = 'other lines'): void {
    const before = this.unmapped.get(name)
    // a log can name anything: what is kept of it must not grow for ever
    if (before === undefined && this.unmapped.size >= MOST_NAMES) this.skip('other events')
    else this.unmapped.set(name, (before ?? 0) + 1)
  }

  private trackerOptions(): TrackerOptions {
    const { maxStates } = this.options
    return {
      silent: this.validator.silentOf(this.options, this.header),
      memory: REMEMBERED,
      ...(maxStates === undefined ? {} : { maxStates }),
    }
  }

  private finish(
    verdict: Validation['verdict'],
    divergence: LogDivergence | null,
    notes: readonly string[] = [],
  ): Validation {
    const { model } = this.validator
    const claimed = this.header?.model
    const other =
      claimed === undefined || claimed === model.name || claimed === `${model.protocol.name}/${model.design}`
        ? []
        : [`the log says that it is of ${claimed}`]
    return {
      ok: verdict === 'accepted',
      model: model.name,
      file: this.options.file,
      accepted: verdict === 'accepted',
      verdict,
      events: this.events,
      explained: this.explained,
      order: this.order,
      unmapped: [...this.unmapped.values()].reduce((a, b) => a + b, 0),
      gaps: this.gaps,
      seconds: (performance.now() - this.start) / 1000,
      divergence,
      notes: [...notes, ...other, ...this.unmappedNote()],
    }
  }

  private unmappedNote(): string[] {
    if (this.unmapped.size === 0) return []
    const most = [...this.unmapped].sort(([, a], [, b]) => b - a).slice(0, 5)
    return [`not mapped: ${most.map(([name, times]) => `${name} (${times})`).join(', ')}`]
  }

  private divergence(
    entry: Entry,
    states: Int32Array,
    count: number,
    repairs: readonly Repair[],
    way: readonly ToldStep[],
  ): LogDivergence {
    const event = seenEvent(entry)
    const { observed } = entry.decoded
    const found = diagnose({
      kernel: this.kernel,
      fields: this.fields,
      view: this.view,
      states,
      count,
      event: observed,
      action: event.action,
      said: event.state,
      sources: blameSources(this.validator.model),
    })
    const thread = this.kernel.compiled.machine.threads[observed.thread]
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
      repairs,
      lanes: stepLanes(way.slice(-SHOWN), rejected),
    }
  }

  private totalDivergence(
    tracker: Tracker,
    rejected: Entry,
    recent: readonly Entry[],
    following: readonly Entry[],
    last: number | undefined,
  ): LogDivergence {
    const { states, history } = tracker
    const way = wayOf(this.kernel, history, states)
    // history and recent both end before the rejected event
    const layers = history.slice(-recent.length)
    const before = recent.slice(-layers.length)
    const events = [...before, rejected, ...following]
    const repairs: Repair[] = []
    const tried = (at: number, order: readonly Entry[]): boolean => {
      const layer = layers[at] ?? { rows: states.rows, count: states.count }
      const again = new Tracker(this.kernel, { ...this.trackerOptions(), memory: 0 })
      again.resume(layer.rows, layer.count)
      return order.every(({ decoded }) => again.take(decoded.observed) === 'explained')
    }
    for (let at = before.length; at >= 0 && at > before.length - SUSPECTS && repairs.length < MOST_REPAIRS; at--) {
      const [a, b] = [events[at], events[at + 1]]
      if (a === undefined) continue
      const upTo = last === undefined ? {} : { upTo: last }
      if (tried(at, events.slice(at + 1))) repairs.push({ kind: 'drop', line: a.line, ...upTo })
      if (b !== undefined && tried(at, [b, a, ...events.slice(at + 2)])) {
        repairs.push({ kind: 'swap', line: a.line, with: b.line, ...upTo })
      }
    }
    return this.divergence(rejected, states.rows, states.count, repairs, way)
  }

  private laneEvents(entries: readonly (Entry & { afterGap: boolean })[]): LaneEvent[] {
    let before = -Infinity
    return entries.map(({ line, decoded, afterGap }) => {
      const { observed, time, end } = decoded
      const gap = afterGap ? { afterGap: true } : {}
      if (this.order !== 'interval') return { observed, line, ...gap, ...(time === undefined ? {} : { guess: time }) }
      if (time === undefined) {
        return refuse(this.options.file, { line, column: 1, message: 'interval order needs the time of each event' })
      }
      if (time < before) {
        const message = `the event begins (${time}) before its predecessor in the lane has ended (${before})`
        return refuse(this.options.file, { line, column: 1, message }, 'bad-order')
      }
      before = end ?? time
      return { observed, line, begin: time, end: before, guess: time, ...gap }
    })
  }

  private async partial(
    byName: ReadonlyMap<string, readonly (Entry & { afterGap: boolean })[]>,
    gaps: Gaps,
  ): Promise<Validation> {
    const entries = [...byName.values()]
    const lanes = entries.map((lane) => this.laneEvents(lane))
    const { maxStates } = this.options
    const options: SearchOptions = {
      silent: this.validator.silentOf(this.options, this.header),
      pause: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return this.late
      },
      openEnds: [...byName.keys()].map((name) => gaps.close(name)),
      ...(maxStates === undefined ? {} : { maxNodes: maxStates }),
    }
    const result = await search(this.kernel, lanes, options)
    this.explained = result.explained
    if (result.verdict === 'accepted') return this.finish('accepted', null)
    if (result.verdict === 'incomplete') {
      return this.finish('incomplete', null, [`stopped after ${result.nodes} nodes of the search`])
    }
    const [first] = result.frontier
    const heads = (first?.positions ?? []).flatMap((at, l) => {
      const entry = entries[l]?.[at]
      return entry === undefined ? [] : [{ entry, lane: l, at }]
    })
    const [head] = heads.sort((a, b) => a.entry.line - b.entry.line)
    if (first === undefined || head === undefined) throw new RangeError('a rejected log without an event that is left')
    const alike = result.frontier.filter(({ positions }) => positions.join() === first.positions.join())
    const states = new Int32Array(alike.length * this.kernel.layout.words)
    alike.forEach(({ state }, i) => {
      states.set(state, i * this.kernel.layout.words)
    })
    const repairs: Repair[] = []
    for (const { entry, lane, at } of heads) {
      const own = lanes[lane] ?? []
      const [a, b] = [own[at], own[at + 1]]
      const other = async (changed: readonly LaneEvent[]): Promise<boolean> => {
        const limits = { ...options, maxNodes: 10 * result.nodes + 10_000 }
        const all = lanes.map((events, l) => (l === lane ? changed : events))
        return (await search(this.kernel, all, limits)).verdict === 'accepted'
      }
      if (repairs.length >= MOST_REPAIRS || this.late || a === undefined) break
      if (await other([...own.slice(0, at), ...own.slice(at + 1)])) repairs.push({ kind: 'drop', line: entry.line })
      if (b !== undefined && (await other([...own.slice(0, at), b, a, ...own.slice(at + 2)]))) {
        repairs.push({ kind: 'swap', line: a.line, with: b.line })
      }
    }
    const way = result.path().map(({ lane, step }) => told(this.kernel, step, lane < 0))
    return this.finish('rejected', this.divergence(head.entry, states, alike.length, repairs, way))
  }
}

/** How one of the states that remained came about: logged and unlogged steps of the last events. */
const wayOf = (kernel: Kernel, history: readonly Layer[], now: Pick<Layer, 'from' | 'via'>): ToldStep[] => {
  const way: ToldStep[] = []
  let row = 0
  for (const { from, via } of [...history, now].reverse()) {
    // within a set unlogged steps lead from row to row; one logged step comes from the set before
    for (;;) {
      const step = via[row] ?? -1
      const before = from[row] ?? -1
      if (before < 0) return way.reverse()
      row = before
      way.push(told(kernel, silentStep(step) ?? step, silentStep(step) !== undefined))
      if (silentStep(step) === undefined) break
    }
  }
  return way.reverse()
}

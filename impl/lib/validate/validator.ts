/** Holds one log against one model. */

import { given } from '../kernel/given.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { compile } from '../kernel/machine/compile.ts'
import { assemble } from '../kernel/machine/tables.ts'
import { badInput, LockstepError } from '../kernel/error.ts'
import { COMMIT } from '../kernel/memory/memory.ts'
import { View } from '../tla/state-codec.ts'
import { Decoder } from './decode.ts'
import type { LogHeader } from './event.ts'
import { Fields } from './json-codec.ts'
import { LineReader } from './line-reader.ts'
import type { Validation } from './result.ts'
import type { LogSubject } from './subject.ts'
import { ByLane } from './lane-judge.ts'
import type { Rejection } from './rejection.ts'
import { divergenceOf } from './diagnose.ts'
import type { Entry, ReaderOptions } from './reader.ts'
import { EntryReader } from './reader.ts'
import { InOrder } from './order-judge.ts'
import type { Batches, Lines } from './source.ts'
import { Source } from './source.ts'

export type { Format, LogListener } from './reader.ts'

/** How a log is to be read. */
export interface LogOptions extends ReaderOptions {
  /** actions that may have happened without being in the log; `any` of them */
  readonly unlogged?: 'any' | readonly string[] | undefined
  readonly maxStates?: number | undefined
  /** ends the validation as incomplete */
  readonly signal?: AbortSignal | undefined
  /** seconds */
  readonly timeout?: number | undefined
  /** seconds that a rejected log waits for what follows, on which repairs are tried; for logs that are still being written */
  readonly patience?: number | undefined
  /** ends a read that waits for input, once no more is wanted */
  readonly stop?: () => void
}

/** Milliseconds after which others get their turn. */
const TURN = 50

/** A machine and everything that reading its logs needs; made once for many logs. */
export class Validator {
  readonly subject: LogSubject
  readonly kernel: Kernel
  readonly fields: Fields
  readonly view: View
  private readonly decoder: Decoder
  private readonly lines: LineReader

  constructor(subject: LogSubject) {
    this.subject = subject
    this.kernel = assemble(compile(subject.machine))
    this.fields = new Fields(this.kernel)
    this.view = new View(this.kernel)
    this.decoder = new Decoder(subject, this.kernel, this.fields)
    this.lines = new LineReader(this.decoder, this.fields)
  }

  /** Actions that a log may leave out, as numbers. */
  silentOf({ unlogged: asked, file }: LogOptions, header: LogHeader | undefined): Uint8Array {
    const { actions } = this.kernel
    const { subject } = this
    const silent = new Uint8Array(actions.length)
    // a store buffer drains when it likes, and no system can log it
    const commit = actions.indexOf(COMMIT)
    if (commit >= 0) silent[commit] = 1
    const unlogged = asked ?? header?.unlogged
    if (unlogged === 'any') return silent.fill(1)
    for (const name of unlogged ?? []) {
      const i = actions.indexOf(name)
      // what the header says of steps of another design does not concern this one
      if (i < 0 && subject.elsewhere.hasAction(name) && asked === undefined) continue
      if (i < 0) {
        throw badInput({
          code: 'unknown-action',
          message: `unlogged: ${subject.name} has no action ${JSON.stringify(name)}`,
          file,
          hint: subject.hint(name, actions, asked === undefined ? 'log' : 'option'),
        })
      }
      silent[i] = 1
    }
    return silent
  }

  /** Validates one log. */
  async validate(batches: Batches, options: LogOptions): Promise<Validation> {
    return new Run(this, new EntryReader(this.decoder, this.lines, options), options).all(batches)
  }
}

/** How the reading of a log ended; an error is that of a line after a rejected one. */
type Ending = 'end' | 'late' | 'enough' | LockstepError

/** What came of a log. */
interface Found extends Pick<Validation, 'verdict' | 'explained' | 'nodes'> {
  readonly rejection?: Rejection
  readonly notes?: readonly string[]
}

/** One log being read, and the answer. */
class Run {
  private readonly validator: Validator
  private readonly options: LogOptions
  private readonly reader: EntryReader
  private readonly start = performance.now()
  /** made for the first event: the header says which one it is */
  private judge: InOrder | ByLane | undefined
  private rejectedAt: number | undefined
  /** since when nobody else had a turn */
  private turn = performance.now()

  constructor(validator: Validator, reader: EntryReader, options: LogOptions) {
    this.validator = validator
    this.options = options
    this.reader = reader
  }

  private get deadline(): number {
    const { timeout } = this.options
    return timeout === undefined ? Infinity : this.start + timeout * 1000
  }

  private readonly late = (): boolean =>
    this.options.signal?.aborted === true || (this.deadline !== Infinity && performance.now() > this.deadline)

  /** Until when to wait for more of the log. */
  private get until(): number {
    const { patience = Infinity } = this.options
    return Math.min(this.deadline, this.rejectedAt === undefined ? Infinity : this.rejectedAt + patience * 1000)
  }

  private readonly take = (entry: Entry): boolean | 'pause' => {
    this.judge ??= this.newJudge()
    const more = this.judge.take(entry)
    return more && this.judge.isSlow && performance.now() > this.turn + TURN ? 'pause' : more
  }

  /** Lets others have their turn: a signal is not heard before. */
  private async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    this.turn = performance.now()
  }

  private newJudge(): InOrder | ByLane {
    const { kernel } = this.validator
    const { file, maxStates } = this.options
    if (this.reader.order !== 'total') return new ByLane(kernel, this.reader.order, file)
    return new InOrder(kernel, { silent: this.silent(), maxStates }, this.late)
  }

  private silent(): Uint8Array {
    return this.validator.silentOf(this.options, this.reader.header)
  }

  private get rejected(): Entry | undefined {
    return this.judge instanceof InOrder ? this.judge.rejected : undefined
  }

  async all(batches: Batches): Promise<Validation> {
    const source = new Source(batches, this.options.stop)
    try {
      return this.result(await this.found(await this.read(source)))
    } finally {
      source.close()
    }
  }

  /** Reads until the log ends, no more is wanted, or it takes too long. */
  private async read(source: Source): Promise<Ending> {
    try {
      for (;;) {
        const batch = await source.next(this.until)
        if (batch === 'late' || batch === 'end') return batch
        this.turn = performance.now()
        for (let rest: boolean | Lines = batch; rest !== true;) {
          rest = this.reader.read(rest, this.take)
          if (rest === false) return 'enough'
          if (rest !== true) await this.pause()
          if (this.rejected !== undefined) this.rejectedAt ??= performance.now()
          else if (this.late()) return 'late'
        }
      }
    } catch (error) {
      // what was found before stands, whatever comes after it
      if (this.rejected === undefined || !(error instanceof LockstepError)) throw error
      return error
    }
  }

  private async found(ending: Ending): Promise<Found> {
    const { judge } = this
    const explained = judge instanceof InOrder ? judge.explained : 0
    // what ends the reading ends it without an error, and what was not read is not known to be allowed
    const cut = ending === 'late' || this.options.signal?.aborted === true
    if (cut && this.rejected === undefined) {
      return { verdict: 'incomplete', explained, notes: [`stopped after ${judge?.events ?? 0} events`] }
    }
    if (judge === undefined) throw this.empty()
    if (judge instanceof ByLane) return this.byLane(judge)
    if (judge.stopped !== undefined) return { verdict: 'incomplete', explained, notes: [judge.stopped] }
    if (judge.rejected === undefined) return { verdict: 'accepted', explained }
    const rejection = judge.rejection(judge.rejected, ending === 'end' && !cut)
    return { verdict: 'rejected', explained, rejection, notes: notesOn(ending) }
  }

  private empty(): LockstepError {
    const { count, notes } = this.reader.unmapped
    const [message, hint] =
      count > 0
        ? [
            `nothing in the log means anything to the model, ${notes.join()}`,
            '--map says what tracepoints mean (spec/PROTOCOL/maps has those of KVM), --format what the log is',
          ]
        : ['the log has no events: nothing would be validated', 'is it the right file, and was logging on?']
    return badInput({ code: 'empty-log', message, file: this.options.file, hint })
  }

  private async byLane(judge: ByLane): Promise<Found> {
    const options = { silent: this.silent(), maxNodes: this.options.maxStates }
    const found = await judge.decide(this.reader.gaps, options, this.late)
    const notes = found.verdict === 'incomplete' ? [`stopped after ${found.nodes} nodes of the search`] : []
    return { ...found, notes }
  }

  private result({ verdict, explained, nodes, rejection, notes = [] }: Found): Validation {
    const { subject } = this.validator
    const { header, order, unmapped, gapCount } = this.reader
    const divergence = rejection === undefined ? null : divergenceOf(this.validator, rejection)
    const claimed = header?.model
    const other =
      claimed === undefined || subject.claims.includes(claimed) ? [] : [`the log says that it is of ${claimed}`]
    return {
      ok: verdict === 'accepted',
      model: subject.name,
      file: this.options.file,
      accepted: verdict === 'accepted',
      verdict,
      events: this.judge?.events ?? 0,
      explained,
      order,
      unmapped: unmapped.count,
      gaps: gapCount,
      seconds: (performance.now() - this.start) / 1000,
      ...given({ nodes }),
      divergence,
      notes: [...notes, ...other, ...unmapped.notes],
    }
  }
}

/** Why a rejected log was not read to its end, where that is its own fault. */
const notesOn = (ending: Ending): string[] => {
  if (!(ending instanceof LockstepError)) return []
  const { line, message } = ending.problem
  return [`reading stopped${line === undefined ? '' : ` at line ${line}`}: ${message}`]
}

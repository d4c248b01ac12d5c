/** Runs TLC: a temporary directory of its own, a Java that dies with us, typed messages, one conclusion. */

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { stopChild } from '../node/children.ts'
import { messageOf } from '../node/failure.ts'
import { installSignalHandlers } from '../node/signals.ts'
import { withTempDir } from '../node/tempdir.ts'
import { writeError, writeOut } from '../ui/output.ts'
import type { TlcTask } from './command.ts'
import { classArchive } from './archive.ts'
import { commandOf, dumpIn, passThroughCommand } from './command.ts'
import { spawnGuarded } from './guard.ts'
import type { TlcMessage } from './messages.ts'
import { codeOf, decode, decodeAll } from './messages.ts'
import type { TlcOutcome } from './outcome.ts'
import { conclude } from './outcome.ts'
import type { RawMessage, ToolItem } from './parser.ts'
import { MESSAGE_COST, ToolParser } from './parser.ts'

/** A task and how it is watched. */
export interface TlcOptions extends TlcTask {
  /** in milliseconds; none unless told */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** told of each message as it comes */
  readonly onMessage?: (message: TlcMessage, raw: RawMessage) => void
  /** lines outside of messages that are kept however many there are of the others */
  readonly keep?: (line: string) => boolean
  /** told of each line outside of messages as it comes, also of those beyond {@link MOST_OUTPUT} */
  readonly onLine?: (line: string) => void
}

/** What a run was and found. Counts are TLC's last words on them, 0 where it had none; they are complete on success. */
export interface TlcRun {
  readonly outcome: TlcOutcome
  /** exit code, message and hint where TLC did not finish its work; absent after success and after a finding */
  readonly problem: LockstepError | undefined
  readonly exitCode: number | null
  /** e.g. `2.18 of 20 March 2023` */
  readonly version: string
  readonly statesGenerated: number
  readonly distinctStates: number
  readonly depth: number
  /** wall time, Java's start included */
  readonly seconds: number
  /** all messages, inner ones before the outer */
  readonly messages: readonly TlcMessage[]
  /** the counterexample: the finding, its states, what follows them */
  readonly trace: readonly RawMessage[]
  /** names of the violated invariants and action properties, `Deadlock`; TLC names no temporal property */
  readonly violated: readonly string[]
  /** lines outside of messages: SANY's, and what the specification prints; the first {@link MOST_OUTPUT} and those to be kept */
  readonly output: readonly string[]
}

/** A specification that prints in every state must not fill our memory: lines, and characters of them. */
export const MOST_OUTPUT = 10_000
export const MOST_OUTPUT_CHARACTERS = 2 ** 24
const MOST_STDERR = 64 * 1024

/** Characters of a line, and of all messages of a run, beyond which it is not TLC that prints: its longest traces are far below. */
const MOST_LINE = 2 ** 24
const MOST_MESSAGES = 2 ** 28

/** Collects what a run says. */
class Listener {
  readonly messages: TlcMessage[] = []
  readonly raw: RawMessage[] = []
  readonly output: string[] = []
  stderr = ''
  /** more came than TLC ever prints: the rest is not listened to */
  flooded = false
  #characters = 0
  #outputCharacters = 0
  readonly #parser = new ToolParser()
  readonly #keep: (line: string) => boolean
  readonly #onMessage: TlcOptions['onMessage']
  readonly #onLine: TlcOptions['onLine']

  constructor({ onMessage, onLine, keep = () => false }: Pick<TlcOptions, 'onMessage' | 'onLine' | 'keep'>) {
    this.#keep = keep
    this.#onMessage = onMessage
    this.#onLine = onLine
  }

  listen(child: ChildProcess): void {
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (this.flooded) return
      this.#take(this.#parser.push(chunk))
      const { line, messages } = this.#parser.held
      this.flooded = line > MOST_LINE || messages + this.#characters > MOST_MESSAGES
      if (this.flooded) stopChild(child)
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr = (this.stderr + chunk).slice(0, MOST_STDERR)
    })
  }

  end(): void {
    if (!this.flooded) this.#take(this.#parser.end())
  }

  #take(items: readonly ToolItem[]): void {
    for (const item of items) {
      if (item.kind === 'message') this.#message(item.message)
      else {
        this.#output(item.line)
        this.#onLine?.(item.line)
      }
    }
  }

  #output(line: string): void {
    const fits = this.output.length < MOST_OUTPUT && this.#outputCharacters + line.length <= MOST_OUTPUT_CHARACTERS
    if (!fits && !this.#keep(line)) return
    this.output.push(line)
    if (fits) this.#outputCharacters += line.length
    else this.#characters += line.length + MESSAGE_COST
  }

  #message(raw: RawMessage): void {
    this.#characters += raw.text.length + MESSAGE_COST
    this.raw.push(raw)
    this.messages.push(...decodeAll(raw))
    this.#onMessage?.(decode(raw), raw)
  }
}

interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stopped: 'timeout' | 'killed' | undefined
}

/** Waits for the child's end, and brings it about when time is up or the caller says so. */
const watch = async (
  child: ChildProcess,
  { timeoutMs, signal }: Pick<TlcOptions, 'timeoutMs' | 'signal'>,
): Promise<Ending> => {
  let stopped: Ending['stopped']
  const stop = (why: 'timeout' | 'killed'): void => {
    stopped ??= why
    stopChild(child)
  }
  const abort = (): void => {
    stop('killed')
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(stop, timeoutMs, 'timeout')
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  try {
    await once(child, 'close')
    return { exitCode: child.exitCode, signal: child.signalCode, stopped }
  } catch (error) {
    const message = `Java could not be started: ${messageOf(error)}`
    const hint = '`lockstep doctor` says what is missing'
    throw environmentFailure({ code: 'java-broken', message, hint }, error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

const TRACE: ReadonlySet<number> = new Set(
  (
    [
      'INVARIANT_VIOLATED_INITIAL',
      'PROPERTY_VIOLATED_INITIAL',
      'INVARIANT_VIOLATED_BEHAVIOR',
      'ACTION_PROPERTY_VIOLATED_BEHAVIOR',
      'DEADLOCK_REACHED',
      'TEMPORAL_PROPERTY_VIOLATED',
      'BEHAVIOR_UP_TO_THIS_POINT',
      'COUNTER_EXAMPLE',
      'STATE_PRINT1',
      'STATE_PRINT2',
      'STATE_PRINT3',
      'BACK_TO_STATE',
    ] as const
  ).map(codeOf),
)

const violatedNames = (messages: readonly TlcMessage[]): string[] =>
  messages.flatMap((m) => {
    if (m.kind === 'invariant-violated' || m.kind === 'property-violated') return [m.name]
    return m.kind === 'deadlock' ? ['Deadlock'] : []
  })

/** The last message of one of these kinds. */
const last = <K extends TlcMessage['kind']>(
  messages: readonly TlcMessage[],
  ...kinds: K[]
): Extract<TlcMessage, { kind: K }> | undefined =>
  messages.findLast((m): m is Extract<TlcMessage, { kind: K }> => (kinds as string[]).includes(m.kind))

const counts = (messages: readonly TlcMessage[]) => {
  const states = last(messages, 'stats', 'progress')
  return {
    version: last(messages, 'version')?.version ?? '',
    statesGenerated: states?.generated ?? last(messages, 'simulation-progress')?.generated ?? 0,
    distinctStates: states?.distinct ?? 0,
    // after a temporal violation TLC gives the depth only in its progress report
    depth: last(messages, 'depth')?.depth ?? last(messages, 'progress')?.depth ?? 0,
  }
}

const summarise = (options: TlcOptions, listener: Listener, ending: Ending, seconds: number): TlcRun => {
  const { specFile, cfgFile, timeoutMs } = options
  const { messages, raw, output, stderr, flooded } = listener
  return {
    ...conclude({ specFile, cfgFile, messages, output, stderr, timeoutMs, flooded, ...ending }),
    ...counts(messages),
    exitCode: ending.exitCode,
    seconds,
    messages,
    trace: raw.filter(({ code }) => TRACE.has(code)),
    violated: violatedNames(messages),
    output,
  }
}

/** A rename where it can be one; else a copy beside the target first, so that no half of it ever has its name. */
const moveFile = (from: string, to: string): void => {
  try {
    renameSync(from, to)
  } catch {
    const partial = `${to}.${process.pid}.partial`
    try {
      copyFileSync(from, partial)
      renameSync(partial, to)
    } finally {
      rmSync(partial, { force: true })
    }
  }
}

/** The graph that was asked for; a success without one is none of TLC's. */
const keepDump = (from: string, to: string): void => {
  if (!existsSync(from)) {
    throw environmentFailure({
      code: 'no-graph',
      message: 'TLC is said to have succeeded, and there is no graph of it: what was run may not be TLC',
      hint: '`lockstep doctor` says which Java and which jar are used',
    })
  }
  moveFile(from, to)
}

/** An archive only saves time: a cache that cannot be written to is no reason to fail. */
const keepArchive = ({ from, to }: { readonly from: string; readonly to: string }): void => {
  try {
    moveFile(from, to)
  } catch {
    // the next process tries again
  }
}

/**
 * Runs TLC on a specification. Whatever TLC finds or fails at is in the result: `problem` says what to tell the user where
 * it did not do its work. Its temporary files are gone afterwards, and so is Java when we are.
 *
 * @throws LockstepError (exit 3) `java-broken` if Java cannot be started at all
 */
export const runTlc = (options: TlcOptions): Promise<TlcRun> =>
  withTempDir('tlc', async (directory) => {
    installSignalHandlers()
    const { program, args } = commandOf(options, directory)
    const archive = classArchive(options, directory)
    const start = performance.now()
    const child = spawnGuarded(program, [...archive.flags, ...args], directory)
    const listener = new Listener(options)
    listener.listen(child)
    const ending = await watch(child, options)
    listener.end()
    const run = summarise(options, listener, ending, (performance.now() - start) / 1000)
    if (options.dump !== undefined && run.outcome === 'success') keepDump(dumpIn(directory), options.dump)
    if (archive.made !== undefined && run.outcome === 'success') keepArchive(archive.made)
    return run
  })

/** TLC as it is, for `lockstep tlc -- ARGS`. */
export interface PassThrough extends Pick<TlcTask, 'java' | 'jar' | 'heapMb' | 'libraryPath'> {
  readonly args: readonly string[]
  /** ours as well unless told */
  readonly output?: 'inherit' | 'pipe'
}

/** How such a run ended. */
export interface PassedThrough {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** the last that it printed, at most {@link MOST_STDERR} characters */
  readonly said: string
}

/** Collects the end of what a child says, and lets it pass on where it is to be seen. */
const overhear = (child: ChildProcess, output: 'inherit' | 'pipe'): (() => string) => {
  let said = ''
  for (const [stream, ours] of [
    [child.stdout, writeOut],
    [child.stderr, writeError],
  ] as const) {
    // what is made fit to be seen is whole lines
    let line = ''
    const decoder = new StringDecoder('utf8')
    stream?.on('data', (chunk: Buffer) => {
      const text = decoder.write(chunk)
      said = (said + text).slice(-MOST_STDERR)
      if (output !== 'inherit') return
      line += text
      // but for one that has no end
      const end = line.length > MOST_STDERR ? line.length : line.lastIndexOf('\n') + 1
      if (end > 0) ours(line.slice(0, end))
      line = line.slice(end)
    })
    stream?.on('end', () => {
      if (line !== '') ours(line)
    })
  }
  return () => said
}

/**
 * Runs TLC with the caller's own arguments; its metadata goes to a temporary directory unless `-metadir` says where. What
 * it prints is passed on.
 */
export const passThrough = ({ java, jar, args, output = 'inherit', ...flags }: PassThrough): Promise<PassedThrough> =>
  withTempDir('tlc', async (directory) => {
    installSignalHandlers()
    const command = passThroughCommand({ java, jar, args, ...flags }, directory)
    const child = spawnGuarded(command.program, command.args, directory)
    const said = overhear(child, output)
    const { exitCode, signal } = await watch(child, {})
    return { exitCode, signal, said: said() }
  })

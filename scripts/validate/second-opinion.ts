/** `lockstep validate --with tlc`: a second opinion of a result, and what comes of it if the two differ. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { badInput, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { LogEvent, LogHeader } from '../../impl/lib/validate/event.ts'
import type { Opinion, Validation } from '../../impl/lib/validate/result.ts'
import type { LogText } from '../../impl/lib/validate/trace-module.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { printCommand } from '../tlc/command.ts'
import type { Oracle, OracleAnswer, OracleRun } from './oracle.ts'
import type { LogListener, LogOptions, Validator } from '../../impl/lib/validate/validator.ts'

/** More events than this are too many for TLC's parser; scripts/tlc/README.md has what was measured. */
export const MOST_EVENTS = 20_000

/** What a log says, kept for TLC while it is read. */
export class Transcript implements LogListener {
  private readonly file: string
  private head: LogHeader | undefined
  readonly events: LogEvent[] = []

  constructor(file: string) {
    this.file = file
  }

  readonly header = (header: LogHeader): void => {
    this.head = header
  }

  readonly event = (event: LogEvent): void => {
    if (this.events.length >= MOST_EVENTS) {
      throw badInput({
        code: 'too-large',
        message: `--with tlc takes logs of at most ${MOST_EVENTS} events: TLC has to parse them as a module`,
        file: this.file,
        line: event.line,
        hint: 'validate a part of the log, or without --with tlc',
      })
    }
    this.events.push(event)
  }

  /** The log as TLC is asked about it. */
  text({ order }: Validation, { unlogged }: LogOptions): LogText {
    return { order, unlogged: unlogged ?? this.head?.unlogged ?? [], events: this.events }
  }

  /** The lines of the same log without what the accesses returned. */
  withoutResults({ order }: Validation): string[] {
    const header = { lockstep: 'log', ...(this.head ?? { version: 1 }), order }
    const lines = this.events.map((event) => ({ ...event, line: undefined, result: undefined }))
    return [header, ...lines].map((line) => JSON.stringify(line))
  }
}

/** How a second opinion is asked for. */
export interface Asked {
  readonly validator: Validator
  readonly oracle: Pick<Oracle, 'ask' | 'write' | 'task'>
  readonly toolchain: Toolchain
  /** where TLC's input is to be kept */
  readonly directory?: string | undefined
}

/** Is the directory ours to write to? It must be new, or empty. */
export const checkDirectory = (directory: string): void => {
  const refuse = (message: string): never => {
    throw badInput({
      code: 'not-empty',
      message: `--write-tla ${message}`,
      hint: 'name a directory that is not there yet',
    })
  }
  const stat = statSync(directory, { throwIfNoEntry: false })
  if (stat?.isDirectory() === false) refuse(`${directory}: it is not a directory`)
  if (stat !== undefined && readdirSync(directory).length > 0) refuse(`${directory}: the directory is not empty`)
  const above = dirname(resolve(directory))
  if (!existsSync(above)) refuse(`${directory}: there is no ${above}`)
}

/** Keeps TLC's input, all of it or nothing. */
const keepIn = (directory: string, { oracle, toolchain }: Asked, log: LogText): NonNullable<Opinion['kept']> => {
  checkDirectory(directory)
  const partial = `${resolve(directory)}.${process.pid}.partial`
  try {
    mkdirSync(partial)
    oracle.write(partial, [log])
    if (existsSync(directory)) rmdirSync(directory)
    renameSync(partial, directory)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (error instanceof LockstepError) throw error
    const message = `--write-tla ${directory}: ${error instanceof Error ? error.message : String(error)}`
    throw badInput({ code: 'unwritable', message, hint: 'name a directory that can be made' })
  }
  return { directory, command: printCommand(oracle.task(resolve(directory), [log], toolchain)) }
}

const of = ({ accepted, explained }: OracleAnswer, events: number): string =>
  `${accepted ? 'accepted' : 'rejected'}, ${explained} of ${events} events explained`

const undecided = (result: Validation, note: string): Validation => ({
  ...result,
  ok: false,
  accepted: false,
  verdict: 'incomplete',
  divergence: null,
  notes: [note, ...result.notes],
})

/** The result with TLC's opinion of the same log. What the two disagree on is not decided. */
export const secondOpinion = async (
  asked: Asked,
  transcript: Transcript,
  result: Validation,
  options: LogOptions,
): Promise<Validation> => {
  if (result.verdict === 'incomplete') {
    return { ...result, oracle: null, notes: [...result.notes, 'TLC was not asked, as the validator did not finish'] }
  }
  const { file, timeout, signal, unlogged, maxStates } = options
  const limits = { timeout, signal }
  const log = transcript.text(result, options)
  const events = transcript.events.filter(({ lost }) => lost === undefined).length
  const resultsLeftOut = transcript.events.filter((event) => event.result !== undefined).length
  const question =
    resultsLeftOut === 0
      ? result
      : await asked.validator.validate([{ firstLine: 1, lines: transcript.withoutResults(result) }], {
          file,
          ...limits,
          unlogged,
          maxStates,
          order: result.order,
          format: 'ndjson',
        })
  const ours = { accepted: question.accepted, explained: question.explained }
  const kept = asked.directory === undefined ? {} : { kept: keepIn(asked.directory, asked, log) }
  const start = performance.now()
  const opinion = (run: OracleRun | undefined, answer: OracleAnswer | undefined): Opinion => ({
    engine: 'tlc',
    version: run?.version ?? null,
    accepted: answer?.accepted ?? null,
    explained: answer?.explained ?? null,
    seconds: (performance.now() - start) / 1000,
    states: run?.states ?? null,
    agrees: answer === undefined ? null : answer.accepted === ours.accepted && answer.explained === ours.explained,
    ours,
    resultsLeftOut,
    ...kept,
  })
  if (question.verdict === 'incomplete') {
    const note =
      'TLC was not asked: without the results of its events, which TLC cannot be told, the log was not decided'
    return { ...undecided(result, note), oracle: null }
  }
  try {
    const run = await asked.oracle.ask([log], asked.toolchain, limits)
    const [answer] = run.answers
    const oracle = opinion(run, answer)
    if (answer === undefined || oracle.agrees !== true) {
      const theirs = answer === undefined ? 'nothing' : of(answer, events)
      const where = result.divergence === null ? '' : `, at line ${result.divergence.line}`
      const without = resultsLeftOut === 0 ? '' : ` of the log without the results of ${resultsLeftOut} events`
      const note =
        `the validator and TLC disagree${without}: the validator says ${of(ours, events)}${where}; ` +
        `TLC says ${theirs}. One of them is wrong, and that is a fault of Lockstep, not of the log: please report ` +
        'it with the log and what --write-tla DIR keeps'
      return { ...undecided(result, note), oracle }
    }
    const partly =
      resultsLeftOut === 0
        ? ''
        : `; TLC cannot be told what accesses returned, so both were asked without the results of ${resultsLeftOut} events`
    const note = `TLC ${run.version} agrees: ${of(answer, events)}${partly}`
    return { ...result, oracle, notes: [...result.notes, note] }
  } catch (error) {
    if (!(error instanceof LockstepError) || error.exit !== 3) throw error
    return { ...undecided(result, `TLC did not decide: ${error.message}`), oracle: opinion(undefined, undefined) }
  }
}

/** `lockstep validate`: is a log from elsewhere one that a design allows, and if not, where does it part from it? */

import { badInput, EXIT, LockstepError } from '../../impl/lib/error.ts'
import type { Order } from '../../impl/lib/validate/event.ts'
import type { TraceMap } from '../../impl/lib/validate/map.ts'
import { parseMap } from '../../impl/lib/validate/map.ts'
import type { Validation } from '../../impl/lib/validate/result.ts'
import { readText } from '../lib/input.ts'
import { interceptSignals } from '../lib/signals.ts'
import type { Model } from '../lib/project.ts'
import { loadModels, near, oneModel, selectModels } from '../lib/project.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'
import type { Lines } from '../validate/lines.ts'
import { isLive } from '../validate/bytes.ts'
import { readLines } from '../validate/lines.ts'
import { githubAnnotations } from '../../impl/lib/report/validation/annotations.ts'
import { validationLines } from '../../impl/lib/report/validation/diagnosis.ts'
import type { Toolchain } from '../check/tlc.ts'
import { findToolchain } from '../check/tlc.ts'
import { Oracle } from '../validate/oracle.ts'
import { checkOutputs, writeOutputs } from '../validate/outputs.ts'
import type { Format, LogOptions } from '../validate/run.ts'
import { Validator } from '../validate/run.ts'
import { checkDirectory, secondOpinion, Transcript } from '../validate/second.ts'

/** Options of the command. */
export interface ValidateOptions {
  readonly target: string
  readonly logs: readonly string[]
  readonly order?: Order
  readonly unlogged?: string
  readonly format?: Format
  /** a mapping file for tracepoints */
  readonly map?: string
  readonly design?: 'any'
  readonly timeout: number
  readonly maxStates?: number
  /** files to write */
  readonly junit?: string
  readonly sarif?: string
  readonly summary?: string
  /** print annotations as GitHub's runners read them */
  readonly github?: boolean
  /** who is asked too */
  readonly with?: 'tlc'
  /** directory for what TLC is given */
  readonly writeTla?: string
}

/** Seconds that a rejected log which is still being written waits for the events on which repairs are tried. */
const PATIENCE = 1

/** Most characters of a log that is held against several designs: it has to be kept. */
const MOST_KEPT = 256 * 2 ** 20

const keep = async (file: string, signal: AbortSignal): Promise<Lines[]> => {
  const kept: Lines[] = []
  let size = 0
  for await (const batch of readLines(file, signal)) {
    kept.push(batch)
    size += batch.lines.reduce((n, line) => n + line.length + 1, 0)
    if (size > MOST_KEPT) {
      throw badInput({
        code: 'too-large',
        message: `--design any keeps the log, and this one has more than ${MOST_KEPT / 2 ** 20} MiB`,
        file,
        hint: 'validate a part of it, or name the design',
      })
    }
  }
  return kept
}

const exitOf = (results: readonly Validation[]): number => {
  if (results.some(({ verdict }) => verdict === 'incomplete')) return EXIT.environment
  return results.every(({ accepted }) => accepted) ? EXIT.ok : EXIT.finding
}

/** What came of the logs. */
interface Outcome {
  readonly results: readonly Validation[]
  readonly code: number
  /** what was wrong with the first log that is no log */
  readonly refused?: LockstepError
}

/** A log that is no log, beside others that are: never a pass. */
const refusedResult = (model: string, file: string, { problem }: LockstepError, order: Order): Validation => ({
  ok: false,
  model,
  file,
  accepted: false,
  verdict: 'incomplete',
  events: 0,
  explained: 0,
  order,
  unmapped: 0,
  gaps: 0,
  seconds: 0,
  divergence: null,
  notes: [`${problem.line === undefined ? '' : `line ${problem.line}: `}${problem.message}`],
})

/**
 * Each log's results. A bad one among several does not hide what is wrong with the others: it is told with them, and the
 * exit code is still that of bad input.
 */
const eachLog = async (
  out: Output,
  options: ValidateOptions,
  signal: AbortSignal,
  one: (file: string) => Promise<readonly Validation[]>,
): Promise<{ readonly results: Validation[]; readonly refused?: LockstepError }> => {
  const results: Validation[] = []
  let refused: LockstepError | undefined
  for (const file of options.logs) {
    try {
      results.push(...(await one(file)))
    } catch (error) {
      if (options.logs.length === 1 || !(error instanceof LockstepError) || error.exit !== EXIT.usage) throw error
      refused ??= error
      out.clear()
      const { line, column, message } = error.problem
      const place = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`
      out.line(`${file}${place}: no log: ${message}`)
      results.push(refusedResult(options.target, file, error, options.order ?? 'total'))
    }
    if (signal.aborted) break
  }
  return { results, ...(refused === undefined ? {} : { refused }) }
}

/** The designs of a protocol, each with its smallest suitable model. */
const designsOf = (target: string): Model[] => {
  const all = selectModels(loadModels(), [target.split('/', 1)[0] ?? target], 'fast')
  const chosen = new Map<string, Model>()
  for (const model of all) {
    const key = `${model.design}.${model.memory}`
    const known = chosen.get(key)
    // the usual size has the shortest name
    if (known === undefined || model.stem.length < known.stem.length) chosen.set(key, model)
  }
  return [...chosen.values()]
}

/** Validates logs of one model, and asks TLC too if that is wanted. */
class Judge {
  private readonly validator: Validator
  private readonly oracle: Oracle | undefined
  private readonly toolchain: Toolchain | undefined
  private readonly directory: string | undefined

  constructor(model: Model, toolchain: Toolchain | undefined, directory?: string) {
    this.validator = new Validator(model)
    this.toolchain = toolchain
    this.oracle = toolchain === undefined ? undefined : new Oracle(model)
    this.directory = directory
  }

  async judge(batches: Parameters<Validator['validate']>[0], options: LogOptions): Promise<Validation> {
    const { validator, oracle, toolchain, directory } = this
    if (oracle === undefined || toolchain === undefined) return validator.validate(batches, options)
    const transcript = new Transcript(options.file)
    const result = await validator.validate(batches, { ...options, listener: transcript })
    const asked = { validator, oracle, toolchain, ...(directory === undefined ? {} : { directory }) }
    return secondOpinion(asked, transcript, result, options)
  }
}

/** Which designs accept a log: a design that lacks an action or a thread of it does not. */
const anyDesign = async (
  out: Output,
  options: ValidateOptions,
  signal: AbortSignal,
  map: TraceMap | undefined,
  toolchain: Toolchain | undefined,
): Promise<Outcome> => {
  const models = designsOf(options.target)
  const judges = new Map<Model, Judge>()
  const judgeOf = (model: Model): Judge => {
    const known = judges.get(model) ?? new Judge(model, toolchain)
    judges.set(model, known)
    return known
  }
  const { results, refused } = await eachLog(out, options, signal, async (file) => {
    const batches = await keep(file, signal)
    const own: Validation[] = []
    const refusals: unknown[] = []
    for (const model of models) {
      // a machine takes a while to compile: a signal is heard between two
      await new Promise((resolve) => setImmediate(resolve))
      if (signal.aborted && own.length > 0) break
      out.progress(`${file}: ${model.name}`)
      try {
        own.push(await judgeOf(model).judge(batches, { ...logOptions(options, signal, map), file }))
      } catch (error) {
        const problem = foreign(error)
        refusals.push(error)
        // what none of the designs has is no finding about any of them
        if (problem === undefined || refusals.length === models.length) throw error
        own.push({
          ok: false,
          model: model.name,
          file,
          accepted: false,
          verdict: 'rejected',
          events: 0,
          explained: 0,
          order: options.order ?? 'total',
          unmapped: 0,
          gaps: 0,
          seconds: 0,
          divergence: null,
          notes: [problem],
        })
      }
    }
    return own
  })
  out.clear()
  for (const file of options.logs) {
    const own = results.filter((r) => r.file === file)
    out.line(out.colour.bold(`${file}: which designs allow it`))
    const rows = own.map((r) => [
      r.verdict,
      r.model,
      r.divergence !== null
        ? `line ${r.divergence.line}`
        : ((r.accepted ? undefined : r.notes[0]) ?? `${thousands(r.events)} events`),
    ])
    for (const row of columns(rows)) out.line(row)
  }
  const found = results.some(({ verdict }) => verdict === 'accepted')
  const unsure = results.some(({ verdict }) => verdict === 'incomplete')
  return withRefused(results, unsure ? EXIT.environment : found ? EXIT.ok : EXIT.finding, refused)
}

const withRefused = (results: readonly Validation[], code: number, refused: LockstepError | undefined): Outcome =>
  refused === undefined ? { results, code } : { results, code: refused.exit, refused }

const foreign = (error: unknown): string | undefined => {
  if (!(error instanceof LockstepError) || error.problem.code !== 'not-of-the-model') return undefined
  const { line, message } = error.problem
  return line === undefined ? message : `line ${line}: ${message}`
}

/** Refuses a map that names actions that the protocol does not have. */
const mapOf = async (options: ValidateOptions): Promise<TraceMap | undefined> => {
  if (options.map === undefined) return undefined
  const map = parseMap(await readText(options.map, 'mapping file'), options.map)
  const protocol = designsOf(options.target)[0]?.protocol ?? oneModel(loadModels(), options.target).protocol
  const known = Object.keys(protocol.docs.actions)
  const unknown = map.actions.find(({ action }) => !known.includes(action))
  if (unknown !== undefined) {
    const { action, line, column, path } = unknown
    const candidates = near(action, known)
    throw badInput({
      code: 'unknown-action',
      message: `${path}: ${protocol.name} has no action ${JSON.stringify(action)}`,
      file: options.map,
      line,
      column,
      hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : 'name actions of the specification',
    })
  }
  return map
}

const logOptions = (options: ValidateOptions, signal: AbortSignal, map: TraceMap | undefined) => ({
  signal,
  ...(map === undefined ? {} : { map }),
  ...(options.format === undefined ? {} : { format: options.format }),
  timeout: options.timeout,
  ...(options.order === undefined ? {} : { order: options.order }),
  ...(options.unlogged === undefined
    ? {}
    : { unlogged: options.unlogged === 'any' ? ('any' as const) : options.unlogged.split(',') }),
  ...(options.maxStates === undefined ? {} : { maxStates: options.maxStates }),
})

/** The error as a failing command prints it. */
const errorOf = (refused: LockstepError | undefined): object => {
  if (refused === undefined) return {}
  const { code, message, hint = null, file = null, line = null, column = null } = refused.problem
  return { error: { code, message, hint, file, line, column } }
}

/** What TLC is given can be kept of one log and one model. */
const checkWriteTla = ({ writeTla, with: engine, design, logs }: ValidateOptions): void => {
  if (writeTla === undefined) return
  const refuse = (message: string, hint: string): never => {
    throw badInput({ code: 'bad-usage', message: `--write-tla ${message}`, hint })
  }
  if (engine === undefined) refuse('is for what TLC is given', 'add --with tlc')
  if (design !== undefined || logs.length !== 1) refuse('is for one log and one model', 'name one of each')
  checkDirectory(writeTla)
}

/** Runs the command; returns the exit code. */
export const validate = async (out: Output, options: ValidateOptions): Promise<number> => {
  const files = {
    ...(options.junit === undefined ? {} : { junit: options.junit }),
    ...(options.sarif === undefined ? {} : { sarif: options.sarif }),
    ...(options.summary === undefined ? {} : { markdown: options.summary }),
  }
  checkOutputs(files)
  checkWriteTla(options)
  const toolchain = options.with === undefined ? undefined : await findToolchain()
  const map = await mapOf(options)
  const controller = new AbortController()
  let ended: number | undefined
  const release = interceptSignals((code) => {
    ended = code
    controller.abort()
  })
  try {
    const { results, code, refused } =
      options.design === 'any'
        ? await anyDesign(out, options, controller.signal, map, toolchain)
        : await oneDesign(out, options, controller.signal, map, toolchain)
    writeOutputs(files, results)
    if (options.github === true) for (const line of githubAnnotations(results, process.cwd())) out.line(line)
    if (out.json) {
      const [only] = results
      const single = options.logs.length === 1 && options.design !== 'any' ? only : undefined
      printJson(single ?? { ok: code === EXIT.ok, ...errorOf(refused), logs: results })
    } else if (refused !== undefined && ended === undefined) throw refused
    return ended ?? code
  } finally {
    release()
  }
}

const oneDesign = async (
  out: Output,
  options: ValidateOptions,
  signal: AbortSignal,
  map: TraceMap | undefined,
  toolchain: Toolchain | undefined,
): Promise<Outcome> => {
  const judge = new Judge(oneModel(loadModels(), options.target), toolchain, options.writeTla)
  const { results, refused } = await eachLog(out, options, signal, async (file) => {
    out.progress(`reading ${file}`)
    const enough = new AbortController()
    const lines = readLines(file, AbortSignal.any([signal, enough.signal]))
    const result = await judge.judge(lines, {
      ...logOptions(options, signal, map),
      ...((await isLive(file)) ? { patience: PATIENCE } : {}),
      stop: () => {
        enough.abort()
      },
      file,
    })
    out.clear()
    for (const line of validationLines(result)) out.line(line)
    if (result.oracle?.kept !== undefined) {
      out.line(`What TLC was given is in ${result.oracle.kept.directory}. To ask it again:`)
      out.line(result.oracle.kept.command)
    }
    return [result]
  })
  return withRefused(results, exitOf(results), refused)
}

/** `lockstep validate`: is a log from elsewhere one that a design allows, and if not, where does it part from it? */

import { badInput, EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Order } from '../../impl/lib/validate/event.ts'
import type { TraceMap } from '../../impl/lib/validate/map.ts'
import { parseMap } from '../../impl/lib/validate/map.ts'
import type { Validation } from '../../impl/lib/validate/result.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { readText } from '../node/input.ts'
import { interceptSignals } from '../node/signals.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { actionsOf } from '../../impl/lib/protocol/actions.ts'
import { unknownActionHint } from '../../impl/lib/protocol/unknown-action.ts'
import { protocolOf } from '../../impl/lib/protocol/target.ts'
import { errorJson } from '../ui/errors.ts'
import type { Output } from '../ui/output.ts'
import { modelOfTarget } from '../workspace/one-model.ts'
import { columns, printJson, thousands } from '../ui/output.ts'
import { askAll, bare, checkUnlogged, designsOf, oneAnswer } from '../../impl/lib/validate/any-design.ts'
import { keep } from '../validate/keep.ts'
import { isLive } from '../validate/bytes.ts'
import { openLog } from '../validate/lines.ts'
import { githubAnnotations } from '../../impl/lib/report/validation/annotations.ts'
import { headline, logName, validationLines } from '../../impl/lib/report/validation/text.ts'
import type { Toolchain } from '../engines/tlc.ts'
import { findToolchain } from '../engines/tlc.ts'
import { Oracle } from '../validate/oracle.ts'
import type { OutputFiles } from '../validate/outputs.ts'
import { checkOutputs, writeOutputs } from '../validate/outputs.ts'
import type { Batches } from '../../impl/lib/validate/source.ts'
import type { LogOptions, Validator } from '../../impl/lib/validate/validator.ts'
import { checkDirectory, secondOpinion, Transcript } from '../validate/second-opinion.ts'
import { logValidator } from '../validate/subject.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

type ValidateOptions = OptionsOf<'validate'>

/** Seconds that a rejected log which is still being written waits for the events on which repairs are tried. */
const PATIENCE = 1

const exitOf = (results: readonly Validation[]): number => {
  if (results.some(({ verdict }) => verdict === 'incomplete')) return EXIT.environment
  return results.every(({ accepted }) => accepted) ? EXIT.ok : EXIT.finding
}

/** What came of one log. */
interface Judged {
  /** for reports: one result a log */
  readonly log: Validation
  /** for `--json`: each design's */
  readonly each: readonly Validation[]
}

/** What came of the logs. */
interface Judgement {
  readonly judged: readonly Judged[]
  readonly code: number
  /** what was wrong with the first log that is no log */
  readonly refused?: LockstepError
}

/** A log that is no log: never a pass. */
const refusedResult = (model: string, file: string, { problem }: LockstepError, order: Order): Validation => {
  const { line, column, message } = problem
  return {
    ...bare({ model, file, order }, 'incomplete', `${line === undefined ? '' : `line ${line}: `}${message}`),
    refused: { line: line ?? null, column: column ?? null, message },
  }
}

/**
 * Judges each log. A bad one does not hide what is wrong with the others, and is in the reports as they are: a report of
 * before must not stand for it. The exit code is still that of bad input.
 */
const eachLog = async (
  out: Output,
  options: ValidateOptions,
  signal: AbortSignal,
  one: (file: string) => Promise<Judged>,
): Promise<Judgement> => {
  const judged: Judged[] = []
  let refused: LockstepError | undefined
  for (const file of options.logs) {
    try {
      judged.push(await one(file))
    } catch (error) {
      if (!(error instanceof LockstepError) || error.exit !== EXIT.usage) throw error
      refused ??= error
      out.clear()
      const log = refusedResult(options.target, file, error, options.order ?? 'total')
      // of the only one the error at the end tells
      if (options.logs.length > 1) out.line(headline(log))
      judged.push({ log, each: [log] })
    }
    if (signal.aborted) break
  }
  if (refused !== undefined) return { judged, code: refused.exit, refused }
  return { judged, code: exitOf(judged.map(({ log }) => log)) }
}

/** What logs are judged with. */
interface Means {
  readonly project: Project
  readonly map: TraceMap | undefined
  /** of TLC, if that is asked too */
  readonly toolchain: Toolchain | undefined
  /** comes if the user ends the command */
  readonly signal: AbortSignal
}

/** Validates logs of one model, and asks TLC too if that is wanted. */
interface Judge {
  readonly validator: Validator
  readonly judge: (batches: Batches, options: LogOptions) => Promise<Validation>
}

const judgeOf = (model: Model, { project, toolchain }: Means, directory?: string): Judge => {
  const validator = logValidator(model, project)
  const judge = validator.validate.bind(validator)
  if (toolchain === undefined) return { validator, judge }
  const asked = { validator, oracle: new Oracle(model), toolchain, directory }
  return {
    validator,
    judge: async (batches, options) => {
      const transcript = new Transcript(options.file)
      const result = await validator.validate(batches, { ...options, listener: transcript })
      return secondOpinion(asked, transcript, result, options)
    },
  }
}

/** How logs are judged. */
type JudgeAll = (out: Output, options: ValidateOptions, means: Means) => Promise<Judgement>

/** What is said of a log that could not be kept whole to be asked of several designs. */
const cutResult = (
  { target, order = 'total', timeout }: ValidateOptions,
  file: string,
  lines: number,
  cut: 'signal' | 'timeout',
): Validation => {
  const why = cut === 'signal' ? 'a signal came' : `the log did not end within ${timeout} s`
  return bare({ model: target, file, order }, 'incomplete', `stopped after ${thousands(lines)} lines: ${why}`)
}

/** What each design says of a log. */
const printDesigns = (out: Output, log: Validation, each: readonly Validation[]): void => {
  out.line(`${logName(log)}: which designs allow it`, 'bold')
  const rows = each.map((r) => [
    r.verdict,
    r.model,
    r.divergence !== null
      ? `line ${r.divergence.line}`
      : ((r.accepted ? undefined : r.notes[0]) ?? `${thousands(r.events)} events`),
  ])
  for (const row of columns(rows)) out.line(row)
  if (!log.accepted) out.line(headline(log))
}

/** Which designs accept a log: one is enough. */
const anyDesign: JudgeAll = async (out, options, means) => {
  const { signal } = means
  const designs = designsOf(means.project.modelsFor([options.target]), options.target)
  const asked = logOptions(options, means)
  const { unlogged } = asked
  if (unlogged !== undefined && unlogged !== 'any') checkUnlogged(unlogged, designs, means.project)
  const judges = new Map<Model, Judge>()
  return eachLog(out, options, signal, async (file) => {
    out.progress(`reading ${file}`)
    const { batches, lines, cut } = await keep(file, signal, options.timeout)
    if (cut !== undefined) {
      const log = cutResult(options, file, lines, cut)
      out.clear()
      for (const line of validationLines(log)) out.line(line)
      return { log, each: [log] }
    }
    const each = await askAll(designs, { file, order: options.order ?? 'total' }, signal, (model) => {
      out.progress(`${file}: ${model.name}`)
      const { validator, judge } = judges.get(model) ?? judgeOf(model, means)
      judges.set(model, { validator, judge })
      // the others are steps of other designs
      const isOwn = (name: string): boolean => validator.kernel.actions.includes(name)
      const own = typeof unlogged === 'object' ? unlogged.filter(isOwn) : unlogged
      return judge(batches, { ...asked, unlogged: own, file })
    })
    out.clear()
    const log = oneAnswer(options.target, each)
    printDesigns(out, log, each)
    return { log, each }
  })
}

/** Refuses a map that names actions that the protocol does not have. */
const mapOf = async (options: ValidateOptions, project: Project): Promise<TraceMap | undefined> => {
  if (options.map === undefined) return undefined
  const map = parseMap(await readText(options.map, 'mapping file'), options.map)
  const protocol = protocolOf(project.modelsFor([options.target]), options.target)
  const known = actionsOf(protocol, project)
  const unknown = map.actions.find(({ action }) => !known.has(action))
  if (unknown !== undefined) {
    const { action, line, column, path } = unknown
    throw badInput({
      code: 'unknown-action',
      message: `${path}: ${protocol.name} has no action ${JSON.stringify(action)}`,
      file: options.map,
      line,
      column,
      hint: unknownActionHint(action, [...known], { protocol, project }, 'map'),
    })
  }
  return map
}

const unloggedIn = (text: string | undefined): 'any' | readonly string[] | undefined =>
  text === 'any' ? text : text?.split(',')

const logOptions = (
  { format, timeout, order, unlogged, maxStates }: ValidateOptions,
  { signal, map }: Means,
): Omit<LogOptions, 'file'> => ({ signal, map, format, timeout, order, unlogged: unloggedIn(unlogged), maxStates })

/** What was read of stdin is gone: a second reader would find it empty. */
const checkStdin = ({ logs, map }: ValidateOptions): void => {
  if ([...logs, map].filter((file) => file === '-').length < 2) return
  throw badInput({ code: 'stdin-twice', message: 'stdin can be read once only', file: '-', hint: 'name - once' })
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

const filesOf = ({ junit, sarif, summary }: ValidateOptions): OutputFiles => ({ junit, sarif, markdown: summary })

/** For `--json`: of one log and one model only the result, else a list of all. */
const json = ({ logs, design }: ValidateOptions, { judged, code, refused }: Judgement): unknown => {
  const results = judged.flatMap(({ each }) => each)
  const only = logs.length === 1 && design !== 'any' ? results[0] : undefined
  return (
    only ?? {
      ok: code === EXIT.ok,
      error: refused === undefined ? undefined : errorJson(refused.problem),
      logs: results,
    }
  )
}

/** Writes and prints what came of the logs. An only log that is none is the command's error, unless a signal ended it. */
const report = (out: Output, options: ValidateOptions, outcome: Judgement, wasEnded: boolean): void => {
  const logs = outcome.judged.map(({ log }) => log)
  writeOutputs(filesOf(options), logs)
  if (options.github === true) for (const line of githubAnnotations(logs, process.cwd())) out.command(line)
  const isSingle = options.logs.length === 1
  if (outcome.refused !== undefined && !wasEnded && (isSingle || !out.json)) throw outcome.refused
  if (out.json) printJson(json(options, outcome))
}

/** Validates logs; returns the exit code. */
export const validate = async (out: Output, options: ValidateOptions, project: Project): Promise<number> => {
  const { logs, map: mapFile } = options
  // what the options get wrong is said before anything is read
  checkStdin(options)
  checkOutputs(filesOf(options), process.env, mapFile === undefined ? logs : [...logs, mapFile])
  checkWriteTla(options)
  const toolchain = options.with === undefined ? undefined : await findToolchain()
  const map = await mapOf(options, project)
  const controller = new AbortController()
  let ended: number | undefined
  const release = interceptSignals((code) => {
    ended = code
    controller.abort()
  })
  try {
    const judgeAll = options.design === 'any' ? anyDesign : oneDesign
    const outcome = await judgeAll(out, options, { project, toolchain, map, signal: controller.signal })
    report(out, options, outcome, ended !== undefined)
    return ended ?? outcome.code
  } finally {
    release()
  }
}

/** What to do with a target that is several models. */
const ASK_ALL = '--design any asks each of them'

const oneDesign: JudgeAll = async (out, options, means) => {
  const { signal } = means
  const { judge } = judgeOf(modelOfTarget(out, means.project, options.target, ASK_ALL), means, options.writeTla)
  return eachLog(out, options, signal, async (file) => {
    out.progress(`reading ${file}`)
    const { batches, stop } = openLog(file, signal)
    const patience = (await isLive(file)) ? PATIENCE : undefined
    const result = await judge(batches, { ...logOptions(options, means), patience, stop, file })
    out.clear()
    for (const line of validationLines(result)) out.line(line)
    if (result.oracle?.kept !== undefined) {
      out.line(`What TLC was given is in ${result.oracle.kept.directory}. To ask it again:`)
      out.line(result.oracle.kept.command)
    }
    return { log: result, each: [result] }
  })
}

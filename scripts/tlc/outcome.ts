/**
 * What a run of TLC amounts to. Its messages and its exit status must say the same (`EC.ExitStatus`,
 * `errorConstantToExitStatus`); where they do not, the run is an error, and no run is a success without TLC's own word.
 */

import type { LockstepError } from '../../impl/lib/kernel/error.ts'
import { badInput, environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { TlcMessage } from './messages.ts'
import { CLASS } from './messages.ts'
import { sanyError } from './sany.ts'

export type TlcOutcome =
  /** the complete graph was built and nothing is violated */
  | 'success'
  /** an invariant or an action property */
  | 'violation'
  | 'deadlock'
  /** a temporal property; TLC 2.18 does not say which */
  | 'liveness'
  | 'assumption'
  /** the specification's own `Assert` */
  | 'assert'
  | 'parse-error'
  | 'config-error'
  | 'out-of-memory'
  | 'timeout'
  | 'killed'
  /** all else, also messages and exit status that do not agree */
  | 'error'

/** Everything that a run said. */
export interface Evidence {
  readonly specFile: string
  readonly cfgFile: string
  readonly messages: readonly TlcMessage[]
  /** lines outside of messages */
  readonly output: readonly string[]
  readonly stderr: string
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** why we ended it, if we did */
  readonly stopped: 'timeout' | 'killed' | undefined
  /** it printed more than TLC ever does, and was ended for that */
  readonly flooded?: boolean
  /** in milliseconds, if there was a limit */
  readonly timeoutMs: number | undefined
}

export interface Conclusion {
  readonly outcome: TlcOutcome
  /** what to tell the user; absent where TLC finished its work, with or without a finding */
  readonly problem: LockstepError | undefined
}

const failure = (outcome: TlcOutcome, problem: LockstepError): Conclusion => ({ outcome, problem })

const say = (outcome: TlcOutcome, code: string, message: string, hint: string): Conclusion =>
  failure(outcome, environmentFailure({ code, message, hint }))

const MORE_MEMORY = 'give it a larger heap (--heap), a smaller model, or another engine (--engine explorer)'

/** A message that ends the run, and the exit statuses that go with it. */
interface Verdict {
  readonly outcome: TlcOutcome
  readonly statuses: readonly number[]
}

/** `EC.ExitStatus`. */
export const EXIT_STATUS = {
  SUCCESS: 0,
  VIOLATION_ASSUMPTION: 10,
  VIOLATION_DEADLOCK: 11,
  VIOLATION_SAFETY: 12,
  VIOLATION_LIVENESS: 13,
  VIOLATION_ASSERT: 14,
  FAILURE_SPEC_EVAL: 75,
  FAILURE_SAFETY_EVAL: 76,
  FAILURE_LIVENESS_EVAL: 77,
  ERROR_SPEC_PARSE: 150,
  ERROR_CONFIG_PARSE: 151,
  ERROR: 255,
} as const

const S = EXIT_STATUS

const EVALUATION = [S.FAILURE_SPEC_EVAL, S.FAILURE_SAFETY_EVAL, S.FAILURE_LIVENESS_EVAL] as const

const NOT_EVALUATED: Verdict = {
  outcome: 'error',
  statuses: [...EVALUATION, S.VIOLATION_ASSUMPTION, S.VIOLATION_LIVENESS, S.ERROR],
}

const BROKEN: Verdict = { outcome: 'error', statuses: [S.ERROR, 1] }

/** Every kind is classified: a run whose messages decide nothing is a success only with all that `missing` asks for. */
const VERDICTS: Readonly<Record<Exclude<TlcMessage['kind'], 'unknown'>, Verdict | undefined>> = {
  'invariant-violated': { outcome: 'violation', statuses: [S.VIOLATION_SAFETY] },
  'property-violated': { outcome: 'violation', statuses: [S.VIOLATION_LIVENESS] },
  deadlock: { outcome: 'deadlock', statuses: [S.VIOLATION_DEADLOCK] },
  'temporal-violated': { outcome: 'liveness', statuses: [S.VIOLATION_LIVENESS] },
  'assumption-false': { outcome: 'assumption', statuses: [S.VIOLATION_ASSUMPTION] },
  'assert-failed': { outcome: 'assert', statuses: [S.VIOLATION_ASSERT, ...EVALUATION] },
  'parse-failed': { outcome: 'parse-error', statuses: [S.ERROR_SPEC_PARSE] },
  'config-error': { outcome: 'config-error', statuses: [S.ERROR_CONFIG_PARSE, S.ERROR] },
  'out-of-memory': { outcome: 'out-of-memory', statuses: BROKEN.statuses },
  'evaluation-error': NOT_EVALUATED,
  'expression-stack': NOT_EVALUATED,
  'usage-error': BROKEN,
  'stack-overflow': BROKEN,
  'system-error': BROKEN,
  'general-error': BROKEN,
  version: undefined,
  mode: undefined,
  'sany-start': undefined,
  'sany-end': undefined,
  starting: undefined,
  finished: undefined,
  'computing-init': undefined,
  'init-progress': undefined,
  'init-generated': undefined,
  progress: undefined,
  'simulation-progress': undefined,
  'temporal-branches': undefined,
  'checking-temporal': undefined,
  'checked-temporal': undefined,
  success: undefined,
  stats: undefined,
  depth: undefined,
  outdegree: undefined,
  checkpoint: undefined,
  behavior: undefined,
  counterexample: undefined,
  state: undefined,
  stuttering: undefined,
  'back-to-state': undefined,
  'jvm-advice': undefined,
  'coverage-start': undefined,
  'coverage-end': undefined,
  'coverage-action': undefined,
  'coverage-expression': undefined,
}

const verdictOf = (message: TlcMessage): Verdict | undefined => {
  if (message.kind !== 'unknown') return VERDICTS[message.kind]
  return message.class === CLASS.error || message.class === CLASS.bug ? { outcome: 'error', statuses: [] } : undefined
}

const has = ({ messages }: Evidence, kind: TlcMessage['kind']): boolean => messages.some((m) => m.kind === kind)

const ranOutOfMemory = (e: Evidence): boolean => {
  const texts = e.messages.flatMap((m) => (m.kind === 'unknown' || m.kind === 'general-error' ? [m.text] : []))
  const isSaid = [e.stderr, ...texts, ...e.output].some((text) => text.includes('java.lang.OutOfMemoryError'))
  return isSaid || has(e, 'out-of-memory')
}

/** Ended from outside: by us, or by a signal that we did not send. */
const ended = (e: Evidence): Conclusion | undefined => {
  if (e.flooded === true) {
    const message = 'what was started as TLC prints without end: it is not TLC, or the specification prints'
    const hint = 'see what JAVA_HOME, PATH and TLA2TOOLS_JAR name; `lockstep doctor` shows it'
    return say('error', 'tlc-output', message, hint)
  }
  if (e.stopped === 'timeout') {
    const message = `TLC did not finish within ${(e.timeoutMs ?? 0) / 1000} s`
    const hint = 'give it more time (--timeout) or workers (--workers), or a smaller model'
    return say('timeout', 'tlc-timeout', message, hint)
  }
  if (e.stopped === 'killed') return say('killed', 'tlc-killed', 'TLC was stopped before it finished', 'run it again')
  if (e.signal === null) return undefined
  const message = `TLC was killed by ${e.signal}`
  return say('killed', 'tlc-killed', message, 'if the system was short of memory, give TLC a smaller heap (--heap)')
}

const status = ({ exitCode }: Evidence): string => `exit status ${String(exitCode)}`

const disagreement = (e: Evidence, said: string): Conclusion => {
  const message = `TLC's messages say ${said}, its ${status(e)} does not`
  const hint = 'no verdict can be taken from this run; if it happens again, report it with the output of `lockstep tlc`'
  return say('error', 'tlc-inconsistent', message, hint)
}

const lastText = (e: Evidence): string => {
  const texts = e.messages.flatMap((m) => (verdictOf(m) !== undefined && 'text' in m ? [m.text] : []))
  return [...texts, e.stderr.trim(), e.output.slice(-5).join('\n').trim()].find((text) => text !== '') ?? ''
}

/** The innermost expression of `Line 15, column 8 to line 15, column 14 in Tiny`. */
const expressionPlace = (e: Evidence): { file?: string; line?: number; column?: number } => {
  const text = e.messages.flatMap((m) => (m.kind === 'expression-stack' ? [m.text] : [])).join('\n')
  const found = [...text.matchAll(/Line (\d+), column (\d+) to line \d+, column \d+ in (\S+)/g)].at(-1)
  if (found === undefined) return {}
  const [, line, column, module] = found
  return { file: `${module ?? ''}.tla`, line: Number(line), column: Number(column) }
}

const evaluationProblem = (e: Evidence): LockstepError =>
  badInput({
    code: 'evaluation-error',
    message: `TLC could not evaluate the specification: ${lastText(e)}`,
    hint: 'correct the expression at this place',
    ...expressionPlace(e),
  })

const parseProblem = (e: Evidence): LockstepError => {
  const { message, ...place } = sanyError(e.output, e.specFile)
  return badInput({ code: 'spec-parse-error', message, hint: 'correct the specification at this place', ...place })
}

const configProblem = (e: Evidence): LockstepError => {
  const found = e.messages.find((m) => m.kind === 'config-error')
  const line = found?.line === undefined ? {} : { line: found.line }
  const message = found?.text ?? 'the configuration does not fit the specification'
  const hint = 'correct the configuration, or the definition that it names'
  return badInput({ code: 'cfg-error', message, hint, file: e.cfgFile, ...line })
}

const plainFailure = (e: Evidence): LockstepError =>
  environmentFailure({
    code: 'tlc-failed',
    message: `TLC failed with ${status(e)}: ${lastText(e).slice(0, 2000)}`,
    hint: '`--dry-run` prints the command, `lockstep doctor` says what is missing',
  })

const errorProblem = (e: Evidence): LockstepError => {
  const usage = e.messages.find((m) => m.kind === 'usage-error')
  if (usage !== undefined) {
    return badInput({ code: 'tlc-usage', message: usage.text, hint: 'see `lockstep tlc -- -help`' })
  }
  return has(e, 'evaluation-error') || has(e, 'expression-stack') ? evaluationProblem(e) : plainFailure(e)
}

const assertionProblem =
  (code: string) =>
  (e: Evidence): LockstepError =>
    badInput({
      code,
      message: lastText(e),
      hint: 'the constants of the configuration must satisfy it',
      ...expressionPlace(e),
    })

/** What is to be told of an outcome with which TLC did not finish its work. */
const PROBLEMS: Readonly<Record<TlcOutcome, ((e: Evidence) => LockstepError) | undefined>> = {
  success: undefined,
  violation: undefined,
  deadlock: undefined,
  liveness: undefined,
  'parse-error': parseProblem,
  'config-error': configProblem,
  assumption: assertionProblem('assumption-failed'),
  assert: assertionProblem('assert-failed'),
  'out-of-memory': plainFailure,
  timeout: plainFailure,
  killed: plainFailure,
  error: errorProblem,
}

/** With something to report: the first such message decides, and the exit status must be one that goes with them. */
const found = (e: Evidence, verdicts: readonly Verdict[]): Conclusion | undefined => {
  const [first] = verdicts
  if (first === undefined) return undefined
  const { outcome } = verdicts.find((v) => v.outcome !== 'error') ?? first
  const statuses = verdicts.flatMap((v) => v.statuses)
  const agrees = statuses.length === 0 ? e.exitCode !== 0 : statuses.some((code) => code === e.exitCode)
  if (!agrees || has(e, 'success')) return disagreement(e, outcome)
  return { outcome, problem: PROBLEMS[outcome]?.(e) }
}

/** What success needs beside the exit status. */
const missing = (e: Evidence): string | undefined => {
  const summary = e.messages.findLast((m) => m.kind === 'stats')
  if (!has(e, 'success')) return 'no word of success'
  if (!has(e, 'finished')) return 'no word of its end'
  if (summary === undefined) return 'no summary of the states'
  return summary.queue === 0 ? undefined : `${summary.queue} states are left on the queue`
}

const EMPTY = badInput({
  code: 'no-initial-state',
  message: 'the model has no initial state, so TLC checked nothing',
  hint: 'no state satisfies Init with these constants: correct the configuration or Init',
})

const completed = (e: Evidence): Conclusion => {
  const lack = missing(e)
  if (lack !== undefined) return disagreement(e, lack)
  const empty = e.messages.some((m) => m.kind === 'stats' && m.distinct === 0)
  return empty ? failure('error', EMPTY) : { outcome: 'success', problem: undefined }
}

/** Java itself could not be started: `sh` says so with 126 and 127. */
const notStarted = (e: Evidence): Conclusion | undefined => {
  if (e.messages.length > 0 || (e.exitCode !== 126 && e.exitCode !== 127)) return undefined
  const message = `Java could not be started: ${e.stderr.trim()}`
  return say('error', 'java-broken', message, '`lockstep doctor` says what is missing')
}

/** Decides what a run amounts to. */
export const conclude = (e: Evidence): Conclusion => {
  const stopped = ended(e) ?? notStarted(e)
  if (stopped !== undefined) return stopped
  if (ranOutOfMemory(e)) return say('out-of-memory', 'tlc-out-of-memory', 'TLC ran out of memory', MORE_MEMORY)
  const verdicts = e.messages.flatMap((m) => verdictOf(m) ?? [])
  const finding = found(e, verdicts)
  if (finding !== undefined) return finding
  if (e.exitCode === EXIT_STATUS.SUCCESS) return completed(e)
  return has(e, 'success') ? disagreement(e, 'success') : failure('error', plainFailure(e))
}

/**
 * TLC's messages as typed values, by their codes (codes.ts says where TLC defines them). A code that is not known here is
 * kept with its text and shown. TLC 2.18 does not say which temporal property was violated ("Temporal properties were
 * violated."), so a caller who wants to know checks one of them per run.
 */

import { match, P } from 'ts-pattern'
import type { KnownCode } from './codes.ts'
import { EC, isKnownCode } from './codes.ts'
import type { RawMessage } from './parser.ts'

/** Numbers of states, as progress reports and the summary give them. */
export interface StateCounts {
  readonly generated: number
  readonly distinct: number
  /** left on the queue: 0 when the graph is complete */
  readonly queue: number
}

/** What went wrong while an expression was evaluated. */
export type EvaluationFailure =
  'invariant' | 'property' | 'assumption' | 'expression' | 'incomplete-state' | 'tautology'

export type TlcMessage =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'mode'; readonly mode: 'breadth-first' | 'depth-first' | 'simulation'; readonly text: string }
  | { readonly kind: 'sany-start' }
  | { readonly kind: 'sany-end' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'finished'; readonly text: string }
  | { readonly kind: 'computing-init' }
  | { readonly kind: 'init-progress'; readonly states: number }
  | { readonly kind: 'init-generated'; readonly generated: number; readonly distinct: number }
  | ({ readonly kind: 'progress'; readonly depth: number } & StateCounts)
  | { readonly kind: 'simulation-progress'; readonly generated: number }
  | { readonly kind: 'temporal-branches'; readonly branches: number }
  | { readonly kind: 'checking-temporal'; readonly complete: boolean; readonly distinct: number }
  | { readonly kind: 'checked-temporal' }
  | { readonly kind: 'success'; readonly text: string }
  | ({ readonly kind: 'stats' } & StateCounts)
  | { readonly kind: 'depth'; readonly depth: number }
  | { readonly kind: 'outdegree'; readonly text: string }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'invariant-violated'; readonly name: string; readonly initialState: string | undefined }
  | { readonly kind: 'property-violated'; readonly name: string; readonly initialState: string | undefined }
  | { readonly kind: 'deadlock' }
  | { readonly kind: 'temporal-violated' }
  | { readonly kind: 'assumption-false'; readonly text: string }
  | { readonly kind: 'assert-failed'; readonly text: string }
  | { readonly kind: 'behavior' }
  | { readonly kind: 'counterexample' }
  | { readonly kind: 'state'; readonly number: number; readonly action: string; readonly values: string }
  | { readonly kind: 'stuttering'; readonly number: number }
  | { readonly kind: 'back-to-state'; readonly number: number; readonly action: string }
  | { readonly kind: 'evaluation-error'; readonly what: EvaluationFailure; readonly text: string }
  | { readonly kind: 'expression-stack'; readonly text: string }
  | { readonly kind: 'parse-failed'; readonly text: string }
  | { readonly kind: 'config-error'; readonly line: number | undefined; readonly text: string }
  | { readonly kind: 'usage-error'; readonly text: string }
  | { readonly kind: 'out-of-memory'; readonly text: string }
  | { readonly kind: 'stack-overflow'; readonly text: string }
  | { readonly kind: 'system-error'; readonly text: string }
  | { readonly kind: 'general-error'; readonly text: string }
  | { readonly kind: 'jvm-advice'; readonly text: string }
  | { readonly kind: 'coverage-start' }
  | { readonly kind: 'coverage-end' }
  /** an action, the initial predicate, a constraint or a property with its counts; a property has none */
  | {
      readonly kind: 'coverage-action'
      readonly name: string
      readonly location: string
      readonly distinct: number | undefined
      readonly generated: number | undefined
    }
  | { readonly kind: 'coverage-expression'; readonly location: string; readonly count: number }
  | { readonly kind: 'unknown'; readonly code: number; readonly class: number; readonly text: string }

const unknown = ({ code, class: messageClass, text }: RawMessage): TlcMessage => ({
  kind: 'unknown',
  code,
  class: messageClass,
  text,
})

/** TLC writes progress with separators, the summary without; the wrapper's JVM flags make the separator a comma. */
const numberOf = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''))

/** Builds a message from what `pattern` finds; a known code with a text that is not as known stays `unknown`. */
const from = (raw: RawMessage, pattern: RegExp, build: (groups: (string | undefined)[]) => TlcMessage): TlcMessage => {
  const found = pattern.exec(raw.text)
  return found === null ? unknown(raw) : build(found.slice(1))
}

const progress = (raw: RawMessage): TlcMessage =>
  from(
    raw,
    /^Progress\(([\d,]+)\)[^\n]*?: ([\d,]+) states generated[^\n]*?, ([\d,]+) distinct states found[^\n]*?, ([\d,]+) states left/,
    ([depth, generated, distinct, queue]) => ({
      kind: 'progress',
      depth: numberOf(depth),
      generated: numberOf(generated),
      distinct: numberOf(distinct),
      queue: numberOf(queue),
    }),
  )

const stats = (raw: RawMessage): TlcMessage =>
  from(
    raw,
    /^([\d,]+) states generated, ([\d,]+) distinct states found, ([\d,]+) states left on queue/,
    ([generated, distinct, queue]) => ({
      kind: 'stats',
      generated: numberOf(generated),
      distinct: numberOf(distinct),
      queue: numberOf(queue),
    }),
  )

/** `1 distinct state generated`, or `7 states generated, with 5 of them distinct`. */
const initGenerated = (raw: RawMessage): TlcMessage =>
  from(
    raw,
    /: ([\d,]+) (?:distinct )?states? generated(?:, with ([\d,]+) of them distinct)?/,
    ([generated, distinct]) => ({
      kind: 'init-generated',
      generated: numberOf(generated),
      distinct: numberOf(distinct ?? generated),
    }),
  )

const violated = (raw: RawMessage, kind: 'invariant-violated' | 'property-violated'): TlcMessage =>
  from(
    raw,
    /^(?:Invariant|Action property|Property) (.+?) is violated(?: by the initial state:\n(.*)|\.)/s,
    ([name, initialState]) => ({ kind, name: name ?? '', initialState }),
  )

const traceState = (raw: RawMessage): TlcMessage =>
  from(raw, /^(\d+): <(.*?)>[^\n]*\n(.*)$/s, ([number, action, values]) => ({
    kind: 'state',
    number: Number(number),
    action: action ?? '',
    values: (values ?? '').trimEnd(),
  }))

const backToState = (raw: RawMessage): TlcMessage =>
  from(raw, /^(?:(\d+): )?Back to state:?(?: (\d+))?(?::? ?<(.*)>)?/, ([before, after, action]) => ({
    kind: 'back-to-state',
    number: Number(before ?? after),
    action: action ?? '',
  }))

const coverageAction = (raw: RawMessage): TlcMessage =>
  from(
    raw,
    /^\s*<(\S+) (line .*? of module [^>\s]+)[^>]*>(?:: (\d+)(?::(\d+))?)?/,
    ([name, location, distinct, generated]) => ({
      kind: 'coverage-action',
      name: name ?? '',
      location: location ?? '',
      distinct: distinct === undefined ? undefined : Number(distinct),
      generated: generated === undefined ? undefined : Number(generated),
    }),
  )

const coverageExpression = (raw: RawMessage): TlcMessage =>
  from(raw, /^[\s|]*(line .* of module \S+?): (\d+)/, ([location, count]) => ({
    kind: 'coverage-expression',
    location: location ?? '',
    count: Number(count),
  }))

const configError = ({ text }: RawMessage): TlcMessage => {
  const line = /in the configuration file at line (\d+)/.exec(text)?.[1]
  return { kind: 'config-error', line: line === undefined ? undefined : Number(line), text: text.trim() }
}

const evaluationError = ({ text }: RawMessage, what: EvaluationFailure): TlcMessage => ({
  kind: 'evaluation-error',
  what,
  text: text.trim(),
})

type TextKind = Extract<TlcMessage, { readonly text: string }>['kind'] &
  (
    | 'finished'
    | 'success'
    | 'outdegree'
    | 'assumption-false'
    | 'assert-failed'
    | 'expression-stack'
    | 'parse-failed'
    | 'usage-error'
    | 'out-of-memory'
    | 'stack-overflow'
    | 'system-error'
    | 'general-error'
    | 'jvm-advice'
  )

const textual = (kind: TextKind, { text }: RawMessage): TlcMessage => ({ kind, text: text.trim() })

const decodeKnown = (code: KnownCode, raw: RawMessage): TlcMessage =>
  match(code)
    .returnType<TlcMessage>()
    .with(EC.VERSION, () =>
      from(raw, /^TLC2 Version (.*)/, ([version]) => ({ kind: 'version', version: version ?? '' })),
    )
    .with(EC.MODE_MC, () => ({ kind: 'mode', mode: 'breadth-first', text: raw.text }))
    .with(EC.MODE_MC_DFS, () => ({ kind: 'mode', mode: 'depth-first', text: raw.text }))
    .with(EC.MODE_SIMU, () => ({ kind: 'mode', mode: 'simulation', text: raw.text }))
    .with(EC.SANY_START, () => ({ kind: 'sany-start' }))
    .with(EC.SANY_END, () => ({ kind: 'sany-end' }))
    .with(EC.STARTING, () => ({ kind: 'starting' }))
    .with(EC.FINISHED, () => textual('finished', raw))
    .with(EC.COMPUTING_INIT, () => ({ kind: 'computing-init' }))
    .with(EC.COMPUTING_INIT_PROGRESS, () =>
      from(raw, /^Computed ([\d,]+) initial/, ([states]) => ({ kind: 'init-progress', states: numberOf(states) })),
    )
    .with(EC.INIT_GENERATED1, EC.INIT_GENERATED2, () => initGenerated(raw))
    .with(EC.PROGRESS_STATS, () => progress(raw))
    .with(EC.PROGRESS_SIMU, EC.STATS_SIMU, () =>
      from(raw, /([\d,]+) states (?:generated|checked)|states generated: ([\d,]+)/, ([a, b]) => ({
        kind: 'simulation-progress',
        generated: numberOf(a ?? b),
      })),
    )
    .with(EC.LIVE_IMPLIED, () =>
      from(raw, /has (\d+) branches/, ([branches]) => ({ kind: 'temporal-branches', branches: Number(branches) })),
    )
    .with(EC.CHECKING_TEMPORAL_PROPS, () =>
      from(raw, /for the (\w+) state space with ([\d,]+)/, ([space, distinct]) => ({
        kind: 'checking-temporal',
        complete: space === 'complete',
        distinct: numberOf(distinct),
      })),
    )
    .with(EC.CHECKING_TEMPORAL_PROPS_END, () => ({ kind: 'checked-temporal' }))
    .with(EC.SUCCESS, () => textual('success', raw))
    .with(EC.STATS, () => stats(raw))
    .with(EC.SEARCH_DEPTH, () =>
      from(raw, /search is ([\d,]+)/, ([depth]) => ({ kind: 'depth', depth: numberOf(depth) })),
    )
    .with(EC.STATE_GRAPH_OUTDEGREE, () => textual('outdegree', raw))
    .with(EC.CHECKPOINT_START, EC.CHECKPOINT_END, () => ({ kind: 'checkpoint' }))
    .with(EC.INVARIANT_VIOLATED_BEHAVIOR, EC.INVARIANT_VIOLATED_INITIAL, () => violated(raw, 'invariant-violated'))
    .with(EC.ACTION_PROPERTY_VIOLATED_BEHAVIOR, EC.PROPERTY_VIOLATED_INITIAL, () => violated(raw, 'property-violated'))
    .with(EC.DEADLOCK_REACHED, () => ({ kind: 'deadlock' }))
    .with(EC.TEMPORAL_PROPERTY_VIOLATED, () => ({ kind: 'temporal-violated' }))
    .with(EC.ASSUMPTION_FALSE, () => textual('assumption-false', raw))
    .with(EC.VALUE_ASSERT_FAILED, () => textual('assert-failed', raw))
    .with(EC.BEHAVIOR_UP_TO_THIS_POINT, EC.ERROR_STATE, () => ({ kind: 'behavior' }))
    .with(EC.COUNTER_EXAMPLE, () => ({ kind: 'counterexample' }))
    .with(EC.STATE_PRINT2, EC.STATE_PRINT1, () => traceState(raw))
    .with(EC.STATE_PRINT3, () => from(raw, /^(\d+):/, ([number]) => ({ kind: 'stuttering', number: Number(number) })))
    .with(EC.BACK_TO_STATE, () => backToState(raw))
    .with(EC.INVARIANT_EVALUATION_FAILED, EC.INVARIANT_VIOLATED_LEVEL, () => evaluationError(raw, 'invariant'))
    .with(EC.ACTION_PROPERTY_EVALUATION_FAILED, () => evaluationError(raw, 'property'))
    .with(EC.ASSUMPTION_EVALUATION_ERROR, () => evaluationError(raw, 'assumption'))
    .with(EC.LIVE_FORMULA_TAUTOLOGY, () => evaluationError(raw, 'tautology'))
    .with(
      EC.STATE_NOT_COMPLETELY_SPECIFIED_INITIAL,
      EC.STATE_NOT_COMPLETELY_SPECIFIED_NEXT,
      EC.STATE_NOT_COMPLETELY_SPECIFIED_LIVE,
      () => evaluationError(raw, 'incomplete-state'),
    )
    .with(
      EC.INITIAL_STATE,
      EC.STATES_AND_NO_NEXT_ACTION,
      EC.NO_STATES_SATISFYING_INIT,
      EC.FINGERPRINT_EXCEPTION,
      EC.MODULE_VALUE_JAVA_METHOD_OVERRIDE,
      EC.LIVE_CANNOT_HANDLE_FORMULA,
      EC.LIVE_WRONG_FORMULA_FORMAT,
      () => evaluationError(raw, 'expression'),
    )
    .with(EC.NESTED_EXPRESSION, () => textual('expression-stack', raw))
    .with(EC.PARSING_FAILED, EC.PARSING_FAILED2, () => textual('parse-failed', raw))
    .with(EC.WRONG_COMMANDLINE_PARAMS_TLC, EC.WRONG_COMMANDLINE_PARAMS_SIMULATOR, () => textual('usage-error', raw))
    .with(EC.SYSTEM_OUT_OF_MEMORY, EC.SYSTEM_OUT_OF_MEMORY_TOO_MANY_INIT, EC.SYSTEM_OUT_OF_MEMORY_LIVENESS, () =>
      textual('out-of-memory', raw),
    )
    .with(EC.SYSTEM_STACK_OVERFLOW, () => textual('stack-overflow', raw))
    .with(
      EC.METADIR_EXISTS,
      EC.METADIR_CAN_NOT_BE_CREATED,
      EC.FAILED_TO_RECOVER_INIT,
      EC.FAILED_TO_RECOVER_NEXT,
      EC.REPORTER_DIED,
      EC.BUG,
      EC.SYSTEM_ERROR_READING_POOL,
      EC.SYSTEM_ERROR_WRITING_POOL,
      EC.SYSTEM_DISK_IO_ERROR_FOR_FILE,
      EC.SYSTEM_UNABLE_TO_OPEN_FILE,
      EC.SYSTEM_ERROR_READING_STATES,
      EC.SYSTEM_ERROR_WRITING_STATES,
      () => textual('system-error', raw),
    )
    .with(EC.GENERAL, () => textual('general-error', raw))
    .with(EC.ENVIRONMENT_JVM_GC, () => textual('jvm-advice', raw))
    .with(EC.COVERAGE_START, () => ({ kind: 'coverage-start' }))
    .with(EC.COVERAGE_END, EC.COVERAGE_END_OVERHEAD, () => ({ kind: 'coverage-end' }))
    .with(EC.COVERAGE_INIT, EC.COVERAGE_NEXT, EC.COVERAGE_CONSTRAINT, EC.COVERAGE_PROPERTY, () => coverageAction(raw))
    .with(EC.COVERAGE_VALUE, EC.COVERAGE_VALUE_COST, () => coverageExpression(raw))
    .with(
      P.union(
        EC.CONFIG_VALUE_NOT_ASSIGNED_TO_CONSTANT_PARAM,
        EC.CONFIG_RHS_ID_APPEARED_AFTER_LHS_ID,
        EC.CONFIG_WRONG_SUBSTITUTION,
        EC.CONFIG_WRONG_SUBSTITUTION_NUMBER_OF_ARGS,
        EC.CONFIG_ID_DOES_NOT_APPEAR_IN_SPEC,
        EC.CONFIG_NOT_BOTH_SPEC_AND_INIT,
        EC.CONFIG_ID_REQUIRES_NO_ARG,
        EC.CONFIG_SPECIFIED_NOT_DEFINED,
        EC.CONFIG_ID_HAS_VALUE,
        EC.CONFIG_MISSING_INIT,
        EC.CONFIG_MISSING_NEXT,
        EC.CONFIG_ID_MUST_NOT_BE_CONSTANT,
        EC.CONFIG_OP_NO_ARGS,
        EC.CONFIG_OP_NOT_IN_SPEC,
        EC.CONFIG_OP_IS_EQUAL,
        EC.CONFIG_SPEC_IS_TRIVIAL,
        EC.CANT_HANDLE_SUBSCRIPT,
        EC.CANT_HANDLE_CONJUNCT,
        EC.CANT_HANDLE_TOO_MANY_NEXT_STATE_RELS,
        EC.CONFIG_PROPERTY_NOT_CORRECTLY_DEFINED,
        EC.CONFIG_PROPERTY_ACTION_LEVEL,
        EC.CONFIG_PROPERTY_ACTION_LEVEL_SQUARE_A_SUB_V,
        EC.CONFIG_PROPERTY_ACTION_LEVEL_ANGLE_A_SUB_V,
        EC.CONFIG_OP_ARITY_INCONSISTENT,
        EC.CONFIG_NO_STATE_TYPE,
        EC.CONFIG_UNDEFINED_OR_NO_OPERATOR,
        EC.CONFIG_SUBSTITUTION_NON_CONSTANT,
        EC.CANT_HANDLE_REAL_NUMBERS,
        EC.NO_MODULES,
        EC.CFG_ERROR_READING_FILE,
        EC.CFG_GENERAL,
        EC.CFG_MISSING_ID,
        EC.CFG_TWICE_KEYWORD,
        EC.CFG_EXPECT_ID,
        EC.CFG_EXPECTED_SYMBOL,
      ),
      () => configError(raw),
    )
    .exhaustive()

/** A message's meaning. Never fails: what is not known, or not as known, is `unknown` with its text. */
export const decode = (raw: RawMessage): TlcMessage =>
  raw.truncated !== true && isKnownCode(raw.code) ? decodeKnown(raw.code, raw) : unknown(raw)

/** A message and, before it, those inside it: the inner ones are the more specific. */
export const decodeAll = (raw: RawMessage): TlcMessage[] => [...raw.nested.flatMap(decodeAll), decode(raw)]

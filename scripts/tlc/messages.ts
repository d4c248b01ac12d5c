/**
 * TLC's messages as typed values, by their codes. A code that is not known here is kept with its text and shown. TLC 2.18 does
 * not say which temporal property was violated ("Temporal properties were violated."), so a caller who wants to know checks
 * one of them per run.
 */

import type { RawMessage } from './parser.ts'

/** `MP`'s message classes. */
export const CLASS = { none: 0, error: 1, bug: 2, warning: 3, state: 4 } as const

interface Unknown {
  readonly kind: 'unknown'
  readonly code: number
  readonly class: number
  readonly text: string
}

const unknown = ({ code, class: messageClass, text }: RawMessage): Unknown => ({
  kind: 'unknown',
  code,
  class: messageClass,
  text,
})

/** A message that says no more than what it is. */
const plain =
  <K extends string>(kind: K) =>
  () => ({ kind })

/** One whose text is all that is wanted. */
const textual =
  <K extends string>(kind: K) =>
  ({ text }: RawMessage) => ({ kind, text: text.trim() })

/** One in whose text `pattern` finds its fields; a known code with a text that is not as known stays `unknown`. */
const parsed =
  <K extends string, F extends object>(kind: K, pattern: RegExp, fieldsOf: (groups: (string | undefined)[]) => F) =>
  (raw: RawMessage) => {
    const found = pattern.exec(raw.text)
    return found === null ? unknown(raw) : { kind, ...fieldsOf(found.slice(1)) }
  }

/** TLC writes progress with separators, the summary without; the wrapper's JVM flags make the separator a comma. */
const numberOf = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''))

/** Numbers of states; those that are left on the queue are 0 when the graph is complete. */
const countsOf = ([generated, distinct, queue]: (string | undefined)[]) => ({
  generated: numberOf(generated),
  distinct: numberOf(distinct),
  queue: numberOf(queue),
})

const progress = parsed(
  'progress',
  /^Progress\(([\d,]+)\)[^\n]*?: ([\d,]+) states generated[^\n]*?, ([\d,]+) distinct states found[^\n]*?, ([\d,]+) states left/,
  ([depth, ...states]) => ({ depth: numberOf(depth), ...countsOf(states) }),
)

const stats = parsed(
  'stats',
  /^([\d,]+) states generated, ([\d,]+) distinct states found, ([\d,]+) states left on queue/,
  countsOf,
)

/** `1 distinct state generated`, or `7 states generated, with 5 of them distinct`. */
const initGenerated = parsed(
  'init-generated',
  /: ([\d,]+) (?:distinct )?states? generated(?:, with ([\d,]+) of them distinct)?/,
  ([generated, distinct]) => ({ generated: numberOf(generated), distinct: numberOf(distinct ?? generated) }),
)

const simulationProgress = parsed(
  'simulation-progress',
  /([\d,]+) states (?:generated|checked)|states generated: ([\d,]+)/,
  ([before, after]) => ({ generated: numberOf(before ?? after) }),
)

const checkingTemporal = parsed(
  'checking-temporal',
  /for the (\w+) state space with ([\d,]+)/,
  ([space, distinct]) => ({ complete: space === 'complete', distinct: numberOf(distinct) }),
)

const violated = <K extends string>(kind: K) =>
  parsed(
    kind,
    /^(?:Invariant|Action property|Property) (.+?) is violated(?: by the initial state:\n(.*)|\.)/s,
    ([name = '', initialState]) => ({ name, initialState }),
  )

const traceState = parsed('state', /^(\d+): <(.*?)>[^\n]*\n(.*)$/s, ([number, action = '', values = '']) => ({
  number: Number(number),
  action,
  values: values.trimEnd(),
}))

const backToState = parsed(
  'back-to-state',
  /^(?:(\d+): )?Back to state:?(?: (\d+))?(?::? ?<(.*)>)?/,
  ([before, after, action = '']) => ({ number: Number(before ?? after), action }),
)

const optionalNumber = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

/** An action, the initial predicate, a constraint or a property with its counts; a property has none. */
const coverageAction = parsed(
  'coverage-action',
  /^\s*<(\S+) (line .*? of module [^>\s]+)[^>]*>(?:: (\d+)(?::(\d+))?)?/,
  ([name = '', location = '', distinct, generated]) => ({
    name,
    location,
    distinct: optionalNumber(distinct),
    generated: optionalNumber(generated),
  }),
)

const coverageExpression = parsed(
  'coverage-expression',
  /^[\s|]*(line .* of module \S+?): (\d+)/,
  ([location = '', count]) => ({ location, count: Number(count) }),
)

const configError = ({ text }: RawMessage) => ({
  kind: 'config-error' as const,
  line: optionalNumber(/in the configuration file at line (\d+)/.exec(text)?.[1]),
  text: text.trim(),
})

/**
 * The numbers of TLC's messages and what each is read as; the names are those of `EC`, without `TLC_`. Defined in the repository
 * tlaplus/tlaplus by `tlatools/org.lamport.tlatools/src/tlc2/output/EC.java`; the texts are in `MP.java` beside it
 * (`MP.getMessage0`), the classes are `MP.NONE`, `MP.ERROR`, `MP.TLCBUG`, `MP.WARNING`, `MP.STATE`.
 */
export const MESSAGES = {
  GENERAL: [1000, textual('general-error')],
  SYSTEM_OUT_OF_MEMORY: [1001, textual('out-of-memory')],
  SYSTEM_OUT_OF_MEMORY_TOO_MANY_INIT: [1002, textual('out-of-memory')],
  SYSTEM_OUT_OF_MEMORY_LIVENESS: [1003, textual('out-of-memory')],
  SYSTEM_STACK_OVERFLOW: [1005, textual('stack-overflow')],
  WRONG_COMMANDLINE_PARAMS_SIMULATOR: [1101, textual('usage-error')],
  WRONG_COMMANDLINE_PARAMS_TLC: [1102, textual('usage-error')],
  METADIR_EXISTS: [2100, textual('system-error')],
  METADIR_CAN_NOT_BE_CREATED: [2101, textual('system-error')],
  INITIAL_STATE: [2102, textual('evaluation-error')],
  NESTED_EXPRESSION: [2103, textual('expression-stack')],
  ASSUMPTION_FALSE: [2104, textual('assumption-false')],
  ASSUMPTION_EVALUATION_ERROR: [2105, textual('evaluation-error')],
  STATE_NOT_COMPLETELY_SPECIFIED_INITIAL: [2106, textual('evaluation-error')],
  INVARIANT_VIOLATED_INITIAL: [2107, violated('invariant-violated')],
  PROPERTY_VIOLATED_INITIAL: [2108, violated('property-violated')],
  STATE_NOT_COMPLETELY_SPECIFIED_NEXT: [2109, textual('evaluation-error')],
  INVARIANT_VIOLATED_BEHAVIOR: [2110, violated('invariant-violated')],
  INVARIANT_EVALUATION_FAILED: [2111, textual('evaluation-error')],
  ACTION_PROPERTY_VIOLATED_BEHAVIOR: [2112, violated('property-violated')],
  ACTION_PROPERTY_EVALUATION_FAILED: [2113, textual('evaluation-error')],
  DEADLOCK_REACHED: [2114, plain('deadlock')],
  STATES_AND_NO_NEXT_ACTION: [2115, textual('evaluation-error')],
  TEMPORAL_PROPERTY_VIOLATED: [2116, plain('temporal-violated')],
  FAILED_TO_RECOVER_NEXT: [2117, textual('system-error')],
  NO_STATES_SATISFYING_INIT: [2118, textual('evaluation-error')],
  ERROR_STATE: [2120, plain('behavior')],
  BEHAVIOR_UP_TO_THIS_POINT: [2121, plain('behavior')],
  BACK_TO_STATE: [2122, backToState],
  FAILED_TO_RECOVER_INIT: [2123, textual('system-error')],
  REPORTER_DIED: [2124, textual('system-error')],
  SYSTEM_ERROR_READING_POOL: [2125, textual('system-error')],
  SYSTEM_ERROR_WRITING_POOL: [2127, textual('system-error')],
  BUG: [2128, textual('system-error')],
  VALUE_ASSERT_FAILED: [2132, textual('assert-failed')],
  INVARIANT_VIOLATED_LEVEL: [2146, textual('evaluation-error')],
  FINGERPRINT_EXCEPTION: [2147, textual('evaluation-error')],
  STATE_NOT_COMPLETELY_SPECIFIED_LIVE: [2148, textual('evaluation-error')],
  MODULE_VALUE_JAVA_METHOD_OVERRIDE: [2154, textual('evaluation-error')],
  SYSTEM_DISK_IO_ERROR_FOR_FILE: [2161, textual('system-error')],
  SYSTEM_UNABLE_TO_OPEN_FILE: [2167, textual('system-error')],
  PARSING_FAILED2: [2171, textual('parse-failed')],
  SYSTEM_ERROR_READING_STATES: [2174, textual('system-error')],
  SYSTEM_ERROR_WRITING_STATES: [2175, textual('system-error')],
  STARTING: [2185, plain('starting')],
  FINISHED: [2186, textual('finished')],
  MODE_MC: [2187, textual('mode')],
  MODE_SIMU: [2188, textual('mode')],
  COMPUTING_INIT: [2189, plain('computing-init')],
  INIT_GENERATED1: [2190, initGenerated],
  INIT_GENERATED2: [2191, initGenerated],
  CHECKING_TEMPORAL_PROPS: [2192, checkingTemporal],
  SUCCESS: [2193, textual('success')],
  SEARCH_DEPTH: [2194, parsed('depth', /search is ([\d,]+)/, ([depth]) => ({ depth: numberOf(depth) }))],
  CHECKPOINT_START: [2195, plain('checkpoint')],
  CHECKPOINT_END: [2196, plain('checkpoint')],
  STATS: [2199, stats],
  PROGRESS_STATS: [2200, progress],
  COVERAGE_START: [2201, plain('coverage-start')],
  COVERAGE_END: [2202, plain('coverage-end')],
  PROGRESS_SIMU: [2209, simulationProgress],
  STATS_SIMU: [2210, simulationProgress],
  LIVE_IMPLIED: [
    2212,
    parsed('temporal-branches', /has (\d+) branches/, ([branches]) => ({ branches: Number(branches) })),
  ],
  LIVE_CANNOT_HANDLE_FORMULA: [2213, textual('evaluation-error')],
  LIVE_WRONG_FORMULA_FORMAT: [2214, textual('evaluation-error')],
  STATE_PRINT1: [2216, traceState],
  STATE_PRINT2: [2217, traceState],
  STATE_PRINT3: [2218, parsed('stuttering', /^(\d+):/, ([number]) => ({ number: Number(number) }))],
  SANY_END: [2219, plain('sany-end')],
  SANY_START: [2220, plain('sany-start')],
  COVERAGE_VALUE: [2221, coverageExpression],
  CONFIG_VALUE_NOT_ASSIGNED_TO_CONSTANT_PARAM: [2222, configError],
  CONFIG_RHS_ID_APPEARED_AFTER_LHS_ID: [2223, configError],
  CONFIG_WRONG_SUBSTITUTION: [2224, configError],
  CONFIG_WRONG_SUBSTITUTION_NUMBER_OF_ARGS: [2225, configError],
  CONFIG_ID_DOES_NOT_APPEAR_IN_SPEC: [2226, configError],
  CONFIG_NOT_BOTH_SPEC_AND_INIT: [2227, configError],
  CONFIG_ID_REQUIRES_NO_ARG: [2228, configError],
  CONFIG_SPECIFIED_NOT_DEFINED: [2229, configError],
  CONFIG_ID_HAS_VALUE: [2230, configError],
  CONFIG_MISSING_INIT: [2231, configError],
  CONFIG_MISSING_NEXT: [2232, configError],
  CONFIG_ID_MUST_NOT_BE_CONSTANT: [2233, configError],
  CONFIG_OP_NO_ARGS: [2234, configError],
  CONFIG_OP_NOT_IN_SPEC: [2235, configError],
  CONFIG_OP_IS_EQUAL: [2236, configError],
  CONFIG_SPEC_IS_TRIVIAL: [2237, configError],
  CANT_HANDLE_SUBSCRIPT: [2238, configError],
  CANT_HANDLE_CONJUNCT: [2239, configError],
  CANT_HANDLE_TOO_MANY_NEXT_STATE_RELS: [2240, configError],
  CONFIG_PROPERTY_NOT_CORRECTLY_DEFINED: [2241, configError],
  CONFIG_OP_ARITY_INCONSISTENT: [2242, configError],
  CONFIG_NO_STATE_TYPE: [2243, configError],
  CANT_HANDLE_REAL_NUMBERS: [2244, configError],
  NO_MODULES: [2245, configError],
  LIVE_FORMULA_TAUTOLOGY: [2253, textual('evaluation-error')],
  VERSION: [2262, parsed('version', /^TLC2 Version (.*)/, ([version]) => ({ version: version ?? '' }))],
  COUNTER_EXAMPLE: [2264, plain('counterexample')],
  CHECKING_TEMPORAL_PROPS_END: [2267, plain('checked-temporal')],
  STATE_GRAPH_OUTDEGREE: [2268, textual('outdegree')],
  COMPUTING_INIT_PROGRESS: [
    2269,
    parsed('init-progress', /^Computed ([\d,]+) initial/, ([states]) => ({ states: numberOf(states) })),
  ],
  MODE_MC_DFS: [2271, textual('mode')],
  CONFIG_PROPERTY_ACTION_LEVEL: [2272, configError],
  CONFIG_PROPERTY_ACTION_LEVEL_SQUARE_A_SUB_V: [2273, configError],
  CONFIG_PROPERTY_ACTION_LEVEL_ANGLE_A_SUB_V: [2274, configError],
  CONFIG_UNDEFINED_OR_NO_OPERATOR: [2280, configError],
  CONFIG_SUBSTITUTION_NON_CONSTANT: [2281, configError],
  ENVIRONMENT_JVM_GC: [2401, textual('jvm-advice')],
  COVERAGE_NEXT: [2772, coverageAction],
  COVERAGE_INIT: [2773, coverageAction],
  COVERAGE_PROPERTY: [2774, coverageAction],
  COVERAGE_VALUE_COST: [2775, coverageExpression],
  COVERAGE_END_OVERHEAD: [2777, plain('coverage-end')],
  COVERAGE_CONSTRAINT: [2778, coverageAction],
  PARSING_FAILED: [3002, textual('parse-failed')],
  CFG_ERROR_READING_FILE: [5001, configError],
  CFG_GENERAL: [5002, configError],
  CFG_MISSING_ID: [5003, configError],
  CFG_TWICE_KEYWORD: [5004, configError],
  CFG_EXPECT_ID: [5005, configError],
  CFG_EXPECTED_SYMBOL: [5006, configError],
} as const

/** A message's meaning: the kinds are those of the table, and `unknown`. */
export type TlcMessage = ReturnType<(typeof MESSAGES)[keyof typeof MESSAGES][1]>

/** The number of a message. */
export const codeOf = (name: keyof typeof MESSAGES): number => MESSAGES[name][0]

const DECODERS = new Map<number, (raw: RawMessage) => TlcMessage>(Object.values(MESSAGES))

/** A message's meaning. Never fails: what is not known, or not as known, is `unknown` with its text. */
export const decode = (raw: RawMessage): TlcMessage =>
  raw.truncated === true ? unknown(raw) : (DECODERS.get(raw.code) ?? unknown)(raw)

/** A message and, before it, those inside it: the inner ones are the more specific. */
export const decodeAll = (raw: RawMessage): TlcMessage[] => [...raw.nested.flatMap(decodeAll), decode(raw)]

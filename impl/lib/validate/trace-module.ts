/**
 * Logs as a TLA+ module, for a second opinion that knows nothing of the machine: TLC looks for a behaviour of the
 * specification that explains each log. A state of the search is a state of the specification, which log it is, and how many
 * events of each lane were taken; a step takes the next event of a lane by the specification's own action, or is one that
 * the log may lack.
 *
 * What a log's lanes, gaps and times mean is written down here a second time, from docs/log-format.md and not from the
 * validator. What an access returned (`result`) is not in the specifications, so it is not asked.
 */

import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { quote } from '../kernel/language/value.ts'
import type { LogEvent, Order } from './event.ts'
import type { Fact } from './json-codec.ts'
import type { SpecStep } from './spec-steps.ts'

/** A log to be decided. */
export interface LogText {
  readonly order: Order
  readonly unlogged: 'any' | readonly string[]
  /** in the order of the lines, lines about lost events included */
  readonly events: readonly LogEvent[]
}

/** What is known of a specification. */
export interface SpecOfLogs {
  /** the module that TLC is given for the model, e.g. `MCPollKick` */
  readonly module: string
  readonly steps: readonly SpecStep[]
  /** each thread as logs call it (`vcpu0`), and as TLA+ has it */
  readonly threads: ReadonlyMap<string, TlaValue>
  /** by action: the threads that something happens to without their doing; a log calls it by those */
  readonly happensTo: ReadonlyMap<string, readonly TlaValue[]>
  /** what the JSON of a state says in TLA+ */
  readonly facts: (state: NonNullable<LogEvent['state']>) => readonly Fact[]
}

/** Name of the module; its configuration has the same. */
export const TRACE_MODULE = 'LockstepTrace'

/** What the configuration of the module has to name. */
export const TRACE_CFG = {
  specification: 'LockstepSpec',
  invariants: ['LockstepWatch'],
} as const

const TAG = 'lockstep-log'
const COMMIT = 'commit'

interface TraceEvent {
  readonly event: LogEvent
  readonly afterGap: boolean
}

interface Lanes {
  readonly lanes: readonly (readonly TraceEvent[])[]
  /** per lane: were events lost after its last? */
  readonly open: readonly boolean[]
}

/** The lanes of a log. Where events were lost is kept with the event that comes next in the lane. */
const lanesOf = ({ order, events }: LogText): Lanes => {
  const nameOf = (event: LogEvent): string => (order === 'total' ? '' : (event.lane ?? event.thread ?? ''))
  const names = new Set<string>()
  for (const event of events) {
    if (event.lost === undefined || event.lane !== undefined || event.thread !== undefined) names.add(nameOf(event))
  }
  const lanes = new Map([...names].map((name) => [name, [] as TraceEvent[]]))
  const open = new Set<string>()
  for (const event of events) {
    const name = nameOf(event)
    if (event.lost === undefined) {
      lanes.get(name)?.push({ event, afterGap: open.delete(name) })
    } else if (event.lane === undefined && event.thread === undefined) for (const every of names) open.add(every)
    else open.add(name)
  }
  return { lanes: [...lanes.values()], open: [...lanes.keys()].map((name) => open.has(name)) }
}

/** Times as their ranks: nanoseconds since the start of a host are no integers of TLC. */
const ranksOf = (events: readonly LogEvent[]): ReadonlyMap<number, number> => {
  const times = new Set(events.flatMap(({ time, end }) => [time, end].filter((t) => t !== undefined)))
  return new Map([...times].sort((a, b) => a - b).map((time, i) => [time, i]))
}

/** Numbers from 1 on for texts that are there many times. */
type Table = Map<string, number>

const numberIn = (table: Table, text: string): number => {
  const number = table.get(text) ?? table.size + 1
  table.set(text, number)
  return number
}

/** The facts of one event, those of one variable together, by their numbers in a table. */
const factNumbers = (facts: readonly Fact[], table: Table): string => {
  const byVariable = new Map<string, Fact[]>()
  for (const fact of facts) byVariable.set(fact.variable, [...(byVariable.get(fact.variable) ?? []), fact])
  const numbers = [...byVariable].map(([variable, own]) => {
    const known = own.flatMap(({ argument }) => (argument === undefined ? [] : [printValue(argument)]))
    const values = own.map(({ value }) => printValue(value))
    return numberIn(table, `<<${quote(variable)}, <<${known.join(', ')}>>, <<${values.join(', ')}>>>>`)
  })
  return `<<${numbers.join(', ')}>>`
}

/** Elements of a definition: the parser recurses over a longer tuple than it has room for. */
const CHUNK = 500

/** Definitions of a long sequence, and the expression that is all of it. */
const sequence = (name: string, items: readonly string[]): { readonly definitions: string[]; readonly all: string } => {
  const chunks = Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) =>
    items.slice(i * CHUNK, (i + 1) * CHUNK),
  )
  const definitions = chunks.map((chunk, i) => `${name}_${i + 1} == <<\n    ${chunk.join(',\n    ')}>>`)
  return { definitions, all: chunks.length === 0 ? '<<>>' : chunks.map((_, i) => `${name}_${i + 1}`).join(' \\o ') }
}

const boolean = (value: boolean): string => (value ? 'TRUE' : 'FALSE')

const bound = ({ bound: quantifiers }: SpecStep): string =>
  quantifiers.map(({ name, set }) => `\\E ${name} \\in ${set} : `).join('')

/** Is it the thread that the log names? `own` is TLA+ for the thread of the step. */
const whose = (step: SpecStep, { happensTo }: SpecOfLogs): string => {
  if (step.thread !== undefined) return `LockstepIs(LockstepThread, ${step.thread})`
  const threads = happensTo.get(step.action) ?? []
  const [argument] = step.args
  const among = `LockstepAmong(LockstepThread, {${threads.map(printValue).join(', ')}})`
  // it happens to one thread only, or its argument says to which: the thread itself, or its number
  if (argument === undefined || threads.length < 2) return among
  const number = step.bound.find(({ name }) => name === argument)?.set !== 'Threads'
  return `${among} /\\ ${number ? 'LockstepIsNumber' : 'LockstepIs'}(LockstepThread, ${argument})`
}

const stepLines = (spec: SpecOfLogs): string[] => [
  'LockstepTake(LockstepAction, LockstepThread) ==',
  ...spec.steps.map(
    (step) => `    \\/ LockstepAction = ${quote(step.action)} /\\ ${bound(step)}${whose(step, spec)} /\\ ${step.call}`,
  ),
  '',
  '\\* A step that the log lacks.',
  'LockstepUnlogged(LockstepNames) ==',
  ...spec.steps.map((step) => `    \\/ ${quote(step.action)} \\in LockstepNames /\\ ${bound(step)}${step.call}`),
]

/** What the log says of a variable, against the state after the step. */
const holdsLines = (facts: readonly Fact[]): string[] => {
  const functions = new Map(facts.map(({ variable, argument }) => [variable, argument !== undefined]))
  if (functions.size === 0) return ['LockstepHolds(LockstepF) == TRUE']
  return [
    'LockstepHolds(LockstepF) ==',
    ...[...functions].map(([variable, isFunction], i) => {
      const has = isFunction
        ? `\\A LockstepI \\in 1..Len(LockstepF[2]) : ${variable}'[LockstepF[2][LockstepI]] = LockstepF[3][LockstepI]`
        : `${variable}' = LockstepF[3][1]`
      return `    ${i === 0 ? 'CASE' : '  []'} LockstepF[1] = ${quote(variable)} -> ${has}`
    }),
  ]
}

const FIXED = String.raw`
\* An event: <<action or "", thread or <<>>, numbers of facts, after a gap, rank of its begin, of its end>>;
\* without an action the state was looked at. A log that names no thread means any.
LockstepIs(LockstepThread, LockstepOwn) == IF LockstepThread = <<>> THEN TRUE ELSE LockstepThread = LockstepOwn
LockstepIsNumber(LockstepThread, LockstepOwn) == IF LockstepThread = <<>> THEN TRUE ELSE LockstepThread[2] = LockstepOwn
LockstepAmong(LockstepThread, LockstepAll) == IF LockstepThread = <<>> THEN TRUE ELSE LockstepThread \in LockstepAll
`

const NEXT = String.raw`
VARIABLES
    LockstepLog,    \* which of the logs
    LockstepAt      \* per lane: how many of its events were taken

LockstepThis == LockstepLogs[LockstepLog]
LockstepLanes == 1..Len(LockstepThis.lanes)
LockstepIsLeft(LockstepL) == LockstepAt[LockstepL] < Len(LockstepThis.lanes[LockstepL])
LockstepHead(LockstepL) == LockstepThis.lanes[LockstepL][LockstepAt[LockstepL] + 1]

\* In a gap anything may happen: until the event after it was taken, at a lane's end for good.
LockstepInGap ==
    \E LockstepL \in LockstepLanes :
        IF LockstepIsLeft(LockstepL) THEN LockstepHead(LockstepL)[4] ELSE LockstepThis.open[LockstepL]

\* An event comes first only if none that is left has ended before it began.
LockstepMayBeFirst(LockstepE) ==
    \A LockstepL \in LockstepLanes :
        IF LockstepIsLeft(LockstepL) THEN LockstepE[5] <= LockstepHead(LockstepL)[6] ELSE TRUE

LockstepEvent ==
    \E LockstepL \in LockstepLanes :
        /\ LockstepIsLeft(LockstepL)
        /\ LockstepMayBeFirst(LockstepHead(LockstepL))
        /\ LockstepAt' = [LockstepAt EXCEPT ![LockstepL] = @ + 1]
        /\ LET LockstepE == LockstepHead(LockstepL)
           IN /\ IF LockstepE[1] = "" THEN UNCHANGED vars ELSE LockstepTake(LockstepE[1], LockstepE[2])
              /\ IF \A LockstepI \in 1..Len(LockstepE[3]) : LockstepHolds(LockstepFacts[LockstepE[3][LockstepI]])
                 THEN TRUE ELSE FALSE

LockstepSilent ==
    /\ UNCHANGED LockstepAt
    /\ IF LockstepThis.any \/ LockstepInGap THEN Next ELSE LockstepUnlogged(LockstepThis.unlogged)

RECURSIVE LockstepSum(_)
LockstepSum(LockstepS) == IF LockstepS = <<>> THEN 0 ELSE Head(LockstepS) + LockstepSum(Tail(LockstepS))
LockstepTaken == LockstepSum(LockstepAt)

LockstepInit ==
    /\ Init
    /\ LockstepLog \in 1..Len(LockstepLogs)
    /\ LockstepAt = [LockstepL \in LockstepLanes |-> 0]

\* One explanation of a log is enough.
LockstepNext ==
    /\ TLCGet(LockstepLog) < LockstepThis.events
    /\ UNCHANGED LockstepLog
    /\ LockstepEvent \/ LockstepSilent

LockstepSpec == LockstepInit /\ [][LockstepNext]_<<vars, LockstepLog, LockstepAt>>

\* Prints how many events of each log were taken, whenever it is more than before; the search itself goes on. Registers
\* are a worker's own, so there is one worker.
ASSUME \A LockstepI \in 1..Len(LockstepLogs) : TLCSet(LockstepI, -1)
LockstepWatch ==
    IF LockstepTaken > TLCGet(LockstepLog)
    THEN TLCSet(LockstepLog, LockstepTaken) /\ PrintT(<<"${TAG}", LockstepLog, LockstepTaken>>)
    ELSE TRUE

\* Of no use for the answer: as an INVARIANT it is violated by a log that is allowed, and TLC prints how.
LockstepNotExplained == LockstepTaken < LockstepThis.events`

/** What the logs of a module say, while it is written. */
class Entries {
  readonly table: Table = new Map()
  /** one fact of each variable that is spoken of */
  readonly said = new Map<string, Fact>()
  readonly definitions: string[] = []
  private readonly spec: SpecOfLogs
  private readonly hasCommit: boolean

  constructor(spec: SpecOfLogs) {
    this.spec = spec
    this.hasCommit = spec.steps.some(({ action }) => action === COMMIT)
  }

  /** The record of log number `n`, from 0. */
  of(log: LogText, n: number): string {
    const ranks = ranksOf(log.order === 'interval' ? log.events : [])
    const { lanes, open } = lanesOf(log)
    const names = lanes.map((lane, l) => {
      const items = lane.map(({ event, afterGap }) => this.eventText(event, afterGap, ranks))
      const { definitions, all } = sequence(`LockstepLane_${n + 1}_${l + 1}`, items)
      this.definitions.push(...definitions)
      return all
    })
    // a store buffer drains when it likes
    const unlogged = new Set(log.unlogged === 'any' ? [] : log.unlogged)
    if (this.hasCommit) unlogged.add(COMMIT)
    const events = lanes.reduce((sum, lane) => sum + lane.length, 0)
    return [
      `[lanes |-> <<${names.join(', ')}>>`,
      `open |-> <<${open.map(boolean).join(', ')}>>`,
      `events |-> ${events}`,
      `any |-> ${boolean(log.unlogged === 'any')}`,
      `unlogged |-> {${[...unlogged].map(quote).join(', ')}}]`,
    ].join(', ')
  }

  private eventText(
    { action = '', thread, state, time, end }: LogEvent,
    afterGap: boolean,
    ranks: ReadonlyMap<number, number>,
  ): string {
    const facts = state === undefined ? [] : this.spec.facts(state)
    for (const fact of facts) this.said.set(fact.variable, fact)
    const tla = thread === undefined ? undefined : this.spec.threads.get(thread)
    const begin = ranks.get(time ?? 0) ?? 0
    const over = ranks.get(end ?? time ?? 0) ?? 0
    const who = tla === undefined ? '<<>>' : printValue(tla)
    return `<<${quote(action)}, ${who}, ${factNumbers(facts, this.table)}, ${boolean(afterGap)}, ${begin}, ${over}>>`
  }
}

/** The module that decides some logs. */
export const traceModule = (spec: SpecOfLogs, logs: readonly LogText[]): string => {
  const written = new Entries(spec)
  const entries = logs.map((log, n) => written.of(log, n))
  const facts = sequence('LockstepFacts', [...written.table.keys()])
  const all = sequence('LockstepLogs', entries)
  return [
    `---- MODULE ${TRACE_MODULE} ----`,
    '\\* Written by lockstep validate --with tlc. Does the specification allow these logs? One worker only (-workers 1).',
    `EXTENDS ${spec.module}`,
    'LOCAL INSTANCE TLC',
    '',
    ...written.definitions,
    ...all.definitions,
    `LockstepLogs == ${all.all}`,
    '',
    '\\* What the logs say of states: <<variable, arguments, value or values at these>>.',
    ...facts.definitions,
    `LockstepFacts == ${facts.all}`,
    FIXED,
    ...stepLines(spec),
    '',
    ...holdsLines([...written.said.values()]),
    NEXT,
    '====',
    '',
  ].join('\n')
}

const LINE = new RegExp(`^<<"${TAG}", (\\d+), (\\d+)>>$`)

/** The log that a line of TLC's output speaks of, counted from 0, and how many of its events it says that TLC has explained. */
export const explainedIn = (line: string): { readonly log: number; readonly events: number } | undefined => {
  const [, log, events] = LINE.exec(line.trim()) ?? []
  return log === undefined ? undefined : { log: Number(log) - 1, events: Number(events) }
}

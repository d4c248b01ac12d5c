/** `lockstep live FILE.c`: a C file's threads on two cores, and the model as judge. */

import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { CFindings } from '../../impl/lib/c/protocol/findings.ts'
import { findingsOf } from '../../impl/lib/c/protocol/findings.ts'
import { briefly, isUnsaid } from '../../impl/lib/c/protocol/words.ts'
import { endOfRound, roundLines } from '../../impl/lib/c/live/shown.ts'
import { witnessOf } from '../../impl/lib/c/live/witness.ts'
import type { CMachine } from '../../impl/lib/c/run/machine.ts'
import type { CellVerdict } from '../../impl/lib/protocol/cell.ts'
import { badInput, environmentFailure, EXIT } from '../../impl/lib/kernel/error.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import { wrap } from '../../impl/lib/report/columns.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { validationLines } from '../../impl/lib/report/validation/text.ts'
import type { OpenedC } from '../c/open.ts'
import { openC } from '../c/open.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { CLiveResult, CStage, JudgedKind } from '../live/c-run.ts'
import { playC, stageOfC } from '../live/c-run.ts'
import { prepareLogs, writeLogs } from '../live/logs.ts'
import type { LiveVerdict } from '../live/verdict.ts'
import { outcomeOf, requireTwoCores, roundsIn, verdictText } from '../live/verdict.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson, thousands } from '../ui/output.ts'

type LiveOptions = OptionsOf<'live'>

/** What the rounds say of one property. */
interface Row {
  readonly property: string
  readonly expected: CellVerdict
  /** rounds in whose end it is broken */
  readonly lost: number
  readonly outcome: LiveVerdict
}

/** A file that was played. */
interface Played {
  readonly opened: OpenedC
  readonly machine: CMachine
  readonly stage: CStage
  readonly found: CFindings
  readonly result: CLiveResult
  readonly rows: readonly Row[]
  /** of all rounds together: what cannot be explained belongs to no property */
  readonly outcome: LiveVerdict
  readonly logs: readonly string[]
}

const refuseOthers = ({ target, interpreter }: LiveOptions): void => {
  const [, memory] = /\.c\/(.*)$/.exec(target) ?? []
  if (memory !== undefined && memory !== 'tso')
    throw badInput({
      code: 'usage',
      message: `live plays on hardware, which is what it is: ${target} is no choice`,
      hint: `live ${cFileIn(target) ?? target} --memory ${memory} holds the rounds against that memory model`,
    })
  if (interpreter === 'general')
    throw badInput({
      code: 'usage',
      message: '--interpreter general is for protocols: a C file has no generator functions',
      hint: 'leave it out: the automata of the threads are played',
    })
}

const modelUnder = ({ models }: OpenedC, memory: string): Model => {
  const found = models.find((model) => model.memory === memory)
  if (found === undefined) throw new TypeError(`no model under ${memory}`)
  return found
}

const machineUnder = (opened: OpenedC, memory: string): CMachine => {
  const machine = opened.machineOf(machineOf(modelUnder(opened, memory)))
  if (machine === undefined) throw new TypeError('a machine of another protocol')
  return machine
}

/** What is not known whole says of no round that it cannot be. */
const requireWhole = (file: string, memory: string, machine: CMachine): void => {
  const { stopped, states } = machine.discovery()
  if (stopped === undefined) return
  throw environmentFailure({
    code: 'incomplete',
    message: `${file} under ${memory.toUpperCase()} is not known whole: ${stopped.kind === 'states' ? `there are more than ${states} states` : `${stopped.what} has more and more values`}`,
    hint: `\`lockstep check ${file}\` says where; --max-states N looks further, and nothing was played`,
  })
}

/** What the model says of the properties that rounds are judged by; nothing else is decided of it. */
const verdictsOf = (opened: OpenedC, memory: string, names: readonly string[]): CFindings => {
  const model = modelUnder(opened, memory)
  const cells = model.cells.filter(({ name }) => names.includes(name))
  return findingsOf({ ...model, cells }, machineUnder(opened, memory), Infinity)
}

const kindsFor = ({ judged }: CLiveResult, property: string) =>
  judged.map((kind) => ({ ...kind, lost: kind.broken.includes(property) }))

const rowsOf = ({ judge }: CStage, found: CFindings, result: CLiveResult): readonly Row[] =>
  judge.judged.map((property): Row => {
    const verdict = found.result.properties.find(({ name }) => name === property)?.verdict
    if (verdict === undefined || verdict === 'incomplete' || verdict === 'error')
      throw new TypeError(`the model says ${verdict ?? 'nothing'} of ${property}`)
    const expected = verdict
    const lost = result.broken.get(property) ?? 0
    const own = { rounds: result.rounds, lost, kinds: kindsFor(result, property) }
    // what no order explains is said of all rounds, once
    const explained = own.kinds.filter(({ tso }) => tso.verdict !== 'rejected')
    return { property, expected, lost, outcome: outcomeOf({ expected }, { ...own, kinds: explained }) }
  })

const exitOf = ({ rows, outcome }: Pick<Played, 'rows' | 'outcome'>): number => {
  const outcomes = [outcome, ...rows.map((row) => row.outcome)]
  if (outcomes.includes('unexplained') || outcomes.includes('forbidden')) return EXIT.finding
  return outcomes.includes('undecided') || outcomes.includes('not-played') ? EXIT.environment : EXIT.ok
}

const memoryOf = ({ memory = 'tso' }: LiveOptions): 'sc' | 'tso' | 'pso' => memory

/** Rounds of which it is known whether some order explains them. */
const figures = ({ judged }: CLiveResult) => ({
  sampled: roundsIn(judged),
  accepted: roundsIn(judged.filter(({ tso }) => tso.accepted)),
  acceptedUnderSc: roundsIn(judged.filter(({ sc }) => sc.accepted)),
})

const share = (part: number, all: number): string => (part === all ? 'all' : `all but ${thousands(all - part)}`)

/** Steps of a round that a diagram is drawn of. */
const MOST_STEPS = 60

const stepsOf = ({ round }: JudgedKind): number => round.parts.reduce((sum, part) => sum + part.steps.length, 0)

/** One kind of round for each property that was seen broken, and what cannot be explained. */
const shownOf = ({ result: { judged }, rows }: Played): readonly JudgedKind[] => {
  const unexplained = judged.filter(({ tso }) => !tso.accepted)
  if (unexplained.length > 0) return unexplained.slice(0, 2)
  const seen = rows.flatMap(({ property, lost }): JudgedKind[] => {
    const kinds = judged.filter(({ broken }) => lost > 0 && broken.includes(property))
    const needing = kinds.filter(({ sc }) => !sc.accepted)
    return (needing.length > 0 ? needing : kinds).toSorted((a, b) => stepsOf(a) - stepsOf(b)).slice(0, 1)
  })
  return [...new Set(seen)].slice(0, 2)
}

/** A round in the file's statements; the property that it is shown for comes last. */
const kindLines = ({ opened, machine, stage, found }: Played, kind: JudgedKind, memory: string): string[] => {
  const { tso, sc, round, broken } = kind
  const property = broken[0] ?? ''
  const name = memory.toUpperCase()
  const inSteps = roundLines(machine, round, stage.kernel).flatMap((line) => wrap(line, 75, 4))
  if (!tso.accepted)
    return [
      `A round that ${name} ${tso.verdict === 'rejected' ? 'cannot explain' : 'did not decide'}:`,
      ...inSteps,
      ...validationLines(tso),
      ...(found.wasFull
        ? [
            `The model’s store buffers were full, and the hardware has more room: --slots N gives more than ${found.slots}.`,
          ]
        : []),
    ]
  const steps = stepsOf(kind)
  if (steps > MOST_STEPS)
    return [
      `The shortest round that ended in ${property} has ${steps} steps, too many to be drawn: --logs writes it down.`,
    ]
  const by = sc.accepted ? `${name} explains it, and so does SC` : `${name} explains it, SC cannot`
  const behaviour = witnessOf(stage.kernel, round)
  if (behaviour === undefined) return [`A round of ${opened.file}; ${by}:`, ...inSteps]
  const ending = endOfRound(machine, round, stage.kernel)
  const cx = { model: opened.file, property, kind: 'invariant', behaviour, preventedBy: [], ending } as const
  return [
    ...wrap(
      `A round on this machine, one of ${thousands(kind.count)} alike, in an order that explains it (${by}).`,
      75,
      0,
    ),
    '',
    ...lanes(cx, opened.protocol.docs, { claim: 'Seen' }).split('\n'),
  ]
}

const printRows = (out: Output, { rows }: Played, memory: string): void => {
  const isQuiet = ({ property, outcome, expected, lost }: Row): boolean =>
    isUnsaid(property) && expected === 'holds' && outcome === 'as-expected' && lost === 0
  // of what nobody has written down and never occurs nothing is said, as in check
  const isSilent = ({ property, expected, lost }: Row): boolean =>
    isUnsaid(property) && expected === 'vacuous' && lost === 0
  const loud = rows.filter((row) => !isQuiet(row) && !isSilent(row))
  const head = ['property', `under ${memory.toUpperCase()}`, 'rounds that end so', '']
  const text = ({ property, expected, lost, outcome }: Row): string[] => [
    property,
    { violated: 'can be violated', holds: 'holds', vacuous: 'VACUOUS' }[expected],
    thousands(lost),
    expected === 'vacuous' && outcome === 'as-expected'
      ? 'nothing that it speaks of ever happens'
      : verdictText(outcome, lost),
  ]
  for (const line of columns(loud.length === 0 ? [] : [head, ...loud.map(text)])) out.line(line)
  const quiet = rows.filter(isQuiet).map(({ property }) => briefly(property))
  if (quiet.length > 0) for (const line of wrap(`never, as the model says: ${quiet.join(', ')}`, 98, 2)) out.line(line)
}

/** The options that say which program it is. */
const reading = ({ define = [], include = [], slots }: LiveOptions): string[] => [
  ...define.map((d) => `-D${d}`),
  ...include.map((i) => `-I${i}`),
  ...(slots === undefined ? [] : [`--slots ${slots}`]),
]

const print = (out: Output, played: Played, options: LiveOptions): void => {
  const { opened, stage, result, outcome, logs } = played
  const memory = memoryOf(options)
  const { sampled, accepted, acceptedUnderSc } = figures(result)
  out.clear()
  const name = [opened.file, ...reading(options)].join(' ')
  out.line(
    `${name} on two cores: ${thousands(result.rounds)} rounds, ${thousands(result.kinds)} of them different`,
    'bold',
  )
  printRows(out, played, memory)
  out.line(
    `of ${thousands(sampled)} rounds ${memory.toUpperCase()} explains ${share(accepted, sampled)}, SC ${share(acceptedUnderSc, sampled)}`,
  )
  if (outcome !== 'as-expected') out.line(verdictText(outcome, 0), 'red')
  for (const kind of shownOf(played)) {
    out.line()
    for (const line of kindLines(played, kind, memory)) out.line(line)
  }
  out.line()
  const said = [
    ...(stage.judge.left.length === 0
      ? []
      : [`no round is judged by ${stage.judge.left.join(', ')}: see docs/live.md`]),
    ...(stage.handlers.length === 0 ? [] : [`interrupts do not come here: ${stage.handlers.join(', ')}`]),
  ]
  for (const text of said) for (const line of wrap(text, 98, 2)) out.line(line)
  if (logs.length > 0 && options.logs !== undefined)
    out.line(
      `${logs.length} log${logs.length === 1 ? '' : 's'}: lockstep validate ${stage.tso.name} ${[...reading(options), join(options.logs, '*.ndjson')].join(' ')}`,
    )
  out.line(
    `2 cores, ${stage.plan.threads.length} threads, seed ${options.seed}, ${result.seconds.toFixed(1)} s of rounds`,
  )
}

const json = (played: Played, options: LiveOptions, code: number): unknown => {
  const { opened, stage, result, rows, outcome, logs } = played
  const shown = shownOf(played).map((kind) => ({
    count: kind.count,
    lost: kind.broken.length > 0,
    broken: kind.broken,
    explained: { [memoryOf(options)]: kind.tso.accepted, sc: kind.sc.accepted },
    log: kindLines(played, kind, memoryOf(options)),
  }))
  return {
    ok: code === EXIT.ok,
    protocol: opened.file,
    inputs: opened.files.hashes,
    rounds: result.rounds,
    interpreter: 'automata',
    memory: memoryOf(options),
    seed: options.seed,
    outcome,
    notJudged: stage.judge.left,
    notPlayed: stage.handlers,
    ...figures(result),
    kinds: result.kinds,
    seconds: result.seconds,
    variants: rows.map(({ property, expected, lost, outcome: own }) => ({
      design: stage.tso.design,
      model: stage.tso.name,
      property,
      expected,
      outcome: own,
      rounds: result.rounds,
      lost,
      lostNeedingTso: roundsIn(
        kindsFor(result, property).filter(({ lost: isLost, tso, sc }) => isLost && tso.accepted && !sc.accepted),
      ),
    })),
    // not there without the option
    logs: options.logs === undefined ? undefined : logs,
    shown,
  }
}

/** Plays a C file; returns the exit code. */
export const liveC = async (
  out: Output,
  options: LiveOptions,
  project: Project,
  cores: number = availableParallelism(),
): Promise<number> => {
  refuseOthers(options)
  const file = cFileIn(options.target) ?? options.target
  const memory = memoryOf(options)
  const opened = await openC(file, options)
  requireTwoCores(cores)
  for (const name of new Set(['tso', 'sc', memory])) requireWhole(file, name, machineUnder(opened, name))
  const machine = machineUnder(opened, 'tso')
  const stage = stageOfC(modelUnder(opened, 'tso'), modelUnder(opened, 'sc'), machine)
  out.progress(`checking ${file} under ${memory.toUpperCase()}`)
  const found = verdictsOf(opened, memory, stage.judge.judged)
  if (options.logs !== undefined) prepareLogs(options.logs)
  const modelsOf: Project['modelsOf'] = (p) => (p === opened.protocol ? opened.models : project.modelsOf(p))
  const result = await playC(
    { ...stage, tso: modelUnder(opened, memory) },
    { ...project, modelsOf },
    {
      ...options,
      sample: options.sample ?? Infinity,
      onProgress: (rounds, broken) => {
        out.progress(`${file}: ${thousands(rounds)} rounds, ${thousands(broken)} broken`)
      },
    },
  )
  opened.files.assertUnchanged()
  const logs = options.logs === undefined ? [] : writeLogs(options.logs, result.judged.toSorted(unexplainedFirst))
  const rows = rowsOf(stage, found, result)
  const all = { rounds: result.rounds, lost: 0, kinds: kindsFor(result, '') }
  const played = { opened, machine, stage, found, result, rows, outcome: outcomeOf({ expected: 'holds' }, all), logs }
  const code = exitOf(played)
  if (out.json) printJson(json(played, options, code))
  else print(out, played, options)
  return code
}

const unexplainedFirst = (a: JudgedKind, b: JudgedKind): number => Number(a.tso.accepted) - Number(b.tso.accepted)

/** Plays a C file on two cores, counts what its rounds ended in, and has the model explain them. */

import type { CMachine } from '../../impl/lib/c/run/machine.ts'
import { codeOf } from '../../impl/lib/c/live/code.ts'
import { RoundJudge } from '../../impl/lib/c/live/judge.ts'
import type { LivePlan } from '../../impl/lib/c/live/plan.ts'
import { livePlan } from '../../impl/lib/c/live/plan.ts'
import { MOST_VALUES } from '../../impl/lib/c/live/player.ts'
import type { CRound } from '../../impl/lib/c/live/record.ts'
import { BUFFERS } from '../../impl/lib/c/live/tree.ts'
import { RecordReader, RoundLogs } from '../../impl/lib/c/live/record.ts'
import type { CArena, Shape } from '../../impl/lib/c/live/rounds.ts'
import { cArena, finalsWidth, RECORD } from '../../impl/lib/c/live/rounds.ts'
import { badInput } from '../../impl/lib/kernel/error.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { nextRandom } from '../../impl/lib/live/rounds.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import { bare, isForeign } from '../../impl/lib/validate/any-design.ts'
import type { Validation } from '../../impl/lib/validate/result.ts'
import type { Validator } from '../../impl/lib/validate/validator.ts'
import { logValidator } from '../validate/subject.ts'
import type { CStart } from './c-worker.ts'
import { Pair } from './pair.ts'
import { BATCH, PATIENCE } from './run.ts'

export interface CLiveOptions {
  readonly rounds: number
  /** most seconds that the file is played; and again that its rounds are explained in */
  readonly seconds: number
  readonly seed: number
  /** most rounds that the model has to explain; those that broke something come first */
  readonly sample: number
  readonly onProgress: (rounds: number, broken: number) => void
}

/** Rounds that cannot be told apart. */
export interface CKind {
  readonly round: CRound
  /** the properties that are broken in its end */
  readonly broken: readonly string[]
  /** how many rounds */
  count: number
}

/** A kind of round, its log, and what `lockstep validate` says of that. */
export interface JudgedKind extends CKind {
  readonly file: string
  readonly log: readonly string[]
  readonly tso: Validation
  readonly sc: Validation
}

/** A file ready to be played: its models under TSO and SC, and what is played of it. */
export interface CStage {
  readonly tso: Model
  readonly sc: Model
  readonly plan: LivePlan
  readonly kernel: Kernel
  readonly judge: RoundJudge
  /** interrupt handlers, which do not come */
  readonly handlers: readonly string[]
}

export interface CLiveResult {
  readonly rounds: number
  readonly seconds: number
  /** rounds that broke a property, by its name */
  readonly broken: ReadonlyMap<string, number>
  /** kinds of rounds that were looked at, and how many there were */
  readonly judged: readonly JudgedKind[]
  readonly kinds: number
}

/** Gets a file ready; the machine must be complete, and that of `tso`. */
export const stageOfC = (tso: Model, sc: Model, c: CMachine): CStage => {
  const { machine, threads } = c
  const compiled = compile(machine)
  const played = threads.flatMap(({ source }, index) => (source.kind === 'interrupt' ? [] : [index]))
  if (played.length < 2)
    throw badInput({
      code: 'live-one-thread',
      message: `live lets two threads race, and the file has ${played.length === 0 ? 'none' : 'one'} that is no interrupt handler`,
      file: tso.protocol.name,
      hint: '`lockstep check` looks at all ways in which a handler can interrupt it',
    })
  const large = machine.shared.cells.find(
    ({ domain, variable }) => domain.values.length > MOST_VALUES && variable !== BUFFERS,
  )
  if (large !== undefined)
    throw badInput({
      code: 'live-too-large',
      message: `live keeps at most ${MOST_VALUES} values apart, and ${large.inC ?? large.variable} has ${large.domain.values.length}`,
      file: tso.protocol.name,
      hint: 'let it wrap around in a narrower type, as u8 does',
    })
  const plan = livePlan(c, compiled, played)
  const kernel = assemble(compiled)
  const handlers = threads.flatMap(({ source }) => (source.kind === 'interrupt' ? [source.name] : []))
  return { tso, sc, plan, kernel, judge: new RoundJudge(plan, kernel), handlers }
}

const shapeOf = ({ plan }: CStage, rounds: number): Shape => ({
  cells: plan.compiled.machine.shared.cells.length,
  threads: plan.threads.length,
  rounds,
})

const bytes = (array: Uint16Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('latin1')

/** The record of a round without what is empty of it. */
const recordOf = (record: Uint16Array, round: number): Uint16Array => {
  const whole = record.subarray(round * RECORD, (round + 1) * RECORD)
  let end = 0
  while (end < whole.length && whole[end] !== 0) end += 3 + (whole[end + 2] ?? 0)
  return whole.subarray(0, end)
}

/** The kinds of rounds so far. */
class CKinds {
  readonly byKey = new Map<string, CKind>()
  readonly broken = new Map<string, number>()
  private readonly stage: CStage
  private readonly reader: RecordReader

  constructor(stage: CStage) {
    this.stage = stage
    this.reader = new RecordReader(stage.plan)
  }

  /** Notes the rounds of a batch. */
  add({ records, finals }: CArena, shape: Shape, rounds: number): void {
    const width = finalsWidth(shape)
    for (let i = 0; i < rounds; i++) {
      const own = records.map((record) => recordOf(record, i))
      const end = finals.subarray(i * width, (i + 1) * width)
      const key = [...own, end].map(bytes).join('|')
      const known = this.byKey.get(key) ?? this.kindOf(own, end)
      known.count += 1
      this.byKey.set(key, known)
      for (const name of known.broken) this.broken.set(name, (this.broken.get(name) ?? 0) + 1)
    }
  }

  private kindOf(records: readonly Uint16Array[], finals: Uint16Array): CKind {
    const round = this.reader.round(records, finals)
    return { round, broken: this.stage.judge.broken(round), count: 0 }
  }

  /** Those that broke something first, then the most frequent ones; as many as a sample has. */
  sampled(most: number): readonly CKind[] {
    const all = [...this.byKey.values()].sort(
      (a, b) => Number(b.broken.length > 0) - Number(a.broken.length > 0) || b.count - a.count,
    )
    let rounds = 0
    return all.filter(({ broken, count }) => {
      rounds += broken.length > 0 ? 0 : count
      return broken.length > 0 || rounds - count < most
    })
  }
}

const noWay = (label: string): string => `${label} was reached with values with which the model never comes there`

/** Has `lockstep validate` explain the kinds of rounds, as far as time goes. */
const judged = async (
  { tso, sc, kernel }: CStage,
  project: Project,
  kinds: readonly CKind[],
  seconds: number,
): Promise<JudgedKind[]> => {
  const validators = [logValidator(tso, project), logValidator(sc, project)] as const
  const logs = new RoundLogs(kernel, tso.name)
  const until = performance.now() + seconds * 1000
  const all: JudgedKind[] = []
  for (const kind of kinds) {
    if (all.length > 0 && performance.now() > until) break
    const log = logs.of(kind.round)
    const file = `${kind.broken.length > 0 ? 'violated' : 'held'}.${all.length + 1}.ndjson`
    const batches = [{ firstLine: 1, lines: log }]
    const ask = async (validator: Validator, { name: model }: Model): Promise<Validation> => {
      const of = { model, file, order: 'interval' } as const
      if (kind.round.unknown !== undefined) return bare(of, 'rejected', noWay(kind.round.unknown))
      try {
        return await validator.validate(batches, { file })
      } catch (error) {
        // a result, or a value, that is in no state of the model is one that it cannot explain
        if (isForeign(error)) return bare(of, 'rejected', error.problem.message)
        throw error
      }
    }
    const [first, second] = validators
    const [byTso, bySc] = [await ask(first, tso), await ask(second, sc)]
    all.push({ ...kind, file, log, tso: byTso, sc: bySc })
  }
  return all
}

/** Plays a file. */
export const playC = async (stage: CStage, project: Project, options: CLiveOptions): Promise<CLiveResult> => {
  const shape = shapeOf(stage, Math.min(BATCH, options.rounds))
  const arena = cArena(shape)
  const pair = new Pair('c-worker', {
    shape,
    arena,
    initial: stage.plan.compiled.machine.shared.cells.map(({ initial }) => initial),
    codes: codeOf(stage.plan),
    seed: options.seed,
  } satisfies Omit<CStart, 'me'>)
  const kinds = new CKinds(stage)
  let [rounds, seconds, { seed }] = [0, 0, options]
  try {
    while (rounds < options.rounds && seconds < options.seconds) {
      const batch = Math.min(shape.rounds, options.rounds - rounds)
      seed = nextRandom(seed)
      const start = performance.now()
      await pair.play({ rounds: batch, seed, patience: PATIENCE })
      kinds.add(arena, shape, batch)
      seconds += (performance.now() - start) / 1000
      rounds += batch
      options.onProgress(
        rounds,
        [...kinds.broken.values()].reduce((sum, count) => sum + count, 0),
      )
    }
  } finally {
    await pair.end()
  }
  const sample = kinds.sampled(options.sample)
  return {
    rounds,
    seconds,
    broken: kinds.broken,
    judged: await judged(stage, project, sample, options.seconds),
    kinds: kinds.byKey.size,
  }
}

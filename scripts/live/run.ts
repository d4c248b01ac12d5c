/** Plays a design on two threads, counts what its rounds ended in, and has the model explain them. */

import type { Compiled } from '../../impl/lib/kernel/machine/automaton.ts'
import type { Predicate } from '../../impl/lib/kernel/machine/predicate.ts'
import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { compilePredicate, evaluate } from '../../impl/lib/kernel/machine/predicate.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import { Fields } from '../../impl/lib/validate/json-codec.ts'
import type { Validation } from '../../impl/lib/validate/result.ts'
import { generate, STUCK } from '../../impl/lib/live/generate.ts'
import type { Lane, LoggedMachine, Observation } from '../../impl/lib/live/log.ts'
import { packed, roundLog, stepsOf } from '../../impl/lib/live/log.ts'
import type { LiveThread } from '../../impl/lib/live/program.ts'
import { liveThread } from '../../impl/lib/live/program.ts'
import type { Arena, Shape } from '../../impl/lib/live/rounds.ts'
import { arena, finalsWidth, LOG, nextRandom } from '../../impl/lib/live/rounds.ts'
import type { LiveScenario } from '../../impl/lib/protocol/live-scenario.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { dataOf } from '../workspace/models.ts'
import { workspaceOf } from '../workspace/project.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import type { Start, ThreadCode } from './messages.ts'
import { Pair } from './pair.ts'
import { logValidator } from '../validate/subject.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

/** Which interpreter runs the programs. */
export type InterpreterName = 'generated' | 'general'

export interface LiveOptions {
  readonly rounds: number
  /** most seconds that a design is played */
  readonly seconds: number
  readonly seed: number
  /** most rounds of a design that the model has to explain; those that lost an event come first */
  readonly sample: number
  readonly interpreter: InterpreterName
  readonly onProgress: (rounds: number, lost: number) => void
}

/** Rounds that cannot be told apart: the same log of every thread, the same final state. */
export interface Kind {
  readonly observation: Observation
  readonly lost: boolean
  /** how many rounds */
  count: number
}

/** A kind of round, its log, and what `lockstep validate` says of that. */
export interface Judged extends Kind {
  /** what the log is called: whether its rounds violated the property, and a number */
  readonly file: string
  /** the lines of the log */
  readonly log: readonly string[]
  readonly tso: Validation
  readonly sc: Validation
}

export interface LiveResult {
  /** the machine without store buffers, for printing */
  readonly compiled: Compiled
  readonly rounds: number
  readonly lost: number
  readonly seconds: number
  readonly kinds: readonly Judged[]
}

/** Rounds of a batch: few, since the time limit is looked at between two. */
export const BATCH = 1_000

/** Milliseconds that one thread waits for the other. */
export const PATIENCE = 30_000

/** A design ready to be played. */
interface Stage {
  readonly scenario: LiveScenario
  readonly compiled: Compiled
  readonly kernel: Kernel
  readonly threads: readonly LiveThread[]
  readonly holds: readonly Predicate[]
  readonly shape: Shape
  readonly arena: Arena
}

/** The model under sequential consistency, whether the manifest has one or not. */
const underSc = (model: Model): Model => ({
  ...model,
  name: `${model.protocol.name}/${model.design}.sc`,
  memory: 'sc',
  cfg: { ...model.cfg, constants: new Map(model.cfg.constants).set('Memory', tla.str('SC')) },
})

const stageOf = (model: Model, scenario: LiveScenario, rounds: number): Stage => {
  const compiled = compile(machineOf(underSc(model)))
  const kernel = assemble(compiled)
  const threads = [...scenario.race, ...(scenario.after ?? [])].map((name) => liveThread(compiled, scenario, name))
  const invariant = compiled.machine.invariants.find(({ name }) => name === scenario.property)
  if (invariant === undefined) throw new RangeError(`${model.name} has no property ${scenario.property}`)
  const shape: Shape = {
    cells: compiled.machine.shared.cells.length,
    threads: compiled.machine.threads.length,
    programs: threads.length,
    rounds,
  }
  const holds = invariant.instances.map((instance) => compilePredicate(kernel, instance.holds))
  return { scenario, compiled, kernel, threads, holds, shape, arena: arena(shape) }
}

const programsOf = (stage: Stage, model: Model, interpreter: InterpreterName, project: Project): ThreadCode =>
  interpreter === 'generated'
    ? { kind: 'generated', bodies: stage.threads.map((thread) => generate(thread, stage.shape.cells)) }
    : {
        kind: 'general',
        workspace: workspaceOf(project, model.protocol),
        protocol: model.protocol.name,
        constants: underSc(model).cfg.constants,
        data: dataOf(model.protocol),
        scenario: model.protocol.live?.indexOf(stage.scenario) ?? -1,
      }

/** Where the programs of a round ended. */
const nodesOf = ({ shape, arena: { finals } }: Stage, round: number): number[] => {
  const from = round * finalsWidth(shape) + shape.cells
  return [...finals.subarray(from, from + shape.programs)]
}

/** Did the round violate the scenario's property at its end? */
const isLost = (
  { kernel, threads, holds, shape, arena: { finals } }: Stage,
  round: number,
  nodes: number[],
): boolean => {
  const from = round * finalsWidth(shape)
  const byThread: number[] = []
  threads.forEach(({ thread }, i) => (byThread[thread] = nodes[i] ?? 0))
  const state = packed(kernel, finals.subarray(from, from + shape.cells), byThread)
  return !holds.every((predicate) => evaluate(predicate, state, 0))
}

/** All that tells rounds apart, as text. */
const keyOf = ({ shape, arena: { logs, finals } }: Stage, round: number): string => {
  const bytes = (array: Uint8Array | Int16Array, from: number, length: number): string =>
    Buffer.from(array.buffer, from * array.BYTES_PER_ELEMENT, length * array.BYTES_PER_ELEMENT).toString('latin1')
  const width = finalsWidth(shape)
  return logs.map((log) => bytes(log, round * LOG, LOG)).join('') + bytes(finals, round * width, width)
}

const observationOf = (stage: Stage, round: number, nodes: readonly number[]): Observation => {
  const { compiled, threads, shape, scenario } = stage
  const { logs, finals } = stage.arena
  const { cells } = compiled.machine.shared
  const lanes = threads.map((thread, i): Lane => {
    const log = logs[i]?.slice(round * LOG, (round + 1) * LOG) ?? []
    return { name: thread.name, steps: stepsOf(thread, log, nodes[i] ?? -1), after: i >= 2 }
  })
  const from = round * finalsWidth(shape)
  const final = cells.map(({ variable }, c) =>
    scenario.history?.has(variable) === true ? undefined : finals[from + c],
  )
  return { lanes, final }
}

const check = ({ threads }: Stage, nodes: readonly number[]): void => {
  const i = nodes.findIndex((node) => node < 0)
  if (i < 0) return
  throw environmentFailure({
    code: 'live-stuck',
    message: `${threads[i]?.name ?? '?'} ${nodes[i] === STUCK ? 'waits for something that does not come' : 'takes too many steps'}`,
  })
}

/** The kinds of rounds so far. */
class Kinds {
  readonly byKey = new Map<string, Kind>()
  lost = 0
  private sampled = 0
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Notes the rounds of a batch. */
  add(stage: Stage, rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      const nodes = nodesOf(stage, round)
      check(stage, nodes)
      const lost = isLost(stage, round, nodes)
      if (lost) this.lost += 1
      if (!lost && this.sampled >= this.most) continue
      this.sampled += 1
      const key = keyOf(stage, round)
      const known = this.byKey.get(key)
      if (known === undefined) this.byKey.set(key, { observation: observationOf(stage, round, nodes), lost, count: 1 })
      else known.count += 1
    }
  }
}

/**
 * Has `lockstep validate` explain each kind of round: those that violated the property first, then the most frequent ones.
 * A round is one log, and alike ones are looked at once.
 */
const judged = async (model: Model, project: Project, machine: LoggedMachine, kinds: Kinds): Promise<Judged[]> => {
  const [tso, sc] = [logValidator(model, project), logValidator(underSc(model), project)]
  const ordered = [...kinds.byKey.values()].sort((a, b) => Number(b.lost) - Number(a.lost) || b.count - a.count)
  const all: Judged[] = []
  for (const kind of ordered) {
    const log = roundLog(machine, kind.observation, model.name)
    const file = `${model.design}.${kind.lost ? 'violated' : 'held'}.${all.length + 1}.ndjson`
    const batches = [{ firstLine: 1, lines: log }]
    all.push({
      ...kind,
      file,
      log,
      tso: await tso.validate(batches, { file }),
      sc: await sc.validate(batches, { file }),
    })
  }
  return all
}

/** Plays a model's design; the model is one of TSO. */
export const playLive = async (
  model: Model,
  scenario: LiveScenario,
  project: Project,
  options: LiveOptions,
): Promise<LiveResult> => {
  const size = Math.min(BATCH, options.rounds)
  const stage = stageOf(model, scenario, size)
  const { shape, arena: shared } = stage
  const initial = stage.compiled.machine.shared.cells.map((cell) => cell.initial)
  const pair = new Pair('worker', {
    shape,
    arena: shared,
    initial,
    programs: programsOf(stage, model, options.interpreter, project),
  } satisfies Omit<Start, 'me'>)
  const kinds = new Kinds(options.sample)
  let [rounds, seconds, { seed }] = [0, 0, options]
  try {
    while (rounds < options.rounds && seconds < options.seconds) {
      const batch = Math.min(size, options.rounds - rounds)
      seed = nextRandom(seed)
      const start = performance.now()
      await pair.play({ rounds: batch, seed, patience: PATIENCE })
      seconds += (performance.now() - start) / 1000
      rounds += batch
      kinds.add(stage, batch)
      options.onProgress(rounds, kinds.lost)
    }
  } finally {
    await pair.end()
  }
  const machine = { kernel: stage.kernel, fields: new Fields(stage.kernel) }
  return {
    compiled: stage.compiled,
    rounds,
    lost: kinds.lost,
    seconds,
    kinds: await judged(model, project, machine, kinds),
  }
}

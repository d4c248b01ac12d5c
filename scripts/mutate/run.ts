/** Runs mutants against the models of a protocol, a few at a time. */

import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Judged, Killer } from '../../impl/lib/mutate/verdict.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { MutateHand } from './workers.ts'
import { withCrew } from './workers.ts'
import type { Opinion } from './judge.ts'
import { mutableSources } from './load.ts'

/** Who is asked about faults, one at a time; undefined is no answer within so many milliseconds. */
export interface FaultHand {
  /** milliseconds that a model takes without a fault */
  readonly time: (model: string, limit: number) => Promise<number | undefined>
  readonly fault: (mutant: Mutant, model: string, limit: number) => Promise<Opinion | undefined>
}

/** Lets some of them, for a protocol, do a task. */
export type FaultCrew = (size: number, protocol: string, task: (hand: FaultHand) => Promise<void>) => Promise<void>

const faultWorkers: FaultCrew = (size, protocol, task) =>
  withCrew(size, { protocol }, (hand) =>
    task({
      time: (model, limit) => hand.askWithin({ kind: 'time', model }, limit),
      fault: (mutant, model, limit) => hand.askWithin({ kind: 'fault', model, mutant }, limit),
    }),
  )

/** Options of a run. */
export interface CrewOptions {
  readonly workers: number
  /** milliseconds that one model may take: for all weakenings, or for one fault */
  readonly limit: number
  /** who is asked about faults; worker threads if not given */
  readonly faultCrew?: FaultCrew
  /** when no new question is asked, a time of performance.now(); all are asked if not given */
  readonly until?: number
  /** go on after the first that notices a mutant */
  readonly all: boolean
  readonly onProgress: (done: number, of: number, alive: number) => void
}

/** Is the time of a run up that has one? */
export const isLate = ({ until = Infinity }: { readonly until?: number | undefined }): boolean =>
  performance.now() > until

/** Milliseconds that a question may take. */
export const limitOf = ({ limit, until = Infinity }: CrewOptions): number =>
  Math.max(1, Math.min(limit, until - performance.now()))

/** Why a mutant is undecided that there was no time for. */
export const LATE = 'the time of the run was up'

/** Leaves those undecided that nobody has noticed yet: not all were asked. */
export const leave = (cases: readonly Case[]): void => {
  for (const c of cases) if (c.killedBy.length === 0) c.unfinished ??= LATE
}

/** What is known of a mutant so far. */
export class Case {
  readonly mutant: Mutant
  readonly killedBy: Killer[] = []
  differs = false
  unfinished: string | undefined

  constructor(mutant: Mutant) {
    this.mutant = mutant
  }

  judged(): Judged {
    const { mutant, killedBy } = this
    if (killedBy.length > 0) return { mutant, fate: 'killed', killedBy, reason: undefined }
    if (this.unfinished !== undefined) return { mutant, fate: 'incomplete', killedBy, reason: this.unfinished }
    const none = mutant.instance === true ? 'no such instance' : 'the same machine in every model'
    const isMachine = mutant.side === 'machine'
    if (isMachine && !this.differs && (mutant.kind === 'fault' || mutant.instance === true))
      return { mutant, fate: 'refused', killedBy, reason: none }
    return {
      mutant,
      fate: 'survived',
      killedBy,
      reason: this.differs ? undefined : 'no model tells it from the original',
    }
  }
}

const bySize = (models: readonly Model[]): Model[] => [...models].sort((a, b) => a.distinctStates - b.distinctStates)

/** Properties and fairness: model by model, as the graph of a model serves all mutants. */
const judgeAll = async (protocol: string, cases: readonly Case[], models: readonly Model[], options: CrewOptions) => {
  const queue = bySize(models)
  let done = 0
  const alive = (): Case[] => cases.filter(({ killedBy }) => options.all || killedBy.length === 0)
  const work = async (hand: MutateHand): Promise<void> => {
    for (let model = queue.shift(); model !== undefined; model = queue.shift()) {
      const asked = alive()
      options.onProgress(done, models.length, asked.length)
      if (asked.length === 0) return
      if (isLate(options)) {
        leave(asked)
        return
      }
      const mutants = asked.map(({ mutant }) => mutant)
      const opinions = await hand.askWithin({ kind: 'judge', model: model.name, mutants }, limitOf(options))
      done += 1
      asked.forEach((c, i) => {
        const opinion = opinions?.[i]
        if (opinion === undefined) c.unfinished = isLate(options) ? LATE : `${model.name} took longer than the limit`
        else if (opinion.killer !== undefined) c.killedBy.push(opinion.killer)
        c.differs ||= opinion?.differs ?? false
      })
    }
  }
  await withCrew(options.workers, { protocol }, work)
}

/** A run with a fault does not end if it takes so many times what the model takes without, and no less than so many milliseconds. */
const PATIENCE = 20
const LEAST_PATIENCE = 10_000

/** How long a model takes without a fault, by worker: one that has just begun still loads what the others have. */
class Pace {
  private readonly hand: FaultHand
  private readonly limit: number
  private known = new Map<string, number>()

  constructor(hand: FaultHand, limit: number) {
    this.hand = hand
    this.limit = limit
  }

  /** Milliseconds after which a run with a fault is given up on; undefined where the model itself takes longer than the limit. */
  async patience(model: string): Promise<number | undefined> {
    const own = this.known.get(model) ?? (await this.hand.time(model, this.limit))
    if (own === undefined) return undefined
    this.known.set(model, own)
    return Math.max(LEAST_PATIENCE, PATIENCE * own)
  }

  /** The worker was given up on. */
  again(): void {
    this.known = new Map()
  }
}

/** What one model says of a fault; `late` where it does not end, undefined where that is not known. */
const opinionOn = async (
  hand: FaultHand,
  pace: Pace,
  mutant: Mutant,
  model: string,
  limit: number,
): Promise<Opinion | 'late' | undefined> => {
  const patience = await pace.patience(model)
  if (patience === undefined) return undefined
  const opinion = await hand.fault(mutant, model, Math.min(limit, patience))
  if (opinion !== undefined) return opinion
  pace.again()
  return patience < limit ? 'late' : undefined
}

/** Asks one model about a fault; a run without end is believed the second time. */
const askAbout = async (hand: FaultHand, pace: Pace, c: Case, model: string, options: CrewOptions): Promise<void> => {
  const limit = limitOf(options)
  const first = await opinionOn(hand, pace, c.mutant, model, limit)
  const opinion = first === 'late' ? await opinionOn(hand, pace, c.mutant, model, limit) : first
  if (opinion === 'late') c.killedBy.push({ kind: 'cell', name: `${model} does not end` })
  else if (opinion === undefined && isLate(options)) leave([c])
  else if (opinion === undefined) c.unfinished ??= `${model} took longer than the limit`
  else if (opinion.killer !== undefined) c.killedBy.push(opinion.killer)
  c.differs ||= typeof opinion !== 'object' || opinion.differs
}

/** Faults: mutant by mutant, smallest models first. */
const tryAll = async (protocol: string, cases: readonly Case[], models: readonly Model[], options: CrewOptions) => {
  const names = bySize(models).map(({ name }) => name)
  const queue = [...cases]
  const work = async (hand: FaultHand): Promise<void> => {
    const pace = new Pace(hand, options.limit)
    for (let c = queue.shift(); c !== undefined; c = queue.shift()) {
      options.onProgress(cases.length - queue.length, cases.length, cases.filter((x) => x.killedBy.length === 0).length)
      for (const name of names) {
        if (isLate(options)) leave([c])
        else if (c.killedBy.length === 0) await askAbout(hand, pace, c, name, options)
      }
    }
  }
  await (options.faultCrew ?? faultWorkers)(options.workers, protocol, work)
}

/** Models by the protocol that they are of: those that all mutants are asked of, and larger ones for faults that these do not notice. */
export type ModelsOf = ReadonlyMap<string, { readonly usual: readonly Model[]; readonly larger: readonly Model[] }>

/**
 * Faults of a protocol's machine. What the usual models do not notice is asked of the larger ones; who breaks the machinery that
 * protocols share has the others' models against him too.
 */
const tryFaults = async (protocol: string, cases: readonly Case[], models: ModelsOf, options: CrewOptions) => {
  const own = models.get(protocol) ?? { usual: [], larger: [] }
  const unnoticed = (): Case[] => cases.filter((c) => c.killedBy.length === 0)
  const ask = async (of: string, rest: readonly Case[], theirs: readonly Model[]): Promise<void> => {
    if (rest.length > 0 && theirs.length > 0) await tryAll(of, rest, theirs, options)
  }
  await ask(protocol, cases, own.usual)
  // what is the same machine in all usual models may be another in a large one
  await ask(protocol, unnoticed(), own.larger)
  for (const [other, { usual }] of models) {
    if (other === protocol) continue
    const sources = new Set(mutableSources(other))
    await ask(
      other,
      unnoticed().filter(({ differs, mutant: { file } }) => differs && sources.has(file)),
      usual,
    )
  }
}

/** Judges mutants of a protocol's machine; models of others are for faults of what is shared. */
export const judgeMachine = async (
  protocol: string,
  cases: readonly Case[],
  models: ModelsOf,
  options: CrewOptions,
): Promise<void> => {
  const faults = cases.filter(({ mutant }) => mutant.kind === 'fault')
  const weaker = cases.filter(({ mutant }) => mutant.kind !== 'fault')
  if (weaker.length > 0) await judgeAll(protocol, weaker, models.get(protocol)?.usual ?? [], options)
  if (faults.length > 0) await tryFaults(protocol, faults, models, options)
}

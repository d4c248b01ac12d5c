/** Runs mutants against the models of a protocol, and weakenings against machines with a fault, a few at a time. */

import type { Change, Fate, Judged, Killer, Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { SharedWorkspace } from '../../impl/lib/protocol/project.ts'
import { sizeOf } from '../../impl/lib/protocol/model.ts'
import type { MutateHand, SeedKill } from './workers.ts'
import { withCrew } from './workers.ts'
import type { FaultOf, Seed } from './argued.ts'
import type { Opinion } from './bench.ts'
import { mutableSources } from './package-sources.ts'

/** Who is asked about faults, one at a time; undefined is no answer within so many milliseconds. */
export interface FaultHand {
  /** milliseconds that a model takes without a fault */
  readonly time: (model: string, limit: number) => Promise<number | undefined>
  readonly fault: (mutant: Mutant, model: string, limit: number) => Promise<Opinion | undefined>
}

/** Lets some of them, for a protocol, do a task. */
export type FaultCrew = (size: number, protocol: string, task: (hand: FaultHand) => Promise<void>) => Promise<void>

const faultWorkers =
  (workspace: SharedWorkspace | undefined): FaultCrew =>
  (size, protocol, task) =>
    withCrew(size, { protocol, workspace }, (hand) =>
      task({
        time: (model, limit) => hand.askWithin({ kind: 'time', model }, limit),
        fault: (mutant, model, limit) => hand.askWithin({ kind: 'fault', model, mutant }, limit),
      }),
    )

/** Options of the runs of both sides. */
export interface RunOptions {
  readonly workers: number
  /** when no new question is asked, a time of performance.now(); all are asked if not given */
  readonly until?: number | undefined
  readonly onProgress: (done: number, of: number, alive: number) => void
}

/** Options of a run on worker threads. */
export interface CrewOptions extends RunOptions {
  /** milliseconds that one model may take: for all weakenings, or for one fault */
  readonly limit: number
  /** where the protocol is, if it is none of ours */
  readonly workspace?: SharedWorkspace | undefined
  /** who is asked about faults; worker threads if not given */
  readonly faultCrew?: FaultCrew
  /** go on after the first that notices a mutant */
  readonly all: boolean
}

/** Is the time of a run up that has one? */
export const isLate = ({ until = Infinity }: Pick<RunOptions, 'until'>): boolean => performance.now() > until

/** Milliseconds that a question may take. */
export const limitOf = ({ limit, until = Infinity }: CrewOptions): number =>
  Math.max(1, Math.min(limit, until - performance.now()))

/** Why a mutant is undecided that there was no time for. */
export const LATE = 'the time of the run was up'

/** Leaves those undecided that nobody has noticed yet: not all were asked. */
export const leave = (cases: readonly Case[]): void => {
  for (const c of cases) if (c.isAlive) c.unfinished ??= LATE
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

  /** Is nobody known who notices it? */
  get isAlive(): boolean {
    return this.killedBy.length === 0
  }

  judged(): Judged {
    const { mutant, killedBy } = this
    const fated = (fate: Fate, reason?: string): Judged => ({ mutant, fate, killedBy, reason })
    if (!this.isAlive) return fated('killed')
    if (this.unfinished !== undefined) return fated('incomplete', this.unfinished)
    if (this.differs) return fated('survived')
    const isInstance = mutant.instance === true
    if (mutant.side === 'machine' && (mutant.kind === 'fault' || isInstance))
      return fated('refused', isInstance ? 'no such instance' : 'the same machine in every model')
    return fated('survived', 'no model tells it from the original')
  }
}

/** Smallest models first. */
export const bySize = (models: readonly Model[]): Model[] => [...models].sort((a, b) => sizeOf(a) - sizeOf(b))

/** Properties and fairness: model by model, as the graph of a model serves all mutants. */
const judgeAll = async (protocol: string, cases: readonly Case[], models: readonly Model[], options: CrewOptions) => {
  const queue = bySize(models)
  let done = 0
  const alive = (): Case[] => cases.filter(({ isAlive }) => options.all || isAlive)
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
  await withCrew(options.workers, { protocol, workspace: options.workspace }, work)
}

/** A run with a fault does not end if it takes so many times what the model takes without, and no less than so many milliseconds. */
const PATIENCE = 20
const LEAST_PATIENCE = 10_000

/** Milliseconds that models take without a fault, of one worker: one that has just begun still loads what the others have. */
type Pace = Map<string, number>

/** Asks one model about a fault; a run without end is believed the second time. */
const askAbout = async (hand: FaultHand, pace: Pace, c: Case, model: string, options: CrewOptions): Promise<void> => {
  const limit = limitOf(options)
  // `late` where it does not end, undefined where that is not known: the model itself may take longer than the limit
  const ask = async (): Promise<Opinion | 'late' | undefined> => {
    const own = pace.get(model) ?? (await hand.time(model, options.limit))
    if (own === undefined) return undefined
    pace.set(model, own)
    const patience = Math.max(LEAST_PATIENCE, PATIENCE * own)
    const opinion = await hand.fault(c.mutant, model, Math.min(limit, patience))
    if (opinion !== undefined) return opinion
    // the worker was given up on
    pace.clear()
    return patience < limit ? 'late' : undefined
  }
  const first = await ask()
  const opinion = first === 'late' ? await ask() : first
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
    const pace: Pace = new Map()
    for (let c = queue.shift(); c !== undefined; c = queue.shift()) {
      options.onProgress(cases.length - queue.length, cases.length, cases.filter(({ isAlive }) => isAlive).length)
      for (const name of names) {
        if (isLate(options)) leave([c])
        else if (c.isAlive) await askAbout(hand, pace, c, name, options)
      }
    }
  }
  await (options.faultCrew ?? faultWorkers(options.workspace))(options.workers, protocol, work)
}

/** Models by the protocol that they are of: those that all mutants are asked of, and larger ones for faults that these do not notice. */
export type ModelsOf = ReadonlyMap<string, { readonly usual: readonly Model[]; readonly larger: readonly Model[] }>

/**
 * Faults of a protocol's machine. What the usual models do not notice is asked of the larger ones; who breaks the machinery that
 * protocols share has the others' models against him too.
 */
const tryFaults = async (protocol: string, cases: readonly Case[], models: ModelsOf, options: CrewOptions) => {
  const own = models.get(protocol) ?? { usual: [], larger: [] }
  const unnoticed = (): Case[] => cases.filter(({ isAlive }) => isAlive)
  const ask = async (of: string, rest: readonly Case[], theirs: readonly Model[]): Promise<void> => {
    if (rest.length > 0 && theirs.length > 0) await tryAll(of, rest, theirs, options)
  }
  await ask(protocol, cases, own.usual)
  // what is the same machine in all usual models may be another in a large one
  await ask(protocol, unnoticed(), own.larger)
  for (const [other, { usual }] of models) {
    // who shares nothing has nobody else's against him
    if (other === protocol || options.workspace !== undefined) continue
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

// ---------------------------------------------------------------------------------------------------------------------
// Faults that only one property catches. A weakened property that no design tells from the original is no weaker if a fault in the
// programs is caught by the original and not by it. Such faults are searched among all that are made, kept in a checked
// file, and tried again on every run.

const isOpen = ({ isAlive, mutant, differs }: Case): boolean =>
  isAlive && mutant.side === 'machine' && mutant.kind !== 'fault' && !(mutant.instance === true && !differs)

const noted = (c: Case, { where, cell }: SeedKill): void => {
  c.killedBy.push({ kind: 'cell', name: `${where}: ${cell}` })
}

/** A machine with a fault, and the weakenings that it is on record for. */
interface Group extends Pick<Seed, 'model' | 'thread'> {
  readonly fault: Mutant
  readonly cases: Case[]
}

const groupsOf = (cases: readonly Case[], faultOf: FaultOf, seeds: readonly Seed[]): Group[] => {
  const groups = new Map<string, Group>()
  for (const c of cases) {
    const seed = seeds.find((s) => s.mutant.id === c.mutant.id)
    const fault = seed === undefined || c.mutant.side !== 'machine' ? undefined : faultOf(seed.fault)
    if (seed === undefined || fault === undefined) continue
    const { model, thread } = seed
    const key = JSON.stringify([fault.id, model, thread])
    const group = groups.get(key) ?? { fault, model, thread, cases: [] }
    groups.set(key, group)
    group.cases.push(c)
  }
  return [...groups.values()]
}

/**
 * Tries the faults that are on record, each for all weakenings that it is on record for. They come first: what is killed here is asked of
 * no model, and weaker fairness takes the large ones long.
 */
export const holdSeeds = async (
  protocol: string,
  cases: readonly Case[],
  faultOf: FaultOf,
  seeds: readonly Seed[],
  options: CrewOptions,
): Promise<void> => {
  const queue = groupsOf(cases, faultOf, seeds)
  const all = queue.length
  const work = async (hand: MutateHand): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { cases: asked, fault, model, thread } = next
      // whoever they would have noticed is left by those that are asked next
      if (isLate(options)) return
      options.onProgress(all - queue.length, all, asked.length)
      const mutants = asked.map(({ mutant }) => mutant)
      const request = { kind: 'seed', fault, models: [model], thread, mutants } as const
      for (const kill of (await hand.askWithin(request, limitOf(options))) ?? []) {
        const c = asked.find(({ mutant }) => mutant.id === kill.id)
        if (c === undefined) continue
        c.differs = true
        noted(c, kill)
      }
    }
  }
  if (all > 0) await withCrew(options.workers, { protocol, workspace: options.workspace }, work)
}

const changeOf = ({ id, file, kind, within, from, to }: Mutant): Change => ({ id, file, kind, within, from, to })

/**
 * Searches faults for the weakenings that are left: every fault, in all threads and in each of them, in models of up to `most`
 * states. There are hundreds of faults.
 */
export const searchSeeds = async (
  protocol: string,
  cases: readonly Case[],
  faults: readonly Mutant[],
  models: readonly Model[],
  most: number,
  options: CrewOptions,
): Promise<Seed[]> => {
  const names = bySize(models).flatMap((model) => (sizeOf(model) <= most ? [model.name] : []))
  const found: Seed[] = []
  const queue = [...faults]
  const work = async (hand: MutateHand): Promise<void> => {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      const left = cases.filter(isOpen)
      if (left.length === 0) return
      options.onProgress(faults.length - queue.length, faults.length, left.length)
      const mutants = left.map(({ mutant }) => mutant)
      const kills = (await hand.askWithin({ kind: 'seed', fault, models: names, mutants }, options.limit)) ?? []
      for (const kill of kills) {
        const c = left.find(({ mutant, isAlive }) => mutant.id === kill.id && isAlive)
        if (c === undefined) continue
        noted(c, kill)
        const { model, thread, cell, verdict } = kill
        found.push({ mutant: changeOf(c.mutant), fault: changeOf(fault), thread, model, cell, verdict })
      }
    }
  }
  await withCrew(options.workers, { protocol, workspace: options.workspace }, work)
  return found
}

/** Runs mutants against the models of a protocol, a few at a time. */

import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Judged, Killer } from '../../impl/lib/mutate/verdict.ts'
import type { Model } from '../lib/project.ts'
import type { Hand } from './crew.ts'
import { withCrew } from './crew.ts'
import { mutableSources } from './load.ts'

/** Options of a run. */
export interface CrewOptions {
  readonly workers: number
  /** milliseconds that one model may take: for all weakenings, or for one fault */
  readonly limit: number
  /** go on after the first that notices a mutant */
  readonly all: boolean
  readonly onProgress: (done: number, of: number, alive: number) => void
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
  const work = async (hand: Hand): Promise<void> => {
    for (let model = queue.shift(); model !== undefined; model = queue.shift()) {
      const asked = alive()
      options.onProgress(done, models.length, asked.length)
      if (asked.length === 0) return
      const mutants = asked.map(({ mutant }) => mutant)
      const opinions = await hand.ask({ kind: 'judge', model: model.name, mutants }, options.limit)
      done += 1
      asked.forEach((c, i) => {
        const opinion = opinions?.[i]
        if (opinion === undefined) c.unfinished = `${model.name} took longer than the limit`
        else if (opinion.killer !== undefined) c.killedBy.push(opinion.killer)
        c.differs ||= opinion?.differs ?? false
      })
    }
  }
  await withCrew(options.workers, { protocol }, work)
}

/** A run with a fault does not end if it takes so many times what the model takes without, and no less than so many milliseconds. */
const PATIENCE = 20
const LEAST = 5000

/** How long models take without a fault; each is measured once. */
class Pace {
  private readonly known = new Map<string, Promise<number | undefined>>()
  private readonly limit: number

  constructor(limit: number) {
    this.limit = limit
  }

  /** Milliseconds after which a run with a fault is given up on. */
  async patience(hand: Hand, model: string): Promise<number> {
    const measured = this.known.get(model) ?? hand.ask({ kind: 'time', model }, this.limit)
    this.known.set(model, measured)
    const own = await measured
    return own === undefined ? Infinity : Math.max(LEAST, PATIENCE * own)
  }
}

/** Asks one model about a fault. */
const askAbout = async (hand: Hand, pace: Pace, c: Case, model: string, limit: number): Promise<void> => {
  const patience = await pace.patience(hand, model)
  const opinion = await hand.ask({ kind: 'fault', model, mutant: c.mutant }, Math.min(limit, patience))
  if (opinion?.killer !== undefined) c.killedBy.push(opinion.killer)
  else if (opinion === undefined && patience < limit) c.killedBy.push({ kind: 'cell', name: `${model} does not end` })
  else if (opinion === undefined) c.unfinished ??= `${model} took longer than the limit`
  c.differs ||= opinion?.differs ?? true
}

/** Faults: mutant by mutant, smallest models first. */
const tryAll = async (protocol: string, cases: readonly Case[], models: readonly Model[], options: CrewOptions) => {
  const names = bySize(models).map(({ name }) => name)
  const queue = [...cases]
  const pace = new Pace(options.limit)
  const work = async (hand: Hand): Promise<void> => {
    for (let c = queue.shift(); c !== undefined; c = queue.shift()) {
      options.onProgress(cases.length - queue.length, cases.length, cases.filter((x) => x.killedBy.length === 0).length)
      for (const name of names) {
        if (c.killedBy.length === 0) await askAbout(hand, pace, c, name, options.limit)
      }
    }
  }
  await withCrew(options.workers, { protocol }, work)
}

/** Models by the protocol that they are of. */
export type ModelsOf = ReadonlyMap<string, readonly Model[]>

/**
 * Faults of a protocol's machine. Who breaks the machinery that protocols share has the others' models against him too: they
 * are asked about what the protocol's own do not notice.
 */
const tryFaults = async (protocol: string, cases: readonly Case[], models: ModelsOf, options: CrewOptions) => {
  await tryAll(protocol, cases, models.get(protocol) ?? [], options)
  for (const [other, theirs] of models) {
    if (other === protocol) continue
    const sources = new Set(mutableSources(other))
    const rest = cases.filter((c) => c.differs && c.killedBy.length === 0 && sources.has(c.mutant.file))
    if (rest.length > 0) await tryAll(other, rest, theirs, options)
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
  if (weaker.length > 0) await judgeAll(protocol, weaker, models.get(protocol) ?? [], options)
  if (faults.length > 0) await tryFaults(protocol, faults, models, options)
}

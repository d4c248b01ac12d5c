/** Runs mutants against the models of a protocol, a few at a time. */

import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Judged, Killer } from '../../impl/lib/mutate/verdict.ts'
import type { Model } from '../lib/project.ts'
import type { Hand } from './crew.ts'
import { withCrew } from './crew.ts'

/** Options of a run. */
export interface CrewOptions {
  readonly workers: number
  /** milliseconds that one model may take for all mutants, and all models for one fault */
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

/** Faults: mutant by mutant, smallest models first. */
const tryAll = async (protocol: string, cases: readonly Case[], models: readonly Model[], options: CrewOptions) => {
  const names = bySize(models).map(({ name }) => name)
  const queue = [...cases]
  const work = async (hand: Hand): Promise<void> => {
    for (let c = queue.shift(); c !== undefined; c = queue.shift()) {
      options.onProgress(cases.length - queue.length, cases.length, cases.filter((x) => x.killedBy.length === 0).length)
      const opinion = await hand.ask({ kind: 'fault', models: names, mutant: c.mutant }, options.limit)
      if (opinion === undefined) c.unfinished = 'took longer than the limit'
      else if (opinion.killer !== undefined) c.killedBy.push(opinion.killer)
      c.differs ||= opinion?.differs ?? false
    }
  }
  await withCrew(options.workers, { protocol }, work)
}

/** Judges mutants of a protocol's machine. */
export const judgeMachine = async (
  protocol: string,
  cases: readonly Case[],
  models: readonly Model[],
  options: CrewOptions,
): Promise<void> => {
  const faults = cases.filter(({ mutant }) => mutant.kind === 'fault')
  const weaker = cases.filter(({ mutant }) => mutant.kind !== 'fault')
  if (weaker.length > 0) await judgeAll(protocol, weaker, models, options)
  if (faults.length > 0) await tryAll(protocol, faults, models, options)
}

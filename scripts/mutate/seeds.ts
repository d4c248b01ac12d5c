/**
 * Faults that only one property catches. A weakened property that no design tells from the original is no weaker if a fault in the
 * programs is caught by the original and not by it. Such faults are searched among all that are made, kept in a
 * checked file, and tried again on every run.
 */

import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Seed } from './argued.ts'
import type { Case, CrewOptions } from './run.ts'
import { bySize, isLate, limitOf } from './run.ts'
import type { MutateHand, SeedKill } from './workers.ts'
import { withCrew } from './workers.ts'

const isOpen = ({ isAlive, mutant, differs }: Case): boolean =>
  isAlive && mutant.side === 'machine' && mutant.kind !== 'fault' && !(mutant.instance === true && !differs)

const noted = (c: Case, { where, cell }: SeedKill): void => {
  c.killedBy.push({ kind: 'cell', name: `${where}: ${cell}` })
}

/** A machine with a fault, and the weakenings that it is on record for. */
interface Group {
  readonly fault: Mutant
  readonly model: string
  readonly thread: string | null
  readonly cases: Case[]
}

const groupsOf = (
  cases: readonly Case[],
  faultOf: (fault: Seed['fault']) => Mutant | undefined,
  seeds: readonly Seed[],
): Group[] => {
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
  faultOf: (fault: Seed['fault']) => Mutant | undefined,
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
      const kills =
        (await hand.askWithin({ kind: 'seed', fault, models: [model], thread, mutants }, limitOf(options))) ?? []
      for (const c of asked) {
        const kill = kills.find(({ id }) => id === c.mutant.id)
        if (kill === undefined) continue
        c.differs = true
        noted(c, kill)
      }
    }
  }
  if (all > 0) await withCrew(options.workers, protocol, work)
}

const changeOf = ({ id, file, kind, within, from, to }: Mutant): Seed['fault'] => ({ id, file, kind, within, from, to })

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
  const names = bySize(models).flatMap(({ name, distinctStates }) => (distinctStates <= most ? [name] : []))
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
  await withCrew(options.workers, protocol, work)
  return found
}

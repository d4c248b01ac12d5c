/**
 * Faults that only one property catches. A weakened property that no design tells from the original is no weaker if a fault in the
 * programs is caught by the original and not by it. Such faults are searched among all that are made, kept in a
 * checked file, and tried again on every run.
 */

import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import type { Model } from '../lib/project.ts'
import type { Seed } from './argued.ts'
import type { Hand } from './crew.ts'
import { withCrew } from './crew.ts'
import type { SeedKill } from './messages.ts'
import type { Case, CrewOptions } from './run.ts'

const isAlive = ({ killedBy, mutant, differs }: Case): boolean =>
  killedBy.length === 0 &&
  mutant.side === 'machine' &&
  mutant.kind !== 'fault' &&
  !(mutant.instance === true && !differs)

const noted = (c: Case, fault: Mutant, kill: SeedKill): void => {
  const where = kill.thread === null ? '' : ` of ${kill.thread}`
  c.killedBy.push({
    kind: 'cell',
    name: `${kill.model} with fault ${fault.id} in ${fault.within}${where}: ${kill.cell}`,
  })
}

/** Tries the faults that are on record for weakenings that nothing else has noticed. */
export const holdSeeds = async (
  protocol: string,
  cases: readonly Case[],
  faultOf: (fault: Seed['fault']) => Mutant | undefined,
  seeds: readonly Seed[],
  options: CrewOptions,
): Promise<void> => {
  const queue = cases.filter(isAlive).flatMap((c) => {
    const seed = seeds.find((s) => s.mutant.id === c.mutant.id)
    const fault = seed === undefined ? undefined : faultOf(seed.fault)
    return seed === undefined || fault === undefined ? [] : [{ c, seed, fault }]
  })
  const all = queue.length
  const work = async (hand: Hand): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { c, seed, fault } = next
      options.onProgress(all - queue.length, all, queue.length)
      const request = { kind: 'seed' as const, fault, models: [seed.model], thread: seed.thread, mutants: [c.mutant] }
      const answer = await hand.ask(request, options.limit)
      if (answer === undefined) c.unfinished = 'the fault on record took longer than the limit'
      for (const kill of answer ?? []) noted(c, fault, kill)
    }
  }
  if (all > 0) await withCrew(options.workers, { protocol }, work)
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
  const names = [...models]
    .sort((a, b) => a.distinctStates - b.distinctStates)
    .filter(({ distinctStates }) => distinctStates <= most)
    .map(({ name }) => name)
  const found: Seed[] = []
  const queue = [...faults]
  const alive = (): Case[] => cases.filter(isAlive)
  const work = async (hand: Hand): Promise<void> => {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      const left = alive()
      if (left.length === 0) return
      options.onProgress(faults.length - queue.length, faults.length, left.length)
      const mutants = left.map(({ mutant }) => mutant)
      const kills = (await hand.ask({ kind: 'seed', fault, models: names, mutants }, options.limit)) ?? []
      for (const kill of kills) {
        const c = left.find(({ mutant, killedBy }) => mutant.id === kill.id && killedBy.length === 0)
        if (c === undefined) continue
        noted(c, fault, kill)
        const { model, thread, cell, verdict } = kill
        found.push({ mutant: changeOf(c.mutant), fault: changeOf(fault), thread, model, cell, verdict })
      }
    }
  }
  await withCrew(options.workers, { protocol }, work)
  return found
}

/**
 * The verdicts that seeded faults stand for, without any mutant: in the machine with the fault a property has the one that
 * is on record. Whoever edits a property, on one side or on both, changes one of them.
 */

import type { TypeScript } from '../../../impl/lib/mutate/syntax.ts'
import type { HousedProtocol } from '../../../impl/lib/protocol/protocol.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import type { Seed, Verdict } from '../../../scripts/mutate/argued.ts'
import { loadArguments } from '../../../scripts/mutate/argued.ts'
import { seeded } from '../../../scripts/mutate/bench.ts'
import { faultNamed, Loader, machineMutants } from '../../../scripts/mutate/sources.ts'

/** A machine with a fault, and the verdict that a property has to have in it. */
export type Standing = Omit<Seed, 'mutant'>

const standingOf = ({ fault, thread, model, cell, verdict }: Seed): Standing => ({
  fault,
  thread,
  model,
  cell,
  verdict,
})

/** Each of them once: many weakenings are caught by the same fault. */
export const standings = (protocol: HousedProtocol): readonly Standing[] => {
  const all = loadArguments(protocol).seeded.map(standingOf)
  return [...new Map(all.map((s) => [JSON.stringify(s), s])).values()]
}

/** The verdict now; undefined where there is no such fault or property any more, or the machine with it cannot be explored. */
export const verdictNow = async (
  ts: TypeScript,
  models: readonly Model[],
  { model: name, thread, fault, cell }: Standing,
): Promise<Verdict | undefined> => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) return undefined
  const { protocol } = model
  const change = faultNamed(ts, protocol, machineMutants(ts, protocol, ['fault']).mutants, fault)
  if (change === undefined) return undefined
  const loader = await Loader.of(ts, protocol.name)
  const [found] = seeded(model, loader.mutated(change), change, thread)
  const known = found?.bench.model.cells.some((c) => c.name === cell) ?? false
  return known ? found?.bench.verdictOf(cell) : undefined
}

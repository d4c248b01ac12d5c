/**
 * Mutants of a specification, and who notices them: smallest models first, then machines with the faults that are on record.
 * TLC evaluates properties and actions in states that the machine gives; see spec-weaker.ts and spec-fair.ts.
 */

import { basename } from 'node:path'
import { actionFaults, differenceOf } from '../../impl/lib/mutate/actions.ts'
import type { Generated, MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { numbered } from '../../impl/lib/mutate/mutant.ts'
import type { SpecSource } from '../../impl/lib/mutate/spec.ts'
import { definitionsIn, specWeakenings } from '../../impl/lib/mutate/spec.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import { UnknownShape } from '../../impl/lib/mutate/temporal.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'

import type { Model } from '../../impl/lib/protocol/model.ts'
import { shownPath } from '../workspace/package.ts'
import { specFiles, specText } from '../workspace/spec-files.ts'
import { pool } from '../node/pool.ts'
import type { FaultOf, Seed } from './argued.ts'
import type { AskOptions } from './ask.ts'
import { ask } from './ask.ts'
import { Bench, seeded } from './bench.ts'
import { loaderOf } from './sources.ts'
import type { Case, RunOptions } from './run.ts'
import { bySize, isLate, leave } from './run.ts'
import type { Prepared, Specification } from './spec-case.ts'
import { isAlive, killed, prepared, unfinished } from './spec-case.ts'
import { FAIRNESS, judgeFairness } from './spec-fair.ts'
import { judgeInvariants, judgeResponses } from './spec-weaker.ts'

// ---------------------------------------------------------------------------------------------------------------------
// Faults in actions. In the states of a machine that is proven TLC evaluates whether the changed action has a successor that the
// original has not, or lacks one: then the two graphs differ, and the proof fails. Where it has none in all states the graphs are
// the same.

/** States of a larger model that are asked: some before each of its steps, and some of all. */
const MOST_STATES = 5_000

/** States of a graph, those that have each of its steps before others. */
const chosen = ({ graph: { count, kernel, edgeStart, edgeStep } }: Bench): number[] => {
  if (count <= MOST_STATES || edgeStart === undefined || edgeStep === undefined) {
    return Array.from({ length: Math.min(count, MOST_STATES) }, (_, s) => s)
  }
  const each = Math.max(1, Math.floor(MOST_STATES / 2 / kernel.actions.length))
  const taken = new Map<number, number>()
  const found = new Set<number>([0])
  const visit = (s: number): void => {
    for (let e = edgeStart[s] ?? 0; e < (edgeStart[s + 1] ?? 0); e++) {
      const action = kernel.steps[edgeStep[e] ?? 0]?.action ?? 0
      const before = taken.get(action) ?? 0
      if (before >= each) continue
      taken.set(action, before + 1)
      found.add(s)
    }
  }
  // not in the order of the search: states near each other are alike
  const stride = 7919
  for (let i = 0; i < count; i++) visit((i * stride) % count)
  for (let i = 0; found.size < MOST_STATES && i < count; i++) found.add((i * stride) % count)
  return [...found]
}

/** Judges changed actions in the states of one model. */
const judgeFaults = async (
  spec: Specification,
  bed: Bench,
  alive: readonly Prepared[],
  options: AskOptions,
): Promise<void> => {
  if (alive.length === 0) return
  const asked = alive.map((mutant) => {
    const difference = differenceOf(mutant.case.mutant.within, spec.definitions, mutant.changed, mutant.copies.names)
    return { mutant, difference }
  })
  const seen = asked.map(({ mutant, difference: { formula } }) => ({ formula, definitions: mutant.copies.lines }))
  const states = chosen(bed).map((state) => bed.state(state))
  const answers = await ask(bed.model, { groups: [states], seen, values: [] }, options)
  asked.forEach(({ mutant, difference: { actions } }, i) => {
    const why = answers.errors.get(i)
    if (why !== undefined) killed(mutant, 'cell', `${bed.name} error: ${why} (tlc)`)
    else if (answers.seen[i]?.size === 1) killed(mutant, 'proof', `${bed.name} edges of ${actions.join(', ')}`)
  })
}

// ---------------------------------------------------------------------------------------------------------------------
// All mutants of a specification

/** What a run over a specification needs. */
export interface SpecOptions extends AskOptions, RunOptions {
  /** large models, which are asked about faults of actions that no other notices */
  readonly larger: readonly Model[]
  readonly ts: TypeScript
  /** the faults of the machine that are on record */
  readonly seeds: readonly Seed[]
  readonly faultOf: FaultOf
}

const sourcesOf = (protocol: HousedProtocol): SpecSource[] =>
  specFiles(protocol).map((file) => ({
    file: shownPath(protocol.home, file.file),
    text: specText(file),
  }))

const propertiesOf = (models: readonly Model[]): string[] => [
  ...new Set(models.flatMap(({ cells }) => cells.filter(({ kind }) => kind !== 'deadlock').map(({ name }) => name))),
]

/** Mutants of the specification of a protocol. */
export const specMutants = (
  protocol: HousedProtocol,
  models: readonly Model[],
  kinds: readonly MutantKind[],
): Generated => {
  const sources = sourcesOf(protocol)
  const own = sources.filter(({ file }) => basename(file) === `${protocol.module ?? ''}.tla`)
  const drafts = [
    ...specWeakenings(sources, propertiesOf(models)),
    ...own.flatMap((source) => actionFaults(sources, source)),
  ].filter(({ kind }) => kinds.includes(kind))
  return numbered(drafts, new Map(sources.map(({ file, text }) => [file, text])))
}

const namesAsked = ({ mutant: { kind } }: Case, spec: Specification, models: readonly Model[]): readonly string[] => {
  if (kind === 'property') return propertiesOf(models)
  return kind === 'fairness' ? [FAIRNESS] : [...spec.definitions.keys()]
}

/** Asks about some mutants; where TLC does not come to an end, they are not decided. */
const trying = async (
  asked: readonly Prepared[],
  options: SpecOptions,
  task: (asked: readonly Prepared[]) => Promise<void>,
): Promise<void> => {
  const alive = asked.filter(isAlive)
  if (alive.length === 0) return
  try {
    await task(alive)
  } catch (error) {
    if (error instanceof UnknownShape) for (const { case: c } of alive) c.unfinished = error.message
    else if (isLate(options)) leave(alive.map(({ case: c }) => c))
    else unfinished(alive, error)
  }
}

/** The machines with the faults that are on record, by model; what is on record twice is one. */
const seededBedsOf = async (
  protocol: HousedProtocol,
  models: readonly Model[],
  { ts, seeds, faultOf }: SpecOptions,
): Promise<(() => Bench[])[]> => {
  const loader = await loaderOf(ts, protocol)
  const distinct = new Map(seeds.map((seed) => [JSON.stringify([seed.fault, seed.thread, seed.model]), seed]))
  const bedsOf = (model: Model, { fault, thread }: Seed): Bench[] => {
    const change = faultOf(fault)
    if (change === undefined) return []
    return [...seeded(model, loader.mutated(change), change, thread)].map(({ bench }) => bench)
  }
  return models.flatMap((model) => {
    const own = [...distinct.values()].filter((seed) => seed.model === model.name)
    return own.length === 0 ? [] : [() => own.flatMap((seed) => bedsOf(model, seed))]
  })
}

/** Judges the mutants of a specification. */
export const judgeSpec = async (
  protocol: HousedProtocol,
  cases: readonly Case[],
  models: readonly Model[],
  options: SpecOptions,
): Promise<void> => {
  const sources = sourcesOf(protocol)
  const spec: Specification = { sources, definitions: definitionsIn(sources) }
  const all = cases.map((c) => prepared(spec, c, namesAsked(c, spec, models)))
  const of = (kind: MutantKind): Prepared[] => all.filter(({ case: { mutant } }) => mutant.kind === kind)
  const weaken = async (beds: readonly Bench[]): Promise<void> => {
    await trying(of('property'), options, (alive) => judgeInvariants(beds, alive, options))
    for (const bed of beds) await trying(of('property'), options, (alive) => judgeResponses(spec, bed, alive, options))
    await trying(of('fairness'), options, (alive) => judgeFairness(spec, beds, alive, options))
  }
  const judgeActions = (bed: Bench): Promise<void> =>
    trying(of('fault'), options, (alive) => judgeFaults(spec, bed, alive, options))
  const sorted = bySize(models)
  const seededBeds = await seededBedsOf(protocol, sorted, options)
  const tasks: (() => Promise<void>)[] = [
    ...sorted.map((model) => async () => {
      if (!all.some(isAlive)) return
      const bed = new Bench(model)
      await weaken([bed])
      await judgeActions(bed)
    }),
    ...bySize(options.larger).map((model) => async () => {
      if (of('fault').some(isAlive)) await judgeActions(new Bench(model))
    }),
    ...seededBeds.map((bedsOf) => async () => {
      if ([...of('property'), ...of('fairness')].some(isAlive)) await weaken(bedsOf())
    }),
  ]
  let done = 0
  await pool(tasks, options.workers, async (task) => {
    const alive = all.filter(isAlive)
    options.onProgress(done, tasks.length, alive.length)
    if (isLate(options)) leave(alive.map(({ case: c }) => c))
    else await task()
    done += 1
  })
}

/**
 * Mutants of a specification, and who notices them: smallest models first, then machines with the faults that are on record.
 * TLC evaluates properties and actions in states that the machine gives; see spec-weaker.ts, spec-fair.ts and spec-fault.ts.
 */

import { relative } from 'node:path'
import { actionFaults, definitionsIn } from '../../impl/lib/mutate/actions.ts'
import type { Mutant, MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { numbered } from '../../impl/lib/mutate/mutant.ts'
import type { SpecSource } from '../../impl/lib/mutate/spec.ts'
import { specWeakenings } from '../../impl/lib/mutate/spec.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import { UnknownShape } from '../../impl/lib/mutate/temporal.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { readPlainText } from '../node/input.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { packageRoot, specFiles } from '../workspace/project.ts'
import { pool } from '../node/pool.ts'
import type { Seed } from './argued.ts'
import type { AskOptions } from './ask.ts'
import type { Bed } from './beds.ts'
import { ownBed, seededBeds } from './beds.ts'
import type { Case } from './run.ts'
import { isLate, leave } from './run.ts'
import type { Generated } from './sources.ts'
import type { Prepared, Specification } from './spec-case.ts'
import { isAlive, prepared, unfinished } from './spec-case.ts'
import { FAIRNESS, judgeFairness } from './spec-fair.ts'
import { judgeFaults } from './spec-fault.ts'
import { judgeInvariants, judgeResponses } from './spec-weaker.ts'

/** What a run over a specification needs. */
export interface SpecOptions extends AskOptions {
  readonly workers: number
  /** when no new question is asked, a time of performance.now(); all are asked if not given */
  readonly until?: number | undefined
  /** large models, which are asked about faults of actions that no other notices */
  readonly larger: readonly Model[]
  readonly ts: TypeScript
  /** the faults of the machine that are on record */
  readonly seeds: readonly Seed[]
  readonly faultOf: (fault: Seed['fault']) => Mutant | undefined
  readonly onProgress: (done: number, of: number, alive: number) => void
}

const sourcesOf = (protocol: Protocol): SpecSource[] =>
  specFiles(protocol).map((file) => ({
    file: relative(packageRoot(), file).replaceAll('\\', '/'),
    text: readPlainText(file, 'module'),
  }))

const propertiesOf = (models: readonly Model[]): string[] => [
  ...new Set(models.flatMap(({ cells }) => cells.filter(({ kind }) => kind !== 'deadlock').map(({ name }) => name))),
]

/** Mutants of the specification of a protocol. */
export const specMutants = (protocol: Protocol, models: readonly Model[], kinds: readonly MutantKind[]): Generated => {
  const sources = sourcesOf(protocol)
  const own = sources.filter(({ file }) => file.endsWith(`/${protocol.module}.tla`))
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

/** Judges the mutants of a specification. */
export const judgeSpec = async (
  protocol: Protocol,
  cases: readonly Case[],
  models: readonly Model[],
  options: SpecOptions,
): Promise<void> => {
  const sources = sourcesOf(protocol)
  const spec: Specification = { sources, definitions: definitionsIn(sources) }
  const all = cases.map((c) => prepared(spec, c, namesAsked(c, spec, models)))
  const of = (kind: MutantKind): Prepared[] => all.filter(({ case: { mutant } }) => mutant.kind === kind)
  const weaken = async (beds: readonly Bed[]): Promise<void> => {
    await trying(of('property'), options, (alive) => judgeInvariants(beds, alive, options))
    for (const bed of beds) await trying(of('property'), options, (alive) => judgeResponses(spec, bed, alive, options))
    await trying(of('fairness'), options, (alive) => judgeFairness(spec, beds, alive, options))
  }
  const sorted = (some: readonly Model[]): Model[] => [...some].sort((a, b) => a.distinctStates - b.distinctStates)
  const bySize = sorted(models)
  const seeded = await seededBeds(options.ts, protocol, bySize, options.seeds, options.faultOf)
  const isWeaker = ({ case: { mutant, killedBy } }: Prepared): boolean =>
    mutant.kind !== 'fault' && killedBy.length === 0
  const tasks: (() => Promise<void>)[] = [
    ...bySize.map((model) => async () => {
      if (!all.some(isAlive)) return
      const bed = ownBed(model)
      await weaken([bed])
      await trying(of('fault'), options, (alive) => judgeFaults(spec, bed, alive, options))
    }),
    ...sorted(options.larger).map((model) => async () => {
      if (of('fault').some(isAlive))
        await trying(of('fault'), options, (alive) => judgeFaults(spec, ownBed(model), alive, options))
    }),
    ...[...seeded.values()].map((bedsOf) => async () => {
      if (all.some(isWeaker)) await weaken(bedsOf())
    }),
  ]
  let done = 0
  await pool(tasks, options.workers, async (task) => {
    options.onProgress(done, tasks.length, all.filter(isAlive).length)
    if (isLate(options)) leave(all.filter(isAlive).map(({ case: c }) => c))
    else await task()
    done += 1
  })
}

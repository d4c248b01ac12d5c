/** What `check` says of a model, whichever engine said it. Others read its JSON: fields may be added, none is renamed. */

import { given } from '../kernel/given.ts'
import type { Cell, CellKind, CellVerdict, Model } from '../protocol/model.ts'
import { subjectsOfModel } from './subjects.ts'

export type Verdict = CellVerdict | 'incomplete' | 'error'
export type EngineName = 'tlc' | 'embedded' | 'explorer'

/** One cell as an engine sees it. */
export interface CellResult {
  readonly name: string
  readonly kind: CellKind
  readonly verdict: Verdict
  /** null where nobody has said what is expected: whatever is found is then unexpected */
  readonly expected: CellVerdict | null
  /** states of the counterexample, the initial one included; null where there is none */
  readonly depth: number | null
  /** evidence that is checked in, relative to the package; null where there is none */
  readonly trace: string | null
  /** all of its instances in this model */
  readonly instances: readonly string[]
  /** instances that say nothing, because what they speak of does not occur; null where the engine cannot tell */
  readonly vacuous: readonly string[] | null
  /** those of which the manifest says so */
  readonly expectedVacuous: readonly string[]
}

/** One model as an engine sees it. */
export interface ModelResult {
  readonly model: string
  readonly protocol: string
  readonly design: string
  readonly memory: string
  readonly engine: EngineName
  readonly verdict: Verdict
  /** every checked cell has its expected verdict and the complete graph the expected number of states */
  readonly asExpected: boolean
  readonly distinctStates: number | null
  readonly generatedStates: number | null
  readonly depth: number | null
  readonly seconds: number
  readonly cached: boolean
  readonly properties: readonly CellResult[]
  /** cells that were not run now: TLC's verdicts from the checked-in certificate of the very same files */
  readonly certified: readonly string[]
  /** cells that this engine cannot decide; they are not part of `verdict` and never a pass */
  readonly unchecked: readonly string[]
  /** what the verdicts rest on, where it is less than it could be */
  readonly remark?: string
  /** why a cell or the model is `error` or `incomplete`, or what is not as expected */
  readonly notes: readonly string[]
}

/** Nobody has written down what the machine is to be equal to. */
const EXPLORED_ONLY = 'no specification: explored only'

const RANK: Readonly<Record<Verdict, number>> = { holds: 0, vacuous: 1, violated: 2, incomplete: 3, error: 4 }

/** A model's verdict is its worst cell; what says nothing is worse than what holds. Where nothing was checked nothing is decided. */
export const worst = ([first, ...others]: readonly Verdict[]): Verdict =>
  others.reduce<Verdict>((most, v) => (RANK[v] > RANK[most] ? v : most), first ?? 'incomplete')

/** What an engine found of one cell. */
export interface Found {
  readonly verdict: Verdict
  readonly depth?: number | undefined
  /** instances that say nothing; absent where the engine cannot tell */
  readonly vacuous?: readonly string[] | undefined
}

/** What an engine found of a model. */
export interface EngineFindings {
  readonly engine: EngineName
  readonly cells: ReadonlyMap<string, Found>
  readonly unchecked?: readonly string[]
  readonly distinctStates: number | null
  readonly generatedStates: number | null
  readonly depth: number | null
  readonly seconds: number
  readonly notes: readonly string[]
  /** set where the model as a whole could not be decided */
  readonly failure?: 'incomplete' | 'error'
  /** nothing was run: the same was found before, of the same files */
  readonly cached?: true
  /** cells that were not run: their verdicts are TLC's of an earlier run, from the checked-in certificate */
  readonly certified?: readonly string[]
}

const countNotes = (model: Model, found: EngineFindings): string[] => {
  const { counts } = model
  if (counts === undefined) return []
  const wrong = (what: string, expected: number, actual: number | null): string[] =>
    actual === null || actual === expected ? [] : [`${what} ${actual}, expected ${expected}`]
  return [
    ...wrong('distinct states', counts.distinctStates, found.distinctStates),
    ...wrong('generated states', counts.totalStates, found.generatedStates),
    ...wrong('depth', counts.stateDepth, found.depth),
  ]
}

/** Instances that say nothing although they should, and the other way round. */
const vacuityNotes = ({ name, vacuous: expected }: Cell, vacuous: readonly string[] | null): string[] => {
  if (vacuous === null) return []
  const told = (instances: readonly string[], what: string): string[] =>
    instances.map((instance) => `${name}${instance} ${what}`)
  return [
    ...told(
      vacuous.filter((instance) => !expected.includes(instance)),
      'is vacuous: no state has what it speaks of',
    ),
    ...told(
      expected.filter((instance) => !vacuous.includes(instance)),
      'was expected to be vacuous, and is not',
    ),
  ]
}

/** Verdict of a property of which an engine knows whether it is violated and which instances say nothing. */
export const withVacuity = (found: Found, instances: { all: readonly string[]; vacuous: readonly string[] }): Found => {
  const { all, vacuous } = instances
  // what was found vacuous before holds, and is looked at again
  const verdict = found.verdict === 'vacuous' ? 'holds' : found.verdict
  const saysNothing = verdict === 'holds' && vacuous.length === all.length
  return { ...found, verdict: saysNothing ? 'vacuous' : verdict, vacuous: [...vacuous].sort() }
}

/** What is checked in of a cell that is expected to be violated. */
export interface Evidence {
  /** relative to the package; null where there is none */
  readonly trace: string | null
  /** what is to be said of a file that is there and is no such counterexample: it is nobody's evidence */
  readonly note?: string
}

const cellResult = (
  { name, kind, expected, vacuous: expectedVacuous }: Cell,
  { verdict, depth, vacuous }: Found,
  trace: string | null,
  instances: readonly string[],
): CellResult => ({
  name,
  kind,
  verdict,
  expected: expected ?? null,
  depth: depth ?? null,
  trace,
  instances,
  vacuous: vacuous ?? null,
  expectedVacuous,
})

/** Verdicts that are others than expected, and instances that say nothing although they should. */
const surprisesIn = (model: Model, properties: readonly CellResult[]): string[] => [
  ...properties
    .filter(({ verdict, expected }) => verdict !== expected)
    .map(({ name, verdict, expected }) =>
      expected === null
        ? `${name}: ${verdict}, and no verdict is expected of it; if it is right, add ${name}: '${verdict}' to ${model.memory} of ${model.design}`
        : `${name}: ${verdict}, expected ${expected}`,
    ),
  ...model.cells.flatMap((cell) =>
    vacuityNotes(cell, properties.find(({ name }) => name === cell.name)?.vacuous ?? null),
  ),
]

/** Puts an engine's findings against what the manifest expects. */
export const modelResult = (
  model: Model,
  found: EngineFindings,
  evidence: (cell: Cell) => Evidence = () => ({ trace: null }),
): ModelResult => {
  const unchecked = found.unchecked ?? []
  const subjects = subjectsOfModel(model)
  const doubts: string[] = []
  const properties = model.cells
    .filter(({ name }) => !unchecked.includes(name))
    .map((cell): CellResult => {
      const { trace, note } = evidence(cell)
      if (note !== undefined) doubts.push(note)
      const own = subjects.filter(({ property }) => property === cell.name).map(({ instance }) => instance)
      return cellResult(cell, found.cells.get(cell.name) ?? { verdict: found.failure ?? 'incomplete' }, trace, own)
    })
  const surprises = surprisesIn(model, properties)
  const counts = countNotes(model, found)
  const verdict = worst([...properties.map((p) => p.verdict), ...(found.failure === undefined ? [] : [found.failure])])
  return {
    model: model.name,
    protocol: model.protocol.name,
    design: model.design,
    memory: model.memory,
    engine: found.engine,
    verdict,
    asExpected: properties.length > 0 && surprises.length === 0 && counts.length === 0 && found.failure === undefined,
    distinctStates: found.distinctStates,
    generatedStates: found.generatedStates,
    depth: found.depth,
    seconds: Math.round(found.seconds * 1000) / 1000,
    cached: found.cached === true,
    properties,
    certified: found.certified ?? [],
    unchecked,
    ...given({ remark: model.protocol.module === undefined ? EXPLORED_ONLY : undefined }),
    notes: [
      ...found.notes,
      ...counts,
      ...surprises,
      ...doubts,
      ...(properties.length === 0 ? ['no cell was checked'] : []),
    ],
  }
}

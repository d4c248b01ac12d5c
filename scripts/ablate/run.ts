/**
 * Covers the subsets of a protocol's toggles, in all of its bases, with the explorer. Every subset is decided by a whole
 * graph: no verdict is inferred from another subset's by monotony. What is spared is equal machines, twice over:
 *
 * - A machine is a function of the constants that its construction reads. Subsets that differ only in toggles that were
 *   not read have the same machine.
 * - Compiled machines with the same tables, properties and fairness (by sha256) have the same graph.
 */

import type { Subset } from '../../impl/lib/ablate.ts'
import { nearestFirst, subsetCount } from '../../impl/lib/ablate.ts'
import type { Behaviour } from '../../impl/lib/counterexample.ts'
import type { Base } from './bases.ts'
import { constantsOf, subsetOf } from './bases.ts'
import type { Hand } from './crew.ts'
import { withCrew } from './crew.ts'
import type { Outcome } from './decide.ts'
import type { Point, WorkerStart } from './messages.ts'

/** What is to be done. */
export interface Task {
  readonly protocol: string
  readonly toggles: readonly string[]
  readonly bases: readonly Base[]
  readonly properties: readonly string[]
  readonly workers: number
  /** as `performance.now()` counts */
  readonly deadline: number
  readonly onProgress: (covered: number, machines: number) => void
}

/** What was found. */
export interface Coverage {
  /** outcome of each covered subset in each base */
  readonly rows: ReadonlyMap<Subset, readonly Outcome[]>
  /** every subset is covered */
  readonly complete: boolean
  /** points (a subset in a base) whose graph was too large */
  readonly tooLarge: number
  /** machines that differ, and the states of their graphs */
  readonly machines: number
  readonly states: number
}

/** Outcomes of one base. */
class Known {
  /** by the toggles that were read, then by their values */
  private readonly byRead = new Map<Subset, Map<Subset, Outcome>>()

  find(subset: Subset): Outcome | undefined {
    for (const [read, outcomes] of this.byRead) {
      const outcome = outcomes.get(subset & read)
      if (outcome !== undefined) return outcome
    }
    return undefined
  }

  add(subset: Subset, read: Subset, outcome: Outcome): void {
    const outcomes = this.byRead.get(read) ?? new Map<Subset, Outcome>()
    this.byRead.set(read, outcomes.set(subset & read, outcome))
  }
}

/** Goes through the points once, whoever asks. */
class Ledger {
  readonly rows = new Map<Subset, Outcome[]>()
  readonly byDigest = new Map<string, Outcome>()
  private readonly known: readonly Known[]
  private readonly points: Iterator<Point, void>
  private covered = 0
  private readonly task: Task

  constructor(task: Task) {
    this.task = task
    this.known = task.bases.map(() => new Known())
    this.points = this.all()
  }

  private *all(): Generator<Point, void> {
    const [first] = this.task.bases
    if (first === undefined) return
    for (const subset of nearestFirst(subsetOf(first.model), this.task.toggles.length)) {
      for (const base of this.task.bases.keys()) yield { base, subset }
    }
  }

  /** The next point that has to be looked at; those whose machine is known are entered on the way. */
  next(): Point | undefined {
    for (;;) {
      const { value: point } = this.points.next()
      if (point === undefined) return undefined
      const outcome = this.known[point.base]?.find(point.subset)
      if (outcome === undefined) return point
      this.enter(point, outcome)
    }
  }

  learn(point: Point, read: Subset, outcome: Outcome): void {
    this.known[point.base]?.add(point.subset, read, outcome)
    this.enter(point, outcome)
  }

  private enter({ base, subset }: Point, outcome: Outcome): void {
    const row = this.rows.get(subset) ?? []
    row[base] = outcome
    this.rows.set(subset, row)
    if (this.isCovered(row)) {
      this.covered += 1
      this.task.onProgress(this.covered, this.byDigest.size)
    }
  }

  private isCovered(row: readonly Outcome[]): boolean {
    return this.task.bases.every((_, base) => row[base]?.complete === true)
  }

  /** What is known so far. */
  coverage(): Coverage {
    const outcomes = [...this.byDigest.values()]
    const rows = new Map([...this.rows].filter(([, row]) => this.isCovered(row)))
    return {
      rows,
      complete: rows.size === subsetCount(this.task.toggles.length),
      tooLarge: [...this.rows.values()].flat().filter(({ complete }) => !complete).length,
      machines: outcomes.length,
      states: outcomes.reduce((sum, { states }) => sum + states, 0),
    }
  }
}

const startOf = ({ protocol, bases, properties }: Task): WorkerStart => ({
  protocol,
  bases: bases.map((base) => constantsOf(base, 0)),
  properties,
})

/** Decides points until there are no more. */
const cover =
  (ledger: Ledger) =>
  async (hand: Hand): Promise<void> => {
    for (let point = ledger.next(); point !== undefined; point = ledger.next()) {
      const { digest, read } = await hand.ask<'prepare'>({ kind: 'prepare', ...point })
      const outcome = ledger.byDigest.get(digest) ?? (await hand.ask<'explore'>({ kind: 'explore' }))
      ledger.byDigest.set(digest, outcome)
      ledger.learn(point, read, outcome)
    }
  }

/** A counterexample that is asked for. */
export interface Wanted extends Point {
  readonly property: string
}

const keyOf = ({ base, subset }: Point): string => `${base} ${subset}`

/** Wanted counterexamples, those from the same graph together. */
const grouped = (wanted: readonly Wanted[]): { point: Point; properties: string[] }[] => {
  const groups = new Map<string, { point: Point; properties: string[] }>()
  for (const { base, subset, property } of wanted) {
    const point = { base, subset }
    const group = groups.get(keyOf(point)) ?? { point, properties: [] }
    if (!group.properties.includes(property)) group.properties.push(property)
    groups.set(keyOf(point), group)
  }
  return [...groups.values()]
}

/** A behaviour for each of what is wanted, in the same order; undefined where time was up. */
export type Behaviours = readonly (Behaviour | undefined)[]

/** Everything that needs the workers: the coverage, then the counterexamples that `wanted` asks for on seeing it. */
export const ablateWithWorkers = async (
  task: Task,
  wanted: (coverage: Coverage) => readonly Wanted[],
): Promise<{ coverage: Coverage; behaviours: Behaviours }> => {
  const ledger = new Ledger(task)
  const found = new Map<string, Behaviour>()
  const inTime = await withCrew(task.workers, startOf(task), task.deadline, cover(ledger))
  const coverage = ledger.coverage()
  const asked = inTime ? wanted(coverage) : []
  const groups = grouped(asked).values()
  if (asked.length > 0) {
    await withCrew(task.workers, startOf(task), task.deadline, async (hand) => {
      for (const { point, properties } of groups) {
        const behaviours = await hand.ask<'explain'>({ kind: 'explain', ...point, properties })
        for (const [property, behaviour] of behaviours) found.set(`${keyOf(point)} ${property}`, behaviour)
      }
    })
  }
  return { coverage, behaviours: asked.map((w) => found.get(`${keyOf(w)} ${w.property}`)) }
}

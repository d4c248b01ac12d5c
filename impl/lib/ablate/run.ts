/**
 * Covers the subsets of a protocol's toggles, in all of its bases, with the explorer. A verdict is either decided by the
 * explorer on the subset's own machine, or it follows from such verdicts because the property is monotone in a barrier
 * (impl/lib/ablate/barrier-inference.ts). A unit of work is a base with values for the toggles that are no barriers: in
 * each the subsets of the barriers are gone through, those first from which most follows, for as long as a verdict is
 * missing.
 *
 * Equal machines are spared besides, twice over:
 *
 * - A machine is a function of the constants that its construction reads. Subsets that differ only in toggles that were
 *   not read have the same machine.
 * - Compiled machines with the same tables, properties and fairness (by sha256) have the same graph.
 *
 * Which subsets are decided and which follow does not depend on the workers: units know nothing of each other's verdicts.
 */

import type { Subset } from './subsets.ts'
import { nearestFirst, sizeOf, subsetCount } from './subsets.ts'
import type { Behaviour } from '../behaviour/counterexample.ts'
import type { Barriers } from '../protocol/barriers.ts'
import { nextSubset, packed, spread, Verdicts } from './barrier-inference.ts'
import type { Base } from './bases.ts'
import { constantsOf, subsetOf } from './bases.ts'
import type { SharedWorkspace } from '../protocol/project.ts'
import type { Answers, Crew, Hand, Point, WorkerStart } from './messages.ts'

/** What is to be done. */
export interface Task {
  /** the workspace of the protocol, unless it is one of ours */
  readonly workspace: SharedWorkspace | undefined
  readonly protocol: string
  /** those that are ablated */
  readonly toggles: readonly string[]
  readonly barriers: Barriers
  readonly bases: readonly Base[]
  readonly properties: readonly string[]
  readonly workers: number
  /** who does the work */
  readonly crew: Crew
  /** as `performance.now()` counts */
  readonly deadline: number
  readonly onProgress: (covered: number, machines: number) => void
}

/** What is known of a subset in a base. */
export interface PointVerdicts {
  readonly violated: ReadonlySet<string>
  /** states of the shortest counterexamples, where the explorer has been asked for them at this point */
  readonly depths: Map<string, number>
  /** properties that the explorer was asked for at this point; the others' verdicts follow */
  readonly decided: ReadonlySet<string>
}

/** What was found. */
export interface Coverage {
  /** verdicts of each covered subset in each base */
  readonly rows: ReadonlyMap<Subset, readonly PointVerdicts[]>
  /** every subset is covered */
  readonly complete: boolean
  /** points (a subset in a base) whose graph was too large */
  readonly tooLarge: number
  /** machines that differ and were explored */
  readonly machines: number
  /** states that were looked at, in all; how many differs from run to run */
  readonly states: number
  /** verdicts (of a property at a point) that were decided on the point's own machine, and that follow */
  readonly decided: number
  readonly inferred: number
}

/** Everything that is known of one machine: of each property that was asked for the depth, undefined if it holds. */
interface Explored {
  readonly depths: Map<string, number | undefined>
  tooLarge: boolean
}

/** A machine as its construction has read the toggles. */
type Known = Answers['prepare']

/** Has the worker compiled it just now? */
type Found = Known & { readonly fresh: boolean }

/** The machines of one base. */
class Machines {
  /** by the toggles that were read, then by their values */
  private readonly byRead = new Map<Subset, Map<Subset, Known>>()

  find(subset: Subset, monotone: boolean): Known | undefined {
    for (const [read, known] of this.byRead) {
      const found = known.get(subset & read)
      if (found !== undefined && (!monotone || found.monotone !== undefined)) return found
    }
    return undefined
  }

  add(subset: Subset, known: Known): void {
    const { read } = known
    const values = this.byRead.get(read) ?? new Map<Subset, Known>()
    this.byRead.set(read, values.set(subset & read, known))
  }
}

/** Goes through the units once, whoever asks. */
class Ledger {
  private readonly task: Task
  private readonly rows = new Map<Subset, PointVerdicts[]>()
  private readonly byDigest = new Map<string, Explored>()
  private readonly machines: readonly Machines[]
  /** bases with values for the toggles that are no barriers; each comes once, whoever asks */
  readonly units: Iterable<Point>
  /** the barriers, as bits */
  private readonly barriers: Subset
  private covered = 0
  private tooLarge = 0
  private states = 0

  constructor(task: Task) {
    this.task = task
    this.machines = task.bases.map(() => new Machines())
    this.barriers = task.toggles.reduce((set, name, i) => (task.barriers[name] === undefined ? set : set | (1 << i)), 0)
    this.units = this.all()
  }

  private *all(): Generator<Point, void> {
    const [first] = this.task.bases
    if (first === undefined) return
    const others = (subsetCount(this.task.toggles.length) - 1) & ~this.barriers
    for (const value of nearestFirst(packed(subsetOf(first.model), others), sizeOf(others))) {
      for (const base of this.task.bases.keys()) yield { base, subset: spread(value, others) }
    }
  }

  private async machineAt(hand: Hand, point: Point, monotone: boolean): Promise<Found> {
    const known = this.machines[point.base]?.find(point.subset, monotone)
    if (known !== undefined) return { ...known, fresh: false }
    const prepared = await hand.ask<'prepare'>({ kind: 'prepare', monotone, ...point })
    this.machines[point.base]?.add(point.subset, prepared)
    return { ...prepared, fresh: true }
  }

  /** Depths of the properties at a point, undefined where they hold; undefined if the graph is too large. */
  async decide(
    hand: Hand,
    point: Point,
    asked: readonly string[],
    machine?: Found,
  ): Promise<ReadonlyMap<string, number | undefined> | undefined> {
    const { digest, fresh } = machine ?? (await this.machineAt(hand, point, false))
    const explored = this.byDigest.get(digest) ?? { depths: new Map<string, number | undefined>(), tooLarge: false }
    this.byDigest.set(digest, explored)
    const missing = asked.filter((name) => !explored.depths.has(name))
    if (missing.length > 0 && !explored.tooLarge) {
      // the worker explores what it has compiled last
      if (!fresh) await hand.ask<'prepare'>({ kind: 'prepare', monotone: false, ...point })
      const { states, violated, complete } = await hand.ask<'explore'>({ kind: 'explore', asked: missing })
      this.states += states
      if (complete) for (const name of missing) explored.depths.set(name, violated.get(name))
      else explored.tooLarge = true
    }
    return explored.tooLarge ? undefined : new Map(asked.map((name) => [name, explored.depths.get(name)]))
  }

  /** Decides all subsets of the barriers. */
  async cover(hand: Hand, { base, subset }: Point): Promise<void> {
    const { barriers } = this
    const size = sizeOf(barriers)
    const top = { base, subset: subset | barriers }
    let machine: Found | undefined = await this.machineAt(hand, top, true)
    const { monotone } = machine
    const verdicts = new Map(
      this.task.properties.map((name) => [name, new Verdicts(size, packed(monotone?.get(name) ?? 0, barriers))]),
    )
    const decided = new Map<Subset, ReadonlyMap<string, number | undefined>>()
    for (;;) {
      const value = nextSubset(size, verdicts.values())
      if (value === undefined) break
      const asked = [...verdicts].filter(([, v]) => v.verdict(value) === undefined).map(([name]) => name)
      const found = await this.decide(hand, { base, subset: subset | spread(value, barriers) }, asked, machine)
      machine = undefined // all barriers come first
      if (found === undefined) {
        this.tooLarge += 1
        return
      }
      decided.set(value, found)
      for (const [name, depth] of found) verdicts.get(name)?.learn(value, depth === undefined)
    }
    for (let value = 0; value < subsetCount(size); value++) {
      const depths = [...(decided.get(value) ?? [])]
      this.enter(
        { base, subset: subset | spread(value, barriers) },
        {
          violated: new Set([...verdicts].filter(([, v]) => v.verdict(value) === false).map(([name]) => name)),
          depths: new Map(depths.flatMap(([name, depth]) => (depth === undefined ? [] : [[name, depth]]))),
          decided: new Set(depths.map(([name]) => name)),
        },
      )
    }
  }

  private enter({ base, subset }: Point, verdicts: PointVerdicts): void {
    const row = this.rows.get(subset) ?? []
    row[base] = verdicts
    this.rows.set(subset, row)
    if (this.isCovered(row)) {
      this.covered += 1
      this.task.onProgress(this.covered, this.byDigest.size)
    }
  }

  private isCovered(row: readonly (PointVerdicts | undefined)[]): boolean {
    return this.task.bases.every((_, base) => row[base] !== undefined)
  }

  /** What is known so far. */
  coverage(): Coverage {
    const rows = new Map([...this.rows].filter(([, row]) => this.isCovered(row)))
    const decided = [...rows.values()].flat().reduce((sum, v) => sum + v.decided.size, 0)
    return {
      rows,
      complete: rows.size === subsetCount(this.task.toggles.length),
      tooLarge: this.tooLarge,
      machines: this.byDigest.size,
      states: this.states,
      decided,
      inferred: rows.size * this.task.bases.length * this.task.properties.length - decided,
    }
  }
}

const startOf = ({ workspace, protocol, bases, properties }: Task): WorkerStart => ({
  workspace,
  protocol,
  data: bases[0]?.model.data,
  bases: bases.map((base) => constantsOf(base, 0)),
  properties,
})

/** A property at a point: its counterexample, or whether it says anything there. */
export interface Wanted extends Point {
  readonly property: string
}

const keyOf = ({ base, subset }: Point): string => `${base} ${subset}`

/** What is wanted of one graph. */
interface Group {
  readonly point: Point
  readonly properties: string[]
}

/** What is wanted, that of the same graph together. */
const grouped = (wanted: readonly Wanted[]): readonly Group[] => {
  const groups = new Map<string, Group>()
  for (const { base, subset, property } of wanted) {
    const point = { base, subset }
    const group = groups.get(keyOf(point)) ?? { point, properties: [] }
    if (!group.properties.includes(property)) group.properties.push(property)
    groups.set(keyOf(point), group)
  }
  return [...groups.values()]
}

/** What the caller wants to see, from what is known. */
interface Wishes {
  /** violations that counterexamples are chosen from */
  readonly candidates: (coverage: Coverage) => readonly Wanted[]
  /** the counterexamples; the candidates' depths are known */
  readonly wanted: (coverage: Coverage) => readonly Wanted[]
  /** passes of which it matters whether the property says anything there */
  readonly passes: (coverage: Coverage) => readonly Wanted[]
}

/** What was found in the coverage. */
interface Ablations {
  readonly coverage: Coverage
  /** for each of {@link Wishes.wanted}, in the same order; undefined where time was up */
  readonly behaviours: readonly (Behaviour | undefined)[]
  /** of {@link Wishes.passes} those that say nothing, in the same order; undefined where time was up */
  readonly vacuous: readonly (boolean | undefined)[]
  /** false if time was up before everything was asked that the coverage made worth asking */
  readonly inTime: boolean
}

/**
 * Everything that needs the workers: the coverage, then on seeing it the counterexamples that are wanted, and which of the
 * passes that matter say nothing.
 */
export const ablateWithWorkers = async (task: Task, { candidates, wanted, passes }: Wishes): Promise<Ablations> => {
  const ledger = new Ledger(task)
  const crew = (work: (hand: Hand) => Promise<void>): Promise<boolean> =>
    task.crew(task.workers, startOf(task), task.deadline, work)
  let inTime = await crew(async (hand) => {
    for (const unit of ledger.units) await ledger.cover(hand, unit)
  })
  const coverage = ledger.coverage()
  /** Has somebody look at each graph of which something is wanted, while there is time; what was to be looked at. */
  const look = async (
    wishes: (coverage: Coverage) => readonly Wanted[],
    at: (hand: Hand, group: Group) => Promise<void>,
  ): Promise<readonly Wanted[]> => {
    const wishedFor = inTime ? wishes(coverage) : []
    const groups = grouped(wishedFor).values()
    if (wishedFor.length === 0) return []
    inTime = await crew(async (hand) => {
      for (const group of groups) await at(hand, group)
    })
    return wishedFor
  }
  const depthsAt = ({ base, subset }: Point): Map<string, number> | undefined =>
    coverage.rows.get(subset)?.[base]?.depths
  const unmeasured = (): Wanted[] => candidates(coverage).filter((w) => depthsAt(w)?.has(w.property) === false)
  await look(unmeasured, async (hand, { point, properties }) => {
    for (const [name, depth] of (await ledger.decide(hand, point, properties)) ?? []) {
      if (depth !== undefined) depthsAt(point)?.set(name, depth)
    }
  })
  const found = new Map<string, Behaviour>()
  const asked = await look(wanted, async (hand, { point, properties }) => {
    const behaviours = await hand.ask<'explain'>({ kind: 'explain', ...point, properties })
    for (const [property, behaviour] of behaviours) found.set(`${keyOf(point)} ${property}`, behaviour)
  })
  const silent = new Map<string, boolean>()
  const passed = await look(passes, async (hand, { point, properties }) => {
    const vacuous = new Set(await hand.ask<'vacuity'>({ kind: 'vacuity', ...point, properties }))
    for (const property of properties) silent.set(`${keyOf(point)} ${property}`, vacuous.has(property))
  })
  return {
    coverage,
    behaviours: asked.map((w) => found.get(`${keyOf(w)} ${w.property}`)),
    vacuous: passed.map((w) => silent.get(`${keyOf(w)} ${w.property}`)),
    inTime,
  }
}

/**
 * Judges weakened properties of a specification. The machine says in which states a property is broken, or on which ways; TLC
 * evaluates the weakened ones there and nowhere else, as a weaker property is broken in no other place. A temporal property is
 * taken apart at `~>`: TLC evaluates both sides, and the explorer looks for a fair cycle.
 */

import { brokenRegion, markOf } from '../../impl/lib/kernel/explore/liveness.ts'
import { responsesOf, responseTable, UnknownShape } from '../../impl/lib/mutate/temporal.ts'
import { parseValue } from '../../impl/lib/tla/parse-value.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import { key } from '../../impl/lib/kernel/language/value.ts'
import type { Definitions } from '../../impl/lib/tla/module/tree.ts'
import type { AskOptions, Question } from './ask.ts'
import { ask, isNoAnswer } from './ask.ts'
import type { Bench } from './bench.ts'
import type { Prepared, Specification } from './spec-case.ts'
import { disagree, isAlive, items, killed } from './spec-case.ts'

/** States that one run of TLC is given. */
const STATES_A_RUN = 6_000

/** A temporal property that may be broken on ways through more states than this is tried in other graphs. */
const MOST_STATES = 20_000

/** A mutant and one of the properties that it weakens. */
interface Weaker {
  readonly mutant: Prepared
  readonly property: string
  readonly copy: string
}

const weakerOf = (alive: readonly Prepared[], properties: ReadonlySet<string>): Weaker[] =>
  alive.flatMap((mutant) =>
    [...mutant.copies.names]
      .filter(([property]) => properties.has(property))
      .map(([property, copy]) => ({ mutant, property, copy })),
  )

/** Every n-th, so that the first ones of a list are of all its parts. */
const spread = (states: readonly number[]): number[] => {
  const step = Math.max(1, Math.ceil(states.length / STATES_A_RUN))
  return Array.from({ length: step }, (_, first) => states.filter((_s, i) => i % step === first)).flat()
}

const valuesIn = (text: string | undefined): readonly TlaValue[] => items(parseValue(text ?? '<<>>'))

const isTrue = (value: TlaValue | undefined): boolean => value?.kind === 'bool' && value.value

// ---------------------------------------------------------------------------------------------------------------------
// Invariants

interface Broken {
  readonly bed: Bench
  readonly invariants: readonly string[]
  readonly states: readonly number[]
}

const brokenIn = (bed: Bench, asked: ReadonlySet<string>): Broken => {
  const invariants = bed.named('invariant', 'violated').filter((name) => asked.has(name))
  const states = [...new Set(invariants.flatMap((name) => bed.violating(name)))]
  return { bed, invariants, states: spread(states) }
}

/** The invariants as they are must be violated in the same states on both sides. */
const compared = (
  group: Broken,
  states: readonly number[],
  names: readonly string[],
  rows: readonly string[],
): void => {
  const { bed, invariants } = group
  const own = new Map(invariants.map((name) => [name, bed.holds(name)]))
  states.forEach((state, i) => {
    const values = valuesIn(rows[i])
    for (const [name, holds] of own)
      if (holds(state) !== isTrue(values[names.indexOf(name)])) throw disagree(bed.name, name)
  })
}

/** A formula in the states of the groups that a property is violated in. */
const only = (groups: readonly Broken[], property: string, formula: string): string => {
  const numbers = groups.flatMap(({ invariants }, g) => (invariants.includes(property) ? [g] : []))
  return `IF LockstepGroup[lockstep_n] \\in {${numbers.join(', ')}} THEN ${formula} ELSE FALSE`
}

const violatedIn = (beds: readonly Bench[]): string[] => [
  ...new Set(beds.flatMap((bed) => bed.named('invariant', 'violated'))),
]

/** Judges weakened invariants in graphs of one model. */
export const judgeInvariants = async (
  beds: readonly Bench[],
  alive: readonly Prepared[],
  options: AskOptions,
): Promise<void> => {
  const names = violatedIn(beds)
  try {
    await judgeNamed(beds, names, alive, options)
  } catch (error) {
    if (!isNoAnswer(error) || !beds.every(({ isFaulty }) => isFaulty)) throw error
    // in a machine with a fault an invariant may be false for the machine and have no answer for TLC: that is no verdict
    for (const bed of beds) {
      for (const name of bed.named('invariant', 'violated')) {
        const own = alive.filter(isAlive)
        await judgeNamed([bed], [name], own, options).catch((reason: unknown) => {
          if (!isNoAnswer(reason)) throw reason
        })
      }
    }
  }
}

const judgeNamed = async (
  beds: readonly Bench[],
  violated: readonly string[],
  alive: readonly Prepared[],
  options: AskOptions,
): Promise<void> => {
  const [first] = beds
  const all = weakerOf(alive, new Set(violated))
  if (first === undefined || all.length === 0) return
  const asked = new Set(all.map(({ property }) => property))
  const groups = beds.map((bed) => brokenIn(bed, asked)).filter(({ states }) => states.length > 0)
  const names = [...asked]
  const values = names.map((name): Question => ({ formula: only(groups, name, name), definitions: [] }))
  // per property and mutant, the groups in which it is still violated
  const still = new Map(all.map((weaker) => [weaker, new Set<Broken>()]))
  const openIn = (weaker: Weaker): Broken | undefined =>
    groups.find((group) => group.invariants.includes(weaker.property) && still.get(weaker)?.has(group) !== true)
  const size = Math.max(1, Math.floor(STATES_A_RUN / Math.max(1, groups.length)))
  for (let at = 0; groups.some(({ states }) => states.length > at); at += size) {
    const open = all.filter((weaker) => isAlive(weaker.mutant) && openIn(weaker) !== undefined)
    if (open.length === 0) break
    const parts = groups.map(({ states }) => states.slice(at, at + size))
    const seen = open.map(({ copy, mutant, property }) => ({
      formula: only(groups, property, `~${copy}`),
      definitions: mutant.copies.lines,
    }))
    const given = groups.map(({ bed }, g) => (parts[g] ?? []).map((state) => bed.state(state)))
    const answers = await ask(first.model, { groups: given, seen, values }, options)
    let before = 0
    groups.forEach((group, g) => {
      const part = parts[g] ?? []
      compared(group, part, names, answers.values.slice(before, (before += part.length)))
    })
    open.forEach((weaker, i) => {
      for (const g of answers.seen[i] ?? []) {
        const group = groups[g]
        if (group !== undefined) still.get(weaker)?.add(group)
      }
      const why = answers.errors.get(i)
      if (why !== undefined) killed(weaker.mutant, 'cell', `${first.model.name} error: ${why} (tlc)`)
    })
  }
  for (const weaker of all) {
    weaker.mutant.case.differs = true
    const by = openIn(weaker)
    if (by !== undefined) killed(weaker.mutant, 'cell', `${by.bed.name} ${weaker.property} (tlc)`)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Temporal properties

const tableOf = (name: string, definitions: Definitions): string | undefined => {
  const body = definitions.get(name)?.body
  if (body === undefined) return undefined
  try {
    return responseTable(responsesOf(body, definitions))
  } catch (error) {
    if (error instanceof UnknownShape) return undefined
    throw error
  }
}

/** A temporal property in one graph, as TLC evaluates its sides. */
class Evaluated {
  private readonly bed: Bench
  private readonly states: readonly number[]
  private readonly broken = new Map<string, boolean>()

  constructor(bed: Bench, states: readonly number[]) {
    this.bed = bed
    this.states = states
  }

  /** The marks of each instance, state by state, in the order of the states. */
  columns(tables: readonly TlaValue[]): string[] {
    const columns = new Map<string, number[]>()
    tables.forEach((table, i) => {
      items(table).forEach((response, r) => {
        for (const instance of items(response)) {
          const [bounds, from, to, always] = items(instance)
          const name = `${r} ${bounds === undefined ? '' : key(bounds)}`
          const column = columns.get(name) ?? this.states.map(() => 0)
          columns.set(name, column)
          column[i] = markOf(isTrue(from), isTrue(to), isTrue(always))
        }
      })
    })
    return [...columns.values()].map((column) => column.join(''))
  }

  /** Is there a fair way on which an instance with these marks is broken? */
  isBroken(column: string): boolean {
    const known = this.broken.get(column)
    if (known !== undefined) return known
    const marks = new Uint8Array(this.bed.graph.count)
    this.states.forEach((state, i) => (marks[state] = Number(column[i])))
    const found = brokenRegion(this.bed.graph, marks).length > 0
    this.broken.set(column, found)
    return found
  }
}

/** What the instances say, whoever they are; one that is answered everywhere says nothing, and one side may not have it. */
const said = (columns: readonly string[]): string =>
  [...new Set(columns)]
    .filter((column) => /[^0]/.test(column))
    .sort()
    .join()

interface Temporal {
  readonly property: string
  readonly table: string
  readonly weaker: readonly (Weaker & { readonly table: string })[]
}

const temporalOf = (spec: Specification, property: string, all: readonly Weaker[]): Temporal | undefined => {
  const table = tableOf(property, spec.definitions)
  const weaker = all
    .filter((w) => w.property === property)
    .flatMap((w) => {
      const own = tableOf(w.copy, w.mutant.definitions)
      if (own !== undefined) return [{ ...w, table: own }]
      w.mutant.case.unfinished = `${property} has a shape that is not taken apart`
      return []
    })
  return table === undefined || weaker.length === 0 ? undefined : { property, table, weaker }
}

const judgeTemporal = async (bed: Bench, { property, table, weaker }: Temporal, options: AskOptions): Promise<void> => {
  const states = spread(bed.region(property))
  if (states.length === 0 || states.length > MOST_STATES) return
  const original: Question = { formula: 'LockstepOwn', definitions: [`LockstepOwn == ${table}`] }
  const changed = weaker.map(({ mutant, table: own }, i): Question => {
    const name = `LockstepChanged${i + 1}`
    // most are what the original is, in most states: that is one character
    const formula = `IF ${name} = LockstepOwn THEN 0 ELSE ${name}`
    return { formula, definitions: [...mutant.copies.lines, `${name} == ${own}`] }
  })
  const rows: (readonly TlaValue[])[] = []
  for (let at = 0; at < states.length; at += STATES_A_RUN) {
    const given = states.slice(at, at + STATES_A_RUN).map((state) => bed.state(state))
    const answers = await ask(bed.model, { groups: [given], seen: [], values: [original, ...changed] }, options)
    rows.push(...answers.values.map(valuesIn))
  }
  const evaluated = new Evaluated(bed, states)
  const own = rows.flatMap(([first]) => first ?? [])
  if (said(evaluated.columns(own)) !== said(bed.marks(property, states))) throw disagree(bed.name, property)
  weaker.forEach(({ mutant }, i) => {
    mutant.case.differs = true
    const tables = rows.map((row, r) => {
      const value = row[i + 1]
      return value === undefined || value.kind === 'int' ? own[r] : value
    })
    const columns = evaluated.columns(tables.flatMap((value) => value ?? []))
    if (!columns.some((column) => evaluated.isBroken(column))) killed(mutant, 'cell', `${bed.name} ${property} (tlc)`)
  })
}

/** Judges weakened temporal properties in one graph. */
export const judgeResponses = async (
  spec: Specification,
  bed: Bench,
  alive: readonly Prepared[],
  options: AskOptions,
): Promise<void> => {
  const names = bed.named('liveness', 'violated')
  const all = weakerOf(alive, new Set(names))
  for (const name of names) {
    const temporal = temporalOf(
      spec,
      name,
      all.filter(({ mutant }) => isAlive(mutant)),
    )
    if (temporal !== undefined) await judgeTemporal(bed, temporal, options)
  }
}

/** Which toggles together suffice: all subsets of few of them, one minimal set of many. */

import type { Subset } from '../../ablate/subsets.ts'
import { ablationOf, hasToggle, nearestFirst, subsetCount } from '../../ablate/subsets.ts'
import type { Edit } from './edit.ts'
import type { Baseline } from './judge.ts'
import type { ToggleResult } from './result.ts'
import type { Variants } from './variants.ts'

/** Subsets of so many toggles are tried, all of them. */
export const MOST_SEARCHED = 6

/** A set of toggles that are there, the others not, and what that breaks. */
export interface Row {
  readonly on: readonly string[]
  readonly violated: readonly string[]
}

/** Which sets suffice. Marks (READ_ONCE, WRITE_ONCE) are left as they are in all of them: they matter for data races alone. */
export interface Sets {
  /** those that were switched */
  readonly toggles: readonly string[]
  /** every set that was tried and decided, the whole file first */
  readonly rows: readonly Row[]
  /** were all subsets tried? If not there is one minimal set for all properties together, of possibly several */
  readonly searched: boolean
  /** by property, the sets from which nothing can be taken; empty where not all subsets were decided */
  readonly minimal: ReadonlyMap<string, readonly (readonly string[])[]>
  /** the one set, where not all subsets were tried */
  readonly one: readonly string[] | undefined
  /** false where a limit was reached */
  readonly complete: boolean
}

/** What there is to try with. */
export interface Trying {
  readonly results: readonly ToggleResult[]
  readonly variants: Variants
  readonly baseline: Baseline
}

const lastEdits = ({ toggle }: ToggleResult): readonly Edit[] => toggle.forms.at(-1)?.edits ?? []

/** Toggles that some model can tell, as they are and gone. */
const switchable = ({ toggle: { kind }, forms }: ToggleResult): boolean => {
  const last = forms.at(-1)?.judgement.verdict
  return kind !== 'once' && last !== undefined && last !== 'same' && last !== 'refused'
}

class Search {
  private readonly trying: Trying
  private readonly own: readonly ToggleResult[]
  /** what each set breaks; undefined where that was not decided */
  private readonly known = new Map<Subset, ReadonlySet<string> | undefined>()

  constructor(trying: Trying) {
    this.trying = trying
    this.own = trying.results.filter(switchable)
  }

  private namesOf(subset: Subset): string[] {
    return this.own.filter((_, i) => hasToggle(subset, i)).map(({ toggle }) => toggle.name)
  }

  private violated(subset: Subset): ReadonlySet<string> | undefined {
    if (this.known.has(subset)) return this.known.get(subset)
    const { variants, baseline } = this.trying
    const edits = this.own.flatMap((result, i) => (hasToggle(subset, i) ? [] : lastEdits(result)))
    const judged = baseline.judge(variants.verdictsOf(edits))
    const found =
      judged.verdict === 'violated'
        ? new Set(judged.broken.map(({ property }) => property))
        : judged.verdict === 'holds'
          ? new Set<string>()
          : undefined
    this.known.set(subset, found)
    return found
  }

  private rows(): Row[] {
    return [...this.known].flatMap(([subset, violated]) =>
      violated === undefined ? [] : [{ on: this.namesOf(subset), violated: [...violated] }],
    )
  }

  private get properties(): string[] {
    const broken = [...this.known.values()].flatMap((violated) => [...(violated ?? [])])
    return [...new Set([...this.trying.baseline.properties, ...broken])]
  }

  all(): Sets {
    const { length } = this.own
    for (const subset of nearestFirst(subsetCount(length) - 1, length)) this.violated(subset)
    const complete = ![...this.known.values()].includes(undefined)
    const minimal = this.properties.map((name) => {
      const { minimal: sets } = ablationOf(length, (subset) => {
        const violated = this.known.get(subset)
        return violated === undefined ? undefined : !violated.has(name)
      })
      return [name, complete ? sets.map((set) => this.namesOf(set)) : []] as const
    })
    const toggles = this.own.map(({ toggle }) => toggle.name)
    return { toggles, rows: this.rows(), searched: true, minimal: new Map(minimal), one: undefined, complete }
  }

  /** Takes out one after the other, as long as everything holds, until no further one may go. */
  one(): Sets {
    const on = new Set(this.own)
    const edits = (): Edit[] => this.own.filter((result) => !on.has(result)).flatMap(lastEdits)
    const rows: Row[] = [{ on: this.own.map(({ toggle }) => toggle.name), violated: [] }]
    const { variants, baseline } = this.trying
    let complete = true
    for (let changed = true; changed;) {
      changed = false
      for (const result of this.own) {
        if (!on.delete(result)) continue
        const judged = baseline.judge(variants.verdictsOf(edits()))
        if (judged.verdict === 'holds') changed = true
        if (judged.verdict === 'holds' || judged.verdict === 'violated')
          rows.push({
            on: [...on].map(({ toggle }) => toggle.name),
            violated: judged.verdict === 'violated' ? judged.broken.map(({ property }) => property) : [],
          })
        if (judged.verdict === 'incomplete') complete = false
        if (judged.verdict !== 'holds') on.add(result)
      }
    }
    const names = this.own.filter((result) => on.has(result)).map(({ toggle }) => toggle.name)
    const toggles = this.own.map(({ toggle }) => toggle.name)
    return { toggles, rows, searched: false, minimal: new Map(), one: names, complete }
  }

  get isSmall(): boolean {
    return this.own.length <= MOST_SEARCHED
  }
}

/** Which sets suffice. */
export const setsOf = (trying: Trying): Sets => {
  const search = new Search(trying)
  return search.isSmall ? search.all() : search.one()
}

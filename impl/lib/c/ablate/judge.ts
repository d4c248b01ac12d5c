/** What a variant breaks of what holds in the file as it is. */

import type { MemoryModel } from '../../kernel/memory/buffer.ts'
import type { Variant, Verdicts, Way } from './variants.ts'

/** A property that a variant breaks: under which models, and the shortest behaviour that shows it. */
export interface Broken {
  readonly property: string
  readonly models: readonly MemoryModel[]
  /** that of the behaviour */
  readonly model: MemoryModel
  readonly way: Way
}

/**
 * What is known of a variant. Only `holds` is a pass.
 *
 * - `violated`: something is broken that holds in the file.
 * - `vacuous`: nothing is, but something that the file states no longer comes up.
 * - `incomplete`: not decided before a limit was reached.
 * - `refused`: it is no program.
 */
export type Judgement =
  | { readonly verdict: 'holds' }
  | { readonly verdict: 'violated'; readonly broken: readonly Broken[] }
  | { readonly verdict: 'vacuous' | 'incomplete'; readonly properties: readonly string[] }
  | { readonly verdict: 'refused'; readonly message: string }

/** What is known of the file as it is, and with it what there is to keep. */
export class Baseline {
  readonly verdicts: readonly Verdicts[]
  private readonly stated: ReadonlySet<string>
  private readonly only: readonly string[] | undefined

  /**
   * `stated`: properties that the file states, which say nothing if they never come up. `only`: those that count; all, if it is not
   * given.
   */
  constructor(verdicts: readonly Verdicts[], stated: ReadonlySet<string>, only?: readonly string[]) {
    this.verdicts = verdicts
    this.stated = stated
    this.only = only
  }

  private under(model: MemoryModel): Verdicts | undefined {
    return this.verdicts.find((known) => known.model === model)
  }

  private isAsked(property: string): boolean {
    return this.only?.includes(property) ?? true
  }

  /** The properties that count, in the order in which they are known. */
  get properties(): string[] {
    return [...new Set(this.verdicts.flatMap(({ properties }) => [...properties.keys()]))].filter((name) =>
      this.isAsked(name),
    )
  }

  /** The models under which a property has a verdict in the file as it is. */
  modelsWith(property: string, verdict: 'violated' | 'incomplete' | 'vacuous' | 'holds'): MemoryModel[] {
    return this.verdicts.flatMap(({ model, properties }) => (properties.get(property) === verdict ? [model] : []))
  }

  /** Is a property to be kept under a model? One that is not there has nothing yet that could break it. */
  private isKept(model: MemoryModel, property: string): boolean {
    const verdict = this.under(model)?.properties.get(property)
    return this.isAsked(property) && verdict !== 'violated' && verdict !== 'incomplete'
  }

  private broken(verdicts: readonly Verdicts[]): Broken[] {
    const found = new Map<string, Broken>()
    for (const { model, ways } of verdicts)
      for (const [property, way] of ways) {
        if (!this.isKept(model, property)) continue
        const before = found.get(property)
        const isShorter = before === undefined || way.steps.length < before.way.steps.length
        const models = [...(before?.models ?? []), model]
        found.set(property, { ...(isShorter ? { model, way } : before), property, models })
      }
    return [...found.values()]
  }

  /** Properties of which nothing can be said: not decided in the variant, or violated there and not decided in the file. */
  private open(verdicts: readonly Verdicts[]): string[] {
    const names = verdicts.flatMap(({ model, properties }) =>
      [...properties].flatMap(([name, verdict]) => {
        const before = this.under(model)?.properties.get(name)
        const isOpen =
          verdict === 'incomplete' ? before !== 'violated' : verdict === 'violated' && before === 'incomplete'
        return isOpen && this.isAsked(name) ? [name] : []
      }),
    )
    return [...new Set(names)]
  }

  /** Properties that the file states, and that say something there and nothing in the variant. */
  private silenced(verdicts: readonly Verdicts[]): string[] {
    const names = verdicts.flatMap(({ model, properties }) =>
      [...properties].flatMap(([name, verdict]) => {
        const before = this.under(model)?.properties.get(name)
        const isSilenced = verdict === 'vacuous' && before === 'holds' && this.stated.has(name)
        return isSilenced && this.isAsked(name) ? [name] : []
      }),
    )
    return [...new Set(names)]
  }

  judge(variant: Variant): Judgement {
    if ('refused' in variant) return { verdict: 'refused', message: variant.refused }
    const { verdicts } = variant
    const broken = this.broken(verdicts)
    if (broken.length > 0) return { verdict: 'violated', broken }
    const open = this.open(verdicts)
    if (open.length > 0) return { verdict: 'incomplete', properties: open }
    const vacuous = this.silenced(verdicts)
    return vacuous.length > 0 ? { verdict: 'vacuous', properties: vacuous } : { verdict: 'holds' }
  }
}

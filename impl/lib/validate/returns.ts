/**
 * What the steps of a machine return, as logs have it. The order of a record's keys means nothing, nor does that of a set's
 * elements; the order of a list does.
 */

import type { Kernel } from '../kernel/machine/tables.ts'
import type { Domain } from '../kernel/language/domain.ts'
import type { Json } from './json-codec.ts'

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).map(([key, v]): [string, unknown] => [key, sorted(v)])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** The same text for the same result, with the keys of records in order; undefined for none. */
export const resultText = (result: unknown): string | undefined =>
  JSON.stringify(typeof result === 'object' ? sorted(result) : result)

/** The same for the key that a node of a program has for a result: JSON as it came, or `undefined`. */
export const nodeResult = (key: string): string | undefined =>
  // most results are no records, and their text is the only one that they have
  key.includes('{') ? resultText(JSON.parse(key)) : key

const isAscending = (items: readonly unknown[]): boolean =>
  items.every((item, i) => {
    const before = items[i - 1]
    return typeof item === 'number' && (typeof before !== 'number' || before < item)
  })

/** Is every array of numbers in a result in ascending order, as the programs have sets? */
const hasOnlySets = (result: unknown): boolean => {
  if (typeof result !== 'object' || result === null) return true
  if (Array.isArray(result) && result.every((item) => typeof item === 'number')) return isAscending(result)
  return Object.values(result).every(hasOnlySets)
}

/** Is a value of the domain a list of numbers, whose order counts? */
const hasLists = (domain: Domain<unknown>): boolean =>
  domain.values.some((value) => {
    const { kind, ...rest } = domain.toTla(value)
    return kind === 'seq' && 'items' in rest && rest.items.some((item) => item.kind === 'int')
  })

const withSetsSorted = (json: Json): Json => {
  if (typeof json !== 'object' || json === null) return json
  if (Array.isArray(json)) {
    const items = json as readonly Json[]
    const isOfNumbers = items.every((item) => typeof item === 'number')
    return isOfNumbers ? [...items].sort((a, b) => a - b) : items.map(withSetsSorted)
  }
  return Object.fromEntries(Object.entries(json).map(([key, v]) => [key, withSetsSorted(v)]))
}

/** The results that a machine's steps can have, in whatever state. */
export class Returns {
  /** per action, by its number: texts of the results; none for a step that returns nothing */
  private readonly texts: readonly ReadonlySet<string>[]
  /**
   * Are arrays of numbers sets? A step's result has no domain that would say so. Programs have sets in ascending order
   * (`IdSet`), so they are if all arrays are like that, and if the machine has no list that one of them could be.
   */
  private readonly areSets: boolean

  constructor({ steps, actions, compiled }: Kernel) {
    const texts = actions.map(() => new Set<string>())
    for (const { action, result } of steps) {
      const text = resultText(result)
      if (text !== undefined) texts[action]?.add(text)
    }
    this.texts = texts
    const domains = new Set<Domain<unknown>>([
      ...compiled.machine.shared.cells.map(({ domain }) => domain),
      ...compiled.automata.flatMap((automaton) => automaton.domains),
    ])
    this.areSets = steps.every(({ result }) => hasOnlySets(result)) && ![...domains].some(hasLists)
  }

  /** A log's result in the text that the same result of a step has. */
  textOf(result: Json): string {
    return resultText(this.areSets ? withSetsSorted(result) : result) ?? ''
  }

  /** Texts of what an action can return. */
  of(action: number): ReadonlySet<string> {
    return this.texts[action] ?? new Set()
  }

  /** True or false for the 1 or 0 of C, where the action returns these and no numbers; else the result itself. */
  withBooleans(action: number, result: Json): Json {
    if (result !== 0 && result !== 1) return result
    const texts = this.of(action)
    const isBoolean = texts.has('true') || texts.has('false')
    return isBoolean && ![...texts].some((text) => /^[-\d]/.test(text)) ? result === 1 : result
  }
}

/** What the properties of a model speak of, in the specification's words, for the engines that run on it. */

import { subjectsOf } from '../kernel/language/subjects.ts'
import type { Model } from '../protocol/model.ts'
import { machineOf } from '../protocol/model.ts'

/** An instance of a property of a model. */
export interface Subject {
  readonly property: string
  readonly instance: string
  /** true in the states that have nothing for it to speak of */
  readonly formula: string
}

/** The definition that says what a property speaks of. */
export const occursOf = (property: string): string => property.replace(/(Inv|Prop)?$/, 'Occurs')

/** The instances of all cells: `FooOccurs` in the specification, with the instance's name behind it, is what they speak of. */
export const subjectsOfModel = (model: Model): Subject[] => {
  const checked = new Set(model.cells.map(({ name }) => name))
  return subjectsOf(machineOf(model))
    .filter(({ property }) => checked.has(property))
    .map(({ property, instance }) => ({
      property,
      instance,
      formula: `~${occursOf(property)}${instance}`,
    }))
}

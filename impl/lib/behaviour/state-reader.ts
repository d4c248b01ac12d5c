/** Looks into a state by variable and key, and says values as C does. */

import type { ThreadId } from '../kernel/language/machine.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { entriesOf, key, tla } from '../kernel/language/value.ts'

/** Value of a variable, or of one element of it, as C writes it; undefined where there is none. */
export type StateReader = (variable: string, at?: number | TlaValue) => string | undefined

/** A value as C writes it: `true`, `-1`, a string without quotes; sets and the rest as TLA+ does. */
export const valueText = (value: TlaValue): string => {
  switch (value.kind) {
    case 'bool':
      return value.value ? 'true' : 'false'
    case 'str':
      return value.value
    case 'set':
      return `{${value.items.map(valueText).join(', ')}}`
    case 'int':
    case 'model':
    case 'interval':
    case 'seq':
    case 'record':
    case 'fun':
      return printValue(value)
  }
}

/** The elements of a variable by the key of their argument; one element with an empty argument for a scalar. */
export const elementsOf = (value: TlaValue): (readonly [argument: string, value: TlaValue])[] =>
  entriesOf(value)?.map(([argument, element]) => [key(argument), element]) ?? [['', value]]

/** Reads a state. */
export const reader =
  (state: ReadonlyMap<string, TlaValue>): StateReader =>
  (variable, at) => {
    const value = state.get(variable)
    if (value === undefined || at === undefined) return value && valueText(value)
    const argument = typeof at === 'number' ? String(at) : key(at)
    const element = elementsOf(value).find(([a]) => a === argument)
    return element && valueText(element[1])
  }

/** The label of a thread's next step. */
export const labelOf = (state: StateReader, [kind, id]: ThreadId): string | undefined =>
  state('pc', tla.seq([tla.str(kind), tla.int(id)]))

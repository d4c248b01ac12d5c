/** What the memory does by itself, in words. */

import type { ThreadId } from '../kernel/language/machine.ts'
import { parseValue } from '../tla/parse-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { key, tla } from '../kernel/language/value.ts'
import type { ActionDoc, StepContext } from './docs.ts'
import type { NamesInC, SpecLocation } from '../behaviour/counterexample.ts'
import type { StateReader } from '../behaviour/state-reader.ts'
import { valueText } from '../behaviour/state-reader.ts'

const bufferOf = (state: StateReader, [kind, id]: ThreadId): readonly TlaValue[] => {
  const text = state('store_buffer', tla.seq([tla.str(kind), tla.int(id)]))
  const value = text === undefined ? undefined : parseValue(text)
  return value?.kind === 'seq' ? value.items : []
}

/** A store that waits in a buffer; undefined for a mark that stores are ordered by. */
const storeOf = (entry: TlaValue | undefined): { location: SpecLocation; value: TlaValue } | undefined => {
  const [location, value] = entry?.kind === 'seq' ? entry.items : []
  const [variable, argument] = location?.kind === 'seq' ? location.items : []
  if (variable?.kind !== 'str' || value === undefined || variable.value === 'smp_wmb') return undefined
  return { location: { variable: variable.value, argument }, value }
}

/** The entry that a commit has taken out of its thread's buffer. */
const committed = ({ step, before, after }: StepContext): TlaValue | undefined => {
  const left = bufferOf(after, step.thread).map(key)
  return bufferOf(before, step.thread).find((entry, i) => key(entry) !== left[i])
}

/** A location as C writes it, or as the specification does if C does not have it. */
export const nameInC = (names: NamesInC, { variable, argument }: SpecLocation): string =>
  names.get(variable)?.get(argument === undefined ? '' : key(argument)) ??
  (argument === undefined ? variable : `${variable}[${valueText(argument)}]`)

/** The doc of the action `commit`: which store becomes visible, named as C names it. */
export const COMMIT_DOC: ActionDoc = {
  statement: (context) => {
    const store = storeOf(committed(context))
    if (store === undefined) return { cause: 'a store becomes visible' }
    return { cause: `visible: ${nameInC(context.names, store.location)} = ${valueText(store.value)}` }
  },
}

/** Does the step put a store into its thread's buffer? */
export const isBuffered = ({ step, before, after }: StepContext): boolean =>
  bufferOf(after, step.thread).length > bufferOf(before, step.thread).length

/** The value of the step's location as its thread sees it after the step: its own store, visible to others or not. */
export const seenAfter = ({ step, after }: StepContext): string | undefined => {
  const { location, thread } = step
  if (location === undefined) return undefined
  const stores = bufferOf(after, thread).map(storeOf)
  const own = stores.findLast((store) => store !== undefined && isSame(store.location, location))
  return own === undefined ? after(location.variable, location.argument) : valueText(own.value)
}

const isSame = (a: SpecLocation, b: SpecLocation): boolean =>
  a.variable === b.variable && a.argument && b.argument
    ? key(a.argument) === key(b.argument)
    : a.argument === b.argument && a.variable === b.variable

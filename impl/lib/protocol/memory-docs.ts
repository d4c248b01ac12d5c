/** What the memory does by itself, in words. */

import type { ThreadId } from '../kernel/language/machine.ts'
import { parseValue } from '../tla/parse-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { key, tla } from '../kernel/language/value.ts'
import type { ActionDoc, FieldDoc, StepContext } from './docs.ts'
import type { StateReader } from '../behaviour/state-reader.ts'
import { valueText } from '../behaviour/state-reader.ts'

const bufferOf = (state: StateReader, [kind, id]: ThreadId): readonly TlaValue[] => {
  const text = state('store_buffer', tla.seq([tla.str(kind), tla.int(id)]))
  const value = text === undefined ? undefined : parseValue(text)
  return value?.kind === 'seq' ? value.items : []
}

/** The entry that a commit has taken out of its thread's buffer. */
const committed = ({ step, before, after }: StepContext): TlaValue | undefined => {
  const left = bufferOf(after, step.thread).map(key)
  return bufferOf(before, step.thread).find((entry, i) => key(entry) !== left[i])
}

const nameOf = (location: TlaValue, fields: Readonly<Record<string, FieldDoc>>): string => {
  const [variable, argument] = location.kind === 'seq' ? location.items : []
  if (variable?.kind !== 'str') return '?'
  const at = argument === undefined ? '' : valueText(argument)
  return fields[variable.value]?.name(at) ?? (at === '' ? variable.value : `${variable.value}[${at}]`)
}

/** The doc of the action `commit`: which store becomes visible, named as C names it. */
export const commitDoc = (fields: Readonly<Record<string, FieldDoc>>): ActionDoc => ({
  statement: (context) => {
    const entry = committed(context)
    if (entry?.kind !== 'seq') return { cause: 'a store becomes visible' }
    const [location, value] = entry.items
    if (location === undefined || value === undefined) return { cause: 'a store becomes visible' }
    return { cause: `visible: ${nameOf(location, fields)} = ${valueText(value)}` }
  },
})

/** Does the step put a store into its thread's buffer? */
export const isBuffered = ({ step, before, after }: StepContext): boolean =>
  bufferOf(after, step.thread).length > bufferOf(before, step.thread).length

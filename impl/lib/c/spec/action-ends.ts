/** How the ways of an action end: the label that the thread goes to, and what has changed by then. */

import type { Register } from '../program/ir.ts'
import { UNSET } from '../program/value.ts'
import type { SpecContext } from './context.ts'
import type { Term } from './term.ts'
import { term } from './term.ts'
import type { Change, Tree } from './tree.ts'
import type { Ends, Way } from './way.ts'

/** What a step does besides going on: conjuncts, and the variables that they are about. */
export interface Effect {
  readonly conjuncts: readonly string[]
  readonly changed: readonly string[]
}

/** A register before the step. */
export const before =
  (context: SpecContext) =>
  (register: Register): Term => {
    const variable = context.registers.get(register)
    if (variable === undefined) return term('UNSET', { constant: UNSET })
    const { type } = context.registerInfo(register)
    return term(`${variable.name}[${variable.index}]`, { isNatural: type.kind === 'int' && !type.signed })
  }

export const changeText = (context: SpecContext, { variable, value }: Change): string => {
  const index = context.indexOf(variable)
  return `${variable}' = [${variable} EXCEPT ![${index}] = ${value}]`
}

/** A thread that has come to grief has no locals any more: neither those of the function, nor those of who has called it. */
export const forgotten = (context: SpecContext, start: string, way: Way): Effect => {
  const returned = way.returned.map((call) => context.function(call).name)
  const groups = context.callersOf([start, ...returned]).flatMap((name) => context.groupOf(name) ?? [])
  for (const { forgets } of groups) context.usedGroups.add(forgets)
  return {
    conjuncts: groups.map(({ forgets }) => `${forgets}(th)`),
    changed: groups.flatMap(({ variables }) => variables),
  }
}

/** How ways end in an action that begins in a function. */
export const endsOf = (context: SpecContext, start: string): Ends => {
  const end = (label: string, way: Way, more: Effect): Tree => {
    const memory = [...way.memory].map(([variable, value]) => `${variable}' = ${value}`)
    const isChanged = way.whole !== undefined && way.whole !== 'M'
    const buffer = way.buffer === 'store_buffer' ? [] : [`store_buffer' = ${way.buffer}`]
    const whole = way.whole === undefined ? [] : [isChanged ? `Becomes(${way.whole})` : 'UNCHANGED shared']
    return {
      kind: 'end',
      conjuncts: [`Goes(th, "${label}")`, ...whole, ...memory, ...buffer, ...more.conjuncts],
      changed: [
        ...more.changed,
        ...way.memory.keys(),
        ...(buffer.length === 0 ? [] : ['store_buffer']),
        ...(way.whole === undefined ? [] : context.shared.map(({ name }) => name)),
      ],
    }
  }
  return {
    step: (label, changes, way) =>
      end(label, way, {
        conjuncts: changes.map((change) => changeText(context, change)),
        changed: changes.map(({ variable }) => variable),
      }),
    fault: (label, way) => end(label, way, forgotten(context, start, way)),
    answer: () => {
      throw new RangeError('a thread returns from its own function')
    },
  }
}

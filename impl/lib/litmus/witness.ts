/** A run of a litmus test as a diagram: one column a thread, one step a line, in the test's own statements. */

import type { Behaviour, BehaviourStep } from '../behaviour/counterexample.ts'
import { namesInC } from '../behaviour/counterexample.ts'
import { docsOf } from '../c/protocol/docs.ts'
import type { CMachine } from '../c/run/machine.ts'
import { at } from '../kernel/at.ts'
import type { FinalStep } from '../kernel/explore/final-states.ts'
import { valueAt } from '../kernel/language/domain.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { tla } from '../kernel/language/value.ts'
import { lanes } from '../report/lanes.ts'
import { propText } from './print.ts'
import type { Witness } from './run.ts'
import type { AnsweredTest } from './test.ts'

/** The shared variables as a specification has them. */
const stateOf = ({ machine: { shared } }: CMachine, row: Int32Array): ReadonlyMap<string, TlaValue> =>
  new Map(
    shared.variables.map(({ name, cells }) => {
      const elements = cells.map((cell) => {
        const { argument, domain } = at(shared.cells, cell)
        return { argument, value: domain.toTla(valueAt(domain, row[cell] ?? 0)) }
      })
      const [first] = elements
      if (first !== undefined && first.argument === undefined) return [name, first.value]
      const entries = elements.flatMap(({ argument, value }) =>
        argument === undefined ? [] : [[argument, value] as const],
      )
      return [name, tla.fun(entries)]
    }),
  )

const stepOf = (c: CMachine, { source, node, result, after }: FinalStep): BehaviourStep => {
  const { machine } = c
  const state = stateOf(c, after)
  if (node === undefined) {
    const { label, what, thread } = at(machine.environment, source - machine.threads.length)
    const nothing = { words: undefined, access: undefined, location: undefined, stored: undefined, compared: undefined }
    return { action: label, thread, environment: true, kind: 'atomic', what, ...nothing, result: undefined, state }
  }
  const { kind, what, words, access, cell, stored, compared } = node.op
  const declared = cell === undefined ? undefined : at(machine.shared.cells, cell)
  return {
    action: node.label,
    thread: at(machine.threads, source).id,
    environment: false,
    kind,
    what,
    words,
    access: access?.op,
    location: declared && { variable: declared.variable, argument: declared.argument },
    stored,
    compared,
    result,
    state,
  }
}

const behaviourOf = (c: CMachine, steps: readonly FinalStep[]): Behaviour => {
  const initial = Int32Array.from(c.machine.shared.cells, (cell) => cell.initial)
  return {
    initial: stateOf(c, initial),
    steps: steps.map((step) => stepOf(c, step)),
    loop: undefined,
    names: namesInC(c.machine.shared),
  }
}

/** The run as text of at most 75 columns. */
export const witnessText = ({ name, condition }: AnsweredTest, { machine, steps, isSo }: Witness): string => {
  const property = isSo ? propText(condition.prop) : `not (${propText(condition.prop)})`
  return lanes(
    { model: name, property, kind: 'invariant', behaviour: behaviourOf(machine, steps), preventedBy: [] },
    docsOf(machine),
    { claim: 'Reached' },
  )
}

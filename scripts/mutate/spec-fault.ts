/**
 * Judges faults in a specification's actions. In the states of a machine that is proven TLC evaluates whether the changed action has
 * a successor that the original has not, or lacks one: then the two graphs differ, and the proof fails. Where it has none in
 * all states the graphs are the same.
 */

import { differenceOf } from '../../impl/lib/mutate/actions.ts'
import type { AskOptions } from './ask.ts'
import { ask } from './ask.ts'
import type { Bed } from './beds.ts'
import type { Prepared, Specification } from './spec-case.ts'
import { killed } from './spec-case.ts'

/** States of a larger model that are asked: some before each of its steps, and some of all. */
const MOST_STATES = 5_000

/** States of a graph, those that have each of its steps before others. */
const chosen = ({ graph: { count, kernel, edgeStart, edgeStep } }: Bed): number[] => {
  if (count <= MOST_STATES || edgeStart === undefined || edgeStep === undefined) {
    return Array.from({ length: Math.min(count, MOST_STATES) }, (_, s) => s)
  }
  const each = Math.max(1, Math.floor(MOST_STATES / 2 / kernel.actions.length))
  const taken = new Map<number, number>()
  const found = new Set<number>([0])
  const visit = (s: number): void => {
    for (let e = edgeStart[s] ?? 0; e < (edgeStart[s + 1] ?? 0); e++) {
      const action = kernel.steps[edgeStep[e] ?? 0]?.action ?? 0
      const before = taken.get(action) ?? 0
      if (before >= each) continue
      taken.set(action, before + 1)
      found.add(s)
    }
  }
  // not in the order of the search: states near each other are alike
  const stride = 7919
  for (let i = 0; i < count; i++) visit((i * stride) % count)
  for (let i = 0; found.size < MOST_STATES && i < count; i++) found.add((i * stride) % count)
  return [...found]
}

/** Judges changed actions in the states of one model. */
export const judgeFaults = async (
  spec: Specification,
  bed: Bed,
  alive: readonly Prepared[],
  options: AskOptions,
): Promise<void> => {
  if (alive.length === 0) return
  const asked = alive.map((mutant) => {
    const difference = differenceOf(mutant.case.mutant.within, spec.definitions, mutant.changed, mutant.copies.names)
    return { mutant, difference }
  })
  const seen = asked.map(({ mutant, difference: { formula } }) => ({ formula, definitions: mutant.copies.lines }))
  const states = chosen(bed).map((state) => bed.state(state))
  const answers = await ask(bed.model, { groups: [states], seen, values: [] }, options)
  asked.forEach(({ mutant, difference: { actions } }, i) => {
    const why = answers.errors.get(i)
    if (why !== undefined) killed(mutant, 'cell', `${bed.name} error: ${why} (tlc)`)
    else if (answers.seen[i]?.size === 1) killed(mutant, 'proof', `${bed.name} edges of ${actions.join(', ')}`)
  })
}

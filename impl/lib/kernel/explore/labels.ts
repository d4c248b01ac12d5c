/**
 * The labels that properties and fairness ask for, beside those that steps have. One that no step has is in no reachable state:
 * a property that asks for it says less than it seems to, or nothing.
 */

import type { Machine } from '../language/machine.ts'
import { predicatesOf, threadName } from '../language/machine.ts'
import type { Compiled } from '../machine/automaton.ts'
import { compilePredicate } from '../machine/predicate.ts'
import type { Kernel } from '../machine/tables.ts'

/** A label that somebody asks for. */
export interface AskedLabel {
  readonly label: string
  /** the kind of the thread that is asked about */
  readonly kind: string
  /** who asks, for people: a property, or whose fairness it is */
  readonly by: string
}

/** The labels of a machine's steps, by the kind of the threads that take them or that they happen to. */
export const labelsByKind = ({ machine, automata }: Compiled): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  const add = (kind: string, label: string): void => {
    found.set(kind, (found.get(kind) ?? new Set<string>()).add(label))
  }
  automata.forEach(({ nodes }, i) => {
    const [kind = ''] = machine.threads[i]?.id ?? []
    for (const { label } of nodes) add(kind, label)
  })
  for (const { label, thread } of machine.environment) add(thread[0], label)
  return found
}

const predicatesIn = ({
  invariants,
  liveness,
  possibilities = [],
}: Machine): [property: string, predicates: (() => boolean)[]][] => [
  ...invariants.map(({ name, instances }): [string, (() => boolean)[]] => [
    name,
    instances.flatMap(({ holds, occurs }) => [holds, occurs]),
  ]),
  ...[...liveness, ...possibilities].map(({ name, instances }): [string, (() => boolean)[]] => [
    name,
    instances.flatMap(predicatesOf),
  ]),
]

/** The labels that a machine's properties and its fairness ask for. */
export const askedLabels = (kernel: Kernel): AskedLabel[] => {
  const { machine } = kernel.compiled
  const { asked } = machine.shared
  const byProperties = predicatesIn(machine).flatMap(([property, predicates]) => {
    asked.clear()
    for (const predicate of predicates) compilePredicate(kernel, predicate)
    return [...asked.values()].map(({ thread, label }) => ({
      label,
      kind: machine.threads[thread]?.id[0] ?? '',
      by: property,
    }))
  })
  const byFairness = machine.fairness.flatMap(({ thread, labels }) =>
    [...labels]
      // a set that means all labels but some has those in it that it does not mean
      .filter((label) => labels.has(label))
      .map((label) => ({ label, kind: thread[0], by: `the fairness of ${threadName(thread)}` })),
  )
  return [...byProperties, ...byFairness]
}

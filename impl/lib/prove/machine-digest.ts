/**
 * A digest of what a machine was compiled to: the tables that the explorer runs and the properties that it evaluates. It is
 * of the code that was loaded, whatever has become of the files since.
 */

import { hash } from 'node:crypto'
import type { Predicate } from '../kernel/machine/predicate.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { compilePredicate } from '../kernel/machine/predicate.ts'

/** JSON of anything in a kernel, with what JSON cannot say. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, v: unknown) => {
    if (typeof v === 'bigint') return { integer: String(v) }
    if (v === undefined) return { absent: true }
    if (v instanceof Set) return { set: [...(v as Set<unknown>)].map(String).sort() }
    if (v instanceof Map) return { map: [...(v as Map<unknown, unknown>)] }
    return v
  })

const predicateText = ({ code, root }: Predicate): string => `${root} ${code.join(' ')}`

/** One line per property instance: its name, and its predicates as they were compiled. */
const properties = (kernel: Kernel): string[] => {
  const { invariants, liveness, possibilities = [], fairness } = kernel.compiled.machine
  const compiled = (holds: (() => boolean) | undefined): string =>
    holds === undefined ? 'absent' : predicateText(compilePredicate(kernel, holds))
  return [
    ...invariants.flatMap(({ name, instances }) =>
      instances.map((i) => text([name, i.name, compiled(i.occurs), compiled(i.holds)])),
    ),
    ...liveness.flatMap(({ name, instances }) =>
      instances.map((i) => text([name, i.name, compiled(i.eventuallyAlways), compiled(i.from), compiled(i.to)])),
    ),
    ...possibilities.flatMap(({ name, instances }) =>
      instances.map((i) => text([name, i.name, compiled(i.from), compiled(i.to)])),
    ),
    ...fairness.map((assumption) => text(assumption)),
  ]
}

/** What each number in the tables stands for. */
const meanings = ({ compiled, actions, steps, refusals }: Kernel): string[] => [
  text(compiled.machine.shared.cells.map(({ domain, initial }) => [domain.values, initial])),
  ...compiled.automata.map(({ fields, domains, nodes }) =>
    text([fields, domains.map(({ values }) => values), nodes.map(({ label, op, frame }) => [label, op.kind, frame])]),
  ),
  text(actions),
  text(steps),
  text(refusals),
]

/** Digest of the transition tables, their meaning and the compiled properties of a machine. */
export const kernelDigest = (kernel: Kernel): string => {
  const { layout, tree, leafStart, and, or, roots, environmentRoots, initial } = kernel
  const tables = [tree, leafStart, and, or, ...roots, environmentRoots, initial].map((table) => table.join(' '))
  return hash('sha256', [text(layout), ...tables, ...meanings(kernel), ...properties(kernel)].join('\n'))
}

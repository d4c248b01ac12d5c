/**
 * Judges weaker fairness of a specification. TLC evaluates for whom each assumption is made, and with which arguments the steps
 * in it are; with that the explorer decides on the graph what no longer has to happen. Before, the original has to assume
 * what the machine does.
 */

import type { Fair } from '../../impl/lib/mutate/temporal.ts'
import { fairnessOf, fairnessTable, UnknownShape } from '../../impl/lib/mutate/temporal.ts'
import type { Fairness, ThreadId } from '../../impl/lib/kernel/language/machine.ts'
import type { Definitions } from '../../impl/lib/tla/module/tree.ts'
import { parseValue } from '../../impl/lib/tla/parse-value.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import { key } from '../../impl/lib/kernel/language/value.ts'
import type { AskOptions, Question } from './ask.ts'
import { ask } from './ask.ts'
import type { Bench } from './bench.ts'
import type { Prepared, Specification } from './spec-case.ts'
import { disagree, isAlive, items, killed } from './spec-case.ts'

/** The definition of a specification's fairness. */
export const FAIRNESS = 'Fairness'

/** Which threads take a step of this name, in a machine. */
const takers = ({ graph: { kernel } }: Bench): ReadonlyMap<string, readonly ThreadId[]> => {
  const found = new Map<string, Set<ThreadId>>()
  for (const { thread, action } of kernel.steps) {
    const id = kernel.compiled.machine.threads[thread]?.id
    const label = kernel.actions[action]
    if (id === undefined || label === undefined) continue
    found.set(label, (found.get(label) ?? new Set()).add(id))
  }
  return new Map([...found].map(([label, ids]) => [label, [...ids]]))
}

/** The thread that an argument of an action names: itself, or by its vCPU. */
const isNamedBy = ([kind, id]: ThreadId, argument: TlaValue): boolean => {
  if (argument.kind === 'int') return argument.value === BigInt(id)
  const [first, second] = items(argument)
  return first?.kind === 'str' && first.value === kind && second?.kind === 'int' && second.value === BigInt(id)
}

/** Who takes the step with these arguments; nobody where the model has no such step. */
const takerOf = (threads: readonly ThreadId[], args: readonly TlaValue[], action: string): ThreadId | undefined => {
  const named = threads.filter((id) => args.every((argument, i) => i > 0 || isNamedBy(id, argument)))
  if (named.length > 1) throw new UnknownShape(`several threads take ${action}, and its arguments name none`)
  return named[0]
}

/** What the steps of an assumption are in a machine, for each value of what is bound around it. */
const instancesOf = (fair: Fair, table: TlaValue | undefined, by: ReturnType<typeof takers>): Fairness[] => {
  const found = new Map<string, Fairness & { readonly labels: Set<string> }>()
  fair.steps.forEach(({ action }, s) => {
    for (const pair of items(items(table)[s])) {
      const [bounds, args] = items(pair)
      const thread = takerOf(by.get(action) ?? [], items(args), action)
      if (thread === undefined) continue
      const name = bounds === undefined ? '' : key(bounds)
      const own = found.get(name) ?? { thread, labels: new Set<string>(), ...(fair.strong ? { strong: true } : {}) }
      if (own.thread.join() !== thread.join()) throw new UnknownShape('an assumption speaks of several threads at once')
      own.labels.add(action)
      found.set(name, own)
    }
  })
  return [...found.values()]
}

/** What fairness comes to in a machine: steps that no thread of it has do not count. */
const textOf = (fairness: readonly Fairness[], by: ReturnType<typeof takers>): string => {
  const texts = fairness.flatMap(({ thread, labels, strong }) => {
    const own = [...labels].filter((label) => by.get(label)?.some((id) => id.join() === thread.join()) === true)
    return own.length === 0 ? [] : [JSON.stringify([thread, own.sort(), strong === true])]
  })
  return [...new Set(texts)].sort().join()
}

interface Assumed {
  readonly fair: readonly Fair[]
  readonly question: Question
}

const assumedBy = (name: string, definitions: Definitions, lines: readonly string[]): Assumed | undefined => {
  const body = definitions.get(name)?.body
  if (body === undefined) return undefined
  const fair = fairnessOf(body, definitions)
  return { fair, question: { formula: fairnessTable(fair), definitions: lines } }
}

const converted = ({ fair }: Assumed, table: TlaValue | undefined, bed: Bench): Fairness[] => {
  const by = takers(bed)
  return fair.flatMap((one, i) => instancesOf(one, items(table)[i], by))
}

const judgeOne = (bed: Bench, mutant: Prepared, fairness: readonly Fairness[]): void => {
  for (const name of bed.named('liveness', 'holds')) {
    if (!isAlive(mutant)) return
    if (!bed.holdsUnder(name, fairness)) killed(mutant, 'cell', `${bed.name} ${name} (fairness by tlc)`)
  }
}

/** Judges weaker fairness in graphs of one model. */
export const judgeFairness = async (
  spec: Specification,
  beds: readonly Bench[],
  alive: readonly Prepared[],
  options: AskOptions,
): Promise<void> => {
  const [first] = beds
  if (first === undefined || alive.length === 0) return
  const original = assumedBy(FAIRNESS, spec.definitions, [])
  if (original === undefined) return
  const changed = alive.flatMap((mutant) => {
    const name = mutant.copies.names.get(FAIRNESS)
    const assumed = name === undefined ? undefined : assumedBy(name, mutant.definitions, mutant.copies.lines)
    return assumed === undefined ? [] : [{ mutant, assumed }]
  })
  const values = [original, ...changed.map(({ assumed }) => assumed)].map(({ question }) => question)
  const answers = await ask(first.model, { groups: [[first.state(0)]], seen: [], values }, options)
  const tables = items(parseValue(answers.values[0] ?? '<<>>'))
  for (const bed of beds) {
    const by = takers(bed)
    const own = textOf(converted(original, tables[0], bed), by)
    if (own !== textOf(bed.graph.kernel.compiled.machine.fairness, by)) throw disagree(bed.name, FAIRNESS)
    changed.forEach(({ mutant, assumed }, i) => {
      const fairness = converted(assumed, tables[i + 1], bed)
      if (!isAlive(mutant) || textOf(fairness, by) === own) return
      mutant.case.differs = true
      judgeOne(bed, mutant, fairness)
    })
  }
}

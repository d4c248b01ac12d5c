/** Judges a changed step on one model, by what `check` and `prove` look at: counts, cells, then the graph's digest. */

import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { graphDigest } from '../../impl/lib/prove/compare.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { depthOf } from '../../impl/lib/kernel/explore/graph.ts'
import type { Killer } from '../../impl/lib/mutate/mutant.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { checkGraph } from '../../impl/lib/check/explorer.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { asIn, machineOf } from '../../impl/lib/protocol/model.ts'
import type { Opinion } from './bench.ts'

/** The steps of a machine as text: equal texts have equal graphs. */
const stepsOf = (kernel: Kernel): string => {
  const { tree, leafStart, and, or, environmentRoots, initial, roots, layout, actions } = kernel
  const tables = [tree, leafStart, and, or, environmentRoots, initial, ...roots].map((words) => words.join(','))
  return JSON.stringify([tables, kernel.steps.map(({ thread, action }) => [thread, action]), actions, layout])
}

/** Digest of the whole graph, as a certificate has it. */
const digestOf = (graph: Graph): string => graphDigest(graph, new View(graph.kernel))

const kernelOf = (model: Model): Kernel => assemble(compile(machineOf(model)))

/** What is known of a machine as it is; its graph is looked at when that is asked for. */
interface Own {
  readonly steps: string
  digest?: string
  states?: number
}

/** By model. */
const own = new Map<string, Own>()

const ownSteps = (model: Model): Own => {
  const known = own.get(model.name)
  if (known !== undefined) return known
  const made: Own = { steps: stepsOf(kernelOf(model)) }
  own.set(model.name, made)
  return made
}

const ownDigest = (model: Model): string => {
  const known = ownSteps(model)
  known.digest ??= digestOf(explore(kernelOf(model), { edges: true, invariants: false }))
  return known.digest
}

/** The states of the machine as it is, where nobody has counted them. */
const ownStates = (model: Model): number => {
  const known = ownSteps(model)
  known.states ??= model.counts?.distinctStates ?? explore(kernelOf(model), { edges: false, invariants: false }).count
  return known.states
}

const isProven = ({ protocol }: Model): boolean => protocol.module !== undefined

/** So many times the states of the machine as it is: what has more does not end, as with time. */
const PATIENCE = 20

/**
 * Something more than the model has: a mutant with more states than this is known by its count, or by the proof that fails. Where
 * there is neither, nothing notices states, and it is looked at to its end.
 */
const limitOf = (model: Model): number =>
  model.counts !== undefined || isProven(model)
    ? Math.ceil(ownStates(model) * 1.1) + 100
    : PATIENCE * ownStates(model) + 100_000

/** Of a model that was not counted no count is expected, and none is another. */
const countsDiffer = (graph: Graph, { counts }: Model): string | undefined => {
  if (counts === undefined) return undefined
  if (graph.count !== counts.distinctStates) return 'distinct states'
  if (graph.generated !== counts.totalStates) return 'generated states'
  return depthOf(graph) === counts.stateDepth ? undefined : 'depth'
}

const noticed = (graph: Graph, model: Model): Killer | undefined => {
  const kill = (kind: Killer['kind'], name: string): Killer => ({ kind, name: `${model.name} ${name}` })
  if (!graph.complete) {
    if (model.counts !== undefined) return kill('count', 'distinct states')
    return isProven(model) ? kill('proof', 'more states') : kill('cell', 'does not end')
  }
  const { cells } = checkGraph(model, graph, performance.now())
  const cell = model.cells.find(({ name, expected }) => cells.get(name)?.verdict !== expected)
  if (cell !== undefined) return kill('cell', cell.name)
  const count = countsDiffer(graph, model)
  if (count !== undefined) return kill('count', count)
  // without a specification there is no proof that could fail
  return !isProven(model) || digestOf(graph) === ownDigest(model) ? undefined : kill('proof', 'digest')
}

const opinionOf = (kernel: Kernel, model: Model): Opinion => {
  const graph = explore(kernel, { edges: true, maxStates: limitOf(model), expectedStates: ownStates(model) })
  return { differs: true, killer: noticed(graph, model) }
}

/** What a model says of a machine with a changed step. */
export const faultOpinion = (protocol: Protocol, model: Model): Opinion => {
  try {
    const kernel = kernelOf(asIn(model, protocol))
    if (stepsOf(kernel) === ownSteps(model).steps) return { differs: false, killer: undefined }
    return opinionOf(kernel, model)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { differs: true, killer: { kind: 'cell', name: `${model.name} error: ${message}` } }
  }
}

/** The same work for a machine of which no step is changed, which nothing notices. */
export const unchangedOpinion = (model: Model): Opinion => opinionOf(kernelOf(model), model)

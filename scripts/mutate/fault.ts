/** Judges a changed step on one model, by what `check` and `prove` look at: counts, cells, then the graph's digest. */

import type { Kernel } from '../../impl/lib/kernel/machine/tables.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import { hash128, LtsDigest } from '../../impl/lib/prove/lts-digest.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { depthOf } from '../../impl/lib/kernel/explore/graph.ts'
import type { Killer } from '../../impl/lib/mutate/verdict.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { checkGraph } from '../../impl/lib/check/explorer.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import type { Opinion } from './judge.ts'

const kernelOf = (protocol: Protocol, model: Model): Kernel =>
  assemble(compile(protocol.machine(new Constants(model.cfg.constants, model.name), model.data)))

/** The steps of a machine as text: equal texts have equal graphs. */
const stepsOf = ({
  tree,
  leafStart,
  and,
  or,
  roots,
  environmentRoots,
  initial,
  steps,
  actions,
  layout,
}: Kernel): string =>
  JSON.stringify([
    [tree, leafStart, and, or, environmentRoots, initial, ...roots].map((words) => words.join(',')),
    steps.map(({ thread, action }) => [thread, action]),
    actions,
    layout,
  ])

/** Digest of the whole graph, as a certificate has it; null where a program has other labels or locals. */
const digestOf = (graph: Graph): string => {
  const view = new View(graph.kernel)
  const { states, count, edgeStart, edgeTarget, edgeStep, kernel } = graph
  const W = kernel.layout.words
  const digest = new LtsDigest()
  const hashes = Array.from({ length: count }, (_, s) => hash128(view.text(states, s * W)))
  const actions = kernel.actions.map(hash128)
  hashes.forEach((hash, s) => {
    digest.state(hash, s === 0)
    const seen = new Set<string>()
    for (let e = edgeStart?.[s] ?? 0; e < (edgeStart?.[s + 1] ?? 0); e++) {
      const target = edgeTarget?.[e] ?? 0
      const action = kernel.steps[edgeStep?.[e] ?? 0]?.action ?? 0
      const key = `${action} ${target}`
      const [by, to] = [actions[action], hashes[target]]
      if (seen.has(key) || by === undefined || to === undefined) continue
      seen.add(key)
      digest.edge(hash, by, to)
    }
  })
  return digest.value()
}

/** What is known of the machines as they are, by model. */
const own = new Map<string, { readonly steps: string; digest?: string }>()

const ownSteps = (model: Model): { readonly steps: string; digest?: string } => {
  const known = own.get(model.name)
  if (known !== undefined) return known
  const made = { steps: stepsOf(assemble(compile(machineOf(model)))) }
  own.set(model.name, made)
  return made
}

const ownDigest = (model: Model): string => {
  const known = ownSteps(model)
  known.digest ??= digestOf(explore(assemble(compile(machineOf(model))), { edges: true, invariants: false }))
  return known.digest
}

/** Something more than the model has: a mutant with more states than this is known by its count. */
const limitOf = (model: Model): number => Math.ceil(model.distinctStates * 1.1) + 100

const countsDiffer = (graph: Graph, model: Model): string | undefined => {
  const counts: readonly [string, number, number][] = [
    ['distinct states', graph.count, model.distinctStates],
    ['generated states', graph.generated, model.totalStates],
    ['depth', depthOf(graph), model.stateDepth],
  ]
  const [first] = counts.filter(([, found, expected]) => found !== expected)
  return first?.[0]
}

const noticed = (graph: Graph, model: Model): Killer | undefined => {
  const kill = (kind: Killer['kind'], name: string): Killer => ({ kind, name: `${model.name} ${name}` })
  if (!graph.complete) return kill('count', 'distinct states')
  const { cells } = checkGraph(model, graph, performance.now())
  const cell = model.cells.find(({ name, expected }) => cells.get(name)?.verdict !== expected)
  if (cell !== undefined) return kill('cell', cell.name)
  const count = countsDiffer(graph, model)
  if (count !== undefined) return kill('count', count)
  return digestOf(graph) === ownDigest(model) ? undefined : kill('proof', 'digest')
}

const opinionOf = (kernel: Kernel, model: Model): Opinion => {
  const graph = explore(kernel, { edges: true, maxStates: limitOf(model), expectedStates: model.distinctStates })
  return { differs: true, killer: noticed(graph, model) }
}

/** What a model says of a machine with a changed step. */
export const faultOpinion = (protocol: Protocol, model: Model): Opinion => {
  try {
    const kernel = kernelOf(protocol, model)
    if (stepsOf(kernel) === ownSteps(model).steps) return { differs: false, killer: undefined }
    return opinionOf(kernel, model)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return { differs: true, killer: { kind: 'cell', name: `${model.name} error: ${message}` } }
  }
}

/** The same work for a machine of which no step is changed, which nothing notices. */
export const unchangedOpinion = (model: Model): Opinion => opinionOf(assemble(compile(machineOf(model))), model)

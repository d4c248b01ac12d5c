/** Counterexamples to what a variant breaks, with all that diagrams need of them: the variant is searched once more for each. */

import type { Counterexample } from '../../behaviour/counterexample.ts'
import { behaviourOf } from '../../behaviour/counterexample.ts'
import { explore } from '../../kernel/explore/explore.ts'
import type { Graph } from '../../kernel/explore/graph.ts'
import { livenessOf, waysOf } from '../../kernel/explore/violations.ts'
import { lostOf } from '../../kernel/explore/possibility.ts'
import { given } from '../../kernel/given.ts'
import type { Machine } from '../../kernel/language/machine.ts'
import { compile } from '../../kernel/machine/compile.ts'
import { assemble } from '../../kernel/machine/tables.ts'
import type { ActionDocs } from '../../protocol/docs.ts'
import { View } from '../../tla/state-codec.ts'
import { docsOf } from '../protocol/docs.ts'
import { endingOf } from '../protocol/ending.ts'
import type { CAblation } from './ablate.ts'
import type { Broken } from './judge.ts'
import type { Form, Toggle } from './toggle.ts'

/** A counterexample, and the words of the variant's steps. */
export interface Explained {
  readonly cx: Counterexample
  readonly docs: ActionDocs
}

const kindOf = ({ invariants, liveness }: Machine, property: string): Counterexample['kind'] => {
  if (invariants.some(({ name }) => name === property)) return 'invariant'
  return liveness.some(({ name }) => name === property) ? 'liveness' : 'possibility'
}

const waysIn = (graph: Graph) => (graph.complete ? waysOf(graph, livenessOf(graph), lostOf(graph)) : waysOf(graph))

/** What a weaker form is called: `dekker.c without smp_mb(), line 23, under TSO`. */
const titleOf = ({ file }: CAblation, { text, places }: Toggle, form: Form, { model }: Broken): string => {
  const line = places[0]?.line ?? 0
  const what = form.text === '' ? `without ${text}` : `with ${form.text} for ${text}`
  return `${file.name} ${what}, line ${line}, under ${model}`
}

/** The counterexample to what a form of a toggle breaks. */
export const explained = (
  ablation: CAblation,
  toggle: Toggle,
  form: Form,
  broken: Broken,
  expired?: () => boolean,
): Explained | undefined => {
  const { property, model } = broken
  const machine = ablation.variants.machineOf(form.edits, model)
  const graph = explore(assemble(compile(machine.machine)), { edges: true, ...given({ expired }) })
  const way = waysIn(graph).get(property)
  if (way === undefined) return undefined
  const behaviour = behaviourOf(graph, new View(graph.kernel), way.path, way.loop)
  const ending = endingOf(machine, graph, property, way.path)
  const cx: Counterexample = {
    model: titleOf(ablation, toggle, form, broken),
    property,
    kind: kindOf(machine.machine, property),
    behaviour,
    preventedBy: [],
    ...given({ ending }),
  }
  return { cx, docs: docsOf(machine) }
}

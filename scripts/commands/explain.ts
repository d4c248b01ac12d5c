/** `lockstep explain`: a counterexample as a diagram, or as a trace file on stdout. */

import { match } from 'ts-pattern'
import { EXIT } from '../../impl/lib/kernel/error.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { mermaid } from '../../impl/lib/report/mermaid.ts'
import { printItf } from '../../impl/lib/tla/trace/itf.ts'
import type { Explained } from '../../impl/lib/evidence/explain.ts'
import { firstCounterexample, toggleOf, traceOf } from '../../impl/lib/evidence/explain.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { loadModels } from '../workspace/project.ts'
import { targetModels } from '../../impl/lib/protocol/target.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'

/** Which of several models is shown, and why; undefined where the target is one model. */
const choice = (
  target: string,
  meant: readonly Model[],
  asked: string | undefined,
  { model, cx, holds, vacuous }: Explained,
): string | undefined => {
  if (meant.length === 1) return undefined
  const what = asked === undefined ? 'a property' : cx.property
  const namesOf = (models: readonly Model[]): string => models.map(({ name }) => name).join(', ')
  const held = asked === undefined ? 'every property holds' : `${cx.property} holds`
  const silent = asked === undefined ? 'no property is violated' : `${cx.property} is vacuous`
  const before = [
    ...(holds.length === 0 ? [] : [`; ${held} in ${namesOf(holds)}`]),
    ...(vacuous.length === 0 ? [] : [`; ${silent} in ${namesOf(vacuous)}`]),
  ].join('')
  return `${target} is ${meant.length} models; this is ${model.name}, the first that violates ${what}${before}`
}

/** Explains the first violated cell of a target's models; returns the exit code. */
export const explain = (
  out: Output,
  target: string,
  options: { readonly property?: string; readonly format: 'lanes' | 'mermaid' | 'itf' },
): number => {
  const { meant, left } = targetModels(loadModels(), target)
  const explained = firstCounterexample(meant, options.property, {
    target,
    left,
    onLook: ({ name }) => {
      out.progress(`looking at ${name}`)
    },
  })
  const { model, cx } = explained
  const { docs } = model.protocol
  const text = match(options.format)
    .with('lanes', () => lanes(cx, docs, { toggle: toggleOf(model) }))
    .with('mermaid', () => mermaid(cx, docs, { toggle: toggleOf(model) }))
    .with('itf', () => printItf(traceOf(cx)))
    .exhaustive()
  const note = choice(target, meant, options.property, explained)
  if (out.json) {
    const { property, kind, preventedBy, behaviour } = cx
    const depth = behaviour.steps.length + 1
    const namesOf = (models: readonly Model[]): string[] => models.map(({ name }) => name)
    const looked = {
      models: namesOf(meant),
      holdsIn: namesOf(explained.holds),
      vacuousIn: namesOf(explained.vacuous),
    }
    printJson({
      ok: true,
      model: model.name,
      ...looked,
      property,
      kind,
      depth,
      preventedBy,
      format: options.format,
      text,
    })
  } else {
    // the text may be on its way into a file
    if (note !== undefined) out.note(note)
    out.line(text.trimEnd())
  }
  return EXIT.ok
}

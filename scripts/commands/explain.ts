/** `lockstep explain`: a counterexample as a diagram, or as a trace file on stdout. */

import { match } from 'ts-pattern'
import { EXIT } from '../../impl/lib/kernel/error.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { mermaid } from '../../impl/lib/report/mermaid.ts'
import { printItf } from '../../impl/lib/tla/trace/itf.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Explained } from '../../impl/lib/evidence/explain.ts'
import { firstCounterexample, toggleOf, traceOf } from '../../impl/lib/evidence/explain.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { targetModels } from '../../impl/lib/protocol/target.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

const namesOf = (models: readonly Model[]): string[] => models.map(({ name }) => name)

/** Which of several models is shown, and why; undefined where the target is one model. */
const choice = (
  target: string,
  meant: readonly Model[],
  asked: string | undefined,
  { model, cx, holds, vacuous }: Explained,
): string | undefined => {
  if (meant.length === 1) return undefined
  const what = asked === undefined ? 'a property' : cx.property
  const held = asked === undefined ? 'every property holds' : `${cx.property} holds`
  const silent = asked === undefined ? 'no property is violated' : `${cx.property} is vacuous`
  const before = [
    ...(holds.length === 0 ? [] : [`; ${held} in ${namesOf(holds).join(', ')}`]),
    ...(vacuous.length === 0 ? [] : [`; ${silent} in ${namesOf(vacuous).join(', ')}`]),
  ].join('')
  return `${target} is ${meant.length} models; this is ${model.name}, the first that violates ${what}${before}`
}

const drawn = ({ model, cx }: Explained, format: OptionsOf<'explain'>['format']): string => {
  const { docs } = model.protocol
  return match(format)
    .with('lanes', () => lanes(cx, docs, { toggle: toggleOf(model) }))
    .with('mermaid', () => mermaid(cx, docs, { toggle: toggleOf(model) }))
    .with('itf', () => printItf(traceOf(cx)))
    .exhaustive()
}

/** Explains the first violated cell of a target's models; returns the exit code. */
export const explain = (out: Output, { target, property, format }: OptionsOf<'explain'>, project: Project): number => {
  const { meant, left } = targetModels(project.modelsFor([target]), target)
  const explained = firstCounterexample(meant, property, {
    target,
    left,
    onLook: ({ name }) => {
      out.progress(`looking at ${name}`)
    },
  })
  const { model, cx, holds, vacuous } = explained
  const text = drawn(explained, format)
  // the text may be on its way into a file
  const note = choice(target, meant, property, explained)
  if (note !== undefined) out.note(note)
  out.line(text.trimEnd())
  if (out.json) {
    printJson({
      ok: true,
      model: model.name,
      models: namesOf(meant),
      holdsIn: namesOf(holds),
      vacuousIn: namesOf(vacuous),
      property: cx.property,
      kind: cx.kind,
      depth: cx.behaviour.steps.length + 1,
      preventedBy: cx.preventedBy,
      format,
      text,
    })
  }
  return EXIT.ok
}

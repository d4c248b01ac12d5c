/** `lockstep explain`: a counterexample as a diagram, or as a trace file on stdout. */

import { match } from 'ts-pattern'
import { EXIT } from '../../impl/lib/error.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { mermaid } from '../../impl/lib/report/mermaid.ts'
import { printItf } from '../../impl/lib/trace/itf.ts'
import { counterexample, toggleOf, traceOf } from '../lib/evidence.ts'
import { loadModels, oneModel } from '../lib/project.ts'
import type { Output } from '../ui/output.ts'
import { printJson } from '../ui/output.ts'

/** Explains a model's violated cell; returns the exit code. */
export const explain = (
  out: Output,
  target: string,
  options: { readonly property?: string; readonly format: 'lanes' | 'mermaid' | 'itf' },
): number => {
  const model = oneModel(loadModels(), target)
  const cx = counterexample(model, options.property)
  const { docs } = model.protocol
  const text = match(options.format)
    .with('lanes', () => lanes(cx, docs, { toggle: toggleOf(model) }))
    .with('mermaid', () => mermaid(cx, docs, { toggle: toggleOf(model) }))
    .with('itf', () => printItf(traceOf(cx)))
    .exhaustive()
  if (out.json) {
    const { property, kind, preventedBy, behaviour } = cx
    const depth = behaviour.steps.length + 1
    printJson({ ok: true, model: model.name, property, kind, depth, preventedBy, format: options.format, text })
  } else {
    out.line(text.trimEnd())
  }
  return EXIT.ok
}

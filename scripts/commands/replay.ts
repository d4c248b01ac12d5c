/** `lockstep replay`: a trace of TLC or an ITF file on the machine. */

import { badInput, EXIT } from '../../impl/lib/error.ts'
import type { Graph } from '../../impl/lib/explore.ts'
import { replay } from '../../impl/lib/replay.ts'
import { parseItf } from '../../impl/lib/trace/itf.ts'
import { parseSimulationTrace, parseToolTraces } from '../../impl/lib/trace/tlc-trace.ts'
import type { Trace } from '../../impl/lib/trace/trace.ts'
import { View } from '../../impl/lib/view.ts'
import { graphOf } from '../check/explorer.ts'
import { readText } from '../lib/input.ts'
import { loadModels, near, oneModel } from '../lib/project.ts'
import type { Output } from '../ui/output.ts'
import { columns, printJson } from '../ui/output.ts'

/** Tells the three formats apart by how they begin. */
const parseTrace = (text: string, file: string): Trace => {
  if (/^\s*-{4,} *MODULE/.test(text)) return parseSimulationTrace(text, { file })
  if (text.includes('@!@!@STARTMSG')) {
    const [first] = parseToolTraces(text, { file })
    if (first !== undefined) return first
    throw badInput({
      code: 'no-trace',
      message: 'the output of TLC has no counterexample',
      file,
      hint: 'give the output of a run that found one',
    })
  }
  return parseItf(text, { file })
}

/** Refuses what cannot be a trace of this specification at all: other variables, values outside their domains, other actions. */
const refuseForeign = (graph: Graph, view: View, trace: Trace, file: string, model: string): void => {
  trace.states.forEach(({ values, action }, i) => {
    const encoded = view.encode(values)
    const where = `state ${i + 1}`
    if ('mismatch' in encoded && encoded.mismatch.kind !== 'node') {
      const { kind, variable, argument, found, expected } = encoded.mismatch
      throw badInput({
        code: kind === 'variables' ? 'another-specification' : 'outside-domain',
        message: `${where}: ${variable}${argument === undefined ? '' : `[${argument}]`} is ${found}, expected ${expected}`,
        file,
        hint: `is this a trace of ${model}?`,
      })
    }
    if (action !== undefined && action !== '' && i > 0 && !graph.kernel.actions.includes(action)) {
      const candidates = near(action, graph.kernel.actions)
      throw badInput({
        code: 'unknown-action',
        message: `${where}: ${model} has no action ${JSON.stringify(action)}`,
        file,
        hint: candidates.length > 0 ? `did you mean ${candidates.join(', ')}?` : `is this a trace of ${model}?`,
      })
    }
  })
}

/** Replays a file; returns the exit code. */
export const replayCommand = async (out: Output, target: string, file: string): Promise<number> => {
  const model = oneModel(loadModels(), target)
  const trace = parseTrace(await readText(file), file)
  const graph = graphOf(model)
  const view = new View(graph.kernel)
  refuseForeign(graph, view, trace, file, model.name)
  const { steps, divergence } = replay(graph, view, trace)
  const ok = divergence === undefined
  if (out.json) {
    printJson({ ok, model: model.name, steps, divergence: divergence ?? null })
  } else if (ok) {
    out.line(`${model.name}: the machine takes all ${steps} steps of the trace`)
  } else {
    out.line(`${model.name}: the machine takes ${steps} steps; state ${divergence.step} of the trace is not its own`)
    out.line(`  ${divergence.action ?? 'unnamed step'}: ${divergence.reason}`)
    const rows = divergence.differences.map((d) => [
      d.variable,
      `machine ${d.expected ?? 'nothing'}`,
      `trace ${d.actual ?? 'nothing'}`,
    ])
    for (const row of columns(rows, '    ')) out.line(row)
    out.line(`  enabled there: ${divergence.enabled.join(', ') || 'nothing'}`)
  }
  return ok ? EXIT.ok : EXIT.finding
}

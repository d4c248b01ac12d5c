/** `lockstep replay`: a trace of TLC, in any of its formats, or an ITF file on the machine. */

import { whyNotBroken } from '../../impl/lib/behaviour/breaks.ts'
import { compilePredicate, evaluate } from '../../impl/lib/kernel/machine/predicate.ts'
import { badInput, EXIT } from '../../impl/lib/kernel/error.ts'
import type { Graph } from '../../impl/lib/kernel/explore/graph.ts'
import { isLostIn } from '../../impl/lib/kernel/explore/possibility.ts'
import type { ReplayDivergence } from '../../impl/lib/behaviour/replay.ts'
import { replay } from '../../impl/lib/behaviour/replay.ts'
import { parseItf } from '../../impl/lib/tla/trace/itf.ts'
import { parseJson } from '../../impl/lib/text/json.ts'
import { logPrefix } from '../../impl/lib/tla/trace/log-prefix.ts'
import { isTlcJson, readTlcJson } from '../../impl/lib/tla/trace/tlc-json.ts'
import {
  isPlainOutput,
  parsePlainTraces,
  parseSimulationTrace,
  parseToolTraces,
} from '../../impl/lib/tla/trace/tlc-trace.ts'
import type { Trace } from '../../impl/lib/tla/trace/trace.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { graphOf } from '../../impl/lib/check/explorer.ts'
import type { OptionsOf } from '../cli/commands.ts'
import { readText } from '../node/input.ts'
import { unknownActionHint } from '../../impl/lib/protocol/unknown-action.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Output } from '../ui/output.ts'
import { modelOfTarget } from '../workspace/one-model.ts'
import { columns, printJson } from '../ui/output.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'

/** The machine that is to take the traces of a file. */
interface Asked {
  readonly model: Model
  readonly graph: Graph
  readonly view: View
  readonly file: string
}

const someTraces = (traces: readonly Trace[], file: string): readonly Trace[] => {
  if (traces.length > 0) return traces
  throw badInput({
    code: 'no-trace',
    message: 'the output of TLC has no counterexample',
    file,
    hint: 'give the output of a run that found one',
  })
}

/**
 * An ITF file that says of what it is must be of that: unlike TLC, whose output has the names that its cfg gives, whoever wrote
 * the claims knew our names. Another model of the protocol may be asked whether it takes the steps too; what they violate
 * is then claimed of the other.
 */
const ownItf = (text: string, { file, graph, model }: Asked): Trace => {
  const trace = parseItf(text, { file })
  const { model: claimed, property } = trace.meta
  if (claimed !== undefined && claimed !== model.name) {
    if (claimed.startsWith(`${model.protocol.name}/`)) return { ...trace, meta: { model: claimed } }
    throw badInput({
      code: 'another-model',
      message: `the trace says that it is of ${claimed}, not of ${model.name}`,
      file,
      hint: `it is of ${claimed}: replay it there, or take "model" out of its #meta`,
    })
  }
  const { invariants, liveness, possibilities = [] } = graph.kernel.compiled.machine
  const known = new Set(['Deadlock', ...model.cells.map(({ name }) => name)])
  for (const { name } of [...invariants, ...liveness, ...possibilities]) known.add(name)
  if (property !== undefined && !known.has(property)) {
    throw badInput({
      code: 'unknown-property',
      message: `the trace is said to violate ${JSON.stringify(property)}, and ${model.name} has no such property`,
      file,
      hint: `it has ${[...known].join(', ')}`,
    })
  }
  return trace
}

/** Tells the formats apart by how they begin; a run with `-continue` has several traces. */
const parseTraces = (text: string, asked: Asked): readonly Trace[] => {
  const { file, view } = asked
  if (/^\s*-{4,} *MODULE/.test(text)) return [parseSimulationTrace(text, { file })]
  if (/^\s*[[{]/.test(text)) {
    const json = parseJson(text, { file })
    return [isTlcJson(json) ? readTlcJson(json, (name) => view.domainOf(name), { file }) : ownItf(text, asked)]
  }
  const copied = logPrefix(text, { file })
  if (copied !== undefined) throw copied
  if (text.includes('@!@!@') || /\b(?:STARTMSG|ENDMSG) \d/.test(text))
    return someTraces(parseToolTraces(text, { file }), file)
  if (isPlainOutput(text)) return someTraces(parsePlainTraces(text, { file }), file)
  return [ownItf(text, asked)]
}

/** Where a trace that was found to violate something must end; undefined if it does, or if the machine cannot tell. */
const missingEnd = ({ graph, view }: Asked, { meta, states, loop }: Trace): string | undefined => {
  const { property } = meta
  const encoded = view.encode(states.at(-1)?.values ?? new Map())
  if (property === undefined || !('words' in encoded)) return undefined
  const state = graph.find(encoded.words)
  const { edgeStart } = graph
  const stuck = state < 0 || edgeStart?.[state] === edgeStart?.[state + 1]
  const { machine } = graph.kernel.compiled
  if (loop === undefined && !stuck && machine.liveness.some(({ name }) => name === property)) {
    return `the trace is said to violate ${property} and does not say how it goes on, but the machine can: its end is missing`
  }
  if (property === 'Deadlock') {
    return stuck ? undefined : 'the machine can go on from the last state, but the trace is said to end in a deadlock'
  }
  const possibility = machine.possibilities?.find(({ name }) => name === property)
  if (possibility !== undefined && state >= 0 && !isLostIn(graph, possibility, state))
    return `what ${property} speaks of can still happen after the last state, but the trace is said to violate it`
  const invariant = machine.invariants.find(({ name }) => name === property)
  const holds = invariant?.instances.every((instance) =>
    evaluate(compilePredicate(graph.kernel, instance.holds), encoded.words, 0),
  )
  return holds === true ? `${property} holds in the last state, but the trace is said to violate it` : undefined
}

/** Refuses what cannot be a trace of this specification at all: other variables, values outside their domains, other actions. */
const refuseForeign = ({ model, graph, view, file }: Asked, trace: Trace, project: Project): void => {
  trace.states.forEach(({ values, action }, i) => {
    const encoded = view.encode(values)
    const where = `state ${i + 1}`
    if ('mismatch' in encoded && encoded.mismatch.kind !== 'node') {
      const { kind, variable, argument, found, expected } = encoded.mismatch
      throw badInput({
        code: kind === 'variables' ? 'another-specification' : 'outside-domain',
        message: `${where}: ${variable}${argument === undefined ? '' : `[${argument}]`} is ${found}, expected ${expected}`,
        file,
        hint: `is this a trace of ${model.name}?`,
      })
    }
    if (action !== undefined && action !== '' && i > 0 && !graph.kernel.actions.includes(action)) {
      throw badInput({
        code: 'unknown-action',
        message: `${where}: ${model.name} has no action ${JSON.stringify(action)}`,
        file,
        hint: unknownActionHint(action, graph.kernel.actions, { protocol: model.protocol, project }, 'trace'),
      })
    }
  })
}

/** The trace lacks states at its end: that it can be replayed would prove nothing. */
const refuseCut = (asked: Asked, trace: Trace): void => {
  const message = missingEnd(asked, trace)
  if (message === undefined) return
  throw badInput({
    code: 'trace-cut',
    message,
    file: asked.file,
    hint: 'a part of the trace is missing: give the whole trace, or the whole output of TLC',
  })
}

/** The trace goes on in a way that does not break what it is said to break: its cycle was changed, or it is of something else. */
const refuseHarmless = ({ graph, view, file }: Asked, { meta, states, loop }: Trace): void => {
  const property = graph.kernel.compiled.machine.liveness.find(({ name }) => name === meta['property'])
  if (property === undefined) return
  const found = states.map(({ values }) => {
    const encoded = view.encode(values)
    return 'words' in encoded ? graph.find(encoded.words) : -1
  })
  const going = { states: found, actions: states.map(({ action }) => action), loop: loop ?? found.length - 1 }
  const why = whyNotBroken(graph, property, going)
  if (why === undefined) return
  throw badInput({
    code: 'no-counterexample',
    message: `the trace is said to violate ${property.name}: ${why}`,
    file,
    hint: 'give the trace as the tool wrote it, its cycle with all of its states; or take "property" out of its #meta',
  })
}

const show = (out: Output, model: string, divergence: ReplayDivergence, steps: number): void => {
  out.line(`${model}: the machine takes ${steps} steps; state ${divergence.step} of the trace is not its own`)
  out.line(`  ${divergence.action ?? 'unnamed step'}: ${divergence.reason}`)
  const rows = divergence.differences.map((d) => [
    d.variable,
    `machine ${d.expected ?? 'nothing'}`,
    `trace ${d.actual ?? 'nothing'}`,
  ])
  for (const row of columns(rows, '    ')) out.line(row)
  out.line(`  enabled there: ${divergence.enabled.join(', ') || 'nothing'}`)
}

/** Replays each trace of a file, up to the first that the machine does not take; returns the exit code. */
export const replayCommand = async (out: Output, options: OptionsOf<'replay'>, project: Project): Promise<number> => {
  const { target, file } = options
  const model = modelOfTarget(out, project, target)
  const graph = graphOf(model)
  const asked = { model, graph, view: new View(graph.kernel), file }
  const traces = parseTraces(await readText(file), asked)
  for (const trace of traces) refuseForeign(asked, trace, project)
  const replays = traces.map((trace) => replay(graph, asked.view, trace))
  const failed = replays.find(({ divergence }) => divergence !== undefined)
  // those that the machine takes have to be what they are said to be
  for (const trace of failed === undefined ? traces : []) {
    refuseCut(asked, trace)
    refuseHarmless(asked, trace)
  }
  const { name } = model
  const steps = failed?.steps ?? replays.reduce((sum, taken) => sum + taken.steps, 0)
  const of = traces.map(({ meta }) => meta['model']).find((claimed) => claimed !== undefined && claimed !== name)
  if (of !== undefined) out.note(`the trace says that it is of ${of}: what it violates there is not asked of ${name}`)
  const divergence = failed?.divergence
  const ok = divergence === undefined
  const several = traces.length > 1 ? ` of ${traces.length} traces` : ' of the trace'
  if (out.json) printJson({ ok, model: name, of: of ?? name, steps, divergence: divergence ?? null })
  else if (ok) out.line(`${name}: the machine takes all ${steps} steps${several}`)
  else show(out, name, divergence, steps)
  return ok ? EXIT.ok : EXIT.finding
}

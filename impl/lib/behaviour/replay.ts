/** Replays a trace from elsewhere on a machine, step by step, up to the first step that the machine does not take. */

import { at } from '../kernel/at.ts'
import type { Graph } from '../kernel/explore/graph.ts'
import { edgesOf } from '../kernel/explore/graph.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { Trace } from '../tla/trace/trace.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { equal } from '../kernel/language/value.ts'
import type { View } from '../tla/state-codec.ts'

/** A field that is not as it should be; values in TLA+, null for a variable that one side lacks. */
export interface FieldDifference {
  readonly variable: string
  readonly expected: string | null
  readonly actual: string | null
}

/** Where a trace and a machine part. */
export interface ReplayDivergence {
  /** the state of the trace that the machine does not reach, from 1 */
  readonly step: number
  /** the action that the trace names for it; null where it names none */
  readonly action: string | null
  readonly reason: string
  /** `expected` is what the machine has at its nearest, `actual` what the trace has */
  readonly differences: readonly FieldDifference[]
  /** actions that the machine could take there */
  readonly enabled: readonly string[]
}

/** How far a trace could be replayed. */
export interface Replay {
  readonly steps: number
  readonly divergence: ReplayDivergence | undefined
}

type State = ReadonlyMap<string, TlaValue>

const differences = (machine: State, trace: State): FieldDifference[] =>
  [...new Set([...machine.keys(), ...trace.keys()])].flatMap((variable) => {
    const [expected, actual] = [machine.get(variable), trace.get(variable)]
    if (expected !== undefined && actual !== undefined && equal(expected, actual)) return []
    return [
      {
        variable,
        expected: expected === undefined ? null : printValue(expected),
        actual: actual === undefined ? null : printValue(actual),
      },
    ]
  })

/** A step of the machine: whose, and where to. */
export interface Successor {
  readonly thread: number
  readonly action: string
  readonly state: number
}

/** The steps from a state; `what` needs them, for an error where the graph has none. */
export const successors = (graph: Graph, from: number, what: string): Successor[] => {
  const { start, target, step } = edgesOf(graph, what)
  const out: Successor[] = []
  for (let e = at(start, from); e < at(start, from + 1); e++) {
    const { thread, action } = at(graph.kernel.steps, at(step, e))
    out.push({ thread, action: at(graph.kernel.actions, action), state: at(target, e) })
  }
  return out
}

const enabledIn = (next: readonly Successor[]): string[] => [...new Set(next.map((s) => s.action))].sort()

/** Replays a trace; its states must assign every variable of the machine. A state may repeat (stuttering). */
export const replay = (graph: Graph, view: View, trace: Trace): Replay => {
  const { kernel } = graph
  const decode = (state: number): State => view.decode(graph.states, state * kernel.layout.words)
  let here = 0
  for (const [i, { action, values }] of trace.states.entries()) {
    const encoded = view.encode(values)
    const state = 'words' in encoded ? graph.find(encoded.words) : -1
    const failed = (reason: string, nearest: readonly number[], enabled: readonly string[]): Replay => {
      const candidates = nearest.map((s) => differences(decode(s), values)).sort((a, b) => a.length - b.length)
      const divergence = { step: i + 1, action: action ?? null, reason, differences: candidates[0] ?? [], enabled }
      return { steps: Math.max(0, i - 1), divergence }
    }
    const outside = 'mismatch' in encoded ? encoded.mismatch : undefined
    const domain =
      outside === undefined
        ? undefined
        : `${outside.variable}${outside.argument === undefined ? '' : `[${outside.argument}]`} is ${outside.found}, expected ${outside.expected}`
    if (i === 0) {
      if (state !== 0) return failed(domain ?? 'not the initial state of the machine', [0], [])
      continue
    }
    const next = successors(graph, here, 'a replay')
    const enabled = enabledIn(next)
    if (state === here && (action === undefined || action === '')) continue
    const named = action === undefined ? next : next.filter((s) => s.action === action)
    const taken = named.find((s) => s.state === state)
    if (taken === undefined) {
      const known = action === undefined || kernel.actions.includes(action)
      const reason = !known
        ? `the machine has no action ${action}`
        : (domain ??
          (named.length === 0
            ? `${action ?? 'no step'} is not enabled`
            : `${action ?? 'no step'} leads to another state`))
      return failed(reason, named.length > 0 ? named.map((s) => s.state) : [here], enabled)
    }
    here = taken.state
  }
  if (trace.loop !== undefined && trace.loop < trace.states.length - 1) {
    const back = trace.states[trace.loop]
    const encoded = back === undefined ? undefined : view.encode(back.values)
    const target = encoded !== undefined && 'words' in encoded ? graph.find(encoded.words) : -1
    const next = successors(graph, here, 'a replay')
    // the last state may be the one at `loop` once more: then the steps since are the cycle
    if (target !== here && !next.some((s) => s.state === target)) {
      const enabled = enabledIn(next)
      const reason = 'the machine has no step back to the state where the loop begins'
      const divergence = { step: trace.states.length + 1, action: null, reason, differences: [], enabled }
      return { steps: trace.states.length - 1, divergence }
    }
  }
  return { steps: trace.states.length - 1, divergence: undefined }
}

/** Why a log is rejected: what was possible instead, and for the states that remained why each refuses the event. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { Blame } from '../prove/blame.ts'
import type { BlameContext } from '../prove/divergence.ts'
import { blameImpl, blameSpec, blameUpdate, refusalsIn } from '../prove/divergence.ts'
import type { View } from '../tla/state-codec.ts'
import type { Fields, Json } from './json-codec.ts'
import { passes } from './json-codec.ts'
import type { AllowedStep, Candidate, LogDivergence } from './result.ts'
import { resultText } from './returns.ts'
import type { Observed } from './state-tracker.ts'
import { Stepper } from '../kernel/machine/stepper.ts'

/** A few candidates tell a reviewer more than all of them. */
const MOST_CANDIDATES = 4
/** States whose refusal is looked at: with more of them the reasons repeat. */
const MOST_LOOKED_AT = 200
const MOST_ALLOWED = 40

/** Elements of a state, e.g. `pc[vcpu0]`, as JSON. */
export type Elements = Readonly<Record<string, Json>>

/** A state as a log has it, one entry per element of its functions. */
export const elementsOf = (fields: Fields, states: Int32Array, base: number): Elements => {
  const out: Record<string, Json> = {}
  for (const [name, value] of Object.entries(fields.read(states, base))) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [argument, v] of Object.entries(value)) out[`${name}[${argument}]`] = v
    } else out[name] = value
  }
  return out
}

const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Entries in which some of the states differ; those of the first if there is one state only. */
const telling = (all: readonly Elements[]): string[] => {
  const [first = {}, ...others] = all
  return Object.keys(first).filter((name) => others.some((o) => !same(o[name], first[name])))
}

/** What a log says of elements, in the names of `elementsOf`. */
const logged = (state: Readonly<Record<string, Json>>): Elements => {
  const out: Record<string, Json> = {}
  for (const [name, value] of Object.entries(state)) {
    if (typeof value === 'object' && value !== null && !name.includes('[')) {
      const entries = Array.isArray(value)
        ? (value as readonly Json[]).map((v, i): [string, Json] => [String(i), v])
        : Object.entries(value as Readonly<Record<string, Json>>)
      for (const [argument, v] of entries) out[`${name}[${argument}]`] = v
      out[name] = value
    } else out[name] = value
  }
  return out
}

const differences = (said: Elements, has: Elements): Candidate['differences'] =>
  Object.fromEntries(
    Object.entries(said)
      .filter(([name, value]) => Object.hasOwn(has, name) && !same(value, has[name]))
      .map(([name, value]) => [name, { logged: value, model: has[name] ?? null }]),
  )

/** A step in words that a log uses. */
const stepOf = (kernel: Kernel, step: number): AllowedStep => {
  const info = kernel.steps[step]
  const thread = kernel.compiled.machine.threads[info?.thread ?? -1]
  return {
    action: kernel.actions[info?.action ?? -1] ?? '',
    thread: thread === undefined ? '' : threadName(thread.id),
    ...(info?.result === undefined ? {} : { result: JSON.stringify(info.result) }),
  }
}

/** What is worked out of the states that remained. */
export interface Diagnosis extends Pick<LogDivergence, 'allowed' | 'allowedLeft' | 'lookedAt'> {
  readonly candidateCount: number
  readonly candidates: readonly Candidate[]
  readonly blame: readonly Blame[]
}

/** What a diagnosis is made from. */
export interface DiagnosisInput {
  readonly kernel: Kernel
  readonly fields: Fields
  readonly view: View
  /** packed states, one after the other */
  readonly states: Int32Array
  readonly count: number
  readonly event: Observed
  /** name of its action */
  readonly action: string | null
  /** what the log says of the state after the event */
  readonly said: Readonly<Record<string, Json>> | undefined
  readonly sources: Pick<BlameContext, 'specSources' | 'implSources' | 'locate' | 'evaluate'>
}

interface Refusal {
  readonly why: string
  readonly differences: Candidate['differences']
  /** evaluates guards in the specification, which takes a tenth of a second: only for what is shown */
  readonly blame: () => readonly Blame[]
}

const uniqueBlame = (all: readonly Blame[]): Blame[] =>
  all.filter((b, i) => all.findIndex((o) => o.file === b.file && o.line === b.line) === i)

/** Works out why none of the states explains an event. */
export const diagnose = (input: DiagnosisInput): Diagnosis => {
  const { kernel, fields, states, count, event, said } = input
  const { words } = kernel.layout
  const stepper = new Stepper(kernel)
  const context: BlameContext = { ...input.sources, kernel }
  const looked = Math.min(count, MOST_LOOKED_AT)

  const allowed = new Map<string, AllowedStep>()
  for (let i = 0; i < looked; i++) {
    stepper.each(
      -1,
      states,
      i * words,
      () => true,
      (step) => {
        const seen = stepOf(kernel, step)
        allowed.set(`${seen.thread} ${seen.action} ${seen.result ?? ''}`, seen)
      },
    )
  }

  /** an observation that a state does not fit */
  const unlike = (base: number): Refusal => {
    const differs = differences(logged(said ?? {}), elementsOf(fields, states, base))
    return { why: `the state is another: ${Object.keys(differs).join(', ')}`, differences: differs, blame: () => [] }
  }

  /** an action that can be taken, with another result or to another state */
  const otherwise = (base: number, action: string): Refusal | undefined => {
    const results = new Set<string>()
    let nearest: Refusal | undefined
    stepper.each(
      event.thread,
      states,
      base,
      (step) => {
        const info = kernel.steps[step]
        return info?.action === event.action && (event.thread < 0 || info.thread === event.thread)
      },
      (step, next) => {
        const result = resultText(kernel.steps[step]?.result)
        if (event.result !== undefined && result !== event.result) {
          results.add(result ?? 'nothing')
          return
        }
        if (event.state === undefined || passes(event.state, next, 0)) return
        const differs = differences(logged(said ?? {}), elementsOf(fields, next, 0))
        const names = Object.keys(differs)
        if (nearest !== undefined && Object.keys(nearest.differences).length <= names.length) return
        nearest = {
          why: `${action} leads to another state: ${names.join(', ')}`,
          differences: differs,
          blame: () =>
            blameUpdate(
              context,
              action,
              names.map((name) => name.replace(/\[.*$/s, '')),
              { states, base },
            ),
        }
      },
    )
    if (nearest !== undefined) return nearest
    if (results.size === 0) return undefined
    return {
      why: `${action} returns ${[...results].join(' or ')} here, not ${event.result ?? ''}`,
      differences: {},
      blame: () => blameUpdate(context, action, ['pc'], { states, base }),
    }
  }

  /** an action that the event's thread never takes */
  const never = (base: number, action: string): string => {
    const thread = kernel.compiled.machine.threads[event.thread]
    if (thread === undefined) return `the world cannot do ${action} now`
    const slot = kernel.layout.threads[event.thread]
    const node = slot && kernel.compiled.automata[event.thread]?.nodes[readSlot(states, base, slot)]
    return `${threadName(thread.id)} never takes ${action}; it is at ${node?.label ?? '?'}`
  }

  /** an action whose guard is false */
  const guarded = (base: number, action: string): Refusal => {
    const only = event.thread < 0 ? undefined : event.thread
    const at = refusalsIn(kernel, states, base, action).filter(({ thread }) => only === undefined || thread === only)
    const waiting = at.map(({ thread, label, reasons }) => {
      const name = threadName(kernel.compiled.machine.threads[thread]?.id ?? ['?', -1])
      return label === action ? `${name} waits: ${reasons.join(', ')}` : `${name} is at ${label}`
    })
    return {
      why: waiting.length > 0 ? waiting.join('; ') : never(base, action),
      differences: {},
      blame: () =>
        uniqueBlame([
          ...blameSpec(context, action, input.view.decode(states, base), only),
          ...blameImpl(context, action, states, base, only),
        ]),
    }
  }

  const refusal = (base: number): Refusal => {
    if (event.action < 0) return unlike(base)
    if (event.action >= kernel.actions.length) {
      return { why: `this design has no step ${input.action ?? ''}`, differences: {}, blame: () => [] }
    }
    const action = kernel.actions[event.action] ?? ''
    return otherwise(base, action) ?? guarded(base, action)
  }

  // states that come closest first: those that could take the action, then those whose thread is at it
  const ranked = Array.from({ length: looked }, (_, i) => ({ i, rank: rankOf(input, stepper, i * words) })).sort(
    (a, b) => a.rank - b.rank || a.i - b.i,
  )
  const shown: { readonly i: number; readonly refusal: Refusal }[] = []
  const reasons = new Set<string>()
  for (const { i } of ranked) {
    if (shown.length >= MOST_CANDIDATES) break
    const found = refusal(i * words)
    const key = found.why + JSON.stringify(found.differences)
    if (reasons.has(key)) continue
    reasons.add(key)
    shown.push({ i, refusal: found })
  }
  const elements = shown.map(({ i }) => elementsOf(fields, states, i * words))
  const names = telling(elements)
  const candidates = shown.map(({ refusal: found }, k): Candidate => {
    const all = elements[k] ?? {}
    return {
      state: Object.fromEntries(names.map((name) => [name, all[name] ?? null])),
      why: found.why,
      differences: found.differences,
      blame: uniqueBlame(found.blame()),
    }
  })
  const left = allowed.size - MOST_ALLOWED
  return {
    allowed: [...allowed.values()].slice(0, MOST_ALLOWED),
    ...(left > 0 ? { allowedLeft: left } : {}),
    ...(looked < count ? { lookedAt: looked } : {}),
    candidateCount: count,
    candidates,
    blame: candidates[0]?.blame ?? [],
  }
}

/** 0: could take the action, 1: its thread is at it, 2: anything else. */
const rankOf = ({ kernel, event, states, fields, said }: DiagnosisInput, stepper: Stepper, base: number): number => {
  if (event.action < 0) return Object.keys(differences(logged(said ?? {}), elementsOf(fields, states, base))).length
  let rank = 2
  stepper.each(
    event.thread,
    states,
    base,
    (step) => kernel.steps[step]?.action === event.action,
    () => {
      rank = 0
    },
  )
  if (rank === 0) return 0
  const at = kernel.compiled.automata.some((automaton, thread) => {
    const slot = kernel.layout.threads[thread]
    const node = slot && automaton.nodes[readSlot(states, base, slot)]
    return (event.thread < 0 || event.thread === thread) && node?.label === kernel.actions[event.action]
  })
  return at ? 1 : 2
}

/** One step of the way to a rejected event. */
export interface ToldStep extends AllowedStep {
  /** not in the log */
  readonly unlogged: boolean
}

/** Names of steps by the kernel's numbers; -1 is a look at the state. */
export const told = (kernel: Kernel, step: number, unlogged: boolean): ToldStep =>
  step < 0 ? { action: '(state)', thread: '', unlogged } : { ...stepOf(kernel, step), unlogged }

const WIDTH = 75

/** Steps as a diagram, one column per thread; `?` marks those that the log does not have, `>` the rejected event. */
export const stepLanes = (steps: readonly ToldStep[], rejected: ToldStep): string[] => {
  const all = [...steps, rejected]
  const threads = [...new Set(all.map(({ thread }) => thread).filter((t) => t !== ''))].sort()
  if (threads.length === 0) return []
  const width = Math.max(12, Math.floor((WIDTH - 2) / threads.length))
  const line = (mark: string, column: number, text: string): string[] => {
    const room = Math.max(12, WIDTH - 2 - column * width)
    const lines: string[] = []
    for (let at = 0; at < text.length || at === 0; at += room) {
      lines.push(
        `${lines.length === 0 ? mark : ' '} ${' '.repeat(column * width)}${text.slice(at, at + room)}`.trimEnd(),
      )
    }
    return lines
  }
  return [
    `  ${threads.map((t) => t.padEnd(width)).join('')}`.trimEnd(),
    `  ${threads.map((t) => '-'.repeat(t.length).padEnd(width)).join('')}`.trimEnd(),
    ...all.flatMap(({ action, thread, result, unlogged }, i) => {
      const mark = i === all.length - 1 ? '>' : unlogged ? '?' : ' '
      return line(mark, Math.max(0, threads.indexOf(thread)), action + (result === undefined ? '' : ` = ${result}`))
    }),
  ]
}

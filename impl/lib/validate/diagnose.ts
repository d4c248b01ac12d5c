/** Why a log is rejected: what was possible instead, and for the states that remained why each refuses the event. */

import { at } from '../kernel/at.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { Blame } from '../prove/blame.ts'
import type { BlameContext } from '../prove/divergence.ts'
import { blameImpl, blameSpec, blameUpdate, refusalsIn } from '../prove/divergence.ts'
import type { View } from '../tla/state-codec.ts'
import type { Decoded } from './decode.ts'
import type { Fields, Json } from './json-codec.ts'
import { passes } from './json-codec.ts'
import type { AllowedStep, Candidate, LogDivergence } from './result.ts'
import { resultText } from './returns.ts'
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
  const { action, thread, result } = at(kernel.steps, step)
  return {
    action: at(kernel.actions, action),
    // an action of the world may happen to no thread
    thread: thread < 0 ? '' : threadName(at(kernel.compiled.machine.threads, thread).id),
    ...(result === undefined ? {} : { result: JSON.stringify(result) }),
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
  readonly event: Decoded
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

const NO_BLAME: Pick<Refusal, 'differences' | 'blame'> = { differences: {}, blame: () => [] }

const everyStep = (): boolean => true

const uniqueBlame = (all: readonly Blame[]): Blame[] =>
  all.filter((b, i) => all.findIndex((o) => o.file === b.file && o.line === b.line) === i)

/** Why states refuse an event. */
class Refusals {
  private readonly input: DiagnosisInput
  private readonly stepper: Stepper
  private readonly context: BlameContext
  /** the event's thread, where the log says whose step it was */
  private readonly only: number | undefined

  constructor(input: DiagnosisInput) {
    this.input = input
    this.stepper = new Stepper(input.kernel)
    this.context = { ...input.sources, kernel: input.kernel }
    this.only = input.event.thread < 0 ? undefined : input.event.thread
  }

  /** The steps that the first states can take, by their text. */
  allowed(looked: number): ReadonlyMap<string, AllowedStep> {
    const { kernel, states } = this.input
    const allowed = new Map<string, AllowedStep>()
    for (let i = 0; i < looked; i++) {
      this.stepper.each(-1, states, i * kernel.layout.words, everyStep, (step) => {
        const seen = stepOf(kernel, step)
        allowed.set(`${seen.thread} ${seen.action} ${seen.result ?? ''}`, seen)
      })
    }
    return allowed
  }

  /** Why the state at `base` refuses the event. */
  of(base: number): Refusal {
    const { event, kernel, states } = this.input
    if (event.action < 0) {
      const differs = this.differs(states, base)
      return { ...NO_BLAME, why: `the state is another: ${Object.keys(differs).join(', ')}`, differences: differs }
    }
    const action = kernel.actions[event.action]
    if (action === undefined) return { ...NO_BLAME, why: `this design has no step ${this.input.action ?? ''}` }
    return this.otherwise(base, action) ?? this.guarded(base, action)
  }

  /**
   * How far a state is from the event: the nearest are shown. Of a step 0: could take the action, 1: its
   * thread is at it, 2: anything else; of a look how many elements differ.
   */
  rank(base: number): number {
    const { kernel, event, states } = this.input
    if (event.action < 0) return Object.keys(this.differs(states, base)).length
    let rank = 2
    const isAction = (step: number): boolean => at(kernel.steps, step).action === event.action
    this.stepper.each(event.thread, states, base, isAction, () => {
      rank = 0
    })
    if (rank === 0) return 0
    const label = kernel.actions[event.action]
    const isAt = (_: unknown, thread: number): boolean =>
      (this.only ?? thread) === thread && this.labelOf(base, thread) === label
    return kernel.compiled.automata.some(isAt) ? 1 : 2
  }

  private labelOf(base: number, thread: number): string {
    const { kernel, states } = this.input
    const slot = at(kernel.layout.threads, thread)
    return at(at(kernel.compiled.automata, thread).nodes, readSlot(states, base, slot)).label
  }

  private differs(states: Int32Array, base: number): Candidate['differences'] {
    return differences(logged(this.input.said ?? {}), elementsOf(this.input.fields, states, base))
  }

  /** An action that can be taken, with another result or to another state. */
  private otherwise(base: number, action: string): Refusal | undefined {
    const { kernel, states, event } = this.input
    const results = new Set<string>()
    let nearest: Refusal | undefined
    const isEvents = (step: number): boolean => {
      const info = at(kernel.steps, step)
      return info.action === event.action && (this.only ?? info.thread) === info.thread
    }
    this.stepper.each(event.thread, states, base, isEvents, (step, next) => {
      const result = resultText(at(kernel.steps, step).result)
      if (event.result !== undefined && result !== event.result) {
        results.add(result ?? 'nothing')
        return
      }
      if (event.state === undefined || passes(event.state, next, 0)) return
      const found = this.elsewhere(base, action, this.differs(next, 0))
      const size = (refusal: Refusal): number => Object.keys(refusal.differences).length
      if (nearest === undefined || size(found) < size(nearest)) nearest = found
    })
    if (nearest !== undefined) return nearest
    if (results.size === 0) return undefined
    return {
      why: `${action} returns ${[...results].join(' or ')} here, not ${event.result ?? ''}`,
      differences: {},
      blame: () => blameUpdate(this.context, action, ['pc'], { states, base }),
    }
  }

  private elsewhere(base: number, action: string, differs: Candidate['differences']): Refusal {
    const names = Object.keys(differs)
    const variables = names.map((name) => name.replace(/\[.*$/s, ''))
    return {
      why: `${action} leads to another state: ${names.join(', ')}`,
      differences: differs,
      blame: () => blameUpdate(this.context, action, variables, { states: this.input.states, base }),
    }
  }

  /** An action whose guard is false. */
  private guarded(base: number, action: string): Refusal {
    const { kernel, states, view } = this.input
    const { only, context } = this
    const refusals = refusalsIn(kernel, states, base, action).filter(({ thread }) => (only ?? thread) === thread)
    const waiting = refusals.map(({ thread, label, reasons }) => {
      const name = threadName(kernel.compiled.machine.threads[thread]?.id ?? ['?', -1])
      return label === action ? `${name} waits: ${reasons.join(', ')}` : `${name} is at ${label}`
    })
    return {
      why: waiting.length > 0 ? waiting.join('; ') : this.never(base, action),
      differences: {},
      blame: () =>
        uniqueBlame([
          ...blameSpec(context, action, view.decode(states, base), only),
          ...blameImpl(context, action, states, base, only),
        ]),
    }
  }

  /** An action that the event's thread never takes. */
  private never(base: number, action: string): string {
    if (this.only === undefined) return `the world cannot do ${action} now`
    const { id } = at(this.input.kernel.compiled.machine.threads, this.only)
    return `${threadName(id)} never takes ${action}; it is at ${this.labelOf(base, this.only)}`
  }
}

/** Works out why none of the states explains an event. */
export const diagnose = (input: DiagnosisInput): Diagnosis => {
  const { kernel, fields, states, count } = input
  const { words } = kernel.layout
  const refusals = new Refusals(input)
  const looked = Math.min(count, MOST_LOOKED_AT)
  const allowed = refusals.allowed(looked)
  // states that come closest first: those that could take the action, then those whose thread is at it
  const ranked = Array.from({ length: looked }, (_, i) => ({ i, rank: refusals.rank(i * words) })).sort(
    (a, b) => a.rank - b.rank || a.i - b.i,
  )
  const shown: { readonly i: number; readonly refusal: Refusal }[] = []
  const reasons = new Set<string>()
  for (const { i } of ranked) {
    if (shown.length >= MOST_CANDIDATES) break
    const found = refusals.of(i * words)
    const key = found.why + JSON.stringify(found.differences)
    if (reasons.has(key)) continue
    reasons.add(key)
    shown.push({ i, refusal: found })
  }
  const elements = shown.map(({ i }) => elementsOf(fields, states, i * words))
  const names = telling(elements)
  const candidates = shown.map(({ refusal }, k): Candidate => {
    const all = at(elements, k)
    return {
      state: Object.fromEntries(names.map((name) => [name, all[name] ?? null])),
      why: refusal.why,
      differences: refusal.differences,
      blame: uniqueBlame(refusal.blame()),
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

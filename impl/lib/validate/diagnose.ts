/** Why a log is rejected: what was possible instead, and for the states that remained why each refuses the event. */

import { given } from '../kernel/given.ts'
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
import { seenEvent } from './reader.ts'
import type { Rejection, ToldStep } from './rejection.ts'
import { stepLanes, stepOf } from './rejection.ts'
import type { AllowedStep, Candidate, LogDivergence, SeenEvent } from './result.ts'
import { resultText } from './returns.ts'
import type { LogSubject } from './subject.ts'
import { Stepper } from '../kernel/machine/stepper.ts'

/** A few candidates tell a reviewer more than all of them. */
const MOST_CANDIDATES = 4
/** States whose refusal is looked at: with more of them the reasons repeat. */
const MOST_LOOKED_AT = 200
const MOST_ALLOWED = 40
/** Steps in the diagram. */
const SHOWN = 24

/** A subject and everything that talking of its states needs. */
export interface ReadSubject {
  readonly subject: LogSubject
  readonly kernel: Kernel
  readonly fields: Fields
  readonly view: View
}

/** Elements of a state, e.g. `pc[vcpu0]`, as JSON. */
type Elements = Readonly<Record<string, Json>>

/** A state as a log has it, one entry per element of its functions. */
const elementsOf = (fields: Fields, states: Int32Array, base: number): Elements =>
  Object.fromEntries(
    Object.entries(fields.read(states, base)).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value) ? partsOf(name, value) : [[name, value]],
    ),
  )

const partsOf = (name: string, value: object): [string, Json][] =>
  Object.entries<Json>({ ...value }).map(([argument, v]) => [`${name}[${argument}]`, v])

const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Entries in which some of the states differ; those of the first if there is one state only. */
const telling = (all: readonly Elements[]): string[] => {
  const [first = {}, ...others] = all
  return Object.keys(first).filter((name) => others.some((o) => !same(o[name], first[name])))
}

/** What a log says of elements, in the names of `elementsOf`. */
const logged = (state: Readonly<Record<string, Json>>): Elements =>
  Object.fromEntries(
    Object.entries(state).flatMap(([name, value]): [string, Json][] => {
      const isWhole = typeof value === 'object' && value !== null && !name.includes('[')
      return [...(isWhole ? partsOf(name, value) : []), [name, value]]
    }),
  )

const differences = (said: Elements, has: Elements): Candidate['differences'] =>
  Object.fromEntries(
    Object.entries(said)
      .filter(([name, value]) => Object.hasOwn(has, name) && !same(value, has[name]))
      .map(([name, value]) => [name, { logged: value, model: has[name] ?? null }]),
  )

/** A rejected event, and what it is held against. */
interface Rejected extends ReadSubject, Rejection {
  /** as the log has it */
  readonly seen: SeenEvent
}

interface Refusal {
  readonly why: string
  readonly differences?: Candidate['differences']
  /** evaluates guards in the specification, which takes a tenth of a second: only for what is shown */
  readonly blame?: (context: BlameContext) => readonly Blame[]
}

const everyStep = (): boolean => true

const uniqueBlame = (all: readonly Blame[]): Blame[] =>
  all.filter((b, i) => all.findIndex((o) => o.file === b.file && o.line === b.line) === i)

/** Why states refuse an event. */
class Refusals {
  private readonly input: Rejected
  private readonly event: Decoded
  private readonly stepper: Stepper
  /** the event's thread, where the log says whose step it was */
  private readonly only: number | undefined

  constructor(input: Rejected) {
    this.input = input
    this.event = input.entry.decoded
    this.stepper = new Stepper(input.kernel)
    this.only = this.event.thread < 0 ? undefined : this.event.thread
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
    const { kernel, states, seen } = this.input
    if (this.event.action < 0) {
      const differs = this.differs(states, base)
      return { why: `the state is another: ${Object.keys(differs).join(', ')}`, differences: differs }
    }
    const action = kernel.actions[this.event.action]
    if (action === undefined) return { why: `this design has no step ${seen.action ?? ''}` }
    return this.otherwise(base, action) ?? this.guarded(base, action)
  }

  /**
   * How far a state is from the event: the nearest are shown. Of a step 0: could take the action, 1: its
   * thread is at it, 2: anything else; of a look how many elements differ.
   */
  rank(base: number): number {
    const { event, input } = this
    const { kernel, states } = input
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
    return differences(logged(this.input.seen.state ?? {}), elementsOf(this.input.fields, states, base))
  }

  /** An action that can be taken, with another result or to another state. */
  private otherwise(base: number, action: string): Refusal | undefined {
    const { event, input } = this
    const { kernel, states } = input
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
      const size = ({ differences: all = {} }: Refusal): number => Object.keys(all).length
      if (nearest === undefined || size(found) < size(nearest)) nearest = found
    })
    if (nearest !== undefined) return nearest
    if (results.size === 0) return undefined
    return {
      why: `${action} returns ${[...results].join(' or ')} here, not ${event.result ?? ''}`,
      blame: (context) => blameUpdate(context, action, ['pc'], { states, base }),
    }
  }

  private elsewhere(base: number, action: string, differs: Candidate['differences']): Refusal {
    const names = Object.keys(differs)
    const variables = names.map((name) => name.replace(/\[.*$/s, ''))
    return {
      why: `${action} leads to another state: ${names.join(', ')}`,
      differences: differs,
      blame: (context) => blameUpdate(context, action, variables, { states: this.input.states, base }),
    }
  }

  /** An action whose guard is false. */
  private guarded(base: number, action: string): Refusal {
    const { kernel, states, view } = this.input
    const { only } = this
    const refusals = refusalsIn(kernel, states, base, action).filter(({ thread }) => (only ?? thread) === thread)
    const waiting = refusals.map(({ thread, label, reasons }) => {
      const name = threadName(kernel.compiled.machine.threads[thread]?.id ?? ['?', -1])
      return label === action ? `${name} waits: ${reasons.join(', ')}` : `${name} is at ${label}`
    })
    return {
      why: waiting.length > 0 ? waiting.join('; ') : this.never(base, action),
      blame: (context) => [
        ...blameSpec(context, action, view.decode(states, base), only),
        ...blameImpl(context, action, states, base, only),
      ],
    }
  }

  /** An action that the event's thread never takes. */
  private never(base: number, action: string): string {
    if (this.only === undefined) return `the world cannot do ${action} now`
    const { id } = at(this.input.kernel.compiled.machine.threads, this.only)
    return `${threadName(id)} never takes ${action}; it is at ${this.labelOf(base, this.only)}`
  }
}

/** The first states by what they refuse the event for, each reason once; those come first that are closest to taking it. */
const shownOf = (refusals: Refusals, looked: number, words: number): (Refusal & { readonly base: number })[] => {
  const ranked = Array.from({ length: looked }, (_, i) => ({ base: i * words, rank: refusals.rank(i * words) }))
  ranked.sort((a, b) => a.rank - b.rank || a.base - b.base)
  const shown: (Refusal & { readonly base: number })[] = []
  const reasons = new Set<string>()
  for (const { base } of ranked) {
    if (shown.length >= MOST_CANDIDATES) break
    const found = refusals.of(base)
    const key = `${found.why}${JSON.stringify(found.differences)}`
    if (!reasons.has(key)) shown.push({ ...found, base })
    reasons.add(key)
  }
  return shown
}

/** Says why none of the states explains an event; without sources it names no guard to blame. */
export const divergenceOf = (read: ReadSubject, rejection: Rejection): LogDivergence => {
  const { subject, kernel, fields } = read
  const { entry, states, count, cut = false, repairs, way } = rejection
  const seen = seenEvent(entry)
  const sources = subject.sources?.()
  const context = sources && { ...sources, kernel }
  const refusals = new Refusals({ ...read, ...rejection, seen })
  const looked = Math.min(count, MOST_LOOKED_AT)
  const allowed = refusals.allowed(looked)
  const shown = shownOf(refusals, looked, kernel.layout.words)
  const elements = shown.map(({ base }) => elementsOf(fields, states, base))
  const names = telling(elements)
  const candidates = shown.map(({ why, differences = {}, blame }, k): Candidate => {
    const state = Object.fromEntries(names.map((name) => [name, elements[k]?.[name] ?? null]))
    return { state, why, differences, blame: context === undefined ? [] : uniqueBlame(blame?.(context) ?? []) }
  })
  const left = allowed.size - MOST_ALLOWED
  const thread = kernel.compiled.machine.threads[entry.decoded.thread]
  const rejected: ToldStep = {
    action: seen.action ?? '(state)',
    thread: thread === undefined ? '' : threadName(thread.id),
    ...given({ result: seen.result === undefined ? undefined : JSON.stringify(seen.result) }),
    unlogged: false,
  }
  return {
    line: entry.line,
    column: 1,
    event: seen,
    allowed: [...allowed.values()].slice(0, MOST_ALLOWED),
    ...given({ allowedLeft: left > 0 ? left : undefined, lookedAt: looked < count ? looked : undefined }),
    candidateCount: count,
    candidates,
    blame: candidates[0]?.blame ?? [],
    ...given({ candidatesCut: cut ? (true as const) : undefined }),
    repairs,
    lanes: stepLanes(way.slice(-SHOWN), rejected),
  }
}

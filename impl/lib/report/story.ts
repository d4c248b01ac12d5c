/** A counterexample told in the words of the C code; the one source of every diagram, whatever it looks like. */

import type { BehaviourStep, Counterexample, Ending } from '../behaviour/counterexample.ts'
import type { OpKind } from '../kernel/language/op.ts'
import type { ThreadId } from '../kernel/language/machine.ts'
import { sameThread } from '../kernel/language/machine.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { equal } from '../kernel/language/value.ts'
import type { ActionDocs, Statement, StepContext, Wording } from '../protocol/docs.ts'
import { meaningOf } from '../protocol/docs.ts'
import { isBuffered, seenAfter } from '../protocol/memory-docs.ts'
import { elementsOf, labelOf, reader, valueText } from '../behaviour/state-reader.ts'

/** One step as a diagram shows it. */
export interface Moment {
  /** index into the story's lanes */
  readonly lane: number
  readonly kind: OpKind
  /** what made the thread take the step, where the world did */
  readonly cause: string | undefined
  /** the C function, where it is another than in the lane's step before */
  readonly enters: Wording | undefined
  /** the statement that it is a part of, where that is another than in the lane's step before */
  readonly heading: string | undefined
  readonly statement: Wording | undefined
  /** is it a part of a statement? */
  readonly isPart: boolean
  readonly then: readonly string[]
}

/** A thread that cannot go on. */
export interface Blocked {
  readonly lane: number | undefined
  readonly thread: string
  readonly waits: string
}

/** A counterexample in words. */
export interface Story {
  readonly title: string
  readonly lanes: readonly string[]
  readonly moments: readonly Moment[]
  /** the moments from this one on repeat for ever; `stuck` if nothing more happens; undefined for a finite behaviour */
  readonly loop: number | 'stuck' | undefined
  readonly deadlock: boolean
  readonly blocked: readonly Blocked[]
  readonly ending: Ending | undefined
  /** lanes of the threads that the ending says cannot go on */
  readonly endsIn: readonly number[]
  /** the fields that changed at some time, as they are in the end */
  readonly leftBehind: readonly string[]
  readonly property: string
  readonly meaning: string
  readonly prevention: readonly string[]
  readonly notes: readonly string[]
}

/** What a story cannot know from the counterexample. */
export interface StoryOptions {
  /** value of a toggle in the counterexample's model; with it the prevention can say which way to switch */
  readonly toggle?: (name: string) => boolean | undefined
  /** what is said of the property: `Violated`, unless told */
  readonly claim?: string
}

const wording = (text: string | Wording): Wording => (typeof text === 'string' ? { full: text, brief: text } : text)

/** The result of an access as C writes it. */
const resultText = (result: unknown): string =>
  typeof result === 'boolean' || typeof result === 'number' || typeof result === 'string'
    ? String(result)
    : JSON.stringify(result)

/** The value that a store puts into its location, visible to others at once or not. */
const storedText = (context: StepContext): string => {
  const { stored } = context.step
  return stored === undefined ? (seenAfter(context) ?? '...') : valueText(stored)
}

/** A store as C writes it, by what it orders. */
const storeText = (context: StepContext): string | Wording => {
  const { access, what } = context.step
  const value = storedText(context)
  const brief = `${what} = ${value}`
  switch (access) {
    case 'release':
      return { full: `smp_store_release(&${what}, ${value})`, brief }
    case 'xchg':
      return { full: `smp_store_mb(${what}, ${value})`, brief }
    case 'store':
      return { full: `WRITE_ONCE(${what}, ${value})`, brief }
    default:
      // of data that a lock protects, or whose value is made of the one before
      return brief
  }
}

/** A locked instruction as C writes it. */
const rmwText = (context: StepContext): string | Wording => {
  const { compared, result, what } = context.step
  const value = storedText(context)
  const found = resultText(result)
  if (compared === undefined) return { full: `xchg(&${what}, ${value}) == ${found}`, brief: `xchg(&${what}, ${value})` }
  const call = `cmpxchg(&${what}, ${valueText(compared)}, ${value})`
  return { full: `${call} == ${found}`, brief: call }
}

/** A store that waits in its thread's buffer says so. */
const buffered = (context: StepContext): readonly string[] =>
  context.step.kind === 'store' && isBuffered(context) ? ['/* buffered: not visible yet */'] : []

/** A step that the docs say nothing about. */
const derivedText = (context: StepContext): string | Wording => {
  const { kind, what, result } = context.step
  switch (kind) {
    case 'load': {
      const value = resultText(result)
      return { full: `READ_ONCE(${what}) == ${value}`, brief: `${what} == ${value}` }
    }
    case 'store':
      return storeText(context)
    case 'rmw':
      return rmwText(context)
    case 'wait':
      return `wait for ${what}: done`
    case 'barrier':
    case 'atomic':
    case 'end':
      return what
  }
}

const contextsOf = (cx: Counterexample): StepContext[] => {
  const { initial, steps, names } = cx.behaviour
  return steps.map((step, i) => ({
    step,
    vcpu: step.thread[1],
    before: reader(i === 0 ? initial : (steps[i - 1]?.state ?? initial)),
    after: reader(step.state),
    names,
  }))
}

/** The threads that take part, in the order of their first steps: a race is read from the left to the right. */
const participants = ({ behaviour }: Counterexample): ThreadId[] => {
  const all = behaviour.steps.map(({ thread }) => thread)
  return all.filter((thread, i) => all.findIndex((other) => sameThread(thread, other)) === i)
}

const statementOf = (context: StepContext, docs: ActionDocs): Statement => {
  const said = docs.actions[context.step.action]?.statement?.(context) ?? {}
  if (context.step.environment) return { cause: context.step.what, ...said }
  const then = [...buffered(context), ...(said.then ?? [])]
  return { text: context.step.words?.text ?? derivedText(context), ...said, then }
}

/** Function that an action is a step of. */
const functionOf = ({ action, words }: BehaviourStep, docs: ActionDocs): Wording | undefined => {
  const named = docs.actions[action]?.function ?? words?.function ?? action
  // a step of no function, as in a litmus test
  if (named === '') return undefined
  const { full, brief } = wording(named)
  return { full: `${full}()`, brief: `${brief}()` }
}

/** The steps as moments; remembers the function that each lane is in. */
const momentsOf = (cx: Counterexample, docs: ActionDocs, threads: readonly ThreadId[]): Moment[] => {
  const inside = new Map<number, string>()
  const under = new Map<number, string>()
  return contextsOf(cx).map((context, i): Moment => {
    const { step } = context
    const lane = threads.findIndex((thread) => sameThread(thread, step.thread))
    const { cause, heading, text, then = [] } = statementOf(context, docs)
    const statement = text === undefined ? undefined : wording(text)
    const moment = { lane, kind: step.kind, cause, then, statement, isPart: heading !== undefined }
    if (step.environment) return { ...moment, enters: undefined, heading: undefined }
    // a loop is read by itself, and a new call is a new call
    if (i === cx.behaviour.loop) {
      inside.clear()
      under.clear()
    }
    const enters = functionOf(step, docs)
    const same = cause === undefined && inside.get(lane) === enters?.full
    const isSaid = same && under.get(lane) === heading
    inside.set(lane, enters?.full ?? '')
    under.set(lane, heading ?? '')
    return { ...moment, enters: same ? undefined : enters, heading: isSaid ? undefined : heading }
  })
}

const finalState = ({ behaviour }: Counterexample): ReadonlyMap<string, TlaValue> =>
  behaviour.steps.at(-1)?.state ?? behaviour.initial

/** All threads of the machine, from the domain of `pc`. */
const allThreads = (cx: Counterexample): ThreadId[] => {
  const pc = cx.behaviour.initial.get('pc')
  if (pc?.kind !== 'fun') return []
  return pc.entries.flatMap(([argument]): ThreadId[] => {
    const [kind, id] = argument.kind === 'seq' ? argument.items : []
    return kind?.kind === 'str' && id?.kind === 'int' ? [[kind.value, Number(id.value)]] : []
  })
}

/** Threads that take no step any more though they would. */
const blockedIn = (cx: Counterexample, docs: ActionDocs, threads: readonly ThreadId[]): Blocked[] => {
  const { loop, steps, initial } = cx.behaviour
  if (loop === undefined && cx.kind !== 'deadlock') return []
  const state = reader(finalState(cx))
  const moving = loop === undefined ? [] : steps.slice(loop).filter(({ environment }) => !environment)
  return allThreads(cx).flatMap((thread): Blocked[] => {
    const waits = docs.actions[labelOf(state, thread) ?? '']?.waits?.(state, thread)
    if (waits === undefined || moving.some((step) => sameThread(step.thread, thread))) return []
    const lane = threads.findIndex((other) => sameThread(other, thread))
    return [{ lane: lane < 0 ? undefined : lane, thread: docs.lane(thread, reader(initial)), waits }]
  })
}

const changedSometime = (variable: string, argument: string, initial: TlaValue, steps: readonly BehaviourStep[]) =>
  steps.some(({ state }) => {
    const value = state.get(variable)
    const now = value && elementsOf(value).find(([a]) => a === argument)
    return now !== undefined && !equal(now[1], initial)
  })

/** Fields that the behaviour changed, as they are in its last state. */
const leftBehindBy = (cx: Counterexample, docs: ActionDocs): string[] => {
  const last = finalState(cx)
  return [...cx.behaviour.names].flatMap(([variable, names]) => {
    const [before, after] = [cx.behaviour.initial.get(variable), last.get(variable)]
    if (before === undefined || after === undefined) return []
    const initial = new Map(elementsOf(before))
    return elementsOf(after).flatMap(([argument, value]) => {
      const from = initial.get(argument)
      if (from === undefined || !changedSometime(variable, argument, from, cx.behaviour.steps)) return []
      const name = names.get(argument)
      const text = valueText(value)
      return name === undefined ? [] : [`${name} == ${docs.values[variable]?.(text) ?? text}`]
    })
  })
}

const preventionBy = (toggle: string, docs: ActionDocs, { toggle: valueOf }: StoryOptions): string => {
  const doc = docs.toggles[toggle]
  const value = valueOf?.(toggle)
  if (doc === undefined) return value === undefined ? `switching ${toggle}` : `${toggle} = ${value ? 'FALSE' : 'TRUE'}`
  if (value === undefined) return `switching ${toggle} (TRUE: ${doc.on}; FALSE: ${doc.off})`
  return value ? `${toggle} = FALSE: ${doc.off}` : `${toggle} = TRUE: ${doc.on}`
}

const titleOf = ({ model, behaviour }: Counterexample): string => {
  const count = behaviour.steps.length
  return `${model}, ${count} ${count === 1 ? 'step' : 'steps'}`
}

/** Tells a counterexample. */
export const tell = (cx: Counterexample, docs: ActionDocs, options: StoryOptions = {}): Story => {
  const { initial, steps, loop } = cx.behaviour
  const threads = participants(cx)
  const start = reader(initial)
  return {
    title: titleOf(cx),
    lanes: threads.map((thread) => docs.lane(thread, start)),
    moments: momentsOf(cx, docs, threads),
    loop: loop !== undefined && loop >= steps.length ? 'stuck' : loop,
    deadlock: cx.kind === 'deadlock',
    blocked: blockedIn(cx, docs, threads),
    ending: cx.ending,
    endsIn: (cx.ending?.blocked ?? []).flatMap((thread) => {
      const lane = threads.findIndex((other) => sameThread(other, thread))
      return lane < 0 ? [] : [lane]
    }),
    leftBehind: leftBehindBy(cx, docs),
    property: cx.property,
    meaning: meaningOf(docs, cx.property),
    prevention: cx.preventedBy.map((toggle) => preventionBy(toggle, docs, options)),
    notes: docs.notes,
  }
}

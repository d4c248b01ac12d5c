/**
 * The set of all model states that explain a log so far, for logs whose events are in the order in which they happened.
 * An event is a step of the model or a look at it; between two events the model may take steps that the log does not
 * have. What is kept is the set of states, and the last few events with how each state came about: the size of a log costs
 * no memory.
 */

import { StateSet } from '../kernel/explore/state-set.ts'
import { Stepper } from '../kernel/machine/stepper.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import type { Decoded } from './decode.ts'
import { passes } from './json-codec.ts'
import { resultText } from './returns.ts'
import { Ring } from './ring.ts'

/** What became of an event. */
export type Taken = 'explained' | 'rejected' | 'limit'

/** Options of a tracker. */
export interface TrackerOptions {
  /** per action: may the model take it without the log having it? */
  readonly silent: Uint8Array
  /** give up with more states than this at a time */
  readonly maxStates?: number | undefined
  /** how many events are remembered with their states, for diagnosis */
  readonly memory?: number
}

/** States of one moment of the past. */
export interface Layer {
  readonly rows: Int32Array
  readonly count: number
  readonly from: Int32Array
  /** how each came about, see `arrivalOf`; where `from` is -1 it began there */
  readonly via: Int32Array
}

/** States at a time, unless another limit is given. */
export const MAX_STATES = 2_000_000
const MEMORY = 32
/** Moments with more states than this are not remembered. */
const MEMORABLE = 4096

/** How a state came about. */
export interface Arrival {
  /** index into the kernel's steps; -1: nothing was done, the state was looked at */
  readonly step: number
  readonly logged: boolean
}

/** The number that stands for it in `via`, which has nothing else. */
const viaOf = ({ step, logged }: Arrival): number => 2 * (step + 1) + (logged ? 1 : 0)

/** What a number in `via` stands for. */
export const arrivalOf = (via: number): Arrival => ({ step: (via >> 1) - 1, logged: (via & 1) === 1 })

const LOOK = viaOf({ step: -1, logged: true })

/** What an event is compared with, of all steps. */
interface StepTable {
  readonly action: Int32Array
  readonly thread: Int32Array
  /** number of the step's result, by its text */
  readonly result: Int32Array
  readonly results: ReadonlyMap<string | undefined, number>
}

const tables = new WeakMap<Kernel['steps'], StepTable>()

const tableOf = (steps: Kernel['steps']): StepTable => {
  const known = tables.get(steps)
  if (known !== undefined) return known
  const results = new Map<string | undefined, number>()
  const result = Int32Array.from(steps, (step) => {
    const text = resultText(step.result)
    const number = results.get(text) ?? results.size
    results.set(text, number)
    return number
  })
  const table = {
    action: Int32Array.from(steps, (step) => step.action),
    thread: Int32Array.from(steps, (step) => step.thread),
    result,
    results,
  }
  tables.set(steps, table)
  return table
}

/** Which steps of a machine an event may be. */
export const matcher = (
  { steps }: Pick<Kernel, 'steps'>,
  { action, thread, result }: Decoded,
): ((step: number) => boolean) => {
  const table = tableOf(steps)
  const wanted = result === undefined ? -1 : (table.results.get(result) ?? -2)
  // a thread's own step and one of the world's are told apart by action, and the world's by the thread that it happens to
  return (step) =>
    table.action[step] === action &&
    (thread < 0 || table.thread[step] === thread) &&
    (wanted === -1 || table.result[step] === wanted)
}

/** A copy of a set of states, in memory that is used again. */
class Moment {
  private rows = new Int32Array(0)
  private from = new Int32Array(0)
  private via = new Int32Array(0)
  private count = 0

  set({ rows, count, from, via, words }: StateSet): void {
    if (this.from.length < count) {
      this.rows = new Int32Array(2 * count * words)
      this.from = new Int32Array(2 * count)
      this.via = new Int32Array(2 * count)
    }
    const size = count * words
    // most sets have one state, and calls for so little cost more than they copy
    for (let i = 0; i < size; i++) this.rows[i] = rows[i] ?? 0
    for (let i = 0; i < count; i++) {
      this.from[i] = from[i] ?? 0
      this.via[i] = via[i] ?? 0
    }
    this.count = count
  }

  get layer(): Layer {
    const { rows, from, via, count } = this
    return { rows, count, from, via }
  }
}

/** Follows one log in one model. */
export class Tracker {
  readonly kernel: Kernel
  readonly stepper: Stepper
  private readonly options: TrackerOptions
  private readonly anySilent: boolean
  /** the states after the last event */
  private now: StateSet
  private other: StateSet
  private readonly past: Ring<Moment>
  private gap = false
  /** events that were explained */
  explained = 0

  constructor(kernel: Kernel, options: TrackerOptions) {
    this.kernel = kernel
    this.options = options
    this.past = new Ring(options.memory ?? MEMORY)
    this.stepper = new Stepper(kernel)
    this.anySilent = options.silent.includes(1)
    this.now = new StateSet(kernel.layout.words)
    this.other = new StateSet(kernel.layout.words)
    this.now.add(kernel.initial, 0, -1, -1)
  }

  /** Goes on from states of another moment. */
  resume(rows: Int32Array, count: number): void {
    this.now.clear()
    for (let i = 0; i < count; i++) this.now.add(rows, i * this.now.words, -1, -1)
  }

  /** The states that explain the log so far, unlogged steps after its last event included once `close` was called. */
  get states(): StateSet {
    return this.now
  }

  /** From how many states the last event was taken, unlogged steps included. */
  get width(): number {
    return this.other.count
  }

  /** How the states of the last events came about, the newest last. */
  get history(): readonly Layer[] {
    return this.past.last().map(({ layer }) => layer)
  }

  /** Adds what unlogged steps lead to, after a gap what any steps do; false if that is too much. */
  close(): boolean {
    if (!this.anySilent && !this.gap) return true
    const { silent, maxStates = MAX_STATES } = this.options
    const { now, stepper, kernel, gap } = this
    const isSilent = (step: number): boolean => gap || silent[kernel.steps[step]?.action ?? -1] === 1
    for (let i = 0; i < now.count; i++) {
      if (now.count > maxStates) return false
      stepper.each(-1, now.rows, i * now.words, isSilent, (step, next) => {
        now.add(next, 0, i, viaOf({ step, logged: false }))
      })
    }
    return true
  }

  /** Events were lost: until the next one anything may have happened. */
  lose(): void {
    this.gap = true
  }

  /** Takes an event. After `rejected` and `limit` the states are those before it, with what unlogged steps lead to. */
  take(event: Decoded): Taken {
    if (!this.close()) return 'limit'
    const { now, other, stepper } = this
    const { state } = event
    other.clear()
    if (event.action < 0) {
      for (let i = 0; i < now.count; i++) {
        if (state === undefined || passes(state, now.rows, i * now.words)) other.add(now.rows, i * now.words, i, LOOK)
      }
    } else {
      const wanted = matcher(this.kernel, event)
      for (let i = 0; i < now.count; i++) {
        stepper.each(event.thread, now.rows, i * now.words, wanted, (step, next) => {
          if (state === undefined || passes(state, next, 0)) other.add(next, 0, i, viaOf({ step, logged: true }))
        })
      }
    }
    if (other.count === 0) return 'rejected'
    this.remember(now)
    this.now = other
    this.other = now
    this.explained += 1
    this.gap = false
    return 'explained'
  }

  private remember(states: StateSet): void {
    if (this.options.memory === 0) return
    if (states.count > MEMORABLE) {
      this.past.clear()
      return
    }
    const moment = this.past.leaving ?? new Moment()
    moment.set(states)
    this.past.add(moment)
  }
}

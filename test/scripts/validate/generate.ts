/** Logs for the reverse oracle: walks of a machine as a system could have logged them, and with faults put in. */

import type { Kernel } from '../../../impl/lib/kernel/machine/tables.ts'
import { threadName } from '../../../impl/lib/kernel/language/machine.ts'
import type { LogEvent, Order } from '../../../impl/lib/validate/event.ts'
import type { Fields, Json } from '../../../impl/lib/validate/json-codec.ts'
import type { SampleEvent } from '../../../impl/lib/validate/sample.ts'
import { randomFrom, sampleEvents } from '../../../impl/lib/validate/sample.ts'

type Line = { readonly [K in keyof Omit<LogEvent, 'line'>]?: LogEvent[K] | undefined }
type State = Readonly<Record<string, Json>>

/** A log, and what was done to it. */
export interface Generated {
  readonly lines: readonly string[]
  readonly order: Order
  readonly unlogged: 'any' | readonly string[]
  /** steps are missing from it, or the order between lanes */
  readonly partial: boolean
}

/** What a machine's logs are made from. */
export interface Source {
  readonly kernel: Kernel
  readonly fields: Fields
  /** steps that nobody knows of, `any` of them or in a gap: for models that are small enough for TLC to go through them all */
  readonly small: boolean
}

const STEP = 100

/** A stream of random choices. */
class Dice {
  private readonly random: () => number

  constructor(seed: number) {
    this.random = randomFrom(seed)
  }

  chance(p: number): boolean {
    return this.random() < p
  }

  below(n: number): number {
    return Math.floor(this.random() * n)
  }

  fraction(): number {
    return this.random()
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to choose from')
    return item
  }
}

/** Part of a state: some variables, whole or by element. */
const coarse = (state: State, known: number, dice: Dice): State => {
  const out: Record<string, Json> = {}
  for (const [name, value] of Object.entries(state)) {
    if (!dice.chance(known)) continue
    if (typeof value !== 'object' || value === null || Array.isArray(value) || dice.chance(0.5)) out[name] = value
    else {
      for (const [argument, element] of Object.entries(value as Record<string, Json>)) {
        if (dice.chance(0.5)) out[`${name}[${argument}]`] = element
      }
    }
  }
  return out
}

/** An event of the walk, as it is written down. */
const written = (event: SampleEvent, known: number, lane: string | undefined, dice: Dice): Line => {
  const state = coarse(event.state ?? {}, known, dice)
  const said = Object.keys(state).length > 0
  const looked = said && dice.chance(0.08)
  return {
    ...(looked ? {} : { action: event.action }),
    ...(dice.chance(looked ? 0.5 : 0.1) ? {} : { thread: event.thread }),
    ...(lane === undefined ? {} : { lane }),
    ...(said ? { state } : {}),
  }
}

/** When each event began and ended: true times in between, and a lane's events one after the other. */
const timed = (lines: readonly Line[], dice: Dice): Line[] => {
  const at = (i: number | undefined, otherwise: number): number => (i === undefined ? otherwise : i * STEP)
  return lines.map((line, i) => {
    const own = lines.flatMap((other, j) => (other.lane === line.lane ? [j] : []))
    const here = own.indexOf(i)
    const before = at(own[here - 1], i * STEP - 2 * STEP)
    const after = at(own[here + 1], i * STEP + 2 * STEP)
    const time = Math.ceil(i * STEP - (dice.fraction() * (i * STEP - before)) / 2)
    const end = Math.floor(i * STEP + (dice.fraction() * (after - i * STEP)) / 2.1)
    return { ...line, time, ...(end === time && dice.chance(0.5) ? {} : { end }) }
  })
}

/** Another value that a variable has in the same log. */
const otherState = (lines: readonly Line[], state: State, dice: Dice): State => {
  const name = dice.of(Object.keys(state))
  const values = lines.flatMap(({ state: s }) => (s?.[name] === undefined ? [] : [s[name]]))
  return { ...state, [name]: dice.of(values) }
}

/** Puts a fault into a log. */
const altered = (lines: readonly Line[], { kernel }: Source, dice: Dice): Line[] => {
  const i = dice.below(lines.length)
  const [a, b] = [lines[i], lines[i + 1]]
  if (a === undefined) return [...lines]
  const swapTimes = (to: Line, from: Line): Line => ({ ...to, time: from.time, end: from.end })
  switch (dice.below(7)) {
    case 0:
      return lines.toSpliced(i, 1)
    case 1:
      // a lane's times must not run backwards: they stay where they are
      return b === undefined ? [...lines] : lines.toSpliced(i, 2, swapTimes(b, a), swapTimes(a, b))
    case 2:
      return lines.toSpliced(i, 1, { ...a, action: dice.of(kernel.actions) })
    case 3: {
      const { action } = dice.of(lines)
      return action === undefined ? [...lines] : lines.toSpliced(i, 1, { ...a, action })
    }
    case 4: {
      const id = dice.of(kernel.compiled.machine.threads).id
      return lines.toSpliced(i, 1, { ...a, thread: threadName(id) })
    }
    case 5: {
      const { state } = a
      return state === undefined ? [...lines] : lines.toSpliced(i, 1, { ...a, state: otherState(lines, state, dice) })
    }
    default:
      return a.end === undefined || a.end === a.time ? lines.toSpliced(i, 0, a) : lines.toSpliced(i, 1)
  }
}

/** A swap over lanes leaves a lane's times as they were only if both are of one lane; else the log is none. */
const isOrdered = (lines: readonly Line[]): boolean => {
  const ends = new Map<string, number>()
  return lines.every(({ lane = '', time, end }) => {
    if (time === undefined) return true
    const ok = time >= (ends.get(lane) ?? -Infinity)
    ends.set(lane, end ?? time)
    return ok
  })
}

interface Lacking {
  readonly events: readonly (SampleEvent | { readonly lost: number; readonly thread: string })[]
  readonly unlogged: Generated['unlogged']
  readonly missing: boolean
}

/** Leaves events out, in one of the ways in which a log can say so, or does not. */
const lacking = (events: readonly SampleEvent[], { kernel, small }: Source, dice: Dice): Lacking => {
  const ways = small ? ['none', 'none', 'actions', 'actions', 'any', 'gap', 'gap'] : ['none', 'actions', 'actions']
  switch (dice.of(ways)) {
    case 'actions': {
      const names = Array.from({ length: 1 + dice.below(4) }, () => dice.of(events).action)
      const unlogged = [...new Set(dice.chance(0.2) ? [...names, dice.of(kernel.actions)] : names)]
      const left = events.filter(({ action }) => !unlogged.includes(action) || dice.chance(0.15))
      return { events: left, unlogged, missing: left.length < events.length }
    }
    case 'any': {
      const left = events.filter(() => dice.chance(0.6))
      return { events: left, unlogged: 'any', missing: left.length < events.length }
    }
    case 'gap': {
      const { threads } = kernel.compiled.machine
      const all: Lacking['events'][number][] = [...events]
      for (let gaps = dice.chance(0.6) ? 1 : 2; gaps > 0; gaps--) {
        const at = dice.below(all.length + 1)
        const length = dice.below(4)
        // a lane that lost events need not have any others
        const whose = dice.chance(0.7) ? dice.of(events).thread : threadName(dice.of(threads).id)
        all.splice(at, length, { lost: length + 1, thread: dice.chance(0.4) ? '' : whose })
      }
      return { events: all, unlogged: [], missing: true }
    }
    default:
      return { events, unlogged: [], missing: false }
  }
}

/** A log by its seed. */
export const generate = (source: Source, seed: number): Generated => {
  const dice = new Dice(seed)
  const order = dice.of<Order>(['total', 'total', 'per-cpu', 'interval'])
  const walk = sampleEvents(source.kernel, source.fields, { seed, steps: 3 + dice.below(14) })
  const { events, unlogged, missing } = lacking(walk, source, dice)
  const known = dice.of([0, 0, 0.1, 0.3, 1])
  const cpus = dice.chance(0.3) ? 2 : 0
  const laneOf = (thread: string): string | undefined =>
    order === 'total' && dice.chance(0.7) ? undefined : cpus === 0 ? thread : `cpu${thread.length % cpus}`
  let lines: Line[] = events
    // the order that the lanes are logged in is the walk's: what a lane has is what its thread did
    .map((event): Line => {
      if ('lost' in event)
        return event.thread === ''
          ? { lost: event.lost }
          : { lost: event.lost, lane: laneOf(event.thread) ?? event.thread }
      return written(event, known, laneOf(event.thread), dice)
    })
  if (order === 'interval') {
    const times = timed(
      lines.filter((line) => line.lost === undefined),
      dice,
    )
    lines = lines.map((line) => (line.lost === undefined ? (times.shift() ?? line) : line))
  }
  const faults = dice.chance(0.4) ? 0 : 1 + dice.below(2)
  for (let i = 0; i < faults; i++) {
    const gaps = lines.map((line, at) => ({ line, at })).filter(({ line }) => line.lost !== undefined)
    const own = lines.filter((line) => line.lost === undefined)
    if (own.length === 0) break
    const changed = altered(own, source, dice)
    if (!isOrdered(changed) && order === 'interval') continue
    lines = gaps.reduce((all, { line, at }) => all.toSpliced(at, 0, line), changed)
  }
  if (!lines.some(({ lost }) => lost === undefined)) return generate(source, seed + 0x10001)
  // in these orders a log may have its lanes in any way, one after the other too
  const byLane = order !== 'total' && dice.chance(0.3) && lines.every(({ lost }) => lost === undefined)
  if (byLane) lines = [...new Set(lines.map(({ lane }) => lane))].flatMap((l) => lines.filter(({ lane }) => lane === l))
  const header = { lockstep: 'log', version: 1, order, unlogged }
  return {
    lines: [header, ...lines].map((line) => JSON.stringify(line)),
    order,
    unlogged,
    partial: missing || order !== 'total',
  }
}

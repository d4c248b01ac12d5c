/** Logs of a machine itself: a random walk written down as a system would log it, and with faults put in. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { LogEvent, LogHeader } from './event.ts'
import type { Fields, Json } from './json-codec.ts'
import { Stepper } from '../kernel/machine/stepper.ts'

/** An event of a sample: as in a log, with what a log may leave out. */
export type SampleEvent = Omit<LogEvent, 'line' | 'lost'> & { readonly action: string; readonly thread: string }

/** How a walk is written down. */
export interface SampleOptions {
  readonly seed: number
  /** steps of the walk */
  readonly steps: number
  /** part of the events that are left out, from 0 to 1 */
  readonly missing?: number
  /** part of the variables that an event says nothing of, from 0 to 1 */
  readonly blank?: number
  /** leave the state out altogether */
  readonly stateless?: boolean
  /** a lane for each thread with sequence numbers, all lanes one after the other as per-CPU buffers are read */
  readonly lanes?: boolean
  /** each lane's clock is off by up to so many steps; no clock if not given */
  readonly skew?: number
}

const NS_PER_STEP = 100

/** A generator of numbers from 0 to 1: mulberry32, the same everywhere. */
export const randomFrom = (seed: number): (() => number) => {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Walks at random from the initial state, in the order of what happens; ends early where no step is possible. */
export function* walkEvents(kernel: Kernel, fields: Fields, options: SampleOptions): Generator<SampleEvent> {
  const { seed, steps, missing = 0, blank = 0, stateless = false, lanes = false, skew } = options
  const random = randomFrom(seed)
  const stepper = new Stepper(kernel)
  const { words } = kernel.layout
  let state = kernel.initial
  const seqs = new Map<string, number>()
  const offsets = kernel.compiled.machine.threads.map(() => Math.floor(random() * NS_PER_STEP * (skew ?? 0)))
  for (let i = 0; i < steps; i++) {
    const next: { readonly step: number; readonly state: Int32Array }[] = []
    stepper.each(
      -1,
      state,
      0,
      () => true,
      (step, to) => {
        next.push({ step, state: to.slice(0, words) })
      },
    )
    const chosen = next[Math.floor(random() * next.length)]
    if (chosen === undefined) break
    state = chosen.state
    if (missing > 0 && random() < missing) continue
    const info = kernel.steps[chosen.step]
    const id = kernel.compiled.machine.threads[info?.thread ?? -1]?.id
    const thread = id === undefined ? '' : threadName(id)
    const all = stateless ? {} : fields.read(state, 0)
    const known = Object.fromEntries(Object.entries(all).filter(() => blank === 0 || random() >= blank))
    const seq = (seqs.get(thread) ?? 0) + 1
    seqs.set(thread, seq)
    yield {
      action: kernel.actions[info?.action ?? -1] ?? '',
      thread,
      ...(info?.result === undefined ? {} : { result: info.result as Json }),
      ...(lanes ? { lane: thread, seq } : {}),
      ...(skew === undefined ? {} : { time: i * NS_PER_STEP + (offsets[info?.thread ?? -1] ?? 0) }),
      ...(Object.keys(known).length === 0 ? {} : { state: known }),
    }
  }
}

/** The events of such a walk; with `lanes` one lane after the other. */
export const sampleEvents = (kernel: Kernel, fields: Fields, options: SampleOptions): SampleEvent[] => {
  const events = [...walkEvents(kernel, fields, options)]
  if (options.lanes !== true) return events
  const names = [...new Set(events.map(({ thread }) => thread))].sort()
  return names.flatMap((name) => events.filter(({ thread }) => thread === name))
}

/** The lines of an NDJSON log. */
export const logLines = (header: Omit<LogHeader, 'lockstep' | 'version'>, events: readonly SampleEvent[]): string[] => [
  JSON.stringify({ lockstep: 'log', version: 1, ...header }),
  ...events.map((event) => JSON.stringify(event)),
]

/**
 * Whether a model explains a log of which each lane's own order is trusted, and perhaps its times. A small search for the
 * tests of the C harness, in place of impl/lib/validate/search.ts until that is there: limits, gaps and diagnosis are not
 * its business.
 */

import type { Kernel } from '../../../impl/lib/compile.ts'
import { assemble, compile } from '../../../impl/lib/compile.ts'
import { COMMIT } from '../../../impl/lib/memory/memory.ts'
import type { LogEvent, LogHeader, Order } from '../../../impl/lib/validate/event.ts'
import { parseLine } from '../../../impl/lib/validate/event.ts'
import { Fields, isConstraint, passes } from '../../../impl/lib/validate/fields.ts'
import type { Observed } from '../../../impl/lib/validate/tracker.ts'
import { Stepper } from '../../../impl/lib/validate/tracker.ts'
import { loadModels, machineOf } from '../../../scripts/lib/project.ts'

/** A log as the models see it. */
export interface Log {
  readonly header: LogHeader
  readonly events: readonly LogEvent[]
}

/** Parses a log; every line has to be an event. */
export const parse = (text: string): Log => {
  let header: LogHeader | undefined
  const events: LogEvent[] = []
  text
    .trimEnd()
    .split('\n')
    .forEach((line, i) => {
      const parsed = parseLine(line, i + 1)
      if ('message' in parsed) throw new Error(`line ${i + 1}: ${parsed.message}`)
      if ('header' in parsed) header = parsed.header
      else events.push(parsed)
    })
  if (header === undefined) throw new Error('a log without a header')
  return { header, events }
}

const kernels = new Map<string, { readonly kernel: Kernel; readonly fields: Fields }>()
const models = loadModels()

const kernelOf = (name: string): { readonly kernel: Kernel; readonly fields: Fields } => {
  const known = kernels.get(name)
  if (known !== undefined) return known
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  const kernel = assemble(compile(machineOf(model)))
  const made = { kernel, fields: new Fields(kernel) }
  kernels.set(name, made)
  return made
}

type Timed = Observed & { readonly line: number; readonly time: number; readonly end: number }

interface Here {
  readonly positions: readonly number[]
  readonly state: Int32Array
}

/** Undefined: there was too much to look at. `stuck`: what each lane would have done next, as far as it gets. */
export type Verdict =
  | { readonly explained: true; readonly states: number }
  | { readonly explained: false; readonly states: number; readonly stuck: readonly string[] }
  | { readonly explained: undefined; readonly states: number }

const MAX_STATES = 300_000

/** Is there an order of the lanes' events in which the model takes them all? Depth first, the earliest event first. */
class Search {
  private readonly kernel: Kernel
  private readonly stepper: Stepper
  private readonly lanes: readonly (readonly Timed[])[]
  private readonly isSilent: (step: number) => boolean
  private readonly order: Order

  constructor(log: Log, name: string, order: Order) {
    const { kernel, fields } = kernelOf(name)
    this.kernel = kernel
    this.stepper = new Stepper(kernel)
    this.order = order
    const unlogged = log.header.model === name && typeof log.header.unlogged === 'object' ? log.header.unlogged : []
    const silent = new Set([COMMIT, ...unlogged])
    this.isSilent = (step) => silent.has(kernel.actions[kernel.steps[step]?.action ?? -1] ?? '')
    const lanes = new Map<string, Timed[]>()
    for (const event of log.events) {
      const lane = lanes.get(event.lane ?? '') ?? []
      lanes.set(event.lane ?? '', lane)
      if (event.seq !== lane.length) throw new Error(`line ${event.line} is not the next of its lane`)
      lane.push(this.timed(event, fields))
    }
    this.lanes = [...lanes.values()]
  }

  private timed({ line, action, thread, result, state, time = NaN, end = NaN }: LogEvent, fields: Fields): Timed {
    const { actions, compiled } = this.kernel
    const constraint = state === undefined ? undefined : fields.compile(state)
    if (constraint !== undefined && !isConstraint(constraint)) throw new Error(`line ${line}: ${constraint.path}`)
    return {
      line,
      time,
      end,
      // an action that the model does not have is one that no step fits
      action: action === undefined ? -1 : actions.includes(action) ? actions.indexOf(action) : actions.length,
      thread: compiled.machine.threads.findIndex(({ id }) => id.join('') === thread),
      ...(result === undefined ? {} : { result: JSON.stringify(result) }),
      ...(constraint === undefined ? {} : { state: constraint }),
    }
  }

  /** The next event of each lane that may come next: in real time none of the others has ended before it began. */
  private next(positions: readonly number[]): { readonly lane: number; readonly event: Timed }[] {
    const heads = this.lanes.flatMap((events, lane) => {
      const event = events[positions[lane] ?? 0]
      return event === undefined ? [] : [{ lane, event }]
    })
    const first = this.order === 'interval' ? Math.min(...heads.map(({ event }) => event.end)) : Infinity
    return heads.filter(({ event }) => event.time <= first).sort((a, b) => b.event.time - a.event.time)
  }

  /** The best last. */
  private successors({ positions, state }: Here): Here[] {
    const { kernel, stepper } = this
    const found: Here[] = []
    for (const { lane, event } of this.next(positions)) {
      const after = positions.map((p, i) => (i === lane ? p + 1 : p))
      if (event.action < 0) {
        if (event.state === undefined || passes(event.state, state, 0)) found.push({ positions: after, state })
        continue
      }
      const wanted = (step: number): boolean => {
        const info = kernel.steps[step]
        if (info?.action !== event.action || info.thread !== event.thread) return false
        return event.result === undefined || JSON.stringify(info.result) === event.result
      }
      stepper.each(event.thread, state, 0, wanted, (_, next) => {
        found.push({ positions: after, state: next.slice() })
      })
    }
    stepper.each(-1, state, 0, this.isSilent, (_, next) => {
      found.push({ positions, state: next.slice() })
    })
    return found
  }

  run(): Verdict {
    const start: Here = { positions: this.lanes.map(() => 0), state: this.kernel.initial }
    const keyOf = ({ positions, state }: Here): string => `${positions.join()}|${state.join()}`
    const sum = (positions: readonly number[]): number => positions.reduce((a, b) => a + b, 0)
    const known = new Set([keyOf(start)])
    const stack = [start]
    let longest = start.positions
    for (let here = stack.pop(); here !== undefined; here = stack.pop()) {
      if (sum(here.positions) > sum(longest)) longest = here.positions
      if (here.positions.every((p, lane) => p === this.lanes[lane]?.length)) {
        return { explained: true, states: known.size }
      }
      if (known.size > MAX_STATES) return { explained: undefined, states: known.size }
      for (const next of this.successors(here)) {
        const key = keyOf(next)
        if (known.has(key)) continue
        known.add(key)
        stack.push(next)
      }
    }
    const stuck = this.lanes.flatMap((events, lane) => {
      const event = events[longest[lane] ?? 0]
      return event === undefined
        ? []
        : [`line ${event.line}: ${this.kernel.actions[event.action] ?? 'the final state'}`]
    })
    return { explained: false, states: known.size, stuck }
  }
}

/** Looks for an explanation by a model; what the header lets be unlogged is so in the model that it names. */
export const explain = (log: Log, model: string, order: Order): Verdict => new Search(log, model, order).run()

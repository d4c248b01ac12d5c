/**
 * A round as a log that `lockstep validate` reads: docs/log-format.md. A log says what each thread saw, in its own order. It
 * does not say which of two threads' steps came first. But the threads meet, and what runs after a meeting has seen all
 * that was before it. So the order is `interval`, and the times are the numbers of the phases between two meetings.
 */

import type { Kernel } from '../kernel/machine/tables.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { LogHeader } from '../validate/event.ts'
import type { Fields, Json } from '../validate/json-codec.ts'
import type { Observation } from './log.ts'
import { packed } from './log.ts'

/** The lane of what was seen of memory; no thread is called so. */
const MEMORY = 'memory'

/** A machine without store buffers, which the hardware has, and what a log may say of its states. */
export interface LoggedMachine {
  readonly kernel: Kernel
  readonly fields: Fields
}

/** Variables of memory that have a value, as a log has them: empty store buffers among them. */
const memoryOf = ({ kernel, fields }: LoggedMachine, final: Observation['final']): Record<string, Json> => {
  const { shared, threads } = kernel.compiled.machine
  const nowhere = threads.map(() => 0)
  const values = final.map((value) => value ?? 0)
  const state = fields.read(packed(kernel, values, nowhere), 0)
  const there = shared.variables.filter(({ cells }) => cells.every((cell) => final[cell] !== undefined))
  return Object.fromEntries(there.flatMap(({ name }) => (state[name] === undefined ? [] : [[name, state[name]]])))
}

/** Empty store buffers: the threads have met, and what they have stored is visible. */
const BUFFERS = 'store_buffer'

/** The lines of a round's log; `model` is what the header says that it is of. */
export const roundLog = (machine: LoggedMachine, { lanes, final }: Observation, model: string): string[] => {
  const { threads } = machine.kernel.compiled.machine
  const header: Pick<LogHeader, 'model' | 'order'> = { model, order: 'interval' }
  const lines = [JSON.stringify({ lockstep: 'log', version: 1, ...header })]
  const memory = memoryOf(machine, final)
  let [phase, seen] = [0, 0]
  const look = (state: Record<string, Json>): void => {
    phase += 1
    lines.push(JSON.stringify({ state, lane: MEMORY, seq: seen++, time: phase }))
  }
  for (const { thread, steps, after } of lanes) {
    const id = threads[thread]?.id
    if (id === undefined) throw new RangeError(`no thread ${thread}`)
    const name = threadName(id)
    if (after && memory[BUFFERS] !== undefined) look({ [BUFFERS]: memory[BUFFERS] })
    if (after) phase += 1
    steps.forEach(({ label, result }, seq) => {
      const returned = result === 'undefined' ? {} : { result: JSON.parse(result) as Json }
      lines.push(JSON.stringify({ action: label, thread: name, ...returned, lane: name, seq, time: phase }))
    })
  }
  look(memory)
  return lines
}

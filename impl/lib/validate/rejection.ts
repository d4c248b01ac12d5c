/** An event that nothing explains, and the way to it, whatever the order of the log. */

import { given } from '../kernel/given.ts'
import { at } from '../kernel/at.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { threadName } from '../kernel/language/machine.ts'
import type { AllowedStep, Repair } from './result.ts'
import type { Entry } from './reader.ts'

/** Repairs that are shown. */
export const MOST_REPAIRS = 3

/** An event that none of the states explains, what would mend the log, and the way to the first of the states. */
export interface Rejection {
  readonly entry: Entry
  /** packed states, one after the other */
  readonly states: Int32Array
  readonly count: number
  /** were there more, which nobody kept? */
  readonly cut?: boolean
  readonly repairs: readonly Repair[]
  readonly way: readonly ToldStep[]
}

/** A step in words that a log uses. */
export const stepOf = (kernel: Kernel, step: number): AllowedStep => {
  const { action, thread, result } = at(kernel.steps, step)
  return {
    action: at(kernel.actions, action),
    // an action of the world may happen to no thread
    thread: thread < 0 ? '' : threadName(at(kernel.compiled.machine.threads, thread).id),
    ...given({ result: result === undefined ? undefined : JSON.stringify(result) }),
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

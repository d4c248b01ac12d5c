/** Runs the program of one thread again from its start, with given results, up to its next step. */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Domain } from '../language/domain.ts'
import { indexIn } from '../language/domain.ts'
import type { Machine, Thread } from '../language/machine.ts'
import type { Op, Program } from '../language/op.ts'
import { threadName } from '../language/machine.ts'
import { watching } from '../language/op.ts'
import type { StepTree } from './step-tree.ts'
import { traceStep } from './step-tree.ts'

/** How far the compiler goes before it says that a program has no end. */
export interface CompileLimits {
  /** nodes of one program */
  readonly nodes: number
  /** leaves of one step's decision tree */
  readonly leaves: number
  /** reads and writes of the frame between two accesses */
  readonly frameUses: number
}

export const DEFAULT_LIMITS: CompileLimits = { nodes: 50_000, leaves: 100_000, frameUses: 1_000_000 }

/** A thread at its next step, for people. */
export const placeOf = (thread: Thread, label: string | undefined): string =>
  `${threadName(thread.id)}${label === undefined ? ' before its first step' : ` at ${label}`}`

/** Adds thread and label to an error that a program or step has thrown. */
export const placedError = (thread: Thread, label: string | undefined, error: unknown): unknown => {
  if (!(error instanceof Error) || error.message.includes(threadName(thread.id))) return error
  const problem = 'problem' in error ? (error as { problem: { code: string; hint?: string } }).problem : undefined
  return badInput({
    code: problem?.code ?? 'program-throws',
    message: `${placeOf(thread, label)}: ${error.message}`,
    ...(problem?.hint === undefined ? {} : { hint: problem.hint }),
  })
}

/** One thread's program, replayed from its start. */
export class Replayer {
  private readonly thread: Thread
  private readonly index: number
  private readonly limits: CompileLimits
  readonly fields: readonly string[]
  readonly domains: readonly Domain<unknown>[]

  constructor(thread: Thread, index: number, limits: CompileLimits) {
    this.thread = thread
    this.index = index
    this.limits = limits
    const schema = thread.frame as Record<string, Domain<unknown>>
    this.fields = Object.keys(schema)
    this.domains = Object.values(schema)
  }

  /** Runs the program from its start with these results, up to its next step. */
  replay(history: readonly unknown[]): { op: Op; frame: readonly number[] } {
    let label: string | undefined
    let uses = 0
    const values: Record<string, unknown> = { ...(this.thread.initial as Record<string, unknown>) }
    const used = (): void => {
      uses += 1
      if (uses > this.limits.frameUses) {
        throw badInput({
          code: 'endless-program',
          message: `${placeOf(this.thread, label)}: the program goes on without another access`,
          hint: 'every turn of a loop needs a `yield*`',
        })
      }
    }
    const frame = new Proxy(values, {
      get: (target, field) => {
        used()
        return Reflect.get(target, field) as unknown
      },
      set: (target, field, value) => {
        used()
        return Reflect.set(target, field, value)
      },
    })
    const made: Op[] = []
    try {
      const program: Program = this.thread.program(frame)
      const next = (result?: unknown): IteratorResult<Op, void> => {
        const turn = watching(
          (op) => {
            made.push(op)
          },
          () => program.next(result),
        )
        // what is yielded without a star is the call itself, which would never be run
        if (turn.done !== true && typeof (turn.value as Partial<Op>).label !== 'string') throw this.noStep(label)
        const stray = this.strayOf(made, turn)
        made.length = 0
        if (stray !== undefined) throw this.notTaken(stray, label)
        return turn
      }
      let turn = next()
      for (const result of history) {
        label = turn.done === true ? label : turn.value.label
        uses = 0
        turn = next(result)
      }
      if (turn.done === true) {
        throw badInput({
          code: 'program-ends',
          message: `${placeOf(this.thread, label)}: the program ends after this step`,
          hint: 'a thread runs for ever: loop, or wait for something that never comes',
        })
      }
      const op = turn.value
      return { op, frame: this.indices(values, op.label) }
    } catch (error) {
      throw placedError(this.thread, label, error)
    }
  }

  /** A step that was made and is not the one taken, which may be another in what it does if it was wrapped. */
  private strayOf(made: readonly Op[], turn: IteratorResult<Op, void>): Op | undefined {
    const taken = made.findIndex((op) => turn.done !== true && op.label === turn.value.label)
    return made.find((_, i) => i !== taken)
  }

  private noStep(label: string | undefined): Error {
    return badInput({
      code: 'no-step',
      message: `${placeOf(this.thread, label)}: the program yields what is no step`,
      hint: 'write `yield*` in front of an access or of a function that makes some, not `yield`',
    })
  }

  /** A step that is called and not yielded is one that the C code takes and the program does not. */
  private notTaken(stray: Op, label: string | undefined): Error {
    return badInput({
      code: 'step-not-taken',
      message: `${placeOf(this.thread, label)}: the program makes the step ${stray.label} and does not take it`,
      hint: 'write `yield*` in front of it, where it is to be taken',
    })
  }

  private indices(values: Record<string, unknown>, label: string): readonly number[] {
    const undeclared = Object.keys(values).find((field) => !this.fields.includes(field))
    if (undeclared !== undefined) {
      throw badInput({
        code: 'undeclared-local',
        message: `${placeOf(this.thread, label)}: the frame has no field ${undeclared}`,
        hint: 'declare it with its domain in the frame schema',
      })
    }
    return this.domains.map((domain, i) => {
      const field = at(this.fields, i)
      return indexIn(domain, values[field], `${placeOf(this.thread, label)}: ${field}`)
    })
  }

  /** The decision tree of the step that the program is at. */
  trace(machine: Machine, op: Op): StepTree {
    try {
      return traceStep(machine, this.index, op.exec, op.choices, this.limits.leaves)
    } catch (error) {
      throw placedError(this.thread, op.label, error)
    }
  }
}

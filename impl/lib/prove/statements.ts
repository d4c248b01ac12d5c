/**
 * Which statements of a machine take a step, store something or hold it back: the step is taken once more and the call
 * stack is kept, since a name that is looked for in the text may also stand in a fairness set, a comment or a constant.
 */

import type { Automaton } from '../kernel/machine/automaton.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import { outcomesOf, resultKey } from '../kernel/machine/step-tree.ts'
import type { Op } from '../kernel/language/op.ts'
import type { Store } from '../kernel/language/shared.ts'
import { Refusal, watching } from '../kernel/language/op.ts'

/** One call on a stack. */
export interface Frame {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The innermost call first. */
export type Stack = readonly Frame[]

/** What one choice of a step did. */
export interface Run {
  readonly refused: Stack | undefined
  readonly result: unknown
  /** where each cell was last stored to, and the index that it got */
  readonly writes: ReadonlyMap<number, { readonly index: number; readonly stack: Stack }>
  /** cells that were looked at, in order, and by which statement */
  readonly reads: readonly { readonly cell: number; readonly stack: Stack }[]
}

/** Deep enough for a program that calls through the library. */
const STACK = 40

const FRAME = /^\s*at (?:(?:async )?(.*?) \()?(.*?):(\d+):(\d+)\)?$/

/** The calls of an error's stack. */
export const framesOf = (error: Error): Stack =>
  (error.stack ?? '').split('\n').flatMap((line): Frame[] => {
    const [, name = '', file, row, column] = FRAME.exec(line) ?? []
    return file === undefined ? [] : [{ name, file, line: Number(row), column: Number(column) }]
  })

/** Runs `body` with stacks that are deep enough. */
const withStacks = <R>(body: () => R): R => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = STACK
  try {
    return body()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

const here = (): Stack => framesOf(new Error('here'))

/** Results that lead a program from its start to a node: the fewest. */
const historyOf = (automaton: Automaton, node: number): readonly unknown[] => {
  const from = new Map<number, readonly unknown[]>([[0, []]])
  for (const [id, history] of from) {
    if (id === node) return history
    const known = automaton.nodes[id]
    if (known === undefined) continue
    for (const { result } of outcomesOf(known.tree)) {
      const next = known.next.get(resultKey(result))
      if (next !== undefined && !from.has(next)) from.set(next, [...history, result])
    }
  }
  return []
}

/** A store that is a packed state, and keeps who reads and writes it. */
class Recorder implements Store {
  readonly thread: number
  readonly writes = new Map<number, { index: number; stack: Stack }>()
  readonly reads: { readonly cell: number; readonly stack: Stack }[] = []
  readonly #cell: (cell: number) => number

  constructor(thread: number, cell: (cell: number) => number) {
    this.thread = thread
    this.#cell = cell
  }

  get(cell: number): number {
    this.reads.push({ cell, stack: here() })
    return this.writes.get(cell)?.index ?? this.#cell(cell)
  }

  set(cell: number, index: number): void {
    this.writes.set(cell, { index, stack: here() })
  }

  local(): never {
    throw new TypeError('a step reads a local of a thread')
  }
}

/** A program that was run up to a step: the step, the statement that made it, and what set its locals just before. */
export interface Reached {
  readonly op: Op
  readonly made: Stack
  /** where each local was last set since the step before */
  readonly set: ReadonlyMap<string, Stack>
  /** where locals were looked at since the step before: what decided which step comes next */
  readonly looked: readonly Stack[]
}

/** The statements of one machine. */
export class Statements {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** Node at which a thread is in a packed state. */
  nodeIn(states: Int32Array, base: number, thread: number): number {
    const slot = this.#kernel.layout.threads[thread]
    return slot === undefined ? -1 : readSlot(states, base, slot)
  }

  /** The first node of a thread with this label; -1 if it never takes the step. */
  nodeOf(thread: number, label: string): number {
    return this.#kernel.compiled.automata[thread]?.nodes.findIndex((node) => node.label === label) ?? -1
  }

  /** Runs a thread's program up to a node; `then` is a result of that node's step, to see what follows it. */
  reach(thread: number, node: number, then?: { readonly result: unknown }): Reached | undefined {
    const { machine, automata } = this.#kernel.compiled
    const [definition, automaton] = [machine.threads[thread], automata[thread]]
    if (definition === undefined || automaton === undefined || node < 0) return undefined
    const history = [...historyOf(automaton, node), ...(then === undefined ? [] : [then.result])]
    return withStacks(() => runTo(definition, history))
  }

  /** Takes the step at a node once for each choice, on a packed state. */
  take(thread: number, op: Op, states: Int32Array, base: number): Run[] {
    return op.choices.map((choice) => this.#run(thread, () => op.exec(choice), states, base))
  }

  /** Tries the environment's actions of a name on a packed state. */
  happen(label: string, states: Int32Array, base: number): Run[] {
    return this.#kernel.compiled.machine.environment
      .filter((action) => action.label === label)
      .map(({ exec }) => this.#run(-1, exec, states, base))
  }

  #run(thread: number, exec: () => unknown, states: Int32Array, base: number): Run {
    const { layout, compiled } = this.#kernel
    const recorder = new Recorder(thread, (cell) => {
      const slot = layout.cells[cell]
      return slot === undefined ? 0 : readSlot(states, base, slot)
    })
    const { writes, reads } = recorder
    return withStacks((): Run => {
      try {
        const result = compiled.machine.shared.with(recorder, exec)
        return { refused: undefined, result, writes, reads }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return { refused: framesOf(error), result: undefined, writes, reads }
      }
    })
  }
}

const runTo = (
  thread: Kernel['compiled']['machine']['threads'][number],
  history: readonly unknown[],
): Reached | undefined => {
  // a program may make a step before it is another step's turn
  const made = new WeakMap<Op, Stack>()
  let turns = 0
  const set = new Map<string, Stack>()
  const looked: Stack[] = []
  // stacks cost more than steps, and only the last turn's are wanted
  const last = (): boolean => turns === history.length
  const frame = new Proxy(
    { ...(thread.initial as Record<string, unknown>) },
    {
      get: (target, field) => {
        if (last()) looked.push(here())
        return Reflect.get(target, field) as unknown
      },
      set: (target, field, value) => {
        if (last()) set.set(String(field), here())
        return Reflect.set(target, field, value)
      },
    },
  )
  const seen = (op: Op): void => {
    made.set(op, here())
  }
  return watching(seen, () => {
    const program = thread.program(frame)
    let turn = program.next()
    for (const result of history) {
      turns += 1
      turn = program.next(result)
    }
    return turn.done === true ? undefined : { op: turn.value, made: made.get(turn.value) ?? [], set, looked }
  })
}

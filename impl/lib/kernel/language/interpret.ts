/**
 * Runs the programs of a machine as they are, one step of one thread at a time, on a concrete store: the interpreter
 * for schedulers (fast-check's, or any other). It shares nothing with the compiler but the programs.
 */

import type { Machine } from './machine.ts'
import type { Op, Program } from './op.ts'
import type { Store } from './shared.ts'
import { Refusal } from './op.ts'
import type { Domain } from './domain.ts'
import { valueAt } from './domain.ts'
import type { TlaValue } from './value.ts'
import { tla } from './value.ts'

/** Chooses one of `n` possibilities, 0 .. n - 1. */
export type Pick = (n: number) => number

interface Running {
  readonly program: Program
  readonly frame: Record<string, unknown>
  op: Op
}

class ConcreteStore implements Store {
  private readonly cells: Int32Array
  readonly thread: number

  constructor(cells: Int32Array, thread: number) {
    this.cells = cells
    this.thread = thread
  }

  get(cell: number): number {
    return this.cells[cell] ?? 0
  }

  set(cell: number, index: number): void {
    this.cells[cell] = index
  }

  local(): never {
    throw new Error('a step reads a local of a thread')
  }
}

const started = (program: Program): Op => {
  const turn = program.next()
  if (turn.done === true) throw new Error('a program ended before its first step')
  return turn.value
}

/** One run of a machine. */
export class Interpreter {
  readonly machine: Machine
  private readonly cells: Int32Array
  private readonly threads: readonly Running[]

  constructor(machine: Machine) {
    this.machine = machine
    this.cells = Int32Array.from(machine.shared.cells, ({ initial }) => initial)
    this.threads = machine.threads.map((thread) => {
      const frame = { ...(thread.initial as Record<string, unknown>) }
      const program = thread.program(frame)
      return { program, frame, op: started(program) }
    })
  }

  /** Takes `exec` with one of its choices, starting from a random one; nothing happens where all refuse. */
  private attempt(
    thread: number,
    exec: (choice: unknown) => unknown,
    choices: readonly unknown[],
    pick: Pick,
  ): { readonly result: unknown } | undefined {
    const offset = pick(choices.length)
    for (let i = 0; i < choices.length; i++) {
      const before = this.cells.slice()
      try {
        const choice = choices[(i + offset) % choices.length]
        return { result: this.machine.shared.with(new ConcreteStore(this.cells, thread), () => exec(choice)) }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        this.cells.set(before)
      }
    }
    return undefined
  }

  /** The next step of a thread; its label, or undefined if it cannot be taken now. */
  step(thread: number, pick: Pick): string | undefined {
    const running = this.threads[thread]
    if (running === undefined) throw new RangeError(`no thread ${thread}`)
    const { label, exec, choices } = running.op
    const taken = this.attempt(thread, exec, choices, pick)
    if (taken === undefined) return undefined
    const turn = running.program.next(taken.result)
    if (turn.done === true) throw new Error(`the program ends after ${label}`)
    running.op = turn.value
    return label
  }

  /** An environment action; its label, or undefined if it is not enabled. */
  environment(index: number): string | undefined {
    const action = this.machine.environment[index]
    if (action === undefined) throw new RangeError(`no environment action ${index}`)
    return this.attempt(-1, action.exec, [undefined], () => 0) === undefined ? undefined : action.label
  }

  /** The state as the specification has it. */
  state(): Map<string, TlaValue> {
    const { shared, threads } = this.machine
    const pc = threads.map(
      ({ id: [kind, n] }, t) =>
        [tla.seq([tla.str(kind), tla.int(n)]), tla.str(this.threads[t]?.op.label ?? '')] as const,
    )
    const state = new Map<string, TlaValue>([['pc', tla.fun(pc)]])
    for (const { name, cells } of shared.variables) {
      const entries = cells.map((cell) => {
        const declared = shared.cells[cell]
        if (declared === undefined) throw new RangeError(`no cell ${cell}`)
        return [declared.argument, declared.domain.toTla(valueAt(declared.domain, this.cells[cell] ?? 0))] as const
      })
      const [first] = entries
      if (first !== undefined && first[0] === undefined) state.set(name, first[1])
      else
        state.set(name, tla.fun(entries.flatMap(([argument, value]) => (argument ? [[argument, value] as const] : []))))
    }
    const locals = new Map<string, [TlaValue, TlaValue][]>()
    threads.forEach(({ id, frame: schema }, t) => {
      for (const [name, domain] of Object.entries(schema as Record<string, Domain<unknown>>)) {
        const entries = locals.get(name) ?? []
        entries.push([tla.int(id[1]), domain.toTla(this.threads[t]?.frame[name])])
        locals.set(name, entries)
      }
    })
    for (const [name, entries] of locals) state.set(name, tla.fun(entries))
    return state
  }
}

/**
 * Runs a litmus test: all final states that it has under a memory model, by a search of all states.
 *
 * Threads take their instructions in program order, each with a store buffer of impl/lib/kernel/memory/buffer.ts; a step of its
 * own makes a buffered store visible. A buffer holds as many stores as its thread has, so its size never matters.
 *
 * Steps that no other thread can see or prevent are taken together with the step before them: those on registers,
 * stores into the own buffer, and barriers that have nothing to wait for. They commute with every step of the others and
 * with the commits of the own buffer, and there are no loops, so no final state is lost.
 */

import { given } from '../kernel/given.ts'
import { match } from 'ts-pattern'
import type { LockstepError } from '../kernel/error.ts'
import { environmentFailure } from '../kernel/error.ts'
import type { MemoryModel, StoreBuffer } from '../kernel/memory/buffer.ts'
import {
  buffersStores,
  committable,
  forwarded,
  withoutStore,
  withStore,
  withWriteBarrier,
} from '../kernel/memory/buffer.ts'
import type { Literal, Prop, Subject } from './ast.ts'
import type { Gives, Update } from './primitives.ts'
import type { Location, Observed, Op, LitmusProgram, Registers, Slot } from './program.ts'
import type { At } from './source.ts'
import type { Undefined, Value } from './value.ts'
import { binary, compareValues } from './value.ts'

/** A search of more states than this is given up. */
const MAX_STATES = 1_000_000

/** Characters of all that is told apart, above which a search is given up: states of long buffers are large. */
const MAX_CHARACTERS = 2 ** 28

/** States between two calls of `tick`. */
const EVERY = 512

/** How a search is bounded. */
export interface Limits {
  /** the search is given up where there are more; 1,000,000 unless told */
  readonly states?: number
  /** called now and then; what it throws ends the search */
  readonly tick?: () => void
}

interface ThreadState {
  readonly pc: number
  readonly registers: Registers
  readonly buffer: StoreBuffer<Location, Value>
  /** cells of the sections that a grace period still waits for */
  readonly awaits: readonly Location[]
}

type Memory = readonly Value[]

/** All threads, and the memory that they share. */
interface State {
  readonly threads: readonly ThreadState[]
  readonly memory: Memory
}

/** A thread and the memory after a step of it. */
type Successor = readonly [ThreadState, Memory]

const replaced = <T>(items: readonly T[], index: number, item: T): readonly T[] => {
  const copy = [...items]
  copy[index] = item
  return copy
}

/** What a read-modify-write writes; undefined if it leaves the location alone. */
const updated = (update: Update, old: Value, args: readonly Value[], undefinedAs: Undefined): Value | undefined => {
  const [a = 0, b = 0] = args
  return match(update)
    .with('replace', () => a)
    .with('compare', () => (old === a ? b : undefined))
    .with('unless', () => (old === b ? undefined : binary('+', old, a, undefinedAs)))
    .with('andnot', () => binary('&', old, binary('^', a, -1, undefinedAs), undefinedAs))
    .with('+', '-', '&', '|', '^', (operator) => binary(operator, old, a, undefinedAs))
    .exhaustive()
}

const givenBy = (gives: Gives, old: Value, written: Value | undefined): Value =>
  match(gives)
    .with('nothing', () => 0)
    .with('old', () => old)
    .with('new', () => written ?? old)
    .with('is-zero', () => ((written ?? old) === 0 ? 1 : 0))
    .with('is-negative', () => (Number(written ?? old) < 0 ? 1 : 0))
    .with('done', () => (written === undefined ? 0 : 1))
    .exhaustive()

/** The steps of one test under one model. */
class Steps {
  readonly program: LitmusProgram
  readonly model: MemoryModel

  constructor(program: LitmusProgram, model: MemoryModel) {
    this.program = program
    this.model = model
  }

  initial(): State {
    const threads = this.program.threads.map(({ initial }, i) =>
      this.#settled(i, { pc: 0, registers: initial, buffer: [], awaits: [] }),
    )
    return { threads, memory: this.program.memory }
  }

  op(thread: number, state: ThreadState): Op | undefined {
    return this.program.threads[thread]?.ops[state.pc]
  }

  hasEnded(thread: number, state: ThreadState): boolean {
    return this.op(thread, state) === undefined && state.buffer.length === 0
  }

  /** All that a thread can do next. */
  successors(thread: number, state: ThreadState, memory: Memory): readonly Successor[] {
    const op = this.op(thread, state)
    const own = op === undefined ? undefined : this.#step(state, memory, op)
    return [...(own === undefined ? [] : [own]), ...this.#commits(state, memory)].map(([next, then]) => [
      this.#settled(thread, next),
      then,
    ])
  }

  #commits(state: ThreadState, memory: Memory): readonly Successor[] {
    return committable(this.model, state.buffer).flatMap((i): Successor[] => {
      const entry = state.buffer[i]
      if (entry === undefined || 'barrier' in entry) return []
      return [[{ ...state, buffer: withoutStore(state.buffer, i) }, replaced(memory, entry.location, entry.value)]]
    })
  }

  /** A step that others may see or prevent; undefined if it has to wait. */
  #step(state: ThreadState, memory: Memory, op: Op): Successor | undefined {
    const { registers } = state
    const next = { ...state, pc: state.pc + 1 }
    const stored = (location: Location, value: Value): Successor => [next, replaced(memory, location, value)]
    const sees = (location: Location): Value => this.#sees(state, memory, location)
    switch (op.kind) {
      case 'load':
        return [{ ...next, registers: replaced(registers, op.slot, sees(op.address(registers))) }, memory]
      case 'store':
        // only a model without buffers comes here: elsewhere the store is settled
        return stored(op.address(registers), op.value(registers))
      case 'rmw':
        return this.#rmw(state, memory, op)
      case 'lock': {
        const location = op.address(registers)
        return state.buffer.length > 0 || memory[location] !== 0 ? undefined : stored(location, 1)
      }
      case 'unlock': {
        const location = op.address(registers)
        if (sees(location) !== 0) return this.#release(next, memory, location)
        throw this.#undefined(op.at, 'spin_unlock() of a lock that is free', 'take it first')
      }
      case 'open': {
        const [opened, then] = stored(op.cell, 1)
        return [op.slot === undefined ? opened : { ...opened, registers: replaced(registers, op.slot, op.index) }, then]
      }
      case 'close-srcu': {
        const index = op.index(registers)
        const cell = typeof index === 'number' ? op.cells[index] : undefined
        if (cell !== undefined && memory[cell] === 1) return stored(cell, 0)
        const hint = 'give srcu_read_unlock() what srcu_read_lock() returned to this thread'
        throw this.#undefined(op.at, `srcu_read_unlock() with the index ${index}, of which no section is open,`, hint)
      }
      case 'close-rcu': {
        const cell = op.cells.findLast((c) => sees(c) === 1)
        if (cell !== undefined) return this.#release(next, memory, cell)
        throw this.#undefined(op.at, 'rcu_read_unlock() without an open section', 'call rcu_read_lock() first')
      }
      case 'grace-begin':
        return [{ ...next, awaits: op.cells.filter((cell) => memory[cell] === 1) }, memory]
      case 'grace-end':
        return state.awaits.every((cell) => memory[cell] === 0) ? [{ ...next, awaits: [] }, memory] : undefined
      case 'mb':
      case 'wmb':
      case 'set':
      case 'goto':
        return undefined
    }
  }

  /** What a thread sees at a location. */
  #sees(state: ThreadState, memory: Memory, location: Location): Value {
    return forwarded(state.buffer, location)?.value ?? memory[location] ?? 0
  }

  #undefined(at: At, what: string, hint: string): LockstepError {
    return this.program.source.error('litmus-undefined', at, `${what} has no meaning`, hint)
  }

  /** A store of 0 that no earlier store may overtake: the end of a section or of a critical section. */
  #release(next: ThreadState, memory: Memory, location: Location): Successor {
    if (!buffersStores(this.model)) return [next, replaced(memory, location, 0)]
    const ordered = withWriteBarrier(this.model, next.buffer)
    return [{ ...next, buffer: withStore(ordered, location, 0) }, memory]
  }

  /**
   * A locked read-modify-write, with the buffer empty. One that can give up (atomic_add_unless(), spin_trylock()) looks
   * first, with a load, and goes without the locked instruction if there is nothing to do.
   */
  #rmw(state: ThreadState, memory: Memory, op: Extract<Op, { kind: 'rmw' }>): Successor | undefined {
    const location = op.address(state.registers)
    const old = this.#sees(state, memory, location)
    const args = op.args.map((arg) => arg(state.registers))
    const undefinedAs: Undefined = (what, hint) => this.#undefined(op.at, what, hint)
    const written = updated(op.update, old, args, undefinedAs)
    const givesUp = op.update === 'unless' && written === undefined
    if (state.buffer.length > 0 && !givesUp) return undefined
    const registers = replaced(state.registers, op.slot, givenBy(op.gives, old, written))
    const after = written === undefined ? memory : replaced(memory, location, written)
    return [{ ...state, pc: state.pc + 1, registers }, after]
  }

  /** Takes the steps that nobody else can see or prevent. */
  #settled(thread: number, state: ThreadState): ThreadState {
    let settled = state
    for (;;) {
      const op = this.op(thread, settled)
      const next = op === undefined ? undefined : this.#quiet(settled, op)
      if (next === undefined) return settled
      settled = next
    }
  }

  #quiet(state: ThreadState, op: Op): ThreadState | undefined {
    const next = { ...state, pc: state.pc + 1 }
    const { registers, buffer } = state
    switch (op.kind) {
      case 'set':
        return { ...next, registers: replaced(registers, op.slot, op.value(registers)) }
      case 'goto':
        return op.unless === undefined || op.unless(registers) === 0 ? { ...next, pc: op.to } : next
      case 'store': {
        if (!buffersStores(this.model)) return undefined
        const ordered = op.release ? withWriteBarrier(this.model, buffer) : buffer
        return { ...next, buffer: withStore(ordered, op.address(registers), op.value(registers)) }
      }
      case 'wmb':
        return { ...next, buffer: withWriteBarrier(this.model, buffer) }
      case 'mb':
        return buffer.length === 0 ? next : undefined
      default:
        return undefined
    }
  }
}

// ---------------------------------------------------------------------------------------------------------- search

/** Gives equal things the same small number. */
class Numbering<T> {
  readonly #numbers = new Map<string, number>()
  readonly #items: T[] = []
  /** of all that is numbered */
  characters = 0

  of(item: T): number {
    const key = JSON.stringify(item)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#items.length)
    this.characters += key.length
    return this.#items.push(item) - 1
  }

  at(number: number): T {
    return this.#items[number] as T
  }
}

/** A thread that waits for ever in some execution. */
export interface Stuck {
  readonly thread: number
  /** the call it waits in */
  readonly operation: string
  readonly line: number
  readonly column: number
}

/** A state is the number of the memory and of each thread's state: what a thread can do is worked out once for both. */
class Search {
  readonly #steps: Steps
  readonly #limit: number
  readonly #tick: () => void
  readonly #memories = new Numbering<Memory>()
  readonly #threads = new Numbering<ThreadState>()
  /** what each thread can do, by its state and the memory */
  readonly #known: readonly Map<string, readonly (readonly [number, number])[]>[]
  readonly #visited = new Set<string>()
  readonly #todo: (readonly number[])[] = []
  /** states in which all threads have ended and all stores are visible */
  readonly finals: State[] = []
  readonly stuck = new Map<string, Stuck>()

  constructor(steps: Steps, { states = MAX_STATES, tick = () => undefined }: Limits) {
    this.#steps = steps
    this.#limit = states
    this.#tick = tick
    this.#known = steps.program.threads.map(() => new Map<string, readonly (readonly [number, number])[]>())
  }

  get explored(): number {
    return this.#visited.size
  }

  run(): void {
    const { threads, memory } = this.#steps.initial()
    this.#add([this.#memories.of(memory), ...threads.map((thread) => this.#threads.of(thread))])
    for (let state = this.#todo.pop(), n = 1; state !== undefined; state = this.#todo.pop(), n++) {
      if (n % EVERY === 0) this.#look()
      this.#expand(state)
    }
  }

  #look(): void {
    this.#tick()
    if (this.#threads.characters + this.#memories.characters <= MAX_CHARACTERS) return
    throw this.#tooMany('states of more than 256 million characters')
  }

  #add(state: readonly number[]): void {
    const key = state.join(',')
    if (this.#visited.has(key)) return
    this.#visited.add(key)
    if (this.#visited.size > this.#limit) throw this.#tooMany(`more than ${this.#limit.toLocaleString('en-US')} states`)
    this.#todo.push(state)
  }

  #tooMany(what: string): Error {
    const { program, model } = this.#steps
    return environmentFailure({
      code: 'litmus-too-many-states',
      message: `${program.name} has ${what} under ${model}: no answer`,
      hint: 'make the test smaller: fewer threads, fewer stores without barriers between them',
      ...given({ file: program.source.file }),
    })
  }

  #expand(state: readonly number[]): void {
    const [memory = 0, ...threads] = state
    let steps = 0
    threads.forEach((number, i) => {
      for (const [next, then] of this.#successors(i, number, memory)) {
        steps += 1
        const copy = [...state]
        copy[0] = then
        copy[i + 1] = next
        this.#add(copy)
      }
    })
    if (steps === 0) this.#end(memory, threads)
  }

  #successors(thread: number, number: number, memory: number): readonly (readonly [number, number])[] {
    const known = this.#known[thread]
    const key = `${number},${memory}`
    const before = known?.get(key)
    if (before !== undefined) return before
    const found = this.#steps
      .successors(thread, this.#threads.at(number), this.#memories.at(memory))
      .map(([next, then]) => [this.#threads.of(next), this.#memories.of(then)] as const)
    known?.set(key, found)
    return found
  }

  #end(memory: number, numbers: readonly number[]): void {
    const threads = numbers.map((n) => this.#threads.at(n))
    const waiting = threads.flatMap((t, i) => (this.#steps.hasEnded(i, t) ? [] : [this.#waiting(i, t)]))
    for (const stuck of waiting) this.stuck.set(`${stuck.thread}:${stuck.line}:${stuck.column}`, stuck)
    if (waiting.length === 0) this.finals.push({ threads, memory: this.#memories.at(memory) })
  }

  #waiting(thread: number, state: ThreadState): Stuck {
    const op = this.#steps.op(thread, state)
    return { thread, operation: op?.name ?? 'the end', ...this.#steps.program.source.place(op?.at ?? 0) }
  }
}

// --------------------------------------------------------------------------------------------------------- verdict

/** One final state, as far as the test looks at it. */
export interface FinalState {
  readonly values: readonly Value[]
  /** does the condition's proposition hold in it? */
  readonly satisfies: boolean
}

/** What a test comes to. */
export interface Answer {
  readonly program: LitmusProgram
  readonly model: MemoryModel
  readonly outcomes: readonly FinalState[]
  readonly verdict: 'Ok' | 'No'
  /** of the proposition, as herd's last two numbers are */
  readonly observation: 'Sometimes' | 'Never' | 'Always'
  readonly satisfying: number
  readonly others: number
  readonly stuck: readonly Stuck[]
  readonly explored: number
}

/** A register to which nothing was ever assigned is 0 in a final state, as in herd. */
const valueIn = (final: State, from: Observed['from']): Value => {
  const value =
    'thread' in from ? final.threads[from.thread]?.registers[from.slot satisfies Slot] : final.memory[from.location]
  return value ?? 0
}

const comparandIn = (final: State, value: Literal | Subject, find: LitmusProgram['find']): Value =>
  match(value)
    .with({ kind: 'int' }, ({ value: n }): Value => n)
    .with({ kind: 'address' }, ({ name }): Value => name)
    .with({ kind: 'register' }, { kind: 'location' }, (subject) => valueIn(final, find(subject)))
    .exhaustive()

const holds = (prop: Prop, final: State, find: LitmusProgram['find']): boolean =>
  match(prop)
    .with({ kind: 'constant' }, ({ value }) => value)
    .with({ kind: 'equals' }, ({ subject, value }) => valueIn(final, find(subject)) === comparandIn(final, value, find))
    .with({ kind: 'not' }, ({ operand }) => !holds(operand, final, find))
    .with({ kind: 'and' }, ({ left, right }) => holds(left, final, find) && holds(right, final, find))
    .with({ kind: 'or' }, ({ left, right }) => holds(left, final, find) || holds(right, final, find))
    .with({ kind: 'implies' }, ({ left, right }) => !holds(left, final, find) || holds(right, final, find))
    .exhaustive()

const compareOutcomes = (a: FinalState, b: FinalState): number => {
  const differing = a.values.findIndex((value, i) => value !== b.values[i])
  return differing < 0 ? 0 : compareValues(a.values[differing] ?? 0, b.values[differing] ?? 0)
}

/** Distinct outcomes, in herd's order. */
const outcomesOf = (program: LitmusProgram, finals: readonly State[]): readonly FinalState[] => {
  const { filter, prop, find, observed } = program
  const all = new Map<string, FinalState>()
  for (const final of finals) {
    if (filter !== undefined && !holds(filter, final, find)) continue
    const values = observed.map(({ from }) => valueIn(final, from))
    // what the proposition looks at is observed, so equal outcomes satisfy it alike
    all.set(JSON.stringify(values), { values, satisfies: holds(prop, final, find) })
  }
  return [...all.values()].sort(compareOutcomes)
}

/**
 * Runs a test under a memory model.
 * @throws LockstepError (exit 2) `litmus-undefined` if some execution takes a step that has no meaning;
 *   (exit 3) `litmus-too-many-states` if the search is given up
 */
export const runTest = (program: LitmusProgram, model: MemoryModel, limits: Limits = {}): Answer => {
  const search = new Search(new Steps(program, model), limits)
  search.run()
  const outcomes = outcomesOf(program, search.finals)
  const satisfying = outcomes.filter((o) => o.satisfies).length
  const others = outcomes.length - satisfying
  const ok = match(program.quantifier)
    .with('exists', () => satisfying > 0)
    .with('~exists', () => satisfying === 0)
    .with('forall', () => others === 0)
    .exhaustive()
  return {
    program,
    model,
    outcomes,
    verdict: ok ? 'Ok' : 'No',
    observation: satisfying === 0 ? 'Never' : others === 0 ? 'Always' : 'Sometimes',
    satisfying,
    others,
    stuck: [...search.stuck.values()].sort((a, b) => a.thread - b.thread || a.line - b.line || a.column - b.column),
    explored: search.explored,
  }
}

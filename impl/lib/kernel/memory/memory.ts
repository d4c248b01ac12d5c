/**
 * The shared memory of a machine under a memory model: its locations, the store buffer of each thread, and the steps by
 * which programs access them. A program is written once and runs under every model; which model is an argument here.
 * Twin of spec/lib/Memory.tla; the models themselves are in buffer.ts.
 */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Read } from '../language/constants.ts'
import { choiceOf, natural } from '../language/constants.ts'
import type { Access, Label, Op, OpKind, Step } from '../language/op.ts'
import type { EnvironmentAction, ThreadId } from '../language/machine.ts'
import { Observer, sameThread, threadName } from '../language/machine.ts'
import type { GrowingDomain, Variable } from '../language/shared.ts'
import { Shared } from '../language/shared.ts'
import { atomic, labelled, perform, require } from '../language/op.ts'
import type { Domain, Key } from '../language/domain.ts'
import { indexIn, valueAt } from '../language/domain.ts'
import { printValue } from '../language/print-value.ts'
import type { TlaValue } from '../language/value.ts'
import { tla } from '../language/value.ts'
import type { MemoryModel, StoreBuffer } from './buffer.ts'
import {
  buffersStores,
  committable,
  forwarded,
  isFull,
  MEMORY_MODELS,
  withoutStore,
  withStore,
  withWriteBarrier,
} from './buffer.ts'

/** Entries name the cell that is stored to, and the index of the value in the cell's domain. */
type Buffer = StoreBuffer<number, number>

/** Takes part in a step besides its access, with the access's result: history variables. */
export type Also<R = void> = (result: R) => void

const nothing: Also<unknown> = () => undefined

const LOCKED = 'the thread’s store buffer is empty'
const FULL = 'the thread’s store buffer has a free slot'

/** The store buffers that one thread can have: as many as its stores bring about. */
class BufferDomain implements Domain<Buffer>, GrowingDomain {
  readonly name: string
  readonly values: Buffer[] = [[]]
  private readonly index = new Map<string, number>([['[]', 0]])
  private readonly entryToTla: (cell: number, value: number) => TlaValue
  private reported = 1
  private frozen = false

  constructor(slots: number, entryToTla: (cell: number, value: number) => TlaValue) {
    this.name = `a sequence of at most ${slots} stores`
    this.entryToTla = entryToTla
  }

  indexOf(buffer: Buffer): number {
    const key = JSON.stringify(buffer)
    let index = this.index.get(key)
    if (index === undefined) {
      if (this.frozen) return -1
      index = this.values.push(buffer) - 1
      this.index.set(key, index)
    }
    return index
  }

  toTla(buffer: Buffer): TlaValue {
    return tla.seq(
      buffer.map((entry) =>
        'location' in entry
          ? this.entryToTla(entry.location, entry.value)
          : tla.seq([tla.seq([tla.str('smp_wmb')]), tla.bool(true)]),
      ),
    )
  }

  grew(): boolean {
    const more = this.values.length > this.reported
    this.reported = this.values.length
    return more
  }

  freeze(): void {
    this.frozen = true
  }

  get content(): readonly unknown[] {
    return this.values
  }

  fill(content: readonly unknown[]): void {
    for (const buffer of content as readonly Buffer[]) this.indexOf(buffer)
    this.reported = this.values.length
  }
}

/** A variable of shared memory with a location per key. */
export interface LocationMap<T> extends Pick<Variable<T>, 'name' | 'get' | 'set'> {
  /** the location that a program accesses, e.g. `k.suspended.at(f)` */
  at(key: Key): Location<T>
  /** has the thread stored to the element, and the others do not see it yet? for properties */
  isBuffered(key: Key, thread: ThreadId): boolean
}

/** A model that is none would run as some other, and a buffer without room would keep every store from being made. */
const refuseMemory = (model: string, slots: number): void => {
  const known = MEMORY_MODELS.find((name) => name === model)
  if (known === undefined) {
    throw badInput({
      code: 'no-memory-model',
      message: `there is no memory model ${JSON.stringify(model)}`,
      hint: `there are ${MEMORY_MODELS.join(', ')}`,
    })
  }
  if (Number.isInteger(slots) && slots >= (buffersStores(known) ? 1 : 0)) return
  throw badInput({
    code: 'no-slots',
    message: `a store buffer has room for ${slots} stores under ${known}`,
    hint: 'give a whole number: 0 under SC, where nothing is buffered, 1 or more under TSO and PSO',
  })
}

/** Shared memory. Threads are known by their place in the machine's list, which must be `threads`. */
export class Memory {
  readonly model: MemoryModel
  readonly slots: number
  /** in the order of the machine's */
  readonly threads: readonly ThreadId[]
  private readonly shared: Shared
  private readonly buffers: readonly { readonly cell: number; readonly domain: BufferDomain }[]

  constructor(shared: Shared, model: MemoryModel, slots: number, threads: readonly ThreadId[]) {
    refuseMemory(model, slots)
    this.shared = shared
    this.model = model
    this.slots = slots
    this.threads = threads
    const domains = threads.map(() => new BufferDomain(slots, (cell, value) => this.entryToTla(cell, value)))
    const cells = shared.declare(
      'store_buffer',
      threads.map(([kind, id], i) => ({
        argument: tla.seq([tla.str(kind), tla.int(id)]),
        domain: domains[i] as unknown as Domain<unknown>,
        initial: 0,
      })),
    )
    this.buffers = domains.map((domain, i) => ({ domain, cell: at(cells, i) }))
    shared.growing.push(...domains)
    shared.demands.push({ threads, commit: buffersStores(model) ? COMMIT : undefined })
  }

  private entryToTla(cell: number, value: number): TlaValue {
    const declared = this.shared.cells[cell]
    if (declared === undefined) throw new RangeError(`no cell ${cell}`)
    const { variable, argument, domain } = declared
    const location = tla.seq([tla.str(variable), ...(argument === undefined ? [] : [argument])])
    return tla.seq([location, domain.toTla(valueAt(domain, value))])
  }

  /**
   * Declares a variable with a location per key; the name is the specification's. `inC` is how C writes a location, e.g.
   * (v) => `v${v}->kicked`; one that the C code does not have needs none, and is called as the specification calls it.
   */
  map<T>(
    name: string,
    keys: readonly Key[],
    domain: Domain<T>,
    initial: T,
    inC?: (key: Key) => string,
  ): LocationMap<T> {
    const variable = this.shared.map(name, keys, domain, initial, inC)
    return {
      name,
      get: (key) => variable.get(key),
      set: (key, value) => {
        variable.set(key, value)
      },
      at: (key) => new Location(this, inC?.(key) ?? `${name}[${key}]`, domain, variable.cell(key)),
      isBuffered: (key, thread) => this.isBuffered(variable.cell(key), thread),
    }
  }

  /** Declares a variable that is one location; `inC` is how C writes it. */
  scalar<T>(name: string, domain: Domain<T>, initial: T, inC?: string): Location<T> {
    return new Location(this, inC ?? name, domain, this.shared.scalar(name, domain, initial, inC).cell)
  }

  /** Declares one location per name, as the elements of a variable that is indexed by names. */
  named<T>(name: string, keys: readonly string[], domain: Domain<T>, initial: T): ReadonlyMap<string, Location<T>> {
    const index = indexIn(domain, initial, `the initial value of ${name}`)
    const cells = this.shared.declare(
      name,
      keys.map((key) => ({ argument: tla.str(key), domain: domain as Domain<unknown>, initial: index, inC: key })),
    )
    return new Map(keys.map((key, i) => [key, new Location(this, key, domain, at(cells, i))]))
  }

  private own(): { readonly cell: number; readonly domain: BufferDomain } {
    const own = this.buffers[this.shared.store.thread]
    if (own === undefined) throw new RangeError('an access outside of a thread')
    return own
  }

  private buffer(): Buffer {
    const { cell, domain } = this.own()
    return valueAt(domain, this.shared.store.get(cell))
  }

  private setBuffer(buffer: Buffer): void {
    const { cell, domain } = this.own()
    this.shared.store.set(cell, indexIn<Buffer>(domain, buffer, 'the store buffer'))
  }

  /** Does the thread with this place in the list have no store that others do not see yet? */
  isDrained(thread: number): boolean {
    const { cell } = this.buffers[thread] ?? {}
    if (cell === undefined) throw new RangeError(`no thread ${thread}`)
    return this.shared.store.get(cell) === 0
  }

  private isBuffered(cell: number, [kind, id]: ThreadId): boolean {
    const own = this.buffers[this.threads.findIndex((thread) => thread[0] === kind && thread[1] === id)]
    if (own === undefined) throw new RangeError(`no thread ${kind} ${id}`)
    return forwarded(valueAt(own.domain, this.shared.store.get(own.cell)), cell) !== undefined
  }

  /** Index of the value that a location has for all threads. */
  visible(cell: number): number {
    return this.shared.store.get(cell)
  }

  setVisible(cell: number, value: number): void {
    this.shared.store.set(cell, value)
  }

  private drained(): void {
    require(this.buffer().length === 0, LOCKED)
  }

  private read(cell: number): number {
    return forwarded(this.buffer(), cell)?.value ?? this.shared.store.get(cell)
  }

  private write(cell: number, value: number): void {
    if (!buffersStores(this.model)) {
      this.shared.store.set(cell, value)
      return
    }
    const buffer = this.buffer()
    require(!isFull(buffer, this.slots), FULL)
    this.setBuffer(withStore(buffer, cell, value))
  }

  private writeBarrier(): void {
    const buffer = this.buffer()
    const marked = withWriteBarrier(this.model, buffer)
    if (marked === buffer) return
    require(!isFull(buffer, this.slots), FULL)
    this.setBuffer(marked)
  }

  /** Takes an access by the thread whose step it is; the result is an index, -1 where it has none. */
  access(access: Access): number {
    const { store } = this.shared
    switch (access.op) {
      case 'load':
        return this.read(access.cell)
      case 'store':
        this.write(access.cell, access.value)
        return -1
      case 'update':
        return this.update(access)
      case 'release':
        if (this.model === 'PSO') this.writeBarrier()
        this.write(access.cell, access.value)
        return -1
      case 'wmb':
        this.writeBarrier()
        return -1
      case 'mb':
        this.drained()
        return -1
      case 'xchg': {
        this.drained()
        const old = store.get(access.cell)
        store.set(access.cell, access.value)
        return old
      }
      case 'cmpxchg':
        return this.cmpxchg(access)
      case 'await': {
        this.drained()
        const old = store.get(access.cell)
        require(access.ready.includes(old), 'what it waits for has happened')
        store.set(access.cell, access.value)
        return old
      }
    }
  }

  private update({ cell, map }: Extract<Access, { op: 'update' }>): -1 {
    const next = at(map, this.read(cell))
    if (next < 0) {
      const { variable, domain } = at(this.shared.cells, cell)
      throw badInput({
        code: 'outside-domain',
        message: `${variable} would be updated to a value outside its domain ${domain.name}`,
        hint: 'widen the domain in the schema, or guard the step',
      })
    }
    this.write(cell, next)
    return -1
  }

  /** One that fails stores nothing; unless it is a full barrier all the same, it is a load. */
  private cmpxchg({ cell, old, value, full }: Extract<Access, { op: 'cmpxchg' }>): number {
    const { store } = this.shared
    const found = full ? store.get(cell) : this.read(cell)
    if (full || found === old) this.drained()
    if (found === old) store.set(cell, value)
    return found
  }

  private barrier(label: Label, what: string, op: 'mb' | 'wmb'): Step<void> {
    const access: Access = { op }
    const exec = (): void => {
      this.access(access)
    }
    return perform({ ...labelled(label), kind: 'barrier', what, choices: [undefined], exec, access })
  }

  /** A full barrier: waits until the thread's stores are visible. */
  smp_mb(label: Label): Step<void> {
    return this.barrier(label, 'smp_mb()', 'mb')
  }

  /** A write barrier: the thread's stores before it become visible before those after it. */
  smp_wmb(label: Label): Step<void> {
    return this.barrier(label, 'smp_wmb()', 'wmb')
  }

  /** A step of one's own that is a full barrier: a locked instruction, taking a lock, a system call. */
  locked<R, C = undefined>(label: Label, what: string, exec: (choice: C) => R, choices?: readonly C[]): Step<R> {
    const both = (choice: C): R => {
      this.drained()
      return exec(choice)
    }
    return atomic(label, what, both, choices)
  }

  /** The environment's part: the stores that may become visible next, one action per position in a buffer. */
  commits(): EnvironmentAction[] {
    if (!buffersStores(this.model)) return []
    const positions = this.model === 'PSO' ? Array.from({ length: this.slots }, (_, i) => i) : [0]
    return this.threads.flatMap((thread, t) => positions.map((i) => this.commit(thread, t, i)))
  }

  private commit(thread: ThreadId, t: number, i: number): EnvironmentAction {
    const exec = (): void => {
      const { cell, domain } = this.buffers[t] ?? {}
      if (cell === undefined || domain === undefined) throw new RangeError(`no thread ${t}`)
      const { store } = this.shared
      const buffer = valueAt(domain, store.get(cell))
      require(committable(this.model, buffer).includes(i), 'a store of the thread waits to become visible')
      const entry = buffer[i]
      if (entry !== undefined && 'location' in entry) store.set(entry.location, entry.value)
      store.set(cell, indexIn<Buffer>(domain, withoutStore(buffer, i), 'the store buffer'))
    }
    return { label: COMMIT, thread, what: 'a store becomes visible', exec }
  }
}

/** CONSTANTS of the specification's module. */
export const MEMORY_CONSTANTS = { Memory: choiceOf(MEMORY_MODELS), StoreBufferSlots: natural }

export type MemoryConstants = Read<typeof MEMORY_CONSTANTS>

/**
 * What the threads of a machine share, from the constants `c`. A machine's own class extends it, and declares its variables as
 * fields, in the order of the specification: `readonly kicked = this.memory.scalar('kicked', bool, false)`.
 */
export abstract class SharedState<C extends MemoryConstants> {
  readonly shared = new Shared()
  readonly c: C
  readonly memory: Memory

  constructor(c: C, threads: readonly ThreadId[]) {
    this.c = c
    this.memory = new Memory(this.shared, c.Memory, c.StoreBufferSlots, threads)
  }

  /** A thread as properties see it: where it is, and its locals. */
  observe<F extends object = object>(kind: string, id: Key): Observer<F> {
    const index = this.memory.threads.findIndex((thread) => sameThread(thread, [kind, id]))
    if (index >= 0) return new Observer(this.shared, index)
    throw badInput({
      code: 'no-such-thread',
      message: `a property looks at a thread ${threadName([kind, id])}, and there is none`,
      hint: `there are ${this.memory.threads.map(threadName).join(', ')}`,
    })
  }
}

/** The environment's action by which a buffered store becomes visible. */
export const COMMIT = 'commit'

/** One location of shared memory. Each method is one step with the label of the specification's action. */
export class Location<T> {
  private readonly memory: Memory
  private readonly what: string
  private readonly domain: Domain<T>
  private readonly cell: number

  constructor(memory: Memory, what: string, domain: Domain<T>, cell: number) {
    this.memory = memory
    this.what = what
    this.domain = domain
    this.cell = cell
  }

  private index(value: T): number {
    return indexIn(this.domain, value, this.what)
  }

  /** What all steps that access the location have in common. */
  private op(label: Label, kind: OpKind): Omit<Op, 'exec'> {
    return { ...labelled(label), kind, what: this.what, cell: this.cell, choices: [undefined] }
  }

  private step<R>(label: Label, kind: OpKind, access: Access, result: (index: number) => R, also: Also<R>): Step<R> {
    const exec = (): R => {
      const r = result(this.memory.access(access))
      also(r)
      return r
    }
    const text = (index: number): TlaValue => this.domain.toTla(valueAt(this.domain, index))
    const stored = 'value' in access ? { stored: text(access.value) } : {}
    const compared = 'old' in access ? { compared: text(access.old) } : {}
    return perform({ ...this.op(label, kind), exec, access, ...stored, ...compared })
  }

  /** A step that stores a value: one outside of the domain is refused in the step, so that the error has its label. */
  private storing<R>(
    label: Label,
    kind: OpKind,
    value: T,
    access: (index: number) => Access,
    result: (index: number) => R,
    also: Also<R>,
  ): Step<R> {
    const index = this.domain.indexOf(value)
    if (index >= 0) return this.step(label, kind, access(index), result, also)
    const refuse = (): never => {
      this.index(value)
      throw new RangeError('a value that is outside of its domain was not refused')
    }
    return perform<R>({ ...this.op(label, kind), exec: refuse })
  }

  private readonly value = (index: number): T => valueAt(this.domain, index)

  private readonly none = (): void => undefined

  /** READ_ONCE() */
  load(label: Label, also: Also<T> = nothing): Step<T> {
    return this.step(label, 'load', { op: 'load', cell: this.cell }, this.value, also)
  }

  /** WRITE_ONCE() */
  store(label: Label, value: T, also: Also = nothing): Step<void> {
    return this.storing(label, 'store', value, (i) => ({ op: 'store', cell: this.cell, value: i }), this.none, also)
  }

  /** A plain store of what `next` makes of the value that the thread sees: of data that a lock protects. */
  update(label: Label, next: (value: T) => T): Step<void> {
    const map = this.domain.values.map((value) => this.domain.indexOf(next(value)))
    const access: Access = { op: 'update', cell: this.cell, map }
    const exec = (): void => {
      this.memory.access(access)
    }
    return perform({ ...this.op(label, 'store'), exec, access })
  }

  /** The same, of data that the program looks at as well: the value that the thread saw before is the result. */
  fetchUpdate(label: Label, next: (value: T) => T): Step<T> {
    const exec = (): T => {
      const before = this.read()
      this.memory.access({ op: 'store', cell: this.cell, value: this.index(next(before)) })
      return before
    }
    return perform({ ...this.op(label, 'store'), exec })
  }

  /** smp_store_release(), spin_unlock(): what was stored before becomes visible before this does. */
  release(label: Label, value: T, also: Also = nothing): Step<void> {
    return this.storing(label, 'store', value, (i) => ({ op: 'release', cell: this.cell, value: i }), this.none, also)
  }

  /** smp_store_mb(): a store, and a full barrier after it. */
  smp_store_mb(label: Label, value: T, also: Also = nothing): Step<void> {
    return this.storing(label, 'store', value, (i) => ({ op: 'xchg', cell: this.cell, value: i }), this.none, also)
  }

  /** set_bit(), test_and_clear_bit(), xchg(): a locked store; the value before it is the result. */
  xchg(label: Label, value: T, also: Also<T> = nothing): Step<T> {
    return this.storing(label, 'rmw', value, (i) => ({ op: 'xchg', cell: this.cell, value: i }), this.value, also)
  }

  /** cmpxchg(): the value before it is the result. `full`: is it a full barrier where it fails, as on x86? */
  cmpxchg(label: Label, old: T, value: T, full: boolean, also: Also<T> = nothing): Step<T> {
    const access: Access = { op: 'cmpxchg', cell: this.cell, old: this.index(old), value: this.index(value), full }
    return this.step(label, 'rmw', access, this.value, also)
  }

  /** Waits for a value that `ready` accepts and stores `value` in the same step: spin_lock(), a sleep until a flag is set. */
  waitThenStore(label: Label, ready: (value: T) => boolean, value: T, also: Also = nothing): Step<void> {
    const indices = this.domain.values.flatMap((v, i) => (ready(v) ? [i] : []))
    const access: Access = { op: 'await', cell: this.cell, ready: indices, value: this.index(value) }
    return this.step(label, 'wait', access, this.none, also)
  }

  /** What is visible to all, inside a step or a property. */
  peek(): T {
    return valueAt(this.domain, this.memory.visible(this.cell))
  }

  /** What the thread whose step it is sees, inside a step. */
  read(): T {
    return valueAt(this.domain, this.memory.access({ op: 'load', cell: this.cell }))
  }

  /** Sets what is visible to all, inside a step of one's own that has the location to itself. */
  poke(value: T): void {
    this.memory.setVisible(this.cell, this.index(value))
  }

  /** How the location is named in a diagram. */
  toString(): string {
    return this.what
  }

  /** A value as TLA+ writes it. */
  print(value: T): string {
    return printValue(this.domain.toTla(value))
  }
}

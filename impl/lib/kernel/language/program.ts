/**
 * How a machine is written: shared variables, and programs that read like the C code, one `yield*` per shared access.
 *
 * A program does not know which interpreter runs it. It yields an `Op`, is suspended there, and is resumed with the
 * op's result. Everything that it carries over an access is in its frame; compile.ts holds it to that.
 */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Domain, Key } from './domain.ts'
import { indexIn, valueAt } from './domain.ts'
import type { TlaValue } from './value.ts'
import { tla } from './value.ts'

/** A thread: its kind and the id of the vCPU that it belongs to; `pc` of the specification is indexed by it. */
export type ThreadId = readonly [kind: string, vcpu: Key]

/** Is it the same thread? */
export const sameThread = (a: ThreadId, b: ThreadId): boolean => a[0] === b[0] && a[1] === b[1]

/** A thread as people call it, e.g. `vcpu0`. */
export const threadName = ([kind, id]: ThreadId): string => `${kind}${id}`

/** What an op does to memory, for people to read. */
export type OpKind = 'load' | 'store' | 'rmw' | 'barrier' | 'wait' | 'atomic' | 'end'

/**
 * An access as data, for interpreters that run it on something else than a `Store`: real memory, for one. Values are
 * indices in the domain of the cell.
 */
export type Access =
  | { readonly op: 'load'; readonly cell: number }
  | { readonly op: 'store' | 'release'; readonly cell: number; readonly value: number }
  | { readonly op: 'xchg'; readonly cell: number; readonly value: number }
  /** `full`: is it a full barrier where it fails? */
  | {
      readonly op: 'cmpxchg'
      readonly cell: number
      readonly old: number
      readonly value: number
      readonly full: boolean
    }
  /** waits until the cell has one of the values that `ready` lists, and stores `value` in the same step */
  | { readonly op: 'await'; readonly cell: number; readonly ready: readonly number[]; readonly value: number }
  /** a load and a plain store of `map[index]`: data that a lock protects */
  | { readonly op: 'update'; readonly cell: number; readonly map: readonly number[] }
  | { readonly op: 'mb' | 'wmb' }

/** One step of a thread: at most one access to shared memory. */
export interface Op<R = unknown> {
  /** the action of the specification that is this step */
  readonly label: string
  readonly kind: OpKind
  /** what is accessed, in C, e.g. `v2->tlb_flush_inhibit`; shown in diagrams */
  readonly what: string
  /** what the world decides within this step; one `undefined` where it decides nothing */
  readonly choices: readonly unknown[]
  /** what a store or a locked store puts there, for people to read */
  readonly stored?: TlaValue
  /** takes the step on the current store; throws `Refusal` where the step cannot be taken yet */
  readonly exec: (choice: unknown) => R
  /** what `exec` does besides history variables; undefined for a step of one's own */
  readonly access?: Access
}

/** A piece of program that returns a value; sub-functions are called with `yield*`. */
export type Step<R> = Generator<Op, R, unknown>

/** A whole thread: runs for ever. */
export type Program = Step<void>

/** Thrown by `require`: the step is not enabled here. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** Holds the step back until `condition`; `why` is the condition in words, for whoever asks why it is refused. */
export function require(condition: boolean, why: string): asserts condition {
  if (!condition) throw new Refusal(why)
}

let watcher: ((op: Op) => void) | undefined

/** Runs `body` with `seen` told of each step as it is made, while the statement that makes it is still on the stack. */
export const watching = <R>(seen: (op: Op) => void, body: () => R): R => {
  const outer = watcher
  watcher = seen
  try {
    return body()
  } finally {
    watcher = outer
  }
}

function* performing<R>(op: Op<R>): Step<R> {
  // the interpreter resumes with what op.exec returned
  return (yield op) as R
}

/** One step of a program. */
export const perform = <R>(op: Op<R>): Step<R> => {
  watcher?.(op)
  return performing(op)
}

/** A step of one's own. `choices` are what the world may decide within it. */
export const atomic = <R, C = undefined>(
  label: string,
  what: string,
  exec: (choice: C) => R,
  choices: readonly C[] = [undefined as C],
): Step<R> => perform({ label, kind: 'atomic', what, choices, exec: (choice) => exec(choice as C) })

/** Where a thread ends: a step that it never takes. */
export const ended = (label: string): Step<never> =>
  perform<never>({
    label,
    kind: 'end',
    what: 'the thread has ended',
    choices: [undefined],
    exec: () => {
      throw new Refusal('the thread has steps left')
    },
  })

/** Where the values of the shared variables are, seen by the interpreter at hand. Cells and values are indices. */
export interface Store {
  /** whose step it is: index into the machine's threads; -1 for an environment action or a property */
  readonly thread: number
  get(cell: number): number
  set(cell: number, index: number): void
  /** a local of a thread, for properties only; `field` is `pc` or a frame field */
  local(thread: number, field: string): unknown
}

/** One packed field: one variable, or one key of it. */
export interface Cell {
  readonly variable: string
  /** argument of the variable as TLA+ has it; undefined for a variable with one value for all */
  readonly argument: TlaValue | undefined
  readonly domain: Domain<unknown>
  readonly initial: number
}

/** A shared variable of the specification. */
export interface SharedVariable {
  readonly name: string
  /** its cells, one per argument */
  readonly cells: readonly number[]
}

/** One element of a variable, as it is declared. */
export interface CellDeclaration {
  readonly argument: TlaValue | undefined
  readonly domain: Domain<unknown>
  readonly initial: number
}

const noStore: Store = {
  thread: -1,
  get: () => {
    throw new Error('shared variable read outside of a step')
  },
  set: () => {
    throw new Error('shared variable written outside of a step')
  },
  local: () => {
    throw new Error('local read outside of a property')
  },
}

/** A domain that is filled while steps are tried out: it has no more values than some program can bring about. */
export interface GrowingDomain {
  /** has it grown since this was last asked? */
  grew(): boolean
  /** what it has grown to, in the order of the values */
  readonly content: readonly unknown[]
  /** puts the content of a domain of the same kind here; nothing was added yet */
  fill(content: readonly unknown[]): void
}

/** The shared variables of one machine, and the store that they are read from at the moment. */
export class Shared {
  readonly cells: Cell[] = []
  readonly variables: SharedVariable[] = []
  /** one per thread, in the order of the threads, or none; no other thread’s steps look at it */
  readonly growing: GrowingDomain[] = []
  private current: Store = noStore

  get store(): Store {
    return this.current
  }

  /** Runs `body` with every variable of the machine read from and written to `store`. */
  with<R>(store: Store, body: () => R): R {
    const outer = this.current
    this.current = store
    try {
      return body()
    } finally {
      this.current = outer
    }
  }

  /** Declares a variable by its elements; returns their cells. */
  declare(name: string, elements: readonly CellDeclaration[]): readonly number[] {
    const cells = elements.map((element) => this.cells.push({ variable: name, ...element }) - 1)
    this.variables.push({ name, cells })
    return cells
  }

  /** Declares a variable with a value per key; the name is the specification's. */
  map<T>(name: string, keys: readonly Key[], domain: Domain<T>, initial: T): Variable<T> {
    const index = indexIn(domain, initial, `the initial value of ${name}`)
    const cells = this.declare(
      name,
      keys.map((key) => ({ argument: tla.int(key), domain: domain as Domain<unknown>, initial: index })),
    )
    return new Variable(this, name, domain, new Map(keys.map((key, i) => [key, at(cells, i)])))
  }

  /** Declares a variable that has one value for all. */
  scalar<T>(name: string, domain: Domain<T>, initial: T): Scalar<T> {
    const index = indexIn(domain, initial, `the initial value of ${name}`)
    const cells = this.declare(name, [{ argument: undefined, domain: domain as Domain<unknown>, initial: index }])
    return new Scalar(this, name, domain, at(cells, 0))
  }
}

/** A shared variable with one value; read and written inside a step. */
export class Scalar<T> {
  readonly name: string
  private readonly shared: Shared
  readonly domain: Domain<T>
  readonly cell: number

  constructor(shared: Shared, name: string, domain: Domain<T>, cell: number) {
    this.shared = shared
    this.name = name
    this.domain = domain
    this.cell = cell
  }

  get(): T {
    return valueAt(this.domain, this.shared.store.get(this.cell))
  }

  set(value: T): void {
    this.shared.store.set(this.cell, indexIn(this.domain, value, this.name))
  }
}

/** A shared variable with a value per key: `get` and `set` inside a step, `at` for the steps of a program. */
export class Variable<T> {
  readonly name: string
  private readonly shared: Shared
  readonly domain: Domain<T>
  private readonly cellOf: ReadonlyMap<Key, number>

  constructor(shared: Shared, name: string, domain: Domain<T>, cellOf: ReadonlyMap<Key, number>) {
    this.shared = shared
    this.name = name
    this.domain = domain
    this.cellOf = cellOf
  }

  /** The cell of an element. */
  cell(key: Key): number {
    const cell = this.cellOf.get(key)
    if (cell === undefined) {
      throw badInput({ code: 'no-such-key', message: `${this.name} has no element ${key}` })
    }
    return cell
  }

  get(key: Key): T {
    return valueAt(this.domain, this.shared.store.get(this.cell(key)))
  }

  set(key: Key, value: T): void {
    this.shared.store.set(this.cell(key), indexIn(this.domain, value, `${this.name}[${key}]`))
  }
}

/** Domains of a frame: the locals that live across an access. */
export type FrameSchema<F> = { readonly [K in keyof F]: Domain<F[K]> }

/** A thread of a machine. */
export interface Thread<F extends object = object> {
  readonly id: ThreadId
  readonly frame: FrameSchema<F>
  readonly initial: Readonly<F>
  readonly program: (frame: F) => Program
}

/** A guarded step that is not part of a program: a timer fires, an interrupt arrives. */
export interface EnvironmentAction {
  readonly label: string
  /** the thread that it happens to, for diagrams and traces */
  readonly thread: ThreadId
  readonly what: string
  readonly exec: () => void
}

/** What an invariant says of one vCPU, event, ... */
export interface InvariantInstance {
  /** of whom it speaks: where the specification's `...Occurs` of the property has it, e.g. `[3]` or `.poller`; empty for the only one */
  readonly name: string
  /** true in the states in which what it speaks of occurs: an instance of which no reachable state has it says nothing */
  readonly occurs: () => boolean
  readonly holds: () => boolean
}

/** A property that every reachable state must have, for each instance (vCPU, ...) by itself. */
export interface Invariant {
  readonly name: string
  readonly instances: readonly InvariantInstance[]
}

/** What a leads-to property says of one vCPU, event, ... */
export interface LeadsToInstance {
  /** of whom it speaks, as that of an invariant */
  readonly name: string
  readonly eventuallyAlways?: () => boolean
  readonly from: () => boolean
  readonly to: () => boolean
}

/** What an instance of a leads-to property looks at. */
export const predicatesOf = ({ from, to, eventuallyAlways }: LeadsToInstance): (() => boolean)[] => [
  from,
  to,
  ...(eventuallyAlways === undefined ? [] : [eventuallyAlways]),
]

/**
 * `from ~> to`, if given only where `eventuallyAlways` holds for good in the end. Checked under the machine's
 * fairness.
 */
export interface LeadsTo {
  readonly name: string
  readonly instances: readonly LeadsToInstance[]
}

/**
 * Fairness of all the steps of one thread whose labels are listed, taken together. Weak: they are not enabled for ever
 * without one being taken. Strong: they are not enabled again and again without one being taken.
 */
export interface Fairness {
  readonly thread: ThreadId
  readonly labels: ReadonlySet<string>
  readonly strong?: true
}

/** Everything that the interpreters need. */
export interface Machine {
  readonly shared: Shared
  readonly threads: readonly Thread[]
  readonly environment: readonly EnvironmentAction[]
  readonly invariants: readonly Invariant[]
  readonly liveness: readonly LeadsTo[]
  readonly fairness: readonly Fairness[]
}

/** Hides the type of a thread's frame, so that threads of different kinds can stand in one list. */
export const thread = <F extends object>(definition: Thread<F>): Thread => definition as unknown as Thread

/** Reads a thread's locals inside a property. */
export class Observer<F extends object> {
  private readonly shared: Shared
  private readonly index: number

  constructor(shared: Shared, index: number) {
    this.shared = shared
    this.index = index
  }

  /** Is `label` the thread's next step? */
  at(...labels: readonly string[]): boolean {
    return labels.some((label) => this.shared.store.local(this.index, `at:${label}`) === true)
  }

  get<K extends keyof F & string>(field: K): F[K] {
    return this.shared.store.local(this.index, field) as F[K]
  }
}

/** The shared variables of a machine, and the store that they are read from at the moment. */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import type { Domain, Key } from './domain.ts'
import { indexIn, valueAt } from './domain.ts'
import type { TlaValue } from './value.ts'
import { tla } from './value.ts'

/** What a property asks of a thread: whether its next step has a label, the value of a local, or something of both. */
export type AskedOfThread =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'local'; readonly field: string }
  /** by its name a property asks for the same each time; the answer is a value of JSON */
  | {
      readonly kind: 'node'
      readonly name: string
      readonly of: (label: string, frame: Readonly<Record<string, unknown>>) => unknown
    }

/** Where the values of the shared variables are, seen by the interpreter at hand. Cells and values are indices. */
export interface Store {
  /** whose step it is: index into the machine's threads; -1 for an environment action or a property */
  readonly thread: number
  get(cell: number): number
  set(cell: number, index: number): void
  /** what a property asks of a thread */
  local(thread: number, asked: AskedOfThread): unknown
}

/** One packed field: one variable, or one key of it. */
export interface Cell {
  readonly variable: string
  /** argument of the variable as TLA+ has it; undefined for a variable with one value for all */
  readonly argument: TlaValue | undefined
  readonly domain: Domain<unknown>
  readonly initial: number
  /** how C writes it, e.g. `v2->kicked`; undefined for what the C code does not have: history, bookkeeping */
  readonly inC: string | undefined
}

/** A shared variable of the specification. */
export interface SharedVariable {
  readonly name: string
  /** its cells, one per argument */
  readonly cells: readonly number[]
}

/** One element of a variable, as it is declared. */
export type CellDeclaration = Omit<Cell, 'variable' | 'inC'> & { readonly inC?: string | undefined }

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

/** What shared memory asks of the machine that it is part of. */
export interface MemoryDemand {
  /** the threads, in the order in which the machine must have them: each is known by its place */
  readonly threads: readonly (readonly [kind: string, id: Key])[]
  /** the environment's action by which a buffered store of a thread becomes visible; undefined where nothing is buffered */
  readonly commit: string | undefined
}

/** The shared variables of one machine, and the store that they are read from at the moment. */
export class Shared {
  readonly cells: Cell[] = []
  readonly variables: SharedVariable[] = []
  /** one per thread, in the order of the threads, or none; no other thread’s steps look at it */
  readonly growing: GrowingDomain[] = []
  /** labels that properties have asked for, with the threads that they asked about, by both */
  readonly asked = new Map<string, { readonly thread: number; readonly label: string }>()
  /** what its memory asks of the machine */
  readonly demands: MemoryDemand[] = []
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
    if (name === 'pc' || this.variables.some((variable) => variable.name === name)) {
      const why = name === 'pc' ? 'which is where each thread is' : 'and one would hide the other'
      throw badInput({
        code: 'variable-twice',
        message: `there are two shared variables named ${name}, ${why}`,
        hint: 'give one of them another name',
      })
    }
    const cells = elements.map((element) => this.cells.push({ variable: name, inC: undefined, ...element }) - 1)
    this.variables.push({ name, cells })
    return cells
  }

  /** Declares a variable with a value per key; the name is the specification's, `inC` how C writes an element. */
  map<T>(name: string, keys: readonly Key[], domain: Domain<T>, initial: T, inC?: (key: Key) => string): Variable<T> {
    const index = indexIn(domain, initial, `the initial value of ${name}`)
    const cells = this.declare(
      name,
      keys.map((key) => ({
        argument: tla.int(key),
        domain: domain as Domain<unknown>,
        initial: index,
        inC: inC?.(key),
      })),
    )
    return new Variable(this, name, domain, new Map(keys.map((key, i) => [key, at(cells, i)])))
  }

  /** Declares a variable that has one value for all. */
  scalar<T>(name: string, domain: Domain<T>, initial: T, inC?: string): Scalar<T> {
    const index = indexIn(domain, initial, `the initial value of ${name}`)
    const cells = this.declare(name, [{ argument: undefined, domain: domain as Domain<unknown>, initial: index, inC }])
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

/** What a machine is: shared variables, threads with their programs, what the world does, and what must hold of all of it. */

import type { CompiledPrograms } from './automaton.ts'
import type { Domain, Key } from './domain.ts'
import type { Program } from './op.ts'
import type { Shared } from './shared.ts'

/** A thread: its kind and the id of the vCPU that it belongs to; `pc` of the specification is indexed by it. */
export type ThreadId = readonly [kind: string, vcpu: Key]

/** Is it the same thread? */
export const sameThread = (a: ThreadId, b: ThreadId): boolean => a[0] === b[0] && a[1] === b[1]

/** A thread as people call it, e.g. `vcpu0`. */
export const threadName = ([kind, id]: ThreadId): string => `${kind}${id}`

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

/** What an instance of a leads-to property, or of a possibility, looks at. */
export const predicatesOf = ({ from, to, eventuallyAlways }: Omit<LeadsToInstance, 'name'>): (() => boolean)[] => [
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

/** What a possibility says of one vCPU, event, ... */
export interface PossibilityInstance {
  /** of whom it speaks, as that of an invariant */
  readonly name: string
  readonly from: () => boolean
  readonly to: () => boolean
}

/**
 * It can still happen: wherever `from` holds, some way leads to a state in which `to` holds. No fairness has a part in it: where
 * a thread sleeps and nothing that anybody may do wakes it, it sleeps for ever.
 */
export interface Possibility {
  readonly name: string
  readonly instances: readonly PossibilityInstance[]
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
  /** what must stay possible; only the explorer decides it */
  readonly possibilities?: readonly Possibility[]
  readonly fairness: readonly Fairness[]
  /** for a machine whose programs are not generators: what they are compiled to. `compile` asks for it, and looks at no program */
  readonly compiled?: () => CompiledPrograms
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
    for (const label of labels) this.shared.asked.set(`${this.index} ${label}`, { thread: this.index, label })
    return labels.some((label) => this.shared.store.local(this.index, { kind: 'label', label }) === true)
  }

  get<K extends keyof F & string>(field: K): F[K] {
    return this.shared.store.local(this.index, { kind: 'local', field }) as F[K]
  }

  /**
   * What `of` says of the thread's next step and its locals, e.g. which variable it would access. It is asked once for each node of
   * the thread and costs a look into a table in each state, however much it looks at. Within one property a name stands for one question.
   */
  ask<R>(name: string, of: (label: string, frame: Readonly<F>) => R): R {
    const asked = {
      kind: 'node',
      name,
      of: of as (label: string, frame: Readonly<Record<string, unknown>>) => R,
    } as const
    return this.shared.store.local(this.index, asked) as R
  }
}

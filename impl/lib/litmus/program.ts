/** A litmus test made ready to run: steps of each thread, locations and registers by number, names resolved. */

import type { Prop, Quantifier, Subject } from './ast.ts'
import type { Update, Gives } from './primitives.ts'
import type { At, Source } from './source.ts'
import type { Value } from './value.ts'

/** Registers of a thread; undefined until something is assigned. */
export type Registers = readonly (Value | undefined)[]

/** An expression without shared accesses. */
export type Eval = (registers: Registers) => Value

/** Number of a register in its thread. */
export type Slot = number
/** Number of a location in memory. */
export type Location = number
/** Number of a step in its thread. */
export type Target = number

/** Which location a step accesses. */
export type Address = (registers: Registers) => Location

/** One step of a thread. */
export type Op = OpKind & { readonly at: At; readonly name: string }

/** What a step does. */
export type OpKind =
  | { readonly kind: 'set'; readonly slot: Slot; readonly value: Eval }
  /** goes on at `to`; where there is a condition, only if it is false */
  | { readonly kind: 'goto'; readonly unless: Eval | undefined; readonly to: Target }
  | { readonly kind: 'load'; readonly address: Address; readonly slot: Slot }
  | { readonly kind: 'store'; readonly address: Address; readonly value: Eval; readonly release: boolean }
  | {
      readonly kind: 'rmw'
      readonly address: Address
      readonly update: Update
      readonly args: readonly Eval[]
      readonly gives: Gives
      readonly slot: Slot
    }
  | { readonly kind: 'mb' | 'wmb' }
  | { readonly kind: 'lock' | 'unlock'; readonly address: Address }
  /** a read-side section opens: its cell, a location of its own, becomes 1 */
  | { readonly kind: 'open'; readonly cell: Location; readonly index: number; readonly slot?: Slot }
  /** closes the section of `cells` that srcu_read_lock() gave the index of */
  | { readonly kind: 'close-srcu'; readonly cells: readonly Location[]; readonly index: Eval }
  /** closes the section of `cells` that was opened last */
  | { readonly kind: 'close-rcu'; readonly cells: readonly Location[] }
  /** a grace period begins: waits from here on for the sections that are open now */
  | { readonly kind: 'grace-begin'; readonly cells: readonly Location[] }
  | { readonly kind: 'grace-end' }

/** A thread of a test: its steps, and its registers by name with what they hold at first. */
export interface LitmusThread {
  readonly ops: readonly Op[]
  readonly registers: readonly string[]
  readonly initial: Registers
}

/** Where an observed value is found in a final state. */
export interface Observed {
  readonly label: string
  /** as herd prints it: a location is in brackets */
  readonly shown: string
  readonly from: { readonly thread: number; readonly slot: Slot } | { readonly location: Location }
}

/** A test that was read: what can be run, and what its condition looks at. */
export interface LitmusProgram {
  readonly source: Source
  readonly name: string
  readonly threads: readonly LitmusThread[]
  /** what each location holds at first */
  readonly memory: readonly Value[]
  readonly quantifier: Quantifier
  readonly prop: Prop
  readonly filter: Prop | undefined
  /** what an outcome shows, in herd's order */
  readonly observed: readonly Observed[]
  /** what the condition or the filter looks at */
  readonly find: (subject: Subject) => Observed['from']
  /** remarks on how the test was understood */
  readonly notes: readonly string[]
}

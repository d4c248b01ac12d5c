/** A way through the instructions of a thread, as far as it was followed: what is known on it, where it can end, and who follows it. */

import type { Instruction, Pure, Register, Target } from '../program/ir.ts'
import type { CType } from '../program/types.ts'
import type { SpecContext } from './context.ts'
import type { Scope, Writer } from './expression.ts'
import type { Location } from './location.ts'
import type { Point } from './region.ts'
import type { Term } from './term.ts'
import { term } from './term.ts'
import type { Change, Tree } from './tree.ts'

/** What is known on the way. */
export interface Way extends Point {
  readonly registers: ReadonlyMap<Register, Term>
  /** registers that can have had a value before the step */
  readonly kept: ReadonlySet<Register>
  /** variables that have another value by now; in blocks */
  readonly memory: ReadonlyMap<string, string>
  /** all of memory as one function, where a pointer decides what of it has changed */
  readonly whole: string | undefined
  readonly names: ReadonlySet<string>
  /** what was asked on the way and was not so */
  readonly excluded: ReadonlySet<string>
  /** the store buffers, as they are by now */
  readonly buffer: string
  /** of each block that is open: does it wait for the thread's own stores? */
  readonly open: readonly boolean[]
}

/** Where a way begins: nothing is known yet. */
export const beginning = (target: Target, known: Partial<Omit<Way, 'target'>> = {}): Way => ({
  target,
  links: new Map(),
  depth: 0,
  returned: [],
  registers: new Map(),
  kept: new Set(),
  memory: new Map(),
  whole: undefined,
  names: new Set(),
  excluded: new Set(),
  buffer: 'store_buffer',
  open: [],
  ...known,
})

/** What ends a way. */
export interface Ends {
  /** at the step at a place: the label, and what registers are then */
  readonly step: (label: string, changes: readonly Change[], way: Way) => Tree
  /** where it stops, and has no registers any more */
  readonly fault: (label: string, way: Way) => Tree
  /** a function has returned that nobody in the program has called: a property */
  readonly answer: (value: Term | undefined, pure: Pure | undefined, scope: Scope) => Tree
}

/** Of a walk. */
export interface WalkOptions {
  /** stem of the names of operators that it needs */
  readonly name: string
  readonly thread: string | undefined
  /** of the block that is walked through: its label, and whether its loads can see own buffered stores */
  readonly block: { readonly label: string; readonly isDrained: boolean } | undefined
  /** what a register is that was not set on the way */
  readonly before: (register: Register) => Term
  readonly ends: Ends
  readonly isWhole: boolean
}

/** An operator that a walk needs. */
export interface Continuation {
  readonly name: string
  readonly parameters: readonly string[]
  readonly tree: Tree
}

/** An access to memory. */
export type Access = Extract<Instruction, { kind: 'load' | 'store' | 'rmw' }>

/** What an access is given, in the order in which it is evaluated. */
export interface Operands {
  readonly location: Location
  readonly values: readonly Term[]
  readonly pures: readonly Pure[]
}

/** Follows a way: what parts of a walk ask of the whole. */
export interface Walking {
  readonly context: SpecContext
  readonly options: WalkOptions
  readonly isProperty: boolean
  /** some location is not known: memory has to be one function */
  needsWhole: boolean
  /** the tree from where the way is */
  readonly on: (way: Way) => Tree
  /** the same of a place that several ways come to */
  readonly walk: (way: Way) => Tree
  readonly written: (way: Way, write: (writer: Writer) => (way: Way) => Tree) => Tree
  readonly operands: (writer: Writer, instruction: Access) => Operands
  readonly read: (way: Pick<Way, 'registers'>, register: Register) => Term
  readonly bound: (
    way: Way,
    register: Register | undefined,
    value: Term,
    body: (way: Way) => Tree,
    called?: string,
  ) => Tree
}

/** A name that nothing has where it stands. */
export const unused = (wanted: string, names: ReadonlySet<string>, context: SpecContext): string => {
  const stem = wanted.replace(/_\d+$/, '')
  let name = wanted
  for (let i = 2; names.has(name) || context.isTaken(name); i++) name = `${stem}_${i}`
  return name
}

/** What is at a location of a type. */
export const typedAs = (type: CType, text: string): Term =>
  term(text, { isNatural: type.kind === 'int' && !type.signed })

/** What a value is called that was found at a location. */
export const nameOf = (location: Location): string | undefined =>
  location.kind === 'known' ? `${location.variable}_seen` : undefined

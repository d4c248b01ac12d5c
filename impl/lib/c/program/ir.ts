/**
 * What a C file means, before it runs: for each function a list of instructions, which refer to each other by their place in it. Those
 * that touch what threads share are steps, with a label; all others are on registers and happen together with the step before them.
 * Functions are not copied into their callers: a call sets the callee's parameters and where it returns to. There is no recursion, so
 * each function has one set of registers in each thread.
 */

import type { BinaryOperator, UnaryOperator } from '../syntax/ast.ts'
import type { Place } from '../syntax/source.ts'
import type { Gives, Order, Update } from './builtins.ts'
import type { CType, IntType, StructType } from './types.ts'
import type { Value } from './value.ts'

/** A register by its number; numbers are those of the whole program, of which a thread has the ones that it can reach. */
export type Register = number

/** An instruction by its number, that of the whole program too. */
export type Target = number

/** An expression over registers: it has no effect, and looks at nothing that threads share. */
export type Pure =
  | { readonly kind: 'constant'; readonly value: Value }
  | { readonly kind: 'register'; readonly register: Register }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly type: IntType; readonly operand: Pure }
  /** integers in `type`, that of the operands; or pointers that are compared */
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly type: IntType
      readonly left: Pure
      readonly right: Pure
    }
  /** the right operand is not looked at where the left one decides */
  | { readonly kind: 'and' | 'or'; readonly left: Pure; readonly right: Pure }
  | { readonly kind: 'conditional'; readonly condition: Pure; readonly yes: Pure; readonly no: Pure }
  /** an integer as another type has it */
  | { readonly kind: 'convert'; readonly type: IntType; readonly operand: Pure }
  /** `&p->field` */
  | { readonly kind: 'field'; readonly pointer: Pure; readonly struct: StructType; readonly field: string }
  /** `&(*p)[0]` of an array */
  | { readonly kind: 'decay'; readonly pointer: Pure }
  /** `p + index` */
  | { readonly kind: 'element'; readonly pointer: Pure; readonly index: Pure }
  /** `p - q`, in elements */
  | { readonly kind: 'distance'; readonly left: Pure; readonly right: Pure }
  /** container_of(): the struct of which the pointer points to the member at the end of `path` */
  | {
      readonly kind: 'container'
      readonly pointer: Pure
      readonly struct: StructType
      readonly path: readonly string[]
    }
  /** the object of a local of the thread whose address is taken */
  | { readonly kind: 'local'; readonly object: string }
  /** number of the calling thread; of an interrupt handler that of the thread that it interrupts */
  | { readonly kind: 'self' }
  | { readonly kind: 'count' }
  /** number of the first thread of a name */
  | { readonly kind: 'thread'; readonly name: string }
  /** is there a handler on this thread's CPU? */
  | { readonly kind: 'interruptible' }
  /** in a block or a property: all that the thread of a number has stored is visible */
  | { readonly kind: 'drained'; readonly thread: Pure }
  /** in properties: the thread is at that label of C */
  | { readonly kind: 'at'; readonly thread: string; readonly label: string }

/** Where a step is, and what it is called. */
export interface Site extends Place {
  /** of the specification's action: a TLA+ identifier */
  readonly label: string
  /** the C function in which a reader finds it */
  readonly function: string
  /** the statement or expression as it is written */
  readonly text: string
  /** primitives of the headers that it is a step of, outermost first; the text is their caller's */
  readonly within: readonly string[]
}

/** How an access is marked: a plain one may be torn, fused and raced with. */
export type Marking = 'plain' | 'once' | 'acquire' | 'release'

/** What went wrong, by the name of the property that says that it does not. */
export type FaultKind =
  | 'Assertion'
  | 'BugOn'
  | 'WarnOn'
  | 'NullPointer'
  | 'OutOfBounds'
  | 'WrongPointer'
  | 'Uninitialised'
  | 'Arithmetic'
  | 'EndlessLoop'

export type Instruction =
  | { readonly kind: 'set'; readonly register: Register; readonly value: Pure; readonly at: Place }
  /** a local whose address is taken is there anew: what is in its registers, if it is in some, nobody has set */
  | { readonly kind: 'fresh'; readonly object: string; readonly registers: readonly Register[]; readonly at: Place }
  | { readonly kind: 'jump'; to: Target }
  /** `guards`: the label of the fault that one of the two ways ends in */
  | {
      readonly kind: 'branch'
      readonly condition: Pure
      yes: Target
      no: Target
      readonly guards: string | undefined
      readonly at: Place
    }
  | {
      readonly kind: 'load'
      readonly register: Register
      readonly address: Pure
      readonly type: CType
      readonly marking: Marking
      readonly site: Site
    }
  | {
      readonly kind: 'store'
      readonly address: Pure
      readonly value: Pure
      readonly type: CType
      readonly marking: Marking
      /** a full barrier after it: smp_store_mb() */
      readonly barrier: boolean
      readonly site: Site
    }
  /** a locked read-modify-write; without a register nobody looks at what it gives */
  | {
      readonly kind: 'rmw'
      readonly register: Register | undefined
      readonly address: Pure
      readonly type: CType
      readonly update: Update
      readonly args: readonly Pure[]
      readonly gives: Exclude<Gives, 'bit'>
      readonly order: Order
      readonly site: Site
    }
  /** `none`: a place that something asks for, or a barrier that does nothing here */
  | { readonly kind: 'fence'; readonly fence: 'mb' | 'wmb' | 'none'; readonly site: Site }
  | { readonly kind: 'choose'; readonly register: Register; readonly count: number; readonly site: Site }
  /** all up to its `leave` is one step */
  | { readonly kind: 'block'; readonly drained: boolean; readonly site: Site }
  | { readonly kind: 'leave' }
  /** in a block: it cannot be taken until the condition holds */
  | { readonly kind: 'await'; readonly condition: Pure; readonly text: string; readonly at: Place }
  | {
      readonly kind: 'call'
      readonly callee: string
      readonly arguments: readonly (readonly [Register, Pure])[]
      /** the callee's, which says where it returns to; its value is the number of this instruction */
      readonly link: Register
      readonly at: Place
    }
  /** goes on behind the call that `link` names, where the value is put into `result` */
  | { readonly kind: 'return'; readonly link: Register; readonly at: Place }
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly message: string; readonly site: Site }
  | { readonly kind: 'end'; readonly site: Site }

/** A local of a function, or a value on the way. */
export interface RegisterInfo {
  /** `kvm_vcpu_poll.ready`; of a temporary `kvm_vcpu_poll.L12_3` */
  readonly name: string
  readonly function: string
  readonly type: CType
  readonly kind: 'variable' | 'temporary' | 'link'
}

/** A function that has code. */
export interface CFunction {
  readonly name: string
  readonly entry: Target
  /** one past its last instruction */
  readonly end: Target
  readonly parameters: readonly Register[]
  readonly result: Register | undefined
  readonly link: Register
  readonly calls: ReadonlySet<string>
}

/** What is shared: a variable of the file, a static one of a function, or a local of which somebody has the address. */
export interface CObject {
  readonly name: string
  readonly type: CType
  /** values of its leaves by their path behind the name, e.g. `.next`; those that are not named are 0 */
  readonly initial: ReadonlyMap<string, Value>
  /** one for each thread */
  readonly perThread: boolean
  /** its parts are in registers: see promote.ts */
  readonly inRegisters: boolean
  readonly at: Place
}

export interface CThread {
  readonly name: string
  readonly kind: 'thread' | 'daemon' | 'interrupt'
  readonly function: string
  /** undefined for a thread that is alone of its name */
  readonly count: number | undefined
  /** of an interrupt handler: the thread that it interrupts */
  readonly on: string | undefined
  readonly at: Place
}

/** What the file says of its own model. */
export interface CProperty {
  readonly name: string
  readonly kind: 'invariant' | 'leads-to' | 'finally'
  /** functions without parameters that say whether it holds; of a leads-to from and to */
  readonly functions: readonly string[]
  readonly text: string
  readonly at: Place
}

/** A C file, with what it includes, as it was understood. */
export interface CProgram {
  readonly file: string
  readonly instructions: readonly Instruction[]
  readonly registers: readonly RegisterInfo[]
  readonly functions: ReadonlyMap<string, CFunction>
  readonly objects: readonly CObject[]
  readonly threads: readonly CThread[]
  readonly properties: readonly CProperty[]
  /** names of `LOCKSTEP_OPTIONAL` that the file has */
  readonly optional: readonly string[]
  /** remarks on how it was understood */
  readonly notes: readonly string[]
}

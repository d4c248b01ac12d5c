/** What is known while a function is lowered: its names, its loops, where its steps are shown. */

import type { Place, Span } from '../syntax/source.ts'
import type {
  BlockStatement,
  Expr,
  FunctionDefinition,
  Initialiser,
  ParameterSyntax,
  Statement,
} from '../syntax/ast.ts'
import type { Emitter, Jump } from './emitter.ts'
import type { CFunction, CObject, Pure, Register, Site, Target } from './ir.ts'
import { refused } from './refused.ts'
import type { Binding } from './scope.ts'
import { Scope } from './scope.ts'
import type { CType, IntType, ScalarType, StructType } from './types.ts'

/** Expressions have statements in them, calls, types and blocks, and the other way round: each finds the others here. */
export interface Lowering {
  readonly rvalue: (f: FunctionContext, expr: Expr) => Typed
  readonly lvalue: (f: FunctionContext, expr: Expr) => LValue
  readonly call: (f: FunctionContext, call: Extract<Expr, { kind: 'call' }>) => Typed
  readonly blockValue: (f: FunctionContext, block: BlockStatement) => Typed
  readonly statement: (f: FunctionContext, statement: Statement) => void
  readonly parameter: (f: FunctionContext, parameter: ParameterSyntax, register: Register, type: CType) => void
  /** the address of a new local that has no name */
  readonly unnamed: (f: FunctionContext, type: CType, span: Span) => Pure
  readonly initialise: (f: FunctionContext, address: Pure, type: CType, initial: Initialiser, span: Span) => void
}

/** The whole program while it is lowered. */
export interface ProgramContext {
  readonly lowering: Lowering
  readonly emitter: Emitter
  readonly file: Scope
  readonly objects: Map<string, CObject>
  readonly optional: Set<string>
  readonly asked: ReadonlySet<string>
  /** variables that are declared elsewhere, with the place of their first use */
  readonly wanted: Map<string, Span>
  /** the member of each union that is used */
  readonly chosen: Map<StructType, { readonly member: number; readonly name: string }>
  /** the objects that static locals are in, by their declarations: a primitive is lowered at each of its calls */
  readonly statics: Map<Span, string>
  /** what a call needs to know of the function: its registers; its code is written later */
  readonly functionOf: (definition: FunctionDefinition) => Callee
  /** is an optional statement there? */
  readonly isOn: (name: string) => boolean
  readonly note: (text: string) => void
  /** a function that has a local of that name */
  readonly functionWith: (local: string) => string | undefined
}

/** A function as its callers know it. */
export interface Callee extends Omit<CFunction, 'entry' | 'end' | 'calls'> {
  readonly definition: FunctionDefinition
  readonly parameterTypes: readonly CType[]
  readonly resultType: CType
  /** where a struct is that it returns */
  readonly resultPlace: Pure | undefined
  readonly calls: Set<string>
}

/** A value with its type; that of a struct is where it is. */
export interface Typed {
  readonly value: Pure
  readonly type: CType
}

/** What can be assigned to. */
export type LValue =
  | { readonly kind: 'register'; readonly register: Register; readonly type: CType }
  | { readonly kind: 'memory'; readonly address: Pure; readonly type: CType; readonly isConst?: boolean }

/** A loop or a switch: where `break` and `continue` go. */
export interface Loop {
  readonly breaks: Jump[]
  /** undefined for a switch */
  readonly continues: Jump[] | undefined
  readonly blocks: number
}

/** A switch: its labels, and the type that they are compared in. */
export interface Switch {
  readonly type: IntType
  readonly labels: { readonly value: bigint | undefined; readonly at: Target; readonly span: Span }[]
  readonly blocks: number
}

/** Where `return` goes in what is put into its caller. */
export interface Inlined {
  readonly ends: Jump[]
  readonly result: Register | undefined
  readonly resultType: CType
  readonly resultPlace: Pure | undefined
  readonly blocks: number
  readonly span: Span
}

export const constant = (value: number): Pure => ({ kind: 'constant', value })

/** A function that is being lowered, or a primitive within it. */
export class FunctionContext {
  readonly program: ProgramContext
  /** under which a reader finds the steps */
  readonly name: string
  readonly callee: Callee | undefined
  readonly inlined: Inlined | undefined
  /** names of locals whose address is taken */
  readonly addressed: ReadonlySet<string>
  /** primitives that are being put in, outermost first */
  readonly chain: readonly string[]
  scope: Scope
  readonly loops: Loop[] = []
  readonly labels = new Map<string, { readonly at: Target; readonly blocks: number }>()
  readonly gotos: { readonly label: string; readonly jump: Jump; readonly span: Span }[] = []
  readonly cases: Switch[] = []
  /** blocks that are one step, open here */
  blocks = 0
  /** inside data_race() */
  racing = 0

  constructor(
    program: ProgramContext,
    name: string,
    given: {
      readonly callee?: Callee
      readonly inlined?: Inlined
      readonly scope: Scope
      readonly addressed: ReadonlySet<string>
      readonly chain?: readonly string[]
      readonly blocks?: number
    },
  ) {
    this.program = program
    this.name = name
    this.callee = given.callee
    this.inlined = given.inlined
    this.scope = given.scope
    this.addressed = given.addressed
    this.chain = given.chain ?? []
    this.blocks = given.blocks ?? 0
  }

  get emitter(): Emitter {
    return this.program.emitter
  }

  /** Where a step is shown: in a primitive at the place of its call. */
  site(span: Span, name?: string): Site {
    return this.emitter.site(this.name, this.inlined?.span ?? span, name, this.chain)
  }

  temporary(where: Place, type: CType): Register {
    return this.emitter.temporary(this.name, where, type)
  }

  /** Runs `body` in a scope of its own. */
  within<R>(body: () => R): R {
    const outer = this.scope
    this.scope = new Scope(outer)
    try {
      return body()
    } finally {
      this.scope = outer
    }
  }

  declare(name: string, binding: Binding, span: Span): void {
    if (!this.scope.declare(name, binding))
      throw refused('c-duplicate', span, `${name} is declared twice`, 'give one of them another name')
  }

  /** Fills in what `goto` names. */
  resolveGotos(): void {
    for (const { label, jump, span } of this.gotos) {
      const to = this.labels.get(label)
      if (to === undefined) {
        const known = [...this.labels.keys()].join(', ')
        const hint = known === '' ? 'the function has no labels' : `the function has ${known}`
        throw refused('c-unknown', span, `there is no label ${label}`, hint)
      }
      if (to.blocks > (this.inlined?.blocks ?? 0))
        throw refused(
          'c-unsupported',
          span,
          `goto ${label}, which is within a step`,
          'enter LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its beginning',
        )
      jump(to.at)
    }
  }

  /** Ends the blocks that a jump leaves. */
  leave(blocks: number): void {
    for (let i = this.blocks; i > blocks; i--) this.emitter.emit({ kind: 'leave' })
  }
}

/** The value of an expression, with the steps that it takes. */
export const rvalue = (f: FunctionContext, expr: Expr): Typed => f.program.lowering.rvalue(f, expr)

/** What can be assigned to. */
export const lvalue = (f: FunctionContext, expr: Expr): LValue => f.program.lowering.lvalue(f, expr)

/** A type that one location, or a register, can hold. */
export const scalarOf = (type: CType, span: Span, what: string): ScalarType => {
  if (type.kind === 'int' || type.kind === 'pointer') return type
  throw refused('c-type', span, `${what} is no integer and no pointer`, 'take one of its fields or elements')
}

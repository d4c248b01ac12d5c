/** A litmus test as it is written: herd's C syntax, without what the run needs to know about it. */

import type { At } from './source.ts'

export type UnaryOperator = '-' | '!' | '~'

/** Binary operators by precedence, loosest first, as C has them. */
export const PRECEDENCE = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
] as const

export type BinaryOperator = (typeof PRECEDENCE)[number][number]

export type Expr =
  | { readonly kind: 'int'; readonly value: number; readonly at: At }
  /** a register, or the address of a shared location */
  | { readonly kind: 'name'; readonly name: string; readonly at: At }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expr; readonly at: At }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expr
      readonly right: Expr
      readonly at: At
    }
  | { readonly kind: 'choice'; readonly condition: Expr; readonly yes: Expr; readonly no: Expr; readonly at: At }
  /** `*p` without READ_ONCE() */
  | { readonly kind: 'plain'; readonly address: Expr; readonly at: At }
  | Call

/** A function of the kernel; an argument written `*p` where the function takes an lvalue is given as `p`. */
export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Expr[]
  readonly at: At
}

export type Stmt =
  /** `int r0;` or `int *r0 = x;` */
  | { readonly kind: 'declare'; readonly name: string; readonly stars: number; readonly value?: Expr; readonly at: At }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expr; readonly at: At }
  /** `*p = v` without WRITE_ONCE() */
  | { readonly kind: 'plain-store'; readonly address: Expr; readonly value: Expr; readonly at: At }
  | { readonly kind: 'call'; readonly call: Call; readonly at: At }
  | {
      readonly kind: 'if'
      readonly condition: Expr
      readonly yes: readonly Stmt[]
      readonly no: readonly Stmt[]
      readonly at: At
    }
  | { readonly kind: 'block'; readonly body: readonly Stmt[]; readonly at: At }

/** A type of what is shared; all of them hold one 32-bit integer or one address. */
export type SharedType = 'int' | 'atomic_t' | 'spinlock_t' | 'struct srcu_struct'

export interface Parameter {
  readonly type: SharedType
  readonly stars: number
  readonly name: string
  readonly at: At
}

export interface ThreadAst {
  readonly parameters: readonly Parameter[]
  readonly body: readonly Stmt[]
  readonly at: At
}

/** A value that the initial state or the condition writes down. */
export type Literal =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'address'; readonly name: string; readonly at: At }

/** What the condition can look at. */
export type Subject =
  | { readonly kind: 'register'; readonly thread: number; readonly name: string; readonly at: At }
  | { readonly kind: 'location'; readonly name: string; readonly at: At }

export interface InitItem {
  readonly subject: Subject
  readonly type?: SharedType
  readonly stars: number
  readonly value: Literal
}

/** A proposition of a condition, over registers and locations. */
export type Prop =
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'equals'; readonly subject: Subject; readonly value: Literal | Subject }
  | { readonly kind: 'not'; readonly operand: Prop }
  | { readonly kind: 'and' | 'or' | 'implies'; readonly left: Prop; readonly right: Prop }

/** What is claimed of the final states: some, none or all of them have the proposition. */
export type Quantifier = 'exists' | '~exists' | 'forall'

export interface Condition {
  readonly quantifier: Quantifier
  readonly prop: Prop
}

export interface Test {
  readonly name: string
  readonly init: readonly InitItem[]
  readonly threads: readonly ThreadAst[]
  readonly locations: readonly Subject[]
  readonly filter?: Prop
  readonly condition: Condition
  /** where the condition is, or where it should be */
  readonly conditionAt: At
}

/** A C file after the preprocessor, as a tree: what lower.ts gives a meaning. Names are not resolved here, types not computed. */

import type { Span } from './source.ts'

// --------------------------------------------------------------------------------------------------------------- types

/** A type as it is written. `restrict` is left out: it is for the compiler of C. */
export type TypeSyntax = TypeForm & {
  /** whether `volatile` is said of it */
  readonly volatile?: true
  /** likewise `const` */
  readonly const?: true
}

export type TypeForm =
  /** words of the language in C's usual order (`unsigned long`), or the name of a typedef */
  | { readonly kind: 'named'; readonly name: string; readonly span: Span }
  /** `fields` where it is defined here */
  | {
      readonly kind: 'struct' | 'union'
      readonly tag: string | undefined
      readonly fields: readonly FieldSyntax[] | undefined
      readonly span: Span
    }
  /** `items` where it is defined here */
  | {
      readonly kind: 'enum'
      readonly tag: string | undefined
      readonly items: readonly EnumItem[] | undefined
      readonly span: Span
    }
  | { readonly kind: 'pointer'; readonly to: TypeSyntax; readonly span: Span }
  /** `size` is undefined in `int a[]` */
  | { readonly kind: 'array'; readonly of: TypeSyntax; readonly size: Expr | undefined; readonly span: Span }
  | {
      readonly kind: 'function'
      readonly result: TypeSyntax
      readonly parameters: readonly ParameterSyntax[]
      readonly span: Span
    }
  | { readonly kind: 'typeof'; readonly expr: Expr; readonly span: Span }

export interface FieldSyntax {
  /** undefined for an anonymous struct or union, whose fields are fields of what it stands in */
  readonly name: string | undefined
  readonly type: TypeSyntax
  /** width of a bit field */
  readonly bits: Expr | undefined
  readonly span: Span
}

export interface EnumItem {
  readonly name: string
  readonly value: Expr | undefined
  readonly span: Span
}

export interface ParameterSyntax {
  readonly name: string | undefined
  readonly type: TypeSyntax
  readonly span: Span
}

// --------------------------------------------------------------------------------------------------------- expressions

export type UnaryOperator = '-' | '+' | '!' | '~'

export type BinaryOperator =
  '+' | '-' | '*' | '/' | '%' | '<<' | '>>' | '&' | '|' | '^' | '<' | '<=' | '>' | '>=' | '==' | '!='

export type Expr =
  /** an integer constant; `suffix` in small letters without order: `u`, `l`, `ul`, `ll`, `ull` or empty. `radix` decides its type */
  | {
      readonly kind: 'number'
      readonly value: bigint
      readonly suffix: string
      readonly radix: 8 | 10 | 16
      readonly span: Span
    }
  | { readonly kind: 'char'; readonly value: number; readonly span: Span }
  /** adjacent ones are one; escapes are resolved */
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expr
      readonly right: Expr
      readonly span: Span
    }
  | {
      readonly kind: 'logical'
      readonly operator: '&&' | '||'
      readonly left: Expr
      readonly right: Expr
      readonly span: Span
    }
  /** `condition ?: no` of GNU has no `yes` */
  | {
      readonly kind: 'conditional'
      readonly condition: Expr
      readonly yes: Expr | undefined
      readonly no: Expr
      readonly span: Span
    }
  | { readonly kind: 'comma'; readonly left: Expr; readonly right: Expr; readonly span: Span }
  /** `operator` is undefined for `=` */
  | {
      readonly kind: 'assign'
      readonly operator: BinaryOperator | undefined
      readonly target: Expr
      readonly value: Expr
      readonly span: Span
    }
  | {
      readonly kind: 'step'
      readonly operator: '++' | '--'
      readonly prefix: boolean
      readonly target: Expr
      readonly span: Span
    }
  /** `*p` */
  | { readonly kind: 'dereference'; readonly pointer: Expr; readonly span: Span }
  /** `&x` */
  | { readonly kind: 'address'; readonly operand: Expr; readonly span: Span }
  | {
      readonly kind: 'member'
      readonly object: Expr
      readonly arrow: boolean
      readonly field: string
      readonly span: Span
    }
  | { readonly kind: 'index'; readonly array: Expr; readonly index: Expr; readonly span: Span }
  | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Expr[]; readonly span: Span }
  | { readonly kind: 'cast'; readonly type: TypeSyntax; readonly operand: Expr; readonly span: Span }
  | { readonly kind: 'sizeof'; readonly type: TypeSyntax; readonly span: Span }
  | { readonly kind: 'sizeof-value'; readonly expr: Expr; readonly span: Span }
  /** `(struct s){ .a = 1 }` */
  | { readonly kind: 'compound'; readonly type: TypeSyntax; readonly value: ListInitialiser; readonly span: Span }
  /** `({ ... })` of GNU: its value is that of the last statement, if that is an expression */
  | { readonly kind: 'statements'; readonly body: BlockStatement; readonly span: Span }

/** What a variable begins with. */
export type Initialiser = { readonly kind: 'value'; readonly value: Expr } | ListInitialiser

export interface ListInitialiser {
  readonly kind: 'list'
  readonly items: readonly {
    /** `.a.b[2] = `; empty where the item has none */
    readonly designators: readonly ({ readonly field: string } | { readonly index: Expr })[]
    readonly value: Initialiser
    readonly span: Span
  }[]
  readonly span: Span
}

// ---------------------------------------------------------------------------------------------------------- statements

export interface VariableDeclaration {
  readonly kind: 'variable'
  readonly name: string
  readonly type: TypeSyntax
  readonly initial: Initialiser | undefined
  readonly storage: 'static' | 'extern' | undefined
  readonly span: Span
}

export interface BlockStatement {
  readonly kind: 'block'
  readonly body: readonly Statement[]
  readonly span: Span
}

export type Statement =
  | BlockStatement
  | { readonly kind: 'declare'; readonly declarations: readonly Declaration[]; readonly span: Span }
  | { readonly kind: 'expression'; readonly expr: Expr; readonly span: Span }
  | { readonly kind: 'empty'; readonly span: Span }
  | {
      readonly kind: 'if'
      readonly condition: Expr
      readonly yes: Statement
      readonly no: Statement | undefined
      readonly span: Span
    }
  | { readonly kind: 'while'; readonly condition: Expr; readonly body: Statement; readonly span: Span }
  | { readonly kind: 'do'; readonly body: Statement; readonly condition: Expr; readonly span: Span }
  | {
      readonly kind: 'for'
      readonly initial: Statement | undefined
      readonly condition: Expr | undefined
      readonly step: Expr | undefined
      readonly body: Statement
      readonly span: Span
    }
  | { readonly kind: 'switch'; readonly value: Expr; readonly body: Statement; readonly span: Span }
  /** `value` is undefined for `default:`; the statement behind it, if there is one, is the next of its block */
  | { readonly kind: 'case'; readonly value: Expr | undefined; readonly span: Span }
  /** likewise */
  | { readonly kind: 'label'; readonly name: string; readonly span: Span }
  | { readonly kind: 'goto'; readonly label: string; readonly span: Span }
  | { readonly kind: 'break' | 'continue'; readonly span: Span }
  | { readonly kind: 'return'; readonly value: Expr | undefined; readonly span: Span }

// -------------------------------------------------------------------------------------------------------- declarations

export interface FunctionDefinition {
  readonly kind: 'function'
  readonly name: string
  readonly result: TypeSyntax
  readonly parameters: readonly ParameterSyntax[]
  /** undefined where it is declared only */
  readonly body: BlockStatement | undefined
  readonly isStatic: boolean
  /** what `__attribute__((annotate("...")))` says of it: see lockstep.h */
  readonly annotations: readonly string[]
  readonly span: Span
}

export type Declaration =
  | VariableDeclaration
  | FunctionDefinition
  | { readonly kind: 'typedef'; readonly name: string; readonly type: TypeSyntax; readonly span: Span }
  /** `struct s { ... };` by itself */
  | { readonly kind: 'type'; readonly type: TypeSyntax; readonly span: Span }

/** One C file with all that it includes, in order. */
export interface TranslationUnit {
  readonly file: string
  readonly declarations: readonly Declaration[]
}

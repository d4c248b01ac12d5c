/** A TLA+ module as a tree. Every node knows its place in the text, so that a piece of it can be exchanged. */

/** What a node is. */
export type Kind =
  | 'name' // text
  | 'number'
  | 'string' // text has its quotes
  | 'junction' // text is /\ or \/; bulleted or not
  | 'infix' // two parts
  | 'prefix' // one part: ~ - [] <> UNCHANGED DOMAIN SUBSET UNION ENABLED
  | 'prime'
  | 'apply' // text is the operator's name, parts its arguments
  | 'index' // f[a, b]
  | 'field' // text is the field
  | 'quantifier' // text is \A or \E; bounds, then the body
  | 'choose' // one bound, then the body
  | 'lambda' // text is the parameters, with commas; the body
  | 'bound' // text is the names, with commas; the set
  | 'if'
  | 'case' // arms; text is OTHER where the last part is for the rest
  | 'arm' // a condition and a value
  | 'let' // definitions, then the body
  | 'definition' // text is the left side; the body
  | 'function' // bounds, then the value
  | 'functionSet'
  | 'record' // fields
  | 'recordSet'
  | 'entry' // text is the name; the value
  | 'except' // what is changed, then updates
  | 'update' // selectors, then the value
  | 'selector' // text is a field's name, or nothing for [a, b]
  | 'action' // [A]_v; text is v
  | 'set'
  | 'filter' // {x \in S : P}; a bound and P
  | 'image' // {e : x \in S}; e, then bounds
  | 'tuple'
  | 'label' // P:: e; text is P with its arguments

/** A node of an expression. */
export interface Expr {
  readonly kind: Kind
  readonly text: string
  readonly parts: readonly Expr[]
  /** offsets in the text; parentheses around the node are not part of it */
  readonly start: number
  readonly end: number
}

/** What a module has at its top level. */
export type Unit =
  | {
      readonly kind: 'definition'
      readonly name: string
      readonly parameters: readonly string[]
      readonly body: Expr
      readonly start: number
    }
  | { readonly kind: 'assume'; readonly body: Expr; readonly start: number }
  | {
      readonly kind: 'declare'
      /** of RECURSIVE the names have their arity, e.g. `And(_, _)` */
      readonly keyword: 'CONSTANTS' | 'VARIABLES' | 'RECURSIVE'
      readonly names: readonly string[]
      readonly start: number
    }

/** A module. */
export interface Module {
  readonly name: string
  readonly extended: readonly string[]
  readonly units: readonly Unit[]
}

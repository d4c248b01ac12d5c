/** A word that tree-sitter is shown, and the tokens that it stands for. */

import type { Token } from './token.ts'

/** What a shown word stands for. */
export type ShownKind = 'type' | 'name' | 'literal' | 'word' | 'punctuator'

export interface Shown {
  readonly text: string
  readonly kind: ShownKind
  readonly first: Token
  readonly last: Token
  /** the name of a type */
  readonly type?: string
  /** what stands in the parentheses of typeof */
  readonly inner?: readonly Token[]
  /** strings beside each other are one */
  readonly strings?: readonly Token[]
  /** true for what nobody wrote */
  readonly isAdded?: boolean
}

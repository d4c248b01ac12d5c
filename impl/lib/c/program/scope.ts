/** What names mean where they stand: variables, functions, constants, types. */

import { near } from '../../kernel/near.ts'
import type { FunctionDefinition } from '../syntax/ast.ts'
import type { Register } from './ir.ts'
import type { CType, IntType, StructType } from './types.ts'

/** What a name of C stands for. */
export type Binding =
  | { readonly kind: 'register'; readonly register: Register; readonly type: CType }
  | {
      readonly kind: 'object'
      readonly object: string
      readonly type: CType
      readonly perThread: boolean
      readonly isConst: boolean
    }
  | { readonly kind: 'constant'; readonly value: bigint; readonly type: IntType }
  | { readonly kind: 'typedef'; readonly type: CType }
  | { readonly kind: 'function'; readonly definition: FunctionDefinition }

/** A block of C, or the file. */
export class Scope {
  readonly outer: Scope | undefined
  private readonly names = new Map<string, Binding>()
  private readonly tags = new Map<string, StructType | IntType>()

  constructor(outer?: Scope) {
    this.outer = outer
  }

  /** Declares a name; false if the block has it already. */
  declare(name: string, binding: Binding): boolean {
    if (this.names.has(name)) return false
    this.names.set(name, binding)
    return true
  }

  /** Declares a name again, or anew. */
  redeclare(name: string, binding: Binding): void {
    this.names.set(name, binding)
  }

  own(name: string): Binding | undefined {
    return this.names.get(name)
  }

  find(name: string): Binding | undefined {
    return this.names.get(name) ?? this.outer?.find(name)
  }

  /** The struct, union or enum of a name. */
  tag(name: string): StructType | IntType | undefined {
    return this.tags.get(name) ?? this.outer?.tag(name)
  }

  ownTag(name: string): StructType | IntType | undefined {
    return this.tags.get(name)
  }

  declareTag(name: string, type: StructType | IntType): void {
    this.tags.set(name, type)
  }

  /** Names like one that is not there. */
  near(name: string, kinds?: readonly Binding['kind'][]): readonly string[] {
    const all = [...this.names].filter(([, b]) => kinds?.includes(b.kind) ?? true).map(([n]) => n)
    return [...near(name, all), ...(this.outer?.near(name, kinds) ?? [])]
  }
}

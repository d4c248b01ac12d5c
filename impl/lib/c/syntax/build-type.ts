/** From tree-sitter's shapes to types: what is declared is written around its name in C, and stands the right way round in the tree. */

import type { EnumItem, Expr, FieldSyntax, ParameterSyntax, TypeSyntax } from './ast.ts'
import type { Chunk } from './chunk.ts'
import { partOf, partsOf } from './chunk.ts'
import type { Shape } from './shape.ts'
import type { Token } from './token.ts'

export interface AroundTypes {
  expression(shape: Shape): Expr
  /** What stands in `typeof(...)`. */
  typeOf(inner: readonly Token[], shape: Shape): TypeSyntax
  /** The error for a name that is no type. */
  unknownType(name: string, shape: Shape): Error
}

/** A name and its type, as a declarator gives them. */
export interface Declared {
  readonly name: string | undefined
  readonly type: TypeSyntax
}

export class Types {
  private readonly chunk: Chunk
  private readonly around: AroundTypes

  constructor(chunk: Chunk, around: AroundTypes) {
    this.chunk = chunk
    this.around = around
  }

  /** The type that the words before the names say, of anything that has a part `type`. */
  specified(shape: Shape): TypeSyntax {
    const specifier = partOf(shape, 'type')
    if (specifier === undefined) throw this.chunk.unexpected(shape, 'a type')
    return this.qualified(this.specifier(specifier), shape)
  }

  /** `const int *` in parentheses. */
  descriptor(shape: Shape): TypeSyntax {
    const declarator = partOf(shape, 'declarator')
    const type = this.specified(shape)
    return declarator === undefined ? type : this.declared(declarator, type).type
  }

  /** With what is said of it besides. */
  private qualified(type: TypeSyntax, shape: Shape): TypeSyntax {
    const has = (word: string): boolean =>
      shape.parts.some((part) => part.type === 'type_qualifier' && this.chunk.word(part.first).text === word)
    return {
      ...type,
      ...(has('volatile') ? { volatile: true } : {}),
      ...(has('const') ? { const: true } : {}),
    }
  }

  /** One of `int`, `struct s { ... }`, `enum e`. */
  specifier(shape: Shape): TypeSyntax {
    const span = this.chunk.spanOf(shape)
    switch (shape.type) {
      case 'primitive_type': {
        const word = this.chunk.word(shape.first)
        return word.inner === undefined
          ? { kind: 'named', name: word.type ?? word.first.text, span }
          : this.around.typeOf(word.inner, shape)
      }
      case 'struct_specifier':
      case 'union_specifier':
        return this.record(shape)
      case 'enum_specifier':
        return { kind: 'enum', tag: this.tag(shape), items: this.items(shape), span }
      default:
        throw this.around.unknownType(this.chunk.nameOf(shape) ?? '', shape)
    }
  }

  private tag(shape: Shape): string | undefined {
    const tag = partOf(shape, 'name')
    return tag === undefined ? undefined : this.chunk.nameOf(tag)
  }

  private record(shape: Shape): TypeSyntax {
    const body = partOf(shape, 'body')
    return {
      kind: shape.type === 'struct_specifier' ? 'struct' : 'union',
      tag: this.tag(shape),
      fields: body?.parts.flatMap((part) => this.fields(part)),
      span: this.chunk.spanOf(shape),
    }
  }

  private fields(shape: Shape): FieldSyntax[] {
    const base = this.specified(shape)
    const span = this.chunk.spanOf(shape)
    const declarators = partsOf(shape, 'declarator')
    if (declarators.length === 0) return [{ name: undefined, type: base, bits: undefined, span }]
    return declarators.map((declarator) => {
      const { name, type } = this.declared(declarator, base)
      const bits = shape.parts[shape.parts.indexOf(declarator) + 1]
      const [width] = bits?.type === 'bitfield_clause' ? bits.parts : []
      return { name, type, bits: width === undefined ? undefined : this.around.expression(width), span }
    })
  }

  private items(shape: Shape): EnumItem[] | undefined {
    return partOf(shape, 'body')?.parts.map((part) => {
      const [name, value] = [partOf(part, 'name'), partOf(part, 'value')]
      if (name === undefined) throw this.chunk.unexpected(part, 'a name')
      return {
        name: this.chunk.nameOf(name) ?? '',
        value: value === undefined ? undefined : this.around.expression(value),
        span: this.chunk.spanOf(part),
      }
    })
  }

  /** tree-sitter takes words behind the parameters for macros. */
  private refuseMore(declarator: Shape): void {
    const more = declarator.parts.find(({ field }) => field === undefined)
    if (more !== undefined) throw this.chunk.misplaced(more)
  }

  /** Name and type of a declarator, from outside to inside: `*f(void)` is a function whose result is a pointer. */
  declared(declarator: Shape, base: TypeSyntax): Declared {
    const span = this.chunk.spanOf(declarator)
    const inner = (type: TypeSyntax): Declared => {
      const next = partOf(declarator, 'declarator')
      return next === undefined ? { name: undefined, type } : this.declared(next, type)
    }
    switch (declarator.type) {
      case 'identifier':
      case 'field_identifier':
      case 'type_identifier':
        return { name: this.chunk.nameOf(declarator), type: base }
      case 'pointer_declarator':
      case 'abstract_pointer_declarator':
        return inner(this.qualified({ kind: 'pointer', to: base, span }, declarator))
      case 'array_declarator':
      case 'abstract_array_declarator':
        return inner({ kind: 'array', of: base, size: this.size(declarator), span })
      case 'function_declarator':
      case 'abstract_function_declarator':
        this.refuseMore(declarator)
        return inner({ kind: 'function', result: base, parameters: this.parameters(declarator), span })
      case 'parenthesized_declarator':
      case 'abstract_parenthesized_declarator': {
        const [part] = declarator.parts
        if (part !== undefined) return this.declared(part, base)
        throw this.chunk.unexpected(declarator, 'a name')
      }
      default:
        throw this.chunk.unexpected(declarator, 'a name')
    }
  }

  private size(declarator: Shape): Expr | undefined {
    const size = partOf(declarator, 'size')
    if (size !== undefined) return this.around.expression(size)
    if (this.chunk.word(declarator.last - 1).text !== '*') return undefined
    throw this.chunk.unsupported(declarator, 'An array of a length that is not said', 'Write its length.')
  }

  private parameters(declarator: Shape): ParameterSyntax[] {
    const list = partOf(declarator, 'parameters')
    const parameters = (list?.parts ?? []).map((part) => this.parameter(part))
    const [only] = parameters
    const isVoid = parameters.length === 1 && only?.name === undefined && only?.type.kind === 'named'
    return isVoid && only.type.name === 'void' ? [] : parameters
  }

  private parameter(shape: Shape): ParameterSyntax {
    if (shape.type === 'variadic_parameter') {
      throw this.chunk.unsupported(shape, 'A function with variable arguments', 'Give it parameters.')
    }
    if (shape.type !== 'parameter_declaration') {
      throw this.chunk.unsupported(shape, 'A parameter without a type', 'Write its type in the parentheses.')
    }
    const declarator = partOf(shape, 'declarator')
    const base = this.specified(shape)
    const span = this.chunk.spanOf(shape)
    return declarator === undefined
      ? { name: undefined, type: base, span }
      : { ...this.declared(declarator, base), span }
  }
}

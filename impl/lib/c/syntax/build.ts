/** From the shape of a declaration at any level to what it declares. */

import { near } from '../../text/near.ts'
import { shown as quotable } from '../../text/shown.ts'
import type { Declaration, Expr, ParameterSyntax, TypeSyntax, VariableDeclaration } from './ast.ts'
import { Expressions } from './build-expression.ts'
import { Statements } from './build-statement.ts'
import type { Declared } from './build-type.ts'
import { Types } from './build-type.ts'
import { Chunk, partOf, partsOf } from './chunk.ts'
import { errorAtToken, quoted } from './error.ts'
import { stringOf } from './literal.ts'
import type { Mask } from './mask.ts'
import type { Shape } from './shape.ts'
import type { Token } from './token.ts'

/** What the builder asks of the program around the declaration. */
export interface AroundDeclarations {
  typeNames(): Iterable<string>
  /** `sizeof(...)` of some tokens. */
  sizeof(tokens: readonly Token[], at: Token): Expr
}

export class Builder {
  private readonly chunk: Chunk
  private readonly around: AroundDeclarations
  private readonly annotations: readonly string[]
  private readonly expressions: Expressions
  private readonly types: Types
  private readonly statements: Statements

  constructor(mask: Mask, around: AroundDeclarations) {
    this.chunk = new Chunk(mask.shown)
    this.around = around
    this.annotations = mask.annotations.map((strings) => strings.map(stringOf).join(''))
    const expression = (shape: Shape): Expr => this.expressions.of(shape)
    this.types = new Types(this.chunk, {
      expression,
      typeOf: (inner, shape) => this.typeOf(inner, shape),
      unknownType: (name, shape) => this.unknownType(name, shape),
    })
    this.statements = new Statements(this.chunk, { expression, declarations: (shape) => this.declarations(shape) })
    this.expressions = new Expressions(this.chunk, {
      typeDescriptor: (shape) => this.types.descriptor(shape),
      block: (shape) => this.statements.block(shape),
    })
  }

  /** All that a chunk at file scope declares. */
  external(root: Shape): Declaration[] {
    return root.parts.flatMap((part) => this.outermost(part))
  }

  /** The value of `int x = value;`. */
  valueOf(root: Shape): Expr {
    const [declaration] = root.parts
    const declarator = declaration === undefined ? undefined : partOf(declaration, 'declarator')
    const value = declarator === undefined ? undefined : partOf(declarator, 'value')
    if (value === undefined) throw this.chunk.unexpected(root, 'an expression')
    return this.expressions.of(value)
  }

  private outermost(shape: Shape): Declaration[] {
    if (shape.type === 'expression_statement') {
      const [expr] = shape.parts
      // a semicolon too many
      if (expr === undefined) return []
      const name = this.chunk.word(shape.first).first
      const message = `${quoted(name)} where a declaration was expected; statements stand in functions`
      const hint = 'If it is a macro, include the file that defines it.'
      throw errorAtToken('c-syntax', name, message, hint)
    }
    return [...this.declarations(shape)]
  }

  declarations(shape: Shape): Declaration[] {
    switch (shape.type) {
      case 'function_definition':
        return [this.definition(shape)]
      case 'declaration':
        return this.declaration(shape)
      case 'type_definition':
        return this.typedef(shape)
      case 'struct_specifier':
      case 'union_specifier':
      case 'enum_specifier':
        return [{ kind: 'type', type: this.types.specifier(shape), span: this.chunk.spanOf(shape) }]
      case 'primitive_type':
        throw this.chunk.error('c-syntax', shape, 'This declaration declares nothing', 'Give it a name.')
      default:
        throw this.chunk.unexpected(shape, 'a declaration')
    }
  }

  private storage(shape: Shape): VariableDeclaration['storage'] {
    const words = shape.parts
      .filter(({ type }) => type === 'storage_class_specifier')
      .map(({ first }) => this.chunk.word(first).text)
    return words.includes('static') ? 'static' : words.includes('extern') ? 'extern' : undefined
  }

  private definition(shape: Shape): Declaration {
    const [declarator, body] = [partOf(shape, 'declarator'), partOf(shape, 'body')]
    if (declarator === undefined || body === undefined) throw this.chunk.unexpected(shape, 'a function')
    if (shape.parts.some(({ type }) => type === 'declaration')) {
      throw this.chunk.unsupported(shape, 'A function with the types of its parameters behind it', 'Write them within.')
    }
    const declared = this.types.declared(declarator, this.types.specified(shape))
    if (declared.type.kind !== 'function') throw this.chunk.unexpected(body, "';'")
    return { ...this.functionOf(declared, shape), body: this.statements.block(body) }
  }

  private functionOf({ name, type }: Declared, shape: Shape): Declaration & { readonly kind: 'function' } {
    const isFunction = type.kind === 'function'
    const parameters: readonly ParameterSyntax[] = isFunction ? type.parameters : []
    return {
      kind: 'function',
      name: name ?? '',
      result: isFunction ? type.result : type,
      parameters,
      body: undefined,
      isStatic: this.storage(shape) === 'static',
      annotations: this.annotations,
      span: this.chunk.spanOf(shape),
    }
  }

  private declaration(shape: Shape): Declaration[] {
    const base = this.types.specified(shape)
    const storage = this.storage(shape)
    return partsOf(shape, 'declarator').map((part) => {
      const isInitialised = part.type === 'init_declarator'
      const inner = isInitialised ? partOf(part, 'declarator') : part
      const value = isInitialised ? partOf(part, 'value') : undefined
      if (inner === undefined) throw this.chunk.unexpected(part, 'a name')
      const declared = this.types.declared(inner, base)
      if (declared.type.kind === 'function') return this.functionOf(declared, shape)
      const initial = value === undefined ? undefined : this.expressions.initialiser(value)
      const { name = '', type } = declared
      // each of several is told by its own words
      const span = partsOf(shape, 'declarator').length > 1 ? this.chunk.spanOf(part) : this.chunk.spanOf(shape)
      return { kind: 'variable', name, type, initial, storage, span }
    })
  }

  private typedef(shape: Shape): Declaration[] {
    const base = this.types.specified(shape)
    return partsOf(shape, 'declarator').map((part) => {
      const { name = '', type } = this.types.declared(part, base)
      return { kind: 'typedef', name, type, span: this.chunk.spanOf(shape) }
    })
  }

  /** What stands in `typeof(...)` is read as that of `sizeof(...)` is: a type or an expression. */
  private typeOf(inner: readonly Token[], shape: Shape): TypeSyntax {
    const operand = this.around.sizeof(inner, this.chunk.word(shape.first).first)
    if (operand.kind === 'sizeof') return operand.type
    const expr = operand.kind === 'sizeof-value' ? operand.expr : operand
    return { kind: 'typeof', expr, span: this.chunk.spanOf(shape) }
  }

  private unknownType(name: string, shape: Shape): Error {
    const close = near(name.slice(0, 40), [...this.around.typeNames()])
    const hint =
      close.length === 0
        ? 'Include the file that declares it, or write a typedef.'
        : `Did you mean ${close.join(' or ')}?`
    return this.chunk.error('c-syntax', shape, `There is no type ${quotable(name)}`, hint)
  }
}

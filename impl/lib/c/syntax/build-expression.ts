/** From tree-sitter's shapes to expressions. */

import type { BinaryOperator, Expr, ListInitialiser, TypeSyntax, UnaryOperator } from './ast.ts'
import type { BlockStatement } from './ast.ts'
import type { Chunk } from './chunk.ts'
import { partOf, partsOf } from './chunk.ts'
import { characterOf, integerOf, stringOf } from './literal.ts'
import type { Shape } from './shape.ts'

/** What expressions are made of besides. */
export interface AroundExpressions {
  typeDescriptor(shape: Shape): TypeSyntax
  block(shape: Shape): BlockStatement
}

/** How strongly operators bind, from C's grammar; what is not here is a primary or has brackets behind it. */
const LEVELS = { comma: 1, assign: 2, conditional: 3, cast: 14, unary: 15, postfix: 16 } as const

const BINARY_LEVELS: ReadonlyMap<string, number> = new Map(
  ['||', '&&', '|', '^', '&', '== !=', '< <= > >=', '<< >>', '+ -', '* / %'].flatMap((operators, i) =>
    operators.split(' ').map((operator) => [operator, i + 4] as const),
  ),
)

/** Of operators in front, the part that is their operand. */
const OPERANDS: Readonly<Record<string, string>> = {
  unary_expression: 'argument',
  pointer_expression: 'argument',
  update_expression: 'argument',
  cast_expression: 'value',
  sizeof_expression: 'value',
}

const UNARY: ReadonlyMap<string, UnaryOperator> = new Map((['-', '+', '!', '~'] as const).map((o) => [o, o]))

const BINARY: ReadonlyMap<string, BinaryOperator> = new Map(
  (['+', '-', '*', '/', '%', '<<', '>>', '&', '|', '^', '<', '<=', '>', '>=', '==', '!='] as const).map((o) => [o, o]),
)

export class Expressions {
  private readonly chunk: Chunk
  private readonly around: AroundExpressions

  constructor(chunk: Chunk, around: AroundExpressions) {
    this.chunk = chunk
    this.around = around
  }

  of(shape: Shape): Expr {
    const { chunk } = this
    const span = chunk.spanOf(shape)
    switch (shape.type) {
      case 'identifier':
      case 'number_literal':
      case 'string_literal':
        return this.leaf(shape)
      case 'parenthesized_expression':
        return this.parenthesized(shape)
      case 'comma_expression':
        return { kind: 'comma', left: this.part(shape, 'left'), right: this.part(shape, 'right'), span }
      case 'conditional_expression':
        return this.conditional(shape)
      case 'assignment_expression':
        return this.assignment(shape)
      case 'binary_expression':
        return this.binary(shape)
      case 'unary_expression':
        return this.unary(shape)
      case 'pointer_expression':
        return this.pointer(shape)
      case 'update_expression':
        return this.update(shape)
      case 'field_expression':
        return this.member(shape)
      case 'subscript_expression':
        return {
          kind: 'index',
          array: this.part(shape, 'argument', LEVELS.postfix),
          index: this.part(shape, 'index'),
          span,
        }
      case 'call_expression':
        return this.call(shape)
      case 'cast_expression':
        return { kind: 'cast', type: this.type(shape), operand: this.part(shape, 'value', LEVELS.cast), span }
      case 'sizeof_expression':
        return this.sizeof(shape)
      case 'compound_literal_expression':
        return { kind: 'compound', type: this.type(shape), value: this.list(this.need(shape, 'value')), span }
      default:
        throw chunk.unexpected(shape, 'an expression')
    }
  }

  /** `{ 1, .a = 2 }` */
  list(shape: Shape): ListInitialiser {
    const items = shape.parts.map((part) => {
      const span = this.chunk.spanOf(part)
      if (part.type !== 'initializer_pair') return { designators: [], value: this.initialiser(part), span }
      const designators = partsOf(part, 'designator').flatMap((designator) => this.designator(designator))
      return { designators, value: this.initialiser(this.need(part, 'value')), span }
    })
    return { kind: 'list', items, span: this.chunk.spanOf(shape) }
  }

  initialiser(shape: Shape): { readonly kind: 'value'; readonly value: Expr } | ListInitialiser {
    return shape.type === 'initializer_list' ? this.list(shape) : { kind: 'value', value: this.of(shape) }
  }

  private need(shape: Shape, field: string): Shape {
    const part = partOf(shape, field)
    if (part === undefined) throw this.chunk.unexpected(shape, 'an expression')
    return part
  }

  /** A part that binds at least so strongly: where tree-sitter is more generous than C, nothing is guessed. */
  private part(shape: Shape, field: string, level: number = LEVELS.comma): Expr {
    const part = this.need(shape, field)
    if (this.levelOf(part) >= level) return this.of(part)
    throw this.chunk.misplaced(part, 'C binds these operators in another way; write parentheses.')
  }

  private levelOf(shape: Shape): number {
    switch (shape.type) {
      case 'comma_expression':
        return LEVELS.comma
      case 'assignment_expression':
        return LEVELS.assign
      case 'conditional_expression':
        return LEVELS.conditional
      case 'binary_expression':
        return BINARY_LEVELS.get(this.operatorAfter(this.need(shape, 'left'))) ?? LEVELS.comma
      case 'cast_expression':
        return LEVELS.cast
      case 'unary_expression':
      case 'pointer_expression':
      case 'sizeof_expression':
        return LEVELS.unary
      case 'update_expression': {
        const argument = this.need(shape, 'argument')
        // of `-a++` tree-sitter makes `(-a)++`, which is mended where it stands by itself
        const isBehind = argument.first === shape.first && this.levelOf(argument) >= LEVELS.postfix
        return isBehind ? LEVELS.postfix : LEVELS.unary
      }
      default:
        return LEVELS.postfix
    }
  }

  private type(shape: Shape): TypeSyntax {
    return this.around.typeDescriptor(this.need(shape, 'type'))
  }

  private leaf(shape: Shape): Expr {
    const word = this.chunk.word(shape.first)
    const span = this.chunk.spanOf(shape)
    if (word.kind !== 'name' && word.kind !== 'literal') throw this.chunk.misplaced(shape)
    if (word.kind === 'name') return { kind: 'name', name: word.first.text, span }
    if (word.strings !== undefined) return { kind: 'string', value: word.strings.map(stringOf).join(''), span }
    if (word.first.kind === 'char') return { kind: 'char', value: characterOf(word.first), span }
    return { kind: 'number', ...integerOf(word.first), span }
  }

  /** Parentheses leave nothing behind: those of a macro around its argument are none of what was written for it. */
  private parenthesized(shape: Shape): Expr {
    const [inner] = shape.parts
    if (inner === undefined) throw this.chunk.unexpected(shape, 'an expression')
    if (inner.type === 'compound_statement') {
      return { kind: 'statements', body: this.around.block(inner), span: this.chunk.spanOf(shape) }
    }
    return this.of(inner)
  }

  private conditional(shape: Shape): Expr {
    const yes = partOf(shape, 'consequence')
    return {
      kind: 'conditional',
      condition: this.part(shape, 'condition', LEVELS.conditional + 1),
      yes: yes === undefined ? undefined : this.of(yes),
      no: this.part(shape, 'alternative', LEVELS.conditional),
      span: this.chunk.spanOf(shape),
    }
  }

  /** The operator behind the left side. */
  private operatorAfter(left: Shape): string {
    return this.chunk.word(left.last + 1).text
  }

  private assignment(shape: Shape): Expr {
    const left = this.need(shape, 'left')
    const operator = this.operatorAfter(left)
    return {
      kind: 'assign',
      operator: BINARY.get(operator.slice(0, -1)),
      target: this.part(shape, 'left', LEVELS.unary),
      value: this.part(shape, 'right', LEVELS.assign),
      span: this.chunk.spanOf(shape),
    }
  }

  private binary(shape: Shape): Expr {
    const leftShape = this.need(shape, 'left')
    const written = this.operatorAfter(leftShape)
    const level = this.levelOf(shape)
    const [left, right] = [this.part(shape, 'left', level), this.part(shape, 'right', level + 1)]
    const span = this.chunk.spanOf(shape)
    if (written === '&&' || written === '||') return { kind: 'logical', operator: written, left, right, span }
    const operator = BINARY.get(written)
    if (operator === undefined) throw this.chunk.unexpected(shape, 'an expression')
    return { kind: 'binary', operator, left, right, span }
  }

  private unary(shape: Shape): Expr {
    const operator = UNARY.get(this.chunk.word(shape.first).text)
    if (operator === undefined) throw this.chunk.unexpected(shape, 'an expression')
    return {
      kind: 'unary',
      operator,
      operand: this.part(shape, 'argument', LEVELS.cast),
      span: this.chunk.spanOf(shape),
    }
  }

  private pointer(shape: Shape): Expr {
    const span = this.chunk.spanOf(shape)
    const operator = this.chunk.word(shape.first).text
    if (operator === '*') return { kind: 'dereference', pointer: this.part(shape, 'argument', LEVELS.cast), span }
    if (operator === '&') return { kind: 'address', operand: this.part(shape, 'argument', LEVELS.cast), span }
    throw this.chunk.unsupported(shape, 'The address of a label', 'Use switch and goto LABEL.')
  }

  private update(shape: Shape): Expr {
    const target = this.need(shape, 'argument')
    const prefix = target.first !== shape.first
    const operandOf = OPERANDS[target.type]
    const operand = prefix || operandOf === undefined ? undefined : partOf(target, operandOf)
    // tree-sitter reads -x++ as (-x)++
    if (operand !== undefined && operand.first !== target.first) {
      const inner = { ...shape, field: operand.field, first: operand.first, parts: [{ ...operand, field: 'argument' }] }
      const parts = target.parts.map((part) => (part === operand ? inner : part))
      return this.of({ ...target, last: shape.last, parts })
    }
    const operator = this.chunk.word(prefix ? shape.first : shape.last).text === '++' ? '++' : '--'
    const expr = this.part(shape, 'argument', prefix ? LEVELS.unary : LEVELS.postfix)
    return { kind: 'step', operator, prefix, target: expr, span: this.chunk.spanOf(shape) }
  }

  private member(shape: Shape): Expr {
    const object = this.need(shape, 'argument')
    return {
      kind: 'member',
      object: this.part(shape, 'argument', LEVELS.postfix),
      arrow: this.operatorAfter(object) === '->',
      field: this.chunk.nameOf(this.need(shape, 'field')) ?? '',
      span: this.chunk.spanOf(shape),
    }
  }

  private call(shape: Shape): Expr {
    const args = this.need(shape, 'arguments').parts
    return {
      kind: 'call',
      callee: this.part(shape, 'function', LEVELS.postfix),
      args: args.map((argument) => this.of(argument)),
      span: this.chunk.spanOf(shape),
    }
  }

  private sizeof(shape: Shape): Expr {
    const span = this.chunk.spanOf(shape)
    const type = partOf(shape, 'type')
    if (type !== undefined) return { kind: 'sizeof', type: this.around.typeDescriptor(type), span }
    return { kind: 'sizeof-value', expr: this.part(shape, 'value', LEVELS.unary), span }
  }

  private designator(shape: Shape): ({ readonly field: string } | { readonly index: Expr })[] {
    const [part] = shape.parts
    switch (shape.type) {
      // `a: 1` of old GNU C
      case 'field_identifier':
        return [{ field: this.chunk.nameOf(shape) ?? '' }]
      case 'field_designator':
        return part === undefined ? [] : [{ field: this.chunk.nameOf(part) ?? '' }]
      case 'subscript_designator':
        return part === undefined ? [] : [{ index: this.of(part) }]
      default:
        throw this.chunk.unsupported(shape, 'A range of indices', 'Name each index, or set them in a loop.')
    }
  }
}

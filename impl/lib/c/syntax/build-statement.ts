/** From tree-sitter's shapes to statements. A label and a case are statements of their block by themselves. */

import type { BlockStatement, Declaration, Expr, Statement } from './ast.ts'
import type { Chunk } from './chunk.ts'
import { partOf } from './chunk.ts'
import type { Shape } from './shape.ts'

export interface AroundStatements {
  expression(shape: Shape): Expr
  declarations(shape: Shape): readonly Declaration[]
}

const isType = ({ type }: Shape): boolean =>
  ['struct_specifier', 'union_specifier', 'enum_specifier', 'primitive_type'].includes(type)

export class Statements {
  private readonly chunk: Chunk
  private readonly around: AroundStatements

  constructor(chunk: Chunk, around: AroundStatements) {
    this.chunk = chunk
    this.around = around
  }

  block(shape: Shape): BlockStatement {
    const body: Statement[] = []
    for (const part of shape.parts) this.into(body, part)
    return { kind: 'block', body, span: this.chunk.spanOf(shape) }
  }

  /** One statement of a block may be several: what stands behind labels. */
  private into(body: Statement[], shape: Shape): void {
    const span = this.chunk.spanOf(shape)
    if (shape.type === 'labeled_statement') {
      const [label, ...rest] = shape.parts
      if (label === undefined) throw this.chunk.unexpected(shape, 'a label')
      body.push({ kind: 'label', name: this.chunk.nameOf(label) ?? '', span: this.head(shape, label.last + 1) })
      for (const part of rest) this.into(body, part)
    } else if (shape.type === 'case_statement') {
      const value = partOf(shape, 'value')
      const last = value === undefined ? shape.first + 1 : value.last + 1
      body.push({
        kind: 'case',
        value: value === undefined ? undefined : this.around.expression(value),
        span: this.head(shape, last),
      })
      for (const part of shape.parts) if (part !== value) this.into(body, part)
    } else if (shape.type === 'declaration' || shape.type === 'type_definition' || isType(shape)) {
      body.push({ kind: 'declare', declarations: this.around.declarations(shape), span })
    } else {
      // the semicolon behind a label that ends its block is ours
      if (shape.type === 'expression_statement' && this.chunk.word(shape.first).isAdded === true) return
      body.push(this.of(shape))
    }
  }

  private head(shape: Shape, last: number): Statement['span'] {
    return this.chunk.span(shape.first, last)
  }

  /** A statement that stands by itself: behind `if (...)`, for one. */
  private of(shape: Shape): Statement {
    const span = this.chunk.spanOf(shape)
    switch (shape.type) {
      case 'compound_statement':
        return this.block(shape)
      case 'expression_statement': {
        const [expr] = shape.parts
        return expr === undefined
          ? { kind: 'empty', span }
          : { kind: 'expression', expr: this.around.expression(expr), span }
      }
      case 'labeled_statement': {
        const body: Statement[] = []
        if (shape.parts.some(({ type }) => type === 'case_statement')) throw this.strayCase(shape)
        this.into(body, shape)
        return { kind: 'block', body, span }
      }
      case 'case_statement':
        throw this.strayCase(shape)
      case 'if_statement':
        return this.choice(shape)
      case 'while_statement':
        return { kind: 'while', condition: this.part(shape, 'condition'), body: this.inner(shape), span }
      case 'do_statement':
        return { kind: 'do', body: this.inner(shape), condition: this.part(shape, 'condition'), span }
      case 'for_statement':
        return this.loop(shape)
      case 'switch_statement':
        return { kind: 'switch', value: this.part(shape, 'condition'), body: this.inner(shape), span }
      default:
        return this.jump(shape)
    }
  }

  private strayCase(shape: Shape): Error {
    return this.chunk.unsupported(shape, 'A case that is no statement of a block', 'Write { } around it.')
  }

  private jump(shape: Shape): Statement {
    const span = this.chunk.spanOf(shape)
    const [part] = shape.parts
    switch (shape.type) {
      case 'return_statement':
        return { kind: 'return', value: part === undefined ? undefined : this.around.expression(part), span }
      case 'break_statement':
        return { kind: 'break', span }
      case 'continue_statement':
        return { kind: 'continue', span }
      case 'goto_statement':
        return { kind: 'goto', label: (part === undefined ? undefined : this.chunk.nameOf(part)) ?? '', span }
      case 'function_definition':
        throw this.chunk.unsupported(shape, 'A function within a function', 'Write it before this one.')
      default:
        throw this.chunk.unexpected(shape, 'a statement')
    }
  }

  private need(shape: Shape, field: string): Shape {
    const part = partOf(shape, field)
    if (part === undefined) throw this.chunk.unexpected(shape, 'a statement')
    return part
  }

  private part(shape: Shape, field: string): Expr {
    return this.around.expression(this.need(shape, field))
  }

  private inner(shape: Shape): Statement {
    return this.of(this.need(shape, 'body'))
  }

  private choice(shape: Shape): Statement {
    const [otherwise] = partOf(shape, 'alternative')?.parts ?? []
    return {
      kind: 'if',
      condition: this.part(shape, 'condition'),
      yes: this.of(this.need(shape, 'consequence')),
      no: otherwise === undefined ? undefined : this.of(otherwise),
      span: this.chunk.spanOf(shape),
    }
  }

  private loop(shape: Shape): Statement {
    const [initial, condition, step] = ['initializer', 'condition', 'update'].map((field) => partOf(shape, field))
    return {
      kind: 'for',
      initial: initial === undefined ? undefined : this.initial(initial),
      condition: condition === undefined ? undefined : this.around.expression(condition),
      step: step === undefined ? undefined : this.around.expression(step),
      body: this.inner(shape),
      span: this.chunk.spanOf(shape),
    }
  }

  private initial(shape: Shape): Statement {
    const span = this.chunk.spanOf(shape)
    if (shape.type === 'declaration') return { kind: 'declare', declarations: this.around.declarations(shape), span }
    return { kind: 'expression', expr: this.around.expression(shape), span }
  }
}

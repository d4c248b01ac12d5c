/** A program while it is read: tokens come in, declarations come out, and the names of types are known for what follows. */

import type { Declaration, Expr } from './ast.ts'
import type { AroundDeclarations } from './build.ts'
import { Builder } from './build.ts'
import { Chunks } from './chunks.ts'
import { errorAtToken, quoted } from './error.ts'
import { LIMITS } from './limits.ts'
import type { Mask } from './mask.ts'
import { Masker } from './mask.ts'
import type { Sink } from './preprocess.ts'
import type { Obstacle, Shape, Shapes } from './shape.ts'
import { Token } from './token.ts'
import { isTypeWord } from './words.ts'

export class Program implements Sink, AroundDeclarations {
  readonly declarations: Declaration[] = []
  private readonly shapes: Shapes
  private readonly types = new Set<string>()
  private readonly chunks = new Chunks((chunk) => {
    this.chunk(chunk)
  })

  constructor(shapes: Shapes) {
    this.shapes = shapes
  }

  push(tokens: readonly Token[]): void {
    for (const token of tokens) this.chunks.push(token)
  }

  finish(): void {
    this.chunks.finish()
  }

  isBetween(): boolean {
    return this.chunks.isEmpty
  }

  mark(): number {
    return this.declarations.length
  }

  since(mark: number): Declaration[] {
    return this.declarations.slice(mark)
  }

  again(declarations: readonly Declaration[]): void {
    for (const declaration of declarations) this.add(declaration)
  }

  typeNames(): Iterable<string> {
    return this.types
  }

  sizeof(tokens: readonly Token[], at: Token): Expr {
    const word = (kind: Token['kind'], text: string): Token => new Token(kind, text, at, at, at)
    const [head, tail] = ['int x = sizeof (', ') ;'].map((text) =>
      text.split(' ').map((part) => word(/\w/.test(part) ? 'name' : 'punctuator', part)),
    )
    const { mask, shape } = this.shapeOf([...(head ?? []), ...tokens, ...(tail ?? [])])
    return new Builder(mask, this).valueOf(shape)
  }

  private chunk(tokens: readonly Token[]): void {
    const { mask, shape } = this.shapeOf(tokens)
    for (const declaration of new Builder(mask, this).external(shape)) this.add(declaration)
  }

  private add(declaration: Declaration): void {
    if (declaration.kind === 'typedef') this.types.add(declaration.name)
    this.declarations.push(declaration)
  }

  private shapeOf(tokens: readonly Token[]): { readonly mask: Mask; readonly shape: Shape } {
    const mask = new Masker(tokens, (name) => this.types.has(name)).mask()
    const parsed = this.shapes.parse(mask.shown.map(({ text }) => text))
    switch (parsed.kind) {
      case 'shape':
        return { mask, shape: parsed.shape }
      case 'obstacle':
        throw syntaxError(mask, parsed.obstacle, tokens)
      case 'too-deep': {
        const at = mask.shown[parsed.at]?.first ?? tokens[0]
        const message = `This is nested more than ${LIMITS.tree} deep`
        if (at === undefined) throw new RangeError('a declaration has words')
        throw errorAtToken('c-too-large', at, message, 'Give parts of it names of their own.')
      }
    }
  }
}

/** tree-sitter's names of what is missing, as C calls it. */
const MISSING: ReadonlyMap<string, string> = new Map([
  ['identifier', 'a name'],
  ['type_identifier', 'the name of a type'],
  ['field_identifier', 'the name of a field'],
  ['statement_identifier', 'the name of a label'],
  ['number_literal', 'a value'],
])

/** `f(a, b) int a;`: names in the parentheses, and a type behind them. */
const oldStyle = ({ shown }: Mask): Token | undefined => {
  const close = shown.findIndex(({ text }, i) => text === ')' && shown[i + 1]?.kind === 'type')
  const isNames = shown[close - 1]?.kind === 'name' && ['(', ','].includes(shown[close - 2]?.text ?? '')
  return isNames && shown.at(-1)?.text === ';' ? shown[close + 1]?.first : undefined
}

const unsupportedAt = (token: Token, what: string, hint: string): Error =>
  errorAtToken('c-unsupported', token, `${what} is not supported`, hint)

/** `scoped_guard(mutex, &lock) { }` of linux/cleanup.h: the word, where it begins the statement that cannot be read. */
const scopedGuard = ({ shown }: Mask, at: number): Token | undefined => {
  for (let i = at - 1; i >= 0; i--) {
    const { first } = shown[i] ?? {}
    if (first === undefined || first.is(';') || first.is('}')) return undefined
    if (first.is('scoped_guard')) return first
  }
  return undefined
}

const syntaxError = (mask: Mask, { at, missing }: Obstacle, tokens: readonly Token[]): Error => {
  const [shown, before] = [mask.shown[at], mask.shown[at - 1]]
  const token = shown?.first ?? tokens.at(-1)
  if (token === undefined) return new RangeError('a declaration has words')
  const parameter = oldStyle(mask)
  if (parameter !== undefined) {
    return unsupportedAt(parameter, 'A type behind the names of parameters', 'Write the types in the parentheses.')
  }
  const guard = scopedGuard(mask, at)
  if (guard !== undefined) return unsupportedAt(guard, 'scoped_guard()', 'Write the lock before and the unlock behind.')
  if (token.is('...')) return unsupportedAt(token, 'A range of cases', 'Write a case for each value.')
  const expected = missing === undefined ? undefined : (MISSING.get(missing) ?? `'${missing}'`)
  const behind = before === undefined ? '' : ` behind ${quoted(before.last)}`
  const message =
    expected === undefined
      ? `${quoted(token)} was not expected here${behind}`
      : `${quoted(token)} where ${expected} was expected${behind}`
  return errorAtToken('c-syntax', token, message, hintFor(mask, at))
}

const hintFor = (mask: Mask, at: number): string => {
  const [shown, before] = [mask.shown[at], mask.shown[at - 1]]
  const isTypeHere = shown !== undefined && (shown.kind === 'type' || isTypeWord(shown.first.text))
  if (isTypeHere && before?.kind === 'punctuator')
    return 'A type cannot be an argument or an operand; is a bracket missing?'
  if (before?.kind === 'name' && shown?.kind === 'name') {
    return 'If the first is a macro or a type, include the file that defines it.'
  }
  return 'Look at what stands before it: an operator, a bracket or a semicolon may be missing.'
}

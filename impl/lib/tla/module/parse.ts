/**
 * Reads TLA+ modules: definitions with junction lists by column, operators by precedence. It knows what our specifications
 * are written in and refuses the rest with its place; SANY stays the authority on what TLA+ is.
 */

import { badInput } from '../../kernel/error.ts'
import { placeAt } from '../../text/place.ts'
import type { Expr, Kind, Module, Unit } from './ast.ts'
import { leftSide } from './fragment.ts'
import type { Token } from './lex.ts'
import { lex } from './lex.ts'

const byLevel = (levels: readonly (readonly [number, string])[]): ReadonlyMap<string, number> =>
  new Map(levels.flatMap(([level, operators]) => operators.split(' ').map((operator) => [operator, level] as const)))

/** How tightly an operator binds; what stands again without parentheses is taken from the left, SANY refuses the rest. */
const INFIX = byLevel([
  [1, '=>'],
  [2, '<=> ~>'],
  [3, '/\\ \\/'],
  [5, '= # /= < > <= =< >= \\leq \\geq \\in \\notin \\subseteq'],
  [6, '@@'],
  [7, ':>'],
  [8, '\\cup \\cap \\union \\intersect \\'],
  [9, '..'],
  [10, '+'],
  [11, '- % \\X'],
  [13, '* \\o \\div'],
  [14, '^'],
])

const PREFIX = byLevel([
  [4, '~ [] <> UNCHANGED ENABLED'],
  [8, 'SUBSET UNION'],
  [9, 'DOMAIN'],
  [12, '-'],
])

const KEYWORDS = new Set(
  'ASSUME CASE CHOOSE CONSTANT CONSTANTS DOMAIN ELSE ENABLED EXCEPT EXTENDS IF IN INSTANCE LET LOCAL MODULE OTHER SUBSET THEN THEOREM UNCHANGED UNION VARIABLE VARIABLES'.split(
    ' ',
  ),
)

class Parser {
  private readonly text: string
  private readonly file: string
  private readonly tokens: readonly Token[]
  private at = 0
  /** a token at or before this column belongs to a list further out */
  private margin = 0

  constructor(text: string, file: string) {
    this.text = text
    this.file = file
    this.tokens = lex(text, file)
  }

  private get raw(): Token {
    const token = this.tokens[this.at] ?? this.tokens[this.tokens.length - 1]
    if (token === undefined) throw new RangeError('no tokens')
    return token
  }

  /** The token at hand: the end where it belongs to somebody else. */
  private get here(): string {
    return this.raw.column <= this.margin ? '' : this.raw.text
  }

  private ahead(by: number): string {
    return this.tokens[this.at + by]?.text ?? ''
  }

  private fail(expected: string): never {
    const { text, start, kind } = this.raw
    const found = kind === 'end' ? 'the end of the text' : text
    throw badInput({
      code: 'bad-tla',
      message: `expected ${expected}, found ${found}`,
      ...placeAt(this.text, start, { file: this.file }),
      hint: 'the reader knows the TLA+ of spec/, and columns decide what a bullet holds',
    })
  }

  private next(): Token {
    const token = this.raw
    this.at += 1
    return token
  }

  private is(text: string): boolean {
    return this.here === text && this.raw.kind !== 'string'
  }

  private take(text: string): Token {
    return this.is(text) ? this.next() : this.fail(text)
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false
    this.at += 1
    return true
  }

  private name(): string {
    if (this.raw.kind !== 'name' || this.here === '' || KEYWORDS.has(this.raw.text)) this.fail('a name')
    return this.next().text
  }

  private node(kind: Kind, text: string, parts: readonly Expr[], start: number): Expr {
    return { kind, text, parts, start, end: this.tokens[this.at - 1]?.end ?? start }
  }

  private list<T>(item: () => T): T[] {
    const items = [item()]
    while (this.accept(',')) items.push(item())
    return items
  }

  /** What is between two brackets. */
  private within<T>(open: string, content: () => T, close: string): T {
    this.take(open)
    const found = content()
    this.take(close)
    return found
  }

  private names(): string[] {
    return this.list(() => this.name())
  }

  private expressions(): Expr[] {
    return this.list(() => this.expression())
  }

  /** Parameters of a definition or of a label, if it has any. */
  private parameters(): string[] {
    return this.is('(') ? this.within('(', () => this.names(), ')') : []
  }

  /** Tries one reading, and goes back where it does not fit. */
  private attempt<T>(reading: () => T | undefined): T | undefined {
    const { at, margin } = this
    try {
      const found = reading()
      if (found !== undefined) return found
    } catch (error) {
      if (!(error instanceof Error) || !('problem' in error)) throw error
    }
    this.at = at
    this.margin = margin
    return undefined
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Expressions

  /** An expression of operators that bind tighter than `level`. */
  expression(level = 0): Expr {
    const { start } = this.raw
    let left = this.operand()
    // of this very chain, and not of one in parentheses
    let chain = ''
    for (;;) {
      const operator = this.here
      const own = INFIX.get(operator)
      if (own === undefined || this.raw.kind === 'string' || own <= level) return left
      this.at += 1
      const right = this.expression(own)
      const isJunction = operator === '/\\' || operator === '\\/'
      left =
        isJunction && chain === operator
          ? this.node('junction', operator, [...left.parts, right], start)
          : this.node(isJunction ? 'junction' : 'infix', operator, [left, right], start)
      chain = isJunction ? operator : ''
    }
  }

  private operand(): Expr {
    const text = this.here
    const { start, kind } = this.raw
    if (kind !== 'string' && (text === '/\\' || text === '\\/')) return this.bullets(text)
    const level = kind === 'string' ? undefined : PREFIX.get(text)
    if (level !== undefined) {
      this.at += 1
      return this.node('prefix', text, [this.expression(level)], start)
    }
    return this.postfix(this.primary(), start)
  }

  private bullets(bullet: string): Expr {
    const { start, column } = this.raw
    const outer = this.margin
    const parts: Expr[] = []
    while (this.raw.text === bullet && this.raw.column === column) {
      this.at += 1
      this.margin = column
      parts.push(this.expression())
      this.margin = outer
    }
    const [only] = parts
    // a list of one is what it holds
    return parts.length === 1 && only !== undefined ? only : this.node('junction', bullet, parts, start)
  }

  private postfix(first: Expr, start: number): Expr {
    let e = first
    for (;;) {
      if (this.accept("'")) e = this.node('prime', '', [e], start)
      else if (this.is('[')) {
        const arguments_ = this.within('[', () => this.expressions(), ']')
        e = this.node('index', '', [e, ...arguments_], start)
      } else if (this.is('.') && this.tokens[this.at + 1]?.kind === 'name') {
        this.at += 1
        e = this.node('field', this.name(), [e], start)
      } else return e
    }
  }

  private primary(): Expr {
    const { start, kind, text } = this.raw
    if (this.here === '' || kind === 'rule') this.fail('an expression')
    if (kind === 'number' || kind === 'string') {
      this.at += 1
      return this.node(kind, text, [], start)
    }
    switch (text) {
      case '(':
        return this.within('(', () => this.expression(), ')')
      case '[':
        return this.bracketed()
      case '{':
        return this.braced()
      case '<<':
        return this.tuple()
      case '@':
        this.at += 1
        return this.node('name', '@', [], start)
      case '\\A':
      case '\\E':
      case 'CHOOSE':
        return this.quantified(text)
      case 'LAMBDA':
        return this.lambda()
      case 'IF':
        return this.conditional()
      case 'CASE':
        return this.cases()
      case 'LET':
        return this.local()
      default:
        return this.named()
    }
  }

  private tuple(): Expr {
    const { start } = this.raw
    const parts = this.within('<<', () => (this.is('>>') ? [] : this.expressions()), '>>')
    return this.node('tuple', '', parts, start)
  }

  private named(): Expr {
    const { start } = this.raw
    const name = this.name()
    const label = this.attempt(() => {
      const left = leftSide(name, this.parameters())
      return this.accept('::') ? left : undefined
    })
    if (label !== undefined) return this.node('label', label, [this.expression()], start)
    if (!this.is('(')) return this.node('name', name, [], start)
    const parts = this.within('(', () => this.expressions(), ')')
    return this.node('apply', name, parts, start)
  }

  private bound(): Expr {
    const { start } = this.raw
    const names = this.names()
    this.take('\\in')
    return this.node('bound', names.join(', '), [this.expression(5)], start)
  }

  /** `\A`, `\E` or CHOOSE: bounds, of which CHOOSE has one, and the body. */
  private quantified(quantifier: string): Expr {
    const { start } = this.take(quantifier)
    const isChoice = quantifier === 'CHOOSE'
    const bounds = isChoice ? [this.bound()] : this.list(() => this.bound())
    this.take(':')
    const parts = [...bounds, this.expression()]
    return isChoice ? this.node('choose', '', parts, start) : this.node('quantifier', quantifier, parts, start)
  }

  private lambda(): Expr {
    const { start } = this.take('LAMBDA')
    const names = this.names()
    this.take(':')
    return this.node('lambda', names.join(', '), [this.expression()], start)
  }

  private conditional(): Expr {
    const { start } = this.take('IF')
    const condition = this.expression()
    this.take('THEN')
    const then = this.expression()
    this.take('ELSE')
    return this.node('if', '', [condition, then, this.expression()], start)
  }

  private cases(): Expr {
    const { start } = this.take('CASE')
    const arms: Expr[] = []
    for (;;) {
      const from = this.raw.start
      if (this.accept('OTHER')) {
        this.take('->')
        return this.node('case', 'OTHER', [...arms, this.expression()], start)
      }
      const condition = this.expression()
      this.take('->')
      const value = this.expression()
      arms.push(this.node('arm', '', [condition, value], from))
      if (!this.accept('[]')) return this.node('case', '', arms, start)
    }
  }

  private local(): Expr {
    const { start } = this.take('LET')
    const parts: Expr[] = []
    while (!this.is('IN')) {
      const from = this.raw.start
      const { name, parameters } = this.head()
      const body = this.expression()
      parts.push(this.node('definition', leftSide(name, parameters), [body], from))
    }
    this.take('IN')
    return this.node('let', '', [...parts, this.expression()], start)
  }

  private bracketed(): Expr {
    const { start } = this.raw
    const [kind, parts] = this.within('[', () => this.inBrackets(), ']')
    if (kind !== 'action') return this.node(kind, '', parts, start)
    if (!this.here.startsWith('_')) this.fail('_ and the variables of an action')
    const variables = this.next().text.slice(1)
    return this.node(kind, variables, parts, start)
  }

  private inBrackets(): readonly [Kind, readonly Expr[]] {
    const entry = this.ahead(1)
    if (this.raw.kind === 'name' && (entry === '|->' || entry === ':')) {
      return [entry === ':' ? 'recordSet' : 'record', this.list(() => this.entry(entry))]
    }
    const bounds = this.attempt(() => {
      const found = this.list(() => this.bound())
      return this.accept('|->') ? found : undefined
    })
    const e = this.expression()
    if (bounds !== undefined) return ['function', [...bounds, e]]
    if (this.accept('->')) return ['functionSet', [e, this.expression()]]
    if (this.accept('EXCEPT')) return ['except', [e, ...this.list(() => this.update())]]
    return ['action', [e]]
  }

  private entry(sign: string): Expr {
    const { start } = this.raw
    const name = this.name()
    this.take(sign)
    return this.node('entry', name, [this.expression()], start)
  }

  private update(): Expr {
    const { start } = this.take('!')
    const selectors: Expr[] = []
    while (!this.is('=')) {
      const from = this.raw.start
      if (this.accept('.')) selectors.push(this.node('selector', this.name(), [], from))
      else {
        const parts = this.within('[', () => this.expressions(), ']')
        selectors.push(this.node('selector', '', parts, from))
      }
    }
    this.take('=')
    return this.node('update', '', [...selectors, this.expression()], start)
  }

  private braced(): Expr {
    const { start } = this.raw
    const [kind, parts] = this.within('{', () => this.inBraces(), '}')
    return this.node(kind, '', parts, start)
  }

  private inBraces(): readonly [Kind, readonly Expr[]] {
    if (this.is('}')) return ['set', []]
    const bound = this.attempt(() => {
      const found = this.bound()
      return this.accept(':') ? found : undefined
    })
    const first = this.expression()
    if (bound !== undefined) return ['filter', [bound, first]]
    if (this.accept(':')) return ['image', [first, ...this.list(() => this.bound())]]
    return ['set', [first, ...(this.accept(',') ? this.expressions() : [])]]
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Modules

  private head(): { readonly name: string; readonly parameters: readonly string[] } {
    const name = this.name()
    const parameters = this.parameters()
    this.take('==')
    return { name, parameters }
  }

  /** An operator that is defined later, with its arity. */
  private announced(): string {
    const name = this.name()
    if (!this.accept('(')) return name
    const places = this.list(() => {
      this.take('_')
      return '_'
    })
    this.take(')')
    return `${name}(${places.join(', ')})`
  }

  private unit(): Unit {
    const { start, text } = this.raw
    if (text === 'ASSUME') {
      this.at += 1
      return { kind: 'assume', body: this.expression(), start }
    }
    if (/^(CONSTANT|VARIABLE)S?$/.test(text)) {
      this.at += 1
      const keyword = text.startsWith('C') ? 'CONSTANTS' : 'VARIABLES'
      return { kind: 'declare', keyword, names: this.names(), start }
    }
    if (text === 'RECURSIVE') {
      this.at += 1
      return { kind: 'declare', keyword: 'RECURSIVE', names: this.list(() => this.announced()), start }
    }
    const head = this.head()
    return { kind: 'definition', ...head, body: this.expression(), start }
  }

  module(): Module {
    this.rule()
    this.take('MODULE')
    const name = this.name()
    this.rule()
    const extended = this.accept('EXTENDS') ? this.names() : []
    const units: Unit[] = []
    for (;;) {
      const { kind, text } = this.raw
      if (kind === 'end') this.fail('==== at the end of the module')
      if (kind === 'rule') {
        this.at += 1
        if (text.startsWith('=')) return { name, extended, units }
      } else units.push(this.unit())
    }
  }

  private rule(): void {
    if (this.raw.kind !== 'rule') this.fail('---- MODULE')
    this.at += 1
  }
}

/** Reads a module; what it cannot read is bad input, with its place. */
export const parseModule = (text: string, file: string): Module => new Parser(text, file).module()

/**
 * Weaker conditions, from the syntax of a condition and from where it is asked: what must hold is made true more often,
 * what a property asks about is made true less often. Helper predicates are followed, each in the directions it is used.
 * That programs may use the same helpers does no harm: a weakened property is judged on the graph of the unchanged machine.
 */

import type ts from 'typescript'
import type { Direction } from './mutant.ts'
import { opposite, shiftOf } from './mutant.ts'
import type { Callable, Source } from './syntax.ts'

const constant = (direction: Direction): string => (direction === 'truer' ? 'true' : 'false')

/** Makes the mutants of the conditions of one source. */
export class Weakener {
  private readonly source: Source
  /** functions and constants that were gone through, by direction: helpers are used more than once */
  private readonly done = new Set<string>()

  constructor(source: Source) {
    this.source = source
  }

  private once(node: ts.Node, what: string): boolean {
    const key = `${node.pos} ${what}`
    if (this.done.has(key)) return false
    this.done.add(key)
    return true
  }

  /** A function that answers the question. */
  callable(fn: Callable, direction: Direction): void {
    if (fn.body === undefined || !this.once(fn, direction)) return
    if (this.source.ts.isBlock(fn.body)) this.statements(fn.body.statements, direction)
    else this.whole(fn.body, direction)
  }

  /** A value that is a function or the name of one. */
  reference(value: ts.Expression, direction: Direction): void {
    const { source } = this
    if (source.isCallable(value)) this.callable(value, direction)
    else if (source.ts.isIdentifier(value)) this.helper(value.text, direction)
  }

  private helper(name: string, direction: Direction): void {
    const fn = this.source.callables.get(name)
    // a method of that name which gives something else is not the one that is called
    if (fn !== undefined && (fn.type?.getText() ?? 'boolean') === 'boolean') this.callable(fn, direction)
  }

  /** A whole condition: its parts, and the constant in its place. */
  whole(e: ts.Expression, direction: Direction): void {
    if (e.getText() !== constant(direction)) this.source.note('property', e, constant(direction))
    this.part(e, direction)
  }

  private statements(list: readonly ts.Statement[], direction: Direction): void {
    for (const statement of list) this.statement(statement, direction)
  }

  private statement(statement: ts.Statement, direction: Direction): void {
    const { ts } = this.source
    if (ts.isReturnStatement(statement) && statement.expression !== undefined)
      this.whole(statement.expression, direction)
    else if (ts.isBlock(statement)) this.statements(statement.statements, direction)
    else if (ts.isIfStatement(statement)) this.branch(statement, direction)
    else if (ts.isSwitchStatement(statement)) {
      for (const clause of statement.caseBlock.clauses) this.statements(clause.statements, direction)
    }
  }

  /** `if (condition) return ...`: without it, and with what it asks changed where that is a weakening for sure. */
  private branch(statement: ts.IfStatement, direction: Direction): void {
    const { ts } = this.source
    const then = statement.thenStatement
    this.source.note('property', statement, ';', { to: 'no such case' })
    if (ts.isReturnStatement(then) && then.expression !== undefined) {
      const answer = then.expression.getText()
      if (answer === 'true') this.part(statement.expression, direction)
      else if (answer === 'false') this.part(statement.expression, opposite(direction))
    }
    this.statement(then, direction)
    if (statement.elseStatement !== undefined) this.statement(statement.elseStatement, direction)
  }

  /** A part of a condition. */
  part(e: ts.Expression, direction: Direction): void {
    const { ts } = this.source
    if (ts.isParenthesizedExpression(e)) this.part(e.expression, direction)
    else if (ts.isPrefixUnaryExpression(e) && e.operator === ts.SyntaxKind.ExclamationToken) {
      this.part(e.operand, opposite(direction))
    } else if (ts.isBinaryExpression(e)) this.binary(e, direction)
    else if (ts.isConditionalExpression(e)) this.conditional(e, direction)
    else if (ts.isCallExpression(e)) this.call(e, direction)
    else if (ts.isIdentifier(e)) this.local(e, direction)
    this.values(e)
  }

  private binary(e: ts.BinaryExpression, direction: Direction): void {
    const { ts } = this.source
    const operator = e.operatorToken.kind
    const isAnd = operator === ts.SyntaxKind.AmpersandAmpersandToken
    if (isAnd || operator === ts.SyntaxKind.BarBarToken) {
      if (isAnd === (direction === 'truer')) this.source.withoutOperands('property', e)
      for (const operand of this.source.operands(e)) this.part(operand, direction)
      return
    }
    if (operator === ts.SyntaxKind.EqualsEqualsEqualsToken && direction === 'truer') this.equivalence(e)
    const sign = e.operatorToken.getText()
    const shift = shiftOf(sign, direction)
    if (shift === 0 || !ts.isNumericLiteral(e.right)) return
    const n = String(Number(e.right.text) + shift)
    this.source.note('property', e.right, n, { from: e.getText(), to: `${e.left.getText()} ${sign} ${n}` })
  }

  /** `a === (b || c)`: only one of the two implications. */
  private equivalence(e: ts.BinaryExpression): void {
    const { ts } = this.source
    const isAnswer = (side: ts.Expression): boolean =>
      ts.isPrefixUnaryExpression(side) || (ts.isParenthesizedExpression(side) && ts.isBinaryExpression(side.expression))
    if (!isAnswer(e.left) && !isAnswer(e.right)) return
    const [left, right] = [e.left.getText(), e.right.getText()]
    this.source.note('property', e, `(!(${left}) || ${right})`, { to: `the first implies the second` })
    this.source.note('property', e, `(${left} || !(${right}))`, { to: `the second implies the first` })
  }

  private conditional(e: ts.ConditionalExpression, direction: Direction): void {
    this.source.note('property', e.condition, 'true', { from: e.getText(), to: e.whenTrue.getText() })
    this.source.note('property', e.condition, 'false', { from: e.getText(), to: e.whenFalse.getText() })
    this.part(e.whenTrue, direction)
    this.part(e.whenFalse, direction)
  }

  /** A condition that has a name: of the function at hand, or of one around it. */
  private local(e: ts.Identifier, direction: Direction): void {
    const { source } = this
    const isCallable = (n: ts.Node): n is Callable => source.isCallable(n)
    for (let fn = source.around(e, isCallable); fn !== undefined; fn = source.around(fn, isCallable)) {
      if (fn.body === undefined || !source.ts.isBlock(fn.body)) continue
      const declared = fn.body.statements
        .filter((statement) => source.ts.isVariableStatement(statement))
        .flatMap(({ declarationList }) => declarationList.declarations)
        .find(({ name }) => name.getText() === e.text)
      if (declared?.initializer === undefined) continue
      if (!isCallable(declared.initializer) && this.once(declared, direction))
        this.whole(declared.initializer, direction)
      return
    }
  }

  private call(e: ts.CallExpression, direction: Direction): void {
    const { ts } = this.source
    const { expression: callee, arguments: args } = e
    if (ts.isIdentifier(callee)) {
      this.helper(callee.text, direction)
      return
    }
    if (!ts.isPropertyAccessExpression(callee)) return
    const [first] = args
    const list = callee.expression
    const name = callee.name.text
    if ((name === 'every' || name === 'some') && first !== undefined) {
      this.reference(first, direction)
      this.quantifier(e, callee, direction)
    } else if (name === 'includes' && direction === 'falser' && ts.isArrayLiteralExpression(list)) {
      this.source.withoutElements('property', list)
    } else if (name === 'at' && direction === 'falser' && args.length > 1) {
      this.source.withoutEach('property', e, args, (others) => `${callee.getText()}(${others.join(', ')})`)
    } else this.helper(name, direction)
  }

  /** `every` asks less of a shorter list, and `some` finds less in it. */
  private quantifier(e: ts.CallExpression, callee: ts.PropertyAccessExpression, direction: Direction): void {
    const { source } = this
    const list = callee.expression
    const name = callee.name.text
    if ((name === 'every') !== (direction === 'truer')) return
    const other = name === 'every' ? 'some' : 'every'
    source.note('property', callee.name, other, { from: e.getText(), to: `${other} in place of ${name}` })
    if (source.ts.isArrayLiteralExpression(list)) source.withoutElements('property', list)
    else source.sliced('property', list, e.getText())
  }

  /** Helpers that give a value and not an answer: each answer exchanged with another one of the same helper. */
  private values(e: ts.Expression): void {
    const { ts } = this.source
    for (const node of this.source.nodes(e)) {
      if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) continue
      const fn = this.source.callables.get(node.expression.text)
      const type = fn?.type?.getText()
      if (fn === undefined || type === undefined || type === 'boolean') continue
      if (this.once(fn, 'value')) this.exchanged(fn)
    }
  }

  private exchanged(fn: Callable): void {
    const { ts } = this.source
    const answers = this.source.nodes(fn).flatMap((n) => (ts.isReturnStatement(n) ? (n.expression ?? []) : []))
    const texts = [...new Set(answers.map((a) => a.getText()))]
    for (const answer of answers) {
      for (const text of texts) if (text !== answer.getText()) this.source.note('property', answer, text)
    }
  }
}

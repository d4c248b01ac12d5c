/**
 * Faults in the programs of a machine, from their syntax: a step dropped or exchanged with its neighbour, a condition
 * turned round, a guard dropped, a stored value changed. Whoever proves the machine has to notice each.
 */

import type ts from 'typescript'
import type { Source } from './syntax.ts'

const TURNED: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
}

/** Declarations that no program is in: they are properties, fairness, or say what there is. */
const isElsewhere = (source: Source, node: ts.Node): boolean => {
  const { ts } = source
  const type = source.isCallable(node) ? (node.type?.getText() ?? '') : ''
  return (
    /\b(Invariant|LeadsTo|Fairness|Machine)\b/.test(type) ||
    ts.isImportDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isConstructorDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isThrowStatement(node)
  )
}

const isStep = (source: Source, statement: ts.Node): statement is ts.ExpressionStatement =>
  source.ts.isExpressionStatement(statement)

/** `require(...)`, which says whether a step may be taken: all of those of a step must hold, in whatever order. */
const isGuard = (source: Source, statement: ts.Node): boolean =>
  isStep(source, statement) &&
  source.ts.isCallExpression(statement.expression) &&
  statement.expression.expression.getText() === 'require'

const statements = (source: Source, list: readonly ts.Statement[]): void => {
  list.forEach((statement, i) => {
    if (!isStep(source, statement)) return
    source.note('fault', statement, ';', { to: 'no such step' })
    const next = list[i + 1]
    const areGuards = isGuard(source, statement) && next !== undefined && isGuard(source, next)
    if (next !== undefined && isStep(source, next) && !areGuards) exchanged(source, statement, next)
  })
}

/** Two steps in the other order. */
const exchanged = (source: Source, first: ts.Statement, second: ts.Statement): void => {
  const [before, after] = [first.getText(), second.getText()]
  const shown = { from: `${before} ${after}`, to: `${after} ${before}`, last: second }
  source.note('fault', first, `${after}\n${before}`, shown)
}

const binary = (source: Source, e: ts.BinaryExpression): void => {
  const { ts } = source
  const operator = e.operatorToken.getText()
  for (const turned of TURNED[operator] ?? []) {
    source.note('fault', e, `${e.left.getText()} ${turned} ${e.right.getText()}`)
  }
  const isChain = (node: ts.Node): boolean => ts.isBinaryExpression(node) && node.operatorToken.getText() === operator
  if ((operator === '&&' || operator === '||') && !isChain(e.parent)) source.withoutOperands('fault', e)
}

/** Is the literal a value that a program stores, passes or returns, and not a name? */
const isValue = (source: Source, node: ts.Expression): boolean => {
  const { ts } = source
  const { parent } = node
  if (ts.isCallExpression(parent)) return parent.arguments.indexOf(node) > 0 || parent.arguments.length === 1
  return (
    ts.isReturnStatement(parent) ||
    ts.isConditionalExpression(parent) ||
    ts.isPropertyAssignment(parent) ||
    (ts.isBinaryExpression(parent) && parent.right === node)
  )
}

/** The literals that stand in one list with this one: the other values of its type. */
const neighbour = (source: Source, literal: ts.StringLiteral): string | undefined => {
  const { ts } = source
  for (const node of source.nodes()) {
    if (!ts.isArrayLiteralExpression(node) || node.elements.length < 2) continue
    const values = node.elements.map((e) => (ts.isStringLiteral(e) ? e.text : undefined))
    const at = values.indexOf(literal.text)
    if (at >= 0 && !values.includes(undefined)) return values[(at + 1) % values.length]
  }
  return undefined
}

const literal = (source: Source, node: ts.Node): void => {
  const { ts } = source
  if (!ts.isExpression(node) || !isValue(source, node)) return
  const shown = (to: string) => ({ from: node.parent.getText(), to: `${to} in place of ${node.getText()}` })
  if (node.kind === ts.SyntaxKind.TrueKeyword) source.note('fault', node, 'false', shown('false'))
  else if (node.kind === ts.SyntaxKind.FalseKeyword) source.note('fault', node, 'true', shown('true'))
  else if (ts.isNumericLiteral(node)) {
    for (const n of [Number(node.text) + 1, Number(node.text) - 1]) {
      source.note('fault', node, n < 0 ? `(${n})` : String(n), shown(String(n)))
    }
  } else if (ts.isStringLiteral(node)) {
    const other = neighbour(source, node)
    if (other !== undefined) source.note('fault', node, `'${other}'`, shown(`'${other}'`))
  }
}

/** What a definition names so says what must hold, and is no step. */
const CLAIMS: readonly string[] = ['invariants', 'liveness', 'fairness']

const isClaim = (source: Source, node: ts.Node): boolean => {
  const { ts } = source
  if (!ts.isPropertyAssignment(node) || !CLAIMS.includes(node.name.getText())) return false
  const definition = node.parent.parent
  return ts.isCallExpression(definition) && definition.expression.getText() === 'machine'
}

/** The machine of a protocol that is a default export, by its name or as it is: the rest of it says what there is. */
const machinesIn = (source: Source, e: ts.Expression): ts.Node[] => {
  const { ts } = source
  if (ts.isIdentifier(e))
    return source
      .nodes()
      .filter(ts.isVariableDeclaration)
      .filter(({ name, initializer }) => name.getText() === e.text && initializer !== undefined)
      .flatMap(({ initializer }) => (initializer === undefined ? [] : machinesIn(source, initializer)))
  if (!ts.isCallExpression(e)) return []
  return e.arguments
    .filter(ts.isObjectLiteralExpression)
    .flatMap(({ properties }) =>
      properties.filter(
        (property) =>
          (ts.isPropertyAssignment(property) || ts.isMethodDeclaration(property)) &&
          property.name.getText() === 'machine',
      ),
    )
}

/** Adds the faults of the programs of a source. */
export const faults = (source: Source): void => {
  const { ts } = source
  const visit = (node: ts.Node): void => {
    if (isElsewhere(source, node) || isClaim(source, node)) return
    if (ts.isBlock(node)) statements(source, node.statements)
    else if (ts.isIfStatement(node) || ts.isWhileStatement(node)) {
      source.note('fault', node.expression, `!(${node.expression.getText()})`)
    } else if (ts.isConditionalExpression(node)) {
      source.note('fault', node.condition, `!(${node.condition.getText()})`, {
        from: node.getText(),
        to: `${node.condition.getText()} turned round`,
      })
    } else if (ts.isBinaryExpression(node)) binary(source, node)
    literal(source, node)
    ts.forEachChild(node, visit)
  }
  // what is at the top of a file and no function says what there is
  for (const statement of source.tree.statements) {
    if (ts.isExportAssignment(statement)) machinesIn(source, statement.expression).forEach(visit)
    else if (!ts.isVariableStatement(statement)) visit(statement)
    else
      for (const { initializer } of statement.declarationList.declarations)
        if (initializer !== undefined && source.isCallable(initializer)) visit(initializer)
  }
}

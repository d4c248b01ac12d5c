/**
 * Weaker properties and weaker fairness of a machine. Conditions are found by the names of their fields (`holds`, `from`,
 * `to`, `eventuallyAlways`) and by the functions inside `instances`, so that it does not matter how a list is built.
 */

import type ts from 'typescript'
import type { Direction } from './mutant.ts'
import { Weakener } from './conditions.ts'
import type { Callable, Source } from './syntax.ts'

const FIELDS: Readonly<Record<string, Direction>> = {
  holds: 'truer',
  to: 'truer',
  from: 'falser',
  eventuallyAlways: 'falser',
}

/** Instances that are dropped by number: no property of a fast model has more. */
const MOST_INSTANCES = 8

const isProperty = (type: string): boolean => /\b(Invariant|LeadsTo)\b/.test(type)

const typeOf = (fn: Callable): string => fn.type?.getText() ?? ''

/** The functions that build properties or fairness, by what they say that they return. */
const regionsOf = (source: Source, test: (type: string) => boolean): Callable[] =>
  [...source.callables.values()].filter((fn) => test(typeOf(fn)))

/** A local function that builds properties of what it is given: its arguments are the conditions. */
const isBuilder = (source: Source, node: ts.Node): boolean =>
  source.isCallable(node) &&
  node.parameters.some(({ type }) => type !== undefined && source.ts.isFunctionTypeNode(type))

/** Lists of properties or of fairness entries: what a region returns, and lists spread into them. */
const listsIn = (source: Source, region: ts.Node): ts.ArrayLiteralExpression[] => {
  const { ts } = source
  const lists: ts.ArrayLiteralExpression[] = []
  const list = (e: ts.Node): void => {
    if (ts.isParenthesizedExpression(e) || ts.isSpreadElement(e)) list(e.expression)
    else if (ts.isConditionalExpression(e)) [e.whenTrue, e.whenFalse].forEach(list)
    else if (ts.isCallExpression(e)) e.arguments.filter((argument) => source.isCallable(argument)).forEach(list)
    else if (ts.isArrayLiteralExpression(e)) {
      lists.push(e)
      e.elements.filter(ts.isSpreadElement).forEach(list)
    } else if (source.isCallable(e) && e.body !== undefined) {
      if (!ts.isBlock(e.body)) list(e.body)
      else e.body.statements.flatMap((s) => (ts.isReturnStatement(s) ? (s.expression ?? []) : [])).forEach(list)
    }
  }
  list(region)
  return lists
}

/** Each property without all of its instances, and without each of them. */
const withoutInstances = (source: Source, element: ts.Expression): void => {
  // the first string that is in it
  const name = source.nodes(element).find(source.ts.isStringLiteral)?.text
  if (name === undefined) return
  const text = element.getText()
  const kept = (test: string): string =>
    `((p) => ({ ...p, instances: p.instances.filter((_, i) => ${test}) }))(${text})`
  source.note('property', element, kept('false'), { from: `${name}: all instances`, to: 'none' })
  for (let i = 0; i < MOST_INSTANCES; i++) {
    source.note('property', element, kept(`i !== ${i}`), {
      from: `${name}: all instances`,
      to: `without instance ${i}`,
      instance: true,
    })
  }
}

/** The conditions of a region: weaker ones of each. */
const conditions = (source: Source, region: ts.Node, weaken: Weakener): void => {
  const { ts } = source
  const visit = (node: ts.Node, inInstances: boolean): void => {
    if (isBuilder(source, node)) return
    let inside = inInstances
    if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) {
      const field = node.name.getText()
      // when a property is vacuous is not what it says
      if (field === 'occurs') return
      const direction = FIELDS[field]
      if (direction !== undefined) {
        weaken.reference(ts.isPropertyAssignment(node) ? node.initializer : node.name, direction)
        return
      }
      if (field === 'instances') inside = true
    } else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      for (const argument of node.arguments) if (source.isCallable(argument)) weaken.callable(argument, 'truer')
    } else if (inside && ts.isArrowFunction(node) && node.parameters.length === 0) {
      weaken.callable(node, 'truer')
      return
    }
    ts.forEachChild(node, (child) => {
      visit(child, inside)
    })
  }
  ts.forEachChild(region, (child) => {
    visit(child, false)
  })
}

/** Properties that are declared by themselves: `const forbidden: Invariant = ...`. */
const declaredAlone = (source: Source): ts.Expression[] =>
  source
    .nodes()
    .filter(source.ts.isVariableDeclaration)
    .filter(({ type }) => isProperty(type?.getText() ?? ''))
    .flatMap(({ initializer }) => (initializer === undefined || source.isCallable(initializer) ? [] : [initializer]))

/** Fields of a definition that have properties by their names: `machine(state, { invariants: { NAME: { ... } } })`. */
const CLAIMS: readonly string[] = ['invariants', 'liveness']

/** The claims that are written out in a definition, or that a name in it stands for. */
const claimsIn = (source: Source): ts.PropertyAssignment[] => {
  const { ts } = source
  const written = (e: ts.Expression): ts.PropertyAssignment[] => {
    if (ts.isObjectLiteralExpression(e)) return e.properties.filter(ts.isPropertyAssignment)
    if (!ts.isIdentifier(e)) return []
    return source
      .nodes()
      .filter(ts.isVariableDeclaration)
      .filter(({ name }) => name.getText() === e.text)
      .flatMap(({ initializer }) =>
        initializer === undefined || ts.isIdentifier(initializer) ? [] : written(initializer),
      )
  }
  return source.nodes().flatMap((node): ts.PropertyAssignment[] => {
    const isNamed = ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)
    if (!isNamed || !CLAIMS.includes(node.name.getText())) return []
    return written(ts.isPropertyAssignment(node) ? node.initializer : node.name)
  })
}

/** Is it one claim, and not one of each vCPU, event, ...? */
const isOneClaim = (source: Source, e: ts.Expression): boolean =>
  source.ts.isObjectLiteralExpression(e) &&
  e.properties.some(({ name }) => name !== undefined && Object.hasOwn(FIELDS, name.getText()))

/** Claims by their names: weaker conditions of each, and each without one of its instances. */
const claimed = (source: Source, weaken: Weakener): void => {
  for (const claim of claimsIn(source)) {
    conditions(source, claim, weaken)
    const { initializer } = claim
    if (isOneClaim(source, initializer)) continue
    const name = claim.name.getText()
    for (let i = 0; i < MOST_INSTANCES; i++) {
      const kept = `Object.fromEntries(Object.entries(${initializer.getText()}).filter((_, i) => i !== ${i}))`
      source.note('property', initializer, kept, {
        from: `${name}: all instances`,
        to: `without instance ${i}`,
        instance: true,
      })
    }
  }
}

const weakerProperties = (source: Source): void => {
  const regions = regionsOf(source, isProperty)
  const weaken = new Weakener(source)
  for (const region of regions) {
    if (isBuilder(source, region)) continue
    for (const list of listsIn(source, region))
      for (const element of list.elements) if (!source.ts.isSpreadElement(element)) withoutInstances(source, element)
    conditions(source, region, weaken)
  }
  for (const property of declaredAlone(source)) conditions(source, property, weaken)
  claimed(source, weaken)
}

/** A list that is written out, or what a set is made of. */
const listIn = ({ ts }: Source, e: ts.Expression | undefined): ts.ArrayLiteralExpression | undefined => {
  const list = e !== undefined && ts.isNewExpression(e) ? e.arguments?.at(0) : e
  return list !== undefined && ts.isArrayLiteralExpression(list) ? list : undefined
}

/** The list that a name stands for, where it is written out in this file. */
const listNamed = (source: Source, name: string): ts.ArrayLiteralExpression | undefined => {
  const { ts } = source
  return source
    .nodes()
    .filter(ts.isVariableDeclaration)
    .filter((declared) => declared.name.getText() === name)
    .flatMap(({ initializer: e }) => listIn(source, e !== undefined && ts.isAsExpression(e) ? e.expression : e) ?? [])
    .at(-1)
}

/** Sets of labels with one label less; lists that are spread into them as well. */
const fewerLabels = (source: Source, list: ts.ArrayLiteralExpression, done: Set<ts.Node>, least: number): void => {
  const { ts } = source
  if (done.has(list)) return
  done.add(list)
  source.withoutElements('fairness', list, least)
  for (const element of list.elements) {
    if (!ts.isSpreadElement(element)) continue
    for (const node of source.nodes(element)) {
      const list = ts.isIdentifier(node) ? listNamed(source, node.text) : node
      if (list !== undefined && ts.isArrayLiteralExpression(list)) fewerLabels(source, list, done, 1)
    }
  }
}

/** One entry of the fairness: weak in place of strong, and fewer labels. */
const weakerEntry = (source: Source, entry: ts.Node, done: Set<ts.Node>): void => {
  const { ts } = source
  for (const node of source.nodes(entry).filter(ts.isPropertyAssignment)) {
    const { name, initializer } = node
    if (name.getText() === 'strong') {
      source.note('fairness', node, '...{}', { from: entry.getText(), to: 'weak in place of strong' })
    }
    if (name.getText() !== 'labels') continue
    const isNamed = ts.isIdentifier(initializer)
    const list = isNamed ? listNamed(source, initializer.text) : listIn(source, initializer)
    if (list !== undefined) fewerLabels(source, list, done, 2)
  }
}

/** A list of fairness entries without each, and what is spread into it without its first and without all others. */
const fewerEntries = (source: Source, list: ts.ArrayLiteralExpression, done: Set<ts.Node>): void => {
  const { ts } = source
  for (const element of list.elements) {
    source.note('fairness', element, '...[]', { to: 'no such fairness' })
    if (!ts.isSpreadElement(element)) continue
    const spread = element.expression
    if (!ts.isCallExpression(spread) || !ts.isPropertyAccessExpression(spread.expression)) continue
    const over = spread.expression.expression
    const written = ts.isIdentifier(over) ? listNamed(source, over.text) : undefined
    if (written !== undefined && !done.has(written)) {
      done.add(written)
      source.withoutElements('fairness', written, 1)
    } else {
      source.sliced('fairness', over, element.getText())
    }
  }
}

const weakerFairness = (source: Source): void => {
  const { ts } = source
  const done = new Set<ts.Node>()
  const regions: ts.Node[] = regionsOf(source, (type) => /^(readonly )?Fairness\[\]$/.test(type))
  for (const { name, initializer } of source.nodes().filter(ts.isPropertyAssignment))
    if (name.getText() === 'fairness') regions.push(initializer)
  for (const region of regions) {
    for (const list of listsIn(source, region)) {
      if (done.has(list)) continue
      done.add(list)
      fewerEntries(source, list, done)
      for (const element of list.elements) weakerEntry(source, element, done)
    }
  }
}

/** Adds the mutants of a machine's properties and of its fairness to the source. */
export const weakenings = (source: Source): void => {
  weakerProperties(source)
  weakerFairness(source)
}

/** What a step comes to, as a tree of cases, and how that is laid out in a module. */

import { wrapped } from './text.ts'

/** A variable of a state: as a whole, or at the thread's index. */
export interface Change {
  readonly variable: string
  readonly value: string
}

export type Tree =
  | { readonly kind: 'if'; readonly condition: string; readonly yes: Tree; readonly no: Tree }
  | { readonly kind: 'let'; readonly name: string; readonly value: string; readonly body: Tree }
  /** for some number below `count` */
  | { readonly kind: 'some'; readonly name: string; readonly count: number; readonly body: Tree }
  | { readonly kind: 'and'; readonly conditions: readonly string[]; readonly body: Tree }
  /** goes on in an operator of its own */
  | { readonly kind: 'goto'; readonly operator: string; readonly arguments: readonly string[] }
  /** where it ends: conjuncts, and the variables that are changed by them */
  | { readonly kind: 'end'; readonly conjuncts: readonly string[]; readonly changed: readonly string[] }
  /** an expression: of a property, of where a thread begins */
  | { readonly kind: 'value'; readonly text: string }

/** Variables that some branch changes, and operators that it goes on in. */
export const changedIn = (tree: Tree, found: { variables: Set<string>; operators: Set<string> }): void => {
  switch (tree.kind) {
    case 'if':
      changedIn(tree.yes, found)
      changedIn(tree.no, found)
      return
    case 'let':
    case 'some':
    case 'and':
      changedIn(tree.body, found)
      return
    case 'goto':
      found.operators.add(tree.operator)
      return
    case 'end':
      for (const name of tree.changed) found.variables.add(name)
      return
    case 'value':
  }
}

const indented = (lines: readonly string[], first: string): string[] =>
  lines.map((line, i) => (i === 0 ? first : ' '.repeat(first.length)) + line)

/** How the end of a branch says which variables stay as they are. */
export type Unchanged = (changed: ReadonlySet<string>, operator?: string) => readonly string[]

const conjunction = (parts: readonly (readonly string[])[]): string[] => {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return [...only]
  return parts.flatMap((lines) => indented(lines, '/\\ '))
}

/** The conjuncts of a tree, each with its lines. */
export const partsOf = (tree: Tree, width: number, unchanged: Unchanged): string[][] => {
  switch (tree.kind) {
    case 'and':
      return [...tree.conditions.map((condition) => wrapped(condition, width)), ...partsOf(tree.body, width, unchanged)]
    case 'goto': {
      const call = wrapped(`${tree.operator}(${tree.arguments.join(', ')})`, width)
      return [call, ...unchanged(new Set(), tree.operator).map((text) => wrapped(text, width))]
    }
    case 'end':
      return [...tree.conjuncts, ...unchanged(new Set(tree.changed))].map((text) => wrapped(text, width))
    default:
      return [treeLines(tree, width, unchanged)]
  }
}

/** The lines of a tree; `width`: columns that are left. */
export const treeLines = (tree: Tree, width: number, unchanged: Unchanged): string[] => {
  switch (tree.kind) {
    case 'if': {
      const [no, ...more] = treeLines(tree.no, tree.no.kind === 'if' ? width : width - 5, unchanged)
      return [
        ...indented(wrapped(tree.condition, width - 3), 'IF '),
        ...indented(treeLines(tree.yes, width - 5, unchanged), 'THEN '),
        // one of several cases stands below the others
        ...(tree.no.kind === 'if' ? [`ELSE ${no ?? ''}`, ...more] : indented([no ?? '', ...more], 'ELSE ')),
      ]
    }
    case 'let': {
      const lines: string[] = []
      let inner: Tree = tree
      while (inner.kind === 'let') {
        const start = `${inner.name} == `
        lines.push(...indented(indented(wrapped(inner.value, width - 4 - start.length), start), '    '))
        inner = inner.body
      }
      lines[0] = `LET${(lines[0] ?? '').slice(3)}`
      return [...lines, ...indented(treeLines(inner, width - 4, unchanged), 'IN  ')]
    }
    case 'some':
      return [
        `\\E ${tree.name} \\in 0..${tree.count - 1} :`,
        ...indented(treeLines(tree.body, width - 4, unchanged), '    '),
      ]
    case 'and':
    case 'goto':
    case 'end':
      return conjunction(partsOf(tree, width - 3, unchanged))
    case 'value':
      return wrapped(tree.text, width)
  }
}

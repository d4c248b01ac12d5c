/** What the generators of machine mutants share: a TypeScript source, its functions by name, and edits with their place. */

import type ts from 'typescript'
import type { Draft, MutantKind } from './mutant.ts'
import { normalised } from './mutant.ts'

/** The compiler, given by who could load it: it is there in a checkout only. */
export type TypeScript = typeof ts

/** A function with a body, however it is written. */
export type Callable = ts.ArrowFunction | ts.FunctionExpression | ts.FunctionDeclaration | ts.MethodDeclaration

/** Longest piece of source that a report shows. */
const SHOWN = 160

const shortened = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text)

/** One source of a machine. */
export class Source {
  readonly ts: TypeScript
  readonly file: string
  readonly tree: ts.SourceFile
  /** functions and methods that are declared in the file */
  readonly callables: ReadonlyMap<string, Callable>
  readonly drafts: Draft[] = []

  constructor(compiler: TypeScript, file: string, text: string) {
    this.ts = compiler
    this.file = file
    this.tree = compiler.createSourceFile(file, text, compiler.ScriptTarget.ES2023, true)
    this.callables = this.named()
  }

  private named(): Map<string, Callable> {
    const { ts } = this
    const found = new Map<string, Callable>()
    this.walk(this.tree, (node) => {
      if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.name !== undefined) {
        found.set(node.name.getText(), node)
      }
      if (ts.isVariableDeclaration(node) && node.initializer !== undefined && this.isCallable(node.initializer)) {
        found.set(node.name.getText(), node.initializer)
      }
    })
    return found
  }

  isCallable(node: ts.Node): node is Callable {
    const { ts } = this
    return (
      ts.isArrowFunction(node) ||
      ts.isFunctionExpression(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isMethodDeclaration(node)
    )
  }

  /** Every node below, the node itself first. */
  walk(node: ts.Node, visit: (node: ts.Node) => void): void {
    visit(node)
    this.ts.forEachChild(node, (child) => {
      this.walk(child, visit)
    })
  }

  /** The nearest node around that passes. */
  around<N extends ts.Node>(node: ts.Node, test: (node: ts.Node) => node is N): N | undefined {
    for (let at: ts.Node | undefined = node.parent; (at as ts.Node | undefined) !== undefined; at = at.parent) {
      if (test(at)) return at
    }
    return undefined
  }

  /** Name of the declaration at the top of the file, with the method's where it is a class. */
  within(node: ts.Node): string {
    const { ts } = this
    let name = ''
    let method = ''
    for (let at = node; !ts.isSourceFile(at); at = at.parent) {
      if (ts.isMethodDeclaration(at)) method = at.name.getText()
      if (ts.isFunctionDeclaration(at) || ts.isClassDeclaration(at)) name = at.name?.getText() ?? ''
      if (ts.isVariableDeclaration(at) && ts.isSourceFile(at.parent.parent.parent)) name = at.name.getText()
    }
    return method === '' ? name : `${name}.${method}`
  }

  /** Where a piece of text begins inside a declaration; it may stand in several places, or in none. */
  occurrences(within: string, text: string): { readonly start: number; readonly line: number }[] {
    const whole = this.tree.text
    const found: { readonly start: number; readonly line: number }[] = []
    for (let start = whole.indexOf(text); start !== -1; start = whole.indexOf(text, start + 1)) {
      let at: ts.Node = this.tree
      this.walk(this.tree, (node) => {
        if (node.getStart() <= start && start < node.getEnd()) at = node
      })
      if (this.within(at) === within)
        found.push({ start, line: this.tree.getLineAndCharacterOfPosition(start).line + 1 })
    }
    return found
  }

  /** What a mutant at a node is, all but its edit. */
  place(kind: MutantKind, node: ts.Node, from: string, to: string): Omit<Draft, 'edit'> {
    return {
      side: 'machine',
      file: this.file,
      line: this.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      kind,
      within: this.within(node),
      from: shortened(normalised(from)),
      to: shortened(normalised(to)),
    }
  }

  /** Notes a mutant: `node` replaced by `text`; what a report shows may be said in other words. */
  note(
    kind: MutantKind,
    node: ts.Node,
    text: string,
    shown: { readonly from?: string; readonly to?: string; readonly instance?: true } = {},
  ): void {
    const { from = node.getText(), to = text, instance } = shown
    this.drafts.push({
      ...this.place(kind, node, from, to),
      edit: { start: node.getStart(), end: node.getEnd(), text },
      ...(instance === undefined ? {} : { instance }),
    })
  }

  /** The operands of a chain of `&&` or of `||`. */
  operands(node: ts.BinaryExpression): ts.Expression[] {
    const kind = node.operatorToken.kind
    const flat = (e: ts.Expression): ts.Expression[] =>
      this.ts.isBinaryExpression(e) && e.operatorToken.kind === kind ? [...flat(e.left), ...flat(e.right)] : [e]
    return flat(node)
  }

  /** Mutants without one element of a list that is written out, if it has more than one. */
  withoutElements(kind: MutantKind, list: ts.ArrayLiteralExpression, least = 2): void {
    if (list.elements.length < least) return
    list.elements.forEach((element, i) => {
      const rest = list.elements.filter((_, other) => other !== i).map((e) => e.getText())
      this.note(kind, list, `[${rest.join(', ')}]`, { from: element.getText(), to: 'not in the list' })
    })
  }
}

/** What the generators of machine mutants share: a TypeScript source, its functions by name, and edits with their place. */

import { given } from '../kernel/given.ts'
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

/** What a report shows in place of the source, whether an instance is dropped by its number, and up to where the edit goes. */
interface Shown {
  readonly from?: string
  readonly to?: string
  readonly instance?: true
  readonly last?: ts.Node
}

/** One source of a machine. */
export class Source {
  readonly ts: TypeScript
  readonly file: string
  readonly tree: ts.SourceFile
  /** functions and methods that are declared in the file */
  readonly callables: ReadonlyMap<string, Callable>
  readonly drafts: Draft[] = []
  private readonly all: ts.Node[] = []

  constructor(compiler: TypeScript, file: string, text: string) {
    this.ts = compiler
    this.file = file
    this.tree = compiler.createSourceFile(file, text, compiler.ScriptTarget.ES2023, true)
    this.callables = this.named()
  }

  private named(): Map<string, Callable> {
    const { ts } = this
    const found = new Map<string, Callable>()
    for (const node of this.nodes()) {
      if ((ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node)) && node.name !== undefined) {
        found.set(node.name.getText(), node)
      }
      if (ts.isVariableDeclaration(node) && node.initializer !== undefined && this.isCallable(node.initializer)) {
        found.set(node.name.getText(), node.initializer)
      }
    }
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

  /** Every node below, the node itself first; those of the file if none is given. */
  nodes(top: ts.Node = this.tree): readonly ts.Node[] {
    if (top === this.tree && this.all.length > 0) return this.all
    const found: ts.Node[] = top === this.tree ? this.all : []
    const visit = (node: ts.Node): void => {
      found.push(node)
      this.ts.forEachChild(node, visit)
    }
    visit(top)
    return found
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
      // what is exported without a name
      if (ts.isExportAssignment(at)) name = 'default'
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
      const at = this.nodes().findLast((node) => node.getStart() <= start && start < node.getEnd())
      if (this.within(at ?? this.tree) === within)
        found.push({ start, line: this.tree.getLineAndCharacterOfPosition(start).line + 1 })
    }
    return found
  }

  /** Notes a mutant: `node`, or all up to another one, replaced by `text`; what a report shows may be said in other words. */
  note(kind: MutantKind, node: ts.Node, text: string, shown: Shown = {}): void {
    const { from = node.getText(), to = text, instance, last = node } = shown
    this.drafts.push({
      side: 'machine',
      file: this.file,
      line: this.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      kind,
      within: this.within(node),
      from: shortened(normalised(from)),
      to: shortened(normalised(to)),
      edit: { start: node.getStart(), end: last.getEnd(), text },
      ...given({ instance }),
    })
  }

  /** The operands of a chain of `&&` or of `||`. */
  operands(node: ts.BinaryExpression): ts.Expression[] {
    const kind = node.operatorToken.kind
    const flat = (e: ts.Expression): ts.Expression[] =>
      this.ts.isBinaryExpression(e) && e.operatorToken.kind === kind ? [...flat(e.left), ...flat(e.right)] : [e]
    return flat(node)
  }

  /** Mutants without each of some parts of a node; `made` says what stands in its place with the others. */
  withoutEach(
    kind: MutantKind,
    node: ts.Node,
    parts: readonly ts.Node[],
    made: (others: readonly string[]) => string,
    shown = (part: string): Shown => ({ to: `without ${part}` }),
  ): void {
    const texts = parts.map((part) => part.getText())
    texts.forEach((text, i) => {
      this.note(kind, node, made(texts.filter((_, other) => other !== i)), shown(text))
    })
  }

  /** Mutants without one operand of a chain of `&&` or of `||`. */
  withoutOperands(kind: MutantKind, chain: ts.BinaryExpression): void {
    const operator = chain.operatorToken.getText()
    this.withoutEach(kind, chain, this.operands(chain), (others) => `(${others.join(` ${operator} `)})`)
  }

  /** Mutants without one element of a list that is written out, if it has more than one. */
  withoutElements(kind: MutantKind, list: ts.ArrayLiteralExpression, least = 2): void {
    if (list.elements.length < least) return
    const made = (others: readonly string[]): string => `[${others.join(', ')}]`
    this.withoutEach(kind, list, list.elements, made, (from) => ({ from, to: 'not in the list' }))
  }

  /** A list of which only the first is looked at, and all but the first. */
  sliced(kind: MutantKind, list: ts.Expression, from: string): void {
    this.note(kind, list, `${list.getText()}.slice(0, 1)`, { from, to: 'the first only' })
    this.note(kind, list, `${list.getText()}.slice(1)`, { from, to: 'all but the first' })
  }
}

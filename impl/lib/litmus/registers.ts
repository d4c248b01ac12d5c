/**
 * A thread of a litmus test as a function of C: its parameters are the locations, by their addresses; what it assigns to without a
 * declaration is a register, as in herd; integers hold addresses too.
 */

import type { LockstepError } from '../kernel/error.ts'
import type { Expr, FunctionDefinition, Statement, TypeSyntax, VariableDeclaration } from '../c/syntax/ast.ts'
import type { Span } from '../c/syntax/source.ts'
import type { Literal } from './condition.ts'
import type { LitmusCode } from './source.ts'
import { litmusError } from './source.ts'
import { renamed, WORDS } from './types.ts'

/** A part of a tree, of whatever kind. */
type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const isName = (node: Node): node is Extract<Expr, { kind: 'name' }> =>
  node['kind'] === 'name' && typeof node['name'] === 'string'

const rewrittenList = (list: readonly unknown[], change: (node: Node) => unknown): readonly unknown[] => {
  let copy: unknown[] | undefined
  list.forEach((item, i) => {
    const now = rewritten(item, change)
    if (now !== item) (copy ??= [...list])[i] = now
  })
  return copy ?? list
}

/**
 * A tree in which `change` has replaced what it wants to; what it gives is not gone through again. Parts in which nothing is replaced are
 * the same ones, as trees are never changed in place.
 */
const rewritten = (value: unknown, change: (node: Node) => unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return rewrittenList(value, change)
  const node = value as Node
  const changed = change(node)
  if (changed !== undefined) return changed
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(node)) {
    const part = node[key]
    if (key === 'span' || typeof part !== 'object') continue
    const now = rewritten(part, change)
    if (now !== part) (copy ??= { ...node })[key] = now
  }
  return copy ?? node
}

const visit = (value: unknown, see: (node: Node) => void): void => {
  if (Array.isArray(value)) for (const item of value) visit(item, see)
  else if (isNode(value)) {
    see(value)
    for (const key of Object.keys(value)) {
      const part = value[key]
      if (key !== 'span' && typeof part === 'object') visit(part, see)
    }
  }
}

/** The types of a tree with integers that hold addresses. */
export const withWords = <T>(tree: T): T =>
  rewritten(tree, (node) => {
    if (node['kind'] !== 'named' || typeof node['name'] !== 'string' || !WORDS.has(node['name'])) return undefined
    return { ...node, name: renamed(node['name']) }
  }) as T

/** What is known of the test around a thread. */
export interface Surroundings {
  /** locations, and which of them are arrays */
  readonly locations: ReadonlyMap<string, { readonly isArray: boolean }>
  /** values that registers of this thread begin with */
  readonly initial: ReadonlyMap<string, Literal>
  /** functions of the test, and of its model */
  readonly functions: ReadonlySet<string>
  /** told of each register that is not declared */
  readonly undeclared: (name: string, span: Span) => void
  /** told of each register that is given what srcu_read_lock() returns */
  readonly index: (name: string) => void
}

const refused = (code: LitmusCode, span: Span, message: string, hint: string): LockstepError =>
  litmusError(code, span, message, hint)

const intType = (span: Span): TypeSyntax => ({ kind: 'named', name: renamed('int'), span })

const LOOPS: ReadonlySet<unknown> = new Set(['while', 'for', 'do', 'goto'])

/** A test is a matter of finitely many steps; a jump back, or forth, is not told from it. */
const refuseLoop = (node: Node): void => {
  const { kind, span } = node
  if (!LOOPS.has(kind)) return
  const hint = 'write the rounds out one after the other, or keep the executions that leave the loop with `filter`'
  throw refused(
    'litmus-unsupported',
    span as Span,
    `a loop (${String(kind)}) is outside of the subset that is run`,
    hint,
  )
}

/** Refuses loops in a function that is no thread. */
export const withoutLoops = (definition: FunctionDefinition): FunctionDefinition => {
  visit(definition.body, refuseLoop)
  return definition
}

class ThreadRewriter {
  private readonly definition: FunctionDefinition
  private readonly around: Surroundings
  private readonly parameters: ReadonlyMap<string, Span>
  private readonly declared = new Map<string, Span>()
  private readonly assigned = new Map<string, Span>()

  constructor(definition: FunctionDefinition, around: Surroundings) {
    this.definition = definition
    this.around = around
    this.parameters = this.parametersOf(definition)
  }

  private parametersOf({ parameters, name: thread }: FunctionDefinition): ReadonlyMap<string, Span> {
    const found = new Map<string, Span>()
    for (const { name, type, span } of parameters) {
      if (name === undefined) continue
      if (found.has(name))
        throw refused('litmus-duplicate', span, `${thread} has two parameters ${name}`, 'name each location once')
      if (type.kind !== 'pointer' && type.kind !== 'array') {
        const hint = `write ${span.text.replace(/\b(\w+)$/, '*$1')}: what is shared is given by its address`
        throw refused('litmus-unsupported', span, `the parameter ${name} is no pointer`, hint)
      }
      found.set(name, span)
    }
    return found
  }

  private gather(): void {
    visit(this.definition.body, (node) => {
      refuseLoop(node)
      if (node['kind'] === 'variable') this.declares(node as unknown as VariableDeclaration)
      this.seesIndex(node)
      const target = node['target']
      if ((node['kind'] === 'assign' || node['kind'] === 'step') && isNode(target) && isName(target))
        this.assigns(target)
    })
  }

  private seesIndex(node: Node): void {
    const isIndex = (value: unknown): boolean =>
      isNode(value) && isNode(value['callee']) && value['callee']['name'] === 'srcu_read_lock'
    const { kind, name, target, initial, value } = node
    if (kind === 'variable' && isNode(initial) && isIndex(initial['value'])) this.around.index(String(name))
    if (kind === 'assign' && isNode(target) && isName(target) && isIndex(value)) this.around.index(target.name)
  }

  private declares({ name, span }: VariableDeclaration): void {
    const thread = this.definition.name
    if (this.parameters.has(name))
      throw refused('litmus-duplicate', span, `${name} is a parameter of ${thread} already`, 'rename it')
    if (this.declared.has(name)) {
      const hint = 'herd has one register of a name in a thread: rename it'
      throw refused('litmus-duplicate', span, `the register ${name} is declared twice in ${thread}`, hint)
    }
    this.declared.set(name, span)
  }

  private assigns({ name, span }: Extract<Expr, { kind: 'name' }>): void {
    if (this.parameters.has(name)) {
      const hint = `to store in the location write WRITE_ONCE(*${name}, …)`
      throw refused('litmus-unsupported', span, `${name} is a parameter: it is not assigned to`, hint)
    }
    if (!this.assigned.has(name)) this.assigned.set(name, span)
  }

  /** The address of a location, where its parameter is named. */
  private location(node: Extract<Expr, { kind: 'name' }>): Expr {
    const isArray = this.around.locations.get(node.name)?.isArray === true
    return isArray ? node : { kind: 'address', operand: node, span: node.span }
  }

  private known(node: Extract<Expr, { kind: 'name' }>): Expr {
    const { name, span } = node
    if (this.parameters.has(name)) return this.location(node)
    if (this.declared.has(name) || this.assigned.has(name) || this.around.initial.has(name)) return node
    if (this.around.functions.has(name)) return node
    const thread = this.definition.name
    const registers = [...this.parameters.keys(), ...this.declared.keys(), ...this.assigned.keys()]
    const hint = this.around.locations.has(name)
      ? `${name} is shared: add it to the parameters of ${thread}, int *${name}`
      : `${thread} has ${registers.join(', ') || 'no parameters and no registers'}`
    throw refused('litmus-unknown', span, `${name} is no register and no parameter of ${thread}`, hint)
  }

  private value(literal: Literal, span: Span): Expr {
    if (literal.kind === 'int') {
      const { value } = literal
      const digits: Expr = { kind: 'number', value: BigInt(Math.abs(value)), suffix: '', radix: 10, span }
      return value < 0 ? { kind: 'unary', operator: '-', operand: digits, span } : digits
    }
    const name: Expr = { kind: 'name', name: literal.name, span }
    return { kind: 'address', operand: name, span }
  }

  /** Declarations of registers that the thread does not declare. */
  private implicit(span: Span): Statement[] {
    const names = new Set([...this.assigned.keys(), ...this.around.initial.keys()])
    const missing = [...names].filter((name) => !this.declared.has(name))
    return missing.map((name): Statement => {
      const at = this.assigned.get(name)
      const initial = this.around.initial.get(name)
      if (at !== undefined && initial === undefined) this.around.undeclared(name, at)
      const declaration: VariableDeclaration = {
        kind: 'variable',
        name,
        type: intType(span),
        initial: initial === undefined ? undefined : { kind: 'value', value: this.value(initial, span) },
        storage: undefined,
        span,
      }
      return { kind: 'declare', declarations: [declaration], span }
    })
  }

  /** A register that is declared has the value that the initial state gives it, unless the declaration gives it one. */
  private withInitial(declaration: VariableDeclaration): VariableDeclaration {
    const initial = this.around.initial.get(declaration.name)
    if (initial === undefined || declaration.initial !== undefined) return declaration
    return { ...declaration, initial: { kind: 'value', value: this.value(initial, declaration.span) } }
  }

  rewrite(): FunctionDefinition {
    const { definition } = this
    const { body } = definition
    if (body === undefined)
      throw refused('litmus-syntax', definition.span, `${definition.name} has no body`, 'write { }')
    this.gather()
    const change = (node: Node): unknown => {
      if (isName(node)) return this.known(node)
      if (node['kind'] === 'call' && isNode(node['callee']) && isName(node['callee']))
        return { ...node, args: rewritten(node['args'], change) }
      if (node['kind'] === 'variable') {
        const declaration = node as unknown as VariableDeclaration
        const initial = rewritten(declaration.initial, change) as VariableDeclaration['initial']
        return this.withInitial({ ...declaration, initial })
      }
      return undefined
    }
    const own = rewritten(body.body, change) as readonly Statement[]
    const whole = withWords([...this.implicit(definition.span), ...own])
    return {
      ...definition,
      parameters: [],
      annotations: ['lockstep thread'],
      result: { kind: 'named', name: 'void', span: definition.span },
      body: { ...body, body: whole },
    }
  }
}

/** A thread as a function without parameters. */
export const threadOf = (definition: FunctionDefinition, around: Surroundings): FunctionDefinition =>
  new ThreadRewriter(definition, around).rewrite()

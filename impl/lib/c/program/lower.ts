/** A C file's tree, given its meaning: the instructions of all functions that its threads and properties reach. */

import type { Declaration, FunctionDefinition, TranslationUnit, VariableDeclaration } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import { addressedIn } from './addressed.ts'
import { lowerCall, parametersOf, registerType } from './calls.ts'
import type { Callee, Lowering, ProgramContext } from './context.ts'
import { FunctionContext } from './context.ts'
import { Emitter } from './emitter.ts'
import { lvalue, rvalue } from './expressions.ts'
import { declareParameter, initialise, refuseUnstorable, unnamedObject } from './declarations.ts'
import { initialLeaves } from './initial.ts'
import { completedType } from './initialisers.ts'
import type { CFunction, CObject, CProgram, CProperty, CThread, Pure } from './ir.ts'
import { refuseBadProperties } from './property-rules.ts'
import { refused } from './refused.ts'
import { isThread, roleOf } from './roles.ts'
import type { Scope } from './scope.ts'
import { Scope as FileScope } from './scope.ts'
import { lowerBlockValue, lowerStatement } from './statements.ts'
import { THREAD_COUNT, threadCountOf } from './thread-count.ts'
import type { CType } from './types.ts'
import { INT, sameType } from './types.ts'
import { adjusted, saysConst } from './types-of.ts'
import { typeOfSyntax } from './typing.ts'
import { UNSET } from './value.ts'

/** How a file is read. */
export interface LowerOptions {
  /** which statements under LOCKSTEP_OPTIONAL are there; all, unless told */
  readonly isOn?: (name: string) => boolean
  /** is it one of our headers, of which nobody uses all? */
  readonly isHeader?: (file: string) => boolean
  /** names of types that the file does not declare */
  readonly types?: ReadonlyMap<string, CType>
}

/** Threads and labels that properties ask about: `thread:label`. */
const askedIn = (node: unknown, found: Set<string>): void => {
  if (Array.isArray(node)) {
    for (const item of node) askedIn(item, found)
    return
  }
  if (typeof node !== 'object' || node === null) return
  const { kind, callee, args } = node as { kind?: unknown; callee?: { name?: unknown }; args?: { value?: unknown }[] }
  if (kind === 'call' && callee?.name === '__lockstep_at' && args?.length === 2)
    found.add(`${String(args[0]?.value)}:${String(args[1]?.value)}`)
  for (const [key, value] of Object.entries(node))
    if (typeof value === 'object' && key !== 'span') askedIn(value, found)
}

/** Is a name declared somewhere in a function? */
const declares = (node: unknown, name: string): boolean => {
  if (Array.isArray(node)) return node.some((item) => declares(item, name))
  if (typeof node !== 'object' || node === null) return false
  const own = node as { kind?: unknown; name?: unknown; parameters?: unknown }
  if (own.kind === 'variable' && own.name === name) return true
  if (own.kind === 'function' && Array.isArray(own.parameters))
    if (own.parameters.some((parameter: unknown) => (parameter as { name?: unknown }).name === name)) return true
  return Object.entries(node).some(([key, value]) => key !== 'span' && declares(value, name))
}

/** Who lowers what. */
const LOWERING: Lowering = {
  rvalue,
  lvalue,
  call: lowerCall,
  blockValue: lowerBlockValue,
  statement: lowerStatement,
  parameter: declareParameter,
  unnamed: unnamedObject,
  initialise,
}

/** Lowers one file. */
class ProgramLowering implements ProgramContext {
  readonly lowering = LOWERING
  readonly emitter = new Emitter()
  readonly file: Scope = new FileScope()
  readonly objects = new Map<string, CObject>()
  readonly optional = new Set<string>()
  readonly asked = new Set<string>()
  readonly wanted = new Map<string, Span>()
  readonly chosen: ProgramContext['chosen'] = new Map()
  readonly statics = new Map<Span, string>()
  private readonly options: LowerOptions
  private readonly unit: TranslationUnit
  private readonly callees = new Map<string, Callee>()
  private readonly queue: Callee[] = []
  private readonly functions = new Map<string, CFunction>()
  private readonly notes = new Set<string>()
  private readonly initialised = new Set<string>()
  private readonly context: FunctionContext

  constructor(unit: TranslationUnit, options: LowerOptions) {
    this.unit = unit
    this.options = options
    this.context = new FunctionContext(this, 'file', { scope: this.file, addressed: new Set() })
  }

  isOn(name: string): boolean {
    return this.options.isOn?.(name) ?? true
  }

  note(text: string): void {
    this.notes.add(text)
  }

  functionOf(definition: FunctionDefinition): Callee {
    const { name } = definition
    const known = this.callees.get(name)
    if (known !== undefined) return known
    const parameters = parametersOf(definition)
    const parameterTypes = parameters.map(({ type, span }) => {
      const own = adjusted(typeOfSyntax(this.context, type))
      refuseUnstorable(`a parameter of ${name}`, own, span)
      return own
    })
    const resultType = typeOfSyntax(this.context, definition.result)
    if (resultType.kind !== 'void') refuseUnstorable(`what ${name} returns`, resultType, definition.span)
    const callee: Callee = {
      name,
      definition,
      parameters: parameters.map((p, i) =>
        this.emitter.register(
          name,
          p.name ?? `parameter${i}`,
          registerType(parameterTypes[i] ?? resultType),
          'variable',
        ),
      ),
      parameterTypes,
      result:
        resultType.kind === 'void'
          ? undefined
          : this.emitter.register(name, 'result', registerType(resultType), 'temporary'),
      resultType,
      resultPlace: resultType.kind === 'struct' ? this.resultObject(name, resultType, definition.span) : undefined,
      link: this.emitter.register(name, 'caller', resultType, 'link'),
      calls: new Set(),
    }
    this.callees.set(name, callee)
    this.queue.push(callee)
    return callee
  }

  /** Where a struct is that a function returns. */
  private resultObject(name: string, type: CType, at: Span): Pure {
    const object = `${name}.result`
    this.objects.set(object, { name: object, type, initial: new Map(), perThread: true, inRegisters: false, at })
    return { kind: 'local', object }
  }

  private declare(declaration: Declaration): void {
    switch (declaration.kind) {
      case 'typedef': {
        const type = typeOfSyntax(this.context, declaration.type)
        const before = this.file.own(declaration.name)
        if (before !== undefined && (before.kind !== 'typedef' || !sameType(before.type, type)))
          throw this.twice(declaration.name, declaration.span)
        this.file.redeclare(declaration.name, { kind: 'typedef', type })
        return
      }
      case 'type':
        typeOfSyntax(this.context, declaration.type)
        return
      case 'variable':
        this.variable(declaration)
        return
      case 'function':
        this.function(declaration)
    }
  }

  private twice(name: string, span: Span): Error {
    return refused('c-duplicate', span, `${name} is declared twice`, 'give one of them another name')
  }

  private function(definition: FunctionDefinition): void {
    const before = this.file.own(definition.name)
    if (before !== undefined && before.kind !== 'function') throw this.twice(definition.name, definition.span)
    if (before?.kind === 'function' && before.definition.body !== undefined) {
      if (definition.body === undefined) return
      const what = roleOf(definition) === undefined ? 'functions' : 'threads or properties'
      throw refused(
        'c-duplicate',
        definition.span,
        `there are two ${what} ${definition.name}`,
        'give one of them another name',
      )
    }
    this.file.redeclare(definition.name, { kind: 'function', definition })
  }

  private variable(declaration: VariableDeclaration): void {
    const { name, initial, span } = declaration
    const type = completedType(this.context, typeOfSyntax(this.context, declaration.type), initial)
    const before = this.objects.get(name)
    const known = this.file.own(name)
    if (known !== undefined && (known.kind !== 'object' || !this.isAgain(known.type, type)))
      throw this.twice(name, span)
    if (before !== undefined && this.initialised.has(name) && initial !== undefined) throw this.twice(name, span)
    if (initial !== undefined) this.initialised.add(name)
    const isConst = saysConst(declaration.type)
    this.file.redeclare(name, { kind: 'object', object: name, type, perThread: false, isConst })
    if (declaration.storage === 'extern' && initial === undefined) return
    refuseUnstorable(name, type, span)
    // declared before it is initialised: an initialiser may take its own address
    const leaves = initial === undefined ? before?.initial : initialLeaves(this.context, type, initial)
    this.objects.set(name, { name, type, initial: leaves ?? new Map(), perThread: false, inRegisters: false, at: span })
  }

  /** May a variable be declared again so? `extern int a[];` leaves its length to the other. */
  private isAgain(before: CType, type: CType): boolean {
    if (before.kind === 'array' && type.kind === 'array' && (before.length < 0 || type.length < 0))
      return sameType(before.of, type.of)
    return sameType(before, type)
  }

  private code(callee: Callee): CFunction {
    const { definition } = callee
    const { body } = definition
    const entry = this.emitter.here
    if (body === undefined) throw new TypeError(`${definition.name} has no body`)
    const f = new FunctionContext(this, definition.name, {
      callee,
      scope: new FileScope(this.file),
      addressed: addressedIn(body),
    })
    parametersOf(definition).forEach((parameter, i) => {
      const register = callee.parameters[i]
      const type = callee.parameterTypes[i]
      if (register !== undefined && type !== undefined) declareParameter(f, parameter, register, type)
    })
    lowerStatement(f, body)
    f.resolveGotos()
    // what a function without `return` gives nobody knows
    if (callee.result !== undefined && this.emitter.isReached(entry))
      this.emitter.set(callee.result, { kind: 'constant', value: UNSET }, definition.span)
    this.last(f, callee)
    return { ...callee, entry, end: this.emitter.here }
  }

  /** What comes behind the last statement. */
  private last(f: FunctionContext, { name, link, definition }: Callee): void {
    const { file, line, column } = definition.span
    if (!isThread(definition)) {
      this.emitter.emit({ kind: 'return', link, at: { file, line, column } })
      return
    }
    const end = this.emitter.here
    this.emitter.emit({ kind: 'end', site: f.site(definition.span, `${name}_end`) })
    // a thread that returns has ended
    for (let i = 0; i < end; i++) {
      const instruction = this.emitter.instructions[i]
      if (instruction?.kind === 'return' && instruction.link === link)
        this.emitter.instructions[i] = { kind: 'jump', to: end }
    }
  }

  private threads(): CThread[] {
    return this.definitions().flatMap((definition): CThread[] => {
      const [role, argument] = roleOf(definition) ?? ['', '']
      if (role !== 'thread' && role !== 'threads' && role !== 'daemon' && role !== 'interrupt') return []
      const { name, span } = definition
      const binding = this.file.own(`__lockstep_count_${name}`)
      const count = role === 'threads' && binding?.kind === 'constant' ? Number(binding.value) : undefined
      if (count !== undefined && (count < 1 || count > 31))
        throw refused('c-constant', span, `${count} threads ${name}`, '1 to 31 are possible')
      this.functionOf(definition)
      return [
        {
          name,
          kind: role === 'threads' ? 'thread' : role,
          function: name,
          count,
          on: role === 'interrupt' ? argument : undefined,
          at: { file: span.file, line: span.line, column: span.column },
        },
      ]
    })
  }

  private definitions(): FunctionDefinition[] {
    return this.unit.declarations.flatMap((declaration) =>
      declaration.kind === 'function' && declaration.body !== undefined ? [declaration] : [],
    )
  }

  private properties(): CProperty[] {
    const found = new Map<string, { kind: CProperty['kind']; functions: string[]; span: Span }>()
    for (const definition of this.definitions()) {
      const [role] = roleOf(definition) ?? ['']
      if (role !== 'invariant' && role !== 'leads-to' && role !== 'finally') continue
      const [, , name = ''] = /^__lockstep_(invariant|from|to|finally)_(.*)$/.exec(definition.name) ?? []
      this.functionOf(definition)
      const key = role === 'finally' ? 'Finally' : name
      const before = found.get(key)
      if (before !== undefined && before.kind !== role) throw this.twice(name, definition.span)
      const known = before ?? { kind: role, functions: [], span: definition.span }
      known.functions.push(definition.name)
      found.set(key, known)
    }
    return [...found].map(([name, { kind, functions, span }]) => ({ name, kind, functions, text: span.text, at: span }))
  }

  /** No function may be running twice in one thread: its registers are there once. */
  private refuseRecursion(): void {
    const done = new Set<string>()
    const visit = (name: string, chain: readonly string[]): void => {
      const callee = this.callees.get(name)
      if (callee === undefined || done.has(name)) return
      if (chain.includes(name)) {
        const cycle = [...chain.slice(chain.indexOf(name)), name].join(' -> ')
        throw refused('c-unsupported', callee.definition.span, `recursion: ${cycle}`, 'write a loop')
      }
      for (const next of callee.calls) visit(next, [...chain, name])
      done.add(name)
    }
    for (const name of this.callees.keys()) visit(name, [])
  }

  functionWith(local: string): string | undefined {
    return this.definitions().find((definition) => declares(definition, local))?.name
  }

  /** What is declared, and is nowhere. */
  private refuseMissing(): void {
    for (const [name, span] of this.wanted)
      if (!this.objects.has(name))
        throw refused(
          'c-unknown',
          span,
          `${name} is declared extern, but no file defines it`,
          'declare it without extern: all files of a model are one',
        )
  }

  lower(): CProgram {
    const { unit, emitter } = this
    for (const [name, type] of this.options.types ?? []) this.file.redeclare(name, { kind: 'typedef', type })
    // a header of all programs knows no thread's name
    const own = unit.declarations.filter(({ span }) => this.options.isHeader?.(span.file) !== true)
    askedIn(own, this.asked)
    const count = BigInt(threadCountOf(unit.declarations))
    this.file.declare(THREAD_COUNT, { kind: 'constant', value: count, type: INT })
    for (const declaration of unit.declarations) this.declare(declaration)
    const threads = this.threads()
    const properties = this.properties()
    // grows while it is gone through
    for (const callee of this.queue) this.functions.set(callee.name, this.code(callee))
    this.refuseRecursion()
    this.refuseMissing()
    for (const { name, span } of this.definitions())
      if (this.options.isHeader?.(span.file) === false && !this.functions.has(name) && !this.callees.has(name))
        this.note(`${name}() is never called: nothing is said of it`)
    const program: CProgram = {
      file: unit.file,
      instructions: emitter.instructions,
      registers: emitter.registers,
      functions: this.functions,
      objects: [...this.objects.values()],
      threads,
      properties,
      optional: [...this.optional],
      notes: [...this.notes],
    }
    refuseBadProperties(program)
    return program
  }
}

/**
 * What a C file means.
 * @throws LockstepError (exit 2) for what is not in the subset, by name and place
 */
export const lower = (unit: TranslationUnit, options: LowerOptions = {}): CProgram =>
  new ProgramLowering(unit, options).lower()

/** From the test as written to steps: resolves names, and takes the shared accesses out of expressions. */

import { match } from 'ts-pattern'
import type { Call, Expr, Prop, Stmt, Subject, Test, ThreadAst } from './ast.ts'
import type { Primitive, SectionEffect } from './primitives.ts'
import { hasValue, PRIMITIVES } from './primitives.ts'
import type { Address, Eval, LitmusProgram, LitmusThread, Location, Observed, Op, OpKind, Slot } from './program.ts'
import type { At, Source } from './source.ts'
import type { Undefined, Value } from './value.ts'
import { binary, compareValues, isTrue, unary } from './value.ts'

/** More threads than this are refused: no test of the literature has as many. */
const MAX_THREADS = 32

/** Names with a number each, from 0, in the order in which they were added. */
class Names {
  readonly #numbers = new Map<string, number>()

  add(name: string): number {
    const number = this.#numbers.get(name) ?? this.#numbers.size
    this.#numbers.set(name, number)
    return number
  }

  find(name: string): number | undefined {
    return this.#numbers.get(name)
  }

  get size(): number {
    return this.#numbers.size
  }

  get all(): readonly string[] {
    return [...this.#numbers.keys()]
  }
}

/** What locations, or the registers of a thread, hold at first, by name. */
type Initial = Map<string, Value>

/** Cells of read-side sections, by domain: the name of a struct srcu_struct, or RCU itself. */
const RCU = 'rcu'
type Sections = Map<string, Location[]>

/** The cells of a domain; the list grows for as long as threads are compiled. */
const cellsOf = (sections: Sections, domain: string): Location[] => {
  const known = sections.get(domain) ?? []
  sections.set(domain, known)
  return known
}

/** What the threads of a test share while they are compiled. */
interface Context {
  readonly source: Source
  /** the shared locations */
  readonly memory: Names
  readonly sections: Sections
  /** names taken for registers without a declaration */
  readonly undeclared: string[]
  readonly plain: At[]
}

const list = (names: Iterable<string>): string => [...names].join(', ')

/** A register for a value inside of an expression has a number, and no C name. */
const isNamed = (register: string): boolean => !register.startsWith('#')

const truth =
  (e: Eval): Eval =>
  (registers) =>
    isTrue(e(registers)) ? 1 : 0

const constant = (value: number): Eval => {
  return () => value
}

/** A register that was just set. */
const read =
  (slot: Slot): Eval =>
  (registers) =>
    registers[slot] ?? 0

/** Compiles one thread. */
class ThreadCompiler {
  readonly #context: Context
  readonly #source: Source
  readonly #name: string
  readonly #number: number
  readonly #initial: Initial
  readonly #ops: Op[] = []
  readonly #parameters: ReadonlyMap<string, ThreadAst['parameters'][number]>
  readonly #registers = new Names()
  /** cells of this thread's sections */
  readonly #own: Sections = new Map<string, Location[]>()

  constructor(context: Context, number: number, { parameters }: ThreadAst, initial: Initial) {
    this.#context = context
    this.#source = context.source
    this.#name = `P${number}`
    this.#number = number
    this.#initial = initial
    this.#parameters = new Map(parameters.map((p) => [p.name, p]))
  }

  compile({ body }: ThreadAst): LitmusThread {
    for (const name of this.#initial.keys()) this.#registers.add(name)
    this.#block(body)
    const registers = this.#registers.all
    return { ops: this.#ops, registers, initial: registers.map((name) => this.#initial.get(name)) }
  }

  #temporary(): Slot {
    return this.#registers.add(`#${this.#registers.size}`)
  }

  #emit(op: OpKind, at: At, name: string): void {
    this.#ops.push({ ...op, at, name })
  }

  #set(slot: Slot, value: Eval, at: At, name: string): void {
    this.#emit({ kind: 'set', slot, value }, at, name)
  }

  /** Emits a jump whose target is known later, taken if the condition is false; the result sets it to the place reached then. */
  #jump(at: At, name: string, condition?: Eval): () => void {
    const index = this.#ops.length
    const jump = (): Op => ({ kind: 'goto', unless: condition, to: this.#ops.length, at, name })
    this.#ops.push(jump())
    return () => {
      this.#ops[index] = jump()
    }
  }

  #undefinedAt(at: At): Undefined {
    return (what, hint) => this.#source.error('litmus-undefined', at, `${what} has no meaning in C`, hint)
  }

  // ---------------------------------------------------------------------------------------------------- statements

  #block(body: readonly Stmt[]): void {
    for (const stmt of body) this.#statement(stmt)
  }

  #statement(stmt: Stmt): void {
    switch (stmt.kind) {
      case 'declare':
        this.#declare(stmt.name, stmt.at)
        if (stmt.value !== undefined) this.#assign(stmt.name, stmt.value, stmt.at)
        break
      case 'assign':
        this.#assign(stmt.name, stmt.value, stmt.at)
        break
      case 'plain-store': {
        this.#context.plain.push(stmt.at)
        const address = this.#address(stmt.address)
        this.#emit({ kind: 'store', address, value: this.#value(stmt.value), release: false }, stmt.at, 'a plain store')
        break
      }
      case 'call':
        this.#call(stmt.call)
        break
      case 'if':
        this.#if(stmt)
        break
      case 'block':
        this.#block(stmt.body)
        break
    }
  }

  #declare(name: string, at: At): void {
    if (this.#parameters.has(name)) {
      throw this.#source.error('litmus-duplicate', at, `${name} is a parameter of ${this.#name} already`, 'rename it')
    }
    if (this.#registers.find(name) !== undefined && !this.#initial.has(name)) {
      const message = `the register ${name} is declared twice in ${this.#name}`
      const hint = 'herd has one register of a name in a thread: rename it'
      throw this.#source.error('litmus-duplicate', at, message, hint)
    }
    this.#registers.add(name)
  }

  #assign(name: string, value: Expr, at: At): void {
    if (this.#parameters.has(name)) {
      const hint = `to store in the location write WRITE_ONCE(*${name}, …)`
      throw this.#source.error('litmus-unsupported', at, `${name} is a parameter: it is not assigned to`, hint)
    }
    if (this.#registers.find(name) === undefined) {
      this.#context.undeclared.push(`${this.#number}:${name} (${this.#source.where(at)})`)
    }
    const slot = this.#registers.add(name)
    if (value.kind === 'call') this.#call(value, slot)
    else if (value.kind === 'plain') this.#plain(value, slot)
    else this.#set(slot, this.#value(value), at, name)
  }

  #if({ condition, yes, no, at }: Extract<Stmt, { kind: 'if' }>): void {
    const otherwise = this.#jump(at, 'if', this.#value(condition))
    this.#block(yes)
    if (no.length === 0) {
      otherwise()
      return
    }
    const end = this.#jump(at, 'else')
    otherwise()
    this.#block(no)
    end()
  }

  // --------------------------------------------------------------------------------------------------- expressions

  /** Emits the shared accesses of an expression, from left to right; the result is what is left of it. */
  #value(expr: Expr): Eval {
    switch (expr.kind) {
      case 'int':
        return constant(expr.value)
      case 'name':
        return this.#named(expr.name, expr.at)
      case 'unary': {
        const operand = this.#value(expr.operand)
        const undefinedAs = this.#undefinedAt(expr.at)
        return (registers) => unary(expr.operator, operand(registers), undefinedAs)
      }
      case 'binary':
        return this.#binary(expr)
      case 'choice':
        return this.#choice(expr)
      case 'plain':
        return read(this.#plain(expr))
      case 'call':
        return read(this.#call(expr))
    }
  }

  #named(name: string, at: At): Eval {
    if (this.#parameters.has(name)) return () => name
    const slot = this.#registers.find(name)
    if (slot === undefined) throw this.#unknown(name, at)
    return (registers) => {
      const value = registers[slot]
      if (value !== undefined) return value
      const message = `the register ${name} of ${this.#name} is read before anything is assigned to it`
      const hint = 'give it a value on every path that leads here; C leaves it undefined'
      throw this.#source.error('litmus-undefined', at, message, hint)
    }
  }

  #unknown(name: string, at: At): Error {
    const known = [...this.#parameters.keys(), ...this.#registers.all.filter(isNamed)]
    const hint =
      this.#context.memory.find(name) !== undefined
        ? `${name} is shared: add it to the parameters of ${this.#name}, int *${name}`
        : `${this.#name} has ${list(known) || 'no parameters and no registers'}`
    const message = `${name} is no register and no parameter of ${this.#name}`
    return this.#source.error('litmus-unknown', at, message, hint)
  }

  #binary({ operator, left, right, at }: Extract<Expr, { kind: 'binary' }>): Eval {
    const a = this.#value(left)
    if (operator === '&&' || operator === '||') return this.#shortCircuit(operator, a, right, at)
    const b = this.#value(right)
    const undefinedAs = this.#undefinedAt(at)
    return (registers) => binary(operator, a(registers), b(registers), undefinedAs)
  }

  /** The right operand's accesses happen only if the left one leaves the answer open. */
  #shortCircuit(operator: '&&' | '||', a: Eval, right: Expr, at: At): Eval {
    const slot = this.#temporary()
    const result = read(slot)
    this.#set(slot, truth(a), at, operator)
    const open: Eval = operator === '&&' ? result : (registers) => (isTrue(result(registers)) ? 0 : 1)
    const end = this.#jump(at, operator, open)
    this.#set(slot, truth(this.#value(right)), at, operator)
    end()
    return result
  }

  #choice({ condition, yes, no, at }: Extract<Expr, { kind: 'choice' }>): Eval {
    const slot = this.#temporary()
    const otherwise = this.#jump(at, '?', this.#value(condition))
    this.#set(slot, this.#value(yes), at, '?')
    const end = this.#jump(at, ':')
    otherwise()
    this.#set(slot, this.#value(no), at, ':')
    end()
    return read(slot)
  }

  /** Emits a plain load; gives the register that holds its value. */
  #plain({ address, at }: Extract<Expr, { kind: 'plain' }>, into?: Slot): Slot {
    this.#context.plain.push(at)
    const from = this.#address(address)
    const slot = into ?? this.#temporary()
    this.#emit({ kind: 'load', address: from, slot }, at, 'a plain load')
    return slot
  }

  #address(expr: Expr): Address {
    const evaluate = this.#value(expr)
    const { memory } = this.#context
    return (registers) => {
      const value = evaluate(registers)
      const location = typeof value === 'string' ? memory.find(value) : undefined
      if (location !== undefined) return location
      const hint = 'an access takes a parameter, or a register that holds the address of a location'
      throw this.#source.error('litmus-undefined', expr.at, `${value} is dereferenced, which is no address`, hint)
    }
  }

  // --------------------------------------------------------------------------------------------------------- calls

  #arguments({ args }: Primitive, call: Call): { address: Address; values: Eval[] } {
    let address: Address = () => -1
    const values: Eval[] = []
    args.forEach((kind, i) => {
      const expr = call.args[i]
      if (expr === undefined || kind === 'srcu') return
      if (kind === 'value') values.push(this.#value(expr))
      else address = this.#address(expr)
    })
    return { address, values }
  }

  /** Emits a call; gives the register that holds its value, -1 where it has none. */
  #call(call: Call, into?: Slot): Slot {
    const primitive = PRIMITIVES.get(call.name)
    // the parser has refused all others
    if (primitive === undefined) throw new TypeError(`${call.name} is no primitive`)
    const { address, values } = this.#arguments(primitive, call)
    const { effect } = primitive
    const [value = constant(0)] = values
    const slot = hasValue(primitive) || effect.kind === 'rmw' ? (into ?? this.#temporary()) : -1
    const emit = (op: OpKind): void => {
      this.#emit(op, call.at, `${call.name}()`)
    }
    switch (effect.kind) {
      case 'load':
        emit({ kind: 'load', address, slot })
        break
      case 'is-locked':
        emit({ kind: 'load', address, slot })
        emit({ kind: 'set', slot, value: truth(read(slot)) })
        break
      case 'store':
        emit({ kind: 'store', address, value, release: effect.order === 'release' })
        if (effect.order === 'mb') emit({ kind: 'mb' })
        break
      case 'rmw':
        emit({ ...effect, address, args: effect.fixed?.map(constant) ?? values, slot })
        break
      case 'mb':
      case 'wmb':
        emit({ kind: effect.kind })
        break
      case 'nothing':
        break
      case 'lock':
      case 'unlock':
        emit({ kind: effect.kind, address })
        break
      default:
        this.#section(effect.kind, call, value, slot, emit)
    }
    return slot
  }

  // ------------------------------------------------------------------------------------------------------ sections

  /** Emits what opens, closes or waits for read-side sections; those of SRCU are full barriers besides. */
  #section(kind: SectionEffect, call: Call, index: Eval, slot: Slot, emit: (op: OpKind) => void): void {
    const domain = call.args.length === 0 ? RCU : this.#srcu(call)
    const own = cellsOf(this.#own, domain)
    const all = cellsOf(this.#context.sections, domain)
    if (domain !== RCU || kind === 'grace-period') emit({ kind: 'mb' })
    switch (kind) {
      case 'read-lock': {
        const cell = this.#context.memory.add(`${domain} ${this.#name}#${own.length}`)
        emit({ kind: 'open', cell, index: own.length, ...(slot < 0 ? {} : { slot }) })
        own.push(cell)
        all.push(cell)
        break
      }
      case 'read-unlock':
        emit(domain === RCU ? { kind: 'close-rcu', cells: own } : { kind: 'close-srcu', cells: own, index })
        break
      case 'grace-period':
        emit({ kind: 'grace-begin', cells: all })
        emit({ kind: 'grace-end' })
        break
    }
  }

  /** The domain that a call names. */
  #srcu(call: Call): string {
    const [argument] = call.args
    if (argument?.kind !== 'name') throw new TypeError(`${call.name} without a struct srcu_struct`)
    const { name, at } = argument
    const parameter = this.#parameters.get(name)
    if (parameter === undefined) throw this.#unknown(name, at)
    if (parameter.type === 'struct srcu_struct') return `struct ${name}`
    const hint = `declare the parameter struct srcu_struct *${name}`
    throw this.#source.error('litmus-unsupported', at, `${name} is no struct srcu_struct`, hint)
  }
}

// --------------------------------------------------------------------------------------------------- initial state

/** The values that memory, and each thread's registers, begin with. */
const initialState = (
  { source, memory }: Context,
  test: Test,
): { locations: Initial; registers: readonly Initial[] } => {
  const locations: Initial = new Map<string, Value>()
  const registers = test.threads.map((): Initial => new Map<string, Value>())
  const given = new Set<string>()
  for (const { subject, value } of test.init) {
    const label = labelOf(subject)
    if (given.has(label)) {
      throw source.error('litmus-duplicate', subject.at, `${label} is initialised twice`, 'give it one value')
    }
    given.add(label)
    if (subject.kind === 'location') memory.add(subject.name)
    const holder = subject.kind === 'location' ? locations : threadOf(source, registers, subject)
    if (value.kind === 'address') memory.add(value.name)
    holder.set(subject.name, value.kind === 'int' ? value.value : value.name)
  }
  return { locations, registers }
}

type RegisterSubject = Extract<Subject, { kind: 'register' }>

const threadOf = <T>(source: Source, threads: readonly T[], { thread: number, at }: RegisterSubject): T => {
  const thread = threads[number]
  if (thread !== undefined) return thread
  const hint = `the test has ${threads.map((_, i) => `P${i}`).join(', ')}`
  throw source.error('litmus-unknown', at, `there is no thread P${number}`, hint)
}

/** A location that is declared is known even where nothing uses it. */
const declareParameters = ({ source, memory }: Context, test: Test): void => {
  for (const [i, thread] of test.threads.entries()) {
    const names = new Set<string>()
    for (const { name, at } of thread.parameters) {
      if (names.has(name)) {
        throw source.error('litmus-duplicate', at, `P${i} has two parameters ${name}`, 'name each location once')
      }
      names.add(name)
      memory.add(name)
    }
  }
}

// ------------------------------------------------------------------------------------------------------- condition

const labelOf = (subject: Subject): string =>
  subject.kind === 'register' ? `${subject.thread}:${subject.name}` : subject.name

type Equation = Extract<Prop, { kind: 'equals' }>

/** What a condition is made of. */
const equationsIn = (prop: Prop): readonly Equation[] =>
  match(prop)
    .with({ kind: 'constant' }, () => [])
    .with({ kind: 'equals' }, (equation) => [equation])
    .with({ kind: 'not' }, ({ operand }) => equationsIn(operand))
    .with({ kind: 'and' }, { kind: 'or' }, { kind: 'implies' }, ({ left, right }) => [
      ...equationsIn(left),
      ...equationsIn(right),
    ])
    .exhaustive()

/** Everything that an equation looks at. */
const subjectsOf = ({ subject, value }: Equation): readonly Subject[] =>
  value.kind === 'register' || value.kind === 'location' ? [subject, value] : [subject]

type From = Observed['from']

/** Finds what a condition names. */
const finder =
  (source: Source, threads: readonly LitmusThread[], memory: Names, locations: readonly string[]) =>
  (subject: Subject): From => {
    if (subject.kind === 'register') {
      const { registers } = threadOf(source, threads, subject)
      const slot = registers.indexOf(subject.name)
      if (slot >= 0) return { thread: subject.thread, slot }
      const hint = `P${subject.thread} has ${list(registers.filter(isNamed)) || 'no registers'}`
      throw source.error('litmus-unknown', subject.at, `P${subject.thread} has no register ${subject.name}`, hint)
    }
    const location = memory.find(subject.name)
    if (location !== undefined) return { location }
    throw unknownLocation(source, subject, locations)
  }

const unknownLocation = (source: Source, { name, at }: { name: string; at: At }, known: readonly string[]): Error => {
  const hint = `the locations are ${list(known) || 'none'}; a register is written with its thread, 0:${name}`
  return source.error('litmus-unknown', at, `there is no location ${name}`, hint)
}

/** Locations come after the registers of all threads. */
const placeOf = (subject: Subject): number => (subject.kind === 'register' ? subject.thread : Number.MAX_VALUE)

/** Registers by thread and name, then locations by name: herd's order. */
const compareSubjects = (a: Subject, b: Subject): number => placeOf(a) - placeOf(b) || compareValues(a.name, b.name)

const observe = (subjects: readonly Subject[], find: (subject: Subject) => From): readonly Observed[] => {
  const all = new Map(subjects.map((subject) => [labelOf(subject), subject]))
  return [...all.values()].sort(compareSubjects).map((subject) => {
    const label = labelOf(subject)
    return { label, shown: subject.kind === 'location' ? `[${label}]` : label, from: find(subject) }
  })
}

// -------------------------------------------------------------------------------------------------------- the test

const notesOf = ({ source, plain, undeclared }: Context): readonly string[] => {
  const at = [...plain].sort((a, b) => a - b).map((a) => source.place(a).line)
  const lines = list([...new Set(at)].map(String))
  return [
    ...(plain.length === 0
      ? []
      : [`plain accesses (line ${lines}) are run like READ_ONCE() and WRITE_ONCE(); a compiler may do more with them`]),
    ...(undeclared.length === 0 ? [] : [`not declared, taken for registers: ${list(undeclared)}`]),
  ]
}

/** Finds everything that the test looks at; the outcome is what is listed, and what the condition is about. */
const observedBy = ({ source, memory }: Context, test: Test, named: readonly string[], find: LitmusProgram['find']) => {
  const { condition, filter, locations } = test
  for (const prop of filter === undefined ? [condition.prop] : [condition.prop, filter]) {
    const equations = equationsIn(prop)
    equations.flatMap(subjectsOf).forEach(find)
    for (const { value } of equations) {
      if (value.kind === 'address' && memory.find(value.name) === undefined) throw unknownLocation(source, value, named)
    }
  }
  const observed = observe([...locations, ...equationsIn(condition.prop).flatMap(subjectsOf)], find)
  if (observed.length > 0) return observed
  const message = 'the outcome is over nothing: no value is looked at'
  const hint = 'name a register or a location in the condition or in locations [...]'
  throw source.error('litmus-over-nothing', test.conditionAt, message, hint)
}

/**
 * Makes a test ready to run.
 * @throws LockstepError (exit 2) `litmus-unknown`, `litmus-duplicate`, `litmus-over-nothing`, `litmus-unsupported`
 */
export const compileTest = (source: Source, test: Test): LitmusProgram => {
  const late = test.threads[MAX_THREADS]
  if (late !== undefined) {
    const hint = `a test has at most ${MAX_THREADS} threads`
    throw source.error('litmus-unsupported', late.at, `P${MAX_THREADS} is one thread too many`, hint)
  }
  const memory = new Names()
  const context: Context = { source, memory, sections: new Map(), undeclared: [], plain: [] }
  declareParameters(context, test)
  const { locations, registers } = initialState(context, test)
  const named = memory.all
  const threads = test.threads.map((ast, i) =>
    new ThreadCompiler(context, i, ast, registers[i] ?? new Map<string, Value>()).compile(ast),
  )
  const find = finder(source, threads, memory, named)
  const observed = observedBy(context, test, named, find)
  return {
    source,
    name: test.name,
    threads,
    memory: memory.all.map((name) => locations.get(name) ?? 0),
    quantifier: test.condition.quantifier,
    prop: test.condition.prop,
    filter: test.filter,
    observed,
    find,
    notes: notesOf(context),
  }
}

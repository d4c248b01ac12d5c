/** From the test as written to steps: resolves names, and takes the shared accesses out of expressions. */

import { match } from 'ts-pattern'
import type { Call, Expr, Literal, Prop, Stmt, Subject, Test, ThreadAst } from './ast.ts'
import type { Argument, Effect, Primitive } from './primitives.ts'
import { PRIMITIVES } from './primitives.ts'
import type { Address, Eval, Location, Observed, Op, LitmusProgram, Slot, LitmusThread } from './program.ts'
import type { At, Source } from './source.ts'
import type { Undefined, Value } from './value.ts'
import { binary, isTrue, unary } from './value.ts'

/** More threads than this are refused: no test of the literature has as many. */
export const MAX_THREADS = 32

/** The shared locations, by name, and what they hold at first. */
class Memory {
  readonly names: string[] = []
  readonly values: Value[] = []
  readonly #number = new Map<string, Location>()

  add(name: string): Location {
    const known = this.#number.get(name)
    if (known !== undefined) return known
    const location = this.names.length
    this.#number.set(name, location)
    this.names.push(name)
    this.values.push(0)
    return location
  }

  find(name: string): Location | undefined {
    return this.#number.get(name)
  }
}

/** Cells of read-side sections, by domain: the name of a struct srcu_struct, or RCU itself. */
const RCU = 'rcu'
type Sections = Map<string, Location[]>

/** What the threads of a test share while they are compiled. */
interface Context {
  readonly source: Source
  readonly memory: Memory
  readonly sections: Sections
  /** names taken for registers without a declaration */
  readonly undeclared: string[]
  readonly plain: At[]
}

const list = (names: Iterable<string>): string => [...names].join(', ')

/** Compiles one thread. */
class ThreadCompiler {
  readonly #context: Context
  readonly #number: number
  readonly #ops: Op[] = []
  readonly #parameters: ReadonlyMap<string, ThreadAst['parameters'][number]>
  readonly #registers = new Map<string, Slot>()
  readonly #initial: (Value | undefined)[] = []
  readonly #names: string[] = []
  /** cells of this thread's sections, by domain */
  readonly #own = new Map<string, Location[]>()

  constructor(context: Context, number: number, ast: ThreadAst) {
    this.#context = context
    this.#number = number
    this.#parameters = new Map(ast.parameters.map((p) => [p.name, p]))
  }

  compile(ast: ThreadAst, initial: ReadonlyMap<string, Value>): LitmusThread {
    for (const [name, value] of initial) this.#initial[this.#register(name)] = value
    this.#block(ast.body)
    const values = this.#names.map((_, slot) => this.#initial[slot])
    return { ops: this.#ops, registers: this.#names, initial: values }
  }

  #register(name: string): Slot {
    const known = this.#registers.get(name)
    if (known !== undefined) return known
    const slot = this.#names.push(name) - 1
    this.#registers.set(name, slot)
    return slot
  }

  /** A register for a value inside of an expression; its name is no C name. */
  #temporary(): Slot {
    return this.#names.push(`#${this.#names.length}`) - 1
  }

  #emit(op: Op): number {
    return this.#ops.push(op) - 1
  }

  /** Emits a jump whose target is known later; the result sets it to the place reached then. */
  #jump(op: { at: At; name: string; condition?: Eval }): () => void {
    const { at, name, condition } = op
    const index = this.#emit({ kind: 'goto', to: -1, at, name })
    return () => {
      const to = this.#ops.length
      this.#ops[index] =
        condition === undefined ? { kind: 'goto', to, at, name } : { kind: 'unless', condition, to, at, name }
    }
  }

  #undefinedAt(at: At): Undefined {
    return (what, hint) => this.#context.source.error('litmus-undefined', at, `${what} has no meaning in C`, hint)
  }

  // ---------------------------------------------------------------------------------------------------- statements

  #block(body: readonly Stmt[]): void {
    for (const stmt of body) this.#statement(stmt)
  }

  #statement(stmt: Stmt): void {
    match(stmt)
      .with({ kind: 'declare' }, (s) => {
        this.#declare(s.name, s.at)
        if (s.value !== undefined) this.#assign(s.name, s.value, s.at)
      })
      .with({ kind: 'assign' }, (s) => {
        this.#assign(s.name, s.value, s.at)
      })
      .with({ kind: 'plain-store' }, (s) => {
        this.#context.plain.push(s.at)
        const address = this.#address(s.address)
        this.#emit({
          kind: 'store',
          address,
          value: this.#value(s.value),
          release: false,
          at: s.at,
          name: 'a plain store',
        })
      })
      .with({ kind: 'call' }, (s) => {
        this.#call(s.call, undefined)
      })
      .with({ kind: 'if' }, (s) => {
        this.#if(s)
      })
      .with({ kind: 'block' }, (s) => {
        this.#block(s.body)
      })
      .exhaustive()
  }

  #declare(name: string, at: At): void {
    if (this.#parameters.has(name)) {
      throw this.#context.source.error(
        'litmus-duplicate',
        at,
        `${name} is a parameter of P${this.#number} already`,
        'rename it',
      )
    }
    if (this.#registers.has(name) && this.#initial[this.#register(name)] === undefined) {
      const message = `the register ${name} is declared twice in P${this.#number}`
      throw this.#context.source.error(
        'litmus-duplicate',
        at,
        message,
        'herd has one register of a name in a thread: rename it',
      )
    }
    this.#register(name)
  }

  #assign(name: string, value: Expr, at: At): void {
    if (this.#parameters.has(name)) {
      const hint = `to store in the location write WRITE_ONCE(*${name}, …)`
      throw this.#context.source.error('litmus-unsupported', at, `${name} is a parameter: it is not assigned to`, hint)
    }
    if (!this.#registers.has(name)) {
      this.#context.undeclared.push(`${this.#number}:${name} (${this.#context.source.where(at)})`)
      this.#register(name)
    }
    if (value.kind === 'call') this.#call(value, () => this.#register(name))
    else if (value.kind === 'plain') this.#plain(value.address, value.at, () => this.#register(name))
    else {
      const evaluate = this.#value(value)
      this.#emit({ kind: 'set', slot: this.#register(name), value: evaluate, at, name })
    }
  }

  #if({ condition, yes, no, at }: Extract<Stmt, { kind: 'if' }>): void {
    const otherwise = this.#jump({ at, name: 'if', condition: this.#value(condition) })
    this.#block(yes)
    if (no.length === 0) {
      otherwise()
      return
    }
    const end = this.#jump({ at, name: 'else' })
    otherwise()
    this.#block(no)
    end()
  }

  // --------------------------------------------------------------------------------------------------- expressions

  /** Emits the shared accesses of an expression, from left to right; the result is what is left of it. */
  #value(expr: Expr): Eval {
    return match(expr)
      .with(
        { kind: 'int' },
        ({ value }): Eval =>
          () =>
            value,
      )
      .with({ kind: 'name' }, ({ name, at }) => this.#name(name, at))
      .with({ kind: 'unary' }, ({ operator, operand, at }): Eval => {
        const inner = this.#value(operand)
        const undefinedAs = this.#undefinedAt(at)
        return (registers) => unary(operator, inner(registers), undefinedAs)
      })
      .with({ kind: 'binary' }, (e) => this.#binary(e))
      .with({ kind: 'choice' }, (e) => this.#choice(e))
      .with({ kind: 'plain' }, ({ address, at }) => this.#read(this.#plain(address, at, () => this.#temporary())))
      .with({ kind: 'call' }, (call) => this.#read(this.#call(call, () => this.#temporary())))
      .exhaustive()
  }

  /** A register that was just set. */
  #read(slot: Slot): Eval {
    return (registers) => registers[slot] ?? 0
  }

  #name(name: string, at: At): Eval {
    if (this.#parameters.has(name)) return () => name
    const slot = this.#registers.get(name)
    if (slot === undefined) throw this.#unknown(name, at)
    return (registers) => {
      const value = registers[slot]
      if (value !== undefined) return value
      const message = `the register ${name} of P${this.#number} is read before anything is assigned to it`
      const hint = 'give it a value on every path that leads here; C leaves it undefined'
      throw this.#context.source.error('litmus-undefined', at, message, hint)
    }
  }

  #unknown(name: string, at: At): Error {
    const shared = this.#context.memory.find(name) !== undefined
    const hint = shared
      ? `${name} is shared: add it to the parameters of P${this.#number}, int *${name}`
      : `P${this.#number} has ${list([...this.#parameters.keys(), ...this.#registers.keys()]) || 'no parameters and no registers'}`
    return this.#context.source.error(
      'litmus-unknown',
      at,
      `${name} is no register and no parameter of P${this.#number}`,
      hint,
    )
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
    const truth =
      (e: Eval): Eval =>
      (registers) =>
        isTrue(e(registers)) ? 1 : 0
    this.#emit({ kind: 'set', slot, value: truth(a), at, name: operator })
    const read = this.#read(slot)
    const open: Eval = operator === '&&' ? read : (registers) => (isTrue(read(registers)) ? 0 : 1)
    const end = this.#jump({ at, name: operator, condition: open })
    this.#emit({ kind: 'set', slot, value: truth(this.#value(right)), at, name: operator })
    end()
    return read
  }

  #choice({ condition, yes, no, at }: Extract<Expr, { kind: 'choice' }>): Eval {
    const slot = this.#temporary()
    const otherwise = this.#jump({ at, name: '?', condition: this.#value(condition) })
    this.#emit({ kind: 'set', slot, value: this.#value(yes), at, name: '?' })
    const end = this.#jump({ at, name: ':' })
    otherwise()
    this.#emit({ kind: 'set', slot, value: this.#value(no), at, name: ':' })
    end()
    return this.#read(slot)
  }

  #plain(address: Expr, at: At, into: () => Slot): Slot {
    this.#context.plain.push(at)
    const where = this.#address(address)
    const slot = into()
    this.#emit({ kind: 'load', address: where, slot, at, name: 'a plain load' })
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
      throw this.#context.source.error(
        'litmus-undefined',
        expr.at,
        `${value} is dereferenced, which is no address`,
        hint,
      )
    }
  }

  // --------------------------------------------------------------------------------------------------------- calls

  /** Emits a call; gives the register that holds its value. */
  #call(call: Call, into: (() => Slot) | undefined): Slot {
    const primitive = PRIMITIVES.get(call.name)
    // the parser has refused all others
    if (primitive === undefined) throw new TypeError(`${call.name} is no primitive`)
    const args = this.#arguments(primitive, call)
    const slot = (): Slot => (into ?? (() => this.#temporary()))()
    return this.#effect(primitive.effect, { ...args, call, slot })
  }

  #arguments({ args }: Primitive, call: Call): { address: Address; values: Eval[] } {
    let address: Address = () => -1
    const values: Eval[] = []
    args.forEach((kind: Argument, i) => {
      const expr = call.args[i]
      if (expr === undefined || kind === 'srcu') return
      if (kind === 'value') values.push(this.#value(expr))
      else address = this.#address(expr)
    })
    return { address, values }
  }

  #effect(effect: Effect, given: { address: Address; values: Eval[]; call: Call; slot: () => Slot }): Slot {
    const { address, values, call, slot } = given
    const here = { at: call.at, name: `${call.name}()` }
    const [value = () => 0] = values
    const none = -1
    return match(effect)
      .with({ kind: 'load' }, () => {
        const to = slot()
        this.#emit({ kind: 'load', address, slot: to, ...here })
        return to
      })
      .with({ kind: 'is-locked' }, () => {
        const to = slot()
        this.#emit({ kind: 'load', address, slot: to, ...here })
        const read = this.#read(to)
        this.#emit({ kind: 'set', slot: to, value: (registers) => (isTrue(read(registers)) ? 1 : 0), ...here })
        return to
      })
      .with({ kind: 'store' }, ({ order }) => {
        this.#emit({ kind: 'store', address, value, release: order === 'release', ...here })
        if (order === 'mb') this.#emit({ kind: 'mb', ...here })
        return none
      })
      .with({ kind: 'rmw' }, ({ update, gives, fixed }) => {
        const operands =
          fixed === undefined
            ? values
            : fixed.map(
                (n): Eval =>
                  () =>
                    n,
              )
        const to = slot()
        this.#emit({ kind: 'rmw', address, update, args: operands, gives, slot: to, ...here })
        return to
      })
      .with({ kind: 'mb' }, { kind: 'wmb' }, ({ kind }) => {
        this.#emit({ kind, ...here })
        return none
      })
      .with({ kind: 'nothing' }, () => none)
      .with({ kind: 'lock' }, { kind: 'unlock' }, ({ kind }) => {
        this.#emit({ kind, address, ...here })
        return none
      })
      .with({ kind: 'srcu-lock' }, () => {
        const to = slot()
        this.#emit({ kind: 'mb', ...here })
        this.#open(this.#domain(call), to, here)
        return to
      })
      .with({ kind: 'rcu-lock' }, () => {
        this.#open(RCU, undefined, here)
        return none
      })
      .with({ kind: 'srcu-unlock' }, () => {
        this.#emit({ kind: 'mb', ...here })
        this.#emit({ kind: 'close-srcu', cells: this.#cells(this.#domain(call)), index: value, ...here })
        return none
      })
      .with({ kind: 'rcu-unlock' }, () => {
        this.#emit({ kind: 'close-rcu', cells: this.#cells(RCU), ...here })
        return none
      })
      .with({ kind: 'grace-period' }, () => {
        const domain = call.args.length === 0 ? RCU : this.#domain(call)
        this.#emit({ kind: 'mb', ...here })
        this.#emit({ kind: 'grace-begin', cells: this.#all(domain), ...here })
        this.#emit({ kind: 'grace-end', ...here })
        return none
      })
      .exhaustive()
  }

  // ------------------------------------------------------------------------------------------------------ sections

  #domain(call: Call): string {
    const [argument] = call.args
    if (argument?.kind !== 'name') throw new TypeError(`${call.name} without a struct srcu_struct`)
    const { name, at } = argument
    const parameter = this.#parameters.get(name)
    if (parameter === undefined) throw this.#unknown(name, at)
    if (parameter.type === 'struct srcu_struct') return `struct ${name}`
    const hint = `declare the parameter struct srcu_struct *${name}`
    throw this.#context.source.error('litmus-unsupported', at, `${name} is no struct srcu_struct`, hint)
  }

  /** The cells of a domain in all threads; the list grows until the last thread is compiled. */
  #all(domain: string): Location[] {
    const known = this.#context.sections.get(domain) ?? []
    this.#context.sections.set(domain, known)
    return known
  }

  /** Those of this thread, in the order of the text. */
  #cells(domain: string): Location[] {
    const known = this.#own.get(domain) ?? []
    this.#own.set(domain, known)
    return known
  }

  #open(domain: string, slot: Slot | undefined, here: { at: At; name: string }): void {
    const own = this.#cells(domain)
    const cell = this.#context.memory.add(`${domain} P${this.#number}#${own.length}`)
    own.push(cell)
    this.#all(domain).push(cell)
    const kept = slot === undefined ? {} : { slot }
    this.#emit({ kind: 'open', cell, index: own.length - 1, ...kept, ...here })
  }
}

// --------------------------------------------------------------------------------------------------- initial state

const initialValue = (value: Literal, memory: Memory): Value => {
  if (value.kind === 'int') return value.value
  memory.add(value.name)
  return value.name
}

const initialise = (source: Source, test: Test, memory: Memory): readonly ReadonlyMap<string, Value>[] => {
  const registers = test.threads.map(() => new Map<string, Value>())
  const given = new Set<string>()
  for (const { subject, value } of test.init) {
    const label = labelOf(subject)
    if (given.has(label)) {
      throw source.error('litmus-duplicate', subject.at, `${label} is initialised twice`, 'give it one value')
    }
    given.add(label)
    if (subject.kind === 'location') memory.values[memory.add(subject.name)] = initialValue(value, memory)
    else threadOf(source, registers, subject).set(subject.name, initialValue(value, memory))
  }
  return registers
}

const threadOf = <T>(source: Source, threads: readonly T[], subject: Extract<Subject, { kind: 'register' }>): T => {
  const thread = threads[subject.thread]
  if (thread !== undefined) return thread
  const hint = `the test has ${threads.map((_, i) => `P${i}`).join(', ')}`
  throw source.error('litmus-unknown', subject.at, `there is no thread P${subject.thread}`, hint)
}

/** A location that is declared is known even where nothing uses it. */
const declareParameters = (source: Source, test: Test, memory: Memory): void => {
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

/** Everything that a condition looks at. */
const subjectsOf = (prop: Prop): readonly Subject[] =>
  match(prop)
    .with({ kind: 'constant' }, () => [])
    .with({ kind: 'equals' }, ({ subject, value }) =>
      value.kind === 'register' || value.kind === 'location' ? [subject, value] : [subject],
    )
    .with({ kind: 'not' }, ({ operand }) => subjectsOf(operand))
    .with({ kind: 'and' }, { kind: 'or' }, { kind: 'implies' }, ({ left, right }) => [
      ...subjectsOf(left),
      ...subjectsOf(right),
    ])
    .exhaustive()

/** The addresses that a condition compares with; each must be a location. */
const addressesOf = (prop: Prop): readonly Extract<Literal, { kind: 'address' }>[] =>
  match(prop)
    .with({ kind: 'constant' }, () => [])
    .with({ kind: 'equals' }, ({ value }) => (value.kind === 'address' ? [value] : []))
    .with({ kind: 'not' }, ({ operand }) => addressesOf(operand))
    .with({ kind: 'and' }, { kind: 'or' }, { kind: 'implies' }, ({ left, right }) => [
      ...addressesOf(left),
      ...addressesOf(right),
    ])
    .exhaustive()

type From = Observed['from']

/** Finds what a condition names. */
const finder =
  (source: Source, threads: readonly LitmusThread[], memory: Memory, locations: number) =>
  (subject: Subject): From => {
    if (subject.kind === 'register') {
      const { registers } = threadOf(source, threads, subject)
      const slot = registers.indexOf(subject.name)
      if (slot >= 0) return { thread: subject.thread, slot }
      const known = registers.filter((r) => !r.startsWith('#'))
      const hint = `P${subject.thread} has ${list(known) || 'no registers'}`
      throw source.error('litmus-unknown', subject.at, `P${subject.thread} has no register ${subject.name}`, hint)
    }
    const location = memory.find(subject.name)
    if (location !== undefined) return { location }
    throw unknownLocation(source, subject, memory.names.slice(0, locations))
  }

const unknownLocation = (source: Source, { name, at }: { name: string; at: At }, known: readonly string[]): Error => {
  const hint = `the locations are ${list(known) || 'none'}; a register is written with its thread, 0:${name}`
  return source.error('litmus-unknown', at, `there is no location ${name}`, hint)
}

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Registers by thread and name, then locations by name: herd's order. */
const compareSubjects = (a: Subject, b: Subject): number => {
  if (a.kind === 'register' && b.kind === 'register') return a.thread - b.thread || byName(a.name, b.name)
  if (a.kind === b.kind) return byName(a.name, b.name)
  return a.kind === 'register' ? -1 : 1
}

const observe = (subjects: readonly Subject[], find: (subject: Subject) => From): readonly Observed[] => {
  const all = new Map(subjects.map((subject) => [labelOf(subject), subject]))
  return [...all.values()].sort(compareSubjects).map((subject) => {
    const label = labelOf(subject)
    return { label, shown: subject.kind === 'location' ? `[${label}]` : label, from: find(subject) }
  })
}

// -------------------------------------------------------------------------------------------------------- the test

const notesOf = ({ source, plain, undeclared }: Context): readonly string[] => {
  const at = [...new Set(plain)].sort((a, b) => a - b).map((a) => source.place(a).line)
  const lines = list([...new Set(at)].map(String))
  return [
    ...(plain.length === 0
      ? []
      : [`plain accesses (line ${lines}) are run like READ_ONCE() and WRITE_ONCE(); a compiler may do more with them`]),
    ...(undeclared.length === 0 ? [] : [`not declared, taken for registers: ${list(undeclared)}`]),
  ]
}

const requireObserved = (source: Source, test: Test, observed: readonly Observed[]): void => {
  if (observed.length > 0) return
  const hint = 'name a register or a location in the condition or in locations [...]'
  throw source.error(
    'litmus-over-nothing',
    test.conditionAt,
    'the outcome is over nothing: no value is looked at',
    hint,
  )
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
  const context: Context = { source, memory: new Memory(), sections: new Map(), undeclared: [], plain: [] }
  const { memory } = context
  declareParameters(source, test, memory)
  const initial = initialise(source, test, memory)
  const named = memory.names.length
  const threads = test.threads.map((ast, i) =>
    new ThreadCompiler(context, i, ast).compile(ast, initial[i] ?? new Map<string, Value>()),
  )
  const find = finder(source, threads, memory, named)
  const props = test.filter === undefined ? [test.condition.prop] : [test.condition.prop, test.filter]
  for (const prop of props) {
    subjectsOf(prop).forEach(find)
    for (const address of addressesOf(prop)) {
      if (memory.find(address.name) === undefined) throw unknownLocation(source, address, memory.names.slice(0, named))
    }
  }
  const observed = observe([...test.locations, ...subjectsOf(test.condition.prop)], find)
  requireObserved(source, test, observed)
  return {
    source,
    name: test.name,
    threads,
    locations: memory.names,
    memory: memory.values,
    quantifier: test.condition.quantifier,
    prop: test.condition.prop,
    ...(test.filter === undefined ? {} : { filter: test.filter }),
    observed,
    find,
    notes: notesOf(context),
  }
}

/** The C of a litmus test as a program: locations and threads, named as the test names them. */

import type { CProgram, Place, Register } from '../c/index.ts'
import { programOf } from '../c/run/program.ts'
import type { Value } from '../c/program/value.ts'
import { pointer } from '../c/program/value.ts'
import type { Declaration, FunctionDefinition, TypeSyntax, VariableDeclaration } from '../c/syntax/ast.ts'
import type { CParser, SourceFile, Span } from '../c/syntax/index.ts'
import type { Literal } from './condition.ts'
import type { Envelope, InitItem } from './envelope.ts'
import type { ModelPart } from './model.ts'
import { MODEL, modelFor } from './model.ts'
import { threadOf, withoutLoops, withWords } from './registers.ts'
import type { Source } from './source.ts'
import { litmusError } from './source.ts'
import { renamed, TYPES, WORDS } from './types.ts'
import { zeroed } from './unset.ts'

/** More threads than this are refused: no test of the literature has as many. */
const MAX_THREADS = 32

/** A test as a program of C. */
export interface LitmusProgram {
  readonly program: CProgram
  readonly threads: number
  /** names of the locations, with how many elements an array has */
  readonly locations: ReadonlyMap<string, number | undefined>
  /** the register of a thread by its name in the test */
  readonly register: (thread: number, name: string) => Register | undefined
  readonly registersOf: (thread: number) => readonly string[]
  /** places of plain accesses */
  readonly plain: readonly Place[]
  readonly undeclared: readonly string[]
  /** registers that may be read before anything is assigned to them */
  readonly unset: readonly string[]
  /** registers that hold what srcu_read_lock() gave, e.g. `0:r1` */
  readonly indices: ReadonlySet<string>
}

const THREAD = /(?<=^|[}\s])P([0-9]+)\s*\(/g

/** The text of the threads, with what is no C taken out and everything else where it was. */
const codeOf = (source: Source, { code, comments }: Envelope): string => {
  let text = source.text.slice(code.from, code.to)
  for (const { from, to } of comments) {
    const blank = source.text.slice(from, to).replace(/[^\n]/g, ' ')
    text = text.slice(0, from - code.from) + blank + text.slice(to - code.from)
  }
  return text
}

interface Pieces {
  /** of each thread, with what no thread has to itself */
  readonly bodies: readonly string[]
  readonly names: readonly string[]
}

const piecesOf = (text: string): Pieces => {
  const found = [...text.matchAll(THREAD)]
  const [first] = found
  const common = first === undefined ? text : text.slice(0, first.index)
  const bodies = found.map((match, i) => common + text.slice(match.index, found[i + 1]?.index))
  return { bodies, names: found.map(([, number]) => `P${number ?? ''}`) }
}

/** As a file for the parser of C: `void` before each thread, and directives from above the initial state. */
const fileOf = (source: Source, envelope: Envelope, text: string, names: readonly string[]): SourceFile => {
  const { line, column } = source.place(envelope.code.from)
  const before = [
    ...envelope.directives.map(({ from, to }) => source.text.slice(from, to).replaceAll(/\\\r?\n/g, ' ')),
    ...(/\bvoid\s+P[0-9]/.test(text) ? [] : [...new Set(names)].map((name) => `#define ${name} void ${name}`)),
  ]
  return {
    name: source.name,
    text: `${before.map((one) => `${one}\n`).join('')}${' '.repeat(column - 1)}${text}`,
    firstLine: line - before.length,
  }
}

const KEYWORD =
  /(?<![\w.>])(auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while)\s*=[^=]/

/** A keyword of C as the name of a register, which herd allows. */
const refuseKeywords = (source: Source, text: string, { code, init }: Envelope): void => {
  const inCode = KEYWORD.exec(text)
  const inInit = init.find(({ subject: { kind, name } }) => kind === 'register' && KEYWORD.test(` ${name} = `))
  if (inCode === null && inInit === undefined) return
  const [name, at] =
    inCode === null ? [inInit?.subject.name, inInit?.subject.at ?? 0] : [inCode[1], code.from + inCode.index]
  const message = `the register ${name ?? ''} has a keyword of C for its name`
  throw source.error('litmus-unsupported', at, message, 'rename it: what is in the threads is C')
}

const isThread = (declaration: Declaration): declaration is FunctionDefinition =>
  declaration.kind === 'function' && /^P[0-9]+$/.test(declaration.name)

/** Threads are numbered from 0 in the order of the text. */
const threadsOf = (
  source: Source,
  envelope: Envelope,
  declarations: readonly Declaration[],
): readonly FunctionDefinition[] => {
  const threads = declarations.filter(isThread)
  threads.forEach(({ name, span }, i) => {
    if (i >= MAX_THREADS) {
      const hint = `a test has at most ${MAX_THREADS} threads`
      throw litmusError('litmus-unsupported', span, `P${i} is one thread too many`, hint)
    }
    const hint = 'threads are named P0, P1, … in this order'
    if (name !== `P${i}`) throw litmusError('litmus-syntax', span, `expected the thread P${i}, found '${name}'`, hint)
  })
  if (threads.length > 0) return threads
  const hint = 'threads are named P0, P1, … in this order'
  throw source.error('litmus-syntax', envelope.conditionAt, 'expected the thread P0, found none', hint)
}

// ------------------------------------------------------------------------------------------------------- locations

interface Location {
  readonly type: TypeSyntax
  readonly length: number | undefined
  readonly values: readonly Literal[]
}

const SPAN: Span = { file: `${MODEL}locations>`, line: 1, column: 1, text: '', start: 0, end: 0 }

/** What a location is: pointers are as wide as anything. */
const typeSyntax = (source: Source, { type, stars, subject }: InitItem): TypeSyntax | undefined => {
  if (type === undefined && stars === 0) return undefined
  if (stars > 0) return { kind: 'named', name: renamed('long'), span: SPAN }
  if (type === 'struct srcu_struct') return { kind: 'struct', tag: 'srcu_struct', fields: undefined, span: SPAN }
  if (type !== undefined && WORDS.has(type)) return { kind: 'named', name: renamed(type), span: SPAN }
  const hint =
    'locations are int, long, intptr_t and their kin, atomic_t, spinlock_t, struct srcu_struct, pointers and arrays of them'
  throw source.error('litmus-unsupported', subject.at, `${subject.name} has the type ${type ?? ''}`, hint)
}

/** What a parameter says of the location that it points to; `weight`: which of several is believed. */
const pointeeOf = (type: TypeSyntax): { readonly syntax: TypeSyntax; readonly weight: number } | undefined => {
  const to = type.kind === 'pointer' ? type.to : type.kind === 'array' ? type.of : undefined
  if (to === undefined) return undefined
  if (to.kind === 'struct') return { syntax: { ...to, span: SPAN }, weight: 3 }
  if (to.kind === 'named') {
    const { name } = to
    if (name === 'void') return undefined
    return { syntax: { kind: 'named', name: WORDS.has(name) ? renamed(name) : name, span: to.span }, weight: 1 }
  }
  return { syntax: { kind: 'named', name: renamed('long'), span: SPAN }, weight: 2 }
}

const locationsOf = (
  source: Source,
  { init }: Envelope,
  threads: readonly FunctionDefinition[],
): ReadonlyMap<string, Location> => {
  const found = new Map<string, Location & { readonly weight: number }>()
  const int: TypeSyntax = { kind: 'named', name: renamed('int'), span: SPAN }
  const given = new Set<string>()
  for (const item of init) {
    const { subject, length, values } = item
    const label = subject.kind === 'register' ? `${subject.thread}:${subject.name}` : subject.name
    if (given.has(label))
      throw source.error('litmus-duplicate', subject.at, `${label} is initialised twice`, 'give it one value')
    given.add(label)
    for (const value of values)
      if (value.kind === 'address' && !found.has(baseOf(value.name)))
        found.set(baseOf(value.name), { type: int, length: undefined, values: [], weight: 0 })
    if (subject.kind === 'register') continue
    const type = typeSyntax(source, item)
    found.set(subject.name, { type: type ?? int, length, values, weight: type === undefined ? 0 : 4 })
  }
  for (const { parameters } of threads)
    for (const { name, type } of parameters) {
      if (name === undefined) continue
      const before = found.get(name)
      const said = pointeeOf(type)
      if (said === undefined || (before?.weight ?? -1) >= said.weight) {
        if (before === undefined) found.set(name, { type: int, length: undefined, values: [], weight: 0 })
        continue
      }
      found.set(name, { length: undefined, values: [], ...before, type: said.syntax, weight: said.weight })
    }
  return found
}

const baseOf = (name: string): string => name.replace(/\[.*$/, '')

const variableOf = (name: string, { type, length }: Location): VariableDeclaration => {
  const size =
    length === undefined
      ? undefined
      : ({ kind: 'number', value: BigInt(length), suffix: '', radix: 10, span: SPAN } as const)
  const whole: TypeSyntax = size === undefined ? type : { kind: 'array', of: type, size, span: SPAN }
  return { kind: 'variable', name, type: whole, initial: undefined, storage: undefined, span: SPAN }
}

// ------------------------------------------------------------------------------------------------------- the program

/** Reads the C of a test. */
export class ProgramReader {
  private readonly parser: CParser

  constructor(parser: CParser) {
    this.parser = parser
  }

  private declarations(file: SourceFile, model: readonly ModelPart[]): readonly Declaration[] {
    return this.parser.parse(file, {
      include: () => undefined,
      defines: new Map(),
      prelude: model,
      isHeader: (name) => name.startsWith(MODEL),
    }).declarations
  }

  /**
   * @throws LockstepError (exit 2) of the C front end, and `litmus-syntax`, `litmus-unknown`, `litmus-duplicate`, `litmus-unsupported`
   */
  read(source: Source, envelope: Envelope): LitmusProgram {
    const text = codeOf(source, envelope)
    refuseKeywords(source, text, envelope)
    const { bodies, names } = piecesOf(text)
    const declarations = this.declarations(fileOf(source, envelope, text, names), modelFor(text, bodies))
    const threads = threadsOf(source, envelope, declarations)
    const locations = locationsOf(source, envelope, threads)
    const undeclared: string[] = []
    const indices = new Set<string>()
    const lowered = this.lower(source, envelope, { declarations, locations }, undeclared, indices)
    const { program, registers } = zeroed(lowered)
    return { ...this.named(program, threads.length, locations), undeclared, indices, unset: registers }
  }

  private lower(
    source: Source,
    envelope: Envelope,
    { declarations, locations }: { declarations: readonly Declaration[]; locations: ReadonlyMap<string, Location> },
    undeclared: string[],
    indices: Set<string>,
  ): CProgram {
    const functions = new Set(declarations.flatMap((d) => (d.kind === 'function' ? [d.name] : [])))
    const initialOf = (thread: number): ReadonlyMap<string, Literal> =>
      new Map(
        envelope.init.flatMap(({ subject, values: [value = { kind: 'int', value: 0 }] }) =>
          subject.kind === 'register' && subject.thread === thread ? [[subject.name, value] as const] : [],
        ),
      )
    const isArray = new Map(
      [...locations].map(([name, { length }]) => [name, { isArray: length !== undefined }] as const),
    )
    const unit = declarations.map((declaration): Declaration => {
      if (declaration.span.file.startsWith(MODEL)) return declaration
      if (declaration.kind !== 'function') return withWords(declaration)
      if (!isThread(declaration)) return withWords(withoutLoops(declaration))
      const number = Number(declaration.name.slice(1))
      return threadOf(declaration, {
        locations: isArray,
        initial: initialOf(number),
        functions,
        undeclared: (name, { line, column }) => {
          undeclared.push(`${number}:${name} (line ${line}, column ${column})`)
        },
        index: (name) => indices.add(`${number}:${name}`),
      })
    })
    const variables = [...locations].map(([name, location]) => variableOf(name, location))
    const firstThread = unit.findIndex(isThread)
    const program = programOf(
      { file: source.name, declarations: [...unit.slice(0, firstThread), ...variables, ...unit.slice(firstThread)] },
      { types: TYPES, isHeader: (name) => name.startsWith(MODEL) },
    )
    return {
      ...program,
      objects: program.objects.map((object) => ({ ...object, initial: this.initial(object, locations) })),
    }
  }

  private initial(
    { name, initial }: CProgram['objects'][number],
    locations: ReadonlyMap<string, Location>,
  ): ReadonlyMap<string, Value> {
    const location = locations.get(name)
    if (location === undefined) return initial
    return new Map(
      location.values.map((literal, i): readonly [string, Value] => [
        location.length === undefined ? '' : `[${i}]`,
        literal.kind === 'int' ? literal.value : pointer(literal.name),
      ]),
    )
  }

  private named(
    program: CProgram,
    threads: number,
    locations: ReadonlyMap<string, Location>,
  ): Omit<LitmusProgram, 'undeclared' | 'indices' | 'unset'> {
    const registers = new Map<string, Register>()
    const namesOf = Array.from({ length: threads }, (): string[] => [])
    program.registers.forEach(({ name, function: of, kind }, register) => {
      if (kind !== 'variable' || !/^P[0-9]+$/.test(of)) return
      const own = name.slice(of.length + 1)
      registers.set(`${of.slice(1)}:${own}`, register)
      namesOf[Number(of.slice(1))]?.push(own)
    })
    const plain = program.instructions.flatMap((instruction) => {
      if ((instruction.kind !== 'load' && instruction.kind !== 'store') || instruction.marking !== 'plain') return []
      return instruction.site.text.startsWith('srcu') || isOfModel(instruction.site.text) ? [] : [instruction.site]
    })
    return {
      program,
      threads,
      locations: new Map([...locations].map(([name, { length }]) => [name, length])),
      register: (thread, name) => registers.get(`${thread}:${name}`),
      registersOf: (thread) => namesOf[thread] ?? [],
      plain,
    }
  }
}

const isOfModel = (text: string): boolean => /^\(?(?:\w+ = )?(?:s?rcu_read_|synchronize_|spin_)/.test(text)

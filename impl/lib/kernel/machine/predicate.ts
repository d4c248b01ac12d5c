/** Properties as decision trees over packed states. */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import { valueAt } from '../language/domain.ts'
import type { AskedOfThread, Store } from '../language/shared.ts'
import type { Automaton, Compiled, ProgramNode } from './automaton.ts'
import type { Layout, Slot } from './layout.ts'
import { resultKey, UnknownCell } from './step-tree.ts'
import type { Kernel } from './tables.ts'

/** A predicate over packed states, flat: a branch is `[word, shift, mask, table, child...]`; see `evaluate`. */
export interface Predicate {
  readonly code: Int32Array
  readonly root: number
  /** bits of each word of the state that it looks at */
  readonly support: Int32Array
}

const FALSE = -1
const TRUE = -2

/** Thrown by an observing store where a property looks at a local that is not decided on the branch at hand. */
class UnknownLocal extends Error {
  readonly thread: number
  readonly asked: AskedOfThread
  constructor(thread: number, asked: AskedOfThread) {
    super('local not known on this branch')
    this.thread = thread
    this.asked = asked
  }
}

/** The answer at a node. */
const answerAt = ({ fields, domains }: Automaton, { label, frame }: ProgramNode, asked: AskedOfThread): unknown => {
  if (asked.kind === 'label') return label === asked.label
  if (asked.kind === 'node') {
    const locals = fields.map((field, i): [string, unknown] => [field, valueAt(at(domains, i), at(frame, i))])
    return asked.of(label, Object.fromEntries(locals))
  }
  const i = fields.indexOf(asked.field)
  if (i < 0) {
    throw badInput({
      code: 'no-such-local',
      message: `a property asks for the local ${asked.field} of a thread that has none of that name`,
      hint: fields.length === 0 ? 'the thread has no locals' : `it has ${fields.join(', ')}`,
    })
  }
  return valueAt(at(domains, i), at(frame, i))
}

/** Which nodes each thread may be at on the branch at hand. */
type Candidates = ReadonlyMap<number, readonly number[]>

/** An answer of a thread, and its text. */
interface Answer {
  readonly value: unknown
  readonly key: string
}

/** What a predicate asks of threads, each question once at each node. */
class Questions {
  private readonly compiled: Compiled
  private readonly asked = new Map<string, readonly Answer[]>()

  constructor(compiled: Compiled) {
    this.compiled = compiled
  }

  /** The answers at all nodes of a thread. */
  private answersOf(thread: number, asked: AskedOfThread): readonly Answer[] {
    const name = asked.kind === 'label' ? asked.label : asked.kind === 'local' ? asked.field : asked.name
    const key = `${thread} ${asked.kind} ${name}`
    const known = this.asked.get(key)
    if (known !== undefined) return known
    const automaton = at(this.compiled.automata, thread)
    const found = automaton.nodes.map((node): Answer => {
      const value = answerAt(automaton, node, asked)
      return { value, key: resultKey(value) }
    })
    this.asked.set(key, found)
    return found
  }

  /** The answers that there can still be, each with its nodes. */
  groups(candidates: Candidates, thread: number, asked: AskedOfThread) {
    const all = this.answersOf(thread, asked)
    const groups = new Map<string, { value: unknown; nodes: number[] }>()
    for (const id of candidates.get(thread) ?? all.keys()) {
      const { value, key } = at(all, id)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { value, nodes: [id] })
      else group.nodes.push(id)
    }
    return groups
  }
}

class Observing implements Store {
  readonly thread = -1
  private readonly compiled: Compiled
  private readonly questions: Questions
  private readonly known: ReadonlyMap<number, number>
  private readonly candidates: Candidates

  constructor(compiled: Compiled, questions: Questions, known: ReadonlyMap<number, number>, candidates: Candidates) {
    this.compiled = compiled
    this.questions = questions
    this.known = known
    this.candidates = candidates
  }

  get(cell: number): number {
    const index = this.known.get(cell)
    if (index !== undefined) return index
    if (this.compiled.machine.shared.cells[cell]?.domain.values.length === 1) return 0
    throw new UnknownCell(cell)
  }

  set(): never {
    throw badInput({ code: 'property-writes', message: 'a property writes a shared variable' })
  }

  local(thread: number, asked: AskedOfThread): unknown {
    const values = this.questions.groups(this.candidates, thread, asked)
    if (values.size > 1) throw new UnknownLocal(thread, asked)
    const [only] = values.values()
    return only?.value
  }
}

/** Makes the decision tree of one predicate. */
class PredicateCompiler {
  private readonly compiled: Compiled
  private readonly layout: Layout
  private readonly holds: () => boolean
  private readonly questions: Questions
  private readonly code: number[] = []
  private readonly support: Int32Array
  private readonly tables = new Map<string, number>()

  constructor({ compiled, layout }: Pick<Kernel, 'compiled' | 'layout'>, holds: () => boolean) {
    this.compiled = compiled
    this.layout = layout
    this.holds = holds
    this.questions = new Questions(compiled)
    this.support = new Int32Array(layout.words)
  }

  compile(): Predicate {
    const root = this.build(new Map(), new Map())
    return { code: Int32Array.from(this.code), root, support: this.support }
  }

  private build(known: ReadonlyMap<number, number>, candidates: Candidates): number {
    const { compiled, questions, holds } = this
    try {
      const store = new Observing(compiled, questions, known, candidates)
      const answer: unknown = compiled.machine.shared.with(store, holds)
      if (typeof answer === 'boolean') return answer ? TRUE : FALSE
      throw badInput({
        code: 'no-boolean',
        message: `a property answers ${answer === undefined ? 'nothing' : `a ${typeof answer}`}, which is neither true nor false`,
        hint: 'let it return a boolean: a comparison, or what a variable of booleans has',
      })
    } catch (error) {
      if (error instanceof UnknownCell) return this.onCell(error.cell, known, candidates)
      if (error instanceof UnknownLocal) return this.onLocal(error, known, candidates)
      throw error
    }
  }

  private emit(slot: Slot, table: number, children: number): number {
    const { code, support } = this
    const position = code.length
    support[slot.word] = at(support, slot.word) | (slot.mask << slot.shift)
    code.push(slot.word, slot.shift, slot.mask, table)
    for (let i = 0; i < children; i++) code.push(0)
    return position
  }

  private onCell(cell: number, known: ReadonlyMap<number, number>, candidates: Candidates): number {
    const size = at(this.compiled.machine.shared.cells, cell).domain.values.length
    const position = this.emit(at(this.layout.cells, cell), -1, size)
    for (let i = 0; i < size; i++) this.code[position + 4 + i] = this.build(new Map(known).set(cell, i), candidates)
    return position
  }

  private onLocal({ thread, asked }: UnknownLocal, known: ReadonlyMap<number, number>, candidates: Candidates): number {
    const groups = [...this.questions.groups(candidates, thread, asked).values()]
    // of a thread of which nothing is known yet the answers are the same on every branch
    const name = asked.kind === 'node' && !candidates.has(thread) ? `${thread} ${asked.name}` : undefined
    const table = (name === undefined ? undefined : this.tables.get(name)) ?? this.table(thread, groups)
    if (name !== undefined) this.tables.set(name, table)
    const position = this.emit(at(this.layout.threads, thread), table, groups.length)
    groups.forEach((group, i) => {
      this.code[position + 4 + i] = this.build(known, new Map(candidates).set(thread, group.nodes))
    })
    return position
  }

  /** For each node of a thread the number of its group. */
  private table(thread: number, groups: readonly { readonly nodes: readonly number[] }[]): number {
    const { code, compiled } = this
    const table = code.length
    at(compiled.automata, thread).nodes.forEach(() => {
      code.push(0)
    })
    groups.forEach((group, i) => {
      for (const id of group.nodes) code[table + id] = i
    })
    return table
  }
}

/** Compiles a predicate to a decision tree over the fields that it looks at. */
export const compilePredicate = (kernel: Pick<Kernel, 'compiled' | 'layout'>, holds: () => boolean): Predicate =>
  new PredicateCompiler(kernel, holds).compile()

/** Does the predicate hold in the packed state that starts at `base`? */
export const evaluate = ({ code, root }: Predicate, states: Int32Array, base: number): boolean => {
  let position = root
  while (position >= 0) {
    // positions are in range by construction
    const raw =
      ((states[base + (code[position] as number)] as number) >>> (code[position + 1] as number)) &
      (code[position + 2] as number)
    const table = code[position + 3] as number
    position = code[position + 4 + (table < 0 ? raw : (code[table + raw] as number))] as number
  }
  return position === TRUE
}

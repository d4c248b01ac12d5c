/** Properties as decision trees over packed states. */

import { at } from '../at.ts'
import { badInput } from '../error.ts'
import { valueAt } from '../language/domain.ts'
import type { AskedOfThread, Store } from '../language/shared.ts'
import type { Automaton, Compiled, ProgramNode } from './automaton.ts'
import type { Slot } from './layout.ts'
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

class Observing implements Store {
  readonly thread = -1
  private readonly compiled: Compiled
  private readonly known: ReadonlyMap<number, number>
  private readonly candidates: Candidates

  constructor(compiled: Compiled, known: ReadonlyMap<number, number>, candidates: Candidates) {
    this.compiled = compiled
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
    const values = answers(this.compiled, this.candidates, thread, asked)
    if (values.size > 1) throw new UnknownLocal(thread, asked)
    const [only] = values.values()
    return only?.value
  }
}

/** The answers that there can still be, each with its nodes. */
const answers = (compiled: Compiled, candidates: Candidates, thread: number, asked: AskedOfThread) => {
  const automaton = at(compiled.automata, thread)
  const groups = new Map<string, { value: unknown; nodes: number[] }>()
  const ids = candidates.get(thread) ?? automaton.nodes.map((_, id) => id)
  for (const id of ids) {
    const value = answerAt(automaton, at(automaton.nodes, id), asked)
    const key = resultKey(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { value, nodes: [id] })
    else group.nodes.push(id)
  }
  return groups
}

/** Compiles a predicate to a decision tree over the fields that it looks at. */
export const compilePredicate = (kernel: Pick<Kernel, 'compiled' | 'layout'>, holds: () => boolean): Predicate => {
  const { compiled, layout } = kernel
  const { shared } = compiled.machine
  const code: number[] = []
  const support = new Int32Array(layout.words)
  const emit = (slot: Slot, table: number, children: number): number => {
    const position = code.length
    support[slot.word] = at(support, slot.word) | (slot.mask << slot.shift)
    code.push(slot.word, slot.shift, slot.mask, table)
    for (let i = 0; i < children; i++) code.push(0)
    return position
  }
  const build = (known: ReadonlyMap<number, number>, candidates: Candidates): number => {
    try {
      const answer: unknown = shared.with(new Observing(compiled, known, candidates), holds)
      if (typeof answer === 'boolean') return answer ? TRUE : FALSE
      throw badInput({
        code: 'no-boolean',
        message: `a property answers ${answer === undefined ? 'nothing' : `a ${typeof answer}`}, which is neither true nor false`,
        hint: 'let it return a boolean: a comparison, or what a variable of booleans has',
      })
    } catch (error) {
      if (error instanceof UnknownCell) return onCell(error.cell, known, candidates)
      if (error instanceof UnknownLocal) return onLocal(error, known, candidates)
      throw error
    }
  }
  const onCell = (cell: number, known: ReadonlyMap<number, number>, candidates: Candidates): number => {
    const size = at(shared.cells, cell).domain.values.length
    const position = emit(at(layout.cells, cell), -1, size)
    for (let i = 0; i < size; i++) code[position + 4 + i] = build(new Map(known).set(cell, i), candidates)
    return position
  }
  const onLocal = (
    { thread, asked }: UnknownLocal,
    known: ReadonlyMap<number, number>,
    candidates: Candidates,
  ): number => {
    const { nodes } = at(compiled.automata, thread)
    const groups = [...answers(compiled, candidates, thread, asked).values()]
    const table = code.length
    nodes.forEach(() => {
      code.push(0)
    })
    groups.forEach((group, i) => {
      for (const id of group.nodes) code[table + id] = i
    })
    const position = emit(at(layout.threads, thread), table, groups.length)
    groups.forEach((group, i) => {
      code[position + 4 + i] = build(known, new Map(candidates).set(thread, group.nodes))
    })
    return position
  }
  const root = build(new Map(), new Map())
  return { code: Int32Array.from(code), root, support }
}

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

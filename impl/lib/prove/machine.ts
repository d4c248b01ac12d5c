/** Which statements of a machine are to blame: in the protocol, and in the library that it calls. */

import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import { resultKey } from '../kernel/machine/step-tree.ts'
import type { Blame, SourceText } from './blame.ts'
import { unique } from './blame.ts'
import type { Frame, Reached, Run, Stack } from './statements.ts'
import { Statements } from './statements.ts'

/** A line of a source, and the lines after it, for statements that go on. */
export interface SourceLine {
  /** path in the package */
  readonly file: string
  readonly line: number
  readonly text: string
}

/** Finds the source of what ran: the file of a stack may be what a compiler made of it. */
export type Locate = (frame: Frame) => SourceLine | undefined

/** Runs the programs; no place that a reader of a protocol wants to see. */
const isMachinery = (file: string): boolean =>
  /(^|[/:])impl\/lib\//.test(file) && !/(^|[/:])impl\/lib\/(?:kvm|kernel\/memory)\//.test(file)

const isLibrary = (file: string): boolean => /(^|[/:])impl\/lib\//.test(file)

/** Is it a source of ours that can be blamed? Of somebody else’s workspace all of the machine’s own are. */
const isOurs = (file: string): boolean => /(^|[/:])impl\//.test(file)

const isSource = (file: string, sources: readonly SourceText[]): boolean =>
  (isOurs(file) || sources.some((source) => source.file === file)) && !isMachinery(file)

/** The statement that begins at a line: until its brackets are closed. */
const statementAt = (lines: readonly string[], first: number): string => {
  let text = ''
  for (const line of lines.slice(first, first + LONGEST)) {
    text += `${line}\n`
    if ((text.match(/[([{]/g) ?? []).length <= (text.match(/[)\]}]/g) ?? []).length) break
  }
  return text
}

const LONGEST = 12

/** Functions of the machine's sources by name, each at its first line; a program that is called is on the stack itself. */
const functionsOf = (sources: readonly SourceText[]): ReadonlyMap<string, Blame> => {
  const found = new Map<string, Blame>()
  for (const { file, text } of sources.filter(({ file: own }) => isSource(own, sources))) {
    text.split('\n').forEach((line, i) => {
      const name = /^(?:export )?(?:const (\w+) = (?:<.*>)?\(|function (\w+)\()/.exec(line)
      const known = name?.[1] ?? name?.[2]
      if (known !== undefined && !found.has(known)) found.set(known, { side: 'impl', file, line: i + 1, text: line })
    })
  }
  return found
}

/** Where the machine's sources declare some variables, with what they begin with. */
export const declarationsOf = (sources: readonly SourceText[], names: readonly string[]): Blame[] =>
  sources
    .filter(({ file }) => isSource(file, sources))
    .flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, i): Blame[] => {
        const name = /\b(?:map|scalar|named|declare)(?:<.*>)?\(\s*'(\w+)'/.exec(line)?.[1] ?? ''
        return names.includes(name) ? [{ side: 'impl', file, line: i + 1, text: line.trim() }] : []
      }),
    )

/** A step, and who takes it: a program at a node, or the environment. */
interface Taken {
  readonly thread: number
  readonly node: number
  readonly reached: Reached | undefined
  readonly runs: readonly Run[]
}

/** A packed state. */
export interface Packed {
  readonly states: Int32Array
  readonly base: number
}

/** Works out blame on the side of the machine. */
export class MachineBlame {
  readonly #kernel: Kernel
  readonly #statements: Statements
  readonly #locate: Locate
  readonly #sources: readonly SourceText[]

  constructor(kernel: Kernel, locate: Locate, sources: readonly SourceText[]) {
    this.#kernel = kernel
    this.#statements = new Statements(kernel)
    this.#locate = locate
    this.#sources = sources
  }

  /** What was blamed, and the functions that those statements call and that have returned: no stack has them any more. */
  #withHelpers(all: readonly Blame[]): Blame[] {
    const functions = functionsOf(this.#sources)
    const texts = new Map(this.#sources.map(({ file, text }) => [file, text.split('\n')]))
    const helpers = all.flatMap(({ file, line, text }) => {
      const statement = statementAt(texts.get(file) ?? [text], texts.has(file) ? line - 1 : 0)
      return [...statement.matchAll(/(?<![.\w])(\w+)\(/g)].flatMap(([, name = '']) => {
        const helper = functions.get(name)
        return helper === undefined || helper.line === line ? [] : [{ ...helper, text: helper.text.trim() }]
      })
    })
    return unique([...all, ...helpers])
  }

  /** Everybody who could take the action in a state: the threads that are at it, and the environment. */
  #takers(action: string, { states, base }: Packed, only?: number): Taken[] {
    const threads = this.#kernel.compiled.automata.flatMap((automaton, thread): Taken[] => {
      if (only !== undefined && thread !== only) return []
      const node = this.#statements.nodeIn(states, base, thread)
      if (automaton.nodes[node]?.label !== action) return []
      const reached = this.#statements.reach(thread, node)
      const runs = reached === undefined ? [] : this.#statements.take(thread, reached.op, states, base)
      return [{ thread, node, reached, runs }]
    })
    const runs = this.#statements.happen(action, states, base)
    return runs.length === 0 ? threads : [...threads, { thread: -1, node: -1, reached: undefined, runs }]
  }

  /** The statements of the protocol on a stack, innermost first, then the library's. */
  #lines(stack: Stack): Blame[] {
    const places = stack
      .flatMap((frame) => this.#locate(frame) ?? [])
      .filter(({ file }) => isSource(file, this.#sources))
    const byOwner = places.sort((a, b) => Number(isLibrary(a.file)) - Number(isLibrary(b.file)))
    return unique(byOwner.map(({ file, line, text }) => ({ side: 'impl', file, line, text: text.trim() })))
  }

  /** Those of the protocol's own files. */
  #own(stack: Stack): Blame[] {
    return this.#lines(stack).filter(({ file }) => !isLibrary(file))
  }

  /** Where each of the threads that ever take the action stands, or else makes its step: there is no other place. */
  #elsewhere(action: string, { states, base }: Packed, only?: number): Blame[] {
    return this.#kernel.compiled.automata.flatMap((automaton, thread) => {
      if (only !== undefined && thread !== only) return []
      if (!automaton.nodes.some(({ label }) => label === action)) return []
      const at = this.#statements.reach(thread, this.#statements.nodeIn(states, base, thread))
      const step = this.#statements.reach(thread, this.#statements.nodeOf(thread, action))
      return [...this.#lines(step?.made ?? []).slice(0, 1), ...this.#lines(at?.made ?? []).slice(0, 1)]
    })
  }

  /** Names of the variables that a step looked at. */
  #variables(cells: Iterable<number>): string[] {
    const { cells: declared } = this.#kernel.compiled.machine.shared
    return [...new Set([...cells].flatMap((cell) => declared[cell]?.variable ?? []))]
  }

  /** What keeps an action from being taken in a state, and the variables that decided it. */
  refusals(action: string, at: Packed, only?: number): { blame: Blame[]; variables: string[] } {
    const takers = this.#takers(action, at, only)
    const refused = takers.flatMap(({ reached, runs }) =>
      runs.flatMap((run) =>
        run.refused === undefined ? [] : [{ run, stack: run.refused, made: reached?.made ?? [] }],
      ),
    )
    const blame = refused.flatMap(({ run, stack, made }) => [
      ...this.#lines(stack),
      // what was looked at last has decided it, in a predicate that has returned
      ...this.#own(run.reads.at(-1)?.stack ?? []),
      ...this.#lines(made),
    ])
    const variables = this.#variables(refused.flatMap(({ run }) => run.reads.map(({ cell }) => cell)))
    return {
      blame: this.#withHelpers(unique(refused.length > 0 ? blame : this.#elsewhere(action, at, only))),
      variables,
    }
  }

  /** The statements that take an action in a state: the step, and its stores. */
  taken(action: string, at: Packed): Blame[] {
    const steps = this.#takers(action, at).flatMap(({ reached, runs }) => {
      const done = runs.filter(({ refused }) => refused === undefined)
      if (done.length === 0) return []
      const stores = done.flatMap(({ writes }) => [...writes.values()].flatMap(({ stack }) => this.#lines(stack)))
      const looked = done.flatMap(({ reads }) => reads.flatMap(({ stack }) => this.#own(stack)))
      return [...this.#lines(reached?.made ?? []), ...stores, ...looked]
    })
    return this.#withHelpers(unique(steps))
  }

  /**
   * The statements that give some variables what they have in `target` after an action, which is not what they should
   * have. Of what is not stored to, the step itself is to blame, which should have.
   */
  updates(action: string, at: Packed, names: readonly string[], target: Int32Array | undefined): Blame[] {
    const lines = this.#takers(action, at).flatMap((taken) =>
      taken.runs
        .filter((run) => run.refused === undefined && this.#leadsTo(taken, run, target))
        .flatMap((run) => this.#updatesOf(taken, run, names)),
    )
    return this.#withHelpers(unique(lines))
  }

  #updatesOf({ thread, node, reached }: Taken, run: Run, names: readonly string[]): Blame[] {
    const { cells } = this.#kernel.compiled.machine.shared
    const stores = [...run.writes].flatMap(([cell, { stack }]) =>
      names.includes(cells[cell]?.variable ?? '') ? this.#lines(stack) : [],
    )
    const locals = thread < 0 ? undefined : this.#statements.reach(thread, node, { result: run.result })
    const set = names.flatMap((name) => this.#lines(locals?.set.get(name) ?? []))
    const shared = new Set(cells.map(({ variable }) => variable))
    // what comes next, and the locals that are kept for it, were decided by what the program looked at since
    const decided = names.some((name) => !shared.has(name))
      ? [...this.#own(locals?.made ?? []), ...(locals?.looked ?? []).flatMap((s) => this.#lines(s).slice(0, 1))]
      : []
    const looked = stores.length === 0 ? [] : run.reads.flatMap(({ stack }) => this.#own(stack))
    return [...stores, ...set, ...this.#lines(reached?.made ?? []), ...decided, ...looked]
  }

  /** Does what a run stores and the node that it leads to go with a state? */
  #leadsTo({ thread, node }: Taken, run: Run, target: Int32Array | undefined): boolean {
    if (target === undefined) return true
    const { layout, compiled } = this.#kernel
    const slot = layout.threads[thread]
    const next = compiled.automata[thread]?.nodes[node]?.next.get(resultKey(run.result))
    if (slot !== undefined && next !== readSlot(target, 0, slot)) return false
    return [...run.writes].every(([cell, { index }]) => {
      const place = layout.cells[cell]
      return place === undefined || readSlot(target, 0, place) === index
    })
  }
}

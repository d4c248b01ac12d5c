/** The states in which a C program without loops can end: what its locations, and registers of its threads, hold then. */

import { at } from '../../kernel/at.ts'
import type { EndingThread, FinalLimits, FinalStep } from '../../kernel/explore/final-states.ts'
import { CellBits, FinalStates } from '../../kernel/explore/final-states.ts'
import type { LazyNode } from '../../kernel/explore/lazy-thread.ts'
import type { Given } from '../../kernel/explore/outcome-sets.ts'
import { resultKey } from '../../kernel/machine/step-tree.ts'
import type { Register, Target } from '../program/ir.ts'
import type { Value } from '../program/value.ts'
import { UNSET } from '../program/value.ts'
import { Footprints } from './footprints.ts'
import type { CMachine } from './machine.ts'
import { OwnStores } from './own-stores.ts'
import type { FaultAt, ThreadNode } from './thread.ts'

/** What is looked at in the end: a register of a thread by its index, or a location by its place. */
export type EndSubject = { readonly thread: number; readonly register: Register } | { readonly place: string }

/** What of them was set, by their place in the list; a register that was never set is not there. */
export type Ending = ReadonlyMap<number, Value>

/** A thread that waits for ever in some run. */
export interface StuckThread {
  readonly thread: number
  readonly node: ThreadNode
}

/** Called where a run does something that C gives no meaning; what it throws ends the search. */
export type OnFault = (fault: FaultAt, thread: number) => never

/** What a step's result brings about besides where the thread is next. */
interface Edge {
  readonly given: readonly Given[]
  readonly fault: FaultAt | undefined
}

const nodeOf = (node: LazyNode): ThreadNode => node as ThreadNode

/** Values of one subject, by number. */
class Numbered {
  readonly values: Value[] = []
  private readonly numbers = new Map<Value, number>()

  of(value: Value): number {
    const known = this.numbers.get(value)
    if (known !== undefined) return known
    this.numbers.set(value, this.values.length)
    return this.values.push(value) - 1
  }
}

/** How the search is bounded, and what its asker knows of the program. */
export interface EndingLimits extends FinalLimits {
  /** steps that may be taken before all others, by their instructions */
  readonly atOnce?: ReadonlySet<Target>
}

/** A search for all of them. */
export class Endings {
  readonly machine: CMachine
  private readonly search: FinalStates
  private readonly subjects: readonly EndSubject[]
  private readonly numbered: readonly Numbered[]
  private readonly onFault: OnFault
  private readonly atOnce: ReadonlySet<Target>
  private readonly bits = new CellBits()
  private found: number | undefined

  constructor(machine: CMachine, subjects: readonly EndSubject[], onFault: OnFault, limits: EndingLimits = {}) {
    this.machine = machine
    this.atOnce = limits.atOnce ?? new Set()
    this.subjects = subjects
    this.onFault = onFault
    this.numbered = subjects.map(() => new Numbered())
    const threads = machine.threads.map((_, thread) => this.ending(thread))
    const { buffers } = new OwnStores(machine.machine.shared)
    this.search = new FinalStates(machine.machine, threads, buffers, (row) => this.inMemory(row), this.bits, limits)
  }

  /** How many states were told apart. */
  get explored(): number {
    return this.search.explored
  }

  get stuck(): readonly StuckThread[] {
    return [...this.search.stuck.values()].map(({ thread, node }) => ({ thread, node: nodeOf(node) }))
  }

  /** All endings, each once. */
  *all(): Generator<Ending> {
    this.found ??= this.search.run()
    for (const outcome of this.search.sets.outcomes(this.found))
      yield new Map([...outcome].map(([subject, number]) => [subject, at(at(this.numbered, subject).values, number)]))
  }

  /** One run that ends so. */
  runTo(ending: Ending): readonly FinalStep[] {
    return this.search.runTo(
      new Map([...ending].map(([subject, value]) => [subject, at(this.numbered, subject).of(value)])),
    )
  }

  // ---------------------------------------------------------------------------------------------------- what is looked at

  private watchedBy(thread: number): readonly (readonly [subject: number, register: Register])[] {
    return this.subjects.flatMap((subject, i) =>
      'thread' in subject && subject.thread === thread ? [[i, subject.register] as const] : [],
    )
  }

  private ending(index: number): EndingThread {
    const { program, places, threads } = this.machine
    const { code, source } = at(threads, index)
    const footprints = new Footprints(program, places, source.function, index, threads.length, this.bits)
    const watched = this.watchedBy(index)
    const setOnTheWay = (before: ThreadNode | undefined, after: ThreadNode): Given[] =>
      watched.flatMap(([subject, register]): Given[] => {
        const value = after.reached.get(register)
        if (value === undefined || value === UNSET || value === before?.registers.get(register)) return []
        return [[subject, at(this.numbered, subject).of(value)]]
      })
    if (code.first.fault !== undefined) this.onFault(code.first.fault, index)
    /** by node and result */
    const givenBy = new Map<LazyNode, Map<string, Edge>>()
    return {
      fields: code.fields,
      domains: code.domains,
      first: code.first,
      next: (node, result) => {
        const after = code.next(node, result)
        let known = givenBy.get(node)
        if (known === undefined) givenBy.set(node, (known = new Map<string, Edge>()))
        known.set(resultKey(result), { given: setOnTheWay(nodeOf(node), after), fault: after.fault })
        return after
      },
      future: (node) => footprints.at(nodeOf(node).target),
      reads: (node) => footprints.readBy(nodeOf(node).target),
      isAtOnce: (node) => {
        const { target } = nodeOf(node)
        return target !== undefined && this.atOnce.has(target)
      },
      isBlindToBuffer: (node) => !footprints.asksForBuffer(nodeOf(node).target),
      givenFirst: setOnTheWay(undefined, code.first),
      given: (node, result) => {
        const known = givenBy.get(node)?.get(resultKey(result))
        // told here, where nobody puts other words around it
        if (known?.fault !== undefined) this.onFault(known.fault, index)
        return known?.given ?? []
      },
    }
  }

  private inMemory(row: Int32Array): Given[] {
    const { places } = this.machine
    return this.subjects.flatMap((subject, i): Given[] => {
      if (!('place' in subject)) return []
      const cell = places.cellOf(subject.place)
      if (cell === undefined) throw new RangeError(`no location ${subject.place}`)
      const value = at(places.domainOf(cell).values, row[cell] ?? 0)
      return [[i, at(this.numbered, i).of(value)]]
    })
  }
}

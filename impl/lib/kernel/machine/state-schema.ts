/**
 * What a state is: the label of each thread's next step (`pc`), the shared variables, and the locals of the threads, each
 * with its elements and where they are in a packed state. Whoever writes states down, in TLA+ or as JSON, goes by this list.
 */

import { at } from '../at.ts'
import type { Domain } from '../language/domain.ts'
import { valueAt } from '../language/domain.ts'
import type { Plain } from '../language/plain.ts'
import { argumentText, plain } from '../language/plain.ts'
import type { Thread } from '../language/machine.ts'
import type { TlaValue } from '../language/value.ts'
import { tla } from '../language/value.ts'
import type { Automaton, ProgramNode } from './automaton.ts'
import type { Slot } from './layout.ts'
import { readSlot } from './layout.ts'
import type { Kernel } from './tables.ts'

/** Where an element is: in bits of its own, or known from the node at which a thread is. */
export type Place =
  | { readonly kind: 'cell'; readonly slot: Slot }
  | { readonly kind: 'label'; readonly thread: number }
  /** `field`: index into the fields of the thread's frame */
  | { readonly kind: 'local'; readonly thread: number; readonly field: number }

/** One element of a variable: the variable itself, or a function at one argument. */
export interface StateElement {
  /** as TLA+ has it; undefined for a variable that has one value for all */
  readonly argument: TlaValue | undefined
  /** the argument as text, e.g. `0` or `vcpu0`; undefined likewise */
  readonly key: string | undefined
  readonly domain: Domain<unknown>
  readonly place: Place
}

/** A variable of the specification. */
export interface StateVariable {
  readonly name: string
  readonly elements: readonly StateElement[]
}

const elementOf = (argument: TlaValue | undefined, domain: Domain<unknown>, place: Place): StateElement => ({
  argument,
  key: argument === undefined ? undefined : argumentText(argument),
  domain,
  place,
})

/** The labels of a thread, in the order of its nodes. */
const labelsOf = ({ nodes }: Automaton): Domain<unknown> => {
  const values = [...new Set(nodes.map(({ label }) => label))]
  const index = new Map<unknown, number>(values.map((label, i) => [label, i]))
  return {
    name: 'a label of the thread',
    values,
    indexOf: (label) => index.get(label) ?? -1,
    toTla: (label) => tla.str(label as string),
  }
}

/**
 * Has a local threads of the same number and different kinds, e.g. that of a function that both call? Then it is one of a thread,
 * `<<"waker", 0>>`, where otherwise the thread's number says whose it is.
 */
export const sharedFields = (
  automata: readonly Pick<Automaton, 'fields'>[],
  threads: readonly Pick<Thread, 'id'>[],
): ((field: string) => boolean) => {
  const seen = new Set<string>()
  const shared = new Set<string>()
  automata.forEach(({ fields }, thread) => {
    const [, id] = at(threads, thread).id
    for (const field of fields) {
      const own = `${id} ${field}`
      if (seen.has(own)) shared.add(field)
      seen.add(own)
    }
  })
  return (field) => shared.has(field)
}

/** The variables of one machine's states. */
export class StateSchema {
  /** `pc` first, then the shared ones in the order of their declaration, then the locals by name */
  readonly variables: readonly StateVariable[]
  private readonly kernel: Pick<Kernel, 'compiled' | 'layout'>

  constructor(kernel: Pick<Kernel, 'compiled' | 'layout'>) {
    this.kernel = kernel
    const { machine, automata } = kernel.compiled
    const pc = automata.map((automaton, thread): StateElement => {
      const [kind, id] = at(machine.threads, thread).id
      return elementOf(tla.seq([tla.str(kind), tla.int(id)]), labelsOf(automaton), { kind: 'label', thread })
    })
    const shared = machine.shared.variables.map(({ name, cells }): StateVariable => {
      const elements = cells.map((cell): StateElement => {
        const { argument, domain } = at(machine.shared.cells, cell)
        return elementOf(argument, domain, { kind: 'cell', slot: at(kernel.layout.cells, cell) })
      })
      return { name, elements }
    })
    const locals = new Map<string, StateElement[]>()
    const isShared = sharedFields(automata, machine.threads)
    automata.forEach(({ fields, domains }, thread) => {
      const [kind, id] = at(machine.threads, thread).id
      fields.forEach((name, field) => {
        const elements = locals.get(name) ?? []
        const argument = isShared(name) ? tla.seq([tla.str(kind), tla.int(id)]) : tla.int(id)
        elements.push(elementOf(argument, at(domains, field), { kind: 'local', thread, field }))
        locals.set(name, elements)
      })
    })
    this.variables = [
      { name: 'pc', elements: pc },
      ...shared,
      ...[...locals].map(([name, elements]) => ({ name, elements })),
    ]
  }

  /** The node at which a thread is in the packed state at `base`. */
  nodeOf(states: Int32Array, base: number, thread: number): ProgramNode {
    const { layout, compiled } = this.kernel
    // asked for every element of every state of a graph, where `at` would be slow: it sees arrays of all kinds
    const slot = layout.threads[thread]
    const node = slot && compiled.automata[thread]?.nodes[readSlot(states, base, slot)]
    if (node === undefined) throw new RangeError(`no node of thread ${thread} in a packed state`)
    return node
  }

  /** The value of an element in the packed state at `base`, as the programs have it. */
  private valueOf(states: Int32Array, base: number, { domain, place }: StateElement): unknown {
    switch (place.kind) {
      case 'cell':
        return valueAt(domain, readSlot(states, base, place.slot))
      case 'label':
        return this.nodeOf(states, base, place.thread).label
      case 'local':
        return valueAt(domain, at(this.nodeOf(states, base, place.thread).frame, place.field))
    }
  }

  /** The packed state at `base` in plain JavaScript: each variable with its value, or with those of its elements by key. */
  read(states: Int32Array, base: number): Record<string, Plain> {
    const value = (e: StateElement): Plain => plain(e.domain.toTla(this.valueOf(states, base, e)))
    return Object.fromEntries(
      this.variables.map(({ name, elements }): [string, Plain] => {
        const [first] = elements
        if (first !== undefined && first.key === undefined) return [name, value(first)]
        return [name, Object.fromEntries(elements.map((e) => [e.key ?? '', value(e)]))]
      }),
    )
  }
}

/** Packed states as TLA+ states and back: the one place that knows how the two sides write the same state. */

import { at } from '../kernel/at.ts'
import type { Automaton } from '../kernel/machine/automaton.ts'
import type { Slot } from '../kernel/machine/layout.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import type { Place, StateElement } from '../kernel/machine/state-schema.ts'
import { StateSchema } from '../kernel/machine/state-schema.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import type { Domain } from '../kernel/language/domain.ts'
import { valueAt } from '../kernel/language/domain.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'
import { entriesOf, key, tla } from '../kernel/language/value.ts'

/** Why a TLA+ state is not a state of the machine. */
export interface Mismatch {
  /** other variables than the specification's; a value outside its domain; a label and locals that do not go together */
  readonly kind: 'variables' | 'domain' | 'node'
  readonly variable: string
  /** argument of the function at fault, in TLA+ */
  readonly argument: string | undefined
  readonly found: string
  readonly expected: string
}

/** One element of a variable of the specification: a scalar, or a function at one argument. */
interface Element {
  /** TLA+ argument; undefined for a scalar */
  readonly argument: TlaValue | undefined
  readonly domain: Domain<unknown>
  readonly values: readonly TlaValue[]
  /** index in the domain by canonical key */
  readonly indexOf: ReadonlyMap<string, number>
  readonly place: Place
}

interface ViewVariable {
  readonly name: string
  readonly elements: readonly Element[]
}

/** The labels of all threads: in TLA+ they are strings that do not say of whom. */
const labelDomain = (automata: readonly Automaton[]): Domain<string> => {
  const values = [...new Set(automata.flatMap(({ nodes }) => nodes.map(({ label }) => label)))].sort()
  const index = new Map(values.map((v, i) => [v, i]))
  return { name: 'Labels', values, indexOf: (v) => index.get(v) ?? -1, toTla: tla.str }
}

const element = ({ argument, place }: StateElement, domain: Domain<unknown>): Element => {
  const values = domain.values.map((v) => domain.toTla(v))
  return { argument, domain, values, indexOf: new Map(values.map((v, i) => [key(v), i])), place }
}

const isFunction = ({ argument }: Element): boolean => argument !== undefined

/** Value of a function at each argument, by the argument's canonical key; undefined if it is not a function. */
const byArgument = (value: TlaValue): Map<string, TlaValue> | undefined => {
  const entries = entriesOf(value)
  return entries && new Map(entries.map(([argument, v]) => [key(argument), v]))
}

/** The value of one variable, in a packed state. */
export interface Piece {
  readonly variable: number
  /** its bits, where it is in cells */
  readonly words: Int32Array
  /** per thread: what it adds to the number of its node, where it is a label or a local */
  readonly nodes: Float64Array
}

/** What `encode` makes of a state. */
export type Encoded = { readonly words: Int32Array } | { readonly mismatch: Mismatch }

const mismatchOf = (
  kind: Mismatch['kind'],
  variable: string,
  argument: TlaValue | undefined,
  found: string,
  expected: string,
): Mismatch => ({
  kind,
  variable,
  argument: argument === undefined ? undefined : printValue(argument),
  found,
  expected,
})

/** The states of one machine as TLA+ has them. */
export class View {
  /** names of the specification's variables, `pc` first, then the shared ones, then the locals */
  readonly variables: readonly string[]
  private readonly kernel: Kernel
  private readonly schema: StateSchema
  private readonly labels: Domain<string>
  private readonly table: readonly ViewVariable[]
  /** per thread: node by its label and frame as one number */
  private readonly nodes: readonly ReadonlyMap<number, number>[]
  /** per thread: what its label, then each field of its frame, counts in the number of a node */
  private readonly weights: readonly (readonly number[])[]
  /** of use within `assemble` only */
  private readonly numbers: Float64Array
  private readonly seen: Uint8Array
  private readonly printed: Map<number, string>[]

  constructor(kernel: Kernel) {
    this.kernel = kernel
    const { automata } = kernel.compiled
    this.schema = new StateSchema(kernel)
    this.labels = labelDomain(automata)
    this.table = this.schema.variables.map(({ name, elements }) => ({
      name,
      elements: elements.map((e) => element(e, e.place.kind === 'label' ? (this.labels as Domain<unknown>) : e.domain)),
    }))
    this.variables = this.table.map(({ name }) => name)
    this.printed = this.table.map(() => new Map<number, string>())
    this.weights = automata.map(({ domains }) => {
      const weights = [1]
      for (const { values } of [...domains].reverse()) weights.unshift(at(weights, 0) * values.length)
      return weights
    })
    this.nodes = automata.map(({ nodes }, thread) => {
      const weights = at(this.weights, thread)
      const numberOf = (digits: readonly number[]): number =>
        digits.reduce((sum, digit, i) => sum + digit * at(weights, i), 0)
      return new Map(nodes.map((node, id) => [numberOf([this.labels.indexOf(node.label), ...node.frame]), id]))
    })
    this.numbers = new Float64Array(automata.length)
    this.seen = new Uint8Array(this.table.length)
  }

  /** The label and the frame that a thread's number stands for. */
  private digits(thread: number, number: number): number[] {
    let rest = number
    return at(this.weights, thread).map((weight) => {
      const digit = Math.floor(rest / weight)
      rest -= digit * weight
      return digit
    })
  }

  private indexAt(states: Int32Array, base: number, { place }: Element): number {
    switch (place.kind) {
      case 'cell':
        return readSlot(states, base, place.slot)
      case 'label':
        return this.labels.indexOf(this.schema.nodeOf(states, base, place.thread).label)
      case 'local':
        // in range, as the schema is made of the same automaton
        return this.schema.nodeOf(states, base, place.thread).frame[place.field] as number
    }
  }

  private valueOf({ elements }: ViewVariable, indices: readonly number[]): TlaValue {
    const values = elements.map(({ values: all }, i) => at(all, at(indices, i)))
    const entries = elements.map(({ argument }, i) => [argument, values[i]] as const)
    const [first] = entries
    if (first !== undefined && first[0] === undefined && first[1] !== undefined) return first[1]
    return tla.fun(entries.flatMap(([argument, value]) => (argument && value ? [[argument, value] as const] : [])))
  }

  /** The elements of a variable and the values that each can have; undefined if there is no such variable. */
  domainOf(
    name: string,
  ): readonly { readonly argument: TlaValue | undefined; readonly values: readonly TlaValue[] }[] | undefined {
    return this.table.find((variable) => variable.name === name)?.elements
  }

  /** The packed state at `base` as a TLA+ state. */
  decode(states: Int32Array, base: number): Map<string, TlaValue> {
    return new Map(
      this.table.map((variable) => [
        variable.name,
        this.valueOf(
          variable,
          variable.elements.map((e) => this.indexAt(states, base, e)),
        ),
      ]),
    )
  }

  /** Canonical text of the packed state at `base`: equal for equal TLA+ states. */
  text(states: Int32Array, base: number): string {
    let out = ''
    for (let v = 0; v < this.table.length; v++) {
      const variable = this.table[v]
      const printed = this.printed[v]
      if (variable === undefined || printed === undefined) continue
      let number = 0
      for (const e of variable.elements) number = number * e.values.length + this.indexAt(states, base, e)
      let text = printed.get(number)
      if (text === undefined) {
        const indices = variable.elements.map((e) => this.indexAt(states, base, e))
        text = `${variable.name} = ${key(this.valueOf(variable, indices))}\n`
        printed.set(number, text)
      }
      out += text
    }
    return out
  }

  private indicesOf({ name, elements }: ViewVariable, value: TlaValue): readonly number[] | Mismatch {
    const only = elements.find((e) => !isFunction(e))
    if (only !== undefined) {
      const index = only.indexOf.get(key(value))
      return index === undefined ? mismatchOf('domain', name, undefined, printValue(value), only.domain.name) : [index]
    }
    const entries = byArgument(value)
    if (entries?.size !== elements.length) {
      return mismatchOf('domain', name, undefined, printValue(value), `a function with ${elements.length} arguments`)
    }
    const indices: number[] = []
    for (const { argument, domain, indexOf } of elements) {
      const found = argument === undefined ? undefined : entries.get(key(argument))
      if (found === undefined) return mismatchOf('domain', name, argument, 'nothing', domain.name)
      const index = indexOf.get(key(found))
      if (index === undefined) return mismatchOf('domain', name, argument, printValue(found), domain.name)
      indices.push(index)
    }
    return indices
  }

  /** What the value of a variable is in a packed state, or why it is in none. */
  piece(name: string, value: TlaValue): Piece | Mismatch {
    const variable = this.variables.indexOf(name)
    const declared = this.table[variable]
    if (declared === undefined) {
      return mismatchOf('variables', name, undefined, 'a variable', `one of ${this.variables.join(', ')}`)
    }
    const indices = this.indicesOf(declared, value)
    if ('variable' in indices) return indices
    const { layout, compiled } = this.kernel
    const words = new Int32Array(layout.words)
    const nodes = new Float64Array(compiled.automata.length)
    declared.elements.forEach(({ place }, e) => {
      const index = at(indices, e)
      if (place.kind === 'cell') {
        const { word, shift } = place.slot
        words[word] = at(words, word) | (index << shift)
        return
      }
      const digit = place.kind === 'label' ? 0 : place.field + 1
      nodes[place.thread] = at(nodes, place.thread) + index * at(at(this.weights, place.thread), digit)
    })
    return { variable, words, nodes }
  }

  /** The state of one piece for each variable, in any order; or where it is not one of the machine's. */
  assemble(pieces: readonly (Piece | Mismatch)[]): Encoded {
    const { layout } = this.kernel
    const words = new Int32Array(layout.words)
    const nodes = this.numbers.fill(0)
    const seen = this.seen.fill(0)
    for (const piece of pieces) {
      if (!('nodes' in piece)) return { mismatch: piece }
      if (seen[piece.variable] === 1) {
        const name = at(this.variables, piece.variable)
        return { mismatch: mismatchOf('variables', name, undefined, 'a second value', 'one value') }
      }
      seen[piece.variable] = 1
      // once for each state of a specification's graph; the pieces are of this machine, so they are as long
      for (let w = 0; w < words.length; w++) words[w] = (words[w] as number) | (piece.words[w] as number)
      for (let t = 0; t < nodes.length; t++) nodes[t] = (nodes[t] as number) + (piece.nodes[t] as number)
    }
    const missing = seen.indexOf(0)
    if (missing >= 0) {
      return { mismatch: mismatchOf('variables', at(this.variables, missing), undefined, 'nothing', 'a value') }
    }
    for (let thread = 0; thread < nodes.length; thread++) {
      const number = nodes[thread] as number
      const node = this.nodes[thread]?.get(number)
      if (node === undefined) return { mismatch: this.noNode(thread, number) }
      const { word, shift } = layout.threads[thread] as Slot
      words[word] = (words[word] as number) | (node << shift)
    }
    return { words }
  }

  private noNode(thread: number, number: number): Mismatch {
    const { fields, domains } = at(this.kernel.compiled.automata, thread)
    const [label = 0, ...frame] = this.digits(thread, number)
    const { id } = at(this.kernel.compiled.machine.threads, thread)
    const locals = frame.map((index, i) => {
      const domain = at(domains, i)
      return `${at(fields, i)} = ${printValue(domain.toTla(valueAt(domain, index)))}`
    })
    return mismatchOf(
      'node',
      'pc',
      tla.seq([tla.str(id[0]), tla.int(id[1])]),
      [at(this.labels.values, label), ...locals].join(', '),
      'a label with locals that the program reaches',
    )
  }

  /** The state that assigns these values, packed; or where it is not one of the machine's. */
  encode(values: ReadonlyMap<string, TlaValue>): Encoded {
    return this.assemble([...values].map(([name, value]) => this.piece(name, value)))
  }
}

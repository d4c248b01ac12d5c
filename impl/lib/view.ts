/** Packed states as TLA+ states and back: the one place that knows how the two sides write the same state. */

import type { Automaton, Kernel, Slot } from './compile.ts'
import { readSlot } from './compile.ts'
import type { Domain } from './schema.ts'
import { parseValue } from './trace/parse.ts'
import { printValue } from './trace/print.ts'
import type { TlaValue } from './trace/value.ts'
import { key, tla } from './trace/value.ts'

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
  /** where it is: a cell, or field `field` of thread `thread`'s node (-1 is its label) */
  readonly at: { readonly slot: Slot } | { readonly thread: number; readonly field: number }
}

interface ViewVariable {
  readonly name: string
  readonly elements: readonly Element[]
}

const labelDomain = (automata: readonly Automaton[]): Domain<string> => {
  const values = [...new Set(automata.flatMap(({ nodes }) => nodes.map(({ label }) => label)))].sort()
  const index = new Map(values.map((v, i) => [v, i]))
  return { name: 'Labels', values, indexOf: (v) => index.get(v) ?? -1, toTla: tla.str }
}

const element = (domain: Domain<unknown>, argument: TlaValue | undefined, at: Element['at']): Element => {
  const values = domain.values.map((v) => domain.toTla(v))
  return { argument, domain, values, indexOf: new Map(values.map((v, i) => [key(v), i])), at }
}

const isFunction = ({ argument }: Element): boolean => argument !== undefined

/** Value of a function at each argument, by the argument's canonical key; undefined if it is not a function. */
const entriesOf = (value: TlaValue): Map<string, TlaValue> | undefined => {
  switch (value.kind) {
    case 'fun':
      return new Map(value.entries.map(([argument, v]) => [key(argument), v]))
    case 'seq':
      return new Map(value.items.map((v, i) => [String(i + 1), v]))
    case 'record':
      return new Map(value.fields.map(([name, v]) => [key(tla.str(name)), v]))
    default:
      return undefined
  }
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
  private readonly labels: Domain<string>
  private readonly table: readonly ViewVariable[]
  /** per thread: node by its label and frame as one number */
  private readonly nodes: readonly ReadonlyMap<number, number>[]
  private readonly pieces = new Map<string, readonly number[] | Mismatch>()
  private readonly printed: Map<number, string>[]

  constructor(kernel: Kernel) {
    this.kernel = kernel
    const { machine, automata } = kernel.compiled
    this.labels = labelDomain(automata)
    const pc = machine.threads.map(({ id: [kind, n] }, thread) =>
      element(this.labels as Domain<unknown>, tla.seq([tla.str(kind), tla.int(n)]), { thread, field: -1 }),
    )
    const shared = machine.shared.variables.map(({ name, cells }): ViewVariable => {
      const elements = cells.map((cell) => {
        const declared = machine.shared.cells[cell]
        const slot = kernel.layout.cells[cell]
        if (declared === undefined || slot === undefined) throw new RangeError(`cell ${cell} is not laid out`)
        return element(declared.domain, declared.argument, { slot })
      })
      return { name, elements }
    })
    const locals = new Map<string, Element[]>()
    automata.forEach(({ fields, domains }, thread) => {
      const id = machine.threads[thread]?.id
      fields.forEach((name, field) => {
        const domain = domains[field]
        if (id === undefined || domain === undefined) return
        const of = locals.get(name) ?? []
        of.push(element(domain, tla.int(id[1]), { thread, field }))
        locals.set(name, of)
      })
    })
    this.table = [
      { name: 'pc', elements: pc },
      ...shared,
      ...[...locals].map(([name, elements]) => ({ name, elements })),
    ]
    this.variables = this.table.map(({ name }) => name)
    this.printed = this.table.map(() => new Map<number, string>())
    this.nodes = automata.map(
      (automaton) =>
        new Map(
          automaton.nodes.map((node, id) => [
            this.nodeNumber(automaton, this.labels.indexOf(node.label), node.frame),
            id,
          ]),
        ),
    )
  }

  private nodeNumber(automaton: Automaton, label: number, frame: readonly number[]): number {
    return frame.reduce((n, index, i) => n * (automaton.domains[i]?.values.length ?? 1) + index, label)
  }

  private indexAt(states: Int32Array, base: number, { at }: Element): number {
    if ('slot' in at) return readSlot(states, base, at.slot)
    const slot = this.kernel.layout.threads[at.thread]
    const node = slot && this.kernel.compiled.automata[at.thread]?.nodes[readSlot(states, base, slot)]
    if (node === undefined) throw new RangeError('packed state without a node')
    return at.field < 0 ? this.labels.indexOf(node.label) : (node.frame[at.field] ?? -1)
  }

  private valueOf({ elements }: ViewVariable, indices: readonly number[]): TlaValue {
    const values = elements.map(({ values: all }, i) => all[indices[i] ?? -1])
    const entries = elements.map(({ argument }, i) => [argument, values[i]] as const)
    const [first] = entries
    if (first !== undefined && first[0] === undefined && first[1] !== undefined) return first[1]
    return tla.fun(entries.flatMap(([argument, value]) => (argument && value ? [[argument, value] as const] : [])))
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
    this.table.forEach((variable, v) => {
      const indices = variable.elements.map((e) => this.indexAt(states, base, e))
      const number = indices.reduce((n, index, i) => n * (variable.elements[i]?.values.length ?? 1) + index, 0)
      let text = this.printed[v]?.get(number)
      if (text === undefined) {
        text = `${variable.name} = ${key(this.valueOf(variable, indices))}\n`
        this.printed[v]?.set(number, text)
      }
      out += text
    })
    return out
  }

  private indicesOf({ name, elements }: ViewVariable, value: TlaValue): readonly number[] | Mismatch {
    const only = elements.find((e) => !isFunction(e))
    if (only !== undefined) {
      const index = only.indexOf.get(key(value))
      return index === undefined ? mismatchOf('domain', name, undefined, printValue(value), only.domain.name) : [index]
    }
    const entries = entriesOf(value)
    if (entries?.size !== elements.length) {
      return mismatchOf('domain', name, undefined, printValue(value), `a function with ${elements.length} arguments`)
    }
    const indices: number[] = []
    for (const { argument, domain, indexOf } of elements) {
      const at = argument === undefined ? undefined : entries.get(key(argument))
      if (at === undefined) return mismatchOf('domain', name, argument, 'nothing', domain.name)
      const index = indexOf.get(key(at))
      if (index === undefined) return mismatchOf('domain', name, argument, printValue(at), domain.name)
      indices.push(index)
    }
    return indices
  }

  private pack(indices: readonly (readonly number[])[]): Encoded {
    const { layout, compiled } = this.kernel
    const words = new Int32Array(layout.words)
    const put = ({ word, shift }: Slot, value: number): void => {
      words[word] = (words[word] ?? 0) | (value << shift)
    }
    const labels = compiled.automata.map(() => 0)
    const frames = compiled.automata.map(({ fields }) => fields.map(() => 0))
    this.table.forEach(({ elements }, v) => {
      elements.forEach(({ at }, e) => {
        const index = indices[v]?.[e] ?? 0
        if ('slot' in at) put(at.slot, index)
        else if (at.field < 0) labels[at.thread] = index
        else {
          const frame = frames[at.thread]
          if (frame !== undefined) frame[at.field] = index
        }
      })
    })
    for (let thread = 0; thread < labels.length; thread++) {
      const automaton = compiled.automata[thread]
      const slot = layout.threads[thread]
      const label = labels[thread] ?? 0
      const frame = frames[thread] ?? []
      if (automaton === undefined || slot === undefined) continue
      const node = this.nodes[thread]?.get(this.nodeNumber(automaton, label, frame))
      if (node === undefined) return { mismatch: this.noNode(thread, label, frame) }
      put(slot, node)
    }
    return { words }
  }

  private noNode(thread: number, label: number, frame: readonly number[]): Mismatch {
    const automaton = this.kernel.compiled.automata[thread]
    const id = this.kernel.compiled.machine.threads[thread]?.id ?? ['?', -1]
    const locals = frame.map((index, i) => {
      const domain = automaton?.domains[i]
      const value = domain?.values[index]
      return `${automaton?.fields[i] ?? ''} = ${domain === undefined ? '?' : printValue(domain.toTla(value))}`
    })
    return mismatchOf(
      'node',
      'pc',
      tla.seq([tla.str(id[0]), tla.int(id[1])]),
      [this.labels.values[label] ?? '?', ...locals].join(', '),
      'a label with locals that the program reaches',
    )
  }

  /** The state that assigns these values, packed; or where it is not one of the machine's. */
  encode(values: ReadonlyMap<string, TlaValue>): Encoded {
    const extra = [...values.keys()].find((name) => !this.variables.includes(name))
    if (extra !== undefined) {
      return {
        mismatch: mismatchOf('variables', extra, undefined, 'a variable', `one of ${this.variables.join(', ')}`),
      }
    }
    const indices: (readonly number[])[] = []
    for (const variable of this.table) {
      const value = values.get(variable.name)
      if (value === undefined)
        return { mismatch: mismatchOf('variables', variable.name, undefined, 'nothing', 'a value') }
      const found = this.indicesOf(variable, value)
      if ('variable' in found) return { mismatch: found }
      indices.push(found)
    }
    return this.pack(indices)
  }

  /**
   * The same for a state that comes as the text of each variable, in any order. Each text is parsed once only, by
   * `parse`, which throws for one that is not a value.
   */
  encodeText(
    pieces: readonly (readonly [name: string, text: string])[],
    parse: (text: string) => TlaValue = parseValue,
  ): Encoded {
    const byName = new Map(pieces)
    if (byName.size !== this.table.length) {
      const extra = pieces.find(([name]) => !this.variables.includes(name))?.[0]
      const missing = this.variables.find((name) => !byName.has(name))
      return {
        mismatch: mismatchOf(
          'variables',
          extra ?? missing ?? '',
          undefined,
          extra ? 'a variable' : 'nothing',
          extra ? 'no such variable' : 'a value',
        ),
      }
    }
    const indices: (readonly number[])[] = []
    for (const variable of this.table) {
      const text = byName.get(variable.name)
      if (text === undefined)
        return { mismatch: mismatchOf('variables', variable.name, undefined, 'nothing', 'a value') }
      const memo = `${variable.name}=${text}`
      let found = this.pieces.get(memo)
      if (found === undefined) {
        found = this.indicesOf(variable, parse(text))
        this.pieces.set(memo, found)
      }
      if ('variable' in found) return { mismatch: found }
      indices.push(found)
    }
    return this.pack(indices)
  }
}

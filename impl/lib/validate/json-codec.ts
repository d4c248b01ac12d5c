/**
 * What a log may say of a state: some variables, or some elements of them, as JSON has them. Compiled against a machine it
 * is a test on packed states: masked words for what is in cells, and a set of nodes for labels and locals.
 */

import { at } from '../kernel/at.ts'
import type { ProgramNode } from '../kernel/machine/automaton.ts'
import type { Slot } from '../kernel/machine/layout.ts'
import type { Kernel } from '../kernel/machine/tables.ts'
import { readSlot } from '../kernel/machine/layout.ts'
import type { Place, StateElement } from '../kernel/machine/state-schema.ts'
import { StateSchema } from '../kernel/machine/state-schema.ts'
import type { Plain } from '../kernel/language/plain.ts'
import { plain } from '../kernel/language/plain.ts'
import type { Domain } from '../kernel/language/domain.ts'
import type { TlaValue } from '../kernel/language/value.ts'

/** A value as JSON. Sets are arrays in any order; functions are objects by the text of their arguments. */
export type Json = Plain

/** Entries of a memo before it is begun anew: memory must not grow with the log. */
const MOST = 50_000

/** One element of a variable: where it is and which values it can have. */
export interface Field {
  /** of the variable */
  readonly name: string
  /** each has its own */
  readonly number: number
  readonly domain: Domain<unknown>
  /** which of its values this is; undefined for none */
  readonly indexOf: (json: Json) => number | undefined
  readonly place: Place
  /** the argument of the variable, as TLA+ has it; undefined where the variable has one value */
  readonly argument: TlaValue | undefined
}

/** One thing that a log says of a state: a variable, or an element of it, and its value in TLA+. */
export interface Fact {
  readonly variable: string
  readonly argument: TlaValue | undefined
  readonly value: TlaValue
}

/** The elements of a variable by their arguments; by `undefined` the only one of a variable with one value. */
type Variable = ReadonlyMap<string | undefined, Field>

/** An element that a partial state speaks of. */
interface SaidElement {
  readonly field: Field
  readonly value: Json
  /** for errors */
  readonly path: string
  /** which element of a variable that is there as a whole */
  readonly key: string | undefined
}

/** Something in a partial state that the machine does not have. */
export interface UnknownField {
  /** e.g. `state.mode[3]` */
  readonly path: string
  readonly found: string
  readonly expected: string
}

/** What a log says of one element, in terms of the machine. */
export interface Said {
  readonly field: Field
  /** which of its values */
  readonly index: number
  /** of a variable that is there as a whole and has several elements, which of them */
  readonly key: string | undefined
}

/** Of an element that is known from a thread's node, which of its values is meant. */
export interface Asked {
  readonly place: Exclude<Place, { readonly kind: 'cell' }>
  readonly index: number
}

/** A test on packed states. */
export interface Constraint {
  /** per word: bits that are looked at, and what they must be */
  readonly mask: Int32Array
  readonly value: Int32Array
  /** per thread that something is said of: the nodes that fit */
  readonly nodes: readonly { readonly slot: Slot; readonly allowed: Uint8Array }[]
}

/** The same text for the same value; `isSet` says that the order of an array means nothing. */
const canonical = (json: Json, isSet: boolean): string => {
  if (!Array.isArray(json)) return JSON.stringify(json)
  const items = (json as readonly Json[]).map((item) => JSON.stringify(item))
  return `[${(isSet ? items.sort() : items).join()}]`
}

const fieldOf = (number: number, name: string, { argument, domain, place }: StateElement): Field => {
  const values = domain.values.map((v) => domain.toTla(v))
  const isSet = values[0]?.kind === 'set'
  const all = values.map((value, i): [Json, number] => [plain(value), i])
  const byText = new Map(all.map(([json, i]) => [canonical(json, isSet), i]))
  // those that are no arrays and objects, by themselves
  const plains = new Map(all.filter(([json]) => typeof json !== 'object'))
  const indexOf = (json: Json): number | undefined =>
    typeof json === 'object' ? byText.get(canonical(json, isSet)) : plains.get(json)
  return { name, number, domain, indexOf, place, argument }
}

const fieldText = (place: Asked['place']): string => (place.kind === 'label' ? 'pc' : String(place.field))

/** True or false for 1 or 0, where the element's values are these; else the value itself. */
const asBoolean = (field: Field | undefined, json: Json): Json =>
  (json === 0 || json === 1) && field?.indexOf(true) !== undefined ? json === 1 : json

/** The entries of an object, or the elements of an array by their indices. */
const entriesOf = (json: Json): readonly (readonly [string, Json])[] =>
  Array.isArray(json)
    ? (json as readonly Json[]).map((value, i) => [String(i), value] as const)
    : Object.entries(json as Readonly<Record<string, Json>>)

/** What a log may say of the states of one machine. */
export class Fields {
  private readonly kernel: Kernel
  private readonly variables = new Map<string, Variable>()
  /** per thread and what is asked of its label and locals */
  private readonly memo = new Map<string, Constraint['nodes'][number]>()
  /** of fields */
  private count = 0
  /** what the event that is looked at has said of each field, where `rounds` has the round of that event */
  private readonly seen: { readonly rounds: Float64Array; readonly values: Int32Array }
  private round = 0
  private readonly schema: StateSchema
  /** by thread */
  private readonly labels: readonly Domain<unknown>[]

  constructor(kernel: Kernel) {
    this.kernel = kernel
    this.schema = new StateSchema(kernel)
    this.labels = this.schema.variables.flatMap(({ elements }) =>
      elements.flatMap(({ domain, place }) => (place.kind === 'label' ? [domain] : [])),
    )
    for (const { name, elements } of this.schema.variables) {
      if (elements.length === 0) continue
      this.variables.set(name, new Map(elements.map((one) => [one.key, fieldOf(this.count++, name, one)])))
    }
    this.seen = { rounds: new Float64Array(this.count), values: new Int32Array(this.count) }
  }

  /** names of the variables that a log may speak of */
  get names(): readonly string[] {
    return [...this.variables.keys()]
  }

  /** The fields of a packed state as a log would have them, e.g. for samples and for differences. */
  read(states: Int32Array, base: number): Record<string, Json> {
    return this.schema.read(states, base)
  }

  /** What an event says of the state, with true and false for the 0 and 1 of C, where a value is one of them. */
  withBooleans(state: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
    const entries = Object.entries(state).map(([name, json]): [string, Json] => {
      const { variable, argument } = this.find(name)
      const element = (key: string | undefined, value: Json): Json => asBoolean(variable?.get(key), value)
      if (argument !== undefined || typeof json !== 'object' || json === null) return [name, element(argument, json)]
      if (Array.isArray(json)) return [name, (json as readonly Json[]).map((v, i) => element(String(i), v))]
      return [name, Object.fromEntries(Object.entries(json).map(([key, v]) => [key, element(key, v)]))]
    })
    return Object.fromEntries(entries)
  }

  /** A variable by its name, or by that of an element, `mode[0]`. */
  private find(name: string): {
    readonly variable: Variable | undefined
    readonly base: string
    readonly argument: string | undefined
  } {
    // most names are a variable's own
    const whole = this.variables.get(name)
    const [, base = name, argument] = whole === undefined ? (/^(\w+)\[(.+)\]$/.exec(name) ?? []) : []
    return { variable: whole ?? this.variables.get(base), base, argument }
  }

  /** Compiles what an event says of the state after it. */
  compile(state: Readonly<Record<string, Json>>): Constraint | UnknownField {
    const words = this.kernel.layout.words
    const mask = new Int32Array(words)
    const value = new Int32Array(words)
    const asked = new Map<number, Asked[]>()
    const wrong = this.each(state, ({ place }, index) => {
      if (place.kind === 'cell') {
        const { word, shift, mask: bits } = place.slot
        mask[word] = at(mask, word) | (bits << shift)
        value[word] = at(value, word) | (index << shift)
        return
      }
      const own = asked.get(place.thread)
      if (own === undefined) asked.set(place.thread, [{ place, index }])
      else own.push({ place, index })
    })
    return wrong ?? { mask, value, nodes: [...asked].map(([thread, own]) => this.nodes(thread, own)) }
  }

  /** words of a packed state */
  get words(): number {
    return this.kernel.layout.words
  }

  /** What a partial state says, in the order of its keys; nothing if it is wrong. */
  said(state: Readonly<Record<string, Json>>): readonly Said[] {
    const all: Said[] = []
    const wrong = this.each(state, (field, index, key) => {
      all.push({ field, index, key })
    })
    return wrong === undefined ? all : []
  }

  /** The nodes of a thread where its label and locals have these values. */
  nodes(thread: number, asked: readonly Asked[]): Constraint['nodes'][number] {
    const key = asked.reduce((text, { place, index }) => `${text};${fieldText(place)}=${index}`, String(thread))
    const known = this.memo.get(key)
    if (known !== undefined) return known
    const labels = at(this.labels, thread)
    const fits = ({ label, frame }: ProgramNode, { place, index }: Asked): boolean =>
      index === (place.kind === 'label' ? labels.indexOf(label) : frame[place.field])
    const allowed = Uint8Array.from(at(this.kernel.compiled.automata, thread).nodes, (node) =>
      asked.every((one) => fits(node, one)) ? 1 : 0,
    )
    const found = { slot: at(this.kernel.layout.threads, thread), allowed }
    if (this.memo.size >= MOST) this.memo.clear()
    this.memo.set(key, found)
    return found
  }

  /** What an event says of the state after it, as TLA+ has it. */
  facts(state: Readonly<Record<string, Json>>): readonly Fact[] | UnknownField {
    const facts: Fact[] = []
    const wrong = this.each(state, ({ name, domain, argument }, index) => {
      facts.push({ variable: name, argument, value: domain.toTla(domain.values[index]) })
    })
    return wrong ?? facts
  }

  /** Goes through the elements that a partial state speaks of, each with the index of its value. */
  private each(
    state: Readonly<Record<string, Json>>,
    told: (field: Field, index: number, key: string | undefined) => void,
  ): UnknownField | undefined {
    this.round += 1
    const { round, seen } = this
    const say = ({ field, value: json, path, key }: SaidElement): UnknownField | undefined => {
      const index = field.indexOf(json)
      if (index === undefined) return { path, found: JSON.stringify(json), expected: field.domain.name }
      // a variable may be there whole and by element, but it has one value
      if (seen.rounds[field.number] === round && seen.values[field.number] !== index) {
        return { path, found: JSON.stringify(json), expected: 'what the same event says of it before' }
      }
      seen.rounds[field.number] = round
      seen.values[field.number] = index
      told(field, index, key)
      return undefined
    }
    for (const name of Object.keys(state)) {
      const json = state[name]
      if (json === undefined) continue
      for (const element of this.elementsOf(name, json)) {
        const wrong = 'found' in element ? element : say(element)
        if (wrong !== undefined) return wrong
      }
    }
    return undefined
  }

  /** The elements that an entry of a partial state speaks of. */
  private elementsOf(name: string, json: Json): readonly (SaidElement | UnknownField)[] {
    const { variable, base, argument } = this.find(name)
    const path = `state.${name}`
    if (variable === undefined)
      return [{ path, found: 'no variable of the model', expected: `one of ${this.names.join(', ')}` }]
    const only = variable.get(undefined)
    if (only !== undefined) {
      if (argument === undefined) return [{ field: only, value: json, path, key: undefined }]
      return [{ path, found: `an element of ${base}`, expected: `${base}, which has one value` }]
    }
    const order = [...variable.keys()].join(', ')
    if (argument === undefined && (typeof json !== 'object' || json === null))
      return [{ path, found: JSON.stringify(json), expected: `an object by ${order}` }]
    // `"mode[0]": ...` names one element, and is a leaf itself
    const wanted = argument === undefined ? entriesOf(json) : [[argument, json] as const]
    return wanted.map(([key, value]) => {
      const field = variable.get(key)
      const own = `state.${base}[${key}]`
      if (field === undefined) return { path: own, found: `no element of ${base}`, expected: `one of ${order}` }
      return { field, value, path: own, key: argument === undefined ? key : undefined }
    })
  }
}

/** Does the packed state at `base` pass? */
export const passes = ({ mask, value, nodes }: Constraint, states: Int32Array, base: number): boolean => {
  for (let w = 0; w < mask.length; w++) {
    if (((states[base + w] ?? 0) & (mask[w] ?? 0)) !== (value[w] ?? 0)) return false
  }
  for (const { slot, allowed } of nodes) if (allowed[readSlot(states, base, slot)] !== 1) return false
  return true
}

/** Does a test hold of every state? */
export const isEmpty = ({ mask, nodes }: Constraint): boolean => nodes.length === 0 && mask.every((bits) => bits === 0)

/** Is it a constraint, or what is wrong with the partial state? */
export const isConstraint = (compiled: Constraint | UnknownField): compiled is Constraint => 'mask' in compiled

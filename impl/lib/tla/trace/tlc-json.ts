/**
 * Traces that TLC writes with `-dumpTrace json`: module _JsonTrace of tlaplus. Its JSON does not tell sets from sequences, nor
 * functions from records, nor model values from strings, so each value is looked up among those that the variable can have.
 */

import type { LockstepError, Place } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'
import { parseValue } from '../parse-value.ts'
import type { Trace, TraceState } from './trace.ts'
import type { TlaValue } from '../../kernel/language/value.ts'
import { entriesOf, key, tla } from '../../kernel/language/value.ts'

/** One element of a variable: its argument, none for a variable with one value, and the values that it can have. */
export interface ElementDomain {
  readonly argument: TlaValue | undefined
  readonly values: readonly TlaValue[]
}

/** The elements of a variable; undefined if there is no such variable. */
export type DomainOf = (variable: string) => readonly ElementDomain[] | undefined

type JsonObject = Readonly<Record<string, unknown>>

const isObject = (json: unknown): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

const isPair = (json: unknown): json is readonly [number, JsonObject] =>
  Array.isArray(json) && json.length === 2 && Number.isInteger(json[0]) && isObject(json[1])

/** The part of a document that is the counterexample; newer ones have the names of the variables beside it. */
const counterexample = (json: unknown): unknown =>
  isObject(json) && isObject(json['counterexample']) ? json['counterexample'] : json

/** Is it a document of TLC's? A list of states, or states and actions with their numbers. */
export const isTlcJson = (json: unknown): boolean => {
  const document = counterexample(json)
  if (Array.isArray(document)) return document.every(isObject)
  return isObject(document) && Array.isArray(document['state']) && Array.isArray(document['action'])
}

const argumentOf = (text: string): TlaValue => {
  try {
    return parseValue(text)
  } catch {
    return tla.str(text)
  }
}

/** Entries of what may be a function of so many arguments: an object by what its keys say, a list as one on 1..n. */
const jsonEntries = (json: unknown, size: number): Map<string, unknown> | undefined => {
  const isList = Array.isArray(json)
  if ((!isList && !isObject(json)) || Object.keys(json).length !== size) return undefined
  if (isList) return new Map(json.map((item: unknown, i) => [String(i + 1), item]))
  // a key of a record is a string without quotes, which may be a number's text as well
  return new Map(
    Object.entries(json).flatMap(([name, v]) => [[key(argumentOf(name)), v] as const, [key(tla.str(name)), v]]),
  )
}

const sameItems = (items: readonly TlaValue[], json: readonly unknown[]): boolean => {
  const rest = [...json]
  return (
    items.length === json.length &&
    items.every((item) => {
      const at = rest.findIndex((other) => isWrittenAs(item, other))
      if (at >= 0) rest.splice(at, 1)
      return at >= 0
    })
  )
}

const integers = (lo: bigint, hi: bigint, most: number): TlaValue[] =>
  hi - lo >= BigInt(most)
    ? []
    : Array.from({ length: Math.max(0, Number(hi - lo) + 1) }, (_, i) => tla.int(lo + BigInt(i)))

/** Is this how TLC writes the value? */
export const isWrittenAs = (value: TlaValue, json: unknown): boolean => {
  switch (value.kind) {
    case 'bool':
    case 'str':
      return json === value.value
    case 'int':
      return typeof json === 'number' && Number.isSafeInteger(json) && BigInt(json) === value.value
    case 'model':
      return json === value.name
    case 'set':
      return Array.isArray(json) && sameItems(value.items, json)
    case 'interval':
      return (
        Array.isArray(json) &&
        BigInt(json.length) === (value.hi < value.lo ? 0n : value.hi - value.lo + 1n) &&
        sameItems(integers(value.lo, value.hi, json.length + 1), json)
      )
    case 'seq':
    case 'record':
    case 'fun':
      return isFunctionAs(entriesOf(value) ?? [], json)
  }
}

const isFunctionAs = (entries: readonly (readonly [TlaValue, TlaValue])[], json: unknown): boolean => {
  const found = jsonEntries(json, entries.length)
  if (found === undefined) return false
  return entries.every(([argument, value]) => {
    const at = key(argument)
    return found.has(at) && isWrittenAs(value, found.get(at))
  })
}

/** Reads one document. */
class JsonTraceReader {
  readonly #from: Place
  readonly #domainOf: DomainOf

  constructor(from: Place, domainOf: DomainOf) {
    this.#from = from.file === undefined ? {} : { file: from.file }
    this.#domainOf = domainOf
  }

  #error(message: string, hint = 'give the file as TLC wrote it'): LockstepError {
    return badInput({ code: 'bad-tlc-json', message, hint, ...this.#from })
  }

  #value(number: number, name: string, json: unknown): TlaValue {
    const elements = this.#domainOf(name)
    const where = `state ${number}: ${name}`
    if (elements === undefined) throw this.#error(`${where}: no such variable`, 'is this a trace of this model?')
    const [first] = elements
    if (first?.argument === undefined) return this.#among(where, first?.values ?? [], json)
    const entries = jsonEntries(json, elements.length)
    if (entries === undefined) {
      const message = `${where}: expected a function with ${elements.length} arguments`
      throw this.#error(message, 'is this a trace of this model?')
    }
    return tla.fun(
      elements.flatMap(({ argument, values }) => {
        if (argument === undefined) return []
        const at = key(argument)
        return [[argument, this.#among(`${where}[${at}]`, values, entries.get(at))] as const]
      }),
    )
  }

  #among(where: string, values: readonly TlaValue[], json: unknown): TlaValue {
    const found = values.find((value) => isWrittenAs(value, json))
    if (found !== undefined) return found
    const text = JSON.stringify(json) as string | undefined
    const shown = text === undefined ? 'no value' : text.slice(0, 80)
    throw this.#error(`${where} is ${shown}, which the model never gives it`, 'is this a trace of this model?')
  }

  #state(number: number, json: JsonObject): TraceState {
    const values = Object.entries(json).map(([name, v]) => [name, this.#value(number, name, v)] as const)
    return { values: new Map(values) }
  }

  /** Numbered states, in order; each number from 1 is there once. */
  #numbered(json: unknown): TraceState[] {
    const list: unknown[] = Array.isArray(json) ? json : []
    const pairs = list.map((pair, i) => {
      if (isPair(pair)) return pair
      throw this.#error(`state[${i}]: expected a number and a state`)
    })
    const sorted = [...pairs].sort(([a], [b]) => a - b)
    return sorted.map(([number, state], i) => {
      if (number !== i + 1)
        throw this.#error(`expected state ${i + 1}, found state ${number}`, 'a part of the trace is missing')
      return this.#state(number, state)
    })
  }

  /** From which state to which, and by what: the third may go back. */
  #step(json: unknown, i: number): { from: number; name: string; to: number } {
    const [from, action, to] = Array.isArray(json) ? (json as unknown[]) : []
    const name = isObject(action) ? action['name'] : undefined
    if (isPair(from) && isPair(to) && typeof name === 'string') return { from: from[0], name, to: to[0] }
    throw this.#error(`action[${i}]: expected a state, an action with its name, and a state`)
  }

  #withActions(document: JsonObject): Trace {
    const states = this.#numbered(document['state'])
    const list: unknown[] = Array.isArray(document['action']) ? document['action'] : []
    const steps = list.map((step, i) => this.#step(step, i))
    const outside = steps.find(({ from, to }) => Math.max(from, to) > states.length)
    if (outside !== undefined) {
      throw this.#error(`an action leads to state ${outside.to}, which is not there`, 'a part of the trace is missing')
    }
    const named = states.map((state, i) => {
      if (i === 0) return state
      const step = steps.find(({ from, to }) => from === i && to === i + 1)
      if (step === undefined) throw this.#error(`no action leads to state ${i + 1}`, 'a part of the trace is missing')
      return { ...state, action: step.name }
    })
    const back = steps.find(({ from, to }) => to <= from)
    return this.#trace(named, back === undefined ? {} : { loop: back.to - 1 })
  }

  #trace(states: readonly TraceState[], loop: { loop?: number }): Trace {
    const [first] = states
    if (first === undefined)
      throw this.#error('there is no state', 'give the file of a run that found a counterexample')
    const vars = [...first.values.keys()]
    const other = states.findIndex(
      ({ values }) => values.size !== vars.length || vars.some((name) => !values.has(name)),
    )
    if (other >= 0) throw this.#error(`state ${other + 1} has other variables than state 1`)
    return { meta: {}, vars, states, ...loop }
  }

  trace(json: unknown): Trace {
    const document = counterexample(json)
    if (isObject(document)) return this.#withActions(document)
    const list: unknown[] = Array.isArray(document) ? document : []
    return this.#trace(
      list.map((state, i) => this.#state(i + 1, isObject(state) ? state : {})),
      {},
    )
  }
}

/**
 * Reads a document that `-dumpTrace json` wrote.
 * @param domainOf the values that a model gives its variables
 * @throws LockstepError (exit 2) `bad-tlc-json` with the number of the state
 */
export const readTlcJson = (json: unknown, domainOf: DomainOf, from: Place = {}): Trace =>
  new JsonTraceReader(from, domainOf).trace(json)

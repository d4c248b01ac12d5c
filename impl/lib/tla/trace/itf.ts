/**
 * Traces as JSON, in Apalache's Informal Trace Format (ADR-015), so that other tools can show and replay them.
 *
 * TLA+ has more kinds of values than ITF. A record is an object, a sequence a list, any other function a `#map`. A record
 * with a field name that ITF reserves is written as a `#map`, its equal. A model value `v` is the string `v_OF_MODEL_VALUE`,
 * after Apalache's `v_OF_TYPE` for values of uninterpreted types; strings of other such types stay strings.
 */

import { given } from '../../kernel/given.ts'
import type { LockstepError } from '../../kernel/error.ts'
import { badInput } from '../../kernel/error.ts'
import type { JsonOptions } from '../../text/json.ts'
import { parseJson } from '../../text/json.ts'
import { MAX_DEPTH } from '../parse-value.ts'
import { isIdentifier } from '../../kernel/language/print-value.ts'
import type { Trace, TraceState } from './trace.ts'
import type { TlaValue } from '../../kernel/language/value.ts'
import { tla } from '../../kernel/language/value.ts'

export type { Trace, TraceState } from './trace.ts'

/** An interval with more elements than this is not written: ITF can only list them. */
export const MAX_INTERVAL = 100_000n

const MODEL_SUFFIX = '_OF_MODEL_VALUE'

/** What `#meta.format` says in every document we write; it tells nothing about the trace, so it is taken off again. */
const FORMAT = 'ITF'

/** A name that stands for something else in ITF, or for the prototype in JavaScript. */
const isReserved = (name: string): boolean => name.startsWith('#') || name === '__proto__'

// ---- writing

const cannotWrite = (message: string): LockstepError =>
  badInput({
    code: 'itf-not-expressible',
    message,
    hint: 'keep this value out of the trace, or keep the trace in TLC format',
  })

const intToItf = (value: bigint): unknown => {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : { '#bigint': value.toString() }
}

const stringToItf = (value: string): string => {
  if (value.endsWith(MODEL_SUFFIX)) throw cannotWrite(`the string "${value}" would be read back as a model value`)
  return value
}

const intervalToItf = (lo: bigint, hi: bigint): unknown => {
  if (hi - lo >= MAX_INTERVAL) throw cannotWrite(`the interval ${lo}..${hi} has more than ${MAX_INTERVAL} elements`)
  const items: unknown[] = []
  for (let i = lo; i <= hi; i += 1n) items.push(intToItf(i))
  return { '#set': items }
}

const recordToItf = (fields: readonly (readonly [string, TlaValue])[]): unknown => {
  if (fields.some(([name]) => isReserved(name))) {
    return { '#map': fields.map(([name, value]) => [stringToItf(name), toItf(value)]) }
  }
  return Object.fromEntries(fields.map(([name, value]) => [name, toItf(value)]))
}

function toItf(value: TlaValue): unknown {
  switch (value.kind) {
    case 'bool':
      return value.value
    case 'int':
      return intToItf(value.value)
    case 'str':
      return stringToItf(value.value)
    case 'model':
      return `${value.name}${MODEL_SUFFIX}`
    case 'set':
      return { '#set': value.items.map(toItf) }
    case 'interval':
      return intervalToItf(value.lo, value.hi)
    case 'seq':
      return value.items.map(toItf)
    case 'record':
      return recordToItf(value.fields)
    case 'fun':
      return { '#map': value.entries.map(([argument, v]) => [toItf(argument), toItf(v)]) }
  }
}

const stateToItf = (state: TraceState, index: number): unknown => {
  const action = state.action === undefined ? {} : { action: state.action }
  const values = [...state.values].map(([name, value]): [string, unknown] => [name, toItf(value)])
  return Object.fromEntries([['#meta', { ...state.args, ...action, index }], ...values])
}

/**
 * A trace as ITF, one state a line so that two traces can be compared line by line; ends in a line break.
 * @throws LockstepError (exit 2) `itf-not-expressible` for an interval of more than `MAX_INTERVAL` elements, a string that
 * looks like a model value, or a variable whose name ITF reserves
 */
export const printItf = (trace: Trace): string => {
  const reserved = trace.vars.find(isReserved)
  if (reserved !== undefined) throw cannotWrite(`no variable can be named ${reserved}`)
  const head = [
    `"#meta": ${JSON.stringify({ format: FORMAT, ...trace.meta })}`,
    `"vars": ${JSON.stringify(trace.vars)}`,
    ...(trace.loop === undefined ? [] : [`"loop": ${trace.loop}`]),
  ]
  const states = trace.states.map((state, index) => JSON.stringify(stateToItf(state, index)))
  return `{\n${head.join(',\n')},\n"states": [\n${states.join(',\n')}\n]\n}\n`
}

// ---- reading

/** Where in the document something is, as a path like `states[2].pc`. */
type Path = string

type JsonObject = Readonly<Record<string, unknown>>

/** Reads one document; holds the name of the file for errors. */
class ItfReader {
  readonly #file: { readonly file?: string }

  constructor(options: JsonOptions) {
    this.#file = options.file === undefined ? {} : { file: options.file }
  }

  #error(path: Path, message: string, hint = 'see the ITF description of Apalache, ADR-015'): LockstepError {
    return badInput({ code: 'bad-itf', message: `${path || 'the document'}: ${message}`, hint, ...this.#file })
  }

  #object(json: unknown, path: Path, what = 'an object'): JsonObject {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw this.#error(path, `expected ${what}`)
    // an own key of this name could only be an attempt on whoever copies the object
    if (Object.hasOwn(json, '__proto__')) throw this.#error(path, 'the key __proto__ is not allowed', 'take it out')
    return json as JsonObject
  }

  #list(json: unknown, path: Path, what = 'a list'): readonly unknown[] {
    if (!Array.isArray(json)) throw this.#error(path, `expected ${what}`)
    return json
  }

  #int(json: number, path: Path): TlaValue {
    if (Number.isSafeInteger(json)) return tla.int(json)
    const problem = Number.isInteger(json) ? 'may have lost digits' : 'is not an integer'
    throw this.#error(path, `the number ${json} ${problem}`, 'write large integers as {"#bigint": "..."}')
  }

  #string(json: string, path: Path): TlaValue {
    // eslint-disable-next-line no-control-regex -- these are what TLA+ strings cannot hold
    if (/[\u0000-\u0008\u000b\u000e-\u001f\u007f]/.test(json)) {
      throw this.#error(path, 'the string holds a control character that TLA+ has no notation for', 'take it out')
    }
    const name = json.endsWith(MODEL_SUFFIX) ? json.slice(0, -MODEL_SUFFIX.length) : undefined
    if (name === undefined) return tla.str(json)
    if (!isIdentifier(name)) throw this.#error(path, `${JSON.stringify(name)} is no name of a model value`)
    return tla.model(name)
  }

  #value(json: unknown, path: Path, depth: number): TlaValue {
    if (depth > MAX_DEPTH) {
      const where = path.length > 80 ? `${path.slice(0, 80)}...` : path
      throw this.#error(where, `the value is nested deeper than ${MAX_DEPTH} levels`, 'no state of a model needs that')
    }
    if (typeof json === 'boolean') return tla.bool(json)
    if (typeof json === 'number') return this.#int(json, path)
    if (typeof json === 'string') return this.#string(json, path)
    if (Array.isArray(json)) return tla.seq(this.#items(json, path, depth))
    return this.#fromObject(this.#object(json, path, 'a value, not null'), path, depth)
  }

  #items(json: unknown, path: Path, depth: number): TlaValue[] {
    return this.#list(json, path).map((item, i) => this.#value(item, `${path}[${i}]`, depth + 1))
  }

  #fromObject(json: JsonObject, path: Path, depth: number): TlaValue {
    const keys = Object.keys(json)
    const special = keys.find((k) => k.startsWith('#'))
    if (special === undefined) {
      return tla.record(keys.map((k) => [k, this.#value(json[k], `${path}.${k}`, depth + 1)]))
    }
    if (keys.length > 1) throw this.#error(path, `${special} stands alone in its object`)
    return this.#special(special, json[special], `${path}.${special}`, depth)
  }

  #special(name: string, json: unknown, path: Path, depth: number): TlaValue {
    switch (name) {
      case '#bigint':
        if (typeof json === 'string' && /^-?[0-9]+$/.test(json)) return tla.int(BigInt(json))
        throw this.#error(path, 'expected a string of decimal digits')
      case '#tup':
        return tla.seq(this.#items(json, path, depth))
      case '#set':
        return tla.set(this.#items(json, path, depth))
      case '#map':
        return this.#map(json, path, depth)
      case '#unserializable':
        throw this.#error(
          path,
          'the tool that wrote the trace left this value out',
          'make it a finite value in the spec',
        )
      default:
        throw this.#error(path, 'unknown kind of value; known are #bigint, #tup, #set, #map')
    }
  }

  #map(json: unknown, path: Path, depth: number): TlaValue {
    const entries = this.#list(json, path).map((pair, i): [TlaValue, TlaValue] => {
      const at = `${path}[${i}]`
      const both = this.#list(pair, at, 'a list of an argument and a value')
      if (both.length !== 2) throw this.#error(at, `expected an argument and a value, found ${both.length} items`)
      return [this.#value(both[0], `${at}[0]`, depth + 1), this.#value(both[1], `${at}[1]`, depth + 1)]
    })
    const value = tla.fun(entries)
    if (value.kind === 'fun' && value.entries.length < entries.length) {
      throw this.#error(path, 'an argument is given twice', 'a function has each argument once')
    }
    return value
  }

  /** Strings, and other scalars as text; lists and objects (Apalache's `varTypes`) are of no use here. */
  #meta(json: unknown, path: Path): Record<string, string> {
    if (json === undefined) return {}
    const scalars = Object.entries(this.#object(json, path)).flatMap(([name, value]): [string, string][] =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[name, String(value)]]
        : [],
    )
    return Object.fromEntries(scalars)
  }

  #names(json: unknown, path: Path): string[] {
    const names = this.#list(json, path, 'a list of names').map((name, i) => {
      if (typeof name === 'string' && !isReserved(name) && name !== '') return name
      throw this.#error(`${path}[${i}]`, 'expected the name of a variable')
    })
    if (new Set(names).size < names.length) throw this.#error(path, 'a name is given twice')
    return names
  }

  #state(json: unknown, vars: readonly string[], params: readonly string[], path: Path): TraceState {
    const state = this.#object(json, path)
    const unknown = Object.keys(state).find(
      (name) => name !== '#meta' && !vars.includes(name) && !params.includes(name),
    )
    if (unknown !== undefined) throw this.#error(path, `${unknown} is not among the variables (${vars.join(', ')})`)
    const values = vars.map((name): [string, TlaValue] => {
      if (!Object.hasOwn(state, name)) throw this.#error(path, `the variable ${name} has no value`)
      return [name, this.#value(state[name], `${path}.${name}`, 1)]
    })
    const meta = this.#meta(state['#meta'], `${path}.#meta`)
    const args = Object.entries(meta).filter(([name]) => name !== 'action' && name !== 'index')
    return {
      ...given({ action: meta['action'], args: args.length === 0 ? undefined : Object.fromEntries(args) }),
      values: new Map(values),
    }
  }

  #loop(json: unknown, states: number): { loop?: number } {
    if (json === undefined) return {}
    if (typeof json === 'number' && Number.isInteger(json) && json >= 0 && json < states) return { loop: json }
    throw this.#error('loop', `expected the index of a state, 0 to ${states - 1}`)
  }

  trace(json: unknown): Trace {
    const document = this.#object(json, '')
    const meta = this.#meta(document['#meta'], '#meta')
    if (meta['format'] === FORMAT) delete meta['format']
    const vars = this.#names(document['vars'], 'vars')
    const params = this.#names(document['params'] ?? [], 'params')
    const list = this.#list(document['states'], 'states', 'a list of states')
    if (list.length === 0) throw this.#error('states', 'a trace has at least one state')
    const states = list.map((state, i) => this.#state(state, vars, params, `states[${i}]`))
    return { meta, vars, states, ...this.#loop(document['loop'], states.length) }
  }
}

/**
 * Reads a trace in ITF. Values of `params` are skipped; of `#meta`, only scalars are kept, as text.
 * @param options file name for errors; size limit in bytes, 64 MiB if not given
 * @throws LockstepError (exit 2): `too-large`, `not-json` with line and column, or `bad-itf` with the path to the value
 */
export const parseItf = (text: string, options: JsonOptions = {}): Trace =>
  new ItfReader(options).trace(parseJson(text, options))

/**
 * Maps say what a tracepoint means for a model: `kvm_entry` of vCPU 0 is a state in which `vcpu0` is at `vmentry`. Format,
 * version 1: docs/log-format.md. Which actions and variables there are is the caller's to check.
 */

import { z } from 'zod'
import { badInput } from '../kernel/error.ts'
import type { Json } from './json-codec.ts'
import type { Mapped, Mapper, TraceLine } from './ftrace.ts'
import { scalar } from './ftrace.ts'
import type { Groups } from './pattern.ts'
import { Pattern } from './pattern.ts'
import type { Placed } from '../text/json-places.ts'
import { parsePlaced } from '../text/json-places.ts'

const json: z.ZodType<Json> = z.lazy(() =>
  z.union([z.boolean(), z.number(), z.string(), z.null(), z.array(json), z.record(z.string(), json)]),
)

const text = z.string().min(1)
const scalarSchema = z.union([z.string(), z.int(), z.boolean()])

const entrySchema = z.strictObject({
  tracepoint: text.describe('name without its system, e.g. kvm_entry'),
  note: z.string().optional().describe('why this and no more'),
  task: text.optional().describe('regular expression on the name of the task; its named groups can be substituted'),
  payload: text
    .optional()
    .describe(
      'regular expression on what is printed after the name; without it, key=value fields are taken from there',
    ),
  when: z
    .record(text, z.union([scalarSchema, z.array(scalarSchema).min(1)]))
    .optional()
    .describe('groups and fields that must have this value, or one of these'),
  ignore: z.literal(true).optional().describe('the tracepoint says nothing of the model'),
  action: text.optional().describe('the action that was taken; no substitution'),
  thread: text.optional().describe('whose step it was, e.g. vcpu${vcpu}'),
  result: json.optional().describe("what the step's access returned"),
  state: z.record(text, json).optional().describe('what is known of the state; keys and values may have substitutions'),
})

const mapSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  note: z.string().optional(),
  tasks: z
    .record(z.string().regex(/^\d+$/, 'a pid expected'), text)
    .optional()
    .describe('names of tasks by their pid, for lines in which the tracer has lost the name (`<...>`)'),
  tracepoints: z.array(entrySchema),
})

type EntryJson = z.infer<typeof entrySchema>

/** JSON schema of a map, for documents and editors. */
export const mapJsonSchema = (): unknown => z.toJSONSchema(mapSchema, { target: 'draft-2020-12' })

/** An action that a map names, and where. */
export interface MapAction {
  /** e.g. `tracepoints[2].action` */
  readonly path: string
  readonly action: string
  readonly line: number
  readonly column: number
}

/** A map that was read. */
export interface TraceMap {
  readonly file: string
  /** what it says of itself */
  readonly note: string | undefined
  /** names of the tracepoints that it has */
  readonly tracepoints: readonly string[]
  /** for the caller to compare with those of the model */
  readonly actions: readonly MapAction[]
  /** names of tasks by pid */
  readonly tasks: ReadonlyMap<string, string>
  readonly apply: Mapper
}

const SUBSTITUTION = /\$\{([^}]*)\}/g

/** A text with substitutions; `undefined` if something that it names is not there. */
const substitute = (template: string, groups: ReadonlyMap<string, string>): string | undefined => {
  if (!template.includes('${')) return template
  if (namesIn(template).some((name) => !groups.has(name))) return undefined
  return template.replace(SUBSTITUTION, (_, name: string) => groups.get(name) ?? '')
}

/** A text that is one substitution becomes a number, true, false or null where it looks like one. */
const ONLY = /^\$\{[^}]*\}$/

class NotThere extends Error {}
class TooLarge extends Error {}

const fill = (value: Json, groups: ReadonlyMap<string, string>): Json => {
  if (typeof value === 'string') {
    const out = substitute(value, groups)
    if (out === undefined) throw new NotThere()
    if (!ONLY.test(value)) return out
    const found = scalar(out)
    if (found === undefined) throw new TooLarge(out)
    return found
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => fill(item, groups))
  return fillKeys(value as Readonly<Record<string, Json>>, groups)
}

const fillKeys = (value: Readonly<Record<string, Json>>, groups: ReadonlyMap<string, string>): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, Json] => {
      const name = substitute(key, groups)
      if (name === undefined) throw new NotThere()
      return [name, fill(item, groups)]
    }),
  )

const FIELD = /(?:^|[\s,{(])([\w.-]+)=([^\s,})]+)/g

/** `key=value` fields of a payload; the first of two with one name. */
const fieldsOf = (payload: string): [string, string][] =>
  [...payload.matchAll(FIELD)].map(([, key = '', value = '']): [string, string] => [key, value]).reverse()

const NO_GROUPS: Groups = []

/** One entry, ready to be applied. */
class Entry {
  readonly #json: EntryJson
  readonly #task: Pattern | undefined
  readonly #payload: Pattern | undefined
  readonly #when: readonly (readonly [string, ReadonlySet<string>])[]

  constructor(entry: EntryJson, task: Pattern | undefined, payload: Pattern | undefined) {
    this.#json = entry
    this.#task = task
    this.#payload = payload
    this.#when = Object.entries(entry.when ?? {}).map(([name, value]) => [
      name,
      new Set((Array.isArray(value) ? value : [value]).map(String)),
    ])
  }

  /** What the line is by this entry; `undefined` if it is not for it. */
  apply(trace: TraceLine): Mapped {
    const groups = this.#groups(trace)
    if (groups === undefined) return undefined
    for (const [name, values] of this.#when) {
      const value = groups.get(name)
      if (value === undefined || !values.has(value)) return undefined
    }
    if (this.#json.ignore === true) return { ignored: true }
    try {
      return this.#event(groups)
    } catch (error) {
      if (error instanceof NotThere) return undefined
      if (!(error instanceof TooLarge)) throw error
      // within the payload
      const column = Math.max(0, trace.payload.indexOf(error.message)) + 1
      return { line: trace.line, column, message: `${error.message} is beyond 2^53`, hint: 'the map makes it a number' }
    }
  }

  #event(groups: ReadonlyMap<string, string>): Mapped {
    const { action, thread, result, state } = this.#json
    const name = thread === undefined ? undefined : substitute(thread, groups)
    if (thread !== undefined && name === undefined) return undefined
    return {
      ...(action === undefined ? {} : { action }),
      ...(name === undefined ? {} : { thread: name }),
      ...(result === undefined ? {} : { result: fill(result, groups) }),
      ...(state === undefined ? {} : { state: fillKeys(state, groups) }),
    }
  }

  /** What can be substituted; `undefined` if a pattern does not match. */
  #groups({ task, payload }: TraceLine): ReadonlyMap<string, string> | undefined {
    const byTask = this.#task === undefined ? NO_GROUPS : this.#task.match(task)
    if (byTask === undefined) return undefined
    // what a pattern names goes before what is only there
    if (this.#payload === undefined) return new Map([...fieldsOf(payload), ...byTask])
    const byPayload = this.#payload.match(payload)
    return byPayload === undefined ? undefined : new Map([...byTask, ...byPayload])
  }
}

/** Errors about a map, with their places. */
class Reader {
  readonly #placed: Placed
  readonly #file: string

  constructor(placed: Placed, file: string) {
    this.#placed = placed
    this.#file = file
  }

  error(
    code: string,
    path: readonly PropertyKey[],
    message: string,
    hint = 'docs/log-format.md has the format',
  ): Error {
    return badInput({ code, message: `${pathText(path)}: ${message}`, hint, file: this.#file, ...this.place(path) })
  }

  place(path: readonly PropertyKey[]): { readonly line: number; readonly column: number } {
    return this.#placed.placeOf(path)
  }

  entry(entry: EntryJson, index: number): Entry {
    const at = (key: string): PropertyKey[] => ['tracepoints', index, key]
    const { ignore, action, thread, result, state, task, payload } = entry
    if (ignore === true && (action ?? thread ?? result ?? state) !== undefined) {
      throw this.error('bad-map', at('ignore'), 'an entry that is ignored says nothing else')
    }
    if (ignore !== true && action === undefined && state === undefined) {
      throw this.error('bad-map', at('tracepoint'), 'action, state or ignore expected')
    }
    if (action === undefined && result !== undefined) throw this.error('bad-map', at('result'), 'it is of an action')
    if (action?.includes('${') === true) {
      throw this.error('bad-map', at('action'), 'no substitution here', 'give an entry with `when` for each action')
    }
    const patterns = [this.#pattern(task, at('task')), this.#pattern(payload, at('payload'))] as const
    // without a pattern on the payload any field may be there
    if (payload !== undefined) this.#checkNames(entry, index, patterns)
    return new Entry(entry, ...patterns)
  }

  #pattern(source: string | undefined, path: readonly PropertyKey[]): Pattern | undefined {
    if (source === undefined) return undefined
    try {
      return new Pattern(source)
    } catch (error) {
      throw this.error('bad-map', path, error instanceof Error ? error.message : String(error))
    }
  }

  /** Every name that is substituted or compared is a group: a misspelt one would make the entry one that never applies. */
  #checkNames(entry: EntryJson, index: number, patterns: readonly (Pattern | undefined)[]): void {
    const known = new Set(patterns.flatMap((pattern) => pattern?.names ?? []))
    const check = (name: string, path: readonly PropertyKey[]): void => {
      if (known.has(name)) return
      const hint = known.size === 0 ? 'name groups with (?<name>...)' : `there are ${[...known].join(', ')}`
      throw this.error('bad-map', path, `no pattern has the group ${name}`, hint)
    }
    const at = ['tracepoints', index]
    for (const name of Object.keys(entry.when ?? {})) check(name, [...at, 'when', name])
    for (const key of ['thread', 'result', 'state'] as const) {
      for (const name of namesIn(entry[key] ?? null)) check(name, [...at, key])
    }
  }
}

/** Names that are substituted anywhere in a value. */
const namesIn = (value: Json): string[] => {
  if (typeof value === 'string') return [...value.matchAll(SUBSTITUTION)].map(([, name = '']) => name)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value as object).flatMap(([key, item]) => [...namesIn(key), ...namesIn(item as Json)])
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${String(key)}`)).join('') ||
  'the map'

/**
 * Reads a map. Of the entries for a tracepoint the first one that fits applies.
 * @throws LockstepError (exit 2) with line and column
 */
export const parseMap = (source: string, file: string): TraceMap => {
  const placed = parsePlaced(source, file)
  const reader = new Reader(placed, file)
  const parsed = mapSchema.safeParse(placed.value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    throw reader.error('bad-map', [...(issue?.path ?? []), ...unknown], issue?.message ?? 'not a map')
  }
  const { note, tasks = {}, tracepoints } = parsed.data
  const byName = new Map<string, Entry[]>()
  tracepoints.forEach((entry, i) => {
    const ready = reader.entry(entry, i)
    const same = byName.get(entry.tracepoint)
    if (same === undefined) byName.set(entry.tracepoint, [ready])
    else same.push(ready)
  })
  const actions = tracepoints.flatMap(({ action }, i): MapAction[] => {
    const path = ['tracepoints', i, 'action']
    return action === undefined ? [] : [{ path: pathText(path), action, ...reader.place(path) }]
  })
  const apply: Mapper = (trace) => {
    for (const entry of byName.get(trace.event) ?? []) {
      const mapped = entry.apply(trace)
      if (mapped !== undefined) return mapped
    }
    return undefined
  }
  return { file, note, tracepoints: [...byName.keys()], actions, tasks: new Map(Object.entries(tasks)), apply }
}

/**
 * Maps say what a tracepoint means for a model: `kvm_entry` of vCPU 0 is a state in which `vcpu0` is at `vmentry`. Format,
 * version 1: docs/log-format.md. Which actions and variables there are is the caller's to check.
 */

import { z } from 'zod'
import { badInput } from '../kernel/error.ts'
import type { Json } from './json-codec.ts'
import type { Mapped, Mapper, TraceLine } from './ftrace.ts'
import { scalar } from './ftrace.ts'
import type { Pattern } from './pattern.ts'
import { compilePattern } from './pattern.ts'
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

class NotThere extends Error {}
class TooLarge extends Error {}

/** What is substituted in a line, by name. */
type Values = ReadonlyMap<string, string>

/** A text with its substitutions. */
const substitute = (template: string, values: Values): string =>
  template.replace(SUBSTITUTION, (_, name: string) => {
    const value = values.get(name)
    if (value === undefined) throw new NotThere()
    return value
  })

/** A text that is one substitution becomes a number, true, false or null where it looks like one. */
const ONLY = /^\$\{[^}]*\}$/

const fill = (value: Json, values: Values): Json => {
  if (typeof value === 'string') {
    const out = substitute(value, values)
    if (!ONLY.test(value)) return out
    const found = scalar(out)
    if (found === undefined) throw new TooLarge(out)
    return found
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => fill(item, values))
  return fillKeys(value as Readonly<Record<string, Json>>, values)
}

const fillKeys = (value: Readonly<Record<string, Json>>, values: Values): Record<string, Json> =>
  Object.fromEntries(Object.entries(value).map(([key, item]) => [substitute(key, values), fill(item, values)]))

const FIELD = /(?:^|[\s,{(])([\w.-]+)=([^\s,})]+)/g

/** `key=value` fields of a payload; the first of two with one name. */
const fieldsOf = (payload: string): [string, string][] =>
  [...payload.matchAll(FIELD)].map(([, key = '', value = '']): [string, string] => [key, value]).reverse()

/** Patterns of an entry. */
interface Patterns {
  readonly task: Pattern | undefined
  readonly payload: Pattern | undefined
}

/** What can be substituted; `undefined` if a pattern does not match. */
const valuesOf = ({ task, payload }: TraceLine, patterns: Patterns): Values | undefined => {
  const byTask = patterns.task === undefined ? [] : patterns.task.match(task)
  if (byTask === undefined) return undefined
  // what a pattern names goes before what is only there
  if (patterns.payload === undefined) return new Map([...fieldsOf(payload), ...byTask])
  const byPayload = patterns.payload.match(payload)
  return byPayload === undefined ? undefined : new Map([...byTask, ...byPayload])
}

const eventOf = ({ action, thread, result, state }: EntryJson, values: Values): Mapped => ({
  ...(action === undefined ? {} : { action }),
  ...(thread === undefined ? {} : { thread: substitute(thread, values) }),
  ...(result === undefined ? {} : { result: fill(result, values) }),
  ...(state === undefined ? {} : { state: fillKeys(state, values) }),
})

/** One entry, ready to be applied: what a line is by it, `undefined` if it is not for it. */
const mapperOf = (entry: EntryJson, patterns: Patterns): Mapper => {
  const when = Object.entries(entry.when ?? {}).map(
    ([name, value]) => [name, new Set<string | undefined>([value].flat().map(String))] as const,
  )
  return (trace) => {
    const values = valuesOf(trace, patterns)
    if (values === undefined || when.some(([name, wanted]) => !wanted.has(values.get(name)))) return undefined
    if (entry.ignore === true) return { ignored: true }
    try {
      return eventOf(entry, values)
    } catch (error) {
      if (error instanceof NotThere) return undefined
      if (!(error instanceof TooLarge)) throw error
      // within the payload
      const column = Math.max(0, trace.payload.indexOf(error.message)) + 1
      return { line: trace.line, column, message: `${error.message} is beyond 2^53`, hint: 'the map makes it a number' }
    }
  }
}

/** An error about a map, with its place. */
type Refusal = (path: readonly PropertyKey[], message: string, hint?: string) => Error

const patternOf = (source: string | undefined, path: readonly PropertyKey[], refusal: Refusal): Pattern | undefined => {
  if (source === undefined) return undefined
  try {
    return compilePattern(source)
  } catch (error) {
    throw refusal(path, error instanceof Error ? error.message : String(error))
  }
}

/** Reads entry number `index`. */
const readEntry = (entry: EntryJson, index: number, refusal: Refusal): Mapper => {
  const at = (key: string): PropertyKey[] => ['tracepoints', index, key]
  const { ignore, action, thread, result, state, task, payload } = entry
  if (ignore === true && (action ?? thread ?? result ?? state) !== undefined) {
    throw refusal(at('ignore'), 'an entry that is ignored says nothing else')
  }
  if (ignore !== true && action === undefined && state === undefined) {
    throw refusal(at('tracepoint'), 'action, state or ignore expected')
  }
  if (action === undefined && result !== undefined) throw refusal(at('result'), 'it is of an action')
  if (action?.includes('${') === true) {
    throw refusal(at('action'), 'no substitution here', 'give an entry with `when` for each action')
  }
  const patterns = { task: patternOf(task, at('task'), refusal), payload: patternOf(payload, at('payload'), refusal) }
  // without a pattern on the payload any field may be there
  if (payload !== undefined) checkNames(entry, at, patterns, refusal)
  return mapperOf(entry, patterns)
}

/** Every name that is substituted or compared is a group: a misspelt one would make the entry one that never applies. */
const checkNames = (
  entry: EntryJson,
  at: (key: string) => PropertyKey[],
  { task, payload }: Patterns,
  refusal: Refusal,
): void => {
  const known = new Set([...(task?.names ?? []), ...(payload?.names ?? [])])
  const check = (name: string, path: readonly PropertyKey[]): void => {
    if (known.has(name)) return
    const hint = known.size === 0 ? 'name groups with (?<name>...)' : `there are ${[...known].join(', ')}`
    throw refusal(path, `no pattern has the group ${name}`, hint)
  }
  for (const name of Object.keys(entry.when ?? {})) check(name, [...at('when'), name])
  for (const key of ['thread', 'result', 'state'] as const) {
    for (const name of namesIn(entry[key] ?? null)) check(name, at(key))
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
  const refusal: Refusal = (path, message, hint = 'docs/log-format.md has the format') =>
    badInput({ code: 'bad-map', message: `${pathText(path)}: ${message}`, hint, file, ...placed.placeOf(path) })
  const parsed = mapSchema.safeParse(placed.value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    throw refusal([...(issue?.path ?? []), ...unknown], issue?.message ?? 'not a map')
  }
  const { note, tasks = {}, tracepoints } = parsed.data
  const byName = new Map<string, Mapper[]>()
  const actions: MapAction[] = []
  for (const [i, entry] of tracepoints.entries()) {
    const { tracepoint, action } = entry
    const mapper = readEntry(entry, i, refusal)
    const same = byName.get(tracepoint)
    if (same === undefined) byName.set(tracepoint, [mapper])
    else same.push(mapper)
    const path = ['tracepoints', i, 'action']
    if (action !== undefined) actions.push({ path: pathText(path), action, ...placed.placeOf(path) })
  }
  const apply: Mapper = (trace) => {
    for (const mapper of byName.get(trace.event) ?? []) {
      const mapped = mapper(trace)
      if (mapped !== undefined) return mapped
    }
    return undefined
  }
  return { file, note, tracepoints: [...byName.keys()], actions, tasks: new Map(Object.entries(tasks)), apply }
}

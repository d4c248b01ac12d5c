/** TLA+ values as data, and when two of them are equal: traces, proofs and machines all speak in these. */

/**
 * A TLA+ value. Two shapes may be one value (`<<5>>` is the function `1 :> 5`, a record is a function on strings, `1..2`
 * is `{1, 2}`); `key` and `equal` know that, comparing shapes does not.
 */
export type TlaValue =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'int'; readonly value: bigint }
  /** control characters other than \t \n \f \r have no TLA+ notation and are not allowed */
  | { readonly kind: 'str'; readonly value: string }
  | { readonly kind: 'model'; readonly name: string }
  /** `tla.set` sorts and deduplicates; a set made by hand may be in any order */
  | { readonly kind: 'set'; readonly items: readonly TlaValue[] }
  /** the set of all integers from `lo` to `hi`, both included; empty if `lo > hi`; never expanded */
  | { readonly kind: 'interval'; readonly lo: bigint; readonly hi: bigint }
  | { readonly kind: 'seq'; readonly items: readonly TlaValue[] }
  /** field names are distinct; their order is only for show */
  | { readonly kind: 'record'; readonly fields: readonly (readonly [string, TlaValue])[] }
  /** arguments are distinct; `tla.fun` sorts */
  | { readonly kind: 'fun'; readonly entries: readonly (readonly [TlaValue, TlaValue])[] }

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
}

/** A string as TLA+ writes it: quoted, with the escapes \" \\ \t \n \f \r. */
export const quote = (text: string): string => `"${text.replace(/["\\\t\n\f\r]/g, (c) => ESCAPES[c] ?? c)}"`

const bySize = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The integers of a list of nothing but integers; undefined for any other list. */
const asIntegers = (items: readonly TlaValue[]): bigint[] | undefined => {
  const integers: bigint[] = []
  for (const item of items) {
    if (item.kind !== 'int') return undefined
    integers.push(item.value)
  }
  return integers
}

const intervalKey = (lo: bigint, hi: bigint): string => (lo > hi ? '{}' : lo === hi ? `{${lo}}` : `${lo}..${hi}`)

const integerSetKey = (integers: bigint[]): string => {
  const sorted = [...new Set(integers)].sort(bySize)
  const first = sorted[0] ?? 1n
  const last = sorted.at(-1) ?? 0n
  // a set without gaps is an interval, whichever way it was written
  if (last - first + 1n === BigInt(sorted.length)) return intervalKey(first, last)
  return `{${sorted.join(', ')}}`
}

const setKey = (items: readonly TlaValue[]): string => {
  const integers = asIntegers(items)
  if (integers) return integerSetKey(integers)
  return `{${[...new Set(items.map(key))].sort(byText).join(', ')}}`
}

const sequenceKey = (items: readonly TlaValue[]): string => `<<${items.map(key).join(', ')}>>`

const fieldsKey = (fields: readonly (readonly [string, TlaValue])[]): string => {
  if (fields.length === 0) return '<<>>'
  const sorted = [...fields].sort(([a], [b]) => byText(a, b))
  return `[${sorted.map(([name, value]) => `${quote(name)} |-> ${key(value)}`).join(', ')}]`
}

/** The fields of a function on strings; undefined for any other function. */
const asFields = (entries: readonly (readonly [TlaValue, TlaValue])[]): [string, TlaValue][] | undefined => {
  const fields: [string, TlaValue][] = []
  for (const [argument, value] of entries) {
    if (argument.kind !== 'str') return undefined
    fields.push([argument.value, value])
  }
  return fields
}

/** The items of a function on 1..n, in order; undefined for any other function. */
const asSequence = (entries: readonly (readonly [TlaValue, TlaValue])[]): TlaValue[] | undefined => {
  const items = new Map<bigint, TlaValue>()
  for (const [argument, value] of entries) {
    if (argument.kind !== 'int' || argument.value < 1n || argument.value > BigInt(entries.length)) return undefined
    items.set(argument.value, value)
  }
  if (items.size !== entries.length) return undefined
  return [...items].sort(([a], [b]) => bySize(a, b)).map(([, value]) => value)
}

const functionKey = (entries: readonly (readonly [TlaValue, TlaValue])[]): string => {
  const items = asSequence(entries)
  if (items) return sequenceKey(items)
  const fields = asFields(entries)
  if (fields) return fieldsKey(fields)
  const pairs = entries.map(([argument, value]) => `${key(argument)} :> ${key(value)}`)
  return `(${pairs.sort(byText).join(' @@ ')})`
}

/** A value without parts as TLA+ writes it. */
export const atomText = (value: Extract<TlaValue, { readonly kind: 'bool' | 'int' | 'str' | 'model' }>): string => {
  switch (value.kind) {
    case 'bool':
      return value.value ? 'TRUE' : 'FALSE'
    case 'int':
      return value.value.toString()
    case 'str':
      return quote(value.value)
    case 'model':
      return value.name
  }
}

/**
 * The canonical text of a value: `key(a) === key(b)` exactly if TLA+ holds `a = b`. It is for maps and comparisons, not
 * for people; an interval takes no more room than its bounds.
 */
export function key(value: TlaValue): string {
  switch (value.kind) {
    case 'bool':
    case 'int':
    case 'str':
    case 'model':
      return atomText(value)
    case 'set':
      return setKey(value.items)
    case 'interval':
      return intervalKey(value.lo, value.hi)
    case 'seq':
      return sequenceKey(value.items)
    case 'record':
      return fieldsKey(value.fields)
    case 'fun':
      return functionKey(value.entries)
  }
}

/** Whether TLA+ holds the two values equal. */
export const equal = (a: TlaValue, b: TlaValue): boolean => a === b || key(a) === key(b)

/** Arguments and values of a function, in whichever shape it is: a sequence is one on `1..n`, a record one on strings. */
export const entriesOf = (value: TlaValue): readonly (readonly [TlaValue, TlaValue])[] | undefined => {
  switch (value.kind) {
    case 'fun':
      return value.entries
    case 'seq':
      return value.items.map((item, i) => [{ kind: 'int', value: BigInt(i + 1) }, item])
    case 'record':
      return value.fields.map(([name, v]) => [{ kind: 'str', value: name }, v])
    case 'bool':
    case 'int':
    case 'str':
    case 'model':
    case 'set':
    case 'interval':
      return undefined
  }
}

/** Sorted by value and without duplicates, of which the first stays: integers by size, before all others by key. */
const sortedBy = <T>(things: readonly T[], valueOf: (thing: T) => TlaValue): T[] => {
  // spares a chain of sets of one element the cost of a key at every level
  if (things.length < 2) return [...things]
  const seen = new Map<string, { thing: T; value: TlaValue; text: string }>()
  for (const thing of things) {
    const value = valueOf(thing)
    const text = key(value)
    if (!seen.has(text)) seen.set(text, { thing, value, text })
  }
  const inOrder = [...seen.values()].sort((a, b) => {
    if (a.value.kind === 'int' && b.value.kind === 'int') return bySize(a.value.value, b.value.value)
    if (a.value.kind === 'int' || b.value.kind === 'int') return a.value.kind === 'int' ? -1 : 1
    return byText(a.text, b.text)
  })
  return inOrder.map(({ thing }) => thing)
}

/** Makers of values; those of sets and functions put them in canonical order. */
export const tla = {
  bool: (value: boolean): TlaValue => ({ kind: 'bool', value }),
  int: (value: bigint | number): TlaValue => ({ kind: 'int', value: BigInt(value) }),
  str: (value: string): TlaValue => ({ kind: 'str', value }),
  model: (name: string): TlaValue => ({ kind: 'model', name }),
  set: (items: readonly TlaValue[]): TlaValue => ({ kind: 'set', items: sortedBy(items, (item) => item) }),
  interval: (lo: bigint, hi: bigint): TlaValue => ({ kind: 'interval', lo, hi }),
  seq: (items: readonly TlaValue[]): TlaValue => ({ kind: 'seq', items }),
  record: (fields: readonly (readonly [string, TlaValue])[]): TlaValue => ({ kind: 'record', fields }),
  /** of two entries for one argument the first counts, as in `f @@ g` */
  fun: (entries: readonly (readonly [TlaValue, TlaValue])[]): TlaValue => ({
    kind: 'fun',
    entries: sortedBy(entries, ([argument]) => argument),
  }),
} as const

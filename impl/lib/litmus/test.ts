/** A litmus test that was read: its program, and what its condition looks at, found in it. */

import type { EndSubject } from '../c/run/endings.ts'
import { localPlace } from '../c/run/places.ts'
import type { Condition, Prop, Subject } from './condition.ts'
import { equationsIn, labelOf, subjectsOf } from './condition.ts'
import type { Envelope } from './envelope.ts'
import { parseEnvelope } from './parse.ts'
import type { LitmusProgram, ProgramReader } from './program.ts'
import type { At, Source } from './source.ts'

/** Where an observed value is found in a final state. */
export interface Observed {
  readonly label: string
  /** as herd prints it: a location is in brackets */
  readonly shown: string
}

/** What an answer says of the test that it is about. */
export interface AnsweredTest {
  readonly name: string
  readonly condition: Condition
  /** what an outcome shows, in herd's order */
  readonly observed: readonly Observed[]
  readonly filter: Prop | undefined
  /** what the test's comment says of it */
  readonly result: 'Never' | 'Sometimes' | 'Always' | undefined
  /** remarks on how the test was understood */
  readonly notes: readonly string[]
}

/** A test that can be run. */
export interface LitmusTest extends AnsweredTest {
  readonly source: Source
  readonly program: LitmusProgram
  /** what is looked at: first what an outcome shows, then what only the filter is about */
  readonly subjects: readonly EndSubject[]
  /** its place among them */
  readonly placeOf: (subject: Subject) => number
}

const list = (names: Iterable<string>): string => [...names].join(', ')

const unknownLocation = (
  source: Source,
  { name, at }: { name: string; at: At },
  { locations }: LitmusProgram,
): Error => {
  const hint = `the locations are ${list(locations.keys()) || 'none'}; a register is written with its thread, 0:${name}`
  return source.error('litmus-unknown', at, `there is no location ${name}`, hint)
}

/** Refuses a location that there is not. */
const knownLocation = (source: Source, location: { name: string; at: At }, program: LitmusProgram): string => {
  const [, name = location.name, index] = /^(.*)\[(-?\d+)\]$/.exec(location.name) ?? []
  const length = program.locations.get(name)
  if (!program.locations.has(name)) throw unknownLocation(source, location, program)
  if (index === undefined) return name
  if (length !== undefined && Number(index) >= 0 && Number(index) < length) return location.name
  const hint = length === undefined ? `${name} is no array` : `${name} has ${length} elements, from 0`
  throw source.error('litmus-unknown', location.at, `there is no location ${location.name}`, hint)
}

const refuseThread = (source: Source, { threads }: LitmusProgram, thread: number, at: At): void => {
  if (thread < threads) return
  const hint = `the test has ${Array.from({ length: threads }, (_, i) => `P${i}`).join(', ')}`
  throw source.error('litmus-unknown', at, `there is no thread P${thread}`, hint)
}

/** Finds what a condition names. */
const endSubject = (source: Source, program: LitmusProgram, subject: Subject): EndSubject => {
  if (subject.kind === 'location') {
    return { place: knownLocation(source, subject, program) }
  }
  const { thread, name, at } = subject
  refuseThread(source, program, thread, at)
  const register = program.register(thread, name)
  if (register !== undefined) return { thread, register }
  const object = `P${thread}.${name}`
  if (program.program.objects.some((one) => one.name === object)) return { place: localPlace(object, thread) }
  const hint = `P${thread} has ${list(program.registersOf(thread)) || 'no registers'}`
  throw source.error('litmus-unknown', at, `P${thread} has no register ${name}`, hint)
}

/** Locations come after the registers of all threads. */
const orderOf = (subject: Subject): number => (subject.kind === 'register' ? subject.thread : Number.MAX_VALUE)

/** Registers by thread and name, then locations by name: herd's order. */
const compareSubjects = (a: Subject, b: Subject): number =>
  orderOf(a) - orderOf(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

const notesOf = (
  source: Source,
  { ignored }: Envelope,
  { plain, undeclared, indices, unset }: LitmusProgram,
  labels: readonly string[],
) => {
  const lines = list([...new Set(plain.map(({ line }) => line))].sort((a, b) => a - b).map(String))
  const looked = labels.some((label) => indices.has(label))
  return [
    ...ignored.map((at) => `the block at ${source.where(at)} is for other tools, as it is for herd: it is not run`),
    ...(lines === ''
      ? []
      : [`plain accesses (line ${lines}) are run like READ_ONCE() and WRITE_ONCE(); a compiler may do more with them`]),
    ...(undeclared.length === 0 ? [] : [`not declared, taken for registers: ${list(undeclared)}`]),
    ...(unset.length === 0
      ? []
      : [`${list(unset)}: 0 where it is read before anything is assigned to it, as for herd; C leaves it undefined`]),
    ...(looked
      ? ['what srcu_read_lock() gives is a number of its own for each section here, which no kernel promises']
      : []),
  ]
}

/** Reads a test. */
export const readTest = (reader: ProgramReader, source: Source): LitmusTest => {
  const envelope = parseEnvelope(source)
  const program = reader.read(source, envelope)
  const { condition, filter, locations, name, result, conditionAt } = envelope
  for (const { subject } of envelope.init)
    if (subject.kind === 'register') refuseThread(source, program, subject.thread, subject.at)
  const equations = [...equationsIn(condition.prop), ...(filter === undefined ? [] : equationsIn(filter))]
  const all = new Map<string, Subject>()
  const shown = [...locations, ...equationsIn(condition.prop).flatMap(subjectsOf)]
  for (const subject of shown.sort(compareSubjects)) all.set(labelOf(subject), subject)
  const observed = [...all].map(([label, { kind }]) => ({ label, shown: kind === 'location' ? `[${label}]` : label }))
  for (const subject of equations.flatMap(subjectsOf))
    if (!all.has(labelOf(subject))) all.set(labelOf(subject), subject)
  const subjects = [...all.values()].map((subject) => endSubject(source, program, subject))
  for (const { value } of equations) if (value.kind === 'address') knownLocation(source, value, program)
  if (observed.length === 0) {
    const hint = 'name a register or a location in the condition or in locations [...]'
    throw source.error('litmus-over-nothing', conditionAt, 'the outcome is over nothing: no value is looked at', hint)
  }
  const places = new Map([...all.keys()].map((label, i) => [label, i]))
  return {
    source,
    name,
    program,
    condition,
    filter,
    observed,
    subjects,
    placeOf: (subject) => places.get(labelOf(subject)) ?? -1,
    result,
    notes: notesOf(source, envelope, program, [...all.keys()]),
  }
}

/** Accesses within a step: what is at a location by now, and memory with another value there. */

import { at } from '../../kernel/at.ts'
import type { Instruction, Pure } from '../program/ir.ts'
import type { Location } from './location.ts'
import { locationText } from './location.ts'
import type { Term } from './term.ts'
import { term } from './term.ts'
import type { Tree } from './tree.ts'
import { updated } from './update.ts'
import type { Access, Walking, Way } from './way.ts'
import { nameOf, typedAs, unused } from './way.ts'

/** What is at a location by now. */
const current = ({ options }: Walking, way: Way, location: Location): string => {
  if (location.kind === 'none') return 'UNSET'
  const where = locationText(location)
  const plain =
    way.whole !== undefined
      ? `${way.whole}[${where}]`
      : location.kind === 'pointed'
        ? `ValueAt(${where})`
        : `${way.memory.get(location.variable) ?? location.variable}${location.key === undefined ? '' : `[${location.key}]`}`
  const { thread, block } = options
  if (thread === undefined || block?.isDrained !== false) return plain
  if (way.buffer === 'store_buffer') return `READ_ONCE(${thread}, ${where}, ${plain})`
  return `OwnRead(${way.buffer}, ${thread}, ${where}, ${plain})`
}

/** Memory with another value at a location. */
const stored = (
  walking: Walking,
  way: Way,
  location: Location,
  given: string | ((old: string) => string),
  body: (way: Way) => Tree,
): Tree => {
  const value = (old: string): string => (typeof given === 'string' ? given : given(old))
  if (location.kind === 'none') return body(way)
  if (way.whole !== undefined) {
    const name = unused('M_2', way.names, walking.context)
    const next = { ...way, whole: name, names: new Set([...way.names, name]) }
    const text = `[${way.whole} EXCEPT ![${locationText(location)}] = ${value('@')}]`
    return { kind: 'let', name, value: text, body: body(next) }
  }
  if (location.kind === 'pointed') return body(way)
  const { variable, key } = location
  const before = way.memory.get(variable) ?? variable
  const text = key === undefined ? value(before) : `[${before} EXCEPT ![${key}] = ${value('@')}]`
  const name = unused(`${variable}_now`, way.names, walking.context)
  const next = { ...way, names: new Set([...way.names, name]), memory: new Map([...way.memory, [variable, name]]) }
  return { kind: 'let', name, value: text, body: body(next) }
}

/** WRITE_ONCE() in a step of bookkeeping is a store as anywhere. */
const isOwn = (
  { isProperty }: Walking,
  { open }: Way,
  { marking, barrier }: Extract<Instruction, { kind: 'store' }>,
): boolean => {
  return !isProperty && marking !== 'plain' && !barrier && !open.includes(true)
}

/** Whether a store of the thread's own to a location can be on its way, so that another one must not overtake it: the condition. */
const waiting = ({ context, options, isProperty }: Walking, way: Way, location: Location): string | undefined => {
  const { thread, block } = options
  if (isProperty || thread === undefined || block?.isDrained !== false || way.open.includes(true)) return undefined
  if (location.kind === 'none') return undefined
  const variables = location.kind === 'known' ? [location.variable] : location.variables
  if (!variables.some((variable) => context.ownStored.has(variable))) return undefined
  context.usesOwn = true
  return `OwnWaits(${way.buffer}, ${thread}, ${locationText(location)})`
}

const buffered = (walking: Walking, way: Way, location: Location, value: string, isRelease: boolean): Tree => {
  if (location.kind === 'none') return walking.on(way)
  const { context, options } = walking
  context.usesOwn = true
  const { thread = 'th' } = options
  const marked = isRelease ? unused('B_2', way.names, context) : way.buffer
  const names = new Set([...way.names, marked])
  const name = unused('B_2', names, context)
  const text = `OwnStore(${marked}, ${thread}, ${locationText(location)}, ${value})`
  const then = { ...way, names: new Set([...names, name]), buffer: name }
  const body = stored(
    walking,
    then,
    location,
    (old) => `WRITE_ONCE(${old}, ${value})`,
    (w) => walking.on(w),
  )
  const store: Tree = {
    kind: 'and',
    conditions: [`OwnSlot(${marked}, ${thread})`],
    body: { kind: 'let', name, value: text, body },
  }
  if (!isRelease) return store
  return {
    kind: 'and',
    conditions: [`OwnSlotForMark(${way.buffer}, ${thread})`],
    body: { kind: 'let', name: marked, value: `OwnMark(${way.buffer}, ${thread})`, body: store },
  }
}

/** Seen by all at once, or behind a store of the thread's own to the same location that is not. */
const inOrder = (walking: Walking, way: Way, location: Location, value: string): Tree => {
  if (location.kind === 'none') return walking.on(way)
  const { context, options } = walking
  const { thread = 'th' } = options
  const name = unused('B_2', way.names, context)
  const own = `${way.buffer}, ${thread}, ${locationText(location)}`
  const then = { ...way, names: new Set([...way.names, name]), buffer: name }
  const body = stored(
    walking,
    then,
    location,
    (old) => `OwnVisible(${own}, ${old}, ${value})`,
    (w) => walking.on(w),
  )
  return {
    kind: 'and',
    conditions: [`OwnSlotBehind(${own})`],
    body: { kind: 'let', name, value: `OwnStoreBehind(${own}, ${value})`, body },
  }
}

const modified = (
  walking: Walking,
  way: Way,
  instruction: Extract<Instruction, { kind: 'rmw' }>,
  location: Location,
  old: Term,
  values: readonly Term[],
  pures: readonly Pure[],
): Tree => {
  const name = unused('old', way.names, walking.context)
  const { written, given } = updated(
    walking.context.pointsTo,
    instruction,
    term(name, { isNatural: old.isNatural }),
    values,
    pures,
  )
  const inner = { ...way, names: new Set([...way.names, name]) }
  const body = stored(walking, inner, location, written.text, (w) =>
    walking.bound(w, instruction.register, given, (x) => walking.on(x)),
  )
  return { kind: 'let', name, value: old.text, body }
}

/** An access within a step, and what follows. */
export const accessed = (walking: Walking, way: Way, instruction: Access): Tree => {
  return walking.written(way, (writer) => {
    const { location, values, pures } = walking.operands(writer, instruction)
    if (location.kind === 'pointed' && way.whole === undefined) {
      if (!walking.isProperty) walking.needsWhole = true
      else walking.context.usesValueAt = true
    }
    return (then) => {
      const go = (w: Way): Tree => walking.on(w)
      const waits = instruction.kind === 'load' ? undefined : waiting(walking, then, location)
      const behind = (tree: Tree): Tree =>
        waits === undefined ? tree : { kind: 'and', conditions: [`~${waits}`], body: tree }
      if (instruction.kind === 'store') {
        const next = { ...then, target: way.target + 1 }
        const { text } = at(values, 0)
        if (isOwn(walking, then, instruction))
          return buffered(walking, next, location, text, instruction.marking === 'release')
        return waits === undefined || instruction.barrier
          ? behind(stored(walking, next, location, text, go))
          : inOrder(walking, next, location, text)
      }
      const old = typedAs(instruction.type, current(walking, then, location))
      if (instruction.kind === 'load')
        return walking.bound(then, instruction.register, { ...old, isAtom: walking.isProperty }, go, nameOf(location))
      return behind(modified(walking, then, instruction, location, old, values, pures))
    }
  })
}

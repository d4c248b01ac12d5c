/** The location of an access: one that is known, or one that a pointer decides. */

import type { Pure } from '../program/ir.ts'
import { Fault } from '../program/evaluate.ts'
import type { CType } from '../program/types.ts'
import { isPointer, placeOf } from '../program/value.ts'
import type { Leaf } from '../run/places.ts'
import type { SpecContext } from './context.ts'
import type { Writer } from './expression.ts'
import type { Path } from './term.ts'
import { operand } from './term.ts'

export type Location =
  | { readonly kind: 'known'; readonly variable: string; readonly key: string | undefined }
  /** by a pointer */
  | { readonly kind: 'pointed'; readonly pointer: string; readonly variables: readonly string[] }
  /** none: what was asked for before is always wrong */
  | { readonly kind: 'none' }

/** As TLA+ has it. */
export const locationText = (location: Exclude<Location, { kind: 'none' }>): string => {
  if (location.kind === 'pointed') return `LocationOf[${location.pointer}]`
  return `<<"${location.variable}"${location.key === undefined ? '' : `, ${location.key}`}>>`
}

const known = ({ variable, key }: Leaf): Location => ({
  kind: 'known',
  variable,
  key: key === undefined ? undefined : String(key),
})

/** Where an address leads to; what can go wrong on the way is asked for by the writer. */
export const locate = (context: SpecContext, writer: Writer, address: Pure, type: CType): Location => {
  const value = writer.value(address)
  if (value.constant !== undefined) {
    const leaf = isPointer(value.constant) ? context.pointsTo.leafOf(placeOf(value.constant), type) : undefined
    if (leaf !== undefined && !(leaf instanceof Fault)) return known(leaf)
    writer.check('TRUE', leaf?.fault ?? (value.constant === 0 ? 'NullPointer' : 'WrongPointer'))
    return { kind: 'none' }
  }
  if (value.path !== undefined) return alongPath(context, writer, value.path, type)
  return pointed(context, writer, address, value, type)
}

const alongPath = (context: SpecContext, writer: Writer, path: Path, type: CType): Location => {
  const { before, index, after, length } = path
  const count = length ?? context.machine.threads.length
  const leaves = Array.from({ length: count }, (_, i) =>
    context.pointsTo.leafOf(`${before.slice(1)}${i}${after}`, type),
  )
  // an index that is wrong within a struct was asked for with its field
  if (length !== undefined && !after.includes('.')) writer.check(`${index} \\notin 0..${length - 1}`, 'OutOfBounds')
  const [first, second] = leaves
  if (first === undefined || first instanceof Fault || second instanceof Fault) {
    writer.check('TRUE', first instanceof Fault ? first.fault : 'OutOfBounds')
    return { kind: 'none' }
  }
  const start = first.key ?? 0
  const stride = (second?.key ?? start + 1) - start
  const inner = /^\w+(\[\w+(\[\d\])?\])?$/.test(index) ? index : `(${index})`
  const scaled = stride === 1 ? (start === 0 ? index : inner) : `${stride} * ${inner}`
  return { kind: 'known', variable: first.variable, key: start === 0 ? scaled : `${scaled} + ${start}` }
}

const pointed = (
  context: SpecContext,
  writer: Writer,
  address: Pure,
  value: { readonly text: string; readonly isAtom: boolean },
  type: CType,
): Location => {
  const possible = writer.possible(address)
  if (possible.isZero) writer.check(`IsNull(${value.text})`, 'NullPointer')
  if (possible.isNumber) writer.check(`~IsPointer(${value.text})`, 'WrongPointer')
  const all = [...possible.places].map((place) => [place, context.pointsTo.leafOf(place, type)] as const)
  const right = all.flatMap(([place, leaf]) => (leaf instanceof Fault ? [] : [[place, leaf] as const]))
  const wrong = all.flatMap(([place, leaf]) => (leaf instanceof Fault ? [[place, leaf.fault] as const] : []))
  const set = (places: readonly (readonly [string, unknown])[]): string => writer.setOf(places.map(([place]) => place))
  if (right.length === 0) {
    writer.check('TRUE', wrong[0]?.[1] ?? (possible.isOutside ? 'OutOfBounds' : 'WrongPointer'))
    return { kind: 'none' }
  }
  for (const fault of new Set(wrong.map(([, kind]) => kind)))
    writer.check(`${operand(value)} \\in ${set(wrong.filter(([, kind]) => kind === fault))}`, fault)
  if (possible.isOutside) writer.check(`${operand(value)} \\notin ${set(all)}`, 'OutOfBounds')
  const [only] = right
  if (right.length === 1 && only !== undefined) return known(only[1])
  for (const [place, leaf] of right) context.located.set(place, leaf)
  return { kind: 'pointed', pointer: value.text, variables: [...new Set(right.map(([, leaf]) => leaf.variable))] }
}

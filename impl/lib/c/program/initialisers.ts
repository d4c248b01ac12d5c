/**
 * Which part of an object each value of an initialiser is for, as C has it: braces may be left out around the parts of a part, a part may be
 * named, what follows goes on behind it, and of two values for one part the last counts.
 */

import type { Expr, Initialiser, ListInitialiser } from '../syntax/ast.ts'
import type { Span } from '../syntax/source.ts'
import type { FunctionContext } from './context.ts'
import { refused } from './refused.ts'
import type { ArrayType, CType, StructType } from './types.ts'
import { isScalar, typeName } from './types.ts'
import { MOST_ELEMENTS } from './types-of.ts'
import { constantOf, typeOfExpr } from './typing.ts'

/** A value, and the part that it is for: a location, or a struct as a whole. */
export interface InitialPart {
  readonly type: CType
  readonly value: Expr
}

type Item = ListInitialiser['items'][number]
type Designator = Item['designators'][number]
type Aggregate = ArrayType | StructType

/** A struct or array on the way to the next part; `at` is the number of that. */
interface Frame {
  readonly type: Aggregate
  readonly path: string
  at: number
  /** of a union: its one value was given */
  isFull: boolean
}

/** Values of expressions of these kinds may be structs. */
const WHOLE: readonly Expr['kind'][] = ['name', 'member', 'index', 'dereference', 'call', 'conditional', 'compound']

const string = ({ span }: Expr): Error =>
  refused('c-unsupported', span, 'a string', 'write its characters in a list, if they matter')

class Initialisation {
  readonly parts = new Map<string, InitialPart>()
  /** elements of the outermost array up to the last that has a value */
  reached = 0
  private readonly f: FunctionContext

  constructor(f: FunctionContext) {
    this.f = f
  }

  private put(path: string, part: InitialPart): void {
    this.forget(path)
    this.parts.set(path, part)
  }

  /** What was said before of a part, or of parts of it, does not count. */
  private forget(path: string): void {
    for (const known of [...this.parts.keys()])
      if (known === path || known.startsWith(`${path}.`) || known.startsWith(`${path}[`)) this.parts.delete(known)
  }

  any(path: string, type: CType, initial: Initialiser): void {
    if (initial.kind === 'value') {
      if (!isScalar(type) && !this.isWhole(type, initial.value)) throw this.noList(type, initial.value)
      this.put(path, { type, value: initial.value })
      return
    }
    if (type.kind === 'array' || type.kind === 'struct') {
      this.forget(path)
      this.list(path, type, initial.items)
      return
    }
    const [first, ...rest] = initial.items
    if (first === undefined) return
    if (rest.length > 0 || first.designators.length > 0)
      throw refused('c-type', initial.span, 'a list for one value', 'write the value')
    this.any(path, type, first.value)
  }

  private noList(type: CType, value: Expr): Error {
    if (value.kind === 'string') return string(value)
    return refused(
      'c-type',
      value.span,
      `${value.span.text} for a ${typeName(type)}`,
      type.kind === 'array' ? 'write a list: { ... }' : 'write a list, { ... }, or a struct of the same type',
    )
  }

  /** Is it a struct of that type, as a whole? */
  private isWhole(type: CType, value: Expr): boolean {
    return type.kind === 'struct' && WHOLE.includes(value.kind) && typeOfExpr(this.f, value) === type
  }

  private list(path: string, type: Aggregate, items: readonly Item[]): void {
    const frames: Frame[] = [{ type, path, at: 0, isFull: false }]
    for (const item of items) {
      const [first] = item.designators
      if (first !== undefined) {
        frames.length = 1
        const [root] = frames
        if (root !== undefined) this.designate(frames, root, item.designators, item.span)
      }
      this.item(frames, item)
      if (path === '') this.reached = Math.max(this.reached, (frames[0]?.at ?? 0) + (frames.length > 1 ? 1 : 0))
    }
  }

  /** Goes to the part that is named. */
  private designate(frames: Frame[], root: Frame, designators: readonly Designator[], span: Span): void {
    let frame = root
    designators.forEach((designator, i) => {
      if (i > 0) frame = this.enter(frames, frame, span)
      if ('index' in designator) {
        const index = constantOf(this.f, designator.index)
        if (frame.type.kind !== 'array' || index < 0n || index >= BigInt(frame.type.length))
          throw refused('c-type', span, `there is no element ${index} here`, this.partsHint(frame.type))
        frame.at = Number(index)
        return
      }
      for (;;) {
        const at = frame.type.kind === 'struct' ? memberWith(frame.type, designator.field) : -1
        if (at < 0)
          throw refused('c-unknown', span, `there is no field ${designator.field} here`, this.partsHint(frame.type))
        frame.at = at
        frame.isFull = false
        if (frame.type.kind !== 'struct' || frame.type.members?.[at]?.name !== undefined) return
        frame = this.enter(frames, frame, span)
      }
    })
  }

  private partsHint(type: Aggregate): string {
    if (type.kind === 'array') return `it is an array of ${type.length} elements`
    return `${type.name} has ${(type.fields ?? []).map(({ name }) => name).join(', ') || 'no fields'}`
  }

  private partOf({ type, path, at }: Frame): { readonly path: string; readonly type: CType } | undefined {
    if (type.kind === 'array') return at < type.length ? { path: `${path}[${at}]`, type: type.of } : undefined
    const member = type.members?.[at]
    if (member === undefined) return undefined
    return { path: member.name === undefined ? path : `${path}.${member.name}`, type: member.type }
  }

  private enter(frames: Frame[], frame: Frame, span: Span): Frame {
    const part = this.partOf(frame)
    if (part?.type.kind !== 'array' && part?.type.kind !== 'struct')
      throw refused('c-type', span, 'a part is named of what has none', 'name a part that is there')
    const inner: Frame = { type: part.type, path: part.path, at: 0, isFull: false }
    frames.push(inner)
    return inner
  }

  /** The item is for the next part, or for the first part of it that can take it. */
  private item(frames: Frame[], { value, span }: Item): void {
    let frame = frames.at(-1)
    while (frame !== undefined && frames.length > 1 && this.isOver(frame)) {
      frames.pop()
      frame = frames.at(-1)
      if (frame !== undefined) this.pass(frame)
    }
    for (;;) {
      const part = frame === undefined || this.isOver(frame) ? undefined : this.partOf(frame)
      if (frame === undefined || part === undefined)
        throw refused('c-type', span, 'there are more values than parts', 'take them out')
      if (value.kind === 'list' || isScalar(part.type) || this.isWhole(part.type, value.value)) {
        this.any(part.path, part.type, value)
        this.pass(frame)
        return
      }
      if (value.value.kind === 'string') throw this.noList(part.type, value.value)
      frame = this.enter(frames, frame, span)
    }
  }

  private pass(frame: Frame): void {
    if (frame.type.kind === 'struct' && frame.type.isUnion) frame.isFull = true
    else frame.at += 1
  }

  private isOver({ type, at, isFull }: Frame): boolean {
    return isFull || at >= (type.kind === 'array' ? type.length : (type.members?.length ?? 0))
  }
}

/** The number of the member that has a field, or that a field is in. */
const memberWith = ({ members }: StructType, field: string): number =>
  members?.findIndex(
    ({ name, type }) =>
      name === field || (name === undefined && type.kind === 'struct' && memberWith(type, field) >= 0),
  ) ?? -1

/** What an object begins with, by the path of each part behind its name, e.g. `.lock.locked`, `[2]`. What is not there is 0. */
export const initialParts = (
  f: FunctionContext,
  type: CType,
  initial: Initialiser,
): ReadonlyMap<string, InitialPart> => {
  const all = new Initialisation(f)
  all.any('', type, initial)
  return all.parts
}

/** The type with the length that a list gives to `int a[] = { ... }`. */
export const completedType = (f: FunctionContext, type: CType, initial: Initialiser | undefined): CType => {
  if (type.kind === 'array' && initial?.kind === 'value' && initial.value.kind === 'string') throw string(initial.value)
  if (type.kind !== 'array' || type.length >= 0 || initial?.kind !== 'list') return type
  const all = new Initialisation(f)
  all.any('', { ...type, length: MOST_ELEMENTS }, initial)
  return { ...type, length: all.reached }
}

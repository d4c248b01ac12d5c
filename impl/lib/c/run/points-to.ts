/**
 * Where pointers can lead, whatever the order of steps: so that the access of a pointer that leads to one place is written as an
 * access of that place, and only what can go wrong is asked for.
 */

import { Fault } from '../program/evaluate.ts'
import type { CProgram, Instruction, Pure, Register } from '../program/ir.ts'
import { elementAt, fieldBeyond, outsideOf } from '../program/place.ts'
import type { CType } from '../program/types.ts'
import type { Value } from '../program/value.ts'
import { isPointer, placeOf, pointer, UNSET } from '../program/value.ts'
import type { Leaf, Places } from './places.ts'
import { localPlace } from './places.ts'

/** What a value can be. */
export interface Possible {
  /** places that it points to */
  readonly places: ReadonlySet<string>
  readonly isZero: boolean
  /** another number */
  readonly isNumber: boolean
  /** an element that its array does not have */
  readonly isOutside: boolean
}

const NOTHING: Possible = { places: new Set(), isZero: false, isNumber: false, isOutside: false }
const ANY_NUMBER: Possible = { ...NOTHING, isZero: true, isNumber: true }

const both = (a: Possible, b: Possible): Possible =>
  a === NOTHING
    ? b
    : {
        places: b.places.size === 0 ? a.places : new Set([...a.places, ...b.places]),
        isZero: a.isZero || b.isZero,
        isNumber: a.isNumber || b.isNumber,
        isOutside: a.isOutside || b.isOutside,
      }

const isSame = (a: Possible, b: Possible): boolean =>
  a.places.size === b.places.size && a.isZero === b.isZero && a.isNumber === b.isNumber && a.isOutside === b.isOutside

export const mayPoint = ({ places, isOutside }: Possible): boolean => places.size > 0 || isOutside

type Access = Extract<Instruction, { kind: 'load' | 'store' | 'rmw' }>

/** For all of a program. */
export class PointsTo {
  private readonly places: Places
  private readonly threads: number
  private readonly registers = new Map<Register, Possible>()
  private readonly memory = new Map<string, Possible>()
  private changed = true

  constructor(program: CProgram, places: Places, threads: number) {
    this.places = places
    this.threads = threads
    for (const { place, initial } of places.leaves) this.memory.set(place, this.constant(initial))
    for (const { function: name } of program.threads)
      for (const register of program.functions.get(name)?.parameters ?? []) this.add(register, ANY_NUMBER)
    while (this.changed) {
      this.changed = false
      for (const instruction of program.instructions) this.through(instruction)
    }
  }

  /** What an expression can be. */
  of(pure: Pure): Possible {
    switch (pure.kind) {
      case 'constant':
        return this.constant(pure.value)
      case 'register':
        return this.registers.get(pure.register) ?? NOTHING
      case 'local':
        return {
          ...NOTHING,
          places: new Set(Array.from({ length: this.threads }, (_, t) => localPlace(pure.object, t))),
        }
      case 'conditional':
        return both(this.of(pure.yes), this.of(pure.no))
      case 'convert':
        return pure.type.bits === 1 ? ANY_NUMBER : both(NOTHING, this.of(pure.operand))
      case 'binary': {
        const { places, isOutside } = both(this.of(pure.left), this.of(pure.right))
        const compares = ['==', '!=', '<', '<=', '>', '>='].includes(pure.operator)
        return compares ? ANY_NUMBER : { ...ANY_NUMBER, places, isOutside }
      }
      case 'field':
      case 'decay':
      case 'container':
        return this.mapped(this.of(pure.pointer), (place) => this.stepped(pure, place))
      case 'element':
        return this.element(pure)
      default:
        return ANY_NUMBER
    }
  }

  /** Places of which some location may hold the address. */
  get held(): ReadonlySet<string> {
    return new Set([...this.memory.values()].flatMap(({ places }) => [...places]))
  }

  private constant(value: Value): Possible {
    if (value === UNSET) return NOTHING
    if (isPointer(value)) return { ...NOTHING, places: new Set([placeOf(value)]) }
    return value === 0 ? { ...NOTHING, isZero: true } : { ...NOTHING, isNumber: true }
  }

  private mapped({ places }: Possible, step: (place: string) => string | undefined): Possible {
    return { ...NOTHING, places: new Set([...places].flatMap((place) => step(place) ?? [])) }
  }

  /** Where a step from a place leads; undefined where it is none. */
  stepped(pure: Extract<Pure, { kind: 'field' | 'decay' | 'container' }>, place: string): string | undefined {
    if (pure.kind === 'decay') return `${place}[0]`
    if (pure.kind === 'field') {
      const beyond = fieldBeyond(place, pure.field)
      if (beyond !== undefined) return beyond
      return this.places.structAt(place) === pure.struct ? `${place}.${pure.field}` : undefined
    }
    const tail = pure.path.map((field) => `.${field}`).join('')
    const outer = place.slice(0, -tail.length)
    return place.endsWith(tail) && this.places.structAt(outer) === pure.struct ? outer : `${place}<${tail}>`
  }

  private element({ pointer: base, index }: Extract<Pure, { kind: 'element' }>): Possible {
    const from = this.of(base)
    if (index.kind === 'constant' && index.value === 0) return from
    const found = new Set<string>()
    let { isOutside } = from
    for (const place of from.places) {
      const element = elementAt(place)
      if (element === undefined) {
        if (index.kind !== 'constant') found.add(place)
        continue
      }
      const [array, first] = element
      const length = this.lengthOf(array)
      if (index.kind === 'constant') {
        const next = first + Number(index.value)
        if (next >= 0 && next <= length) found.add(`${array}[${next}]`)
        if (next < 0 || next >= length) isOutside = true
        continue
      }
      for (let i = 0; i <= length; i++) found.add(`${array}[${i}]`)
      isOutside = true
    }
    return { ...from, places: found, isOutside }
  }

  /** Can there be a pointer where an instruction leads? */
  holdsPointer({ address, type }: Pick<Access, 'address' | 'type'>): boolean {
    return [...this.of(address).places].some((place) => {
      const leaf = this.leafOf(place, type)
      return !(leaf instanceof Fault) && mayPoint(this.memory.get(leaf.place) ?? NOTHING)
    })
  }

  /** Arrays of whose elements pointers are moved. */
  readonly moved = new Set<string>()

  /** Elements of an array. */
  lengthOf(array: string): number {
    return this.places.lengthAt(array) ?? 0
  }

  /** Is a place an element that its array does not have, or within one? */
  isOutside(place: string): boolean {
    return outsideOf(place, (array) => this.places.lengthAt(array)) !== undefined
  }

  /** The location that the pointer to a place leads to, or what goes wrong. */
  leafOf(place: string, type: CType): Leaf | Fault {
    try {
      return this.places.leafFor(pointer(place), type)
    } catch (error) {
      if (error instanceof Fault) return error
      throw error
    }
  }

  private through(instruction: Instruction): void {
    switch (instruction.kind) {
      case 'set':
        this.add(instruction.register, this.of(instruction.value))
        return
      case 'choose':
        this.add(instruction.register, ANY_NUMBER)
        return
      case 'call':
        for (const [register, value] of instruction.arguments) this.add(register, this.of(value))
        return
      case 'load':
      case 'store':
      case 'rmw':
        this.access(instruction)
        return
      default:
    }
  }

  private access(instruction: Access): void {
    for (const place of this.of(instruction.address).places) {
      const leaf = this.leafOf(place, instruction.type)
      if (leaf instanceof Fault) continue
      const old = this.memory.get(leaf.place) ?? NOTHING
      if (instruction.kind === 'load') {
        this.add(instruction.register, old)
        continue
      }
      const written = instruction.kind === 'store' ? this.of(instruction.value) : this.modified(instruction, old)
      const now = both(old, written)
      if (!isSame(now, old)) {
        this.memory.set(leaf.place, now)
        this.changed = true
      }
      if (instruction.kind === 'rmw' && instruction.register !== undefined)
        this.add(instruction.register, instruction.gives === 'old' || instruction.gives === 'new' ? now : ANY_NUMBER)
    }
  }

  private modified(
    { update, args }: Pick<Extract<Instruction, { kind: 'rmw' }>, 'update' | 'args'>,
    old: Possible,
  ): Possible {
    const [a, b] = args.map((arg) => this.of(arg))
    if (update === 'replace') return a ?? NOTHING
    if (update === 'compare') return b ?? NOTHING
    return { ...both(old, a ?? NOTHING), isZero: true, isNumber: true }
  }

  private add(register: Register, value: Possible): void {
    const before = this.registers.get(register) ?? NOTHING
    const now = both(before, value)
    if (isSame(now, before)) return
    this.registers.set(register, now)
    this.changed = true
  }
}

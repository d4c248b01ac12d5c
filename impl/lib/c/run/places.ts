/** The objects of a program in the memory of a machine: each scalar part of each is a location. */

import { at } from '../../kernel/at.ts'
import type { Shared } from '../../kernel/language/shared.ts'
import { tla } from '../../kernel/language/value.ts'
import { Fault } from '../program/evaluate.ts'
import type { CObject, CProgram } from '../program/ir.ts'
import { outsideOf } from '../program/place.ts'
import type { CType, ScalarType, StructType } from '../program/types.ts'
import { typeName } from '../program/types.ts'
import type { Value } from '../program/value.ts'
import { isPointer, NULL, placeOf } from '../program/value.ts'
import { ValueDomain } from './domain.ts'
import type { Identifiers } from './identifiers.ts'

/** A scalar part of an object. */
export interface Leaf {
  readonly place: string
  /** as C writes it */
  readonly inC: string
  readonly type: ScalarType
  /** of the specification */
  readonly variable: string
  /** number of the element of the variable; undefined for a variable of one value */
  readonly key: number | undefined
  readonly initial: Value
}

/** The place of a thread's own copy of a local. */
export const localPlace = (object: string, thread: number): string => `${object}@${thread}`

interface Part {
  readonly place: string
  readonly inC: string
  readonly path: string
  readonly variable: string
  /** number of the element among those of the same variable */
  readonly key: number | undefined
}

/** What lockstep/task.h keeps of a thread: `sleeper->__state`. */
const ofTask = (inC: string, names: readonly string[]): string =>
  inC.replace(/^__lockstep_tasks\[(\d+)\]\./, (whole, i: string) => {
    const name = names[Number(i)]
    return name === undefined ? whole : `${name}->`
  })

class Collector {
  readonly leaves: Leaf[] = []
  readonly structs = new Map<string, StructType>()
  readonly types = new Map<string, CType>()
  private readonly names = new Map<string, string>()
  private readonly identifiers: Identifiers

  constructor(identifiers: Identifiers) {
    this.identifiers = identifiers
  }

  /** What the specification calls a variable, or the same field of all elements of an array. */
  private named(variable: string): string {
    const name = this.names.get(variable) ?? this.identifiers.add(variable)
    this.names.set(variable, name)
    return name
  }

  add(part: Part, type: CType, object: CObject): void {
    this.types.set(part.place, type)
    if (type.kind === 'struct') {
      this.structs.set(part.place, type)
      for (const field of type.fields ?? []) {
        const tail = `.${field.name}`
        const inner = {
          ...part,
          place: part.place + tail,
          inC: part.inC + tail,
          path: part.path + tail,
          variable: part.variable + tail,
        }
        this.add(inner, field.type, object)
      }
      return
    }
    if (type.kind === 'array') {
      for (let i = 0; i < type.length; i++) {
        const tail = `[${i}]`
        const key = (part.key ?? 0) * type.length + i
        this.add(
          { ...part, place: part.place + tail, inC: part.inC + tail, path: part.path + tail, key },
          type.of,
          object,
        )
      }
      return
    }
    if ((type.kind !== 'int' && type.kind !== 'pointer') || object.inRegisters) return
    const { place, inC, path, variable, key } = part
    this.leaves.push({
      place,
      inC,
      type,
      variable: this.named(variable),
      key,
      initial: object.initial.get(path) ?? NULL,
    })
  }
}

/** Locations by what C calls them. */
export class Places {
  readonly leaves: readonly Leaf[]
  private readonly structs: ReadonlyMap<string, StructType>
  private readonly types: ReadonlyMap<string, CType>
  private readonly cells = new Map<string, number>()
  private readonly leafOf = new Map<string, Leaf>()
  /** by cell */
  private readonly domains = new Map<number, ValueDomain>()

  /** @param threads how many have locals of their own */
  constructor(program: CProgram, threads: number, names: readonly string[], identifiers: Identifiers) {
    const all = new Collector(identifiers)
    for (const object of program.objects) {
      const variable = object.name
      if (!object.perThread) {
        const { name } = object
        all.add({ place: name, inC: name, path: '', variable, key: undefined }, object.type, object)
        continue
      }
      const inC = object.name.slice(object.name.indexOf('.') + 1)
      for (let t = 0; t < threads; t++)
        all.add(
          { place: localPlace(object.name, t), inC: `${names[t] ?? t}:${inC}`, path: '', variable, key: t },
          object.type,
          object,
        )
    }
    this.leaves = all.leaves.map((leaf) => ({ ...leaf, inC: ofTask(leaf.inC, names) }))
    this.structs = all.structs
    this.types = all.types
    for (const leaf of this.leaves) this.leafOf.set(leaf.place, leaf)
  }

  /** Declares the locations. */
  declare(shared: Shared): void {
    const byVariable = new Map<string, Leaf[]>()
    for (const leaf of this.leaves) byVariable.set(leaf.variable, [...(byVariable.get(leaf.variable) ?? []), leaf])
    for (const [variable, leaves] of byVariable) {
      const elements = leaves.map((leaf) => {
        const domain = new ValueDomain(`the values of ${leaf.inC}`, leaf.initial)
        return { argument: leaf.key === undefined ? undefined : tla.int(leaf.key), domain, initial: 0, inC: leaf.inC }
      })
      const cells = shared.declare(variable, elements)
      leaves.forEach((leaf, i) => {
        const cell = at(cells, i)
        this.cells.set(leaf.place, cell)
        this.domains.set(cell, at(elements, i).domain)
      })
    }
  }

  structAt(place: string): StructType | undefined {
    return this.structs.get(place)
  }

  /** Elements of the array at a place; undefined if there is none. */
  lengthAt(place: string): number | undefined {
    const type = this.types.get(place)
    return type?.kind === 'array' ? type.length : undefined
  }

  cellOf(place: string): number | undefined {
    return this.cells.get(place)
  }

  domainOf(cell: number): ValueDomain {
    const domain = this.domains.get(cell)
    if (domain === undefined) throw new RangeError(`no location ${cell}`)
    return domain
  }

  leafAt(place: string): Leaf | undefined {
    return this.leafOf.get(place)
  }

  /**
   * The location that a pointer leads to.
   * @throws Fault where there is none of that type
   */
  resolve(pointer: Value, type: CType): Leaf & { readonly cell: number } {
    const leaf = this.leafFor(pointer, type)
    const cell = this.cells.get(leaf.place)
    if (cell === undefined) throw new RangeError(`${leaf.place} is in no memory`)
    return { ...leaf, cell }
  }

  /** The same, before there is a memory. */
  leafFor(pointer: Value, type: CType): Leaf {
    if (pointer === NULL) throw new Fault('NullPointer', 'NULL is dereferenced')
    const place = isPointer(pointer) ? placeOf(pointer) : undefined
    if (place === undefined) throw new Fault('WrongPointer', `${pointer} is dereferenced, which is no address`)
    const leaf = this.leafOf.get(place) ?? this.firstOf(place)
    if (leaf === undefined) throw this.missing(place)
    const isAlike =
      type.kind === 'int' && leaf.type.kind === 'int'
        ? type.bits === leaf.type.bits && type.signed === leaf.type.signed
        : type.kind === leaf.type.kind
    if (!isAlike && !(leaf.type.kind === 'int' && leaf.type.holdsAddresses === true))
      throw new Fault('WrongPointer', `${leaf.inC} is a ${typeName(leaf.type)}, and is accessed as a ${typeName(type)}`)
    return leaf
  }

  /** The first scalar of a struct or array, which has its address too. */
  private firstOf(place: string): Leaf | undefined {
    const type = this.types.get(place)
    if (type?.kind === 'array') return this.leafOf.get(`${place}[0]`) ?? this.firstOf(`${place}[0]`)
    const first = type?.kind === 'struct' ? type.fields?.[0] : undefined
    if (first === undefined) return undefined
    return this.leafOf.get(`${place}.${first.name}`) ?? this.firstOf(`${place}.${first.name}`)
  }

  private missing(place: string): Fault {
    const array = outsideOf(place, (at) => this.lengthAt(at))
    if (array !== undefined)
      return new Fault('OutOfBounds', `${place} is accessed, and ${array} has ${this.lengthAt(array)} elements`)
    return new Fault('WrongPointer', `${place} is accessed, which is not there`)
  }
}

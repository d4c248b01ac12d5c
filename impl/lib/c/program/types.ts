/** C's types as the model has them: widths and signs of integers, what a struct is made of. x86-64's (LP64) sizes. */

/** What is said of a type that one location holds. */
export interface Qualified {
  /** its accesses are marked: the compiler may not touch them */
  readonly isVolatile?: true
  readonly isConst?: true
}

/** An integer; `_Bool` has one bit. */
export interface IntType extends Qualified {
  readonly kind: 'int'
  /** as C writes it */
  readonly name: string
  readonly bits: 1 | 8 | 16 | 32 | 64
  readonly signed: boolean
  /** in it an address is at home too, whatever its width: an `int` of a litmus test */
  readonly holdsAddresses?: true
}

export interface PointerType extends Qualified {
  readonly kind: 'pointer'
  readonly to: CType
  /** is `const` said of the struct that it points to? */
  readonly toConst?: true
}

export interface ArrayType {
  readonly kind: 'array'
  readonly of: CType
  /** -1 where it is not said */
  readonly length: number
}

/** One of the members of a union. */
export interface Choice {
  readonly of: StructType
  readonly member: number
}

/** What can be named behind a dot or an arrow. */
export interface Field {
  readonly name: string
  readonly type: CType
  /** the unions without a name that it comes from, and which member of each it is, or is in */
  readonly choices?: readonly Choice[]
}

/** What a struct is made of, in order. */
export interface Member {
  /** undefined for a struct or union whose fields are those of what is around it */
  readonly name: string | undefined
  readonly type: CType
}

/** A struct or a union; known by its identity, as C knows it by its declaration. */
export interface StructType {
  readonly kind: 'struct'
  /** `struct kvm_vcpu`, or what stands for the name of one that has none */
  readonly name: string
  readonly isUnion: boolean
  /** undefined until it is defined */
  fields: readonly Field[] | undefined
  members: readonly Member[] | undefined
}

export interface FunctionType {
  readonly kind: 'function'
  readonly result: CType
  readonly parameters: readonly CType[]
}

export type CType = IntType | PointerType | ArrayType | StructType | FunctionType | { readonly kind: 'void' }

/** What one location holds. */
export type ScalarType = IntType | PointerType

const int = (name: string, bits: IntType['bits'], signed: boolean): IntType => ({ kind: 'int', name, bits, signed })

export const VOID: CType = { kind: 'void' }
export const BOOL = int('_Bool', 1, false)
export const CHAR = int('char', 8, true)
export const INT = int('int', 32, true)
export const UNSIGNED = int('unsigned int', 32, false)
export const LONG = int('long', 64, true)
export const UNSIGNED_LONG = int('unsigned long', 64, false)
export const LONG_LONG = int('long long', 64, true)
export const UNSIGNED_LONG_LONG = int('unsigned long long', 64, false)

/** Integer types by the words that C has for them, in C's usual order. */
export const INTEGERS: ReadonlyMap<string, IntType> = new Map<string, IntType>([
  ['_Bool', BOOL],
  ['char', CHAR],
  ['signed char', int('signed char', 8, true)],
  ['unsigned char', int('unsigned char', 8, false)],
  ...['short', 'short int', 'signed short', 'signed short int'].map((n) => [n, int('short', 16, true)] as const),
  ...['unsigned short', 'unsigned short int'].map((n) => [n, int('unsigned short', 16, false)] as const),
  ...['int', 'signed', 'signed int'].map((n) => [n, INT] as const),
  ...['unsigned', 'unsigned int'].map((n) => [n, UNSIGNED] as const),
  ...['long', 'long int', 'signed long', 'signed long int'].map((n) => [n, LONG] as const),
  ...['unsigned long', 'unsigned long int'].map((n) => [n, UNSIGNED_LONG] as const),
  ...['long long', 'long long int', 'signed long long', 'signed long long int'].map((n) => [n, LONG_LONG] as const),
  ...['unsigned long long', 'unsigned long long int'].map((n) => [n, UNSIGNED_LONG_LONG] as const),
])

export const pointerTo = (to: CType): PointerType => ({ kind: 'pointer', to })

/** The type without what is said of a variable that has it. */
export const bare = <T extends CType>(type: T): T => {
  if ((type.kind !== 'int' && type.kind !== 'pointer') || (type.isConst ?? type.isVolatile) === undefined) return type
  if (type.kind === 'int') {
    const { kind, name, bits, signed, holdsAddresses: also } = type
    return { kind, name, bits, signed, ...(also === true ? { holdsAddresses: also } : {}) } as T
  }
  const pointer = pointerTo(type.to)
  return (type.toConst === true ? { ...pointer, toConst: true } : pointer) as T
}

export const isScalar = (type: CType): type is ScalarType => type.kind === 'int' || type.kind === 'pointer'

/** Is an address at home in it, though it is an integer? */
export const holdsAddresses = (type: CType): boolean => type.kind === 'int' && type.holdsAddresses === true

/** The same type? Structs by identity. */
export const sameType = (a: CType, b: CType): boolean => {
  if (a === b) return true
  if (a.kind === 'int') return b.kind === 'int' && a.bits === b.bits && a.signed === b.signed && a.name === b.name
  if (a.kind === 'pointer') return b.kind === 'pointer' && sameType(a.to, b.to)
  if (a.kind === 'array') return b.kind === 'array' && a.length === b.length && sameType(a.of, b.of)
  return a.kind === 'void' && b.kind === 'void'
}

/** How C writes the type. */
export const typeName = (type: CType): string => {
  switch (type.kind) {
    case 'int':
    case 'struct':
      return type.name
    case 'pointer':
      return type.to.kind === 'pointer' ? `${typeName(type.to)}*` : `${typeName(type.to)} *`
    case 'array':
      return `${typeName(type.of)}[${type.length}]`
    case 'function':
      return `${typeName(type.result)} (*)(${type.parameters.map(typeName).join(', ')})`
    case 'void':
      return 'void'
  }
}

/** Bytes, as x86-64 lays it out; undefined for what has no size. */
export const sizeOf = (type: CType): number | undefined => {
  switch (type.kind) {
    case 'int':
      return type.bits === 1 ? 1 : type.bits / 8
    case 'pointer':
      return 8
    case 'array': {
      const one = sizeOf(type.of)
      return one === undefined ? undefined : one * type.length
    }
    case 'struct':
      return sizeOfStruct(type)
    case 'function':
    case 'void':
      return undefined
  }
}

const alignmentOf = (type: CType): number => {
  if (type.kind === 'array') return alignmentOf(type.of)
  if (type.kind !== 'struct') return sizeOf(type) ?? 1
  return Math.max(1, ...(type.members ?? []).map((member) => alignmentOf(member.type)))
}

const sizeOfStruct = (type: StructType): number | undefined => {
  if (type.members === undefined) return undefined
  let size = 0
  for (const member of type.members) {
    const own = sizeOf(member.type)
    if (own === undefined) return undefined
    const alignment = alignmentOf(member.type)
    size = type.isUnion ? Math.max(size, own) : Math.ceil(size / alignment) * alignment + own
  }
  const alignment = alignmentOf(type)
  return Math.ceil(size / alignment) * alignment
}

/** How many locations it takes. */
export const locationsIn = (type: CType): number => {
  if (type.kind === 'array') return Math.max(0, type.length) * locationsIn(type.of)
  if (type.kind !== 'struct') return 1
  return (type.members ?? []).reduce((sum, member) => sum + locationsIn(member.type), 0)
}

/** The struct in it that is declared, but not defined. */
export const incompleteIn = (type: CType): StructType | undefined => {
  if (type.kind === 'array') return incompleteIn(type.of)
  if (type.kind !== 'struct') return undefined
  if (type.members === undefined) return type
  for (const member of type.members) {
    const found = incompleteIn(member.type)
    if (found !== undefined) return found
  }
  return undefined
}

/** C's integer promotion: what is narrower than int becomes int. */
export const promoted = (type: IntType): IntType => (type.bits < 32 ? INT : bare(type))

/** C's usual arithmetic conversions: the type in which two integers are computed with. */
export const commonType = (a: IntType, b: IntType): IntType => {
  const [x, y] = [promoted(a), promoted(b)]
  if (x.bits !== y.bits) return x.bits > y.bits ? x : y
  return x.signed ? y : x
}

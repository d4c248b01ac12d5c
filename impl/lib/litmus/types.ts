/** The types of a litmus test. There every integer and every pointer is at home in any location, whatever its width: herd has one kind of value. */

import type { CType, IntType } from '../c/program/types.ts'

const word = (name: string, bits: IntType['bits'], signed: boolean): IntType => ({
  kind: 'int',
  name,
  bits,
  signed,
  holdsAddresses: true,
})

const NAMES: readonly (readonly [names: string, bits: IntType['bits'], signed: boolean])[] = [
  ['int|signed|signed int|s32|__s32|int32_t|atomic_t|spinlock_t', 32, true],
  ['unsigned|unsigned int|u32|__u32|uint32_t', 32, false],
  ['long|long int|signed long|long long|long long int|s64|__s64|int64_t|intptr_t|ptrdiff_t|ssize_t', 64, true],
  ['atomic64_t|atomic_long_t', 64, true],
  ['unsigned long|unsigned long int|unsigned long long|u64|__u64|uint64_t|uintptr_t|size_t', 64, false],
  ['short|short int|s16|int16_t', 16, true],
  ['unsigned short|u16|uint16_t', 16, false],
  ['char|signed char|s8|int8_t', 8, true],
  ['unsigned char|u8|uint8_t', 8, false],
  ['bool|_Bool', 1, false],
]

/** By the words of C in their usual order. */
export const WORDS: ReadonlyMap<string, IntType> = new Map(
  NAMES.flatMap(([names, bits, signed]) => names.split('|').map((name) => [name, word(name, bits, signed)] as const)),
)

/** Names of types that C does not have by itself. */
export const TYPE_NAMES: readonly string[] = [...WORDS.keys()].filter((name) =>
  /_t$|^[us]\d+$|^__[us]\d+$|^bool$/.test(name),
)

const OTHER = ['struct', 'union', 'enum', 'volatile', 'const', 'void', 'float', 'double']
const TYPE_WORDS: ReadonlySet<string> = new Set([...[...WORDS.keys()].flatMap((name) => name.split(' ')), ...OTHER])

/** Is it a word of a type? */
export const isTypeWord = (text: string): boolean => TYPE_WORDS.has(text)

/** What a name of C is called where it holds addresses too. */
export const renamed = (name: string): string => `__litmus_${name.replaceAll(' ', '_')}`

/** All of them, by the names that the threads' types are given. */
export const TYPES: ReadonlyMap<string, CType> = new Map([...WORDS].map(([name, type]) => [renamed(name), type]))

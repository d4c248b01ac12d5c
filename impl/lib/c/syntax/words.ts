/** The words of C, by what they are for. */

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

/** Words that types are made of; several make one type. */
const TYPE_WORDS = words('void char short int long signed unsigned _Bool __signed__ __signed')

/** Names that are types without a declaration: those of the standard headers and of linux/types.h. */
const KNOWN_TYPES = words(
  'bool size_t ssize_t ptrdiff_t intptr_t uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t ' +
    'u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64',
)

/** Other spellings of keywords. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ...['__const', '__const__'].map((w) => [w, 'const'] as const),
  ...['__volatile', '__volatile__'].map((w) => [w, 'volatile'] as const),
  ...['__restrict', '__restrict__'].map((w) => [w, 'restrict'] as const),
  ...['__inline', '__inline__'].map((w) => [w, 'inline'] as const),
])

const QUALIFIERS = words('const volatile restrict')
const STORAGE = words('static extern inline auto register')
const STATEMENTS = words('if else while do for switch case default break continue return goto')
const RECORDS = words('struct union enum')

/** Words that say nothing about what a program does: they are left out, with the parentheses behind them. */
const ATTRIBUTES = words('__attribute__ __attribute _Alignas _Pragma')
const DROPPED = words('__extension__ _Noreturn')

const TYPEOF = words('typeof __typeof__ __typeof')

const INSTEAD: readonly (readonly [string, string, string])[] = [
  ['asm __asm__ __asm', 'inline assembly', 'Use the atomics and barriers of the kernel.'],
  ['_Generic', 'a choice by type', 'Write what is chosen.'],
  ['float double _Complex __float128 _Float16', 'a floating type', 'Use integers, as kernel code does.'],
  ['__int128 __int128_t __uint128_t', 'an integer of 128 bits', 'Use one of 64 bits.'],
  ['_Atomic', "an atomic of C's own", "Use atomic_t, or the kernel's READ_ONCE() and cmpxchg()."],
  ['_Thread_local __thread', 'a variable for each thread', 'Declare it in the thread.'],
  ['_Static_assert static_assert', 'an assertion for the compiler', 'Leave it out: #ifndef __LOCKSTEP__.'],
  ['__auto_type', 'a type that follows from a value', 'Write the type, or typeof(x).'],
  ['__label__', 'a label with a scope', 'Give the label a name of its own.'],
  ['_Alignof __alignof__ __alignof', 'the alignment of a type', 'The model has no addresses as numbers: leave it out.'],
  ['__builtin_offsetof', 'the offset of a field', 'Use container_of(), which the model knows.'],
  ['__builtin_types_compatible_p', 'a question about types', 'Write its answer.'],
  ['__builtin_va_arg va_arg', 'a variable argument', 'Give the function parameters.'],
]

/** What the model does not have, and what to write for it. */
const UNSUPPORTED: ReadonlyMap<string, { readonly what: string; readonly hint: string }> = new Map(
  INSTEAD.flatMap(([names, what, hint]) => names.split(' ').map((name) => [name, { what, hint }] as const)),
)

export const isTypeWord = (word: string): boolean => TYPE_WORDS.has(word)
export const isKnownType = (word: string): boolean => KNOWN_TYPES.has(word)
export const isQualifier = (word: string): boolean => QUALIFIERS.has(word)
export const isStorage = (word: string): boolean => STORAGE.has(word)
export const isStatementWord = (word: string): boolean => STATEMENTS.has(word)
export const isRecord = (word: string): boolean => RECORDS.has(word)
export const isAttribute = (word: string): boolean => ATTRIBUTES.has(word)
export const isDropped = (word: string): boolean => DROPPED.has(word)
export const isTypeof = (word: string): boolean => TYPEOF.has(word)
export const spellingOf = (word: string): string => SPELLINGS.get(word) ?? word
export const unsupported = (word: string): { readonly what: string; readonly hint: string } | undefined =>
  UNSUPPORTED.get(word)

/** Words that are no names. */
export const isKeyword = (word: string): boolean =>
  TYPE_WORDS.has(word) ||
  QUALIFIERS.has(word) ||
  STORAGE.has(word) ||
  STATEMENTS.has(word) ||
  RECORDS.has(word) ||
  word === 'typedef' ||
  word === 'sizeof'

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['void', 'void'],
  ['_Bool', '_Bool'],
  ['char', 'char'],
  ['char signed', 'signed char'],
  ['char unsigned', 'unsigned char'],
  ...['', 'unsigned'].flatMap((sign) =>
    ['short', 'int', 'long', 'long long'].flatMap((size) => {
      const name = sign === '' ? size : `${sign} ${size}`
      const signs = sign === '' ? ['', 'signed'] : [sign]
      return signs.flatMap((s) =>
        (size === 'int' ? [['int'], []] : [[...size.split(' ')], [...size.split(' '), 'int']]).map(
          (parts) => [[...parts, ...(s === '' ? [] : [s])].sort().join(' '), name] as const,
        ),
      )
    }),
  ),
])

/** The usual name of a type of several words; undefined where they make none. */
export const typeOfWords = (list: readonly string[]): string | undefined =>
  list.length === 0
    ? undefined
    : MEANINGS.get(
        list
          .map((word) => (word.startsWith('__signed') ? 'signed' : word))
          .sort()
          .join(' '),
      )

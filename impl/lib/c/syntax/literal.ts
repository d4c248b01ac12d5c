/** What constants of C are worth: integers, characters, strings. */

import { errorAtToken, quoted } from './error.ts'
import type { Token } from './token.ts'

export interface IntegerConstant {
  readonly value: bigint
  /** `u`, `l`, `ul`, `ll`, `ull` or empty */
  readonly suffix: string
  readonly radix: 8 | 10 | 16
}

const INTEGER = /^(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))([uUlL]*)$/
const SUFFIXES: ReadonlySet<string> = new Set(['', 'u', 'l', 'ul', 'll', 'ull'])

const isFloating = (text: string): boolean =>
  /^0[xX]/.test(text) ? /[.pP]/.test(text) : /^[0-9.]+(?:[eE][+-]?[0-9]+)?[fFlL]?$/.test(text) && /[.eEfF]/.test(text)

const suffixOf = (written: string): string | undefined => {
  // `lL` is no suffix of C
  if (/lL|Ll/.test(written)) return undefined
  const small = written.toLowerCase().replace(/^(l+)u$/, 'u$1')
  return SUFFIXES.has(small) ? small : undefined
}

/** The integer that a number is; radix 16 is given to binary ones too, whose types are chosen alike. */
export const integerOf = (token: Token): IntegerConstant => {
  const found = INTEGER.exec(token.text)
  const suffix = found === null ? undefined : suffixOf(found[5] ?? '')
  if (found === null || suffix === undefined) {
    if (isFloating(token.text)) {
      const message = `${quoted(token)} is a floating constant, and there are no floating types in the model`
      throw errorAtToken('c-unsupported', token, message, 'Use integers, as kernel code does.')
    }
    throw errorAtToken(
      'c-syntax',
      token,
      `${quoted(token)} is no number of C`,
      'Write an integer, such as 10 or 0x1fUL.',
    )
  }
  const [, hex, binary, octal, decimal] = found
  const [value, radix]: [bigint, 8 | 10 | 16] =
    hex !== undefined
      ? [BigInt(`0x${hex}`), 16]
      : binary !== undefined
        ? [BigInt(`0b${binary}`), 16]
        : octal !== undefined
          ? [octal === '0' ? 0n : BigInt(`0o${octal}`), 8]
          : [BigInt(decimal ?? '0'), 10]
  if (value >= 1n << 64n) {
    throw errorAtToken('c-syntax', token, `${quoted(token)} does not fit into 64 bits`, 'No type of C is wide enough.')
  }
  return { value, suffix, radix }
}

const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['n', 10],
  ['t', 9],
  ['r', 13],
  ['0', 0],
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['v', 11],
  ['e', 27],
  ...['\\', "'", '"', '?'].map((c) => [c, c.charCodeAt(0)] as const),
])

const PART = /\\(?:x([0-9a-fA-F]+)|([0-7]{1,3})|([^]))|([^\\])/gu

/** The characters of a literal without its quotes. */
const charactersOf = (token: Token, inner: string): number[] =>
  [...inner.matchAll(PART)].map(([, hex, octal, escape, plain]) => {
    const code =
      hex !== undefined
        ? parseInt(hex, 16)
        : octal !== undefined
          ? parseInt(octal, 8)
          : escape !== undefined
            ? ESCAPES.get(escape)
            : plain?.codePointAt(0)
    if (code === undefined || ((hex ?? octal) !== undefined && code > 0xff)) {
      const message = `${quoted(token)} has an escape that C does not have`
      throw errorAtToken('c-syntax', token, message, 'C has \\n \\t \\0 \\\\ \\\' \\" and their kin, \\x41 and \\101.')
    }
    return code
  })

const unprefixed = (token: Token): string => {
  const quote = token.kind === 'char' ? "'" : '"'
  if (!token.text.startsWith(quote)) {
    const message = `${quoted(token)} is of wide characters, which the model does not have`
    throw errorAtToken('c-unsupported', token, message, 'Write it without its prefix.')
  }
  return token.text.slice(1, -1)
}

/** The value of a character constant: an int, of a signed char. */
export const characterOf = (token: Token): number => {
  const characters = charactersOf(token, unprefixed(token))
  const [value] = characters
  if (value === undefined || characters.length > 1 || value > 0xff) {
    const message = `${quoted(token)} is not one character of a byte`
    throw errorAtToken('c-unsupported', token, message, 'Write one character between the quotes.')
  }
  return value > 0x7f ? value - 0x100 : value
}

/** The text of a string, its escapes resolved. */
export const stringOf = (token: Token): string => String.fromCodePoint(...charactersOf(token, unprefixed(token)))

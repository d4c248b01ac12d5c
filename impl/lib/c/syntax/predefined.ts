/**
 * The macros that are there before a file begins. `__GNUC__` is among them because the dialect is GNU's: attributes, typeof and
 * statements in expressions are read, and headers that do not find it define `__attribute__` away, with what lockstep.h says by it.
 * Sizes are those of x86-64.
 */

import { lex } from './lex.ts'
import type { Macro } from './macro.ts'
import { macroOf } from './macro.ts'
import { SourceText } from './text.ts'
import { Token } from './token.ts'

const PREDEFINED = `__LOCKSTEP__ 1
__STDC__ 1
__STDC_VERSION__ 201112L
__GNUC__ 12
__GNUC_MINOR__ 0
__LP64__ 1
__CHAR_BIT__ 8
__SIZEOF_SHORT__ 2
__SIZEOF_INT__ 4
__SIZEOF_LONG__ 8
__SIZEOF_LONG_LONG__ 8
__SIZEOF_POINTER__ 8
__INT_MAX__ 0x7fffffff
__LONG_MAX__ 0x7fffffffffffffffL
__LONG_LONG_MAX__ 0x7fffffffffffffffLL`

const SPECIAL = [
  ['__LINE__', 'line'],
  ['__FILE__', 'file'],
  ['__COUNTER__', 'counter'],
] as const

const defined = (text: string, name: string): Macro => {
  const source = new SourceText({ name, text })
  const at = { source, start: 0, end: 0 }
  return macroOf(lex(source), new Token('punctuator', '#', at, { spaced: false, first: true }))
}

const OURS: readonly Macro[] = [
  ...PREDEFINED.split('\n').map((line) => defined(line, '<built-in>')),
  ...SPECIAL.map(([name, special]) => ({ name, parameters: undefined, variadic: false, body: [], special })),
]

/** All macros that a file begins with; those of the command line replace ours. */
export const macrosAtStart = (defines: ReadonlyMap<string, string>): Map<string, Macro> => {
  const macros = new Map(OURS.map((macro) => [macro.name, macro]))
  for (const [name, value] of defines) {
    const macro = defined(`${name} ${value}`, '<command line>')
    macros.set(macro.name, macro)
  }
  return macros
}

/** Where SANY, TLA+'s parser, says that a specification is wrong. It writes plain text between TLC's messages. */

import type { Place } from '../../impl/lib/kernel/error.ts'

/** The first error of a specification that does not parse. */
export interface SanyError extends Place {
  /** SANY's words, in one line */
  readonly message: string
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const SYNTAX = /\*\*\*Parse Error\*\*\*\s*\n(?<message>.*?(?:at line (?<line>\d+), column (?<column>\d+))[^\n]*)/s

const LEXICAL = /(?<message>Lexical error at line (?<line>\d+), column (?<column>\d+)[^\n]*)/

/** After `*** Errors: 1`; what follows `*** Warnings: 1` looks the same. */
const SEMANTIC =
  /\*\*\* Errors:.*?line (?<line>\d+), col (?<column>\d+) to line \d+, col \d+ of module (?<module>\S+)\s*\n\s*\n(?<message>.+?)(?:\n\s*\n|$)/s

const MISSING = /(?<message>Cannot find source file for module \S+?(?: imported in module (?<module>\S+?))?\.?\s*)$/m

const OTHER = /\*\*\* Abort messages: \d+\s*\n(?<message>.+)/s

const errorOf = ({ groups }: RegExpExecArray, file: string): SanyError => {
  const { message = '', line, column } = groups ?? {}
  const place = line === undefined ? {} : { line: Number(line), column: Number(column) }
  return { message: oneLine(message), file, ...place }
}

/** The first error in SANY's output; without a place if none of its known forms is there. */
export const sanyError = (output: readonly string[], specFile: string): SanyError => {
  const text = output.join('\n')
  // the file of each module that was found; the last is the one that was being read when the parser gave up
  const files = [...text.matchAll(/^Parsing file (.+)$/gm)].map(([, path = '']) => path)
  const last = files.at(-1) ?? specFile
  const fileOf = (module: string | undefined): string =>
    files.find((path) => path.replace(/^.*[\\/]/, '') === `${module ?? ''}.tla`) ?? specFile
  const syntax = SYNTAX.exec(text)
  if (syntax !== null) {
    const module = /Fatal errors while parsing TLA\+ spec in file (\S+)/.exec(text)?.[1]
    return errorOf(syntax, module === undefined ? last : fileOf(module))
  }
  const lexical = LEXICAL.exec(text)
  if (lexical !== null) return errorOf(lexical, last)
  const named = SEMANTIC.exec(text) ?? MISSING.exec(text)
  if (named !== null) return errorOf(named, fileOf(named.groups?.['module']))
  const message = OTHER.exec(text)?.groups?.['message']
  if (message === undefined) return { message: 'the specification does not parse', file: specFile }
  return { message: oneLine(message).slice(0, 300), file: specFile }
}

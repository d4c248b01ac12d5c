/** Where SANY, TLA+'s parser, says that a specification is wrong. It writes plain text between TLC's messages. */

import type { Place } from '../../impl/lib/kernel/error.ts'

/** The first error of a specification that does not parse. */
export interface SanyError extends Place {
  /** SANY's words, in one line */
  readonly message: string
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** `Parsing file PATH` names the file of each module that was found. */
const fileOf = (text: string, module: string | undefined, specFile: string): string => {
  const files = [...text.matchAll(/^Parsing file (.+)$/gm)].map(([, path]) => path ?? '')
  return files.find((path) => path.replace(/^.*[\\/]/, '') === `${module ?? ''}.tla`) ?? specFile
}

/** The module that was being read when the parser gave up. */
const lastFile = (text: string, specFile: string): string =>
  [...text.matchAll(/^Parsing file (.+)$/gm)].at(-1)?.[1] ?? specFile

type Reader = (text: string, specFile: string) => SanyError | undefined

const syntaxError: Reader = (text, specFile) => {
  const found = /\*\*\*Parse Error\*\*\*\s*\n(.*?(?:at line (\d+), column (\d+))[^\n]*)/s.exec(text)
  if (found === null) return undefined
  const module = /Fatal errors while parsing TLA\+ spec in file (\S+)/.exec(text)?.[1]
  const file = module === undefined ? lastFile(text, specFile) : fileOf(text, module, specFile)
  return { message: oneLine(found[1] ?? ''), file, line: Number(found[2]), column: Number(found[3]) }
}

const lexicalError: Reader = (text, specFile) => {
  const found = /Lexical error at line (\d+), column (\d+)[^\n]*/.exec(text)
  if (found === null) return undefined
  return {
    message: oneLine(found[0]),
    file: lastFile(text, specFile),
    line: Number(found[1]),
    column: Number(found[2]),
  }
}

/** After `*** Errors: 1`; what follows `*** Warnings: 1` looks the same. */
const semanticError: Reader = (text, specFile) => {
  const errors = text.indexOf('*** Errors:')
  if (errors < 0) return undefined
  const pattern = /line (\d+), col (\d+) to line \d+, col \d+ of module (\S+)\s*\n\s*\n(.+?)(?:\n\s*\n|$)/s
  const found = pattern.exec(text.slice(errors))
  if (found === null) return undefined
  const [, line, column, module, message] = found
  return {
    message: oneLine(message ?? ''),
    file: fileOf(text, module, specFile),
    line: Number(line),
    column: Number(column),
  }
}

const missingModule: Reader = (text, specFile) => {
  const found = /Cannot find source file for module \S+?(?: imported in module (\S+?))?\.?\s*$/m.exec(text)
  if (found === null) return undefined
  return { message: oneLine(found[0]), file: fileOf(text, found[1], specFile) }
}

const otherAbort: Reader = (text, specFile) => {
  const found = /\*\*\* Abort messages: \d+\s*\n(.+)/s.exec(text)
  return found === null ? undefined : { message: oneLine(found[1] ?? '').slice(0, 300), file: specFile }
}

const READERS: readonly Reader[] = [syntaxError, lexicalError, semanticError, missingModule, otherAbort]

/** The first error in SANY's output; without a place if none of its known forms is there. */
export const sanyError = (output: readonly string[], specFile: string): SanyError => {
  const text = output.join('\n')
  for (const read of READERS) {
    const error = read(text, specFile)
    if (error !== undefined) return error
  }
  return { message: 'the specification does not parse', file: specFile }
}

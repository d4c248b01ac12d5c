/** Which of our headers has a word that a C file uses without including it: what an error about it can say besides. */

import { readdirSync } from 'node:fs'
import { badInput, LockstepError } from '../../impl/lib/kernel/error.ts'
import { readPlainText } from '../node/input.ts'
import type { CFiles } from './files.ts'
import { headersDirectory } from './files.ts'

/** Words that a header gives: macros, functions, types, and what is within enums. */
const GIVEN = [
  /^[ \t]*#[ \t]*define[ \t]+(\w+)/gm,
  // functions and types begin at the margin
  /^(?:static|extern|typedef|LOCKSTEP_\w+|struct|enum|int|void|bool)\b[^;{}()]*?\b(\w+)(?=\s*[;({])/gm,
  /^\}\s*(\w+);/gm,
  /^\t([A-Z]\w+)(?:\s*=[^,]*)?,?$/gm,
]

const givenBy = (text: string): ReadonlySet<string> =>
  new Set(GIVEN.flatMap((pattern) => [...text.matchAll(pattern)].map(([, word = '']) => word)))

let known: ReadonlyMap<string, ReadonlySet<string>> | undefined

/** What each header gives, by its name: those that a C file includes by themselves, the shortest names first. */
const headers = (): ReadonlyMap<string, ReadonlySet<string>> => {
  if (known !== undefined) return known
  const names = readdirSync(headersDirectory(), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => /^(?:linux|asm)\/.*\.h$|^lockstep\.h$/.test(name))
    .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  known = new Map(names.map((name) => [name, givenBy(readPlainText(`${headersDirectory()}/${name}`, 'header'))]))
  return known
}

/** The header that gives a word. */
export const headerWith = (word: string): string | undefined => [...headers()].find(([, words]) => words.has(word))?.[0]

const CODES = ['c-syntax', 'c-unknown']

/** The word that is to blame, and the header that would have helped: one that the file has not read. */
const missing = (files: CFiles, { problem }: LockstepError): readonly [word: string, header: string] | undefined => {
  const { code, file, line, message } = problem
  if (!CODES.includes(code) || file === undefined || line === undefined) return undefined
  const text = files.textOf(file)?.split('\n')[line - 1] ?? ''
  for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) {
    if (code === 'c-unknown' && !new RegExp(`\\b${word}\\b`).test(message)) continue
    const header = headerWith(word)
    if (header !== undefined && !files.hasRead(header)) return [word, header]
  }
  return undefined
}

/** Does something with a C file; what it is refused for says which header is missing, where it is one. */
export const withHeadersNamed = <T>(files: CFiles, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    const found = error instanceof LockstepError ? missing(files, error) : undefined
    if (!(error instanceof LockstepError) || found === undefined) throw error
    const [word, header] = found
    throw badInput({ ...error.problem, hint: `#include <${header}>, which has ${word}` })
  }
}

/** How a failing command says why: one clear error on stderr, or one JSON document on stdout. */

import type { Problem } from '../../impl/lib/kernel/error.ts'
import { EXIT, LockstepError } from '../../impl/lib/kernel/error.ts'
import { printable } from '../../impl/lib/text/visible.ts'
import { environmentError } from '../node/failure.ts'
import { printJson, writeError } from './output.ts'

/** The error as a failing command prints it with `--json`. */
export const errorJson = ({ code, message, hint, file, line, column }: Problem): object => ({
  code,
  message,
  hint: hint ?? null,
  file: file ?? null,
  line: line ?? null,
  column: column ?? null,
})

const INTERNAL = 'this is a defect of lockstep: please report it with the command that you ran'

/** What is wrong, as a value: what no one foresaw is a defect of ours. */
const problemOf = (error: unknown): Problem =>
  error instanceof LockstepError
    ? error.problem
    : { code: 'internal', message: error instanceof Error ? error.message : String(error), hint: INTERNAL }

/** `file:line:column: `; a name with a line break in it stays on its line. */
const placeText = ({ file, line, column }: Problem): string =>
  file === undefined
    ? ''
    : `${[printable(file), line, ...(line === undefined ? [] : [column])].filter((part) => part !== undefined).join(':')}: `

/** Lines after the first are ours too, and look it. */
const indented = (text: string): string => text.trimEnd().replaceAll('\n', '\n  ')

/** Prints an error, as JSON if asked for, and by its name what the system underneath refused; returns the exit code. */
export const reportError = (thrown: unknown, json: boolean): number => {
  const error = environmentError(thrown) ?? thrown
  const problem = problemOf(error)
  const foreseen = error instanceof LockstepError
  if (json) {
    printJson({ ok: false, error: errorJson(problem) })
  } else {
    const { message, hint } = problem
    const said = `${placeText(problem)}${foreseen ? '' : 'internal error: '}${message}`
    writeError(`lockstep: ${indented(said)}\n${hint === undefined ? '' : `  ${indented(hint)}\n`}`)
  }
  if (!foreseen && process.env['LOCKSTEP_DEBUG'] !== undefined && error instanceof Error)
    writeError(`${error.stack ?? ''}\n`)
  return foreseen ? error.exit : EXIT.environment
}

/** What stands at the top of a module: where it is from, what it models, how it is checked. */

import type { CMachine } from '../run/machine.ts'

/** What the module is told of itself. */
export interface SpecOptions {
  /** of lockstep */
  readonly version?: string
}

const line = (text: string): string => `(* ${text.padEnd(71)} *)`

const filled = (text: string): string[] => {
  const lines: string[] = []
  let now = ''
  for (const word of text.replaceAll('*)', '* )').split(' ')) {
    if (now !== '' && now.length + 1 + word.length > 71) {
      lines.push(now)
      now = word
    } else now = now === '' ? word : `${now} ${word}`
  }
  return [...lines, now].map(line)
}

export const headerOf = (machine: CMachine, name: string, { version }: SpecOptions): string[] => {
  const file = machine.program.file.replace(/^.*\//, '')
  return [
    ...filled(`${file} as lockstep${version === undefined ? '' : ` ${version}`} understands it: made by`),
    ...filled(`lockstep spec ${file} -o ${name}.tla; changes belong into ${file}.`),
    line(''),
    ...filled(
      'One action for each step of a thread, that is each access to memory that others can see, with what the thread does by itself up to its next step. The label in pc is the function and the line. A local is a function of the threads that have it, and "?" where nothing needs it; pointers are strings, "&wq.head", and NULL is 0.',
    ),
    line(''),
    ...filled(
      `Checked by: lockstep check ${file} --engine tlc, or lockstep tlc -- ${name}.tla beside Memory.tla and CArithmetic.tla. lockstep prove ${file} holds it equal to the machine of the same file, state by state.`,
    ),
  ]
}

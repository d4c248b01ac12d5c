/** TLA+ values as TLC prints them, on one line. */

import type { TlaValue } from './value.ts'
import { atomText, quote } from './value.ts'

/** What TLA+ takes for a name: letters, digits and _, at least one letter. */
export const isIdentifier = (text: string): boolean => /^[A-Za-z0-9_]*[A-Za-z][A-Za-z0-9_]*$/.test(text)

const printFunction = (pairs: readonly (readonly [string, TlaValue])[]): string =>
  pairs.length === 0
    ? '<<>>'
    : `(${pairs.map(([argument, value]) => `${argument} :> ${printValue(value)}`).join(' @@ ')})`

const printRecord = (fields: readonly (readonly [string, TlaValue])[]): string => {
  // the record notation has room for identifiers only, the function notation for every string
  if (fields.length === 0 || !fields.every(([name]) => isIdentifier(name))) {
    return printFunction(fields.map(([name, value]) => [quote(name), value]))
  }
  return `[${fields.map(([name, value]) => `${name} |-> ${printValue(value)}`).join(', ')}]`
}

/** A value in TLC's notation, on one line; `parseValue` gives an equal value back. Sets and functions keep their order. */
export function printValue(value: TlaValue): string {
  switch (value.kind) {
    case 'bool':
    case 'int':
    case 'str':
    case 'model':
      return atomText(value)
    case 'set':
      return `{${value.items.map(printValue).join(', ')}}`
    case 'interval':
      return `${value.lo}..${value.hi}`
    case 'seq':
      return `<<${value.items.map(printValue).join(', ')}>>`
    case 'record':
      return printRecord(value.fields)
    case 'fun':
      return printFunction(value.entries.map(([argument, v]) => [printValue(argument), v]))
  }
}

/** A state as TLC prints it: one conjunct a line, and a lone variable without the `/\`. */
export const printState = (values: ReadonlyMap<string, TlaValue>): string => {
  const lines = [...values].map(([name, value]) => `${name} = ${printValue(value)}`)
  return lines.length === 1 ? lines.join('') : lines.map((line) => `/\\ ${line}`).join('\n')
}

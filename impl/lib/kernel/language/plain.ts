/** TLA+ values as plain JavaScript has them, for logs and for whoever looks at a state. */

import type { TlaValue } from './value.ts'

/** A value that JSON can write. Sets are arrays in any order; functions are objects by the text of their arguments. */
export type Plain = boolean | number | string | null | readonly Plain[] | { readonly [key: string]: Plain }

/** A thread `<<"vcpu", 0>>` is `vcpu0`, as everywhere in the output. */
export const argumentText = (argument: TlaValue): string => {
  switch (argument.kind) {
    case 'int':
      return String(argument.value)
    case 'str':
      return argument.value
    case 'seq':
      return argument.items.map(argumentText).join('')
    default:
      return JSON.stringify(plain(argument))
  }
}

/** A TLA+ value in plain JavaScript: a set or sequence is an array, a function an object by the text of its arguments. */
export const plain = (value: TlaValue): Plain => {
  switch (value.kind) {
    case 'bool':
    case 'str':
      return value.value
    case 'int':
      return Number(value.value)
    case 'set':
      return value.items.map(plain)
    case 'seq':
      return value.items.map(plain)
    case 'record':
      return Object.fromEntries(value.fields.map(([name, v]) => [name, plain(v)]))
    case 'fun':
      return Object.fromEntries(value.entries.map(([argument, v]) => [argumentText(argument), plain(v)]))
    default:
      return null
  }
}

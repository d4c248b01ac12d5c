/** What has no meaning in C, in the words of a litmus test. */

import type { FaultAt } from '../c/run/thread.ts'
import { litmusError } from './source.ts'

const HINTS: Readonly<Partial<Record<FaultAt['fault'], string>>> = {
  Uninitialised: 'give it a value on every path that leads here; C leaves it undefined',
  NullPointer: 'an access takes a parameter, or a register that holds the address of a location',
  WrongPointer: 'an access takes a parameter, or a register that holds the address of a location',
  OutOfBounds: 'stay within the elements of the array',
  Arithmetic: 'test the operand first',
  BugOn: 'close a section that is open, with what srcu_read_lock() returned to this thread',
}

/** The name of the call that a section belongs to. */
const callIn = (text: string): string | undefined => /(\w+)\s*\(/.exec(text)?.[1]

const messageOf = ({ fault, message, site }: FaultAt, thread: number): string => {
  const call = callIn(site.text)
  if (fault === 'BugOn' && (call === 'rcu_read_unlock' || call === 'srcu_read_unlock'))
    return `${call}() without an open section has no meaning`
  const [, register] = /^P\d+\.(\w+) is read before/.exec(message) ?? []
  if (register !== undefined)
    return `the register ${register} of P${thread} is read before anything is assigned to it, which has no meaning in C`
  return `${message} in P${thread}, which has no meaning in C`
}

/** An error at the place of what has no meaning. */
export const faultError = (fault: FaultAt, thread: number): never => {
  throw litmusError(
    'litmus-undefined',
    fault.site,
    messageOf(fault, thread),
    HINTS[fault.fault] ?? 'the test says so itself',
  )
}

/** Validation of a log in a few lines, for programs that have a machine and the lines of a log, and no files. */

import type { CheckedMachine } from '../kernel/check.ts'
import { completed } from '../kernel/check.ts'
import type { Order } from './event.ts'
import type { Validation } from './result.ts'
import { machineSubject } from './subject.ts'
import { Validator } from './validator.ts'

/** How a log is to be read; docs/log-format.md says what each means. */
export interface ValidateLogOptions {
  /** what results and errors call the machine; default `machine` */
  readonly name?: string
  /** what results and errors call the log; default `log` */
  readonly file?: string
  /** which order of lines is to be trusted; default what the log's header says, else `total` */
  readonly order?: Order
  /** actions that may have happened without being in the log; default what the log's header says, else none */
  readonly unlogged?: 'any' | readonly string[]
  /** most states, or nodes of a search, that are kept at a time; beyond them the log is `incomplete` */
  readonly maxStates?: number
  /** seconds after which the log is `incomplete` */
  readonly timeout?: number
  /** ends the validation as `incomplete` */
  readonly signal?: AbortSignal
}

/**
 * Holds the lines of one log, NDJSON or ftrace text, against a machine. `verdict` is `accepted` only if all of the log was
 * read and some behaviour of the machine explains it; `ok` is then true. A rejected log has in `divergence` the line, what
 * was possible instead, and why each remaining state refuses the event.
 *
 * @throws LockstepError if the log has no events, a line is no event, or names what the machine does not have; if the
 * machine has store buffers whose stores never become visible
 */
export const validateLog = (
  machine: CheckedMachine,
  lines: Iterable<string>,
  { name = 'machine', file = 'log', ...options }: ValidateLogOptions = {},
): Promise<Validation> => {
  const validator = new Validator(machineSubject(name, completed(machine)))
  return validator.validate([{ firstLine: 1, lines: [...lines] }], { file, ...options })
}

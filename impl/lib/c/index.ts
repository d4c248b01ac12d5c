/** The front door: a C file in, a program out, and its machine under a memory model. */

import type { CProgram } from './program/ir.ts'
import type { LowerOptions } from './program/lower.ts'
import { programOf } from './run/program.ts'
import type { CParser, IncludeEnvironment, SourceFile } from './syntax/index.ts'

export type { CProgram, CProperty, CThread, FaultKind, Register, Site } from './program/ir.ts'
export type { CMachine, CMachineOptions } from './run/machine.ts'
export { machineOf } from './run/machine.ts'
export type { CParser, IncludeEnvironment, Place, SourceFile } from './syntax/index.ts'
export { loadCParser } from './syntax/index.ts'

/**
 * Reads a C file with what it includes.
 * @throws LockstepError (exit 2) for what is not C, or not in the subset, by file, line and column
 */
export const readProgram = (
  parser: CParser,
  file: SourceFile,
  environment: IncludeEnvironment,
  options: Pick<LowerOptions, 'isOn'> = {},
): CProgram =>
  programOf(parser.parse(file, environment), { ...options, isHeader: (name) => environment.isHeader(name) })

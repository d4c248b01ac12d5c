/** A machine with its programs compiled. */

import type { CompiledPrograms } from '../language/automaton.ts'
import type { Machine } from '../language/machine.ts'

export type { Automaton, CompiledPrograms, ProgramNode } from '../language/automaton.ts'

/** A machine with its programs compiled. */
export interface Compiled extends CompiledPrograms {
  readonly machine: Machine
}

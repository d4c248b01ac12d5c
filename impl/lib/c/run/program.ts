/** A C file's tree, given its meaning, with what no other thread can see taken out of its steps. */

import type { CProgram } from '../program/ir.ts'
import type { LowerOptions } from '../program/lower.ts'
import { lower } from '../program/lower.ts'
import type { TranslationUnit } from '../syntax/ast.ts'
import { promoted } from './promote.ts'

/**
 * The program of a C file.
 * @throws LockstepError (exit 2) for what is not in the subset, by name and place
 */
export const programOf = (unit: TranslationUnit, options: LowerOptions = {}): CProgram => promoted(lower(unit, options))

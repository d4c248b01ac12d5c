/** A mutant of a specification with the definitions by which it is told from the original. */

import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Copies, SpecSource } from '../../impl/lib/mutate/spec.ts'
import { copiesOf, definitionsIn, editedDefinition, weakerCopies } from '../../impl/lib/mutate/spec.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import type { Definitions } from '../../impl/lib/tla/module/tree.ts'
import type { Case } from './run.ts'

/** A specification: its modules, and its definitions by name. */
export interface Specification {
  readonly sources: readonly SpecSource[]
  readonly definitions: Definitions
}

/** A mutant, prepared. */
export interface Prepared {
  readonly case: Case
  readonly copies: Copies
  /** the definitions of the original, and the copies beside them */
  readonly definitions: Definitions
  /** the definitions as the mutant has them */
  readonly changed: Definitions
}

/** Prepares a mutant: copies of those of `names` that it changes. */
export const prepared = (spec: Specification, c: Case, names: readonly string[]): Prepared => {
  const { file, edit, within, id, direction } = c.mutant
  const source = spec.sources.find((s) => s.file === file)
  if (source === undefined) throw new RangeError(`the specification has no ${file}`)
  // in its place: what is made of it has to come after it
  const definition = editedDefinition(source, within, edit)
  const changed = new Map(spec.definitions).set(within, definition)
  const suffix = `lockstep_${id}`
  const copies =
    direction === undefined
      ? copiesOf(changed, within, names, suffix)
      : weakerCopies(spec.definitions, definition, direction, names, suffix)
  const text = ['---- MODULE Copies ----', ...copies.lines, '===='].join('\n')
  return { case: c, copies, definitions: new Map([...spec.definitions, ...definitionsIn([{ file, text }])]), changed }
}

export const isAlive = (mutant: Prepared): boolean => mutant.case.isAlive

/** What is in a set or in a sequence that TLC gives; nothing in what is neither. */
export const items = (value: TlaValue | undefined): readonly TlaValue[] =>
  value?.kind === 'seq' || value?.kind === 'set' ? value.items : []

/** Notes who notices a mutant, unless somebody is known. */
export const killed = ({ case: c }: Prepared, kind: 'cell' | 'proof', name: string): void => {
  if (c.isAlive) c.killedBy.push({ kind, name })
}

/** Gives up on mutants where TLC did not come to an end; what is wrong with the specification itself is thrown on. */
export const unfinished = (asked: readonly Prepared[], error: unknown): void => {
  if (!(error instanceof LockstepError) || error.exit !== 3 || error.problem.code === 'baseline-differs') throw error
  for (const p of asked) if (isAlive(p)) p.case.unfinished = error.message
}

/** Machine and specification do not mean the same: then no mutant means anything. */
export const disagree = (where: string, what: string): LockstepError =>
  environmentFailure({
    code: 'baseline-differs',
    message: `${where}: ${what} is not the same in machine and specification`,
    hint: 'the two sides of a property must be true in the same states: compare them',
  })

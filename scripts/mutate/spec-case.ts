/** A mutant of a specification with the definitions by which it is told from the original. */

import { environmentFailure, LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Copies, SpecSource } from '../../impl/lib/mutate/spec.ts'
import { copiesOf, editedDefinition, weakerCopies } from '../../impl/lib/mutate/spec.ts'
import { parseModule } from '../../impl/lib/tla/module/parse.ts'
import type { Definitions } from '../../impl/lib/tla/module/tree.ts'
import { definitionsOf } from '../../impl/lib/tla/module/tree.ts'
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
  const module = parseModule(['---- MODULE Copies ----', ...copies.lines, '===='].join('\n'), file)
  const own = definitionsOf(module).map((definition) => [definition.name, definition] as const)
  return { case: c, copies, definitions: new Map([...spec.definitions, ...own]), changed }
}

/** Is nobody known who notices it? */
export const isAlive = ({ case: { killedBy } }: Prepared): boolean => killedBy.length === 0

/** Notes who notices a mutant, unless somebody is known. */
export const killed = ({ case: c }: Prepared, kind: 'cell' | 'proof', name: string): void => {
  if (c.killedBy.length === 0) c.killedBy.push({ kind, name })
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

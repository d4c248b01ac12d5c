/** The mutants of a protocol's machine, from the files that it is made of. */

import { numbered } from '../../impl/lib/mutate/mutant.ts'
import type { Mutant, MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { weakenings } from '../../impl/lib/mutate/properties.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import { Source } from '../../impl/lib/mutate/syntax.ts'
import type { Protocol } from '../../impl/lib/protocol.ts'
import { readSource } from './load.ts'

/** Mutants and how many were the same text as the source or as another mutant. */
export interface Generated {
  readonly mutants: readonly Mutant[]
  readonly same: number
}

/** Mutants of the machine of a protocol. */
export const machineMutants = (ts: TypeScript, protocol: Protocol, kinds: readonly MutantKind[]): Generated => {
  const file = `impl/${protocol.name}/${protocol.module}.ts`
  const text = readSource(file)
  const source = new Source(ts, file, text)
  weakenings(source)
  const drafts = source.drafts.filter(({ kind }) => kinds.includes(kind))
  return numbered(drafts, new Map([[file, text]]))
}

/** The mutants of a protocol's machine, from the files that it is made of. */

import { faults } from '../../impl/lib/mutate/faults.ts'
import { numbered } from '../../impl/lib/mutate/mutant.ts'
import type { Draft, Mutant, MutantKind } from '../../impl/lib/mutate/mutant.ts'
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

const draftsOf = (ts: TypeScript, file: string, text: string): Draft[] => {
  const source = new Source(ts, file, text)
  weakenings(source)
  faults(source)
  return source.drafts
}

const generated = (ts: TypeScript, files: readonly string[], kinds: readonly MutantKind[]): Generated => {
  const sources = new Map(files.map((file) => [file, readSource(file)]))
  const drafts = [...sources].flatMap(([file, text]) => draftsOf(ts, file, text))
  return numbered(
    drafts.filter(({ kind }) => kinds.includes(kind)),
    sources,
  )
}

/** Mutants of the machine of a protocol. */
export const machineMutants = (ts: TypeScript, protocol: Protocol, kinds: readonly MutantKind[]): Generated =>
  generated(ts, [`impl/${protocol.name}/${protocol.module}.ts`], kinds)

/** Faults of the machinery that protocols share. */
export const sharedMutants = (ts: TypeScript, files: readonly string[], kinds: readonly MutantKind[]): Generated =>
  generated(
    ts,
    files,
    kinds.filter((kind) => kind === 'fault'),
  )

/** A number for a place in a sequence that the seed decides; the same for the same mutant whatever else there is. */
const rank = (seed: number, id: string): number => {
  let h = seed | 0
  for (const c of id) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193) ^ (h >>> 13)
  return Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0
}

/** All weakenings, and at most `sample` of the faults. */
export const sampled = (mutants: readonly Mutant[], sample: number | undefined, seed: number): readonly Mutant[] => {
  if (sample === undefined) return mutants
  const drawn = new Set(
    mutants
      .filter(({ kind }) => kind === 'fault')
      .sort((a, b) => rank(seed, a.id) - rank(seed, b.id))
      .slice(0, sample),
  )
  return mutants.filter((m) => m.kind !== 'fault' || drawn.has(m))
}

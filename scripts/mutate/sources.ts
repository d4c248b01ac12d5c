/** The mutants of a protocol's machine, from the files that it is made of. */

import { hash } from 'node:crypto'
import { faults } from '../../impl/lib/mutate/faults.ts'
import { numbered } from '../../impl/lib/mutate/mutant.ts'
import type { Draft, Generated, Mutant, MutantKind } from '../../impl/lib/mutate/mutant.ts'
import { weakenings } from '../../impl/lib/mutate/properties.ts'
import type { TypeScript } from '../../impl/lib/mutate/syntax.ts'
import { Source } from '../../impl/lib/mutate/syntax.ts'
import type { Protocol } from '../../impl/lib/protocol/protocol.ts'
import type { Change } from './argued.ts'
import { isMutable, mutableSources, readSource } from './load.ts'

const draftsOf = (ts: TypeScript, file: string, text: string): Draft[] => {
  const source = new Source(ts, file, text)
  weakenings(source)
  faults(source)
  return source.drafts
}

/** Mutants of the machine of a protocol. */
export const machineMutants = (ts: TypeScript, protocol: Protocol, kinds: readonly MutantKind[]): Generated => {
  const own = `impl/${protocol.name}/${protocol.module}.ts`
  const files = kinds.includes('fault') ? [own, ...mutableSources(protocol.name).filter((f) => f !== own)] : [own]
  const texts = new Map(files.map((file) => [file, readSource(file)]))
  const drafts = [...texts].flatMap(([file, text]) =>
    draftsOf(ts, file, text).filter(({ kind }) => kinds.includes(kind) && (file === own || kind === 'fault')),
  )
  return numbered(drafts, texts)
}

/** The id of faults that people wrote: `from` stands in `within` exactly once, and `to` takes its place. */
export const BY_HAND = 'hand'

/** The fault that a file describes, among those that are made, or as it was written by hand; undefined where it is none any more. */
export const faultNamed = (
  ts: TypeScript,
  protocol: Protocol,
  made: readonly Mutant[],
  change: Change,
): Mutant | undefined => {
  if (change.id !== BY_HAND) return made.find(({ id }) => id === change.id)
  const { file, within, from, to } = change
  if (!isMutable(file, protocol.name)) return undefined
  const [place, another] = new Source(ts, file, readSource(file)).occurrences(within, from)
  if (place === undefined || another !== undefined) return undefined
  const edit = { start: place.start, end: place.start + from.length, text: to }
  const content = JSON.stringify([file, within, from, to])
  const id = hash('sha256', content).slice(0, 10)
  return { id, side: 'machine', file, line: place.line, kind: 'fault', within, from, to, edit }
}

/** A number for a place in a sequence that the seed decides; the same for the same mutant whatever else there is. */
const rank = (seed: number, id: string): number => {
  let h = seed | 0
  for (const c of id) h = Math.imul(h ^ c.charCodeAt(0), 0x01000193) ^ (h >>> 13)
  return Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0
}

/** How many mutants are drawn; all where there is no number. */
export interface Drawing {
  /** at most so many faults */
  readonly sample?: number | undefined
  /** at most so many weakenings of each side and kind */
  readonly weakenings?: number
  readonly seed: number
}

/** The mutants that are drawn, in their order. */
export const sampled = (mutants: readonly Mutant[], { sample, weakenings, seed }: Drawing): readonly Mutant[] => {
  const left = new Map<string, number>()
  const isDrawn = ({ side, kind }: Mutant): boolean => {
    const [group, most] = kind === 'fault' ? ['fault', sample] : [`${side} ${kind}`, weakenings]
    const room = left.get(group) ?? most ?? Infinity
    left.set(group, room - 1)
    return room > 0
  }
  const drawn = new Set([...mutants].sort((a, b) => rank(seed, a.id) - rank(seed, b.id)).filter(isDrawn))
  return mutants.filter((m) => drawn.has(m))
}

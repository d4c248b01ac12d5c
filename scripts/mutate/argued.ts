/**
 * Survivors that are argued: `spec/<protocol>/mutants.json` says of each why nothing has to notice it. An argument is
 * matched by what is changed and not by its line; one that matches nothing, or what is noticed after all, is an error.
 */

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { badInput } from '../../impl/lib/kernel/error.ts'
import type { Change, Judged, Mutant } from '../../impl/lib/mutate/mutant.ts'
import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import type { HousedProtocol } from '../../impl/lib/protocol/protocol.ts'
import { parseJson } from '../../impl/lib/text/json.ts'
import { readPlainText } from '../node/input.ts'
import { packageRoot } from '../workspace/package.ts'
import { writeWhole } from '../node/write.ts'
import { mutableSources } from './package-sources.ts'

const change = z.strictObject({
  id: z.string(),
  /** path from the root of the package */
  file: z.string(),
  kind: z.enum(MUTANT_KINDS),
  /** function or definition */
  within: z.string(),
  from: z.string(),
  to: z.string(),
})

const argument = change.omit({ id: true }).extend({
  /** several, where one reason is that of all of them */
  from: z.union([z.string(), z.array(z.string()).min(2)]),
  reason: z.string().min(20, 'a reason is a sentence'),
})

/** A weakening, and a machine with a fault in which it changes a verdict; the texts are for people, the ids are what counts. */
const seed = z.strictObject({
  mutant: change,
  fault: change,
  /** the thread whose program has the fault; null: all that run it */
  thread: z.string().nullable(),
  model: z.string(),
  cell: z.string(),
  /** of the property as it is, in the machine with the fault */
  verdict: z.enum(['holds', 'violated']),
})

const schema = z.strictObject({ argued: z.array(argument), seeded: z.array(seed).default([]) })

/** A weakening that a fault was found for. */
export type Seed = z.infer<typeof seed>

/** What a property comes to in a machine with a fault. */
export type Verdict = Seed['verdict']

/** What a file says of mutants. */
type Arguments = z.infer<typeof schema>

/** Why a survivor may survive. */
export type Argument = z.infer<typeof argument>

/** Keeps the seeded faults of a protocol beside its arguments. */
export const keepSeeds = (protocol: HousedProtocol, argued: readonly Argument[], seeded: readonly Seed[]): void => {
  const sorted = [...seeded].sort((a, b) => (a.mutant.id < b.mutant.id ? -1 : 1))
  writeWhole(argumentsFile(protocol), `${JSON.stringify({ argued, seeded: sorted }, null, 2)}\n`, { links: false })
}

/** An argument or a seeded fault that is none any more: which change it speaks of, and what is wrong. */
export interface Stale {
  readonly about: Omit<Change, 'id'>
  readonly why: string
}

/** Finds the fault that a file describes, among those that are made; undefined where it is none any more. */
export type FaultOf = (fault: Change) => Mutant | undefined

/** Seeded faults that kill nothing, because the weakening or the fault is not made any more. */
export const staleSeeds = (
  seeds: readonly Seed[],
  mutants: readonly Mutant[],
  faultOf: FaultOf,
  isWhole: (mutant: Change) => boolean,
): readonly Stale[] =>
  seeds
    .filter(({ mutant }) => isWhole(mutant))
    .flatMap(({ mutant, fault }): Stale[] => {
      const gone = 'seeded fault: there is no such'
      if (!mutants.some(({ id }) => id === mutant.id)) return [{ about: mutant, why: `${gone} mutant` }]
      return faultOf(fault) === undefined ? [{ about: fault, why: `${gone} fault` }] : []
    })

const argumentsFile = (protocol: HousedProtocol): string => join(protocol.home.spec, 'mutants.json')

/** Arguments about what protocols share; each is asked for wherever the file that it speaks of is used. */
const SHARED = 'spec/lib/mutants.json'

/** The arguments and seeded faults of a protocol; none where it has no file of them. */
export const loadArguments = (protocol: HousedProtocol, file?: string): Arguments =>
  // a file that was named has to be there
  file === undefined ? readIfThere(argumentsFile(protocol)) : readArguments(file)

/** The arguments about the machinery that a protocol shares with others. */
export const sharedArguments = (protocol: HousedProtocol): readonly Argument[] => {
  if (!protocol.home.builtin) return []
  const used = new Set(mutableSources(protocol.name))
  return readIfThere(join(packageRoot(), SHARED)).argued.filter(({ file }) => used.has(file))
}

const readIfThere = (file: string): Arguments => (existsSync(file) ? readArguments(file) : { argued: [], seeded: [] })

const readArguments = (file: string): Arguments => {
  // one in a workspace is shown as it is
  const below = relative(packageRoot(), file).replaceAll('\\', '/')
  const shown = below.startsWith('..') ? file : below
  const wrong = (message: string) =>
    badInput({ code: 'bad-arguments', message, file: shown, hint: 'docs/mutate.md has the format' })
  const parsed = schema.safeParse(parseJson(readPlainText(file, 'file of arguments'), { file: shown }))
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error))
  return parsed.data
}

/** One argument for each change that it speaks of. */
const single = ({ from, ...rest }: Argument): (Stale['about'] & { readonly reason: string })[] =>
  (typeof from === 'string' ? [from] : from).map((one) => ({ ...rest, from: one }))

const matches = (a: Stale['about'], m: Mutant): boolean =>
  a.file === m.file && a.kind === m.kind && a.within === m.within && a.from === m.from && a.to === m.to

/** Is what the argument speaks of no mutant here: the same machine in every model of the protocol? */
export const isRefused = (argument: Argument, judged: readonly Judged[]): boolean =>
  single(argument).every((a) => judged.some(({ mutant, fate }) => fate === 'refused' && matches(a, mutant)))

/** Is it argued that nothing has to notice the mutant? */
export const isArgued = (argued: readonly Argument[], mutant: Mutant): boolean =>
  argued.flatMap(single).some((a) => matches(a, mutant))

/** Gives argued survivors their reasons, and says which arguments are none any more. */
export const withArguments = (
  judged: readonly Judged[],
  argued: readonly Argument[],
  isWhole: (a: Argument) => boolean,
): { readonly judged: readonly Judged[]; readonly stale: readonly Stale[] } => {
  const all = argued.flatMap((a) => single(a).map((one) => ({ ...one, whole: isWhole(a) })))
  const stale = all.flatMap(({ whole, ...a }): Stale[] => {
    const own = judged.filter(({ mutant }) => matches(a, mutant))
    if (own.some(({ fate }) => fate === 'survived' || fate === 'incomplete')) return []
    const [killed] = own
    if (killed !== undefined) return [{ about: a, why: `it is ${fateOf(killed)}` }]
    return whole ? [{ about: a, why: 'there is no such mutant' }] : []
  })
  return {
    stale,
    judged: judged.map((j) => {
      if (j.fate !== 'survived') return j
      const found = all.find((a) => matches(a, j.mutant))
      return found === undefined ? j : { ...j, fate: 'argued', reason: found.reason }
    }),
  }
}

const fateOf = ({ fate, killedBy }: Judged): string =>
  fate === 'killed' ? `killed by ${killedBy.map(({ name }) => name).join(', ')}` : 'no mutant'

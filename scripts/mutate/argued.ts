/**
 * Survivors that are argued: `spec/<protocol>/mutants.json` says of each why nothing has to notice it. An argument is
 * matched by what is changed and not by its line; one that matches nothing, or what is noticed after all, is an error.
 */

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { badInput, LockstepError } from '../../impl/lib/error.ts'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import type { Judged } from '../../impl/lib/mutate/verdict.ts'
import type { Protocol } from '../../impl/lib/protocol.ts'
import { readPlainText } from '../lib/input.ts'
import { packageRoot, specDirectory } from '../lib/project.ts'
import { writeWhole } from '../lib/write.ts'

const argument = z.strictObject({
  /** path from the root of the package */
  file: z.string(),
  kind: z.enum(MUTANT_KINDS),
  /** function or definition */
  within: z.string(),
  from: z.string(),
  to: z.string(),
  reason: z.string().min(20, 'a reason is a sentence'),
})

const change = z.strictObject({
  id: z.string(),
  file: z.string(),
  kind: z.enum(MUTANT_KINDS),
  within: z.string(),
  from: z.string(),
  to: z.string(),
})

/** A weakening, and a machine with a fault in which it changes a verdict; the texts are for people, the ids are what counts. */
const seed = z.strictObject({
  mutant: change,
  fault: change,
  /** the thread whose program has the fault; null: all that run it */
  thread: z.string().nullable(),
  model: z.string(),
  cell: z.string(),
})

const schema = z.strictObject({ argued: z.array(argument), seeded: z.array(seed).default([]) })

/** A weakening that a fault was found for. */
export type Seed = z.infer<typeof seed>

/** Why a survivor may survive. */
export type Argument = z.infer<typeof argument>

/** Keeps the seeded faults of a protocol beside its arguments. */
export const keepSeeds = (protocol: Protocol, argued: readonly Argument[], seeded: readonly Seed[]): void => {
  const sorted = [...seeded].sort((a, b) => (a.mutant.id < b.mutant.id ? -1 : 1))
  writeWhole(argumentsFile(protocol), `${JSON.stringify({ argued, seeded: sorted }, null, 2)}\n`)
}

/** What is wrong with an argument. */
export interface Stale {
  readonly argument: Argument
  readonly why: string
}

const argumentsFile = (protocol: Protocol): string => join(specDirectory(protocol), 'mutants.json')

/** The arguments and seeded faults of a protocol; none where it has no file of them. */
export const loadArguments = (
  protocol: Protocol,
  file = argumentsFile(protocol),
): { readonly argued: readonly Argument[]; readonly seeded: readonly Seed[] } => {
  if (!existsSync(file)) return { argued: [], seeded: [] }
  const shown = relative(packageRoot(), file).replaceAll('\\', '/')
  const wrong = (message: string) =>
    badInput({ code: 'bad-arguments', message, file: shown, hint: 'docs/mutate.md has the format' })
  let json: unknown
  try {
    json = JSON.parse(readPlainText(file, 'file of arguments'))
  } catch (error) {
    if (error instanceof LockstepError) throw error
    throw wrong(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error))
  return parsed.data
}

const matches = (a: Argument, m: Mutant): boolean =>
  a.file === m.file && a.kind === m.kind && a.within === m.within && a.from === m.from && a.to === m.to

/** Gives argued survivors their reasons, and says which arguments are none any more. */
export const withArguments = (
  judged: readonly Judged[],
  argued: readonly Argument[],
  isWhole: (a: Argument) => boolean,
): { readonly judged: readonly Judged[]; readonly stale: readonly Stale[] } => {
  const stale = argued.flatMap((a): Stale[] => {
    const own = judged.filter(({ mutant }) => matches(a, mutant))
    if (own.some(({ fate }) => fate === 'survived' || fate === 'incomplete')) return []
    const [killed] = own
    if (killed !== undefined) return [{ argument: a, why: `it is ${fateOf(killed)}` }]
    return isWhole(a) ? [{ argument: a, why: 'there is no such mutant' }] : []
  })
  return {
    stale,
    judged: judged.map((j) => {
      if (j.fate !== 'survived') return j
      const found = argued.find((a) => matches(a, j.mutant))
      return found === undefined ? j : { ...j, fate: 'argued', reason: found.reason }
    }),
  }
}

const fateOf = ({ fate, killedBy }: Judged): string =>
  fate === 'killed' ? `killed by ${killedBy.map(({ name }) => name).join(', ')}` : 'no mutant'

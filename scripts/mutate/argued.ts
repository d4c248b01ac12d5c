/**
 * Survivors that are argued: `spec/<protocol>/mutants.json` says of each why nothing has to notice it. An argument is
 * matched by what is changed and not by its line; one that matches nothing, or what is noticed after all, is an error.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { badInput } from '../../impl/lib/error.ts'
import type { Mutant } from '../../impl/lib/mutate/mutant.ts'
import { MUTANT_KINDS } from '../../impl/lib/mutate/mutant.ts'
import type { Judged } from '../../impl/lib/mutate/verdict.ts'
import type { Protocol } from '../../impl/lib/protocol.ts'
import { packageRoot, specDirectory } from '../lib/project.ts'

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

const schema = z.strictObject({ argued: z.array(argument) })

/** Why a survivor may survive. */
export type Argument = z.infer<typeof argument>

/** What is wrong with an argument. */
export interface Stale {
  readonly argument: Argument
  readonly why: string
}

const argumentsFile = (protocol: Protocol): string => join(specDirectory(protocol), 'mutants.json')

/** The arguments of a protocol; none where it has no file of them. */
export const loadArguments = (protocol: Protocol, file = argumentsFile(protocol)): readonly Argument[] => {
  if (!existsSync(file)) return []
  const shown = relative(packageRoot(), file).replaceAll('\\', '/')
  const wrong = (message: string) =>
    badInput({ code: 'bad-arguments', message, file: shown, hint: 'docs/mutate.md has the format' })
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw wrong(`not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw wrong(z.prettifyError(parsed.error))
  return parsed.data.argued
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

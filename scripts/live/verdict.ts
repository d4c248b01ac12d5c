/** What rounds on real threads come to, of a protocol's design and of a C file alike. */

import type { CellVerdict } from '../../impl/lib/protocol/model.ts'
import { environmentFailure } from '../../impl/lib/kernel/error.ts'
import type { Judged, LiveResult } from './run.ts'

/** What rounds say. */
export type LiveVerdict = 'as-expected' | 'not-seen' | 'forbidden' | 'unexplained' | 'undecided' | 'not-played'

/** One core runs one thread at a time, and a core always sees its own stores. */
export const requireTwoCores = (cores: number): void => {
  if (cores >= 2) return
  throw environmentFailure({
    code: 'one-core',
    message:
      'live needs two cores and has one: there the threads take turns, each sees all that the other has stored, ' +
      'and no round can show anything',
    hint: 'give the process a second core (taskset, cgroup, virtual machine)',
  })
}

/** How many rounds some kinds of them are. */
export const roundsIn = (kinds: readonly Pick<Judged, 'count'>[]): number =>
  kinds.reduce((sum, { count }) => sum + count, 0)

/** What rounds come to. No round, or none that the model was asked about, says nothing. */
export const outcomeOf = (
  { expected }: { readonly expected: CellVerdict },
  {
    rounds,
    lost,
    kinds,
  }: Pick<LiveResult, 'rounds' | 'lost'> & { readonly kinds: readonly Pick<Judged, 'count' | 'tso' | 'sc'>[] },
): LiveVerdict => {
  if (rounds === 0 || roundsIn(kinds) === 0) return 'not-played'
  if (kinds.some(({ tso }) => tso.verdict === 'rejected')) return 'unexplained'
  if (kinds.some(({ tso, sc }) => tso.verdict === 'incomplete' || sc.verdict === 'incomplete')) return 'undecided'
  if (lost > 0) return expected === 'violated' ? 'as-expected' : 'forbidden'
  return expected === 'violated' ? 'not-seen' : 'as-expected'
}

/** The same in a word or two; `lost`: rounds that were counted. */
export const verdictText = (outcome: LiveVerdict, lost: number): string => {
  switch (outcome) {
    case 'as-expected':
      return lost > 0 ? 'seen, as the model says' : 'never, as the model says'
    case 'not-seen':
      return 'allowed, but not seen'
    case 'forbidden':
      return 'FORBIDDEN by the model, and seen'
    case 'unexplained':
      return 'UNEXPLAINED rounds'
    case 'undecided':
      return 'UNDECIDED: some rounds took too many states'
    case 'not-played':
      return 'NOT PLAYED: no round ended in time'
  }
}

/**
 * `lockstep/ablate`: which toggles are needed for a property, and which sets of them suffice. A set of toggles is a number, bit
 * i for toggle i; the verdicts come from whoever asks, e.g. from `check`.
 *
 * ```ts
 * const holds = (subset: Subset) => {
 *   const { properties } = check(machineWith(membersOf(subset).map((i) => TOGGLES[i])))
 *   return properties.every(({ verdict }) => verdict === 'holds')
 * }
 * const ablation = ablationOf(TOGGLES.length, holds)
 * TOGGLES.map((_, i) => roleOf(ablation, i, true)) // ['necessary', 'never', ...]
 * ```
 *
 * @module lockstep/ablate
 */

export type { Ablation, Edge, Reversal, Role, Subset, Verdict } from '../lib/ablate/subsets.ts'
export {
  ablationOf,
  boundaryOf,
  bySize,
  edgesFor,
  hasToggle,
  membersOf,
  MOST_TOGGLES,
  nearestFirst,
  nested,
  roleOf,
  sizeOf,
  subsetCount,
  switched,
} from '../lib/ablate/subsets.ts'

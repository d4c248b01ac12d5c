/**
 * Which toggles a property needs, from the verdicts of all subsets of them. A subset is a number: bit i is set if toggle
 * i is TRUE. Nothing here takes a property to be monotone: a rule that is switched on may break one.
 */

/** A set of toggles that are TRUE; the others are FALSE. */
export type Subset = number

/** Subsets are numbers of 31 bits. */
export const MOST_TOGGLES = 30

/** Number of subsets of `toggles` toggles. */
export const subsetCount = (toggles: number): number => 2 ** toggles

/** Is a toggle, by its number from 0, in the set? */
export const hasToggle = (subset: Subset, toggle: number): boolean => ((subset >>> toggle) & 1) === 1

/** The set with a toggle put in, or taken out if it was in. */
export const switched = (subset: Subset, toggle: number): Subset => subset ^ (1 << toggle)

/** Number of toggles that are TRUE. */
export const sizeOf = (subset: Subset): number => {
  let size = 0
  for (let rest = subset; rest !== 0; rest &= rest - 1) size++
  return size
}

/** Indices of the toggles that are TRUE. */
export const membersOf = (subset: Subset): number[] => {
  const members: number[] = []
  for (let i = 0; subset >>> i !== 0; i++) if (hasToggle(subset, i)) members.push(i)
  return members
}

/** Small sets before large ones, then in the order of the toggles. */
export const bySize = (a: Subset, b: Subset): number => sizeOf(a) - sizeOf(b) || a - b

/** The next number with as many bits set (Gosper's hack). */
const nextOfSize = (bits: number): number => {
  const lowest = bits & -bits
  const carried = bits + lowest
  return (((carried ^ bits) >>> 2) / lowest) | carried
}

/**
 * All subsets, those that differ in few toggles from `start` first: if time runs out, what is around the design at
 * hand has been looked at.
 */
export function* nearestFirst(start: Subset, toggles: number): Generator<Subset, void> {
  yield start
  for (let distance = 1; distance <= toggles; distance++) {
    const end = subsetCount(toggles)
    for (let difference = 2 ** distance - 1; difference < end; difference = nextOfSize(difference)) {
      yield start ^ difference
      // the one set of all toggles has no next one
      if (distance === toggles) break
    }
  }
}

/** A toggle that breaks the property when it is switched on. */
export interface Reversal {
  readonly toggle: number
  /** the smallest set in which the property holds and with the toggle no longer does */
  readonly holds: Subset
  /** sets with the toggle in which the property holds, and does not if any other toggle of the set is switched off */
  readonly minimal: readonly Subset[]
}

/** What the verdicts say of one property. */
export interface Ablation {
  /** covered sets in which the property holds */
  readonly sufficing: number
  /** covered sets in which it does not */
  readonly violated: number
  /**
   * sets in which it holds, and does not if any one toggle of the set is switched off; with verdicts missing those that
   * are known to be such
   */
  readonly minimal: readonly Subset[]
  /** toggles in every set that suffices; undefined where verdicts are missing or nothing suffices */
  readonly necessary: Subset | undefined
  /** toggles whose switching, alone, changes the verdict somewhere */
  readonly relevant: Subset
  /** where the property is not monotone */
  readonly reversals: readonly Reversal[]
}

/** Verdict of one property in a subset; undefined where it is not known. */
export type Verdict = (subset: Subset) => boolean | undefined

/** Does the property hold, and no longer if any toggle but `pinned` is switched off? */
const isMinimal = (subset: Subset, holds: Verdict, pinned?: number): boolean =>
  holds(subset) === true &&
  membersOf(subset).every((toggle) => toggle === pinned || holds(switched(subset, toggle)) === false)

/** Covered sets, small ones first. */
const coveredBy = (toggles: number, holds: Verdict): Subset[] => {
  const covered: Subset[] = []
  for (let subset = 0; subset < subsetCount(toggles); subset++) if (holds(subset) !== undefined) covered.push(subset)
  return covered.sort(bySize)
}

const reversalsIn = (sufficing: readonly Subset[], toggles: number, holds: Verdict): Reversal[] =>
  Array.from({ length: toggles }, (_, toggle) => toggle).flatMap((toggle) => {
    const witness = sufficing.find((s) => !hasToggle(s, toggle) && holds(switched(s, toggle)) === false)
    if (witness === undefined) return []
    const minimal = sufficing.filter((s) => hasToggle(s, toggle) && isMinimal(s, holds, toggle))
    return [{ toggle, holds: witness, minimal }]
  })

/** What the verdicts of one property say. `known` are the covered sets, where the caller has them at hand. */
export const ablationOf = (toggles: number, holds: Verdict, known?: readonly Subset[]): Ablation => {
  const covered = known === undefined ? coveredBy(toggles, holds) : [...known].sort(bySize)
  const sufficing = covered.filter((s) => holds(s) === true)
  const complete = covered.length === subsetCount(toggles)
  let relevant = 0
  for (let toggle = 0; toggle < toggles; toggle++) {
    if (sufficing.some((s) => holds(switched(s, toggle)) === false)) relevant |= 1 << toggle
  }
  return {
    sufficing: sufficing.length,
    violated: covered.length - sufficing.length,
    minimal: sufficing.filter((s) => isMinimal(s, holds)),
    necessary: complete && sufficing.length > 0 ? sufficing.reduce((all, s) => all & s) : undefined,
    relevant,
    reversals: reversalsIn(sufficing, toggles, holds),
  }
}

/** Minimal sets that contain another: where a property is not monotone, less may do although no single toggle may go. */
export const nested = (minimal: readonly Subset[]): Subset[] =>
  minimal.filter((s) => minimal.some((other) => other !== s && (other & s) === other))

/** What a toggle is to a property. */
export type Role = 'necessary' | 'some' | 'conditional' | 'harmful' | 'never' | 'unknown'

/** Is the toggle needed once another is switched on that by itself breaks the property? */
const isConditional = ({ reversals }: Ablation, toggle: number): boolean =>
  reversals.some((r) => r.toggle !== toggle && r.minimal.some((s) => hasToggle(s, toggle)))

/** The role of a toggle; `unknown` where verdicts that would decide it are missing. */
export const roleOf = (ablation: Ablation, toggle: number, complete: boolean): Role => {
  if (ablation.necessary !== undefined && hasToggle(ablation.necessary, toggle)) return 'necessary'
  if (ablation.minimal.some((s) => hasToggle(s, toggle))) return 'some'
  if (isConditional(ablation, toggle)) return 'conditional'
  if (ablation.reversals.some((r) => r.toggle === toggle)) return 'harmful'
  return complete ? 'never' : 'unknown'
}

/** A set on the boundary: the property holds in it, and not without the toggle. */
export interface Edge {
  readonly toggle: number
  readonly holds: Subset
  readonly violated: Subset
}

const edgesOf = (minimal: readonly Subset[], wanted: (toggle: number) => boolean): Edge[] =>
  minimal.flatMap((holds) =>
    membersOf(holds)
      .filter(wanted)
      .map((toggle) => ({ toggle, holds, violated: switched(holds, toggle) })),
  )

/** The boundary: each minimal set, and each less one toggle; those under a toggle that breaks the property too. */
export const boundaryOf = ({ minimal, reversals }: Ablation): Edge[] => [
  ...edgesOf(minimal, () => true),
  ...reversals.flatMap((r) => edgesOf(r.minimal, (toggle) => toggle !== r.toggle)),
]

/** What shows that a toggle is needed: the boundary's edges for necessary toggles, and for conditional ones. */
export const edgesFor = (ablation: Ablation, toggle: number): Edge[] => {
  const role = roleOf(ablation, toggle, true)
  return role === 'necessary' || role === 'conditional' ? boundaryOf(ablation).filter((e) => e.toggle === toggle) : []
}

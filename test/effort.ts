/** How much of what takes long is tested: a share every day, all that CI has time for, or all there is. */

/** `LOCKSTEP_FULL`: hours, if need be. */
export const isFull = process.env['LOCKSTEP_FULL'] !== undefined

/** `CI`, or more. */
export const isCI = isFull || process.env['CI'] !== undefined

/** The cases that are run: every day those of them that stand for their kind, in CI all. A test that uses it says so in its name. */
export const everydayShare = <T>(cases: readonly T[], isRepresentative: (item: T) => boolean): readonly T[] => {
  const share = cases.filter(isRepresentative)
  // a share that stands for nothing would pass in silence
  if (share.length === 0) throw new RangeError('no case stands for its kind')
  return isCI ? cases : share
}

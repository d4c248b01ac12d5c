/**
 * Several violated invariants in one run of TLC. TLC stops at the first violation; so that one run builds the complete
 * graph and decides every invariant in it, each is wrapped in a formula that is always true and prints a line the first
 * time that the invariant itself is false. TLC searches breadth first, so the line has the length of a shortest
 * counterexample. The authority stays TLC: it is TLC that evaluates the invariant in each state.
 */

/** Module that TLC is given in place of the model's own. */
export const WITNESS_MODULE = 'LockstepWitness'

const TAG = 'lockstep-witness'

/** Name of the formula that stands for the i-th invariant. */
const witnessOf = (i: number): string => `LockstepWitness${i + 1}`

/**
 * A module that extends `modules` and watches invariants of theirs; `invariants` are those of its configuration, in their order.
 * Registers of TLC are per worker: each prints once at most.
 */
export const witnessModule = (modules: readonly string[], invariants: readonly string[]) => ({
  text: [
    `---- MODULE ${WITNESS_MODULE} ----`,
    `EXTENDS ${modules.join(', ')}`,
    'LOCAL INSTANCE TLC',
    ...invariants.map((_, i) => `ASSUME TLCSet(${i + 1}, 0)`),
    'LockstepSeen(i) ==',
    `    IF TLCGet(i) = 0 THEN TLCSet(i, 1) /\\ PrintT(<<"${TAG}", i, TLCGet("level")>>) ELSE TRUE`,
    ...invariants.map((name, i) => `${witnessOf(i)} == IF ${name} THEN TRUE ELSE LockstepSeen(${i + 1})`),
    '====',
    '',
  ].join('\n'),
  invariants: invariants.map((_, i) => witnessOf(i)),
})

const LINE = new RegExp(`^<<"${TAG}", (\\d+), (\\d+)>>$`)

/** Is it a line of a witness? Without it an invariant that is violated would be taken to hold. */
export const isWitness = (line: string): boolean => line.includes(`<<"${TAG}", `)

/** The violated invariants in TLC's output, with the states of a shortest counterexample; `level` is of the state before. */
export const violatedWitnesses = (invariants: readonly string[], output: readonly string[]): Map<string, number> => {
  const found = new Map<string, number>()
  for (const line of output) {
    const [, number, level] = LINE.exec(line.trim()) ?? []
    const name = invariants[Number(number) - 1]
    if (name === undefined || level === undefined) continue
    found.set(name, Math.min(found.get(name) ?? Infinity, Number(level) + 1))
  }
  return found
}

/**
 * A module by which TLC evaluates formulas of a specification in states that it is given. They need not be reachable: they
 * may be of a machine with a fault. Each is an initial state, and there are no steps.
 */

import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'

/** The module's name, and its specification. */
export const STATES_MODULE = 'LockstepStates'
export const STATES_SPEC = 'LockstepSpec'
export const STATES_INVARIANT = 'LockstepAsked'

const SEEN = 'lockstep-seen'
const ROW = 'lockstep-row'

/** A state: a value for each variable. */
export type State = ReadonlyMap<string, TlaValue>

/** What is asked. */
export interface Questions {
  /** states in groups; `seen` is answered for each group by itself */
  readonly groups: readonly (readonly State[])[]
  /** definitions that the formulas need, one a line */
  readonly definitions: readonly string[]
  /** formulas of which is asked whether they are true in some state of a group */
  readonly seen: readonly string[]
  /** expressions whose value is wanted in every state */
  readonly values: readonly string[]
}

/** Per variable each of its values once, with a number, and the states as rows of these. */
const table = (states: readonly State[]): { columns: Map<string, Map<string, number>>; rows: string[] } => {
  const columns = new Map([...(states[0]?.keys() ?? [])].map((name) => [name, new Map<string, number>()]))
  const rows = states.map((state) => {
    const numbers = [...columns].map(([name, known]) => {
      const value = state.get(name)
      if (value === undefined) throw new RangeError(`a state without ${name}`)
      const text = printValue(value)
      const number = known.get(text) ?? known.size + 1
      known.set(text, number)
      return number
    })
    return `<<${numbers.join(', ')}>>`
  })
  return { columns, rows }
}

/** The line of the module on which each `seen` formula stands; errors of TLC name it. */
export interface StatesModule {
  readonly text: string
  /** question by line */
  readonly lines: ReadonlyMap<number, number>
}

/** The module; `own` is the one that the model is checked with. */
export const statesModule = (own: string, { groups, definitions, seen, values }: Questions): StatesModule => {
  const states = groups.flat()
  const { columns, rows } = table(states)
  const names = [...columns.keys()]
  const head = [
    `---- MODULE ${STATES_MODULE} ----`,
    `EXTENDS ${own}`,
    'LOCAL INSTANCE Sequences',
    'LOCAL INSTANCE TLC',
    'VARIABLE lockstep_n',
    ...[...columns.values()].map((known, i) => `LockstepValues${i + 1} == <<${[...known.keys()].join(', ')}>>`),
    'LockstepTable == <<',
    ...rows.map((row, i) => `${row}${i + 1 < rows.length ? ',' : '>>'}`),
    `LockstepGroup == <<${groups.flatMap((group, g) => group.map(() => g)).join(', ')}>>`,
    `LockstepVars == <<${names.join(', ')}>>`,
    "LockstepMoves == LockstepVars' # LockstepVars",
    'LockstepInit ==',
    `    /\\ lockstep_n \\in 1..${states.length}`,
    ...names.map((name, i) => `    /\\ ${name} = LockstepValues${i + 1}[LockstepTable[lockstep_n][${i + 1}]]`),
    `${STATES_SPEC} == LockstepInit /\\ [][FALSE /\\ lockstep_n' = lockstep_n]_lockstep_n`,
    `ASSUME \\A lockstep_i \\in 1..${Math.max(1, groups.length * seen.length)} : TLCSet(lockstep_i, 0)`,
    // strings: TLC breaks everything else into lines
    `LockstepAt(i) == LockstepGroup[lockstep_n] * ${seen.length} + i`,
    `LockstepSee(i) == TLCSet(LockstepAt(i), 1) /\\ PrintT("${SEEN} " \\o ToString(LockstepGroup[lockstep_n]) \\o " " \\o ToString(i))`,
    ...definitions,
  ]
  // what was seen already is not evaluated again
  const asked = seen.map(
    (formula, i) =>
      `LockstepSeen${i + 1} == IF TLCGet(LockstepAt(${i + 1})) = 1 THEN TRUE ELSE IF ${formula} THEN LockstepSee(${i + 1}) ELSE TRUE`,
  )
  const row = `LockstepRow == PrintT("${ROW} " \\o ToString(lockstep_n) \\o " " \\o ToString(<<${values.join(', ')}>>))`
  const all = [...seen.map((_, i) => `LockstepSeen${i + 1}`), ...(values.length === 0 ? ['TRUE'] : ['LockstepRow'])]
  const text = [...head, ...asked, row, `${STATES_INVARIANT} ==`, ...all.map((name) => `    /\\ ${name}`), '====', '']
  return { text: text.join('\n'), lines: new Map(seen.map((_, i) => [lineOf(head) + i, i])) }
}

/** Number of the line after these. */
const lineOf = (head: readonly string[]): number => head.reduce((lines, part) => lines + part.split('\n').length, 1)

const SEEN_LINE = new RegExp(`^"${SEEN} (\\d+) (\\d+)"$`)
const ROW_LINE = new RegExp(`^"${ROW} (\\d+) (.*)"$`)

/** What one line of TLC's output answers. */
export type Answer =
  | { readonly kind: 'seen'; readonly group: number; readonly question: number }
  /** `state` is its number among all states, from 0 */
  | { readonly kind: 'values'; readonly state: number; readonly text: string }

/** Reads a line; undefined where it is none of ours. */
export const answerIn = (line: string): Answer | undefined => {
  const [, group, question] = SEEN_LINE.exec(line) ?? []
  if (group !== undefined && question !== undefined)
    return { kind: 'seen', group: Number(group), question: Number(question) - 1 }
  const [, state, text] = ROW_LINE.exec(line) ?? []
  if (state === undefined || text === undefined) return undefined
  return { kind: 'values', state: Number(state) - 1, text: text.replace(/\\(.)/g, '$1') }
}

/** What a mutant is: one small change of a source, made from its syntax, that somebody has to notice; and what became of it. */

import { hash } from 'node:crypto'

/** Which of the two twins is changed. */
export type Side = 'spec' | 'machine'

/** A property weakened, a fairness assumption weakened, or a step changed. */
export type MutantKind = 'property' | 'fairness' | 'fault'

export const MUTANT_KINDS: readonly MutantKind[] = ['property', 'fairness', 'fault']

/** Which way a condition is changed. */
export type Direction = 'truer' | 'falser'

export const opposite = (direction: Direction): Direction => (direction === 'truer' ? 'falser' : 'truer')

const TRUER: Readonly<Record<string, number>> = { '<': 1, '<=': 1, '>': -1, '>=': -1 }

/** By how much a number to the right of a comparison is changed, so that it is true more often or less; 0 where it is none. */
export const shiftOf = (operator: string, direction: Direction): number =>
  (TRUER[operator] ?? 0) * (direction === 'truer' ? 1 : -1)

/** A piece of a source and what stands there instead. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** One change of one source. */
export interface Mutant {
  /** stable while the changed piece and the function around it stay as they are */
  readonly id: string
  readonly side: Side
  /** path from the root of the package, with `/` */
  readonly file: string
  readonly line: number
  readonly kind: MutantKind
  /** function or definition that is changed */
  readonly within: string
  readonly from: string
  readonly to: string
  readonly edit: Edit
  /** drops one instance by its number: where no model has that many, there is no such mutant */
  readonly instance?: true
  /** which way a condition of a specification is changed: what is asked the other way is not weakened by it */
  readonly direction?: Direction
}

/** A change as a file describes it. */
export type Change = Pick<Mutant, 'id' | 'file' | 'kind' | 'within' | 'from' | 'to'>

/** A mutant before it is numbered. */
export type Draft = Omit<Mutant, 'id'>

/** White space does not tell two sources apart. */
export const normalised = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The source with the edit made. */
export const edited = (text: string, { start, end, text: by }: Edit): string =>
  text.slice(0, start) + by + text.slice(end)

const contentOf = ({ side, file, kind, within, from, to }: Draft): string =>
  JSON.stringify([side, file, kind, within, from, to])

/** Mutants and how many were the same text as the source or as another mutant. */
export interface Generated {
  readonly mutants: readonly Mutant[]
  readonly same: number
}

/** Gives each mutant its id; of those that are the same text only the first is kept, and how many were not is told. */
export const numbered = (drafts: readonly Draft[], sources: ReadonlyMap<string, string>): Generated => {
  const texts = new Set<string>()
  const times = new Map<string, number>()
  const mutants: Mutant[] = []
  for (const draft of drafts) {
    const source = sources.get(draft.file) ?? ''
    // one change of a specification may be one of its fairness and one of its steps
    const { file, side, kind } = draft
    const text = normalised(edited(source, draft.edit))
    const key = JSON.stringify([file, text, side === 'spec' ? kind : null])
    if (text === normalised(source) || texts.has(key)) continue
    texts.add(key)
    const content = contentOf(draft)
    const before = times.get(content) ?? 0
    times.set(content, before + 1)
    mutants.push({ id: hash('sha256', `${content}${before}`).slice(0, 10), ...draft })
  }
  return { mutants, same: drafts.length - mutants.length }
}

/**
 * Who noticed a mutant: a cell with another verdict, a graph that is not the proven one, a count, a test. Who waits
 * for a verdict has an error (`MODEL error: ...`) and a run without end (`MODEL does not end`) for a cell.
 */
export interface Killer {
  readonly kind: 'cell' | 'proof' | 'test' | 'count'
  readonly name: string
}

/**
 * `killed`; `survived`: everything was run and nothing differs; `argued`: survived, and a checked file says why it may;
 * `incomplete`: not everything ended, which is neither; `refused`: no mutant at all, the type checker or the number of
 * instances says so.
 */
export type Fate = 'killed' | 'survived' | 'argued' | 'incomplete' | 'refused'

/** A mutant and what became of it. */
export interface Judged {
  readonly mutant: Mutant
  readonly fate: Fate
  readonly killedBy: readonly Killer[]
  /** why it may survive, or why it was not decided */
  readonly reason: string | undefined
}

/** What was found in a log as plain text, in the order in which a reviewer asks. */

import type { Blame } from '../../prove/blame.ts'
import { inert, printable } from '../../text/visible.ts'
import type { Candidate, LogDivergence, Validation } from '../../validate/result.ts'
import { wrap } from '../columns.ts'
import {
  allowedTexts,
  candidatesShown,
  commonBlame,
  candidateTotal,
  designTexts,
  differenceTexts,
  distinct,
  elements,
  eventDetails,
  eventText,
  explainedText,
  headline,
  noteTexts,
  outcomeOf,
  placeOf,
  repairTexts,
  SHOWN,
  sideName,
} from './text.ts'
import { firstOf, shown } from '../../text/shown.ts'

/** Columns of a line. One of them is kept for `inert`. */
const WIDTH = 100

const INDENT = 2
const LABEL = 11

/** Texts beside their label, each on lines of its own. */
const row = (label: string, texts: readonly string[], indent = INDENT): string[] => {
  const start = indent + LABEL
  const lines = texts.flatMap((text) => wrap(text, WIDTH - 1 - start, INDENT))
  return lines.map((line, i) => `${' '.repeat(indent)}${(i === 0 ? label : '').padEnd(LABEL)}${line}`)
}

const blameTexts = (blame: readonly Blame[]): string[] =>
  firstOf(
    distinct(blame).map((b) => `${sideName(b)} ${placeOf(b)}: ${shown(b.text)}`),
    SHOWN.blame,
  )

const candidateLines = (candidate: Candidate, i: number, divergence: LogDivergence): string[] => {
  const state = elements(candidate.state)
  return [
    ...wrap(
      `  state ${i + 1} of ${candidateTotal(divergence)}${state.length === 0 ? '' : `: ${state.join(', ')}`}`,
      WIDTH - 1,
      4,
    ),
    ...row('refuses', [shown(candidate.why)], 2 * INDENT),
    ...row('differs', differenceTexts(candidate), 2 * INDENT),
    ...row('because', blameTexts(candidate.blame), 2 * INDENT),
  ]
}

const divergenceLines = (v: Validation, divergence: LogDivergence): string[] => {
  const candidates = candidatesShown(divergence)
  const others = Math.max(divergence.candidateCount, divergence.candidates.length) - candidates.length
  return [
    ...row('event', [eventText(divergence.event), ...eventDetails(divergence.event)]),
    ...row('explained', [explainedText(v)]),
    ...row('allowed', allowedTexts(divergence)),
    ...candidates.flatMap((candidate, i) => candidateLines(candidate, i, divergence)),
    ...(others > 0 && candidates.length > 0 ? [`  and ${others} more such state${others === 1 ? '' : 's'}`] : []),
    ...row('because', blameTexts(commonBlame(divergence))),
    ...row('repair', repairTexts(divergence)),
  ]
}

/** The steps before, as they are. */
export const laneLines = ({ divergence }: Validation): string[] => (divergence?.lanes ?? []).map(printable)

/** Options of the diagnosis. */
export interface DiagnosisOptions {
  /** the diagram of the last steps; default yes */
  readonly lanes?: boolean
}

/** What is below the headline. */
export const detailLines = (v: Validation, { lanes = true }: DiagnosisOptions = {}): string[] => {
  const diagram = lanes ? laneLines(v) : []
  const detail =
    v.divergence !== null && outcomeOf(v) !== 'accepted'
      ? divergenceLines(v, v.divergence)
      : row('explained', [explainedText(v)])
  const said = [...row('designs', designTexts(v)), ...row('note', noteTexts(v))]
  const lines = [...detail, ...said, ...(diagram.length === 0 ? [] : ['', ...diagram])]
  return lines.map(inert)
}

/** One log's result for people: lines of at most 100 columns, the lanes as they are; text of the log cannot act in them. */
export const validationLines = (v: Validation, options: DiagnosisOptions = {}): string[] => [
  ...wrap(headline(v), WIDTH - 1, 2 * INDENT).map(inert),
  ...detailLines(v, options),
]

/**
 * What was found in a log as plain text, and the pieces that other outputs make of it: whatever the log has in it, it stays
 * text, visible, and of bounded length.
 */

import { posix } from 'node:path'
import type { Blame } from '../../prove/blame.ts'
import type { Json } from '../../validate/json-codec.ts'
import type { Candidate, DesignVerdict, LogDivergence, Repair, SeenEvent, Validation } from '../../validate/result.ts'
import { firstOf, shown } from '../../text/shown.ts'
import { inert, printable } from '../../text/visible.ts'
import { wrap } from '../columns.ts'

/** Of everything that there can be many of, so much is shown. */
export const SHOWN = { steps: 12, candidates: 4, fields: 12, blame: 8, repairs: 5, notes: 10 } as const

/** A value as a log has it. */
export const shownJson = (value: Json): string => shown(JSON.stringify(value))

/** What an output says of a log. A result that is not wholly good is never shown as a pass. */
export const outcomeOf = ({ ok, accepted, verdict }: Validation): Validation['verdict'] =>
  verdict === 'accepted' && !(ok && accepted) ? 'incomplete' : verdict

/** Name of the log for people. */
export const logName = ({ file }: Validation): string => (file === '-' ? 'stdin' : shown(file))

/** The line of the log to look at. */
export const lineOf = ({ divergence, refused }: Validation): number =>
  Math.max(1, divergence?.line ?? refused?.line ?? 1)

export const columnOf = ({ divergence, refused }: Validation): number =>
  Math.max(1, divergence?.column ?? refused?.column ?? 1)

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** Whose step an event was, and which. */
export const eventText = ({ action, thread }: SeenEvent): string => {
  const whose = thread === null ? '' : `${shown(thread)} `
  return action === null ? `${whose}a look at the state` : `${whose}${shown(action)}`
}

/** Elements with their values. */
export const elements = (state: Readonly<Record<string, Json>>): string[] =>
  firstOf(
    Object.entries(state).map(([name, value]) => `${shown(name)} = ${shownJson(value)}`),
    SHOWN.fields,
  )

/** Everything else that the log says of the event. */
export const eventDetails = ({ lane, result, state }: SeenEvent): string[] => [
  ...(result === undefined ? [] : [`returned ${shownJson(result)}`]),
  ...(lane === null ? [] : [`in lane ${shown(lane)}`]),
  ...(state === undefined ? [] : [`state after it: ${elements(state).join(', ')}`]),
]

/** One sentence for each log. */
export const headline = (v: Validation): string => {
  const model = shown(v.model)
  if (v.refused !== undefined) {
    const { line, column, message } = v.refused
    const place = line === null ? '' : `:${line}${column === null ? '' : `:${column}`}`
    return `${logName(v)}${place}: no log: ${shown(message)}`
  }
  switch (outcomeOf(v)) {
    case 'accepted':
      return `${logName(v)}: ${model} allows all ${count(v.events, 'event')}`
    case 'rejected':
      return v.divergence === null
        ? `${logName(v)}: ${model} does not allow it`
        : `${logName(v)}:${lineOf(v)}:${columnOf(v)}: ${model} does not allow ${eventText(v.divergence.event)}`
    case 'incomplete':
      return `${logName(v)}: not decided whether ${model} allows it`
  }
}

/** How many states explain what is before, as far as they were counted. */
export const candidateTotal = ({ candidateCount, candidates, candidatesCut }: LogDivergence): string =>
  `${Math.max(candidateCount, candidates.length)}${candidatesCut === true ? ' or more' : ''}`

/** How far the log is explained, and what its reader should know of it. */
export const explainedText = ({ explained, events, order, unmapped, gaps, divergence }: Validation): string =>
  [
    `${explained} of ${count(events, 'event')} read, order ${order}`,
    ...(divergence === null
      ? []
      : [
          `${divergence.candidatesCut === true ? 'at least ' : ''}${count(divergence.candidateCount, 'state')} of the model explain${divergence.candidateCount === 1 ? 's' : ''} what is before`,
        ]),
    ...(unmapped === 0 ? [] : [`${count(unmapped, 'line')} unmapped`]),
    ...(gaps === 0 ? [] : [`${count(gaps, 'gap')} where events were lost`]),
  ].join('; ')

/** What the model could have done instead. */
export const allowedTexts = ({ allowed, allowedLeft, lookedAt }: LogDivergence): string[] => {
  const asked = lookedAt === undefined ? [] : [`(by ${lookedAt} of the states; the others were not asked)`]
  if (allowed.length === 0) return ['nothing: no thread of the model could take a step', ...asked]
  const texts = allowed.map(
    ({ action, thread, result }) =>
      `${shown(thread)} ${shown(action)}${result === undefined ? '' : `, which would return ${shown(result)}`}`,
  )
  return [...firstOf(texts, SHOWN.steps, allowedLeft), ...asked]
}

/** Fields in which log and model differ. */
export const differenceTexts = ({ differences }: Candidate): string[] =>
  firstOf(
    Object.entries(differences).map(
      ([name, { logged, model }]) => `${shown(name)}: the log has ${shownJson(logged)}, the model ${shownJson(model)}`,
    ),
    SHOWN.fields,
  )

export const candidatesShown = ({ candidates }: LogDivergence): readonly Candidate[] =>
  candidates.slice(0, SHOWN.candidates)

/** Where a conjunct or a statement is. */
export const placeOf = ({ file, line }: Blame): string => `${shown(file)}:${line}`

export const sideName = ({ side }: Blame): string => (side === 'spec' ? 'TLA+' : 'TypeScript')

/** The same place and text once. */
export const distinct = (blame: readonly Blame[]): Blame[] => [
  ...new Map(blame.map((b) => [JSON.stringify([b.side, b.file, b.line, b.text]), b])).values(),
]

/** Blame that is not shown with one of the candidates. */
export const commonBlame = (divergence: LogDivergence): Blame[] => {
  const own = distinct(candidatesShown(divergence).flatMap(({ blame }) => blame))
  return distinct([...own, ...divergence.blame]).slice(own.length)
}

/** A change of one event. */
export const repairText = ({ kind, line, with: other, upTo }: Repair): string => {
  const change = kind === 'drop' ? `without line ${line}` : `with lines ${line} and ${other ?? line + 1} exchanged`
  return `${change} it is acceptable${upTo === undefined ? '' : ` (looked at up to line ${upTo} only)`}`
}

export const repairTexts = ({ repairs }: LogDivergence): string[] =>
  repairs.length === 0
    ? ['none found by dropping an event or exchanging two neighbours']
    : firstOf(repairs.map(repairText), SHOWN.repairs)

export const noteTexts = ({ notes }: Validation): string[] => firstOf(notes.map(shown), SHOWN.notes)

const SAID = { accepted: 'allow it', incomplete: 'did not decide', rejected: 'do not allow it' } as const

const designText = ({ model, line, why }: DesignVerdict): string => {
  const reason = why === undefined ? '' : ` (${shown(why)})`
  return `${shown(model)}${line === null ? reason : ` (line ${line})`}`
}

/** What the designs say, those that allow the log first; nothing where one model was asked. */
export const designTexts = ({ designs = [] }: Validation): string[] =>
  (['accepted', 'incomplete', 'rejected'] as const).flatMap((verdict) => {
    const own = designs.filter((d) => d.verdict === verdict)
    return own.length === 0
      ? []
      : [`${own.length} of ${designs.length} ${SAID[verdict]}: ${own.map(designText).join(', ')}`]
  })

const windows = (path: string): boolean => /^[A-Za-z]:[\\/]/.test(path)

/** A path with slashes, relative to `root` if it is below, without detours. */
export const relativePath = (file: string, root: string | undefined): string => {
  const slashed = (path: string): string => (windows(path) ? path.replaceAll('\\', '/') : path)
  const base = root === undefined ? undefined : `${slashed(root).replace(/\/+$/, '')}/`
  const path = slashed(file)
  const below = base !== undefined && path.startsWith(base) ? path.slice(base.length) : path
  return posix.normalize(below).replace(/^\.$|\/$/, '')
}

/** The same as a URI reference; half a surrogate pair has no place in one. */
export const uriOf = (file: string, root: string | undefined): string => {
  const path = relativePath(file, root)
  const uri = path
    .replace(/\p{Cs}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/')
  if (windows(path)) return `file:///${uri.replace('%3A', ':')}`
  return path.startsWith('/') ? `file://${uri}` : uri
}

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

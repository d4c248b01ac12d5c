/** Text of a log in an output: whatever the log has in it, it stays text, visible, and of bounded length. */

import type { Blame } from '../../prove/blame.ts'
import type { Json } from '../../validate/json-codec.ts'
import type { Candidate, DesignVerdict, LogDivergence, Repair, SeenEvent, Validation } from '../../validate/result.ts'
import { shown } from '../../text/shown.ts'
import { firstOf } from '../../text/shown.ts'

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
  const parts: string[] = []
  for (const part of below.split('/')) {
    const before = parts.at(-1)
    if (part === '..' && before !== undefined && before !== '..' && before !== '') parts.pop()
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part)
  }
  return parts.join('/')
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

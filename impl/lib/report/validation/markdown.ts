/** Results of logs as Markdown: a table, and for each log that is not accepted what a reviewer asks. */

import type { Blame } from '../../prove/blame.ts'
import type { Candidate, LogDivergence, Validation } from '../../validate/result.ts'
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
  laneLines,
  lineOf,
  logName,
  noteTexts,
  outcomeOf,
  placeOf,
  repairTexts,
  SHOWN,
} from './text.ts'
import { firstOf, shown } from '../../text/shown.ts'

/** A step summary of GitHub may have 1 MiB, and one that is larger is not shown at all. */
const MOST_BYTES = 900_000

/**
 * Text that is nothing but text to Markdown, in a table too. References to characters are read after all structure, so
 * none of them can be part of any: simpler to be sure of than which character needs a backslash where. `www.` alone would
 * be a link.
 */
const plain = (text: string): string =>
  text.replace(/[^\p{L}\p{N} .,/=()-]|(?<=www)\./giu, (c) => `&#${c.codePointAt(0) ?? 0};`)

const code = (text: string): string => `<code>${plain(text)}</code>`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)

/** Lines as they are; the fence is longer than any in them. */
const block = (lines: readonly string[]): string[] => {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}text`, ...lines, fence]
}

const VERDICTS = { accepted: '✅ accepted', rejected: '❌ **rejected**', incomplete: '⚠️ **incomplete**' } as const

const where = (v: Validation): string =>
  v.divergence !== null
    ? `line ${lineOf(v)}: ${code(eventText(v.divergence.event))}`
    : v.refused === undefined
      ? ''
      : plain(shown(v.refused.message))

const overviewRow = (v: Validation): string[] => [
  code(logName(v)),
  code(shown(v.model)),
  v.refused === undefined ? VERDICTS[outcomeOf(v)] : '❌ **no log**',
  String(v.events),
  String(v.explained),
  where(v),
]

const codes = (texts: readonly string[]): string => texts.map(code).join('<br>')

const blameCell = (blame: readonly Blame[], side: Blame['side']): string =>
  firstOf(
    distinct(blame.filter((b) => b.side === side)).map((b) => `${code(placeOf(b))}<br>${code(shown(b.text))}`),
    SHOWN.blame,
  ).join('<br>')

const candidateRow = (candidate: Candidate, i: number): string[] => [
  String(i + 1),
  codes(elements(candidate.state)),
  plain(shown(candidate.why)),
  codes(differenceTexts(candidate)),
  blameCell(candidate.blame, 'spec'),
  blameCell(candidate.blame, 'impl'),
]

const candidatesTable = (divergence: LogDivergence): string[] => {
  const candidates = candidatesShown(divergence)
  if (candidates.length === 0) return []
  return [
    '',
    `States that explain everything before, ${candidates.length} of ${candidateTotal(divergence)}, by what tells them apart:`,
    '',
    ...table(['#', 'State', 'Why it refuses', 'Differences', 'TLA+', 'TypeScript'], candidates.map(candidateRow)),
  ]
}

const item = (label: string, texts: readonly string[]): string[] =>
  texts.length === 0 ? [] : [`- ${label}: ${texts.join('; ')}`]

const divergenceSection = (v: Validation, divergence: LogDivergence): string[] => [
  ...item('Event', [code(eventText(divergence.event)), ...eventDetails(divergence.event).map(code)]),
  ...item('Explained', [plain(explainedText(v))]),
  ...item('Allowed next', allowedTexts(divergence).map(code)),
  ...candidatesTable(divergence),
  '',
  ...item(
    'Because',
    firstOf(
      commonBlame(divergence).map((b) => `${code(placeOf(b))} ${code(shown(b.text))}`),
      SHOWN.blame,
    ),
  ),
  ...item('Repair', repairTexts(divergence).map(plain)),
]

const section = (v: Validation): string[] => {
  const place = v.divergence === null ? '' : `, line ${lineOf(v)}`
  const diagram = laneLines(v)
  return [
    `### ${code(logName(v))}${place}: ${outcomeOf(v)} by ${code(shown(v.model))}`,
    '',
    ...(v.divergence === null ? item('Explained', [plain(explainedText(v))]) : divergenceSection(v, v.divergence)),
    ...item('Designs', designTexts(v).map(plain)),
    ...item('Note', noteTexts(v).map(plain)),
    ...(diagram.length === 0 ? [] : ['', ...block(diagram)]),
    '',
  ]
}

const counts = (validations: readonly Validation[]): string => {
  const of = (outcome: Validation['verdict']): number => validations.filter((v) => outcomeOf(v) === outcome).length
  return `${of('accepted')} accepted, ${of('rejected')} rejected, ${of('incomplete')} incomplete`
}

const bytes = (text: string): number => new TextEncoder().encode(text).length

/** As many texts as there is room for, and how much room they leave. */
const fitting = (texts: readonly string[], room: number): { kept: string[]; left: number } => {
  const kept: string[] = []
  let left = room
  for (const text of texts) {
    const size = bytes(text) + 1
    if (size > left) break
    kept.push(text)
    left -= size
  }
  return { kept, left }
}

/** A step summary: all logs in a table, those that failed first in what follows, as far as there is room. */
export const markdownSummary = (validations: readonly Validation[]): string => {
  const [head = '', rule = '', ...rows] = table(
    ['Log', 'Model', 'Verdict', 'Events', 'Explained', 'Where'],
    validations.map(overviewRow),
  )
  const failed = (['rejected', 'incomplete'] as const).flatMap((o) => validations.filter((v) => outcomeOf(v) === o))
  // which designs allow a log is asked of those that are allowed too
  const chosen = validations.filter((v) => outcomeOf(v) === 'accepted' && v.designs !== undefined)
  const told = [...failed, ...chosen]
  const overview = fitting(rows, MOST_BYTES / 2)
  const sections = fitting(
    told.map((v) => section(v).join('\n')),
    overview.left + MOST_BYTES / 2,
  )
  const unlisted = rows.length - overview.kept.length
  const untold = Math.max(0, failed.length - sections.kept.length)
  const lines = [
    '## Logs against models',
    '',
    counts(validations),
    '',
    head,
    rule,
    ...overview.kept,
    '',
    ...(unlisted === 0 ? [] : [`and ${unlisted} more that there is no room for`, '']),
    ...sections.kept,
    ...(untold === 0 ? [] : [`and ${untold} more logs that were not accepted; there is no room for them here`, '']),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
